//! Is this document good?
//!
//! Embeddable: no I/O, no clock, no async, no proving code; what can be read here is what can be verified here.
//!
//! # Five common jobs
//!
//! The files are those of `test-vectors/groth16-proof-2024`, which the real prover made; the times are of then.
//!
//! **A presentation that answers your challenge.** State what you need, with a fresh challenge of 128 random bits and
//! your own origin; verify what comes back.
//!
//! ```
//! use poa_verifier::{Evidence, HeadMemory, Request, Trust, Verifier};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let at = |name: &str| std::fs::read(format!("../test-vectors/groth16-proof-2024/{name}"));
//! # let now = 1795256615;
//! let trust = Trust::from_json(&at("trust.json")?)?; // pinned once, compared by trust.fingerprint()
//! let verifier = Verifier::new(trust);
//! let mut memory = HeadMemory::default(); // keep it: it notices an issuer that shows two histories
//! let request = Request::from_json(&serde_json::json!({
//!     "at_least": { "tasks_completed": "1" },
//!     "challenge": "92a6839dad34c701b92ab50ac139e5226a3a72bfaeb4b831037bde862f7c0d7c", "domain": "https://verifier.example",
//! }))?;
//! let document = at("presentation.json")?;
//! let report = verifier.verify(&document, Some(&request), &Evidence::default(), &mut memory, now);
//! assert!(report.verified(), "{:?}", report.failed());
//! # Ok(())
//! # }
//! ```
//!
//! **A standing credential.** Its issuer's status lists say whether it was revoked: fetch those that the trust document
//! names and give them as evidence. Without them nobody knows.
//!
//! ```
//! use poa_verifier::{CheckName, Evidence, HeadMemory, Request, Trust, Verifier};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let at = |name: &str| std::fs::read(format!("../test-vectors/groth16-proof-2024/{name}"));
//! # let now = 1795256607;
//! # let fetch = |_url: &str| None;
//! let trust = Trust::from_json(&at("trust.json")?)?;
//! let lists: Vec<_> = trust.document().status_lists.iter().filter_map(|list| fetch(&list.id)).collect();
//! let evidence = Evidence { status_lists: &lists, ..Evidence::default() };
//! let request = Request::from_json(&serde_json::json!({ "at_least": { "tasks_completed": "1" } }))?;
//! let mut memory = HeadMemory::default();
//! let report = Verifier::new(trust).verify(&at("standing.json")?, Some(&request), &evidence, &mut memory, now);
//! // The list could not be fetched here: nothing failed, and it is not verified.
//! assert!(!report.verified() && report.could_not_check());
//! assert_eq!(report.failed(), [CheckName::Status]);
//! # Ok(())
//! # }
//! ```
//!
//! **Several issuers.** Whom a document names decides which trust document judges it, and that one alone does; the report
//! says which.
//!
//! ```
//! use poa_verifier::{Evidence, HeadMemory, Trust, TrustSet, Verifier};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let at = |name: &str| std::fs::read(format!("../test-vectors/groth16-proof-2024/{name}"));
//! let verifier = Verifier::new(TrustSet::new([Trust::from_json(&at("trust.json")?)?])?);
//! // Without a request: is it genuine?
//! let report = verifier.verify(&at("standing.json")?, None, &Evidence::default(), &mut HeadMemory::default(), 1795256607);
//! assert_eq!(report.trust.map(|used| used.issuer).as_deref(), Some("did:web:127.0.0.1%3A18931"));
//! // Of an issuer that is not in the set it says so.
//! let of_other = String::from_utf8(at("standing.json")?)?.replace("18931", "18932");
//! let report = verifier.verify(of_other.as_bytes(), None, &Evidence::default(), &mut HeadMemory::default(), 1795256607);
//! let check = report.check(report.failed()[0]).unwrap();
//! assert_eq!(check.reason.as_deref(), Some("other_issuer"));
//! # Ok(())
//! # }
//! ```
//!
//! **An issuer that replaced its keys.** What it shows now takes the place of what is pinned when it follows from that.
//!
//! ```
//! use poa_verifier::Trust;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let at = |name: &str| std::fs::read(format!("../test-vectors/groth16-proof-2024/{name}"));
//! let mut pinned = Trust::from_json(&at("trust.json")?)?;
//! // Fetched from the issuer's own origin, over TLS: a thief of a key that nobody reported can sign a link too.
//! let shown = Trust::from_json(&at("trust.json")?)?;
//! if shown.fingerprint() != pinned.fingerprint() {
//!     shown.follows(&pinned)?; // else ask the operator, and compare fingerprints again
//!     pinned = shown;
//! }
//! # assert_eq!(pinned.issuer().as_str(), "did:web:127.0.0.1%3A18931");
//! # Ok(())
//! # }
//! ```
//!
//! **Somebody who comes back.** Ask for a pseudonym (`audience`) and keep what you saw: one holder shows one value to one
//! audience. Keep the memory of heads beside it, across restarts.
//!
//! ```
//! use std::collections::BTreeSet;
//!
//! use poa_verifier::{Evidence, HeadMemory};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let seen = BTreeSet::<String>::new(); // your database
//! let known = |_scope: &_, nullifier: &_| seen.contains(&format!("{nullifier:?}"));
//! let evidence = Evidence { nullifier_seen: Some(&known), ..Evidence::default() };
//! let stored = serde_json::to_string(&HeadMemory::default())?;
//! let memory: HeadMemory = serde_json::from_str(&stored)?; // a damaged one is refused, not forgotten
//! # let _ = (evidence, memory);
//! # Ok(())
//! # }
//! ```
//!
//! # Map
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
pub use trust::{Trust, TrustSet};
pub use verifier::{Evidence, Verifier};
