//! What binds a proof to one document and one challenge (protocol §5).
//!
//! `context = to_field("context", SHA-256(JCS(options)) ‖ SHA-256(JCS(document without "proof")))`.

use poa_circuits::native::field::{self, F};
use serde_json::Value;

use crate::data_integrity::signing_input;

/// The context of a proof with these options over this document; a `proof` member of the document is left out.
///
/// `options` is the Groth16 proof object without `proofValue`, `statement`, `rootHead` ([`crate::zk_proof`]).
pub fn context(options: &Value, document: &Value) -> F {
    field::to_field("context", &signing_input(document, options))
}
