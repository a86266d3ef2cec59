//! Single-use values: challenges that holders answer, nonces of signed requests.

use super::row::{stored, unsigned};
use super::{StoreError, Tx};
use crate::domain::{AgentUuid, Challenge};

impl Tx {
    /// Stores a challenge.
    pub async fn insert_challenge(&mut self, challenge: &Challenge, is_new: bool) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO challenges (nonce, agent, is_new, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(&challenge.nonce)
            .bind(challenge.agent.to_string())
            .bind(i64::from(is_new))
            .bind(stored(challenge.exp, "challenges.expires_at")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Takes a challenge, which is gone afterwards. Gives its expiry; none when there is no such challenge for
    /// this agent and purpose, or it has expired.
    pub async fn take_challenge(
        &mut self,
        nonce: &str,
        agent: AgentUuid,
        is_new: bool,
        now: u64,
    ) -> Result<Option<u64>, StoreError> {
        let row = sqlx::query(
            "DELETE FROM challenges WHERE nonce = $1 AND agent = $2 AND is_new = $3 AND expires_at > $4 \
             RETURNING expires_at",
        )
        .bind(nonce)
        .bind(agent.to_string())
        .bind(i64::from(is_new))
        .bind(stored(now, "now")?)
        .fetch_optional(self.conn())
        .await?;
        row.map(|row| unsigned(&row, "expires_at")).transpose()
    }

    /// Notes a request's nonce. False when it was there.
    pub async fn insert_signature_nonce(
        &mut self,
        key_id: &str,
        nonce: &str,
        expires_at: u64,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO signature_nonces (key_id, nonce, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(key_id)
        .bind(nonce)
        .bind(stored(expires_at, "signature_nonces.expires_at")?)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Deletes challenges that nobody can answer any more.
    pub async fn delete_expired_challenges(&mut self, now: u64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM challenges WHERE expires_at <= $1")
            .bind(stored(now, "now")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Deletes nonces of signatures that are refused for their age since before `before`.
    pub async fn delete_expired_signature_nonces(&mut self, before: u64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM signature_nonces WHERE expires_at < $1")
            .bind(stored(before, "before")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }
}
