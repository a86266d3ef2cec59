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
//! | [`GivenReader`] | whatever the program brings that embeds the service |
//!
//! No reader is believed unchecked: the service reads through [`Chain`], and on behalf of callers through
//! [`BoundedReads`].
//!
//! A reader of a Substrate node fits behind the same trait: pallet `Agents`, map `Agents` by account (`name`,
//! `compiled_hash`, `owner`, `version`, `active`, `tools[].name`, `tool_operator`), `System.Account` for the free
//! balance, `chain_getFinalizedHead` and `chain_getHeader` for the block, storage change sets for `changes_since`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use poa_verifier::agenthood::claims::AgentClaim;
use poa_verifier::agenthood::hex32::{AbgHash, BlockHash};
use poa_verifier::agenthood::ss58::Address;
use serde::{Deserialize, Serialize};

/// Largest claim of an agent in canonical form: a document with it, in base64 and with all that the service adds, stays
/// within what verifiers read.
pub const MAX_CLAIM_BYTES: usize = 20 * 1024;

mod checked;
mod claim;
mod embedded;
mod http;
mod reads;

pub use checked::Chain;
pub use embedded::EmbeddedReader;
pub use http::{BaseUrl, BaseUrlError, HttpReader, HttpSettings};
pub use reads::{BoundedReads, ReadLimits};

/// What a reader's answer is, once awaited.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ChainError>> + Send + 'a>>;

/// Reads one chain. Every answer is of finalised blocks. [`Chain`] checks what can be checked of it.
pub trait ChainReader: Send + Sync {
    /// The agent's state at the newest finalised block.
    fn snapshot<'a>(&'a self, agent: &'a Address) -> Answer<'a, ChainSnapshot>;

    /// What changed after block `after`, in block order, whole blocks only; possibly not up to the head yet.
    fn changes_since(&self, after: u64) -> Answer<'_, Changes>;

    /// A name for `/ready`: `embedded`, `http` or what a given reader calls itself.
    fn kind(&self) -> &'static str;
}

/// A reader that the program brings which embeds the service.
#[derive(Clone)]
pub struct GivenReader(pub Arc<dyn ChainReader>);

impl fmt::Debug for GivenReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GivenReader({})", self.0.kind())
    }
}

/// Where a chain was read: which chain, at which finalised block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReadAt {
    /// The chain, by the hash of its block 0.
    pub genesis: BlockHash,
    /// The block's number.
    pub block: u64,
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
    #[serde(deserialize_with = "claim::exact")]
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
    /// The chain or its reader stands still; what it says may long be otherwise.
    #[error("the chain's head is {age} s old, more than {max} s: the chain or its reader stands still")]
    HeadTooOld {
        /// Seconds.
        age: u64,
        /// The most that counts.
        max: u64,
    },
    /// The clocks disagree, and ages mean nothing.
    #[error("the chain's head is {ahead} s ahead of this clock: set the clock, or the chain's")]
    HeadAhead {
        /// Seconds.
        ahead: u64,
    },
    /// As many readings wait as the service lets wait; nothing was asked of the chain.
    #[error("too many readings of the chain are under way")]
    Busy,
}

impl ChainSnapshot {
    /// Where the chain was read.
    pub fn read_at(&self) -> ReadAt {
        ReadAt { genesis: self.chain.genesis, block: self.block.number }
    }
}

#[cfg(test)]
mod tests;
