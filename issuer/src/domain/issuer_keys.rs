//! What follows when an issuer key is retired or leaks: how long it stays published, which heads are signed anew, which
//! documents have to be issued again.

use poa_verifier::head::{HeadClaims, LIFETIME_S};
use poa_verifier::jws;
use poa_verifier::time::SKEW_S;
use serde_json::json;

use super::{Domain, DomainError, HeadSigningError};
use crate::keys::Purpose;
use crate::store::{IssuerKeyRow, Tx};

/// Heads that are signed anew in one transaction.
const RESIGN_CHUNK: u32 = 256;
/// A status list is good for at most this long after it was signed, in seconds.
pub(crate) const STATUS_LIST_LIFETIME_S: u64 = 300;
/// Most documents of one page.
pub const MAX_AFFECTED: u32 = 200;

/// A document that verifies no more because a key that stands behind it is compromised, or that lies in the future.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AffectedDocument {
    /// [`Self::CREDENTIAL`] or another of [`Self::KINDS`].
    pub kind: &'static str,
    /// Its id among those of its kind.
    pub id: String,
    /// The agent it is about; none of a credential that VC-API was asked for.
    pub agent: Option<String>,
    /// What its caller calls a credential that VC-API was asked for.
    pub credential_id: Option<String>,
    /// Ids of the compromised keys: of its own signature, and of the tree head inside it. None when only its date is wrong.
    pub keys: Vec<String>,
    /// Unix seconds.
    pub issued_at: u64,
    /// Unix seconds; none when it does not expire.
    pub expires_at: Option<u64>,
}

/// Some affected documents.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AffectedPage {
    /// By kind and then by ascending id.
    pub documents: Vec<AffectedDocument>,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl AffectedDocument {
    /// A standing ZK credential.
    pub const CREDENTIAL: &'static str = "zk-credential";
    /// A Proof of Agenthood.
    pub const AGENTHOOD: &'static str = "agenthood";
    /// A credential that VC-API was asked for.
    pub const VC_API: &'static str = "vc-api";
    /// All kinds, in the order of the pages.
    pub const KINDS: [&'static str; 3] = [Self::CREDENTIAL, Self::AGENTHOOD, Self::VC_API];

    fn cursor(&self) -> String {
        format!("{}/{}", self.kind, self.id)
    }
}

impl Domain {
    /// Documents to issue again: signed, or resting on a tree head that was signed, by a compromised key, or dated into
    /// the future by a wrong clock; neither revoked nor expired. At most [`MAX_AFFECTED`].
    pub async fn affected_documents(
        &self,
        cursor: Option<&str>,
        limit: u32,
        now: u64,
    ) -> Result<AffectedPage, DomainError> {
        let malformed = || DomainError::Member { member: "cursor", reason: "is not one of this list's" };
        let begin = match cursor {
            None => (0, ""),
            Some(cursor) => {
                let (kind, id) = cursor.split_once('/').ok_or_else(malformed)?;
                let index = AffectedDocument::KINDS.iter().position(|known| *known == kind);
                (index.ok_or_else(malformed)?, id)
            }
        };
        let limit = limit.clamp(1, MAX_AFFECTED) as usize;
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    let (first, mut after) = begin;
                    let mut documents = Vec::new();
                    for kind in &AffectedDocument::KINDS[first..] {
                        // One more than asked for tells whether there is a next page.
                        let room = u32::try_from(limit + 1 - documents.len()).unwrap_or(MAX_AFFECTED);
                        documents.extend(affected(tx, kind, &self.settings.issuer, after, room, now).await?);
                        after = "";
                        if documents.len() > limit {
                            break;
                        }
                    }
                    let more = documents.len() > limit;
                    documents.truncate(limit);
                    let next = documents.last().filter(|_| more).map(AffectedDocument::cursor);
                    Ok(AffectedPage { documents, next })
                })
            })
            .await
    }

    /// Signs anew, with the key in force and the same claims, every kept head that the key `kid` signed; the newest
    /// first. Gives how many.
    pub async fn resign_heads(&self, kid: &str) -> Result<u64, DomainError> {
        let log = self.settings.log.as_str();
        let (mut before, mut signed) = (None, 0);
        loop {
            let (next, count) = self
                .store
                .run_tx("resign_heads", |tx, _| {
                    Box::pin(async move {
                        let heads = tx.heads_before(log, before, RESIGN_CHUNK).await?;
                        let mut count = 0;
                        for (seq, iat, text) in &heads {
                            if let Some(fresh) = self.resigned(kid, text)? {
                                tx.set_head_jws(log, *seq, *iat, &fresh).await?;
                                count += 1;
                            }
                        }
                        Ok::<_, DomainError>((heads.last().map(|(seq, iat, _)| (*seq, *iat)), count))
                    })
                })
                .await?;
            signed += count;
            match next {
                Some(_) => before = next,
                None => return Ok(signed),
            }
        }
    }

    /// The same head by the key in force; none when `kid` did not sign it.
    fn resigned(&self, kid: &str, text: &str) -> Result<Option<String>, DomainError> {
        let damaged = |error: &dyn std::fmt::Display| HeadSigningError(format!("a stored head: {error}"));
        let head = jws::parse(text).map_err(|error| damaged(&error))?;
        if head.kid() != kid {
            return Ok(None);
        }
        let claims = head.claims().map_err(|error| damaged(&error))?;
        let claims = HeadClaims::from_value(&claims).map_err(|error| damaged(&error))?;
        Ok(Some(self.signer.sign_head(&claims)?))
    }

    /// Stops publishing retired keys when the last document they signed has expired. Gives their names.
    pub async fn drop_spent_issuer_keys(&self, now: u64) -> Result<Vec<String>, DomainError> {
        let rows = self.store.issuer_keys().await?;
        let rows = &rows;
        self.store
            .run_tx("drop_spent_issuer_keys", |tx, _| {
                Box::pin(async move {
                    let mut dropped = Vec::new();
                    for row in rows.iter().filter(|row| row.state == "retired" && row.dropped_at.is_none()) {
                        if !needed(tx, row, now).await? {
                            tx.drop_issuer_key(&row.name, now).await?;
                            let detail = json!({ "purpose": row.purpose });
                            tx.log_act(now, "drop_issuer_key", &row.name, &detail).await?;
                            dropped.push(row.name.clone());
                        }
                    }
                    Ok::<_, DomainError>(dropped)
                })
            })
            .await
    }
}

