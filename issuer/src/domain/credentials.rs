//! Issuance records: what was reserved, is waiting for the holder's proof, was issued or revoked. Documents are
//! made and signed elsewhere; here is what makes issuing happen at most once and revoking for good.
//!
//! A credential is *reserved* while we prove, *pending* while a holder proves (ten minutes, nothing is published
//! before), *issued* when [`Domain::complete_credential`] returns: from then on it survives a crash. What is reserved is
//! free for a repetition once nobody works on it (see [`Working`]); what is pending stays its holder's.

use serde_json::{Value, json};

mod at_work;
mod records;

pub(crate) use at_work::AtWork;
pub use at_work::Working;
pub(crate) use records::Reservation;
pub use records::{Begin, Begun, Credential, CredentialState, Idempotency, Pending, StatusBits};

use super::agents::{Actor, Agent, AgentStatus, Custody};
use super::ids::{AgentUuid, CredentialId};
use super::leaves;
use super::{Domain, DomainError, Kind};
use crate::store::Tx;

/// How long a reserved or pending credential may be completed, in seconds.
pub const PENDING_TTL_S: u64 = 600;
/// Most credentials that one holder may be proving at a time.
pub const MAX_OPEN: u32 = 4;
pub(super) const DAY_S: u64 = 86_400;
const MAX_KEY_BYTES: usize = 255;

impl Domain {
    /// Reserves a credential of the agent's live leaf under the newest head, with a random status index that is held
    /// as long as what is returned. A request with a known idempotency key gives the credential that the first one made.
    pub async fn begin_credential(
        &self,
        agent: AgentUuid,
        schema: &str,
        idempotency: Option<Idempotency>,
        by: Actor,
        now: u64,
    ) -> Result<Begun, DomainError> {
        if idempotency.as_ref().is_some_and(|i| i.key.is_empty() || i.key.len() > MAX_KEY_BYTES) {
            return Err(DomainError::Member { member: "Idempotency-Key", reason: "has 1 to 255 bytes" });
        }
        let idempotency = idempotency.as_ref();
        self.store
            .run_tx("begin_credential", |tx, _| {
                Box::pin(async move {
                    if let Some(earlier) = self.earlier(tx, idempotency, now).await? {
                        return Ok(Begun::Repeat(Box::new(earlier)));
                    }
                    self.reserve(tx, agent, schema, idempotency, by, now).await
                })
            })
            .await
    }

    /// The credential that an earlier request under this key gave, if there was one. So a repetition is
    /// recognised before anything is reserved for it, and a refused request spends no status index.
    pub async fn earlier_credential(
        &self,
        idempotency: &Idempotency,
        now: u64,
    ) -> Result<Option<Credential>, DomainError> {
        self.store
            .run_tx("earlier_credential", |tx, _| {
                Box::pin(async move { self.earlier(tx, Some(idempotency), now).await })
            })
            .await
    }

    /// The credential an earlier request with this key made. One that ran out of time, or that nobody works on any more,
    /// makes room for a new one.
    async fn earlier(
        &self,
        tx: &mut Tx,
        idempotency: Option<&Idempotency>,
        now: u64,
    ) -> Result<Option<Credential>, DomainError> {
        let Some(idempotency) = idempotency else { return Ok(None) };
        let Some((id, digest)) = tx.credential_of_key(&idempotency.principal, &idempotency.key).await? else {
            return Ok(None);
        };
        let credential = required(tx, id).await?;
        let left = credential.state == CredentialState::Reserved && !self.at_work.includes(id);
        if left || credential.pending_until.is_some_and(|until| now >= until) {
            tx.delete_unfinished(id).await?;
            return Ok(None);
        }
        if digest != idempotency.digest {
            return Err(DomainError::IdempotencyMismatch);
        }
        if credential.state == CredentialState::Reserved {
            return Err(DomainError::IdempotencyInProgress);
        }
        Ok(Some(credential))
    }

