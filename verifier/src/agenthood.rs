//! Proof of Agenthood: a signed document that says who stands behind an agent (formats §3).
//!
//! A compact JWS of type [`TYP`]. Its claims are a superset of the published ones, so that clients of the published
//! service read ours. Both sides of it live here: what an issuer writes, and what a verifier checks.
//!
//! | module | what |
//! |---|---|
//! | [`ss58`] | account addresses of Substrate chains |
//! | [`claims`] | the claims, as an issuer writes them |
//! | [`binding`] | what the controller's signature commits to: details, nonce |
//! | [`message`] | the text that a wallet signs |
//! | [`wallet`] | signatures of wallets: sr25519, ed25519, ECDSA, Ethereum-style |
//! | [`hex32`] | 32-byte values written in hexadecimal |
//! | [`instant`] | times with milliseconds, as the chain snapshot carries them |

pub mod binding;
pub mod claims;
pub mod hex32;
pub mod instant;
pub mod issuers;
pub mod message;
pub mod reasons;
pub mod revoked_list;
pub mod ss58;
pub mod wallet;

mod document;
mod native;
mod status;
mod text;
pub(crate) mod verify;

/// The JWS header's `typ`.
pub const TYP: &str = "poa+jws";

/// Largest document that is read, in bytes.
pub const MAX_BYTES: usize = 32 * 1024;

/// Longest life of a document that we issue, seconds (30 days).
pub const MAX_LIFETIME_S: u64 = 30 * 86_400;

/// How long a challenge may be answered, seconds, by the issuer's clock.
pub const CHALLENGE_LIFETIME_S: u64 = 300;
