//! The issuer's keys, sealed; which of them are still needed, and what the compromised ones signed.

use sqlx::sqlite::SqliteRow;

use super::row::{stored, unsigned, unsigned_opt, value};
use super::{Store, StoreError, Tx};
use crate::domain::{AffectedDocument, CLOCK_TOLERANCE_S};

/// An issuer key as stored.
#[derive(Clone)]
pub struct IssuerKeyRow {
    /// Fragment of the key id: the purpose, a hyphen and an ordinal from 1.
    pub name: String,
    /// `credentials`, `heads`, `status` or `vc-api`.
    pub purpose: String,
    /// `standby`, `active`, `retired` or `compromised`.
    pub state: String,
    /// Multikey.
    pub public_key_multibase: String,
    /// Ed25519 secret, sealed for this table, this name and this column; empty once the key does not sign any more.
    pub sealed_secret: Vec<u8>,
    /// Unix seconds.
    pub created_at: u64,
    /// Unix seconds, no earlier than anything it signed; none while it is standby or active.
    pub retired_at: Option<u64>,
    /// Unix seconds of the operator's act; none unless it is compromised.
    pub compromised_at: Option<u64>,
    /// Unix seconds since when it is not published any more.
    pub dropped_at: Option<u64>,
    /// What the credentials key before it said of it, a compact JWS.
    pub endorsement: Option<String>,
}

impl IssuerKeyRow {
    /// The number at the end of the name; keys of a purpose are counted from 1.
    pub fn ordinal(&self) -> u32 {
        self.name.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
    }
}

impl Store {
    /// The issuer's keys, those of a purpose in the order they were made.
    pub async fn issuer_keys(&self) -> Result<Vec<IssuerKeyRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT name, purpose, state, public_key_multibase, sealed_secret, created_at, retired_at, \
             compromised_at, dropped_at, endorsement FROM issuer_keys",
        )
        .fetch_all(&self.readers)
        .await?;
        let mut keys = rows.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
        keys.sort_by_key(|key| (key.purpose.clone(), key.ordinal()));
        Ok(keys)
    }
}

