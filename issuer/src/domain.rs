//! The rules of the service: who may do what, what is counted, what is published when. No SQL, no HTTP; time
//! and randomness are passed in, and every write is one named transaction of the [`Store`].
//!
//! | file | what |
//! |---|---|
//! | [`agents`], [`challenges`], [`rotation`], [`standing`] | registration, proof of possession, keys, revocation |
//! | [`attestors`], [`receipts`], [`attestations`] | who may sign receipts, what a receipt is, storing them |
//! | [`reputation`], [`attributes`] | what follows from receipts |
//! | [`schemas`] | attestation and disclosure schemas |
//! | [`leaves`], [`log`] | which leaf an agent has, the tree, publications, heads, paths |
//! | [`issuer_keys`] | what follows when an issuer key is retired or leaks |
//! | [`credentials`], [`status_space`] | issuance records, idempotency, status indices |
//! | [`prepared`] | presentations proved before their challenge is known |
//! | [`vc_api`] | credentials that VC-API was asked for |
//! | [`presentation_requests`], [`verifiers`] | what verifiers ask of holders, answered once; whom the operator vouches for |
//! | [`agenthood`], [`registry`] | Proof of Agenthood, and the chain it reads by default |

use std::sync::Arc;

use poa_circuits::native::tree::Frontier;
use poa_verifier::did::IssuerDid;
use poa_verifier::ed25519::PublicKey;
use tokio::sync::Mutex;

use crate::keys::{MacKey, MasterKey};
use crate::store::Store;

pub mod agenthood;
pub mod agents;
pub mod attestations;
pub mod attestors;
pub mod attributes;
pub mod challenges;
pub mod credentials;
pub mod entropy;
pub mod error;
mod housekeeping;
pub mod ids;
pub mod issuer_keys;
pub mod leaves;
pub mod log;
pub mod prepared;
pub mod presentation_requests;
pub mod receipts;
pub mod registry;
pub mod reputation;
pub mod rotation;
pub mod schemas;
pub mod standing;
pub mod status_space;
mod text;
pub mod vc_api;
pub mod verifiers;

pub use agents::{
    Actor, Agent, AgentStatus, Custody, HolderProof, LeafSummary, ManagedSecrets, Page, Registration, RequestKeys,
    StoredHolderKey,
};
pub use attestations::{AttestorKeys, MAX_RECEIPTS, ParsedReceipts, ReceiptOutcome, VerifiedReceipts};
pub use attestors::Attestor;
pub use challenges::{CHALLENGE_TTL_S, Challenge};
pub(crate) use credentials::{AtWork, Reservation};
pub use credentials::{
    Begin, Begun, Credential, CredentialState, Idempotency, MAX_OPEN, PENDING_TTL_S, Pending, StatusBits, Working,
};
pub use entropy::{Entropy, EntropyRng, os_entropy};
pub use error::{DomainError, HeadSigningError, Kind};
pub use ids::{AgentUuid, CredentialId, IdError, PresentationRequestId, VerifierId};
pub(crate) use issuer_keys::STATUS_LIST_LIFETIME_S;
pub use issuer_keys::{AffectedDocument, AffectedPage};
pub use leaves::{LeafRecord, Opening};
pub use log::{
    Appends, CLOCK_TOLERANCE_S, FutureHeads, Head, HeadFault, LogAudit, Marking, Publication, Recovered, SignedState,
};
pub(crate) use log::{DueAgent, FIRST_LOG, LogState, Place, Settled, Zeroed, audit, signer_of};
pub use poa_verifier::head::HeadClaims;
pub use prepared::{DueKind, Opened, PlaceInLog, PresentationKind};
pub(crate) use prepared::{PreparedRow, StoredKind};
pub use presentation_requests::{NewPresentationRequest, Places, PresentationRequest, RequestState, StatedBy, Voucher};
pub use receipts::ReceiptError;
pub(crate) use receipts::named_capabilities;
pub use rotation::{HolderRotation, Rotation, SIGNING_KEY_GRACE_S};
pub use schemas::{AttestationSchemaRecord, DisclosureSchemaRecord};
pub use standing::Revoker;
pub use status_space::{STATUS_CAPACITY, StatusUse};
pub use verifiers::RegisteredVerifier;

/// The lifetime of a leaf unless settings say otherwise, in seconds: 90 days.
pub const LEAF_LIFETIME_S: u64 = 90 * 86_400;

