//! Proof of Agenthood: challenges, documents, the watcher's block.

use poa_verifier::agenthood::hex32::BlockHash;
use poa_verifier::agenthood::message::Action;
use poa_verifier::agenthood::ss58::Address;
use sqlx::sqlite::SqliteRow;

use super::row::{flag, parsed, parsed_opt, stored, unsigned, unsigned_opt, value};
use super::{StoreError, Tx};
use crate::chain::ReadAt;
use crate::domain::agenthood::{
    DocumentRow, Facts, Jti, NewDocument, Revocation, Revoked, SignedDocument, StoredChallenge, Watch,
};
use crate::domain::presentation_requests::places::Load;
use crate::domain::{AffectedDocument, CLOCK_TOLERANCE_S, Places};

/// The columns that [`document`] reads.
macro_rules! select_documents {
    ($rest:literal) => {
        concat!(
            "SELECT jti, agent, jws, issued_at, expires_at, abg_hash, abg_version, sovereign, controller, \
             genesis, read_block, zero_since, revoked_at, reason, cause_block FROM agenthood_documents ",
            $rest
        )
    };
}

impl Tx {
    /// Stores a challenge.
    pub async fn insert_agenthood_challenge(
        &mut self,
        challenge: &StoredChallenge,
        places: &Places,
    ) -> Result<(), StoreError> {
        let binding = challenge.binding.as_ref().map(serde_json::to_string).transpose();
        sqlx::query(
            "INSERT INTO agenthood_challenges (nonce, agent, action, binding, expires_at, client, network) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&challenge.nonce)
        .bind(challenge.agent.to_string())
        .bind(challenge.action.as_str())
        .bind(binding.map_err(|_| StoreError::Corrupt("agenthood_challenges.binding"))?)
        .bind(stored(challenge.expires_at, "agenthood_challenges.expires_at")?)
        .bind(&places.client)
        .bind(&places.network)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Takes a challenge, expired or not; it is gone afterwards.
    pub async fn take_agenthood_challenge(&mut self, nonce: &str) -> Result<Option<StoredChallenge>, StoreError> {
        let row = sqlx::query(
            "DELETE FROM agenthood_challenges WHERE nonce = $1 RETURNING nonce, agent, action, binding, expires_at",
        )
        .bind(nonce)
        .fetch_optional(self.conn())
        .await?;
        row.as_ref().map(challenge).transpose()
    }

    /// How many challenges there are, of one network or in all, and when the first of them expires.
    pub async fn open_agenthood_challenges(&mut self, network: Option<&str>) -> Result<(u64, Option<u64>), StoreError> {
        let query = match network {
            Some(network) => sqlx::query(
                "SELECT COUNT(*) AS open, MIN(expires_at) AS first FROM agenthood_challenges WHERE network = $1",
            )
            .bind(network),
            None => sqlx::query("SELECT COUNT(*) AS open, MIN(expires_at) AS first FROM agenthood_challenges"),
        };
        let row = query.fetch_one(self.conn()).await?;
        Ok((unsigned(&row, "open")?, unsigned_opt(&row, "first")?))
    }

    /// What every network has open. Nothing tells whether a challenge is being answered.
    pub async fn agenthood_challenges_by_network(&mut self) -> Result<Vec<Load>, StoreError> {
        let rows = sqlx::query("SELECT network, COUNT(*) AS open FROM agenthood_challenges GROUP BY network")
            .fetch_all(self.conn())
            .await?;
        let load = |row: &SqliteRow| {
            let open = unsigned(row, "open")?;
            Ok(Load { network: value(row, "network")?, open, unfetched: open })
        };
        rows.iter().map(load).collect()
    }

    /// Deletes the oldest challenge of a network. False when there is none.
    pub async fn delete_oldest_agenthood_challenge(&mut self, network: &str) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "DELETE FROM agenthood_challenges WHERE nonce = \
             (SELECT nonce FROM agenthood_challenges WHERE network = $1 ORDER BY expires_at, nonce LIMIT 1)",
        )
        .bind(network)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Deletes challenges that nobody can answer any more.
    pub async fn delete_expired_agenthood_challenges(&mut self, now: u64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM agenthood_challenges WHERE expires_at <= $1")
            .bind(stored(now, "now")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Stores a document, as the newest.
    pub async fn insert_agenthood_document(
        &mut self,
        new: &NewDocument,
        signed: &SignedDocument,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO agenthood_documents (jti, agent, ordinal, jws, kid, issued_at, expires_at, abg_hash, \
             abg_version, sovereign, controller, genesis, read_block, status_due) \
             VALUES ($1, $2, (SELECT COALESCE(MAX(ordinal), 0) + 1 FROM agenthood_documents), \
             $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)",
        )
        .bind(new.jti.to_string())
        .bind(new.agent.to_string())
        .bind(&signed.jws)
        .bind(&signed.kid)
        .bind(stored(new.issued_at, "agenthood_documents.issued_at")?)
        .bind(stored(new.expires_at, "agenthood_documents.expires_at")?)
        .bind(new.facts.abg_hash.to_string())
        .bind(stored(new.facts.abg_version, "agenthood_documents.abg_version")?)
        .bind(i64::from(new.facts.sovereign))
        .bind(new.facts.controller.map(|controller| controller.to_string()))
        .bind(new.read.genesis.to_string())
        .bind(stored(new.read.block, "agenthood_documents.read_block")?)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// A document.
    pub async fn agenthood_document(&mut self, jti: Jti) -> Result<Option<DocumentRow>, StoreError> {
        let row =
            sqlx::query(select_documents!("WHERE jti = $1")).bind(jti.to_string()).fetch_optional(self.conn()).await?;
        row.as_ref().map(document).transpose()
    }

    /// The agent's newest document.
    pub async fn newest_agenthood_document(&mut self, agent: &Address) -> Result<Option<DocumentRow>, StoreError> {
        let row = sqlx::query(select_documents!("WHERE agent = $1 ORDER BY ordinal DESC LIMIT 1"))
            .bind(agent.to_string())
            .fetch_optional(self.conn())
            .await?;
        row.as_ref().map(document).transpose()
    }

    /// When the agent's `n`th newest document since a time was issued, if it has so many.
    pub(crate) async fn nth_newest_agenthood_document(
        &mut self,
        agent: &Address,
        n: u32,
        since: u64,
    ) -> Result<Option<u64>, StoreError> {
        let row = sqlx::query(
            "SELECT issued_at FROM agenthood_documents WHERE agent = $1 AND issued_at > $2 \
             ORDER BY ordinal DESC LIMIT 1 OFFSET $3",
        )
        .bind(agent.to_string())
        .bind(stored(since, "since")?)
        .bind(i64::from(n) - 1)
        .fetch_optional(self.conn())
        .await?;
        row.map(|row| unsigned(&row, "issued_at")).transpose()
    }

    /// The agent's documents that are not revoked.
    pub async fn live_agenthood_documents(&mut self, agent: &Address) -> Result<Vec<DocumentRow>, StoreError> {
        let rows = sqlx::query(select_documents!("WHERE agent = $1 AND revoked_at IS NULL ORDER BY ordinal"))
            .bind(agent.to_string())
            .fetch_all(self.conn())
            .await?;
        rows.iter().map(document).collect()
    }

    /// The agent's documents that are not revoked and whose state was read before a block.
    pub async fn agenthood_documents_read_before(
        &mut self,
        agent: &Address,
        block: u64,
    ) -> Result<Vec<DocumentRow>, StoreError> {
        let rows = sqlx::query(select_documents!(
            "WHERE agent = $1 AND revoked_at IS NULL AND read_block < $2 ORDER BY ordinal"
        ))
        .bind(agent.to_string())
        .bind(stored(block, "block")?)
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(document).collect()
    }

    /// Documents, not revoked, of agents whose balance is zero since a time or earlier (Unix milliseconds).
    pub async fn agenthood_documents_zero_since(&mut self, latest_ms: u64) -> Result<Vec<DocumentRow>, StoreError> {
        let rows = sqlx::query(select_documents!("WHERE zero_since <= $1 AND revoked_at IS NULL ORDER BY ordinal"))
            .bind(stored(latest_ms, "latest")?)
            .fetch_all(self.conn())
            .await?;
        rows.iter().map(document).collect()
    }

    /// Notes since when the balance of a document's agent is zero.
    pub async fn set_agenthood_zero_since(&mut self, jti: Jti, since_ms: Option<u64>) -> Result<(), StoreError> {
        let since_ms = since_ms.map(|since| stored(since, "agenthood_documents.zero_since")).transpose()?;
        sqlx::query("UPDATE agenthood_documents SET zero_since = $2 WHERE jti = $1")
            .bind(jti.to_string())
            .bind(since_ms)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Revokes a document unless it was before; the next publication sets its bit.
    pub async fn revoke_agenthood_document(&mut self, jti: Jti, why: &Revocation) -> Result<(), StoreError> {
        let cause = why.cause_block.map(|block| stored(block, "agenthood_documents.cause_block")).transpose()?;
        sqlx::query(
            "UPDATE agenthood_documents SET revoked_at = $2, reason = $3, cause_block = $4, status_due = 1, \
             revocation = (SELECT COALESCE(MAX(revocation), 0) + 1 FROM agenthood_documents) \
             WHERE jti = $1 AND revoked_at IS NULL",
        )
        .bind(jti.to_string())
        .bind(stored(why.at, "agenthood_documents.revoked_at")?)
        .bind(why.reason.as_str())
        .bind(cause)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Revoked documents in order of revoking, after a number.
    pub async fn revoked_agenthood(&mut self, after: u64, limit: u32) -> Result<Vec<Revoked>, StoreError> {
        let rows = sqlx::query(
            "SELECT revocation, jti, agent, revoked_at, reason, cause_block FROM agenthood_documents \
             WHERE revocation > $1 ORDER BY revocation LIMIT $2",
        )
        .bind(stored(after, "after")?)
        .bind(i64::from(limit))
        .fetch_all(self.conn())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Revoked {
                    number: unsigned(row, "revocation")?,
                    jti: parsed(row, "jti")?,
                    agent: parsed(row, "agent")?,
                    revocation: revocation(row)?.ok_or(StoreError::Corrupt("agenthood_documents.revoked_at"))?,
                })
            })
            .collect()
    }

    /// Documents that verify no more because the key that signed them is compromised, or that lie in the future: neither
    /// revoked nor expired, by ascending id.
    pub async fn affected_agenthood(
        &mut self,
        issuer: &str,
        after: &str,
        limit: u32,
        now: u64,
    ) -> Result<Vec<AffectedDocument>, StoreError> {
        let rows = sqlx::query(
            "SELECT jti, agent, CASE WHEN k.name IS NOT NULL THEN kid END AS kid, issued_at, expires_at \
             FROM agenthood_documents \
             LEFT JOIN issuer_keys k ON kid = $1 || '#' || k.name AND k.state = 'compromised' \
             WHERE (k.name IS NOT NULL OR issued_at > $5) AND revoked_at IS NULL AND expires_at >= $4 AND jti > $2 ORDER BY jti LIMIT $3",
        )
        .bind(issuer)
        .bind(after)
        .bind(i64::from(limit))
        .bind(stored(now, "now")?)
        .bind(stored(now.saturating_add(CLOCK_TOLERANCE_S), "now")?)
        .fetch_all(self.conn())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(AffectedDocument {
                    kind: AffectedDocument::AGENTHOOD,
                    id: value(row, "jti")?,
                    agent: Some(value(row, "agent")?),
                    credential_id: None,
                    keys: value::<Option<String>>(row, "kid")?.into_iter().collect(),
                    issued_at: unsigned(row, "issued_at")?,
                    expires_at: Some(unsigned(row, "expires_at")?),
                })
            })
            .collect()
    }

