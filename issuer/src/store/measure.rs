//! Rows that measuring needs around the log.

use super::packed::each_record;
use super::{StoreError, Tx};
use crate::domain::AgentUuid;

const INSERT: &str = concat!(
    "INSERT INTO agents (id, name, custody, status, holder_key, identity, pseudonym, registered_at, version, due) ",
    each_record!(),
    "SELECT CAST(substr($1, at + 1, 36) AS TEXT), 'measured', 'holder', 'active', $3, $3, $3, 0, 0, 0 FROM record"
);

impl Tx {
    /// Agents to whom leaves can refer, without keys of their own.
    pub(crate) async fn insert_stand_ins(&mut self, ids: &[AgentUuid]) -> Result<(), StoreError> {
        let records: Vec<u8> = ids.iter().flat_map(|id| id.to_string().into_bytes()).collect();
        sqlx::query(INSERT).bind(records).bind(36i64).bind(vec![0u8; 32]).execute(self.conn()).await?;
        Ok(())
    }
}
