//! Verifiers that the operator knows.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::row::{bytes32, parsed, stored, unsigned, value};
use super::{StoreError, Tx};
use crate::domain::{RegisteredVerifier, VerifierId};

const SELECT: &str = "SELECT id, origin, name, token_sha256, registered_at FROM verifiers ";

impl Tx {
    /// Stores a verifier.
    pub async fn insert_verifier(&mut self, verifier: &RegisteredVerifier) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO verifiers (id, origin, name, token_sha256, registered_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(verifier.id.to_string())
        .bind(&verifier.origin)
        .bind(&verifier.name)
        .bind(verifier.token_sha256.to_vec())
        .bind(stored(verifier.registered_at, "verifiers.registered_at")?)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Every verifier, in order of origin.
    pub async fn verifiers(&mut self) -> Result<Vec<RegisteredVerifier>, StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT}ORDER BY origin"))).fetch_all(self.conn()).await?;
        rows.iter().map(decode).collect()
    }

    /// The verifier of a token.
    pub async fn verifier_of_token(&mut self, sha256: &[u8; 32]) -> Result<Option<RegisteredVerifier>, StoreError> {
        let query = sqlx::AssertSqlSafe(format!("{SELECT}WHERE token_sha256 = $1"));
        let row = sqlx::query(query).bind(sha256.to_vec()).fetch_optional(self.conn()).await?;
        row.as_ref().map(decode).transpose()
    }

    /// Deletes a verifier. Gives its origin.
    pub async fn delete_verifier(&mut self, id: VerifierId) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("DELETE FROM verifiers WHERE id = $1 RETURNING origin")
            .bind(id.to_string())
            .fetch_optional(self.conn())
            .await?;
        row.map(|row| Ok(row.try_get("origin")?)).transpose()
    }
}

fn decode(row: &SqliteRow) -> Result<RegisteredVerifier, StoreError> {
    Ok(RegisteredVerifier {
        id: parsed(row, "id")?,
        origin: value(row, "origin")?,
        name: value(row, "name")?,
        token_sha256: bytes32(row, "token_sha256")?,
        registered_at: unsigned(row, "registered_at")?,
    })
}
