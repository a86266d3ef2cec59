//! Challenges: what a controller is asked to sign. A nonce is good once and for five minutes.

use poa_verifier::agenthood::binding::Details;
use poa_verifier::agenthood::claims::AgentClaim;
use poa_verifier::agenthood::hex32::Seed;
use poa_verifier::agenthood::instant::Instant;
use poa_verifier::agenthood::message::Action;
use poa_verifier::agenthood::ss58::Address;
use serde::{Deserialize, Serialize};

use super::AgenthoodError;
use crate::chain::Block;
use crate::domain::Domain;

/// Most challenges that are open at a time: some 20 MB. Clients have their own limit, of which no more than forty fit
/// into a challenge's five minutes. There is none per agent: strangers could use it up.
pub const MAX_OPEN: u64 = 20_000;

/// What a nonce commits to, and where that was read.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// The random part of the nonce.
    pub seed: Seed,
    /// What the controller agrees to.
    pub details: Details,
    /// Where the agent was read for it.
    pub reading: Reading,
}

/// Where an agent was read: all of its claim that moves with the block alone. The rest is not kept, because `details`
/// commits to it: [`Self::restore`] gives the claim back from an agent that did not change.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The block.
    pub block: Block,
    snapshot_at_block: u64,
    snapshot_at_time: Instant,
    from_block: Option<u64>,
    to_block: Option<u64>,
}

impl Reading {
    /// Of an agent at a block.
    pub fn of(agent: &AgentClaim, block: &Block) -> Self {
        Self {
            block: block.clone(),
            snapshot_at_block: agent.snapshot_at_block,
            snapshot_at_time: agent.snapshot_at_time,
            from_block: agent.recent_runs.from_block,
            to_block: agent.recent_runs.to_block,
        }
    }

    /// The agent as it would be if nothing but the block had changed since. Whether that is so is told by its digest.
    pub fn restore(&self, now: &AgentClaim) -> AgentClaim {
        let mut agent = now.clone();
        agent.snapshot_at_block = self.snapshot_at_block;
        agent.snapshot_at_time = self.snapshot_at_time;
        // The sampled range moves with the head also when no run was added.
        agent.recent_runs.from_block = self.from_block;
        agent.recent_runs.to_block = self.to_block;
        agent
    }
}

/// A challenge in the database.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredChallenge {
    /// As handed out.
    pub nonce: String,
    /// For whom.
    pub agent: Address,
    /// For what.
    pub action: Action,
    /// None when nobody could have signed: the agent was not registered, or had no controller.
    pub binding: Option<Binding>,
    /// Unix seconds.
    pub expires_at: u64,
}

impl Domain {
    /// Remembers a challenge, and forgets those that nobody can answer any more.
    pub async fn store_agenthood_challenge(&self, challenge: &StoredChallenge, now: u64) -> Result<(), AgenthoodError> {
        self.store
            .run_tx("agenthood_challenge", |tx, _| {
                Box::pin(async move {
                    tx.delete_expired_agenthood_challenges(now).await?;
                    let (open, first_expiry) = tx.open_agenthood_challenges().await?;
                    if open >= MAX_OPEN {
                        let retry_after_s = first_expiry.unwrap_or(now).saturating_sub(now).max(1);
                        return Err(AgenthoodError::TooManyChallenges { retry_after_s });
                    }
                    Ok(tx.insert_agenthood_challenge(challenge).await?)
                })
            })
            .await
    }

    /// Forgets challenges that nobody can answer any more.
    pub async fn forget_expired_agenthood_challenges(&self, now: u64) -> Result<(), AgenthoodError> {
        self.store
            .run_tx("forget_agenthood_challenges", |tx, _| {
                Box::pin(async move { Ok(tx.delete_expired_agenthood_challenges(now).await?) })
            })
            .await
    }

    /// Uses a nonce up, whoever sends it and whatever follows. None when it was never handed out, was used or has
    /// expired. Of any number of concurrent calls one gets it.
    pub async fn take_agenthood_challenge(
        &self,
        nonce: &str,
        now: u64,
    ) -> Result<Option<StoredChallenge>, AgenthoodError> {
        let taken = self
            .store
            .run_tx("take_agenthood_challenge", |tx, _| {
                Box::pin(async move { Ok::<_, AgenthoodError>(tx.take_agenthood_challenge(nonce).await?) })
            })
            .await?;
        Ok(taken.filter(|challenge| now < challenge.expires_at))
    }
}
