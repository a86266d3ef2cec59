//! Is this document good?
//!
//! Embeddable: no I/O, no clock, no async, no proving code; what can be read here is what can be verified here.
//!
//! ```no_run
//! use poa_verifier::{Evidence, HeadMemory, Request, Trust, Verifier};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let trust = Trust::from_json(&std::fs::read("poa-trust.json")?)?; // pinned once, compared by fingerprint
//! let verifier = Verifier::new(trust);
//! let mut memory = HeadMemory::default(); // keep it: it catches an issuer that shows two histories
//! let request = Request::from_json(&serde_json::json!({
//!     "at_least": { "tasks_completed": "100" },
//!     "challenge": "hFvSqVkrQ8CZ2dIuCv5tZg", "domain": "https://verifier.example",
//! }))?;
//! let document = std::fs::read("presentation.json")?;
//! let now = std::time::UNIX_EPOCH.elapsed()?.as_secs();
//! let report = verifier.verify(&document, Some(&request), &Evidence::default(), &mut memory, now);
//! println!("{} {:?}", report.verified(), report.failed());
//! # Ok(())
//! # }
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`verifier`] | [`Verifier`]: a document, a request, evidence and a time in, a [`Report`] out |
//! | [`report`] | the sixteen checks, and which one fails for which defect |
//! | [`trust`], [`request`], [`signed_request`] | what it is configured with, what is demanded, and by whom |
//! | [`credential`], [`zk_proof`], [`statement`], [`render`], [`context`] | documents with a proof, and how they are bound to it |
//! | [`groth16`], [`key`] | the pairing equation, verifying keys |
//! | [`snarkjs`], [`evm`] | the same in other tools' files, as a contract and its calldata |
//! | [`head`], [`status`], [`schema`] | signed tree heads, status lists, schemas |
//! | [`agenthood`] | Proof of Agenthood: claims, what a controller signs, wallets' signatures, verification |
//! | [`vc`] | the W3C data model of credentials: whether a document is one; other issuers' proofs |
//! | `rdfc` (a feature) | canonical RDF of JSON-LD, for proofs of other issuers with `eddsa-rdfc-2022` |
//! | [`json`], [`jws`], [`data_integrity`], [`ed25519`], [`multibase`], [`did`], [`origin`], [`percent`], [`time`] | strict readers of the wire forms |
//! | [`steps`] | how much work a document of another issuer may ask for |
//! | [`conformance`] | test vectors with the verdict that every implementation must give, and what runs them |
//!
//! Specification: `docs/protocol.md`.
#![deny(missing_docs)]

pub mod agenthood;
pub mod conformance;
pub mod context;
pub mod credential;
pub mod data_integrity;
pub mod did;
pub mod ed25519;
pub mod evm;
pub mod groth16;
pub mod head;
pub mod holder_pop;
pub mod json;
pub mod jws;
pub mod key;
pub mod multibase;
pub mod origin;
pub mod percent;
#[cfg(feature = "rdfc")]
pub mod rdfc;
pub mod render;
pub mod report;
pub mod request;
pub mod schema;
pub mod signed_request;
pub mod snarkjs;
pub mod statement;
pub mod status;
pub mod steps;
pub mod text;
pub mod time;
pub mod trust;
pub mod vc;
pub mod verifier;
pub mod zk_proof;

mod checks;
mod pairing;
mod signed;
mod status_check;
mod zk;

pub use groth16::Proof;
pub use head::HeadMemory;
pub use key::VerifyingKey;
pub use report::{CheckName, Class, Outcome, Report};
pub use request::Request;
pub use trust::Trust;
pub use verifier::{Evidence, Verifier};
