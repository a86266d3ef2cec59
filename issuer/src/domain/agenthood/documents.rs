//! Issued documents: stored at once with their status index, superseded by newer ones, revoked for good.

use poa_verifier::agenthood::ss58::Address;
use serde_json::json;

use super::{AgenthoodError, Facts, Jti, Reason, reading};
use crate::chain::ReadAt;
use crate::domain::agents::Actor;
use crate::domain::credentials::DAY_S;
use crate::domain::{CredentialId, Domain, DomainError};
use crate::store::Tx;

/// What is stored of a document besides its text.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// Its id.
    pub jti: Jti,
    /// About whom.
    pub agent: Address,
    /// Claim `iat`, Unix seconds.
    pub issued_at: u64,
    /// Claim `exp`, Unix seconds.
    pub expires_at: u64,
    /// What the chain may contradict later.
    pub facts: Facts,
    /// Where the agent was read last and was as the document says.
    pub read: ReadAt,
}

/// A document once signed.
#[derive(Clone, Debug)]
pub struct SignedDocument {
    /// Compact JWS.
    pub jws: String,
    /// Id of the key that signed it.
    pub kid: String,
}

/// An issued document.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentRow {
    /// Its id.
    pub jti: Jti,
    /// About whom.
    pub agent: Address,
    /// As signed.
    pub jws: String,
    /// Unix seconds.
    pub issued_at: u64,
    /// Unix seconds.
    pub expires_at: u64,
    /// What the chain may contradict.
    pub facts: Facts,
    /// Where the agent was read last before it was issued.
    pub read: ReadAt,
    /// Since when the balance is zero, Unix milliseconds, as far as changes were judged.
    pub zero_since_ms: Option<u64>,
    /// How it ended before its time.
    pub revocation: Option<Revocation>,
}

impl DocumentRow {
    /// Whether its time is not over. Its last second is `exp` itself, as verifiers count, and the clock is ours: a
    /// document that still verifies can be revoked and superseded.
    pub fn lives_at(&self, now: u64) -> bool {
        now <= self.expires_at
    }
}

/// A decision to revoke.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Revocation {
    /// Unix seconds; the bit is out with the next publication.
    pub at: u64,
    /// Why.
    pub reason: Reason,
    /// The finalised block that caused it, where one did.
    pub cause_block: Option<u64>,
}

/// A revoked document in the public list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Revoked {
    /// Order of revoking, from 1: the cursor.
    pub number: u64,
    /// Which document.
    pub jti: Jti,
    /// About whom.
    pub agent: Address,
    /// When and why.
    pub revocation: Revocation,
}

/// Some of the revoked documents, oldest first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevocationPage {
    /// In order of revoking.
    pub revoked: Vec<Revoked>,
    /// The cursor for more, when there are more.
    pub next: Option<u64>,
}

impl Domain {
    /// Issues: has the document signed with a status index that is held for it, and then stores it and supersedes the
    /// agent's older ones in one transaction. What would refuse it is looked at before and after `sign`, which is given
    /// the index and keeps nobody from writing.
    ///
    /// Refused with [`AgenthoodError::ReadTooOld`] when the watcher has judged changes after the block that was read:
    /// what they would have ended must not begin. Also when the agent has a document that was read later and lives: two
    /// claims may overtake each other, and the older reading gives way.
    pub async fn issue_agenthood(
        &self,
        new: &NewDocument,
        sign: &(dyn Fn(u32) -> Result<SignedDocument, String> + Send + Sync),
    ) -> Result<(), AgenthoodError> {
        let hold = CredentialId::random(&mut self.rng());
        let held = self
            .store
            .run_tx("hold_for_agenthood", |tx, _| {
                Box::pin(async move {
                    self.check_agenthood_share(tx, &new.agent, new.issued_at).await?;
                    reading::admit(tx, new.read).await?;
                    for old in tx.live_agenthood_documents(&new.agent).await? {
                        if old.lives_at(new.issued_at) {
                            new.read.reaches(old.read)?;
                        }
                    }
                    Ok::<_, AgenthoodError>(self.hold_status_index(tx, hold, Actor::Agent, new.issued_at).await?)
                })
            })
            .await?;
        let signed = &sign(held.get()).map_err(AgenthoodError::Signing)?;
        self.store
            .run_tx("issue_agenthood", |tx, _| {
                Box::pin(async move {
                    self.check_agenthood_share(tx, &new.agent, new.issued_at).await?;
                    if !reading::admit(tx, new.read).await? {
                        // The first document of this database: everything after its block has to be judged.
                        tx.set_agenthood_watch(&new.read.genesis, new.read.block, new.issued_at).await?;
                    }
                    for old in tx.live_agenthood_documents(&new.agent).await? {
                        if old.lives_at(new.issued_at) {
                            new.read.reaches(old.read)?;
                            let reason = Reason::Superseded;
                            revoke(tx, &old, &Revocation { at: new.issued_at, reason, cause_block: None }).await?;
                        }
                    }
                    self.spend_held_index_on(tx, hold, &new.jti.to_string()).await?;
                    Ok(tx.insert_agenthood_document(new, signed).await?)
                })
            })
            .await
    }

