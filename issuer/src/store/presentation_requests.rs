//! Requests of verifiers.

use serde_json::Value;
use sqlx::sqlite::SqliteRow;

use super::row::{bytes32, parsed, parsed_opt, stored, unsigned};
use super::{StoreError, Tx};
use crate::domain::{PresentationRequest, PresentationRequestId};

impl Tx {
    /// How many requests may still be answered.
    pub async fn open_presentation_requests(&mut self, now: u64) -> Result<u64, StoreError> {
        let row =
            sqlx::query("SELECT COUNT(*) AS n FROM presentation_requests WHERE state = 'open' AND expires_at > $1")
                .bind(stored(now, "now")?)
                .fetch_one(self.conn())
                .await?;
        unsigned(&row, "n")
    }

    /// Stores a request.
    pub async fn insert_presentation_request(&mut self, new: &PresentationRequest) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO presentation_requests (id, request, token_sha256, expires_at, state) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(new.id.to_string())
        .bind(new.request.to_string())
        .bind(new.token_sha256.to_vec())
        .bind(stored(new.expires_at, "presentation_requests.expires_at")?)
        .bind(new.state.as_str())
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// A request.
    pub async fn presentation_request(
        &mut self,
        id: PresentationRequestId,
    ) -> Result<Option<PresentationRequest>, StoreError> {
        let row = sqlx::query(
            "SELECT id, request, token_sha256, expires_at, state, report FROM presentation_requests WHERE id = $1",
        )
        .bind(id.to_string())
        .fetch_optional(self.conn())
        .await?;
        row.as_ref().map(decode).transpose()
    }

    /// Takes a request that may be answered. False when it may not.
    pub async fn take_presentation_request(&mut self, id: PresentationRequestId, now: u64) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE presentation_requests SET state = 'taken' WHERE id = $1 AND state = 'open' AND expires_at > $2",
        )
        .bind(id.to_string())
        .bind(stored(now, "now")?)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives a taken request its report.
    pub async fn conclude_presentation_request(
        &mut self,
        id: PresentationRequestId,
        report: &Value,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE presentation_requests SET state = 'answered', report = $2 WHERE id = $1 AND state = 'taken'",
        )
        .bind(id.to_string())
        .bind(report.to_string())
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Opens a taken request again.
    pub async fn reopen_presentation_request(&mut self, id: PresentationRequestId) -> Result<(), StoreError> {
        sqlx::query("UPDATE presentation_requests SET state = 'open' WHERE id = $1 AND state = 'taken'")
            .bind(id.to_string())
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Deletes requests that expired before `before`.
    pub async fn delete_presentation_requests(&mut self, before: u64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM presentation_requests WHERE expires_at < $1")
            .bind(stored(before, "before")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }
}

fn decode(row: &SqliteRow) -> Result<PresentationRequest, StoreError> {
    Ok(PresentationRequest {
        id: parsed(row, "id")?,
        request: parsed(row, "request")?,
        token_sha256: bytes32(row, "token_sha256")?,
        expires_at: unsigned(row, "expires_at")?,
        state: parsed(row, "state")?,
        report: parsed_opt(row, "report")?,
    })
}
