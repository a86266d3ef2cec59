//! Requests of verifiers.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sqlx::sqlite::SqliteRow;

use super::row::{bytes32, flag, parsed, parsed_opt, stored, unsigned, value};
use super::{StoreError, Tx};
use crate::domain::presentation_requests::places::Load;
use crate::domain::{Places, PresentationRequest, PresentationRequestId, VerifierId, Voucher};

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

    /// How many requests of a client, and of its network, may still be answered.
    pub async fn open_requests_of(&mut self, places: &Places, now: u64) -> Result<(u64, u64), StoreError> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS network, COUNT(CASE WHEN client = $2 THEN 1 END) AS client \
             FROM presentation_requests WHERE network = $1 AND state = 'open' AND expires_at > $3",
        )
        .bind(&places.network)
        .bind(&places.client)
        .bind(stored(now, "now")?)
        .fetch_one(self.conn())
        .await?;
        Ok((unsigned(&row, "client")?, unsigned(&row, "network")?))
    }

    /// What every network has open.
    pub async fn open_requests_by_network(&mut self, now: u64) -> Result<Vec<Load>, StoreError> {
        let rows = sqlx::query(
            "SELECT network, COUNT(*) AS open, COUNT(CASE WHEN fetched = 0 THEN 1 END) AS unfetched \
             FROM presentation_requests WHERE state = 'open' AND expires_at > $1 GROUP BY network",
        )
        .bind(stored(now, "now")?)
        .fetch_all(self.conn())
        .await?;
        let load = |row: &SqliteRow| {
            Ok(Load {
                network: value(row, "network")?,
                open: unsigned(row, "open")?,
                unfetched: unsigned(row, "unfetched")?,
            })
        };
        rows.iter().map(load).collect()
    }

    /// Deletes the oldest request of a network that may still be answered, `fetched` ones too or not. False when there
    /// is none.
    pub async fn delete_oldest_open_request(
        &mut self,
        network: &str,
        fetched: bool,
        now: u64,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "DELETE FROM presentation_requests WHERE id = (SELECT id FROM presentation_requests \
             WHERE network = $1 AND state = 'open' AND expires_at > $2 AND fetched <= $3 ORDER BY expires_at, id LIMIT 1)",
        )
        .bind(network)
        .bind(stored(now, "now")?)
        .bind(i64::from(fetched))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Stores a request. False when the same signed request is stored.
    pub async fn insert_presentation_request(
        &mut self,
        new: &PresentationRequest,
        places: &Places,
    ) -> Result<bool, StoreError> {
        let (verifier, signed) = match &new.voucher {
            Voucher::Service => (None, None),
            Voucher::Operator(verifier) => (Some(verifier.to_string()), None),
            Voucher::Signature(jws) => (None, Some(jws)),
        };
        let done = sqlx::query(
            "INSERT INTO presentation_requests (id, request, token_sha256, expires_at, state, client, network, fetched, \
             verifier, signed, signed_sha256) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (signed_sha256) WHERE signed_sha256 IS NOT NULL DO NOTHING",
        )
        .bind(new.id.to_string())
        .bind(new.request.to_string())
        .bind(new.token_sha256.to_vec())
        .bind(stored(new.expires_at, "presentation_requests.expires_at")?)
        .bind(new.state.as_str())
        .bind(&places.client)
        .bind(&places.network)
        .bind(i64::from(new.fetched))
        .bind(verifier)
        .bind(signed)
        .bind(signed.map(|jws| Sha256::digest(jws).to_vec()))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes that somebody fetched a request to answer it.
    pub async fn mark_request_fetched(&mut self, id: PresentationRequestId) -> Result<(), StoreError> {
        sqlx::query("UPDATE presentation_requests SET fetched = 1 WHERE id = $1")
            .bind(id.to_string())
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Deletes the requests of a registered verifier that nobody answered yet.
    pub async fn delete_open_requests_of_verifier(&mut self, verifier: VerifierId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM presentation_requests WHERE verifier = $1 AND state = 'open'")
            .bind(verifier.to_string())
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
            "SELECT id, request, token_sha256, expires_at, state, report, fetched, verifier, signed \
             FROM presentation_requests WHERE id = $1",
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
    let (verifier, signed): (Option<String>, Option<String>) = (value(row, "verifier")?, value(row, "signed")?);
    let voucher = match (verifier, signed) {
        (None, None) => Voucher::Service,
        (Some(_), None) => Voucher::Operator(parsed(row, "verifier")?),
        (None, Some(jws)) => Voucher::Signature(jws),
        (Some(_), Some(_)) => return Err(StoreError::Corrupt("presentation_requests.verifier")),
    };
    Ok(PresentationRequest {
        id: parsed(row, "id")?,
        request: parsed(row, "request")?,
        token_sha256: bytes32(row, "token_sha256")?,
        expires_at: unsigned(row, "expires_at")?,
        state: parsed(row, "state")?,
        voucher,
        fetched: flag(row, "fetched")?,
        report: parsed_opt(row, "report")?,
    })
}
