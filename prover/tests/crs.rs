//! Damaged key files, each refused for what is wrong with it.

use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_groth16::ProvingKey as ArkKey;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poa_prover::ceremony::{CeremonyError, TranscriptError};
use poa_prover::crs::ceremony::{Attestation, AttestationError};
use poa_prover::crs::{
    Attestations, CrsError, MANIFEST, Manifest, PROVING_KEY, Setup, VERIFYING_KEY, built_in, stated, verify,
};
use poa_prover::{ProvingKey, ProvingKeyError};
use poa_verifier::key::KeyError;
use sha2::{Digest, Sha256};

use rand_core::UnwrapErr;

/// Bytes of the transcript in `test-vectors/ceremony/key.zkey`.
const SMALL_TRANSCRIPT: usize = 68 + (392 + 7) + (392 + 8) + (392 + 8 + 2 + 34);

/// The operating system's randomness.
fn os_rng() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

/// The committed manifest as it would be had there been no ceremony.
fn without_ceremony(setup: Setup) -> Vec<u8> {
    let mut manifest = Manifest::from_json(MANIFEST).unwrap();
    (manifest.ceremony, manifest.setup, manifest.warning) = (None, setup, setup.warning().to_owned());
    serde_json::to_vec(&manifest).unwrap()
}

fn committed() -> ArkKey<Bn254> {
    ArkKey::deserialize_uncompressed_unchecked(PROVING_KEY).unwrap()
}

fn load(key: &ArkKey<Bn254>) -> ProvingKeyError {
    let mut bytes = Vec::new();
    key.serialize_uncompressed(&mut bytes).unwrap();
    ProvingKey::from_bytes(&bytes).err().expect("a damaged key is refused")
}

#[test]
fn other_lengths_are_refused() {
    let cut = &PROVING_KEY[..PROVING_KEY.len() - 1];
    assert_eq!(ProvingKey::from_bytes(cut).err(), Some(ProvingKeyError::Malformed));
    let longer = [PROVING_KEY, &[0]].concat();
    assert_eq!(ProvingKey::from_bytes(&longer).err(), Some(ProvingKeyError::Malformed));
    let mut key = committed();
    key.h_query.pop();
    assert_eq!(load(&key), ProvingKeyError::Length { query: "h", found: 16_383, needed: 16_384 });
}

#[test]
fn a_point_off_the_curve_is_refused_with_its_query() {
    let off_curve = G1Affine::new_unchecked(1u64.into(), 1u64.into());
    let mut key = committed();
    key.l_query[7] = off_curve;
    assert_eq!(load(&key), ProvingKeyError::Point("l"));
}

#[test]
fn a_point_outside_the_subgroup_is_refused() {
    // The curve over Fq2 has a large cofactor: the first x with a point gives one outside the subgroup.
    let outside = (1u64..)
        .find_map(|x| G2Affine::get_point_from_x_unchecked(ark_bn254::Fq2::from(x), true))
        .filter(|point| !point.is_in_correct_subgroup_assuming_on_curve())
        .unwrap();
    let mut key = committed();
    key.b_g2_query[3] = outside;
    assert_eq!(load(&key), ProvingKeyError::Point("b_g2"));
}

#[test]
fn delta_and_beta_must_agree_between_the_groups() {
    let mut key = committed();
    key.delta_g1 = G1Affine::generator();
    assert_eq!(load(&key), ProvingKeyError::Groups("delta"));
    let mut key = committed();
    key.beta_g1 = key.delta_g1;
    assert_eq!(load(&key), ProvingKeyError::Groups("beta"));
}

/// Every point is on the curve and in the subgroup, and one stands for something else in G1 than in G2.
#[test]
fn the_b_queries_must_agree_between_the_groups() {
    let check = |key: &ArkKey<Bn254>| {
        let mut bytes = Vec::new();
        key.serialize_uncompressed(&mut bytes).unwrap();
        ProvingKey::from_bytes(&bytes).unwrap().check_b_queries(&mut os_rng())
    };
    let mut key = committed();
    assert_eq!(check(&key), Ok(()));
    let there = key.b_g1_query.iter().position(|point| !point.is_zero()).unwrap();
    key.b_g1_query[there] = -key.b_g1_query[there];
    assert_eq!(check(&key), Err(ProvingKeyError::Groups("the B query")));
}

