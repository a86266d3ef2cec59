//! The issuer's keys, sealed, and the operator's log.

use serde_json::Value;
use sqlx::sqlite::SqliteRow;

use super::row::{parsed, stored, unsigned, value};
use super::{Store, StoreError, Tx};

/// An issuer key as stored.
#[derive(Clone)]
pub struct IssuerKeyRow {
    /// Fragment of the key id.
    pub name: String,
    /// `credentials`, `heads` or `status`.
    pub purpose: String,
    /// `active`, `retired` or `compromised`.
    pub state: String,
    /// Multikey.
    pub public_key_multibase: String,
    /// Ed25519 secret, sealed for this table, this name and this column.
    pub sealed_secret: Vec<u8>,
    /// Unix seconds.
    pub created_at: u64,
}

/// One line of the operator's log.
#[derive(Clone, Debug, PartialEq)]
pub struct OperatorAct {
    /// Unix seconds.
    pub at: u64,
    /// What was done.
    pub act: String,
    /// To what.
    pub subject: String,
    /// Without secrets.
    pub detail: Value,
}

impl Store {
    /// The issuer's keys, oldest first.
    pub async fn issuer_keys(&self) -> Result<Vec<IssuerKeyRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT name, purpose, state, public_key_multibase, sealed_secret, created_at FROM issuer_keys \
             ORDER BY created_at, name",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(decode_key).collect()
    }

    /// Stores an issuer key.
    pub async fn insert_issuer_key(&self, key: IssuerKeyRow) -> Result<(), StoreError> {
        let key = &key;
        self.run_tx("insert_issuer_key", |tx, _| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO issuer_keys (name, purpose, state, public_key_multibase, sealed_secret, created_at) \
                     VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .bind(&key.name)
                .bind(&key.purpose)
                .bind(&key.state)
                .bind(&key.public_key_multibase)
                .bind(&key.sealed_secret)
                .bind(stored(key.created_at, "issuer_keys.created_at")?)
                .execute(tx.conn())
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Changes the state of an issuer key; false when there is none of that name.
    pub async fn set_issuer_key_state(&self, name: &str, state: &str) -> Result<bool, StoreError> {
        self.run_tx("set_issuer_key_state", |tx, _| {
            Box::pin(async move {
                let done = sqlx::query("UPDATE issuer_keys SET state = $2 WHERE name = $1")
                    .bind(name)
                    .bind(state)
                    .execute(tx.conn())
                    .await?;
                Ok(done.rows_affected() == 1)
            })
        })
        .await
    }

    /// The operator's log, oldest first.
    pub async fn operator_acts(&self) -> Result<Vec<OperatorAct>, StoreError> {
        let rows = sqlx::query("SELECT at, act, subject, detail FROM operator_acts ORDER BY id")
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(OperatorAct {
                    at: unsigned(row, "at")?,
                    act: value(row, "act")?,
                    subject: value(row, "subject")?,
                    detail: parsed(row, "detail")?,
                })
            })
            .collect()
    }
}

impl Tx {
    /// Writes a line of the operator's log, in the transaction of the act.
    pub async fn log_act(&mut self, at: u64, act: &str, subject: &str, detail: &Value) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO operator_acts (at, act, subject, detail) VALUES ($1, $2, $3, $4)")
            .bind(stored(at, "operator_acts.at")?)
            .bind(act)
            .bind(subject)
            .bind(detail.to_string())
            .execute(self.conn())
            .await?;
        Ok(())
    }
}

fn decode_key(row: &SqliteRow) -> Result<IssuerKeyRow, StoreError> {
    Ok(IssuerKeyRow {
        name: value(row, "name")?,
        purpose: value(row, "purpose")?,
        state: value(row, "state")?,
        public_key_multibase: value(row, "public_key_multibase")?,
        sealed_secret: value(row, "sealed_secret")?,
        created_at: unsigned(row, "created_at")?,
    })
}