async fn affected(
    tx: &mut Tx,
    kind: &str,
    issuer: &str,
    after: &str,
    limit: u32,
    now: u64,
) -> Result<Vec<AffectedDocument>, DomainError> {
    match kind {
        AffectedDocument::CREDENTIAL => Ok(tx.affected_credentials(issuer, after, limit, now).await?),
        AffectedDocument::VC_API => Ok(tx.affected_vc_api_credentials(issuer, after, limit, now).await?),
        AffectedDocument::AGENTHOOD => Ok(tx.affected_agenthood(issuer, after, limit, now).await?),
        _ => Ok(Vec::new()),
    }
}

/// Whether something that a retired key may have signed has not expired yet.
async fn needed(tx: &mut Tx, row: &IssuerKeyRow, now: u64) -> Result<bool, DomainError> {
    let Some(retired_at) = row.retired_at else { return Ok(true) };
    // Verifiers' clocks may run behind.
    let now = now.saturating_sub(SKEW_S);
    let alive = |lifetime_s: u64| now <= retired_at.saturating_add(lifetime_s);
    Ok(match row.purpose.parse() {
        Ok(Purpose::Credentials) => tx.any_credential_since(retired_at, now).await?,
        Ok(Purpose::Heads) => alive(LIFETIME_S) || tx.any_credential_under_head(retired_at, now).await?,
        Ok(Purpose::Status) => alive(STATUS_LIST_LIFETIME_S),
        Ok(Purpose::VcApi) => tx.any_vc_api_credential_of(&row.name, now).await?,
        Err(()) => true,
    })
}