    async fn reserve(
        &self,
        tx: &mut Tx,
        agent: AgentUuid,
        schema: &str,
        idempotency: Option<&Idempotency>,
        by: Actor,
        now: u64,
    ) -> Result<Begun, DomainError> {
        let log = self.settings.log.as_str();
        let known = self.required_agent(tx, agent).await?;
        if known.status != AgentStatus::Active {
            return Err(DomainError::AgentNotActive(known.status));
        }
        self.check_shares(tx, &known, by, now).await?;
        let record = tx.live_leaf(agent, log).await?.ok_or(DomainError::NoLeaf)?;
        let opening = leaves::opening(tx, record).await?;
        let head = tx.newest_head(log).await?.ok_or(DomainError::NoHead)?;
        let path = super::log::path(tx, log, opening.index, head.seq).await?;
        let id = CredentialId::random(&mut self.rng());
        let held = self.hold_status_index(tx, id, by, now).await?;
        let reservation = Reservation {
            id,
            agent,
            schema,
            log,
            leaf_index: opening.index,
            head_seq: head.seq,
            head_iat: head.iat,
            idempotency,
            by,
            now,
        };
        tx.insert_credential(&reservation).await?;
        let working = self.at_work.begin(id);
        Ok(Begun::Fresh(Box::new(Begin { id, status_index: held.get(), opening, head, path, _held: held, working })))
    }

    /// An agent begins a bounded number of credentials a day, whatever becomes of them, and its holder has few open at a
    /// time, so that one agent can use up neither the index space nor the one writer. What the operator begins takes
    /// nothing of the agent's day.
    async fn check_shares(&self, tx: &mut Tx, agent: &Agent, by: Actor, now: u64) -> Result<(), DomainError> {
        if agent.custody == Custody::Holder
            && let Some(lapses_at) = tx.open_credentials_lapse(agent.id, MAX_OPEN, now).await?
        {
            return Err(DomainError::TooManyOpenCredentials { lapses_at, wait_s: lapses_at.saturating_sub(now) });
        }
        let most = self.settings.documents_per_day;
        let oldest = tx.nth_newest_credential(agent.id, most, now.saturating_sub(DAY_S), now).await?;
        match (by, oldest) {
            (Actor::Agent, Some(oldest)) => {
                Err(DomainError::TooManyDocuments { most, wait_s: (oldest + DAY_S).saturating_sub(now) })
            }
            _ => Ok(()),
        }
    }

    /// Finishes a reserved or pending credential. It is durable when this returns. Refused when the agent was
    /// suspended or revoked meanwhile.
    pub async fn complete_credential(
        &self,
        id: CredentialId,
        document: Value,
        valid_until: u64,
        now: u64,
    ) -> Result<Credential, DomainError> {
        let document = &document;
        self.store
            .run_tx("complete_credential", |tx, _| {
                Box::pin(async move {
                    match self.unfinished(tx, id, now).await?.state {
                        CredentialState::Reserved => self.spend_held_index(tx, id).await?,
                        // Freed by a clock that was ahead: another document may have the index by now.
                        CredentialState::Pending if !tx.spend_reservation(id).await? => {
                            return Err(DomainError::PendingExpired);
                        }
                        CredentialState::Pending => {}
                        CredentialState::Issued => return Err(DomainError::CredentialState),
                    }
                    tx.complete_credential(id, document, valid_until).await?;
                    required(tx, id).await
                })
            })
            .await
    }

    /// Hands a reserved credential to its holder: ten minutes from now to prove over the document.
    pub async fn hold_credential(
        &self,
        id: CredentialId,
        unsigned: Value,
        now: u64,
    ) -> Result<Credential, DomainError> {
        let unsigned = &unsigned;
        self.store
            .run_tx("hold_credential", |tx, _| {
                Box::pin(async move {
                    let credential = self.unfinished(tx, id, now).await?;
                    if credential.state != CredentialState::Reserved {
                        return Err(DomainError::CredentialState);
                    }
                    self.reserve_held_index(tx, id, now + PENDING_TTL_S).await?;
                    tx.hold_credential(id, unsigned, now + PENDING_TTL_S).await?;
                    required(tx, id).await
                })
            })
            .await
    }

