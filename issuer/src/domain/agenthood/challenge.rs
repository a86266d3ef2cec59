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
use crate::client::Client;
use crate::domain::presentation_requests::places::{GivesWay, gives_way};
use crate::domain::{Domain, Places};
use crate::store::Tx;

/// Most challenges that are open at a time: some 20 MB. When all places are taken, the network that has most loses its
/// oldest ([`gives_way`]). Clients have their own limit, of which no more than forty fit into a challenge's five minutes.
/// There is none per agent: strangers could use it up.
///
/// They are stored, because a nonce is a hash over what was read: nothing of that can be found again from the nonce alone,
/// which is all that published clients send back.
pub const MAX_OPEN: u64 = 20_000;
/// Most of them that one network has open, an IPv4 /24 or an IPv6 /48.
pub const MAX_OPEN_OF_NETWORK: u64 = 400;

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
    /// Remembers a client's challenge, and forgets those that nobody can answer any more.
    pub async fn store_agenthood_challenge(
        &self,
        challenge: &StoredChallenge,
        client: Client,
        now: u64,
    ) -> Result<(), AgenthoodError> {
        let places = &self.places_of(client);
        self.store
            .run_tx("agenthood_challenge", |tx, _| {
                Box::pin(async move {
                    tx.delete_expired_agenthood_challenges(now).await?;
                    take_place(tx, places, now).await?;
                    Ok(tx.insert_agenthood_challenge(challenge, places).await?)
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

/// Finds a place for one more, or refuses.
async fn take_place(tx: &mut Tx, places: &Places, now: u64) -> Result<(), AgenthoodError> {
    let (open, first_expiry) = tx.open_agenthood_challenges(None).await?;
    let (own, own_expiry) = tx.open_agenthood_challenges(Some(&places.network)).await?;
    let full = |expiry: Option<u64>| AgenthoodError::TooManyChallenges {
        retry_after_s: expiry.unwrap_or(now).saturating_sub(now).max(1),
    };
    if own >= MAX_OPEN_OF_NETWORK {
        return Err(full(own_expiry));
    }
    if open < MAX_OPEN {
        return Ok(());
    }
    let gone = match gives_way(&places.network, &tx.agenthood_challenges_by_network().await?) {
        Some(GivesWay::Unfetched(network) | GivesWay::Any(network)) => {
            tx.delete_oldest_agenthood_challenge(&network).await?
        }
        None => false,
    };
    if gone { Ok(()) } else { Err(full(first_expiry)) }
}
