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
