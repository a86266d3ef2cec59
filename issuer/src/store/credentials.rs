//! Issuance records.

use poa_verifier::{data_integrity, jws, zk_proof};
use serde_json::Value;
use sqlx::sqlite::SqliteRow;

use super::row::{bytes32, flag, parsed, parsed_opt, stored, unsigned, unsigned_opt, value};
use super::{StoreError, Tx};
use crate::domain::{AgentUuid, Credential, CredentialId, PENDING_TTL_S, Reservation};

impl Tx {
    /// Reserves a credential.
    pub(crate) async fn insert_credential(&mut self, new: &Reservation<'_>) -> Result<(), StoreError> {
        let idempotency = new.idempotency;
        sqlx::query(
            "INSERT INTO credentials (id, agent, schema_id, state, log, leaf_idx, head_seq, head_issued_at, \
             created_at, expires_at, status_due, principal, idempotency_key, request_digest, begun_by) \
             VALUES ($1, $2, $3, 'reserved', $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13)",
        )
        .bind(new.id.to_string())
        .bind(new.agent.to_string())
        .bind(new.schema)
        .bind(new.log)
        .bind(i64::from(new.leaf_index))
        .bind(stored(new.head_seq, "credentials.head_seq")?)
        .bind(stored(new.head_iat, "credentials.head_issued_at")?)
        .bind(stored(new.now, "credentials.created_at")?)
        .bind(stored(new.now + PENDING_TTL_S, "credentials.expires_at")?)
        .bind(idempotency.map(|i| i.principal.as_str()))
        .bind(idempotency.map(|i| i.key.as_str()))
        .bind(idempotency.map(|i| i.digest.to_vec()))
        .bind(new.by.as_str())
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// A credential's record with its published status bits.
    pub async fn credential(&mut self, id: CredentialId) -> Result<Option<Credential>, StoreError> {
        let row = sqlx::query(
            "SELECT c.id, c.agent, c.schema_id, c.state, c.leaf_idx, c.head_seq, c.head_issued_at, c.document, \
             c.created_at, c.expires_at, c.valid_until, c.revoked_at, COALESCE(s.idx, r.idx) AS status_idx, \
             COALESCE(s.revoked, 0) AS revoked, COALESCE(s.suspended, 0) AS suspended FROM credentials c \
             LEFT JOIN status_entries s ON s.credential = c.id \
             LEFT JOIN status_reservations r ON r.credential = c.id WHERE c.id = $1",
        )
        .bind(id.to_string())
        .fetch_optional(self.conn())
        .await?;
        row.as_ref().map(decode).transpose()
    }

    /// The credential that a principal's idempotency key made, and the digest of that request.
    pub async fn credential_of_key(
        &mut self,
        principal: &str,
        key: &str,
    ) -> Result<Option<(CredentialId, [u8; 32])>, StoreError> {
        let row =
            sqlx::query("SELECT id, request_digest FROM credentials WHERE principal = $1 AND idempotency_key = $2")
                .bind(principal)
                .bind(key)
                .fetch_optional(self.conn())
                .await?;
        row.map(|row| Ok((parsed(&row, "id")?, bytes32(&row, "request_digest")?))).transpose()
    }

    /// Stores the finished document.
    pub async fn complete_credential(
        &mut self,
        id: CredentialId,
        document: &Value,
        valid_until: u64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE credentials SET state = 'issued', document = $2, valid_until = $3, expires_at = NULL, \
             signed_by = $4, head_signed_by = $5 WHERE id = $1 AND state <> 'issued'",
        )
        .bind(id.to_string())
        .bind(document.to_string())
        .bind(stored(valid_until, "credentials.valid_until")?)
        .bind(signer(document))
        .bind(head_signer(document))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Stores the document that the holder proves over.
    pub async fn hold_credential(
        &mut self,
        id: CredentialId,
        unsigned_document: &Value,
        until: u64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE credentials SET state = 'pending', document = $2, expires_at = $3 \
             WHERE id = $1 AND state = 'reserved'",
        )
        .bind(id.to_string())
        .bind(unsigned_document.to_string())
        .bind(stored(until, "credentials.expires_at")?)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Revokes one credential; the next publication sets its bit.
    pub async fn revoke_credential(&mut self, id: CredentialId, now: u64) -> Result<(), StoreError> {
        sqlx::query("UPDATE credentials SET revoked_at = $2, status_due = 1 WHERE id = $1 AND revoked_at IS NULL")
            .bind(id.to_string())
            .bind(stored(now, "credentials.revoked_at")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// When the first of an agent's unfinished credentials lapses, if there are `most` of them.
    pub(crate) async fn open_credentials_lapse(
        &mut self,
        agent: AgentUuid,
        most: u32,
        now: u64,
    ) -> Result<Option<u64>, StoreError> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS open, MIN(expires_at) AS lapses_at FROM credentials \
             WHERE agent = $1 AND expires_at > $2",
        )
        .bind(agent.to_string())
        .bind(stored(now, "now")?)
        .fetch_one(self.conn())
        .await?;
        let lapses_at = unsigned_opt(&row, "lapses_at")?;
        Ok(lapses_at.filter(|_| unsigned::<u64>(&row, "open").is_ok_and(|open| open >= u64::from(most))))
    }

    /// When the `n`th newest credential that the agent began itself since a time was begun, if there are so many. What its
    /// holder gave up or let lapse counts; what the service itself did not finish does not.
    pub(crate) async fn nth_newest_credential(
        &mut self,
        agent: AgentUuid,
        n: u32,
        since: u64,
        now: u64,
    ) -> Result<Option<u64>, StoreError> {
        let row = sqlx::query(
            "SELECT created_at FROM credentials WHERE agent = $1 AND begun_by = 'agent' AND created_at > $2 \
             AND (expires_at IS NULL OR expires_at > $3 OR state = 'pending') \
             UNION ALL SELECT begun_at FROM given_up_credentials WHERE agent = $1 AND begun_at > $2 \
             ORDER BY created_at DESC LIMIT 1 OFFSET $4",
        )
        .bind(agent.to_string())
        .bind(stored(since, "since")?)
        .bind(stored(now, "now")?)
        .bind(i64::from(n) - 1)
        .fetch_optional(self.conn())
        .await?;
        row.map(|row| unsigned(&row, "created_at")).transpose()
    }

    /// Deletes a credential that was never issued, and frees its status index.
    pub async fn delete_unfinished(&mut self, id: CredentialId) -> Result<(), StoreError> {
        self.free_reservation(id).await?;
        sqlx::query(
            "INSERT INTO given_up_credentials (id, agent, begun_at) \
             SELECT id, agent, created_at FROM credentials WHERE id = $1 AND state = 'pending' AND begun_by = 'agent'",
        )
        .bind(id.to_string())
        .execute(self.conn())
        .await?;
        sqlx::query("DELETE FROM credentials WHERE id = $1 AND state <> 'issued'")
            .bind(id.to_string())
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Deletes credentials that were never issued and expired before `before`, and frees their status indices.
    pub async fn delete_expired_credentials(&mut self, before: u64) -> Result<(), StoreError> {
        // A reservation expires with its credential.
        self.free_lapsed_reservations(before).await?;
        sqlx::query(
            "INSERT INTO given_up_credentials (id, agent, begun_at) \
             SELECT id, agent, created_at FROM credentials \
             WHERE expires_at < $1 AND state = 'pending' AND begun_by = 'agent'",
        )
        .bind(stored(before, "before")?)
        .execute(self.conn())
        .await?;
        sqlx::query("DELETE FROM credentials WHERE expires_at IS NOT NULL AND expires_at < $1")
            .bind(stored(before, "before")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Forgets what was given up and begun before `before`.
    pub(crate) async fn forget_given_up_credentials(&mut self, before: u64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM given_up_credentials WHERE begun_at < $1")
            .bind(stored(before, "before")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }
}

/// Id of the key of the issuer's proof.
fn signer(document: &Value) -> Option<String> {
    proof(document, data_integrity::TYPE)?["verificationMethod"].as_str().map(str::to_owned)
}

/// Id of the key of the tree head inside the other proof.
fn head_signer(document: &Value) -> Option<String> {
    let head = proof(document, zk_proof::TYPE)?["rootHead"].as_str()?;
    Some(jws::parse(head).ok()?.kid().to_owned())
}

fn proof<'a>(document: &'a Value, kind: &str) -> Option<&'a Value> {
    document["proof"].as_array()?.iter().find(|proof| proof["type"] == kind)
}

fn decode(row: &SqliteRow) -> Result<Credential, StoreError> {
    Ok(Credential {
        id: parsed(row, "id")?,
        agent: parsed(row, "agent")?,
        schema: value(row, "schema_id")?,
        state: parsed(row, "state")?,
        document: parsed_opt(row, "document")?,
        status_index: unsigned_opt(row, "status_idx")?,
        leaf_index: unsigned(row, "leaf_idx")?,
        head_seq: unsigned(row, "head_seq")?,
        head_iat: unsigned(row, "head_issued_at")?,
        created_at: unsigned(row, "created_at")?,
        pending_until: unsigned_opt(row, "expires_at")?,
        valid_until: unsigned_opt(row, "valid_until")?,
        revoked_at: unsigned_opt(row, "revoked_at")?,
        revoked: flag(row, "revoked")?,
        suspended: flag(row, "suspended")?,
    })
}
