//! What the domain refuses, and why. The HTTP layer alone decides on status codes.

use super::agents::AgentStatus;
use super::receipts::ReceiptError;
use crate::clock::ClockDoubt;
use crate::store::{FromStore, StoreError};

/// Why an act was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum DomainError {
    /// Nothing of that kind has this id.
    #[error("no such {0}")]
    NotFound(Kind),
    /// A text member is empty, too long or has a character it may not have.
    #[error("{member}: {reason}")]
    Member {
        /// The member's name.
        member: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The Ed25519 key is malformed, of small order or not canonical.
    #[error("the Ed25519 public key is malformed or weak")]
    WeakKey,

    /// The nonce was never handed out for this, was used, or has expired.
    #[error("the challenge is unknown, used or expired")]
    Challenge,
    /// The holder's signature does not verify over the challenge.
    #[error("the holder's signature does not verify")]
    HolderSignature,
    /// The signature of the key in force is missing; only the operator may do without.
    #[error("the holder key in force has to sign too")]
    OldSignatureMissing,
    /// The identity commitment was or is another key's.
    #[error("this holder key was used before")]
    IdentityUsed,
    /// The pseudonym commitment belongs to another agent.
    #[error("this pseudonym commitment belongs to another agent")]
    PseudonymUsed,
    /// Only the operator may change the pseudonym commitment.
    #[error("the pseudonym commitment of an agent does not change")]
    PseudonymChanged,
    /// The call is signed by a request key that was replaced meanwhile.
    #[error("this request is signed by a key that was replaced; sign with the agent's newest key")]
    KeyReplaced,
    /// The agent has begun to use as many keys as one may in a day.
    #[error("this agent rotated its keys too often within a day; ask the operator, or try again in {wait_s} s")]
    TooManyRotations {
        /// Seconds until it may rotate again.
        wait_s: u64,
    },
    /// A rotation that names no key.
    #[error("no key to rotate")]
    NothingToRotate,
    /// The agent's secrets are not where this act needs them.
    #[error("not possible in this agent's custody")]
    Custody,
    /// The agent is suspended or revoked.
    #[error("the agent is {}", .0.as_str())]
    AgentNotActive(AgentStatus),
    /// Revocation is permanent; and only a suspended agent can resume.
    #[error("an agent that is {} cannot do this", .0.as_str())]
    StatusChange(AgentStatus),

    /// An attestor with this key exists under another name, or was retired.
    #[error("the attestor is registered already")]
    AttestorExists,
    /// More receipts than one request may carry.
    #[error("at most {0} receipts at a time")]
    TooManyReceipts(usize),
    /// A receipt was refused.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),

    /// A schema of that name and version exists with other content; schemas are immutable.
    #[error("a schema of this name and version exists with other content")]
    SchemaExists,

    /// No head has been published yet.
    #[error("no head has been published yet")]
    NoHead,
    /// The agent has no live leaf in a published head.
    #[error("the agent has no published leaf")]
    NoLeaf,
    /// The tree at that publication is not kept, or never was.
    #[error("the tree of this publication is not available")]
    SeqNotKept,
    /// The clock stands more than a minute before the newest head.
    #[error(
        "the newest tree head was signed at {newest}, but the clock is at {now}; set the clock right, or if it is, \
         delete what was signed by a wrong one: poa root recover"
    )]
    ClockBehind {
        /// The clock, Unix seconds.
        now: u64,
        /// The newest head, Unix seconds.
        newest: u64,
    },
    /// The wall clock is not believed.
    #[error(transparent)]
    Clock(#[from] ClockDoubt),
    /// No head lies in the future, so nothing has to be recovered.
    #[error("no tree head lies in the future; there is nothing to recover")]
    NothingToRecover,
    /// The log holds 2^32 leaves.
    #[error("the log is full")]
    LogFull,
    /// Another process published in this database.
    #[error("another process publishes in this database")]
    LogChanged,
    /// The stored nodes of the tree do not give the stored root.
    #[error(
        "the stored tree is damaged: its nodes do not give its root, so nothing can be published; stop the service, run \
         `poa root check`, and restore a backup"
    )]
    LogDamaged,
    /// The signer of heads failed.
    #[error(transparent)]
    HeadSigning(#[from] HeadSigningError),

    /// The same idempotency key came with another request.
    #[error("this Idempotency-Key was used for another request")]
    IdempotencyMismatch,
    /// The first request with this idempotency key is still being worked on.
    #[error("the request with this Idempotency-Key is still being worked on")]
    IdempotencyInProgress,
    /// The credential is not waiting for what was sent.
    #[error("the credential is already complete, or not ready")]
    CredentialState,
    /// The ten minutes to complete the credential are over.
    #[error("the time to complete this credential is over")]
    PendingExpired,
    /// The leaf was superseded meanwhile, and its schema revokes in that case.
    #[error("the leaf was superseded")]
    LeafSuperseded,
    /// As many requests of verifiers wait for an answer as are kept.
    #[error("too many presentation requests are open; try again when some have expired")]
    TooManyPresentationRequests,
    /// As many of them are of this client or of its network as one may have.
    #[error("too many presentation requests of this {0} are open; try again when some were answered or have expired")]
    TooManyOpenOf(&'static str),
    /// A signed request is stated once.
    #[error("this signed request was stated before")]
    SignedRequestKnown,
    /// The origin is registered.
    #[error("this origin is registered already; to give it another token, remove it first")]
    VerifierExists,
    /// As many verifiers are registered as are kept.
    #[error("too many verifiers are registered")]
    TooManyVerifiers,
    /// A credential could not be signed; the text is for the service's log only.
    #[error("a credential could not be signed: {0}")]
    Signing(String),
    /// A revocation is permanent.
    #[error("it is revoked, and a revocation is final; suspend what may come back")]
    RevocationIsFinal,
    /// No status index is left for who asked.
    #[error("the status lists are full")]
    StatusListFull,
    /// A second process in this database took the index that was held here.
    #[error("another process took the status index")]
    StatusIndexTaken,
    /// The holder proves as many credentials as it may at a time.
    #[error("{} credentials of this agent wait for its proof, as many as may", super::MAX_OPEN)]
    TooManyOpenCredentials {
        /// When the first of them lapses, Unix seconds.
        lapses_at: u64,
        /// Seconds until then.
        wait_s: u64,
    },
    /// The agent had as many documents issued within a day as it may.
    #[error("{most} documents of this agent were issued within a day, as many as may")]
    TooManyDocuments {
        /// How many that is.
        most: u32,
        /// Seconds until there is room for another.
        wait_s: u64,
    },

    /// A sealed secret does not open: another master key, or altered bytes.
    #[error("a sealed secret does not open")]
    Sealed,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was looked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// An agent.
    Agent,
    /// An attestor.
    Attestor,
    /// An attestation or disclosure schema.
    Schema,
    /// A signed tree head.
    Head,
    /// A log.
    Log,
    /// A credential.
    Credential,
    /// An issuer key.
    IssuerKey,
    /// A verifier's request.
    PresentationRequest,
    /// A registered verifier.
    Verifier,
    /// A credential that VC-API was asked for.
    VcApiCredential,
    /// A Proof of Agenthood.
    Agenthood,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Agent => "agent",
            Self::Attestor => "attestor",
            Self::Schema => "schema",
            Self::Head => "head",
            Self::Log => "log",
            Self::Credential => "credential",
            Self::IssuerKey => "issuer key",
            Self::PresentationRequest => "presentation request",
            Self::Verifier => "registered verifier",
            Self::VcApiCredential => "credential of that credentialId",
            Self::Agenthood => "Proof of Agenthood",
        })
    }
}

/// The signer of heads failed; the text is for the service's log only.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a head could not be signed: {0}")]
pub struct HeadSigningError(pub String);

impl FromStore for DomainError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}
