//! Proof of Agenthood: challenges, issued documents, and what ends them.
//!
//! | file | what |
//! |---|---|
//! | `reason` | why a document ends, as a pure function of what it says and the chain's state |
//! | `jti` | document ids |
//! | `challenge` | nonces: single use, five minutes |
//! | `documents` | issuing at most once per nonce, superseding, revoking, listing |
//! | `reading` | which reading of the chain counts |
//! | `watch` | judging every finalised change once |
//!
//! The rule of a document's life: it lives from its issuing through its second `exp`, as verifiers count, until it is
//! revoked or superseded, or until the first finalised block after the one it was last checked at whose state gives a
//! [`Reason`].

use poa_verifier::agenthood::hex32::BlockHash;
use poa_verifier::agenthood::ss58::Address;

use super::DomainError;
use crate::store::{FromStore, StoreError};

mod challenge;
mod documents;
mod jti;
mod reading;
pub mod reason;
mod watch;

pub use challenge::{Binding, MAX_OPEN, MAX_OPEN_OF_NETWORK, Reading, StoredChallenge};
pub use documents::{DocumentRow, NewDocument, Revocation, RevocationPage, Revoked, SignedDocument};
pub use jti::{Jti, JtiError};
pub use reason::{Facts, Reason, ZERO_BALANCE_MS};
pub use watch::{Watch, WatchOutcome};

/// Why the rules refused or failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgenthoodError {
    /// More is known of the chain than was read, from the watcher or from a document: read again.
    #[error("the chain is known up to block {known}, but the state was read at block {read}")]
    ReadTooOld {
        /// The newest block that counts.
        known: u64,
        /// The block of the last reading.
        read: u64,
    },
    /// The reader is of another chain than the one watched so far.
    #[error("the chain has genesis {found}, but documents were issued for {known}")]
    OtherChain {
        /// As watched.
        known: BlockHash,
        /// As read now.
        found: BlockHash,
    },
    /// Another watcher works on this database, or the answer is for another question.
    #[error("the watcher stands at another block than was asked for")]
    WatchMoved,
    /// As many challenges are open as are kept.
    #[error("too many challenges are open; one expires in {retry_after_s} s")]
    TooManyChallenges {
        /// When the first of them expires, seconds.
        retry_after_s: u64,
    },
    /// The agent has no document that could be revoked.
    #[error("the agent {0} has no document in force")]
    NoActiveDocument(Address),
    /// The document was revoked before.
    #[error("the document was revoked before")]
    AlreadyRevoked,
    /// No document of this id was issued here.
    #[error("no such document")]
    NoSuchDocument,
    /// The document could not be signed; for the service's log.
    #[error("signing: {0}")]
    Signing(String),
    /// No free status index.
    #[error(transparent)]
    Domain(Box<DomainError>),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DomainError> for AgenthoodError {
    fn from(error: DomainError) -> Self {
        match error {
            DomainError::Store(error) => Self::Store(error),
            error => Self::Domain(Box::new(error)),
        }
    }
}

impl FromStore for AgenthoodError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}
