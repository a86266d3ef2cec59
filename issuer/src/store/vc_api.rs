//! Credentials that VC-API was asked for.

use poa_verifier::trust::ListPurpose;

use super::row::{flag, parsed, stored, unsigned, unsigned_opt, value};
use super::{StoreError, Tx};
use crate::domain::vc_api::NewVcApiCredential;
use crate::domain::{AffectedDocument, CLOCK_TOLERANCE_S, CredentialId};

/// What is decided about a credential.
pub(crate) struct VcApiRow {
    pub id: CredentialId,
    pub revoked: bool,
}

impl Tx {
    /// Stores a credential's record.
    pub(crate) async fn insert_vc_api_credential(
        &mut self,
        id: CredentialId,
        new: &NewVcApiCredential,
        signed_by: &str,
    ) -> Result<(), StoreError> {
        let expires_at = new.expires_at.map(|at| stored(at, "vc_api_credentials.expires_at")).transpose()?;
        sqlx::query(
            "INSERT INTO vc_api_credentials (id, reference, signed_by, issued_at, expires_at, revoked, suspended, \
             status_due) VALUES ($1, $2, $3, $4, $5, 0, 0, 0)",
        )
        .bind(id.to_string())
        .bind(&new.reference)
        .bind(signed_by)
        .bind(stored(new.issued_at, "vc_api_credentials.issued_at")?)
        .bind(expires_at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The credentials that a reference names, or the one of them with an index.
    pub(crate) async fn vc_api_credentials(
        &mut self,
        reference: &str,
        index: Option<u32>,
    ) -> Result<Vec<VcApiRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT v.id, v.revoked FROM vc_api_credentials v JOIN status_entries s ON s.credential = v.id \
             WHERE v.reference = $1 AND ($2 IS NULL OR s.idx = $2)",
        )
        .bind(reference)
        .bind(index.map(i64::from))
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(|row| Ok(VcApiRow { id: parsed(row, "id")?, revoked: flag(row, "revoked")? })).collect()
    }

    /// Notes a decision about a credential.
    pub(crate) async fn set_vc_api_status(
        &mut self,
        id: CredentialId,
        purpose: ListPurpose,
        set: bool,
    ) -> Result<(), StoreError> {
        let sql = match purpose {
            ListPurpose::Revocation => "UPDATE vc_api_credentials SET revoked = $2, status_due = 1 WHERE id = $1",
            ListPurpose::Suspension => "UPDATE vc_api_credentials SET suspended = $2, status_due = 1 WHERE id = $1",
        };
        sqlx::query(sql).bind(id.to_string()).bind(i64::from(set)).execute(self.conn()).await?;
        Ok(())
    }

    /// Whether a decision waits for the next publication.
    pub async fn any_vc_api_status_due(&mut self) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM vc_api_credentials WHERE status_due = 1 LIMIT 1");
        Ok(row.fetch_optional(self.conn()).await?.is_some())
    }

    /// Writes the bits that were decided. Gives how many changed.
    pub async fn write_vc_api_status(&mut self) -> Result<u64, StoreError> {
        let changed = sqlx::query(
            "UPDATE status_entries SET (revoked, suspended) = \
             (SELECT v.revoked, v.suspended FROM vc_api_credentials v WHERE v.id = status_entries.credential) \
             WHERE EXISTS (SELECT 1 FROM vc_api_credentials v WHERE v.id = status_entries.credential \
             AND v.status_due = 1 AND (v.revoked, v.suspended) <> (status_entries.revoked, status_entries.suspended))",
        )
        .execute(self.conn())
        .await?;
        sqlx::query("UPDATE vc_api_credentials SET status_due = 0 WHERE status_due = 1").execute(self.conn()).await?;
        Ok(changed.rows_affected())
    }

    /// Whether a credential that a key signed is neither revoked nor expired. One without `validUntil` never expires.
    pub async fn any_vc_api_credential_of(&mut self, key: &str, now: u64) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT 1 FROM vc_api_credentials WHERE signed_by = $1 AND revoked = 0 \
             AND (expires_at IS NULL OR expires_at >= $2) LIMIT 1",
        )
        .bind(key)
        .bind(stored(now, "now")?)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.is_some())
    }

    /// Credentials that verify no more because their key is compromised, or that lie in the future: neither revoked nor
    /// expired, by ascending id.
    pub async fn affected_vc_api_credentials(
        &mut self,
        issuer: &str,
        after: &str,
        limit: u32,
        now: u64,
    ) -> Result<Vec<AffectedDocument>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, reference, $1 || '#' || k.name AS kid, issued_at, expires_at FROM vc_api_credentials \
             LEFT JOIN issuer_keys k ON k.name = signed_by AND k.state = 'compromised' \
             WHERE (k.name IS NOT NULL OR issued_at > $5) AND revoked = 0 \
             AND (expires_at IS NULL OR expires_at >= $4) AND id > $2 ORDER BY id LIMIT $3",
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
                    kind: AffectedDocument::VC_API,
                    id: value(row, "id")?,
                    agent: None,
                    credential_id: Some(value(row, "reference")?),
                    keys: value::<Option<String>>(row, "kid")?.into_iter().collect(),
                    issued_at: unsigned(row, "issued_at")?,
                    expires_at: unsigned_opt(row, "expires_at")?,
                })
            })
            .collect()
    }
}
