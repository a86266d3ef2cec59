//! The task that watches the chain for what ends documents. It keeps its block in the database; what goes wrong is
//! counted and shown, and never a revocation.

use std::sync::{Arc, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::App;
use crate::chain::ChainError;
use crate::domain::agenthood::{AgenthoodError, Jti, Reason};

/// A running watcher. Dropping it stops the task after the reading it may be in.
#[derive(Debug)]
pub struct Watcher {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Why changes could not be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// The chain could not be read.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The reader knows fewer blocks than were judged already.
    #[error("the chain reader lags: its head is block {head}, changes were judged up to {judged}")]
    Lagging {
        /// The reader's head.
        head: u64,
        /// The watcher's block.
        judged: u64,
    },
    /// The rules.
    #[error(transparent)]
    Rules(#[from] AgenthoodError),
}

/// How the watcher fares, since this process started.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct WatchHealth {
    /// Readings tried.
    pub polls: u64,
    /// Readings that failed.
    pub failures: u64,
    /// Failures since the last good one.
    pub failures_in_a_row: u64,
    /// Documents revoked.
    pub revocations: u64,
    /// The block judged up to; none while there is nothing to watch.
    pub block: Option<u64>,
    /// Time of the newest head seen, Unix seconds.
    pub head_at: Option<u64>,
    /// When a reading last succeeded, Unix seconds.
    pub succeeded_at: Option<u64>,
    /// What went wrong last, while it does.
    pub error: Option<String>,
}

impl Watcher {
    /// Stops the task and waits for a reading under way.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the watcher ended badly");
        }
    }
}

impl App {
    /// Judges every finalised change since the last time, as the watcher does every interval. Gives what was revoked.
    pub async fn watch_now(&self) -> Result<Vec<(Jti, Reason, u64)>, WatchError> {
        let mut revoked = Vec::new();
        let outcome = self.judge_all(&mut revoked).await;
        self.note_watch(&outcome, revoked.len());
        outcome.map(|_| revoked)
    }

    /// How the watcher fares.
    pub fn watch_health(&self) -> WatchHealth {
        self.watch_health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Starts the watcher. A failed reading is logged, counted and tried again an interval later.
    pub fn spawn_watcher(self: &Arc<Self>) -> Watcher {
        let (stop, mut stopping) = watch::channel(false);
        let app = Arc::clone(self);
        let task = tokio::spawn(async move {
            let mut ticks = interval(app.config.agenthood.watch_interval);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    // A dropped `Watcher` is an error here and means the same as stopping.
                    _ = stopping.changed() => return,
                    _ = ticks.tick() => {
                        if let Err(error) = app.watch_now().await {
                            tracing::warn!(%error, "the chain's changes were not judged; it is tried again");
                        }
                    }
                }
            }
        });
        Watcher { stop, task }
    }

    /// Gives the block and the head's time, Unix seconds; none when there is nothing to watch.
    async fn judge_all(&self, revoked: &mut Vec<(Jti, Reason, u64)>) -> Result<Option<(u64, u64)>, WatchError> {
        let Some(watch) = self.domain.agenthood_watch().await? else { return Ok(None) };
        let mut after = watch.block;
        loop {
            let changes = self.chain.changes_since(after).await?;
            if changes.head.number < after {
                return Err(WatchError::Lagging { head: changes.head.number, judged: after });
            }
            let outcome = self.domain.judge_changes(after, &changes, self.now()).await?;
            revoked.extend(outcome.revoked);
            if outcome.caught_up {
                return Ok(Some((outcome.block, changes.head.time_ms / 1000)));
            }
            if outcome.block == after {
                return Err(ChainError::Malformed("it stands still before its head".to_owned()).into());
            }
            after = outcome.block;
        }
    }

    fn note_watch(&self, outcome: &Result<Option<(u64, u64)>, WatchError>, revoked: usize) {
        let now = self.now();
        let mut health = self.watch_health.lock().unwrap_or_else(PoisonError::into_inner);
        health.polls += 1;
        health.revocations += revoked as u64;
        match outcome {
            Ok(seen) => {
                health.block = seen.map(|(block, _)| block);
                health.head_at = seen.map(|(_, at)| at);
                health.succeeded_at = Some(now);
                health.failures_in_a_row = 0;
                health.error = None;
            }
            Err(error) => {
                health.failures += 1;
                health.failures_in_a_row += 1;
                health.error = Some(error.to_string());
            }
        }
    }
}
