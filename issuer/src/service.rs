//! What the handlers ask for: rules, documents, proofs and checks put together. Below HTTP, above the rules.

use poa_prover::{DisclosureError, PresentError};
use poa_verifier::report::CheckName;
use poa_verifier::schema::SchemaError;

use crate::documents::DocumentError;
use crate::domain::DomainError;
use crate::domain::agenthood::AgenthoodError;
use crate::keys::SignError;
use crate::proving::WorkError;
use crate::trust::TrustFailure;

pub mod agenthood;
mod agenthood_page;
pub mod batch;
pub mod checking;
pub mod drift;
mod first_proof;
pub mod issuer_keys;
pub mod issuing;
mod material;
pub mod preparing;
pub mod presentation_requests;
pub mod presenting;
mod reading;
pub mod recovery;
pub mod resolution;
pub mod schemas;
pub mod showing;
pub mod status_lists;
pub mod vc_api;

/// Why a service was refused or failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The rules refuse.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// The rules of Proof of Agenthood refuse.
    #[error(transparent)]
    Agenthood(#[from] AgenthoodError),
    /// A stored document cannot be read any more.
    #[error("a stored document cannot be read")]
    StoredDocument,
    /// Signing failed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The trust document could not be published anew.
    #[error(transparent)]
    Trust(#[from] TrustFailure),
    /// As many issuer keys are published as verifiers read.
    #[error("too many issuer keys are still needed; the oldest are dropped when what they signed has expired")]
    TooManyKeys,
    /// A document could not be written.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The pool is full, or the work was lost.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// The predicates are malformed, not allowed, off the grid or not met.
    #[error(transparent)]
    Disclosure(#[from] DisclosureError),
    /// A disclosure schema breaks a rule.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// Every bound is trivial and nothing is disclosed: no verifier takes a proof of nothing.
    #[error("nothing would be shown; ask for at least one bound that says something")]
    SaysNothing,
    /// The leaf does not outlive what is asked for.
    #[error("the agent's leaf expires too soon; it is renewed with the next anchor")]
    LeafExpiring,
    /// The leaf is newer than the hour's anchor, and nobody agreed to the newest root.
    #[error(
        "the agent's leaf is newer than the hour's anchor, so few others would present under the same root; wait for \
         the next anchor, at {next_anchor}, or agree with allow_newest_root"
    )]
    LeafNotInAnchor {
        /// When the next anchor comes, RFC 3339.
        next_anchor: String,
        /// Seconds until then.
        seconds: u64,
    },
    /// What came back from the holder does not verify.
    #[error("check {check} does not pass: {reason}")]
    ProofRefused {
        /// The first check that does not pass.
        check: CheckName,
        /// Why.
        reason: String,
    },
    /// A member of a verifier's request cannot be used.
    #[error("{member}: {reason}")]
    Request {
        /// Which, with `request.` before it.
        member: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The verifier's token is missing, is another request's, or there is no such request.
    #[error("the token is not this presentation request's")]
    VerifierToken,
    /// The challenge, domain or audience cannot be used.
    #[error("{member}: {reason}")]
    Binding {
        /// Which.
        member: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Proving failed for no fault of the request.
    #[error("proving failed: {0}")]
    Proving(PresentError),
    /// The operator confirmed another time than the service's clock shows.
    #[error("the service's clock says {wall}, but {said} was confirmed; compare both clocks and confirm again")]
    OtherTime {
        /// The wall clock, Unix seconds.
        wall: u64,
        /// What the operator said, Unix seconds.
        said: u64,
    },
    /// What was made here does not pass our own verifier; it does not leave.
    #[error("own output refused by check {check}: {reason}")]
    SelfCheck {
        /// The first check that does not pass.
        check: CheckName,
        /// Why.
        reason: String,
    },
}

impl From<PresentError> for ServiceError {
    fn from(error: PresentError) -> Self {
        match error {
            PresentError::Expired { .. } => Self::LeafExpiring,
            PresentError::Binding => Self::Binding { member: "challenge", reason: error.to_string() },
            PresentError::Audience(_) => Self::Binding { member: "audience", reason: error.to_string() },
            error => Self::Proving(error),
        }
    }
}