#[test]
fn a_key_nobody_contributed_to_is_refused() {
    let mut key = committed();
    key.vk.delta_g2 = key.vk.gamma_g2;
    assert_eq!(load(&key), ProvingKeyError::VerifyingKey(KeyError::DeltaIsGamma));
    key.vk.gamma_g2 = key.vk.beta_g2;
    key.vk.delta_g2 = -G2Affine::generator();
    assert_eq!(load(&key), ProvingKeyError::VerifyingKey(KeyError::DeltaIsGenerator));
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let mut other = committed();
    other.vk.gamma_abc_g1.swap(3, 4);
    let mut swapped = Vec::new();
    other.vk.serialize_uncompressed(&mut swapped).unwrap();
    let refused = verify(MANIFEST, PROVING_KEY, &swapped, None, &mut os_rng());
    assert!(matches!(refused, Err(CrsError::Differs { member: "verifying_key_sha256", .. })));
    let text = std::str::from_utf8(MANIFEST).unwrap();
    let digest = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    let agreeing = text.replace(&digest(VERIFYING_KEY), &digest(&swapped));
    let refused = verify(agreeing.as_bytes(), PROVING_KEY, &swapped, None, &mut os_rng());
    assert!(matches!(refused, Err(CrsError::Pair)), "digests agree, the keys do not");
    for (from, to, member) in [
        ("\"poa/1\"", "\"poa/2\"", "circuit"),
        ("11116", "11115", "constraints"),
        ("\"circom\"", "\"libsnark\"", "reduction"),
        ("\"poa-crs/1\"", "\"poa-crs/2\"", "format"),
        ("Never use it in production", "Use it in production", "warning"),
    ] {
        assert!(text.contains(from), "{from}");
        let edited = text.replace(from, to);
        let refused = verify(edited.as_bytes(), PROVING_KEY, VERIFYING_KEY, None, &mut os_rng());
        let differs = matches!(&refused, Err(CrsError::Differs { member: found, .. }) if *found == member);
        assert!(differs, "{member}");
    }
    let unknown = text.replacen('{', "{\"extra\": 1,", 1);
    assert!(matches!(
        verify(unknown.as_bytes(), PROVING_KEY, VERIFYING_KEY, None, &mut os_rng()),
        Err(CrsError::Manifest(_))
    ));
    assert!(matches!(poa_verifier::key::VerifyingKey::from_bytes(&[]), Err(KeyError::Length { .. })));
}

#[test]
fn a_phase_1_file_for_a_key_without_a_ceremony_is_refused() {
    let phase1 = include_bytes!("../../test-vectors/ceremony/phase1.ptau");
    let manifest = without_ceremony(Setup::OnePartyDevelopment);
    let refused = verify(&manifest, PROVING_KEY, VERIFYING_KEY, Some(phase1), &mut os_rng());
    assert!(matches!(refused, Err(CrsError::NoCeremony)));
    let checked = verify(&manifest, PROVING_KEY, VERIFYING_KEY, None, &mut os_rng()).unwrap();
    assert_eq!(checked.unchecked.len(), 1, "nothing shows that it was made for the circuit");
    let refused = verify(MANIFEST, PROVING_KEY, VERIFYING_KEY, Some(phase1), &mut os_rng());
    assert!(matches!(refused, Err(CrsError::Differs { member: "phase1_blake2b_512", .. })), "another phase 1");
}

/// Three drawn contributions and a beacon, and nobody but one party.
#[test]
fn the_committed_key_is_from_a_ceremony_of_one_party() {
    let checked = verify(MANIFEST, PROVING_KEY, VERIFYING_KEY, None, &mut os_rng()).unwrap();
    assert_eq!(checked.manifest.setup, Setup::OnePartyCeremony);
    assert!(checked.manifest.setup.is_development(), "--production refuses it");
    let ceremony = checked.manifest.ceremony.unwrap();
    let beacons: Vec<bool> = ceremony.contributions.iter().map(|made| made.beacon.is_some()).collect();
    assert_eq!(beacons, [false, false, false, true]);
    assert_eq!(ceremony.attestations, None);
    assert!(!checked.unchecked.is_empty(), "without phase 1 not everything is checked");
}

