//! Requests signed by agents: HTTP Message Signatures (RFC 9421) in one narrow profile.
//!
//! # Profile
//! - exactly one signature, algorithm `ed25519`, verified strictly;
//! - covered components: `"@method"`, `"@target-uri"` and, exactly when there is a body,
//!   `"content-digest"` (RFC 9530, `sha-256` alone), in any order, without parameters;
//! - parameters: `created`, `expires`, `nonce`, `keyid` (the agent's DID), optionally `alg`; no other;
//! - both header fields in the canonical serialisation of RFC 9651, which also rules out duplicates;
//! - `created` at most [`SKEW_S`] ahead, `expires` at most [`MAX_LIFETIME_S`] after it and not passed.
//!
//! `"@target-uri"` is the service's *configured* public URL followed by the path and query received,
//! never built from a `Host` header, so a request signed for one service is void at another.
//!
//! # Not checked here
//! That the nonce is fresh and which keys `keyid` has: the caller looks the keys up, verifies, and
//! only then consumes the nonce.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

mod sign;
mod verify;

pub use sign::{SignedHeaders, UnsignableError, sign_request};
pub use verify::{Message, Parsed, SignatureError, Verified, parse};

/// The longest time between `created` and `expires` that is accepted, in seconds.
pub const MAX_LIFETIME_S: u64 = 300;

/// How far `created` may lie ahead of the verifier's clock, in seconds.
pub const SKEW_S: u64 = 60;

/// Length of an acceptable nonce in characters.
pub const NONCE_LENGTH: std::ops::RangeInclusive<usize> = 16..=128;

const METHOD: &str = "@method";
const TARGET_URI: &str = "@target-uri";
const CONTENT_DIGEST: &str = "content-digest";

/// The `Content-Digest` field value of `body`.
fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
}

/// The signature base of RFC 9421 §2.5 for `components` in order, then the signature parameters.
fn signature_base(
    components: &[&str],
    method: &str,
    target_uri: &str,
    digest: Option<&str>,
    parameters: &str,
) -> String {
    let mut base = String::new();
    for &component in components {
        let value = match component {
            METHOD => method,
            TARGET_URI => target_uri,
            _ => digest.unwrap_or_default(),
        };
        base.push_str(&format!("\"{component}\": {value}\n"));
    }
    base.push_str(&format!("\"@signature-params\": {parameters}"));
    base
}

#[cfg(test)]
mod tests;