    /// How far changes were judged.
    pub async fn agenthood_watch(&mut self) -> Result<Option<Watch>, StoreError> {
        let row = sqlx::query("SELECT genesis, block, at FROM agenthood_watch WHERE id = 1")
            .fetch_optional(self.conn())
            .await?;
        row.map(|row| {
            Ok(Watch { genesis: parsed(&row, "genesis")?, block: unsigned(&row, "block")?, at: unsigned(&row, "at")? })
        })
        .transpose()
    }

    /// Moves the watcher.
    pub async fn set_agenthood_watch(&mut self, genesis: &BlockHash, block: u64, at: u64) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO agenthood_watch (id, genesis, block, at) VALUES (1, $1, $2, $3) \
             ON CONFLICT (id) DO UPDATE SET block = excluded.block, at = excluded.at",
        )
        .bind(genesis.to_string())
        .bind(stored(block, "agenthood_watch.block")?)
        .bind(stored(at, "agenthood_watch.at")?)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

fn challenge(row: &SqliteRow) -> Result<StoredChallenge, StoreError> {
    let binding: Option<&str> = value(row, "binding")?;
    let corrupt = |_| StoreError::Corrupt("agenthood_challenges.binding");
    Ok(StoredChallenge {
        nonce: value(row, "nonce")?,
        agent: parsed(row, "agent")?,
        action: match value(row, "action")? {
            "issue" => Action::Issue,
            "revoke" => Action::Revoke,
            _ => return Err(StoreError::Corrupt("agenthood_challenges.action")),
        },
        binding: binding.map(|text| serde_json::from_str(text).map_err(corrupt)).transpose()?,
        expires_at: unsigned(row, "expires_at")?,
    })
}

fn document(row: &SqliteRow) -> Result<DocumentRow, StoreError> {
    Ok(DocumentRow {
        jti: parsed(row, "jti")?,
        agent: parsed(row, "agent")?,
        jws: value(row, "jws")?,
        issued_at: unsigned(row, "issued_at")?,
        expires_at: unsigned(row, "expires_at")?,
        facts: Facts {
            abg_hash: parsed(row, "abg_hash")?,
            abg_version: unsigned(row, "abg_version")?,
            sovereign: flag(row, "sovereign")?,
            controller: parsed_opt(row, "controller")?,
        },
        read: ReadAt { genesis: parsed(row, "genesis")?, block: unsigned(row, "read_block")? },
        zero_since_ms: unsigned_opt(row, "zero_since")?,
        revocation: revocation(row)?,
    })
}

fn revocation(row: &SqliteRow) -> Result<Option<Revocation>, StoreError> {
    let Some(at) = unsigned_opt(row, "revoked_at")? else { return Ok(None) };
    Ok(Some(Revocation { at, reason: parsed(row, "reason")?, cause_block: unsigned_opt(row, "cause_block")? }))
}
