//! Single-use values that were used: challenges that holders answered, nonces of signed requests.

use super::row::stored;
use super::{StoreError, Tx};

impl Tx {
    /// Notes that a challenge is used. False when it was before.
    pub async fn use_challenge(&mut self, nonce: &str, expires_at: u64) -> Result<bool, StoreError> {
        let done =
            sqlx::query("INSERT INTO used_challenges (nonce, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(nonce)
                .bind(stored(expires_at, "used_challenges.expires_at")?)
                .execute(self.conn())
                .await?;
        Ok(done.rows_affected() == 1)
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

    /// Forgets used challenges that are refused for their age.
    pub async fn delete_expired_challenges(&mut self, now: u64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM used_challenges WHERE expires_at <= $1")
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
