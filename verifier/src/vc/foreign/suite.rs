//! Cryptosuites: how a document and the options of a proof become the bytes that are signed.

use std::cell::RefCell;

use serde_json::Value;

use super::proof::ProofError;
use crate::steps::Steps;
use crate::{data_integrity, json};

/// A SHA-256 digest, or why there is none.
type Digest = Result<[u8; 32], ProofError>;

/// What a proof is about: the document without its `proof`, or with those that this proof builds on. It is brought into
/// the form that is hashed once for all proofs of one suite.
#[derive(Debug)]
pub struct Secured {
    value: Value,
    digests: RefCell<Vec<(&'static str, Digest)>>,
}

impl Secured {
    /// Of a document as a proof is about it.
    pub fn new(value: Value) -> Self {
        Self { value, digests: RefCell::default() }
    }

    /// The document.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Its digest by a suite, from `hash` the first time.
    ///
    /// # Errors
    /// Those of `hash`, every time.
    pub fn digest(&self, suite: &'static str, hash: impl FnOnce(&Value) -> Digest) -> Digest {
        let known = self.digests.borrow().iter().find(|(name, _)| *name == suite).map(|(_, digest)| digest.clone());
        known.unwrap_or_else(|| {
            let digest = hash(&self.value);
            self.digests.borrow_mut().push((suite, digest.clone()));
            digest
        })
    }
}

/// A cryptosuite of Ed25519 signatures over two SHA-256 digests.
pub trait Cryptosuite {
    /// The proof's `cryptosuite`.
    fn name(&self) -> &'static str;

    /// The digest of the proof's options, then that of the document.
    ///
    /// `options` is the proof without `proofValue`.
    ///
    /// # Errors
    /// [`ProofError`] when they cannot be brought into the form that is hashed, or not within the steps that are left.
    fn hash_data(&self, document: &Secured, options: &Value, steps: &Steps) -> Result<[u8; 64], ProofError>;

    /// The `@context` that a proof signs in the place of the document's; none where that is signed as it stands.
    fn signed_context<'p>(&self, _proof: &'p Value) -> Option<&'p Value> {
        None
    }
}

/// `eddsa-jcs-2022` (vc-di-eddsa §3.3).
#[derive(Clone, Copy, Debug, Default)]
pub struct EddsaJcs2022;

impl Cryptosuite for EddsaJcs2022 {
    fn name(&self) -> &'static str {
        data_integrity::CRYPTOSUITE
    }

    /// §3.3.2 step 4: the proof's own contexts, with which the document's begin. Contexts that somebody put behind them
    /// later were never signed.
    fn signed_context<'p>(&self, proof: &'p Value) -> Option<&'p Value> {
        proof.get("@context")
    }

    fn hash_data(&self, secured: &Secured, options: &Value, _: &Steps) -> Result<[u8; 64], ProofError> {
        let document = secured.value();
        let mut input = [0; 64];
        input[..32].copy_from_slice(&json::digest(options));
        let signed_context = self.signed_context(options).filter(|context| Some(*context) != document.get("@context"));
        let digest = match signed_context {
            None => secured.digest(self.name(), |document| Ok(json::digest(document)))?,
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

/// Whether the document's contexts begin with those that were signed (§3.3.2 step 4).
pub(super) fn begins_with(document: Option<&Value>, signed: &Value) -> bool {
    document.is_some_and(|document| list(document).starts_with(list(signed)))
}

/// One value or several, as a list.
pub(super) fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}
