//! VC-API: credentials that callers write, signed with a key of their own, and judging documents of anybody.
//!
//! What this service issues itself is judged by the code of `POST /verify`. What VC-API's key signed, and documents of
//! other issuers, are judged by [`poa_verifier::vc`]; the proofs of those never count for ours.

use poa_verifier::vc::Contexts;

use super::ServiceError;
use crate::app::App;
use crate::domain::DomainError;

mod issue;
mod keys;
mod status;
mod verify;

pub use issue::{Asked, SecuringMechanism};
pub use verify::{Given, Verdict, documents_of};

/// Why a call was refused or failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VcApiError {
    /// A member of the credential, or of what is said about it, is not acceptable.
    #[error("{member}: {reason}")]
    Member {
        /// Which: a JSON pointer inside the credential, or the option's name.
        member: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Anything else.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<DomainError> for VcApiError {
    fn from(error: DomainError) -> Self {
        Self::Service(error.into())
    }
}

fn refused(member: impl Into<String>, reason: impl Into<String>) -> VcApiError {
    VcApiError::Member { member: member.into(), reason: reason.into() }
}

impl App {
    /// The contexts by which names are judged here.
    fn vc_contexts(&self) -> Contexts {
        Contexts::published().with_service(&self.config().public_url.to_string())
    }
}
