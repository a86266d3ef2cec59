//! The documents this service writes, as pure functions of what they say: no clock, no database, no HTTP.
//! Signing is `crate::keys`', checking is `poa_verifier`'s.

mod credential;
mod did;
mod opening;

pub use credential::{Unsigned, status_list_url, status_lists_url, token_status_list_url, unsigned_credential};
pub use did::{agent_did, agenthood_jwks, issuer_did, jwks, key_did};
pub(crate) use opening::attestation_schema;
pub use opening::opening;

/// The JSON-LD context of our terms, served at `/contexts/poa/v1` and immutable.
pub const CONTEXT: &str = poa_verifier::vc::POA_CONTEXT;

/// Why a document could not be written.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// A time after the year 9999.
    #[error(transparent)]
    Time(#[from] poa_verifier::time::TimeError),
    /// The subject cannot be rendered.
    #[error(transparent)]
    Render(#[from] poa_verifier::render::RenderError),
    /// A stored schema is not what was stored.
    #[error("stored schema: {0}")]
    Schema(String),
    /// A status list cannot be written.
    #[error(transparent)]
    Status(#[from] poa_verifier::status::StatusError),
    /// The issuer's DID.
    #[error(transparent)]
    Did(#[from] poa_verifier::did::DidError),
    /// A value out of range.
    #[error(transparent)]
    Statement(#[from] poa_verifier::statement::StatementError),
}
