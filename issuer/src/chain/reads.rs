//! Readings on behalf of callers. At most so many are made at a time and so many wait; whoever asks about an agent that
//! is being read gets that reading; and no caller waits longer than its time. The watcher does not read through this:
//! however many call, they hold up neither it nor the chain.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use poa_verifier::agenthood::ss58::Address;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout_at};

use super::{Chain, ChainError, ChainSnapshot};

/// How much of the chain callers may ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReadLimits {
    /// Readings made at the same time, at least 1.
    pub at_once: usize,
    /// Agents that may wait to be read; one more is refused.
    pub waiting: usize,
    /// How long a request waits for its readings, all in all.
    pub budget: Duration,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self { at_once: 4, waiting: 64, budget: Duration::from_secs(5) }
    }
}

type Outcome = Result<ChainSnapshot, ChainError>;
/// A reading under way; its outcome goes to all who subscribed.
type Reading = Arc<watch::Sender<Option<Outcome>>>;

/// The chain, read within limits.
#[derive(Clone)]
pub struct BoundedReads(Arc<Inner>);

struct Inner {
    chain: Arc<Chain>,
    limits: ReadLimits,
    places: Semaphore,
    /// Waiting or being made.
    readings: Mutex<HashMap<Address, Reading>>,
    refused: AtomicU64,
}

impl BoundedReads {
    /// Reads `chain` within `limits`.
    pub fn new(chain: Arc<Chain>, limits: ReadLimits) -> Self {
        let places = Semaphore::new(limits.at_once);
        Self(Arc::new(Inner { chain, limits, places, readings: Mutex::default(), refused: AtomicU64::new(0) }))
    }

    /// Until when a request that comes in now waits for its readings.
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.0.limits.budget
    }

    /// Readings refused with [`ChainError::Busy`] so far.
    pub fn refused(&self) -> u64 {
        self.0.refused.load(Ordering::Relaxed)
    }

    /// The agent's state at the newest finalised block, read now or by whoever asked just before.
    ///
    /// # Errors
    /// [`ChainError`]; `Busy` when too many wait already.
    pub async fn snapshot(&self, agent: &Address, until: Instant) -> Outcome {
        let late = || ChainError::Unreachable("no answer in the caller's time".to_owned());
        let lost = || ChainError::Unreachable("the reading was lost".to_owned());
        if until <= Instant::now() {
            return Err(late());
        }
        let mut reading = self.join(agent)?;
        let outcome = timeout_at(until, reading.wait_for(Option::is_some)).await.map_err(|_| late())?;
        outcome.ok().and_then(|outcome| outcome.clone()).unwrap_or_else(|| Err(lost()))
    }

    fn join(&self, agent: &Address) -> Result<watch::Receiver<Option<Outcome>>, ChainError> {
        let mut readings = self.0.readings();
        if let Some(reading) = readings.get(agent) {
            return Ok(reading.subscribe());
        }
        if readings.len() >= self.0.limits.at_once + self.0.limits.waiting {
            self.0.refused.fetch_add(1, Ordering::Relaxed);
            return Err(ChainError::Busy);
        }
        let (reading, receiver) = watch::channel(None);
        let reading = Arc::new(reading);
        readings.insert(*agent, Arc::clone(&reading));
        // A task of its own: who asked first may go away, and a place must be held as long as the chain is really read.
        tokio::spawn(Arc::clone(&self.0).read(*agent, reading));
        Ok(receiver)
    }
}

impl Inner {
    fn readings(&self) -> MutexGuard<'_, HashMap<Address, Reading>> {
        self.readings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(self: Arc<Self>, agent: Address, reading: Reading) {
        let entry = Entry { reads: &self, agent, reading: &reading };
        // The semaphore is never closed.
        let Ok(_place) = self.places.acquire().await else { return };
        if entry.remove_if_unwanted() {
            return;
        }
        let outcome = self.chain.snapshot(&agent).await;
        // First: whoever asks again after this outcome gets a newer one.
        drop(entry);
        reading.send_replace(Some(outcome));
    }
}

/// A reading in the map, taken out whatever becomes of its task.
struct Entry<'a> {
    reads: &'a Inner,
    agent: Address,
    reading: &'a Reading,
}

impl Entry<'_> {
    /// Whether everybody who asked has gone. Nobody can join in between: the map is locked.
    fn remove_if_unwanted(&self) -> bool {
        let mut readings = self.reads.readings();
        let unwanted = self.reading.receiver_count() == 0;
        if unwanted {
            readings.remove(&self.agent);
        }
        unwanted
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let mut readings = self.reads.readings();
        if readings.get(&self.agent).is_some_and(|reading| Arc::ptr_eq(reading, self.reading)) {
            readings.remove(&self.agent);
        }
    }
}

#[cfg(test)]
mod tests;
