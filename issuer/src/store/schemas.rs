//! Attestation schemas and disclosure schemas.

use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::row::{blob, element, parsed, stored, unsigned, unsigned_opt, value};
use super::{StoreError, Tx};
use crate::domain::{AttestationSchemaRecord, DisclosureSchemaRecord};

const DISCLOSURE: &str = "SELECT id, name, version, digest_sri, document, created_at FROM disclosure_schemas ";

impl Tx {
    /// Stores an attestation schema.
    pub async fn insert_attestation_schema(
        &mut self,
        schema: &AttestationSchemaRecord,
        now: u64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO attestation_schemas (id, name, version, field, custody, document, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&schema.id)
        .bind(&schema.name)
        .bind(i64::from(schema.version))
        .bind(blob(&schema.field))
        .bind(schema.custody.as_str())
        .bind(canonical(&schema.document))
        .bind(stored(now, "attestation_schemas.created_at")?)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Every attestation schema, oldest first.
    pub async fn attestation_schemas(&mut self) -> Result<Vec<AttestationSchemaRecord>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, name, version, field, custody, document FROM attestation_schemas \
             ORDER BY created_at, name, version",
        )
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(decode_attestation_schema).collect()
    }

    /// When the newest attestation schema was stored; none when there are none.
    pub async fn newest_attestation_schema_time(&mut self) -> Result<Option<u64>, StoreError> {
        let row = sqlx::query("SELECT MAX(created_at) AS at FROM attestation_schemas").fetch_one(self.conn()).await?;
        unsigned_opt(&row, "at")
    }

    /// Stores a disclosure schema.
    pub async fn insert_disclosure_schema(&mut self, schema: &DisclosureSchemaRecord) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO disclosure_schemas (id, name, version, digest_sri, document, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&schema.id)
        .bind(&schema.name)
        .bind(i64::from(schema.version))
        .bind(&schema.digest_sri)
        .bind(canonical(&schema.document))
        .bind(stored(schema.created_at, "disclosure_schemas.created_at")?)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// A disclosure schema by name and version.
    pub async fn disclosure_schema(
        &mut self,
        name: &str,
        version: u32,
    ) -> Result<Option<DisclosureSchemaRecord>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(DISCLOSURE);
        query.push("WHERE name = ").push_bind(name);
        query.push(" AND version = ").push_bind(i64::from(version));
        let row = query.build().fetch_optional(self.conn()).await?;
        row.as_ref().map(decode_disclosure_schema).transpose()
    }

    /// Every disclosure schema.
    pub async fn disclosure_schemas(&mut self) -> Result<Vec<DisclosureSchemaRecord>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(DISCLOSURE);
        let rows = query.push("ORDER BY name, version").build().fetch_all(self.conn()).await?;
        rows.iter().map(decode_disclosure_schema).collect()
    }
}

fn canonical(document: &Value) -> String {
    String::from_utf8(poa_verifier::json::canonical(document)).expect("JCS writes UTF-8")
}

fn decode_attestation_schema(row: &SqliteRow) -> Result<AttestationSchemaRecord, StoreError> {
    const CORRUPT: StoreError = StoreError::Corrupt("attestation_schemas.document");
    let document: Value = parsed(row, "document")?;
    let capabilities = document["capabilities"].as_array().ok_or(CORRUPT)?;
    Ok(AttestationSchemaRecord {
        id: value(row, "id")?,
        name: value(row, "name")?,
        version: unsigned(row, "version")?,
        field: element(row, "field")?,
        custody: parsed(row, "custody")?,
        capabilities: capabilities
            .iter()
            .map(|name| name.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or(CORRUPT)?,
        leaf_lifetime_s: document["leaf_lifetime"].as_u64().ok_or(CORRUPT)?,
        revoke_on_supersede: document["revoke_on_supersede"].as_bool().ok_or(CORRUPT)?,
        document,
    })
}

fn decode_disclosure_schema(row: &SqliteRow) -> Result<DisclosureSchemaRecord, StoreError> {
    Ok(DisclosureSchemaRecord {
        id: value(row, "id")?,
        name: value(row, "name")?,
        version: unsigned(row, "version")?,
        document: parsed(row, "document")?,
        digest_sri: value(row, "digest_sri")?,
        created_at: unsigned(row, "created_at")?,
    })
}
