//! What is known of a credential on its way, and what its making gives back.

use poa_circuits::native::tree::Path;
use serde_json::Value;

use super::at_work::Working;
use crate::domain::agents::Actor;
use crate::domain::ids::{AgentUuid, CredentialId};
use crate::domain::leaves::Opening;
use crate::domain::log::Head;
use crate::domain::status_space::HeldIndex;

/// How far a credential is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CredentialState {
    /// Being proved by the service.
    Reserved,
    /// Being proved by the holder.
    Pending,
    /// Issued.
    Issued,
}

/// A credential's record.
#[derive(Clone, Debug, PartialEq)]
pub struct Credential {
    /// Its id.
    pub id: CredentialId,
    /// Its subject.
    pub agent: AgentUuid,
    /// URL of its disclosure schema.
    pub schema: String,
    /// How far it is.
    pub state: CredentialState,
    /// Without proofs while pending, whole when issued.
    pub document: Option<Value>,
    /// Its index in every status list; none while we prove, and none once it lapsed.
    pub status_index: Option<u32>,
    /// The leaf it was made from.
    pub leaf_index: u32,
    /// The publication it was made under.
    pub head_seq: u64,
    /// `iat` of the head it was made under.
    pub head_iat: u64,
    /// Unix seconds.
    pub created_at: u64,
    /// Until when it may be completed, Unix seconds; none when issued.
    pub pending_until: Option<u64>,
    /// Unix seconds; none before it is issued.
    pub valid_until: Option<u64>,
    /// When it, or its agent's every credential, was revoked. As decided, for this credential alone; as
    /// published, for those of a revoked agent: see `revoked`.
    pub revoked_at: Option<u64>,
    /// The published revocation bit.
    pub revoked: bool,
    /// The published suspension bit.
    pub suspended: bool,
}

/// Makes a repeated request give the first one's result.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// Who sent it; keys of different principals have nothing to do with each other.
    pub principal: String,
    /// The `Idempotency-Key` header.
    pub key: String,
    /// SHA-256 of the request.
    pub digest: [u8; 32],
}

/// What a fresh credential is made from. Dropped before the credential is completed or handed to its holder, it frees
/// the status index.
#[derive(Debug)]
pub struct Begin {
    /// Its id.
    pub id: CredentialId,
    /// Its index in every status list.
    pub status_index: u32,
    /// The agent's leaf.
    pub opening: Opening,
    /// The newest head.
    pub head: Head,
    /// From the leaf to the head's root.
    pub path: Path,
    /// Keeps the index from everybody else.
    pub(crate) _held: HeldIndex,
    /// Keep it until the credential is completed, held or given up: without it the idempotency key is free.
    pub working: Working,
}

/// Whether a request is the first of its kind.
#[derive(Debug)]
pub enum Begun {
    /// It is: make the document.
    Fresh(Box<Begin>),
    /// The same request came before and gave this credential.
    Repeat(Box<Credential>),
}

/// A pending credential with what its holder proves about.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The record, with the document without proofs.
    pub credential: Credential,
    /// The leaf it was begun with.
    pub opening: Opening,
    /// The head it was begun under.
    pub head: Head,
    /// From the leaf to the head's root.
    pub path: Path,
}

/// The status lists as published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatusBits {
    /// Entries of each list.
    pub size: u32,
    /// Revoked indices, ascending.
    pub revoked: Vec<u32>,
    /// Suspended indices, ascending.
    pub suspended: Vec<u32>,
    /// The counter that heads carry too.
    pub revocations: u64,
    /// The newest publication.
    pub seq: u64,
}

/// A credential to be reserved.
pub(crate) struct Reservation<'a> {
    pub id: CredentialId,
    pub agent: AgentUuid,
    pub schema: &'a str,
    pub log: &'a str,
    pub leaf_index: u32,
    pub head_seq: u64,
    pub head_iat: u64,
    pub idempotency: Option<&'a Idempotency>,
    pub by: Actor,
    pub now: u64,
}

impl CredentialState {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Pending => "pending",
            Self::Issued => "issued",
        }
    }
}

impl std::str::FromStr for CredentialState {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Reserved, Self::Pending, Self::Issued].into_iter().find(|s| s.as_str() == text).ok_or(())
    }
}
