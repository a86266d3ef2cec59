//! The operator's log.

use serde_json::Value;

use super::row::{parsed, stored, unsigned, value};
use super::{Store, StoreError, Tx};

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
