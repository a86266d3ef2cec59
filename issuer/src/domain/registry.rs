//! The embedded registry: a small chain of our own, kept in the service's database and written by its operator.
//!
//! One block per change, final at once, numbered without gaps; there are no empty blocks, so the head is the newest
//! change and its time that of asking. Times never go back, whatever the clock does. A block's hash commits to its
//! parent, its number and what changed. A reader must not derive time from numbers here, as it might on a chain with a
//! block every six seconds.

use poa_verifier::agenthood::claims::AgentClaim;
use poa_verifier::agenthood::hex32::BlockHash;
use poa_verifier::agenthood::ss58::Address;
use poa_verifier::json;
use rand_core::Rng as _;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::EntropyRng;
use crate::chain::{Block, ChainId, ChainSnapshot, Change, Changes, Watched};
use crate::store::{FromStore, RegistryChainRow, RegistryChangeRow, Store, StoreError, Tx};

mod act;
mod record;

pub use act::{Act, NewAgent};
pub use record::{MAX_ABG_BYTES, Record};

/// Runs that the `recentRuns` claim samples.
pub const SAMPLED_RUNS: u32 = 100;
/// Most runs recorded in one change.
pub const MAX_RUNS: u32 = 1_000;
/// Changes per answer of [`Registry::changes_since`].
const PAGE: u32 = 500;

/// Why the registry refused a change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// No agent of this address is registered.
    #[error("no agent of this address is registered")]
    NotRegistered,
    /// It is registered already.
    #[error("an agent of this address is registered already")]
    AlreadyRegistered,
    /// The agent is so already; a block without a change would say nothing.
    #[error("nothing would change")]
    Unchanged,
    /// A member that cannot be.
    #[error("{member}: {reason}")]
    Member {
        /// Its name.
        member: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FromStore for RegistryError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

/// The registry over a store.
#[derive(Clone, Debug)]
pub struct Registry {
    store: Store,
    chain: ChainId,
}

impl Registry {
    /// Opens the chain, starting it with a random genesis when there is none.
    pub async fn open(
        store: Store,
        name: String,
        fixture: bool,
        rng: &mut EntropyRng,
        now: u64,
    ) -> Result<Self, RegistryError> {
        let mut genesis = [0; 32];
        rng.fill_bytes(&mut genesis);
        let row = store
            .run_tx("open_registry", |tx, _| {
                Box::pin(async move {
                    if tx.registry_chain().await?.is_none() {
                        tx.insert_registry_chain(&genesis, now).await?;
                    }
                    chain_row(tx).await
                })
            })
            .await?;
        Ok(Self { store, chain: ChainId { name, genesis: BlockHash::new(row.genesis), fixture } })
    }

    /// Which chain this is.
    pub fn chain(&self) -> &ChainId {
        &self.chain
    }

    /// Makes one change in a block of its own, recorded among the operator's acts.
    pub async fn apply(&self, agent: &Address, act: &Act, now: u64) -> Result<Block, RegistryError> {
        self.store
            .run_tx("registry_change", |tx, _| {
                Box::pin(async move {
                    let chain = chain_row(tx).await?;
                    let number = chain.block + 1;
                    let at = now.max(chain.block_at);
                    let before = stored_record(tx, agent).await?;
                    let after = act.apply(before, number, at * 1000)?;
                    let state = serde_json::to_value(after.watched()).map_err(|_| StoreError::Corrupt("state"))?;
                    let hash = block_hash(&chain.block_hash, number, agent, act.name(), &state);
                    let change = RegistryChangeRow {
                        block: number,
                        agent: agent.to_string(),
                        act: act.name().to_owned(),
                        at,
                        hash,
                        state: state.to_string(),
                    };
                    let record = serde_json::to_string(&after).map_err(|_| StoreError::Corrupt("record"))?;
                    tx.insert_registry_change(&change, &record).await?;
                    for kzg in act.runs() {
                        tx.insert_registry_run(&agent.to_string(), number, kzg).await?;
                    }
                    let detail = json!({ "block": number });
                    tx.log_act(now, &format!("registry_{}", act.name()), &agent.to_string(), &detail).await?;
                    Ok(block(number, &hash, at))
                })
            })
            .await
    }

    /// The agent at the head.
    pub async fn snapshot(&self, agent: &Address, now: u64) -> Result<ChainSnapshot, RegistryError> {
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    let head = head(&chain_row(tx).await?, now);
                    let record = stored_record(tx, agent).await?.filter(|record| record.registered);
                    let runs = tx.registry_runs(&agent.to_string(), SAMPLED_RUNS).await?;
                    let collectable = record.as_ref().is_some_and(|record| record.collectable);
                    let claim: Option<AgentClaim> =
                        record.map(|record| record.claim(agent, &runs, &head)).transpose()?;
                    Ok(ChainSnapshot { chain: self.chain.clone(), block: head, agent: claim, collectable })
                })
            })
            .await
    }

    /// The changes after a block.
    pub async fn changes_since(&self, after: u64, now: u64) -> Result<Changes, RegistryError> {
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    let chain = chain_row(tx).await?;
                    let head = head(&chain, now);
                    let rows = tx.registry_changes(after, PAGE).await?;
                    // One change per block, so a cut between rows is a cut between blocks.
                    let through = match rows.last() {
                        Some(last) if rows.len() == PAGE as usize => last.block,
                        _ => head.number,
                    };
                    let changes = rows.into_iter().map(change).collect::<Result<_, StoreError>>()?;
                    Ok(Changes { chain: self.chain.clone(), head, through, changes })
                })
            })
            .await
    }
}

async fn chain_row(tx: &mut Tx) -> Result<RegistryChainRow, StoreError> {
    tx.registry_chain().await?.ok_or(StoreError::Corrupt("registry_chain.id"))
}

async fn stored_record(tx: &mut Tx, agent: &Address) -> Result<Option<Record>, StoreError> {
    let text = tx.registry_agent(&agent.to_string()).await?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| StoreError::Corrupt("registry_agents.record"))).transpose()
}

fn change(row: RegistryChangeRow) -> Result<Change, StoreError> {
    let state: Watched = serde_json::from_str(&row.state).map_err(|_| StoreError::Corrupt("registry_changes.state"))?;
    let agent = row.agent.parse().map_err(|_| StoreError::Corrupt("registry_changes.agent"))?;
    Ok(Change { block: block(row.block, &row.hash, row.at), agent, state })
}

/// The newest block. Its state stands until the next change, so its time is that of asking.
fn head(chain: &RegistryChainRow, now: u64) -> Block {
    block(chain.block, &chain.block_hash, now.max(chain.block_at))
}

fn block(number: u64, hash: &[u8; 32], at: u64) -> Block {
    Block { number, hash: BlockHash::new(*hash), time_ms: at.saturating_mul(1000), finalized: true }
}

fn block_hash(parent: &[u8; 32], number: u64, agent: &Address, act: &str, state: &Value) -> [u8; 32] {
    let content = json!({ "agent": agent, "act": act, "state": state });
    Sha256::new()
        .chain_update(b"poa/v1/registry-block\0")
        .chain_update(parent)
        .chain_update(number.to_be_bytes())
        .chain_update(json::canonical(&content))
        .finalize()
        .into()
}

#[cfg(test)]
mod tests;
