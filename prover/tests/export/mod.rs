//! Proofs as the files that snarkjs verifies.

use std::fs;
use std::path::Path;

use poa_circuits::statement::Public;
use poa_verifier::groth16::Proof;
use poa_verifier::key::VerifyingKey;
use poa_verifier::snarkjs;
use serde_json::Value;

/// Writes the key, and under `name` the inputs and the proof.
pub fn write(directory: &Path, name: &str, key: &VerifyingKey, public: &Public, proof: &Proof) {
    let folder = directory.join(name);
    fs::create_dir_all(&folder).unwrap();
    let put = |path: &Path, value: &Value| fs::write(path, value.to_string()).unwrap();
    put(&directory.join("verification_key.json"), &snarkjs::write_key(key));
    put(&folder.join("public.json"), &snarkjs::write_inputs(&public.to_inputs()));
    put(&folder.join("proof.json"), &snarkjs::write_proof(proof));
}
