//! The demo's proofs in snarkjs' own files (`test-vectors/snarkjs/`), on which snarkjs and this crate agree: each is
//! accepted, and refused with any one input raised. `scripts/snarkjs/verify.sh test-vectors/snarkjs` is the other half.

use std::fs;
use std::path::{Path, PathBuf};

use ark_ff::Field;
use poa_circuits::native::field::F;
use poa_verifier::groth16::ProofError;
use poa_verifier::key::VerifyingKey;
use poa_verifier::snarkjs::{read_inputs, read_key, read_proof};
use serde_json::Value;

/// The four standing credentials of the demo and its presentation.
const PROOFS: [&str; 5] =
    ["build_verification-1", "earnings_proof-1", "full_disclosure-1", "presentation", "task_completion-1"];

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/snarkjs")
}

fn json(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

fn key() -> VerifyingKey {
    read_key(&json(&vectors().join("verification_key.json"))).unwrap()
}

#[test]
fn the_exported_key_is_the_committed_one() {
    let committed = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../crs/verifying_key.bin")).unwrap();
    assert_eq!(key().to_bytes(), committed);
}

#[test]
fn every_proof_is_accepted_and_refused_with_any_input_raised() {
    let key = key();
    for name in PROOFS {
        let directory = vectors().join(name);
        let proof = read_proof(&json(&directory.join("proof.json"))).unwrap();
        let inputs = read_inputs(&json(&directory.join("public.json"))).unwrap();
        assert_eq!(key.verify(&inputs, &proof), Ok(()), "{name}");
        for i in 0..inputs.len() {
            let mut raised = inputs;
            raised[i] += F::ONE;
            assert_eq!(key.verify(&raised, &proof), Err(ProofError::Unsatisfied), "{name}, input {i}");
        }
    }
}

/// rapidsnark's `Proof::toJson` has no `curve`; snarkjs reads three names for it; gnark's exporters and Solidity's calldata
/// have no third coordinate. What they do say must be true.
#[test]
fn the_forms_of_other_provers_are_read_and_no_malformed_one() {
    let directory = vectors().join("presentation");
    let proof = json(&directory.join("proof.json"));
    let inputs = read_inputs(&json(&directory.join("public.json"))).unwrap();
    let changed = |edit: &dyn Fn(&mut Value)| {
        let mut other = proof.clone();
        edit(&mut other);
        read_proof(&other)
    };
    let without = |member: &'static str| move |p: &mut Value| drop(p.as_object_mut().unwrap().remove(member));
    let affine = |p: &mut Value| {
        for member in ["pi_a", "pi_b", "pi_c"] {
            p[member].as_array_mut().unwrap().truncate(2);
        }
    };
    let good: [&dyn Fn(&mut Value); 9] = [
        &without("curve"),
        &without("protocol"),
        &|p| p["curve"] = "bn254".into(),
        &|p| p["curve"] = "BN128".into(),
        &|p| p["curve"] = "alt_bn128".into(),
        &|p| p["curve"] = "altbn128".into(),
        &affine,
        &|p| {
            without("curve")(p);
            without("protocol")(p);
            affine(p);
        },
        &|p| p["other"] = "ignored".into(),
    ];
    for edit in good {
        let read = changed(edit).unwrap();
        assert_eq!(key().verify(&inputs, &read), Ok(()));
    }
    let bad: [&dyn Fn(&mut Value); 13] = [
        &|p| p["curve"] = "bls12381".into(),
        &|p| p["curve"] = "".into(),
        &|p| p["curve"] = Value::Null,
        &|p| p["curve"] = 254.into(),
        &|p| p["protocol"] = "plonk".into(),
        &|p| p["protocol"] = Value::Null,
        &|p| p["pi_a"][2] = "0".into(),
        &|p| p["pi_a"][2] = "2".into(),
        &|p| p["pi_a"][2] = 1.into(),
        &|p| p["pi_a"].as_array_mut().unwrap().truncate(1),
        &|p| p["pi_a"].as_array_mut().unwrap().push("1".into()),
        &|p| p["pi_b"][0].as_array_mut().unwrap().swap(0, 1),
        &without("pi_c"),
    ];
    for (i, edit) in bad.into_iter().enumerate() {
        assert!(changed(edit).is_err(), "{i}");
    }
    // A key may be of anything, so it says what it is.
    let file = json(&vectors().join("verification_key.json"));
    for member in ["protocol", "curve"] {
        let mut silent = file.clone();
        without(member)(&mut silent);
        assert!(read_key(&silent).is_err(), "{member}");
    }
}
