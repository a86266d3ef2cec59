//! A document's proofs as the files snarkjs verifies, so that a second implementation can check ours, and its files read.
//!
//! ```text
//! DIR/verification_key.json
//! DIR/<name>/public.json, DIR/<name>/proof.json    one directory per proof
//! ```

use std::path::{Path, PathBuf};

use poa_circuits::native::field::F;
use poa_circuits::statement::INPUTS;
use poa_verifier::groth16::Proof;
use poa_verifier::key::VerifyingKey;
use poa_verifier::trust::Trust;
use poa_verifier::{snarkjs, statement};
use serde_json::Value;

use crate::commands::read_json;
use crate::exit::{Failure, OrFail, Outcome};
use crate::output::pretty;
use crate::system;

/// The type of our proof objects.
const PROOF_TYPE: &str = "Groth16Proof2024";

/// Writes the verifying key.
pub fn export_key(key: &VerifyingKey, directory: &Path) -> Outcome<PathBuf> {
    system::make_private_dir(directory)?;
    let path = directory.join("verification_key.json");
    system::write_out(&path, pretty(&snarkjs::write_key(key)).as_bytes())?;
    Ok(path)
}

/// Writes every zero-knowledge proof of a credential or presentation, and the key they name. Gives
/// their number.
pub fn export(document: &Value, name: &str, trust: &Trust, directory: &Path) -> Outcome<usize> {
    let proofs = proofs_of(document);
    for (index, proof) in proofs.iter().enumerate() {
        let folder = match index {
            0 => directory.join(name),
            _ => directory.join(format!("{name}-{}", index + 1)),
        };
        export_proof(proof, &folder)?;
        export_key(key_of(proof, trust)?, directory)?;
    }
    Ok(proofs.len())
}

/// Reads a proof and its inputs, whoever made them.
pub fn read(folder: &Path) -> Outcome<([F; INPUTS], Proof)> {
    let next = "give a directory with the proof.json and public.json of snarkjs, for this circuit";
    let [proof, inputs] = ["proof.json", "public.json"].map(|file| folder.join(file));
    let points = snarkjs::read_proof(&read_json(&proof)?).or_refuse(proof.display(), next)?;
    let inputs = snarkjs::read_inputs(&read_json(&inputs)?).or_refuse(inputs.display(), next)?;
    Ok((inputs, points))
}

fn export_proof(proof: &Value, folder: &Path) -> Outcome<()> {
    let next = "verify the document first: poa verify";
    let public = statement::from_value(&proof["statement"]).or_fail("the proof's statement", next)?;
    let points =
        Proof::from_multibase(proof["proofValue"].as_str().unwrap_or_default()).or_fail("the proof's value", next)?;
    system::make_private_dir(folder)?;
    for (file, value) in
        [("public.json", snarkjs::write_inputs(&public.to_inputs())), ("proof.json", snarkjs::write_proof(&points))]
    {
        system::write_out(&folder.join(file), pretty(&value).as_bytes())?;
    }
    Ok(())
}

/// The configured key that a proof names; a document never brings its own.
fn key_of<'a>(proof: &Value, trust: &'a Trust) -> Outcome<&'a VerifyingKey> {
    let named = proof["verificationMethod"].as_str().unwrap_or_default();
    let known = trust.verifying_keys().iter().find(|known| known.key.urn() == named);
    known.map(|known| &known.key).ok_or_else(|| {
        Failure::refused(
            format!("the proof names {named}, which is not in the trust document"),
            "fetch the issuer's trust document again: poa trust add URL",
        )
    })
}

/// The zero-knowledge proofs of a credential, or of the credentials inside a presentation.
fn proofs_of(document: &Value) -> Vec<&Value> {
    let credentials = match &document["verifiableCredential"] {
        Value::Null => vec![document],
        inner => one_or_many(inner),
    };
    credentials
        .into_iter()
        .flat_map(|credential| one_or_many(&credential["proof"]))
        .filter(|proof| proof["type"] == PROOF_TYPE)
        .collect()
}

fn one_or_many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}