/// What a service is, as far as the rules are concerned.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The issuer's DID, `did:web:<host>`.
    pub issuer: String,
    /// The host as in the issuer's DID; agents are `did:poa:<did_host>:<uuid>`.
    pub did_host: String,
    /// Base URL without a trailing slash; schema ids begin with it.
    pub public_url: String,
    /// Id of the log.
    pub log: String,
    /// The capability registry, at most 64 names.
    pub capabilities: Vec<String>,
    /// Seconds between a leaf's attestation and its expiry.
    pub leaf_lifetime_s: u64,
    /// Status indices of the whole space, at most [`STATUS_CAPACITY`].
    pub status_capacity: u32,
    /// Documents issued to one agent in a day, at least 1; the operator may have more issued.
    pub documents_per_day: u32,
}

/// Documents issued to one agent in a day unless settings say otherwise.
pub const DOCUMENTS_PER_DAY: u32 = 1_000;

/// Signs tree heads: the compact JWS of exactly these claims, `typ: poa-root+jwt`.
pub trait HeadSigner: Send + Sync {
    /// Signs; also the head of a tree whose every leaf was revoked.
    fn sign_head(&self, claims: &HeadClaims) -> Result<String, HeadSigningError>;
}

/// When an agent's leaf has to be looked at again.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Due {
    /// In the next publication that becomes an anchor: its attributes may have changed.
    NextAnchor = 1,
    /// In the next publication: first attestation, rotation, revocation, suspension, resumption.
    NextPublication = 2,
}

/// The service's rules over its store. Share it in an `Arc`.
pub struct Domain {
    store: Store,
    settings: Settings,
    issuer: IssuerDid,
    master: MasterKey,
    challenge_key: MacKey,
    places_key: MacKey,
    signer: Arc<dyn HeadSigner>,
    entropy: Entropy,
    /// The log's lock, held by one publication at a time; inside it the frontier of a `seq`, a cache of the
    /// stored nodes that is dropped whenever a publication fails.
    publication: Mutex<Option<(u64, Frontier)>>,
    held_indices: Arc<status_space::HeldIndices>,
    at_work: AtWork,
}

impl Domain {
    /// Opens the domain over a store. Seeds the log and an attestation schema per custody when they are missing, and the
    /// next version of the schemas when the registry has grown.
    pub async fn open(
        store: Store,
        settings: Settings,
        master: MasterKey,
        signer: Arc<dyn HeadSigner>,
        entropy: Entropy,
        now: u64,
    ) -> Result<Self, DomainError> {
        let issuer = settings
            .issuer
            .parse()
            .map_err(|_| DomainError::Member { member: "issuer", reason: "is not a did:web" })?;
        let challenge_key = master.mac_key("challenges/1");
        let places_key = master.mac_key("presentation-requests/places");
        let domain = Self {
            store,
            settings,
            issuer,
            master,
            challenge_key,
            places_key,
            signer,
            entropy,
            publication: Mutex::default(),
            held_indices: Arc::default(),
            at_work: AtWork::default(),
        };
        domain.seed(now).await?;
        Ok(domain)
    }

    async fn seed(&self, now: u64) -> Result<(), DomainError> {
        self.store
            .run_tx("seed", |tx, _| {
                Box::pin(async move {
                    tx.ensure_log(&self.settings.log).await?;
                    for custody in [Custody::Holder, Custody::Issuer] {
                        let known = tx.attestation_schemas().await?;
                        if let Some(next) = schemas::next_attestation_schema(&self.settings, custody, &known)? {
                            tx.insert_attestation_schema(&next, now).await?;
                        }
                    }
                    Ok(())
                })
            })
            .await
    }

    /// The ids of the issuer's logs: the one of this service, and those that its keys were used with before.
    pub async fn logs(&self) -> Result<Vec<String>, DomainError> {
        let former = self.store.read_tx(|tx, _| Box::pin(async move { Ok::<_, DomainError>(tx.former_logs().await?) }));
        let mut logs = vec![self.settings.log.clone()];
        logs.extend(former.await?);
        Ok(logs)
    }

    /// What the service is.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The store underneath.
    pub fn store(&self) -> &Store {
        &self.store
    }

    fn rng(&self) -> EntropyRng {
        EntropyRng::new(&self.entropy)
    }
}

/// Weak and malformed Ed25519 keys are refused wherever one enters.
fn check_ed25519(key: &[u8; 32]) -> Result<PublicKey, DomainError> {
    PublicKey::from_bytes(key).map_err(|_| DomainError::WeakKey)
}
