//! Checks `crs/`: digests, circuit, loader, and one proof made and verified.

use poa_circuits::gadgets::r1cs::witness_to_iden3;
use poa_circuits::statement::assignment::derive;
use poa_circuits::statement::circuit;
use poa_verifier::key::{KeyError, VerifyingKey};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use super::manifest::{FORMAT, Manifest};
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
}

/// Checks the three files against each other and against the circuit of this build, then proves and verifies
/// three sample statements. What it cannot check is whether the maker kept the trapdoor.
pub fn verify(
    manifest: &[u8],
    proving_key: &[u8],
    verifying_key: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Checked, CrsError> {
    let manifest = Manifest::from_json(manifest)?;
    check_manifest(&manifest, proving_key, verifying_key)?;
    let loaded = VerifyingKey::from_bytes(verifying_key)?;
    let key = ProvingKey::from_bytes(proving_key)?;
    if key.verifying_key().sha256() != loaded.sha256() {
        return Err(CrsError::Pair);
    }
    key.check_b_queries(rng)?;
    self_test(&Engine::compile(&key, Settings::SMALL), rng)?;
    Ok(Checked {
        manifest,
        checks: vec![
            "manifest: format, circuit, constraint count and R1CS digest are this build's",
            "digests of both key files",
            "verifying key: length, curve, subgroup, identities, repeated points, delta against gamma and generator",
            "proving key: query lengths, every point on curve and in subgroup, beta, delta and the B query equal in both groups",
            "verifying key is the one inside the proving key",
            "three sample statements, which together use every private wire, were proved and verified",
        ],
    })
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
    for (member, stated, found) in members {
        if stated != found {
            return Err(CrsError::Differs { member, stated, found });
        }
    }
    Ok(())
}