    /// The credential, if it may still be completed.
    async fn unfinished(&self, tx: &mut Tx, id: CredentialId, now: u64) -> Result<Credential, DomainError> {
        let credential = required(tx, id).await?;
        let until = credential.pending_until.ok_or(DomainError::CredentialState)?;
        if now >= until {
            return Err(DomainError::PendingExpired);
        }
        let status = self.required_agent(tx, credential.agent).await?.status;
        if status != AgentStatus::Active {
            return Err(DomainError::AgentNotActive(status));
        }
        let record = tx.leaf(&self.settings.log, credential.leaf_index).await?.ok_or(DomainError::NoLeaf)?;
        let superseded = record.zeroed_seq.is_some();
        if superseded && leaves::opening(tx, record).await?.schema.revoke_on_supersede {
            return Err(DomainError::LeafSuperseded);
        }
        Ok(credential)
    }

    /// Gives up a reserved or pending credential: its idempotency key and its status index are free again.
    pub async fn abandon_credential(&self, id: CredentialId) -> Result<(), DomainError> {
        self.store
            .run_tx("abandon_credential", |tx, _| {
                Box::pin(async move {
                    if required(tx, id).await?.state == CredentialState::Issued {
                        return Err(DomainError::CredentialState);
                    }
                    Ok(tx.delete_unfinished(id).await?)
                })
            })
            .await
    }

    /// A credential's record.
    pub async fn credential(&self, id: CredentialId) -> Result<Credential, DomainError> {
        self.store.read_tx(|tx, _| Box::pin(async move { required(tx, id).await })).await
    }

    /// A pending credential with what its holder proves about.
    pub async fn pending_credential(&self, id: CredentialId, now: u64) -> Result<Pending, DomainError> {
        let log = self.settings.log.as_str();
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    let credential = required(tx, id).await?;
                    if credential.state != CredentialState::Pending {
                        return Err(DomainError::CredentialState);
                    }
                    self.unfinished(tx, id, now).await?;
                    let record = tx.leaf(log, credential.leaf_index).await?.ok_or(DomainError::NoLeaf)?;
                    let head = tx.head(log, credential.head_seq, credential.head_iat).await?;
                    Ok(Pending {
                        opening: leaves::opening(tx, record).await?,
                        path: super::log::path(tx, log, credential.leaf_index, credential.head_seq).await?,
                        head: head.ok_or(DomainError::NotFound(Kind::Head))?,
                        credential,
                    })
                })
            })
            .await
    }

    /// Revokes one issued credential, not its agent. Its bit is set in the next publication.
    pub async fn revoke_credential(&self, id: CredentialId, now: u64) -> Result<Credential, DomainError> {
        self.store
            .run_tx("revoke_credential", |tx, _| {
                Box::pin(async move {
                    let credential = required(tx, id).await?;
                    if credential.state != CredentialState::Issued {
                        return Err(DomainError::CredentialState);
                    }
                    if credential.revoked_at.is_none() {
                        tx.revoke_credential(id, now).await?;
                        let detail = json!({ "agent": credential.agent.to_string() });
                        tx.log_act(now, "revoke_credential", &id.to_string(), &detail).await?;
                    }
                    required(tx, id).await
                })
            })
            .await
    }

    /// The status lists as published, of one moment.
    pub async fn status_bits(&self) -> Result<StatusBits, DomainError> {
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    let log = &self.settings.log;
                    let state = tx.log_state(log).await?.ok_or(DomainError::NotFound(Kind::Log))?;
                    let size = tx.status_space(0).await?.size;
                    let (revoked, suspended) = tx.set_bits(size).await?;
                    Ok(StatusBits { size, revoked, suspended, revocations: state.revocations, seq: state.seq })
                })
            })
            .await
    }
}

async fn required(tx: &mut Tx, id: CredentialId) -> Result<Credential, DomainError> {
    tx.credential(id).await?.ok_or(DomainError::NotFound(Kind::Credential))
}
