//! The chain as the service reads it: whichever reader is behind it, no answer is believed unchecked, and none is waited
//! for without end.

use std::sync::Arc;
use std::time::Duration;

use poa_verifier::agenthood::claims::AgentClaim;
use poa_verifier::agenthood::instant::Instant;
use poa_verifier::agenthood::ss58::{Address, Network};
use poa_verifier::json;
use tokio::time::timeout;

use super::{Answer, Block, ChainError, ChainId, ChainReader, ChainSnapshot, Change, Changes, MAX_CLAIM_BYTES};
use crate::clock::Clock;

/// The longest that any answer is waited for. Readers give up earlier by themselves.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// How far a head's time may be ahead of this clock, seconds: two clocks that differ, no more.
const MAX_AHEAD_S: u64 = 30;

/// A reader whose answers are checked.
pub struct Chain {
    reader: Arc<dyn ChainReader>,
    network: Network,
    clock: Arc<dyn Clock>,
    max_head_age: Duration,
}

impl Chain {
    /// Reads through `reader`; addresses are of `network`, and a head older than `max_head_age` is no head.
    pub fn new(reader: Arc<dyn ChainReader>, network: Network, clock: Arc<dyn Clock>, max_head_age: Duration) -> Self {
        Self { reader, network, clock, max_head_age }
    }

    /// The agent's state at the newest finalised block.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn snapshot(&self, agent: &Address) -> Result<ChainSnapshot, ChainError> {
        let snapshot = in_time(self.reader.snapshot(agent)).await?.check(agent, self.network)?;
        self.check_head(&snapshot.block)?;
        Ok(snapshot)
    }

    /// What changed after block `after`.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn changes_since(&self, after: u64) -> Result<Changes, ChainError> {
        let changes = in_time(self.reader.changes_since(after)).await?.check(after, self.network)?;
        self.check_head(&changes.head)?;
        Ok(changes)
    }

    fn check_head(&self, head: &Block) -> Result<(), ChainError> {
        check_head_time(head.time_ms, self.clock.now_unix_s(), self.max_head_age.as_secs())
    }

    /// The reader's name.
    pub fn kind(&self) -> &'static str {
        self.reader.kind()
    }
}

async fn in_time<T>(answer: Answer<'_, T>) -> Result<T, ChainError> {
    let late = || ChainError::Unreachable(format!("no answer within {} s", ANSWER_LIMIT.as_secs()));
    timeout(ANSWER_LIMIT, answer).await.map_err(|_| late())?
}

impl ChainSnapshot {
    /// Refuses what no reader may say: a block that is not final, an agent other than the one asked for, an address of
    /// another network.
    ///
    /// # Errors
    /// [`ChainError::Malformed`].
    pub fn check(self, agent: &Address, network: Network) -> Result<Self, ChainError> {
        check_chain(&self.chain)?;
        check_block(&self.block)?;
        if let Some(claim) = &self.agent {
            if claim.agent_id != *agent {
                return malformed("it is of another agent");
            }
            if claim.snapshot_at_block != self.block.number {
                return malformed("the agent's block is not the snapshot's");
            }
            if claim.abg().is_none() {
                return malformed("abgHash is no hash");
            }
            check_claim_addresses(claim, network)?;
            if json::canonical(&claim.to_value()).len() > MAX_CLAIM_BYTES {
                return malformed("the claim has more than 20480 bytes, and no document could carry it");
            }
        }
        Ok(self)
    }
}

impl Changes {
    /// Refuses lists that are out of order, go beyond what they claim or are not final, and addresses of another
    /// network.
    ///
    /// # Errors
    /// [`ChainError::Malformed`].
    pub fn check(self, after: u64, network: Network) -> Result<Self, ChainError> {
        check_chain(&self.chain)?;
        check_block(&self.head)?;
        if self.through > self.head.number {
            return malformed("it claims blocks after the head");
        }
        let mut last = after;
        for Change { agent, block, state } in &self.changes {
            check_block(block)?;
            if block.number < last || block.number == after || block.number > self.through {
                return malformed("its blocks are out of order");
            }
            if block.time_ms > self.head.time_ms {
                return malformed("a block is later than the head");
            }
            of_network("agent", Some(agent), network)?;
            of_network("controller", state.controller.as_ref(), network)?;
            last = block.number;
        }
        Ok(self)
    }
}

fn check_chain(chain: &ChainId) -> Result<(), ChainError> {
    if chain.name.is_empty() || chain.name.len() > 64 {
        return malformed("the chain's name has 1 to 64 bytes");
    }
    Ok(())
}

fn check_block(block: &Block) -> Result<(), ChainError> {
    if !block.finalized {
        return malformed(&format!("block {} is not finalised", block.number));
    }
    // Database integers are signed; no chain comes near.
    if block.number > i64::MAX as u64 || Instant::from_unix_ms(block.time_ms).is_err() {
        return malformed("a block's number or time is out of range");
    }
    Ok(())
}

/// A reader that stands still answers as if nothing ever changed: only the head's time tells.
pub(super) fn check_head_time(time_ms: u64, now: u64, max_age_s: u64) -> Result<(), ChainError> {
    let at = time_ms / 1000;
    let age = now.saturating_sub(at);
    if age > max_age_s {
        return Err(ChainError::HeadTooOld { age, max: max_age_s });
    }
    let ahead = at.saturating_sub(now);
    if ahead > MAX_AHEAD_S {
        return Err(ChainError::HeadAhead { ahead });
    }
    Ok(())
}

fn check_claim_addresses(claim: &AgentClaim, network: Network) -> Result<(), ChainError> {
    of_network("agentId", Some(&claim.agent_id), network)?;
    of_network("controller", claim.controller.as_ref(), network)?;
    // Names are allowed in these two; what reads as an address is one.
    let address = |text: &String| text.parse::<Address>().ok();
    of_network("registration.registrar", address(&claim.registration.registrar).as_ref(), network)?;
    for agent in claim.capabilities.sub_agents.iter().filter_map(address) {
        of_network("capabilities.subAgents", Some(&agent), network)?;
    }
    Ok(())
}

/// The same account has an address on every network; taken for one another they would name two agents, or two
/// controllers.
fn of_network(member: &str, address: Option<&Address>, network: Network) -> Result<(), ChainError> {
    match address {
        Some(address) if address.network() != network => malformed(&format!(
            "{member} is an address of network {}, not {}",
            address.network().prefix(),
            network.prefix()
        )),
        _ => Ok(()),
    }
}

fn malformed<T>(text: &str) -> Result<T, ChainError> {
    Err(ChainError::Malformed(text.to_owned()))
}
