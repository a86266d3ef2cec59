//! The chain that says who stands behind an agent, as far as Proof of Agenthood reads it.
//!
//! A [`ChainReader`] answers two questions, from finalised blocks only: what an agent is now
//! ([`snapshot`](ChainReader::snapshot), everything in the `agent` claim) and what changed since a block
//! ([`changes_since`](ChainReader::changes_since), for the watcher). A service has one reader, chosen by its
//! configuration; nothing ever falls back from one to another.
//!
//! | reader | what |
//! |---|---|
//! | [`EmbeddedReader`] | the registry in the service's own database, the default |
//! | [`HttpReader`] | another party's chain behind a small JSON contract (`schemas/chain-reader.json`), which a service also serves from its embedded registry |
//!
//! A reader of a Substrate node fits behind the same trait: pallet `Agents`, map `Agents` by account (`name`,
//! `compiled_hash`, `owner`, `version`, `active`, `tools[].name`, `tool_operator`), `System.Account` for the free
//! balance, `chain_getFinalizedHead` and `chain_getHeader` for the block, storage change sets for `changes_since`.

use std::future::Future;
use std::pin::Pin;

use poa_verifier::agenthood::claims::AgentClaim;
use poa_verifier::agenthood::hex32::{AbgHash, BlockHash};
use poa_verifier::agenthood::instant::Instant;
use poa_verifier::agenthood::ss58::Address;
use serde::{Deserialize, Serialize};

mod embedded;
mod http;

pub use embedded::EmbeddedReader;
pub use http::{BaseUrl, BaseUrlError, HttpReader, HttpSettings};

/// What a reader's answer is, once awaited.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ChainError>> + Send + 'a>>;

/// Reads one chain. Every answer is of finalised blocks.
pub trait ChainReader: Send + Sync {
    /// The agent's state at the newest finalised block.
    fn snapshot<'a>(&'a self, agent: &'a Address) -> Answer<'a, ChainSnapshot>;

    /// What changed after block `after`, in block order, whole blocks only; possibly not up to the head yet.
    fn changes_since(&self, after: u64) -> Answer<'_, Changes>;

    /// A name for metrics and `/ready`: `embedded` or `http`.
    fn kind(&self) -> &'static str;
}

/// Which chain this is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ChainId {
    /// For people.
    pub name: String,
    /// Hash of block 0.
    pub genesis: BlockHash,
    /// Whether this is invented data. Only then are documents issued that nobody signed for.
    #[serde(default)]
    pub fixture: bool,
}

/// A block.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Block {
    /// Its height.
    pub number: u64,
    /// Its hash.
    pub hash: BlockHash,
    /// Unix milliseconds.
    pub time_ms: u64,
    /// Whether the chain can no longer go back behind it. Others are not read.
    pub finalized: bool,
}

/// One agent at one block.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ChainSnapshot {
    /// The chain.
    pub chain: ChainId,
    /// The block that was read.
    pub block: Block,
    /// The `agent` claim; null when the agent is not registered.
    #[serde(deserialize_with = "Option::deserialize")]
    pub agent: Option<AgentClaim>,
    /// Whether the chain may remove the agent for want of funds.
    #[serde(default)]
    pub collectable: bool,
}

/// What may end a document, as it stands after a block.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Watched {
    /// False once deregistered.
    pub registered: bool,
    /// Hash of the behaviour graph.
    pub abg_hash: AbgHash,
    /// Its version.
    pub abg_version: u64,
    /// Whether the agent controls itself.
    pub sovereign: bool,
    /// Who controls it otherwise.
    #[serde(deserialize_with = "Option::deserialize")]
    pub controller: Option<Address>,
    /// Since when the balance is zero, Unix milliseconds; null while there is one.
    #[serde(deserialize_with = "Option::deserialize")]
    pub zero_balance_since_ms: Option<u64>,
    /// Whether the chain may remove the agent for want of funds.
    #[serde(default)]
    pub collectable: bool,
}

/// One agent's change in one block.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Which agent.
    pub agent: Address,
    /// The block that changed it.
    pub block: Block,
    /// Its state afterwards.
    pub state: Watched,
}

/// The answer of [`ChainReader::changes_since`].
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// The chain.
    pub chain: ChainId,
    /// The newest finalised block.
    pub head: Block,
    /// Every change up to this block is in the list; below `head.number` when there are more.
    pub through: u64,
    /// In block order.
    pub changes: Vec<Change>,
}

/// Why the chain could not be read. Never a reason to revoke anything.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// No answer in time, or a refusal.
    #[error("the chain reader cannot be reached: {0}")]
    Unreachable(String),
    /// An answer that is not of the contract.
    #[error("the chain reader's answer is refused: {0}")]
    Malformed(String),
}

impl ChainSnapshot {
    /// Refuses what no reader may say: a block that is not final, an agent other than the one asked for.
    ///
    /// # Errors
    /// [`ChainError::Malformed`].
    pub fn check(self, agent: &Address) -> Result<Self, ChainError> {
        check_chain(&self.chain)?;
        check_block(&self.block)?;
        if let Some(claim) = &self.agent {
            if claim.agent_id != *agent {
                return Err(ChainError::Malformed("it is of another agent".to_owned()));
            }
            if claim.snapshot_at_block != self.block.number {
                return Err(ChainError::Malformed("the agent's block is not the snapshot's".to_owned()));
            }
            if claim.abg().is_none() {
                return Err(ChainError::Malformed("abgHash is no hash".to_owned()));
            }
        }
        Ok(self)
    }
}

impl Changes {
    /// Refuses lists that are out of order, go beyond what they claim or are not final.
    ///
    /// # Errors
    /// [`ChainError::Malformed`].
    pub fn check(self, after: u64) -> Result<Self, ChainError> {
        let malformed = |text: &str| Err(ChainError::Malformed(text.to_owned()));
        check_chain(&self.chain)?;
        check_block(&self.head)?;
        if self.through > self.head.number {
            return malformed("it claims blocks after the head");
        }
        let mut last = after;
        for change in &self.changes {
            check_block(&change.block)?;
            if change.block.number < last || change.block.number == after || change.block.number > self.through {
                return malformed("its blocks are out of order");
            }
            if change.block.time_ms > self.head.time_ms {
                return malformed("a block is later than the head");
            }
            last = change.block.number;
        }
        Ok(self)
    }
}

fn check_chain(chain: &ChainId) -> Result<(), ChainError> {
    if chain.name.is_empty() || chain.name.len() > 64 {
        return Err(ChainError::Malformed("the chain's name has 1 to 64 bytes".to_owned()));
    }
    Ok(())
}

fn check_block(block: &Block) -> Result<(), ChainError> {
    if !block.finalized {
        return Err(ChainError::Malformed(format!("block {} is not finalised", block.number)));
    }
    // Database integers are signed; no chain comes near.
    if block.number > i64::MAX as u64 || Instant::from_unix_ms(block.time_ms).is_err() {
        return Err(ChainError::Malformed("a block's number or time is out of range".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