/// What the manifest says of a ceremony must be what its transcript gives, and the transcript must be the key's.
#[test]
fn a_ceremony_that_is_not_the_keys_is_refused() {
    let zkey = include_bytes!("../../test-vectors/ceremony/key.zkey");
    // Section 10 is the last: 64 bytes, a count and three contributions.
    let transcript = &zkey[zkey.len() - SMALL_TRANSCRIPT..];
    let with = |setup: &str, transcript: &[u8]| {
        let mut manifest: serde_json::Value = serde_json::from_slice(MANIFEST).unwrap();
        manifest["setup"] = setup.into();
        let setup: Setup = serde_json::from_value(setup.into()).unwrap();
        manifest["warning"] = setup.warning().into();
        manifest["ceremony"] = serde_json::json!({
            "phase1_power": 14,
            "phase1_blake2b_512": "",
            "circuit_hash": "",
            "contributions": [],
            "transcript": URL_SAFE_NO_PAD.encode(transcript),
        });
        verify(manifest.to_string().as_bytes(), PROVING_KEY, VERIFYING_KEY, None, &mut os_rng()).unwrap_err()
    };
    let refused = |error: CrsError| match error {
        CrsError::Ceremony(CeremonyError::Transcript(error)) => error,
        other => panic!("{other}"),
    };
    assert_eq!(refused(with("one-party-ceremony", transcript)), TranscriptError::LastDelta);
    assert_eq!(refused(with("one-party-ceremony", &transcript[..transcript.len() - 1])), TranscriptError::Malformed);
}

/// What a service goes by when it starts: a key laid under the manifest of another is not believed to be of its setup.
#[test]
fn a_manifest_speaks_of_its_own_keys_alone() {
    assert_eq!(built_in().unwrap().setup, Setup::OnePartyCeremony);
    let digest = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    let mut other = committed();
    other.vk.delta_g2 = other.vk.beta_g2;
    let (mut proving, mut verifying) = (Vec::new(), Vec::new());
    other.serialize_uncompressed(&mut proving).unwrap();
    other.vk.serialize_uncompressed(&mut verifying).unwrap();
    for (proving, verifying, member) in
        [(&proving[..], VERIFYING_KEY, "proving_key_sha256"), (PROVING_KEY, &verifying[..], "verifying_key_sha256")]
    {
        let refused = stated(MANIFEST, proving, verifying);
        assert!(matches!(&refused, Err(CrsError::Differs { member: found, .. }) if *found == member), "{refused:?}");
    }
    let text = std::str::from_utf8(MANIFEST).unwrap();
    let agreeing =
        text.replace(&digest(PROVING_KEY), &digest(&proving)).replace(&digest(VERIFYING_KEY), &digest(&verifying));
    let refused = stated(agreeing.as_bytes(), &proving, &verifying);
    assert!(matches!(refused, Err(CrsError::Ceremony(CeremonyError::Transcript(TranscriptError::LastDelta)))));
    let mut manifest = Manifest::from_json(MANIFEST).unwrap();
    let mut invented = |setup: Setup| {
        (manifest.setup, manifest.warning) = (setup, setup.warning().to_owned());
        stated(&serde_json::to_vec(&manifest).unwrap(), PROVING_KEY, VERIFYING_KEY)
    };
    assert!(matches!(invented(Setup::Ceremony), Err(CrsError::Differs { member: "setup", .. })));
    assert!(invented(Setup::OnePartyCeremony).is_ok());
    let contributions = &mut manifest.ceremony.as_mut().unwrap().contributions;
    contributions[0].name = Some("somebody else".to_owned());
    let renamed = stated(&serde_json::to_vec(&manifest).unwrap(), PROVING_KEY, VERIFYING_KEY);
    assert!(matches!(renamed, Err(CrsError::Differs { member: "contributions", .. })));
}

/// A setup that sounds better than what the manifest shows for it is refused.
#[test]
fn a_setup_that_nothing_shows_is_refused() {
    let refused = |manifest: &[u8]| verify(manifest, PROVING_KEY, VERIFYING_KEY, None, &mut os_rng()).unwrap_err();
    let is_setup = |error: CrsError| matches!(error, CrsError::Differs { member: "setup", .. });
    for setup in [Setup::Ceremony, Setup::OnePartyCeremony] {
        assert!(is_setup(refused(&without_ceremony(setup))), "no transcript");
    }
    let mut manifest = Manifest::from_json(MANIFEST).unwrap();
    (manifest.setup, manifest.warning) = (Setup::Ceremony, Setup::Ceremony.warning().to_owned());
    assert!(is_setup(refused(&serde_json::to_vec(&manifest).unwrap())), "no attestations");
    let ceremony = manifest.ceremony.as_mut().unwrap();
    let drawn = ceremony.contributions.iter().filter(|made| made.beacon.is_none());
    let attested =
        drawn.map(|made| Attestation { hash: made.hash.clone(), by: "one".to_owned(), at: "here".to_owned() });
    ceremony.attestations = Some(Attestations { phase1: "our own".to_owned(), contributions: attested.collect() });
    let one_party = refused(&serde_json::to_vec(&manifest).unwrap());
    assert!(matches!(one_party, CrsError::Attestations(AttestationError::Parties)), "one party under every name");
}
