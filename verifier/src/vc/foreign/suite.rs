//! Cryptosuites: how a document and the options of a proof become the bytes that are signed.

use serde_json::Value;

use super::proof::ProofError;
use crate::{data_integrity, json};

/// A cryptosuite of Ed25519 signatures over two SHA-256 digests.
pub trait Cryptosuite {
    /// The proof's `cryptosuite`.
    fn name(&self) -> &'static str;

    /// The digest of the proof's options, then that of the document.
    ///
    /// `document` has no `proof` but those that this one builds on; `options` is the proof without `proofValue`.
    ///
    /// # Errors
    /// [`ProofError`] when they cannot be brought into the form that is hashed.
    fn hash_data(&self, document: &Value, options: &Value) -> Result<[u8; 64], ProofError>;
}

/// `eddsa-jcs-2022` (vc-di-eddsa §3.3).
#[derive(Clone, Copy, Debug, Default)]
pub struct EddsaJcs2022;

impl Cryptosuite for EddsaJcs2022 {
    fn name(&self) -> &'static str {
        data_integrity::CRYPTOSUITE
    }

    fn hash_data(&self, document: &Value, options: &Value) -> Result<[u8; 64], ProofError> {
        let mut input = [0; 64];
        input[..32].copy_from_slice(&json::digest(options));
        let signed_context = options.get("@context").filter(|context| Some(*context) != document.get("@context"));
        let digest = match signed_context {
            None => json::digest(document),
            Some(context) if begins_with(document.get("@context"), context) => {
                let mut document = document.clone();
                document["@context"] = context.clone();
                json::digest(&document)
            }
            Some(_) => return Err(ProofError::Context),
        };
        input[32..].copy_from_slice(&digest);
        Ok(input)
    }
}

/// Whether the document's contexts begin with those that were signed (§3.3.2 step 5).
fn begins_with(document: Option<&Value>, signed: &Value) -> bool {
    document.is_some_and(|document| list(document).starts_with(list(signed)))
}

fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}
