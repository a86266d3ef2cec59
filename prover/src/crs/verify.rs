//! Checks `crs/`: digests, circuit, loader, the ceremony if there was one, and proofs made and verified.

use poa_circuits::gadgets::r1cs::witness_to_iden3;
use poa_circuits::statement::assignment::derive;
use poa_circuits::statement::circuit;
use poa_verifier::key::{KeyError, VerifyingKey};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use super::ceremony::{AttestationError, Ceremony};
use super::manifest::{FORMAT, Manifest, Setup};
use crate::ceremony::{self, CeremonyError, Phase1};
use crate::engine::{Engine, Settings};
use crate::key::{ProvingKey, ProvingKeyError};
use crate::prove::ProveError;

mod sample;

/// Why the files are refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrsError {
    /// The manifest is no JSON of this form.
    #[error("manifest.json: {0}")]
    Manifest(#[from] serde_json::Error),
    /// A member of the manifest differs from what the files or this build give.
    #[error("manifest.json: `{member}` is {stated}, found {found}")]
    Differs {
        /// The member.
        member: &'static str,
        /// In the manifest.
        stated: String,
        /// Computed here.
        found: String,
    },
    /// The proving key is refused.
    #[error("proving_key.bin: {0}")]
    ProvingKey(#[from] ProvingKeyError),
    /// The verifying key is refused.
    #[error("verifying_key.bin: {0}")]
    VerifyingKey(#[from] KeyError),
    /// The two files are not of one setup.
    #[error("verifying_key.bin is not the key inside proving_key.bin")]
    Pair,
    /// The key is not what the ceremony in the manifest made.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// The attestations do not fit the transcript.
    #[error("manifest.json: the attestations: {0}")]
    Attestations(#[from] AttestationError),
    /// A phase-1 file was given for a key that no ceremony made.
    #[error("manifest.json names no ceremony that a phase-1 file could belong to")]
    NoCeremony,
    /// The key cannot prove a sample statement.
    #[error("the sample statement: {0}")]
    Sample(#[from] ProveError),
}

/// What was checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The manifest.
    pub manifest: Manifest,
    /// Each check in words, all passed.
    pub checks: Vec<&'static str>,
    /// What could have been checked with the phase-1 file, in words.
    pub unchecked: Vec<&'static str>,
    /// What no check here can show, in words.
    pub assumed: Vec<&'static str>,
}

/// What a key without a ceremony leaves open for good.
const NO_CEREMONY: &str =
    "setup: without a ceremony nothing shows that alpha, beta, gamma, IC and every query are this circuit's";
const CHECKS: [&str; 6] = [
    "manifest: format, circuit, constraint count and R1CS digest are this build's",
    "digests of both key files",
    "verifying key: length, curve, subgroup, identities, repeated points, delta against gamma and generator",
    "proving key: query lengths, every point on curve and in subgroup, beta, delta and the B query equal in both groups",
    "verifying key is the one inside the proving key",
    "three sample statements, which together use every private wire, were proved and verified",
];
const TRANSCRIPT_CHECKS: [&str; 2] = [
    "transcript: every contribution continues the ones before, proves its factor, and takes delta on; the last delta is the key's; beacons give what they should",
    "manifest: circuit hash, contributions with names and beacons, and setup are what the transcript and attestations give",
];
const PHASE_1_CHECKS: [&str; 3] = [
    "phase 1: the file is the manifest's, its points are the powers of one tau, alone and times alpha and beta",
    "setup: alpha, beta, gamma, IC and every query are this circuit's over that phase 1, divided by delta",
    "the transcript begins with the digest of that setup",
];
const CEREMONY_ASSUMES: [&str; 3] = [
    "that in each phase one contributor dropped its randomness",
    "that contributions were made by whom they are attested to",
    "the contributions to phase 1: `snarkjs powersoftau verify FILE`, or its digest in a public list",
];

/// Checks the three files against each other, the circuit of this build and the phase-1 file, then proves and verifies
/// three sample statements. What it cannot check is whether the makers kept the trapdoor.
pub fn verify(
    manifest: &[u8],
    proving_key: &[u8],
    verifying_key: &[u8],
    phase1: Option<&[u8]>,
    rng: &mut impl CryptoRng,
) -> Result<Checked, CrsError> {
    let manifest = stated(manifest, proving_key, verifying_key)?;
    check_phase1_digest(&manifest, phase1)?;
    let loaded = VerifyingKey::from_bytes(verifying_key)?;
    let key = ProvingKey::from_bytes(proving_key)?;
    if key.verifying_key().sha256() != loaded.sha256() {
        return Err(CrsError::Pair);
    }
    key.check_b_queries(rng)?;
    let mut checked = Checked { manifest, checks: CHECKS.to_vec(), unchecked: Vec::new(), assumed: Vec::new() };
    check_ceremony(&mut checked, &key, phase1, rng)?;
    self_test(&Engine::compile(&key, Settings::SMALL), rng)?;
    Ok(checked)
}

/// The manifest, once it is shown to be of these files and this circuit, and to say no better of the setup than its
/// attestations, its transcript and the key's delta bear out. It takes milliseconds, so that whoever relies on the setup
/// asks here; whether contributions hold, and all points, is for [`verify`].
///
/// # Errors
/// [`CrsError`].
pub fn stated(manifest: &[u8], proving_key: &[u8], verifying_key: &[u8]) -> Result<Manifest, CrsError> {
    let manifest = Manifest::from_json(manifest)?;
    check_manifest(&manifest, proving_key, verifying_key)?;
    let shown = manifest.ceremony.as_ref().map_or(Ok(Setup::OnePartyDevelopment), Ceremony::setup)?;
    differs("setup", &serde_json::to_string(&manifest.setup)?, serde_json::to_string(&shown)?)?;
    if let Some(stated) = &manifest.ceremony {
        let (section, transcript) = stated.transcript().map_err(CeremonyError::from)?;
        let key = VerifyingKey::from_bytes(verifying_key)?;
        transcript.check_last(key.delta_g2()).map_err(CeremonyError::from)?;
        let named = (stated.phase1_power, stated.phase1_blake2b_512.clone());
        check_account(stated, &Ceremony::describe(&section, &transcript, named, None))?;
    }
    Ok(manifest)
}

fn check_phase1_digest(manifest: &Manifest, phase1: Option<&[u8]>) -> Result<(), CrsError> {
    match (&manifest.ceremony, phase1) {
        (_, None) => Ok(()),
        (None, Some(_)) => Err(CrsError::NoCeremony),
        (Some(stated), Some(file)) => {
            differs("phase1_blake2b_512", &stated.phase1_blake2b_512, hex::encode(ceremony::digest(file)))
        }
    }
}

fn check_ceremony(
    checked: &mut Checked,
    key: &ProvingKey,
    phase1: Option<&[u8]>,
    rng: &mut impl CryptoRng,
) -> Result<(), CrsError> {
    let Some(stated) = &checked.manifest.ceremony else {
        checked.unchecked.push(NO_CEREMONY);
        checked.assumed.push("that whoever made the key made it for this circuit and dropped its randomness");
        return Ok(());
    };
    let (_, transcript) = stated.transcript().map_err(CeremonyError::from)?;
    if let Some(file) = phase1 {
        let phase1 = Phase1::read(file, &circuit::shape()).map_err(CeremonyError::from)?;
        differs("phase1_power", &stated.phase1_power.to_string(), phase1.power.to_string())?;
        stated.check_phase1(phase1.contributions)?;
        ceremony::check(&circuit::shape(), &key.ark, &transcript, &phase1, rng)?;
    } else {
        transcript.check(&key.ark).map_err(CeremonyError::from)?;
    }
    checked.checks.extend(TRANSCRIPT_CHECKS);
    if phase1.is_some() { &mut checked.checks } else { &mut checked.unchecked }.extend(PHASE_1_CHECKS);
    checked.assumed.extend(CEREMONY_ASSUMES);
    Ok(())
}

fn check_account(stated: &Ceremony, found: &Ceremony) -> Result<(), CrsError> {
    differs("circuit_hash", &stated.circuit_hash, found.circuit_hash.clone())?;
    let listed = |account: &Ceremony| serde_json::to_string(&account.contributions);
    differs("contributions", &listed(stated)?, listed(found)?)?;
    differs("transcript", &stated.transcript, found.transcript.clone())
}

fn differs(member: &'static str, stated: &str, found: String) -> Result<(), CrsError> {
    if stated == found { Ok(()) } else { Err(CrsError::Differs { member, stated: stated.to_owned(), found }) }
}

/// Proves and verifies three sample statements, between which every private wire is other than 0 at least once, so
/// that a wrong point of any wire shows.
///
/// # Errors
/// [`ProveError`] when the key cannot prove.
pub fn self_test(engine: &Engine, rng: &mut impl CryptoRng) -> Result<(), ProveError> {
    for (public, witness) in sample::statements(rng) {
        engine.prove(&public, &witness, rng)?;
    }
    Ok(())
}

/// An assignment of the first sample statement, as an iden3 `.wtns` file for other provers. Its secrets are worth nothing.
pub fn sample_witness(rng: &mut impl CryptoRng) -> Vec<u8> {
    let samples = sample::statements(rng);
    samples.first().map(|(public, witness)| witness_to_iden3(&derive(public, witness))).unwrap_or_default()
}

fn check_manifest(stated: &Manifest, proving_key: &[u8], verifying_key: &[u8]) -> Result<(), CrsError> {
    let shape = circuit::shape();
    let sha256 = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    let members = [
        ("format", stated.format.clone(), FORMAT.to_owned()),
        ("circuit", stated.circuit.clone(), poa_circuits::statement::CIRCUIT.to_owned()),
        ("constraints", stated.constraints.to_string(), shape.constraints().len().to_string()),
        ("r1cs_sha256", stated.r1cs_sha256.clone(), sha256(&shape.to_iden3())),
        ("reduction", stated.reduction.clone(), "circom".to_owned()),
        ("warning", stated.warning.clone(), stated.setup.warning().to_owned()),
        ("proving_key_sha256", stated.proving_key_sha256.clone(), sha256(proving_key)),
        ("verifying_key_sha256", stated.verifying_key_sha256.clone(), sha256(verifying_key)),
    ];
    members.into_iter().try_for_each(|(member, stated, found)| differs(member, &stated, found))
}
