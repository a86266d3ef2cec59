//! W3C Verifiable Credentials Data Model 2.0: whether a document is one, and who signed it.
//!
//! * [`check_credential`], [`check_presentation`] and [`check_enveloped`] judge a document against the data model. What
//!   a member or type means is looked up in the JSON-LD contexts it names, which are compiled in ([`Contexts`]);
//!   nothing is fetched, and what no context defines is refused.
//! * [`foreign`] verifies documents of other issuers: Data Integrity proofs, alone, in sets and in chains, and the
//!   JWS envelopes `vc+jwt` and `vp+jwt`, under keys that a [`Resolve`] finds ([`SelfDescribing`] knows `did:key` and
//!   `did:jwk`).
//!
//! Of JSON-LD this is the part that decides what a name means (API §4.1–§4.3, §5.1), no expansion to a graph. What is
//! not needed for that, and what could hide a member from readers that do not process contexts, is refused:
//! `@import`, `@base`, `@reverse`, `@nest`, `@included`, `@graph`, `@list` and `@set` in a document, containers `@id` and
//! `@type`, property-valued `@index`, terms of the form of a keyword, relative IRIs, blank nodes, `null`.

mod active;
mod credential;
mod data_url;
mod definition;
mod digest;
mod error;
pub mod foreign;
mod iri;
mod language;
mod pinned;
mod presentation;
mod resolver;
mod timestamp;
mod walk;

pub use credential::{check_credential, type_iris};
pub use digest::sri_sha256;
pub use error::{DataModelError, Reason};
pub use pinned::{Contexts, POA_CONTEXT, Pinned};
pub use presentation::{ENVELOPED_CREDENTIAL, ENVELOPED_PRESENTATION, check_enveloped, check_presentation};
pub use resolver::{Resolve, ResolveError, SelfDescribing, VerificationMethod};
pub use timestamp::{DateTime, DateTimeError};

/// The first context of every document.
pub const BASE_CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";

/// Whether the contexts of a document explain every name in it, whatever it is, and expanding it by JSON-LD takes no
/// more steps than are left.
#[cfg(feature = "rdfc")]
pub(crate) fn check_names(
    contexts: &Contexts,
    steps: &crate::steps::Steps,
    document: &serde_json::Value,
) -> Result<(), DataModelError> {
    let place = error::Place::ROOT;
    walk::check_expansion(contexts, steps, credential::object(document, &place)?, &place)
}
