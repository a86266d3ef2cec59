//! Readings of the chain for callers: within their limits, and counted only when they are of the chain that documents
//! were issued for and reach what is known of it.

use poa_verifier::agenthood::ss58::Address;
use tokio::time::Instant;

use super::agenthood::AgenthoodRefusal;
use crate::app::App;
use crate::chain::{BoundedReads, ChainSnapshot};
use crate::domain::agenthood::AgenthoodError;

/// Readings of one agent before a caller is told that the chain lags.
const MOST: u32 = 3;

/// Counts readings: between one and what is done with it the watcher may have gone on, and the next sees what it saw.
#[derive(Debug, Default)]
pub(super) struct Readings(u32);

impl Readings {
    /// Whether to read again, after one that was too old.
    pub(super) fn again<T>(&mut self, outcome: &Result<T, AgenthoodRefusal>) -> bool {
        self.0 += 1;
        self.0 < MOST && matches!(outcome, Err(AgenthoodRefusal::Rules(AgenthoodError::ReadTooOld { .. })))
    }
}

impl App {
    /// Reads an agent once.
    pub(super) async fn read_once(
        &self,
        reads: &BoundedReads,
        agent: &Address,
        until: Instant,
    ) -> Result<ChainSnapshot, AgenthoodRefusal> {
        let snapshot = reads.snapshot(agent, until).await?;
        self.domain().admit_reading(snapshot.read_at(), None).await?;
        Ok(snapshot)
    }

    /// Reads an agent, and again while the reading is too old.
    pub(super) async fn read_agent(
        &self,
        reads: &BoundedReads,
        agent: &Address,
    ) -> Result<ChainSnapshot, AgenthoodRefusal> {
        let until = reads.deadline();
        let mut readings = Readings::default();
        loop {
            let read = self.read_once(reads, agent, until).await;
            if !readings.again(&read) {
                return read;
            }
        }
    }
}
