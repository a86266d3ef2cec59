//! Challenges: what a controller is asked to sign. A nonce is good once and for five minutes.

use poa_verifier::agenthood::binding::Details;
use poa_verifier::agenthood::hex32::Seed;
use poa_verifier::agenthood::message::Action;
use poa_verifier::agenthood::ss58::Address;
use serde::{Deserialize, Serialize};

use super::AgenthoodError;
use crate::chain::ChainSnapshot;
use crate::domain::Domain;

/// What a nonce commits to, and the snapshot it was made from.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// The random part of the nonce.
    pub seed: Seed,
    /// What the controller agrees to.
    pub details: Details,
    /// The agent as it was read for the challenge.
    pub snapshot: ChainSnapshot,
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
    /// Remembers a challenge.
    pub async fn store_agenthood_challenge(&self, challenge: &StoredChallenge) -> Result<(), AgenthoodError> {
        self.store
            .run_tx("agenthood_challenge", |tx, _| {
                Box::pin(async move { Ok(tx.insert_agenthood_challenge(challenge).await?) })
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
