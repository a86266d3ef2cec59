//! The Groth16 proof of a standing credential.

use poa_circuits::statement::Public;
use poa_verifier::context;
use poa_verifier::time;
use poa_verifier::zk_proof::{self, Purpose};
use rand_core::CryptoRng;
use serde_json::Value;

use super::{Material, PresentError, random_scope};
use crate::disclosure::Disclosure;
use crate::engine::Engine;

/// Proves over the issuer's unsigned document; gives the `Groth16Proof2024` object.
///
/// `valid_at` is the document's `validUntil`. The scope is random: a standing credential carries no pseudonym.
///
/// # Errors
/// [`PresentError`]; nothing is proved over a document that says something else than the attributes.
pub fn prove_standing(
    engine: &Engine,
    material: &Material,
    head_jws: &str,
    document: &Value,
    disclosure: &Disclosure,
    created_unix_s: u64,
    rng: &mut impl CryptoRng,
) -> Result<Value, PresentError> {
    let head = material.check_head(head_jws)?;
    let valid_until = document["validUntil"].as_str().ok_or(PresentError::Document("validUntil"))?;
    let valid_until = time::parse_utc(valid_until)?;
    material.check_outlives(valid_until)?;
    let public = material.public(disclosure, &head, random_scope(rng), true, valid_until);
    if document["credentialSubject"] != material.subject(disclosure, &public, true)? {
        return Err(PresentError::Document("credentialSubject"));
    }
    let vk_sha256 = engine.verifying_key().sha256();
    let options = zk_proof::options(document, Purpose::AssertionMethod, &vk_sha256, None, created_unix_s)?;
    let public = Public { context: context::context(&options, document), ..public };
    let proof = engine.prove(&public, &material.witness(), rng)?;
    Ok(zk_proof::attach_proof(&options, &proof, &public, head_jws))
}
