//! Status bits: one index space, as published.

use super::row::{stored, unsigned};
use super::{StoreError, Tx};
use crate::domain::AgentUuid;

impl Tx {
    /// Entries of each list.
    pub async fn status_space_size(&mut self) -> Result<u32, StoreError> {
        let row = sqlx::query("SELECT size FROM status_space WHERE id = 1").fetch_one(self.conn()).await?;
        unsigned(&row, "size")
    }

    /// Counts one more index as used, doubling the space when it would be more than half full. Gives its size.
    pub async fn grow_status_space(&mut self) -> Result<u32, StoreError> {
        let row = sqlx::query(
            "UPDATE status_space SET used = used + 1, size = CASE WHEN (used + 1) * 2 > size THEN size * 2 ELSE size END \
             WHERE id = 1 RETURNING size",
        )
        .fetch_one(self.conn())
        .await?;
        unsigned(&row, "size")
    }

    /// Gives an index to a credential's UUID or a document's ULID. False when it is taken.
    pub async fn take_status_index(&mut self, index: u32, id: &str) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO status_entries (idx, credential, revoked, suspended) VALUES ($1, $2, 0, 0) \
             ON CONFLICT (idx) DO NOTHING",
        )
        .bind(i64::from(index))
        .bind(id)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The indices whose bits are set: revoked, suspended; ascending.
    pub async fn set_bits(&mut self) -> Result<(Vec<u32>, Vec<u32>), StoreError> {
        let rows = sqlx::query(
            "SELECT idx, revoked, suspended FROM status_entries WHERE revoked = 1 OR suspended = 1 ORDER BY idx",
        )
        .fetch_all(self.conn())
        .await?;
        let (mut revoked, mut suspended) = (Vec::new(), Vec::new());
        for row in &rows {
            let index = unsigned(row, "idx")?;
            if super::row::flag(row, "revoked")? {
                revoked.push(index);
            }
            if super::row::flag(row, "suspended")? {
                suspended.push(index);
            }
        }
        Ok((revoked, suspended))
    }

    /// Whether a credential or document waits for its revocation bit.
    pub async fn any_credential_due(&mut self) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM credentials WHERE status_due = 1) \
             OR EXISTS (SELECT 1 FROM agenthood_documents WHERE status_due = 1)",
        )
        .fetch_optional(self.conn())
        .await?;
        Ok(row.is_some())
    }

    /// Sets the revocation bits of credentials and documents that were revoked by themselves. Gives how many changed.
    pub async fn revoke_due_credentials(&mut self) -> Result<u64, StoreError> {
        let changed = sqlx::query(
            "UPDATE status_entries SET revoked = 1 WHERE revoked = 0 \
             AND credential IN (SELECT id FROM credentials WHERE status_due = 1 \
             UNION ALL SELECT jti FROM agenthood_documents WHERE status_due = 1)",
        )
        .execute(self.conn())
        .await?;
        sqlx::query("UPDATE credentials SET status_due = 0 WHERE status_due = 1").execute(self.conn()).await?;
        sqlx::query("UPDATE agenthood_documents SET status_due = 0 WHERE status_due = 1").execute(self.conn()).await?;
        Ok(changed.rows_affected())
    }

    /// Sets the revocation bits of every credential of an agent. Gives how many changed.
    pub async fn revoke_credentials_of(&mut self, agent: AgentUuid) -> Result<u64, StoreError> {
        let changed = sqlx::query(
            "UPDATE status_entries SET revoked = 1 WHERE revoked = 0 \
             AND credential IN (SELECT id FROM credentials WHERE agent = $1)",
        )
        .bind(agent.to_string())
        .execute(self.conn())
        .await?;
        Ok(changed.rows_affected())
    }

    /// Sets or clears the suspension bits of every credential of an agent. Gives how many changed.
    pub async fn suspend_credentials_of(&mut self, agent: AgentUuid, suspended: bool) -> Result<u64, StoreError> {
        let changed = sqlx::query(
            "UPDATE status_entries SET suspended = $2 WHERE suspended <> $2 \
             AND credential IN (SELECT id FROM credentials WHERE agent = $1)",
        )
        .bind(agent.to_string())
        .bind(i64::from(suspended))
        .execute(self.conn())
        .await?;
        Ok(changed.rows_affected())
    }

    /// Sets the revocation bits of the credentials made from a leaf. Gives how many changed.
    pub async fn revoke_credentials_from(&mut self, log: &str, leaf_index: u32) -> Result<u64, StoreError> {
        let changed = sqlx::query(
            "UPDATE status_entries SET revoked = 1 WHERE revoked = 0 \
             AND credential IN (SELECT id FROM credentials WHERE log = $1 AND leaf_idx = $2)",
        )
        .bind(log)
        .bind(stored(leaf_index.into(), "credentials.leaf_idx")?)
        .execute(self.conn())
        .await?;
        Ok(changed.rows_affected())
    }
}
