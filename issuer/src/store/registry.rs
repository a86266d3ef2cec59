//! The embedded registry: the chain's state, its changes, inference runs.

use sqlx::sqlite::SqliteRow;

use super::row::{bytes32, flag, stored, unsigned, value};
use super::{StoreError, Tx};

/// Where the embedded chain stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RegistryChainRow {
    /// Hash of block 0.
    pub genesis: [u8; 32],
    /// Time of block 0, Unix seconds.
    pub started_at: u64,
    /// Newest block with a change.
    pub block: u64,
    /// Its hash.
    pub block_hash: [u8; 32],
    /// Its time, Unix seconds.
    pub block_at: u64,
}

/// A block that changed an agent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RegistryChangeRow {
    /// Its number.
    pub block: u64,
    /// SS58 address.
    pub agent: String,
    /// What was done.
    pub act: String,
    /// Unix seconds.
    pub at: u64,
    /// The block's hash.
    pub hash: [u8; 32],
    /// JSON of what watchers compare.
    pub state: String,
}

impl Tx {
    /// The chain; none before the first start.
    pub async fn registry_chain(&mut self) -> Result<Option<RegistryChainRow>, StoreError> {
        let row =
            sqlx::query("SELECT genesis, started_at, block, block_hash, block_at FROM registry_chain WHERE id = 1")
                .fetch_optional(self.conn())
                .await?;
        row.map(|row| {
            Ok(RegistryChainRow {
                genesis: bytes32(&row, "genesis")?,
                started_at: unsigned(&row, "started_at")?,
                block: unsigned(&row, "block")?,
                block_hash: bytes32(&row, "block_hash")?,
                block_at: unsigned(&row, "block_at")?,
            })
        })
        .transpose()
    }

    /// Starts the chain.
    pub async fn insert_registry_chain(&mut self, genesis: &[u8; 32], now: u64) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO registry_chain (id, genesis, started_at, block, block_hash, block_at) VALUES (1, $1, $2, 0, $1, $2)",
        )
        .bind(genesis.to_vec())
        .bind(stored(now, "registry_chain.started_at")?)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// An agent's state as JSON.
    pub async fn registry_agent(&mut self, agent: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT record FROM registry_agents WHERE agent = $1")
            .bind(agent)
            .fetch_optional(self.conn())
            .await?;
        row.map(|row| value(&row, "record")).transpose()
    }

    /// Appends a block and the state after it.
    pub async fn insert_registry_change(&mut self, change: &RegistryChangeRow, record: &str) -> Result<(), StoreError> {
        let block = stored(change.block, "registry_changes.block")?;
        sqlx::query(
            "INSERT INTO registry_changes (block, agent, act, at, hash, state) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(block)
        .bind(&change.agent)
        .bind(&change.act)
        .bind(stored(change.at, "registry_changes.at")?)
        .bind(change.hash.to_vec())
        .bind(&change.state)
        .execute(self.conn())
        .await?;
        sqlx::query(
            "INSERT INTO registry_agents (agent, record, block) VALUES ($1, $2, $3) \
             ON CONFLICT (agent) DO UPDATE SET record = excluded.record, block = excluded.block",
        )
        .bind(&change.agent)
        .bind(record)
        .bind(block)
        .execute(self.conn())
        .await?;
        sqlx::query("UPDATE registry_chain SET block = $1, block_hash = $2, block_at = $3 WHERE id = 1")
            .bind(block)
            .bind(change.hash.to_vec())
            .bind(stored(change.at, "registry_chain.block_at")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Changes after a block, in order, at most `limit`.
    pub async fn registry_changes(&mut self, after: u64, limit: u32) -> Result<Vec<RegistryChangeRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT block, agent, act, at, hash, state FROM registry_changes WHERE block > $1 ORDER BY block LIMIT $2",
        )
        .bind(stored(after, "after")?)
        .bind(i64::from(limit))
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(decode).collect()
    }

    /// Records an inference run.
    pub async fn insert_registry_run(&mut self, agent: &str, block: u64, kzg: bool) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO registry_runs (agent, block, kzg) VALUES ($1, $2, $3)")
            .bind(agent)
            .bind(stored(block, "registry_runs.block")?)
            .bind(i64::from(kzg))
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// An agent's newest runs: the block of each and whether an opening verified it.
    pub async fn registry_runs(&mut self, agent: &str, limit: u32) -> Result<Vec<(u64, bool)>, StoreError> {
        let rows = sqlx::query("SELECT block, kzg FROM registry_runs WHERE agent = $1 ORDER BY id DESC LIMIT $2")
            .bind(agent)
            .bind(i64::from(limit))
            .fetch_all(self.conn())
            .await?;
        rows.iter().map(|row| Ok((unsigned(row, "block")?, flag(row, "kzg")?))).collect()
    }
}

fn decode(row: &SqliteRow) -> Result<RegistryChangeRow, StoreError> {
    Ok(RegistryChangeRow {
        block: unsigned(row, "block")?,
        agent: value(row, "agent")?,
        act: value(row, "act")?,
        at: unsigned(row, "at")?,
        hash: bytes32(row, "hash")?,
        state: value(row, "state")?,
    })
}