    /// Refuses when no document can be issued to the agent now: ask before a challenge is used up.
    pub async fn check_agenthood_room(&self, agent: &Address, now: u64) -> Result<(), AgenthoodError> {
        self.check_status_room(Actor::Agent, now).await?;
        self.store.read_tx(|tx, _| Box::pin(async move { self.check_agenthood_share(tx, agent, now).await })).await
    }

    /// An agent has a bounded number of documents issued a day, so that one cannot use up the status indices.
    async fn check_agenthood_share(&self, tx: &mut Tx, agent: &Address, now: u64) -> Result<(), AgenthoodError> {
        let most = self.settings().documents_per_day;
        match tx.nth_newest_agenthood_document(agent, most, now.saturating_sub(DAY_S)).await? {
            Some(oldest) => {
                let wait_s = (oldest + DAY_S).saturating_sub(now);
                Err(DomainError::TooManyDocuments { most, wait_s }.into())
            }
            None => Ok(()),
        }
    }

    /// A document by its id.
    pub async fn agenthood_document(&self, jti: Jti) -> Result<DocumentRow, AgenthoodError> {
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move { tx.agenthood_document(jti).await?.ok_or(AgenthoodError::NoSuchDocument) })
            })
            .await
    }

    /// The agent's newest document, whatever became of it.
    pub async fn newest_agenthood_document(&self, agent: &Address) -> Result<Option<DocumentRow>, AgenthoodError> {
        self.store.read_tx(|tx, _| Box::pin(async move { Ok(tx.newest_agenthood_document(agent).await?) })).await
    }

    /// Revokes the agent's document in force, on the word of who controlled it where the chain was read. Refused when
    /// more is known by now.
    pub async fn revoke_agenthood_of(
        &self,
        agent: &Address,
        read: ReadAt,
        now: u64,
    ) -> Result<DocumentRow, AgenthoodError> {
        self.store
            .run_tx("revoke_agenthood_of", |tx, _| {
                Box::pin(async move {
                    reading::admit(tx, read).await?;
                    let newest = tx.newest_agenthood_document(agent).await?;
                    let document = newest.filter(|document| document.lives_at(now));
                    let document = document.ok_or(AgenthoodError::NoActiveDocument(*agent))?;
                    read.reaches(document.read)?;
                    revoke_now(tx, document, now).await
                })
            })
            .await
    }

    /// Revokes one document by the service's operator; noted among its acts.
    pub async fn revoke_agenthood_by_operator(&self, jti: Jti, now: u64) -> Result<DocumentRow, AgenthoodError> {
        self.store
            .run_tx("revoke_agenthood", |tx, _| {
                Box::pin(async move {
                    let document = tx.agenthood_document(jti).await?.ok_or(AgenthoodError::NoSuchDocument)?;
                    let document = revoke_now(tx, document, now).await?;
                    let detail = json!({ "agent": document.agent });
                    tx.log_act(now, "revoke_agenthood", &jti.to_string(), &detail).await?;
                    Ok(document)
                })
            })
            .await
    }

    /// Revoked documents after a cursor (0 for the first), at most `limit`, with the number of the newest.
    pub async fn revoked_agenthood(&self, after: u64, limit: u32) -> Result<RevocationPage, AgenthoodError> {
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    let mut revoked = tx.revoked_agenthood(after, limit.saturating_add(1)).await?;
                    let more = revoked.len() > limit as usize;
                    revoked.truncate(limit as usize);
                    let next = revoked.last().filter(|_| more).map(|last| last.number);
                    Ok(RevocationPage { revoked, next })
                })
            })
            .await
    }
}

async fn revoke_now(tx: &mut Tx, document: DocumentRow, now: u64) -> Result<DocumentRow, AgenthoodError> {
    if document.revocation.is_some() {
        return Err(AgenthoodError::AlreadyRevoked);
    }
    let revocation = Revocation { at: now, reason: Reason::OperatorRevoked, cause_block: None };
    revoke(tx, &document, &revocation).await?;
    Ok(DocumentRow { revocation: Some(revocation), ..document })
}

/// Revokes a document that was not revoked before; the next publication sets its bit.
pub(super) async fn revoke(tx: &mut Tx, document: &DocumentRow, revocation: &Revocation) -> Result<(), AgenthoodError> {
    tx.revoke_agenthood_document(document.jti, revocation).await?;
    tracing::info!(
        document.jti = %document.jti,
        reason = revocation.reason.as_str(),
        cause_block = revocation.cause_block,
        "a document of agenthood is revoked"
    );
    Ok(())
}