impl Tx {
    /// Stores an issuer key.
    pub async fn insert_issuer_key(&mut self, key: &IssuerKeyRow) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO issuer_keys (name, purpose, state, public_key_multibase, sealed_secret, created_at, \
             endorsement) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&key.name)
        .bind(&key.purpose)
        .bind(&key.state)
        .bind(&key.public_key_multibase)
        .bind(&key.sealed_secret)
        .bind(stored(key.created_at, "issuer_keys.created_at")?)
        .bind(&key.endorsement)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Lets a standby key count as the one that signs.
    pub async fn promote_issuer_key(&mut self, name: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE issuer_keys SET state = 'active' WHERE name = $1 AND state = 'standby'")
            .bind(name)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Removes what a credentials key said of this one.
    pub async fn remove_endorsement(&mut self, name: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE issuer_keys SET endorsement = NULL WHERE name = $1")
            .bind(name)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Retires every active key of a purpose but one, and forgets their private halves.
    pub async fn retire_issuer_keys(&mut self, purpose: &str, but: &str, at: u64) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE issuer_keys SET state = 'retired', retired_at = $3, sealed_secret = x'' \
             WHERE purpose = $1 AND name <> $2 AND state = 'active'",
        )
        .bind(purpose)
        .bind(but)
        .bind(stored(at, "issuer_keys.retired_at")?)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Marks a key compromised and publishes it as such, also when it was dropped.
    pub async fn compromise_issuer_key(&mut self, name: &str, at: u64) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE issuer_keys SET state = 'compromised', compromised_at = $2, dropped_at = NULL, \
             sealed_secret = x'' WHERE name = $1 AND state <> 'compromised'",
        )
        .bind(name)
        .bind(stored(at, "issuer_keys.compromised_at")?)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Publishes a key no longer.
    pub async fn drop_issuer_key(&mut self, name: &str, at: u64) -> Result<(), StoreError> {
        sqlx::query("UPDATE issuer_keys SET dropped_at = $2 WHERE name = $1 AND dropped_at IS NULL")
            .bind(name)
            .bind(stored(at, "issuer_keys.dropped_at")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// The latest time that a stored document bears; none when nothing was signed yet.
    pub async fn newest_signing_time(&mut self) -> Result<Option<u64>, StoreError> {
        let row = sqlx::query(
            "SELECT MAX(at) AS at FROM (SELECT MAX(issued_at) AS at FROM heads \
             UNION ALL SELECT MAX(created_at) FROM credentials \
             UNION ALL SELECT MAX(issued_at) FROM vc_api_credentials \
             UNION ALL SELECT MAX(issued_at) FROM agenthood_documents) AS times",
        )
        .fetch_one(self.conn())
        .await?;
        unsigned_opt(&row, "at")
    }

    /// Whether a credential begun, or a document of agenthood issued, until `signed_until` has not expired. Its proof, or
    /// its form as a JWS, may be by the credentials key of that time.
    pub async fn any_credential_since(&mut self, signed_until: u64, now: u64) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT 1 FROM credentials WHERE created_at <= $1 AND COALESCE(valid_until, expires_at) >= $2 \
             UNION ALL SELECT 1 FROM agenthood_documents WHERE issued_at <= $1 AND expires_at >= $2 LIMIT 1",
        )
        .bind(stored(signed_until, "signed_until")?)
        .bind(stored(now, "now")?)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.is_some())
    }

    /// Whether a credential under a head signed until `signed_until` has not expired.
    pub async fn any_credential_under_head(&mut self, signed_until: u64, now: u64) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT 1 FROM credentials WHERE head_issued_at <= $1 AND COALESCE(valid_until, expires_at) >= $2 LIMIT 1",
        )
        .bind(stored(signed_until, "signed_until")?)
        .bind(stored(now, "now")?)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.is_some())
    }

    /// Standing credentials that verify no more because a key of theirs is compromised, or that lie in the future:
    /// neither revoked nor expired, by ascending id.
    pub async fn affected_credentials(
        &mut self,
        issuer: &str,
        after: &str,
        limit: u32,
        now: u64,
    ) -> Result<Vec<AffectedDocument>, StoreError> {
        let rows = sqlx::query(
            "WITH leaked AS (SELECT $1 || '#' || name AS id FROM issuer_keys WHERE state = 'compromised') \
             SELECT c.id, c.agent, c.signed_by, c.head_signed_by, c.created_at, c.valid_until, \
             EXISTS (SELECT 1 FROM leaked WHERE leaked.id = c.signed_by) AS by_signer, \
             EXISTS (SELECT 1 FROM leaked WHERE leaked.id = c.head_signed_by) AS by_head \
             FROM credentials c JOIN status_entries s ON s.credential = c.id \
             WHERE c.state = 'issued' AND c.revoked_at IS NULL AND s.revoked = 0 AND c.valid_until >= $4 \
             AND (c.signed_by IN (SELECT id FROM leaked) OR c.head_signed_by IN (SELECT id FROM leaked) \
             OR c.created_at > $5) \
             AND c.id > $2 ORDER BY c.id LIMIT $3",
        )
        .bind(issuer)
        .bind(after)
        .bind(i64::from(limit))
        .bind(stored(now, "now")?)
        .bind(stored(now.saturating_add(CLOCK_TOLERANCE_S), "now")?)
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(affected_credential).collect()
    }
}

fn affected_credential(row: &SqliteRow) -> Result<AffectedDocument, StoreError> {
    let mut keys = Vec::new();
    for (leaked, column) in [("by_signer", "signed_by"), ("by_head", "head_signed_by")] {
        if super::row::flag(row, leaked)? {
            keys.extend(value::<Option<String>>(row, column)?);
        }
    }
    Ok(AffectedDocument {
        kind: AffectedDocument::CREDENTIAL,
        id: value(row, "id")?,
        agent: Some(value(row, "agent")?),
        credential_id: None,
        keys,
        issued_at: unsigned(row, "created_at")?,
        expires_at: Some(unsigned(row, "valid_until")?),
    })
}

fn decode(row: &SqliteRow) -> Result<IssuerKeyRow, StoreError> {
    Ok(IssuerKeyRow {
        name: value(row, "name")?,
        purpose: value(row, "purpose")?,
        state: value(row, "state")?,
        public_key_multibase: value(row, "public_key_multibase")?,
        sealed_secret: value(row, "sealed_secret")?,
        created_at: unsigned(row, "created_at")?,
        retired_at: unsigned_opt(row, "retired_at")?,
        compromised_at: unsigned_opt(row, "compromised_at")?,
        dropped_at: unsigned_opt(row, "dropped_at")?,
        endorsement: value(row, "endorsement")?,
    })
}
