//! Status indices and bits: one index space, as published.

use super::row::{stored, unsigned};
use super::{StoreError, Tx};
use crate::domain::{AgentUuid, CredentialId, STATUS_CAPACITY};

/// The index space as stored.
pub(crate) struct StatusSpace {
    /// Entries of each list, as many as readers take at most.
    pub size: u32,
    /// Indices spent or reserved, without reservations that have lapsed.
    pub used: u32,
}

impl Tx {
    /// The index space at a time.
    pub(crate) async fn status_space(&mut self, now: u64) -> Result<StatusSpace, StoreError> {
        let row = sqlx::query(
            "SELECT size, used, (SELECT COUNT(*) FROM status_reservations WHERE expires_at <= $1) AS lapsed \
             FROM status_space WHERE id = 1",
        )
        .bind(stored(now, "now")?)
        .fetch_one(self.conn())
        .await?;
        // Earlier versions let the space grow beyond what anybody reads.
        let size = unsigned::<u32>(&row, "size")?.min(STATUS_CAPACITY);
        Ok(StatusSpace { size, used: unsigned::<u32>(&row, "used")?.saturating_sub(unsigned(&row, "lapsed")?) })
    }

    /// Makes the lists longer.
    pub(crate) async fn grow_status_space(&mut self, size: u32) -> Result<(), StoreError> {
        sqlx::query("UPDATE status_space SET size = $1 WHERE id = 1")
            .bind(i64::from(size))
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Whether no document has this index and no holder proves one with it.
    pub(crate) async fn status_index_is_free(&mut self, index: u32) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM status_entries WHERE idx = $1) \
             OR EXISTS (SELECT 1 FROM status_reservations WHERE idx = $1)",
        )
        .bind(i64::from(index))
        .fetch_optional(self.conn())
        .await?;
        Ok(row.is_none())
    }

    /// Gives a free index to a credential's UUID or a document's ULID, for good.
    pub(crate) async fn spend_status_index(&mut self, index: u32, id: &str) -> Result<(), StoreError> {
        self.insert_status_entry(index, id).await?;
        sqlx::query("UPDATE status_space SET used = used + 1 WHERE id = 1").execute(self.conn()).await?;
        Ok(())
    }

    async fn insert_status_entry(&mut self, index: u32, id: &str) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO status_entries (idx, credential, revoked, suspended) VALUES ($1, $2, 0, 0)")
            .bind(i64::from(index))
            .bind(id)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Gives a free index to a credential while its holder proves.
    pub(crate) async fn reserve_status_index(
        &mut self,
        index: u32,
        id: CredentialId,
        until: u64,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO status_reservations (idx, credential, expires_at) VALUES ($1, $2, $3)")
            .bind(i64::from(index))
            .bind(id.to_string())
            .bind(stored(until, "status_reservations.expires_at")?)
            .execute(self.conn())
            .await?;
        sqlx::query("UPDATE status_space SET used = used + 1 WHERE id = 1").execute(self.conn()).await?;
        Ok(())
    }

    /// Spends the index that is reserved for a credential. Returns false when none is: it was freed.
    pub(crate) async fn spend_reservation(&mut self, id: CredentialId) -> Result<bool, StoreError> {
        let id = id.to_string();
        let row = sqlx::query("DELETE FROM status_reservations WHERE credential = $1 RETURNING idx")
            .bind(&id)
            .fetch_optional(self.conn())
            .await?;
        let Some(row) = row else { return Ok(false) };
        self.insert_status_entry(unsigned(&row, "idx")?, &id).await?;
        Ok(true)
    }

    /// Frees the index that is reserved for a credential, if one is.
    pub(crate) async fn free_reservation(&mut self, id: CredentialId) -> Result<(), StoreError> {
        let done = sqlx::query("DELETE FROM status_reservations WHERE credential = $1")
            .bind(id.to_string())
            .execute(self.conn())
            .await?;
        self.count_freed(done.rows_affected()).await
    }

    /// Frees every index whose holder did not prove in time. Gives how many.
    pub(crate) async fn free_lapsed_reservations(&mut self, now: u64) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM status_reservations WHERE expires_at <= $1")
            .bind(stored(now, "now")?)
            .execute(self.conn())
            .await?;
        self.count_freed(done.rows_affected()).await?;
        Ok(done.rows_affected())
    }

    async fn count_freed(&mut self, freed: u64) -> Result<(), StoreError> {
        if freed > 0 {
            sqlx::query("UPDATE status_space SET used = CASE WHEN used > $1 THEN used - $1 ELSE 0 END WHERE id = 1")
                .bind(stored(freed, "status_space.used")?)
                .execute(self.conn())
                .await?;
        }
        Ok(())
    }

    /// The indices below `size` whose bits are set: revoked, suspended; ascending.
    pub async fn set_bits(&mut self, size: u32) -> Result<(Vec<u32>, Vec<u32>), StoreError> {
        let rows = sqlx::query(
            "SELECT idx, revoked, suspended FROM status_entries \
             WHERE (revoked = 1 OR suspended = 1) AND idx < $1 ORDER BY idx",
        )
        .bind(i64::from(size))
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

    /// Sets the revocation bits of every issued credential of an agent. Gives how many changed.
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
