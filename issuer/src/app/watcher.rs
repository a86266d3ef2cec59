//! The task that watches the chain for what ends documents. It keeps its block in the database; what goes wrong is
//! counted and shown, and never a revocation.

use std::sync::{Arc, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{MissedTickBehavior, interval};

use super::App;
use super::supervision::{Task, TaskHealth};
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
    /// Whether the task runs at this moment.
    pub running: bool,
    /// How often it ended without being told to and was started again.
    pub restarts: u64,
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
        self.watch_unless(|| false).await
    }

    async fn watch_unless(&self, stopped: impl Fn() -> bool + Sync) -> Result<Vec<(Jti, Reason, u64)>, WatchError> {
        let mut revoked = Vec::new();
        let outcome = self.judge_all(&mut revoked, &stopped).await;
        self.note_watch(&outcome);
        outcome.map(|_| revoked)
    }

    /// How the watcher fares.
    pub fn watch_health(&self) -> WatchHealth {
        let TaskHealth { running, restarts, .. } = self.task_health(Task::Watcher);
        WatchHealth { running, restarts, ..self.health().clone() }
    }

    fn health(&self) -> MutexGuard<'_, WatchHealth> {
        self.watch_health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the watcher. A failed reading is logged, counted and tried again an interval later.
    pub fn spawn_watcher(self: &Arc<Self>) -> Watcher {
        let (stop, stopping) = watch::channel(false);
        let interval = self.config.agenthood.watch_interval;
        let task = self.supervise(Task::Watcher, interval, stopping, Self::watch_until, Self::note_end);
        Watcher { stop, task }
    }

    async fn watch_until(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let mut ticks = interval(self.config.agenthood.watch_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // A dropped `Watcher` is an error here and means the same as stopping.
                _ = stopping.changed() => return,
                _ = ticks.tick() => {
                    let told = || *stopping.borrow() || stopping.has_changed().is_err();
                    let outcome = self.watch_unless(told).await;
                    self.note_round(Task::Watcher, &outcome);
                    if let Err(error) = outcome {
                        tracing::warn!(%error, "the chain's changes were not judged; it is tried again");
                    }
                }
            }
        }
    }

    fn note_end(&self, error: &JoinError) {
        let mut health = self.health();
        health.failures_in_a_row += 1;
        health.error = Some(error.to_string());
    }

    /// Gives whether everything was judged, which it is not once the service stops.
    async fn judge_all(
        &self,
        revoked: &mut Vec<(Jti, Reason, u64)>,
        stopped: &(impl Fn() -> bool + Sync),
    ) -> Result<bool, WatchError> {
        let Some(watch) = self.domain.agenthood_watch().await? else {
            self.note_page(None, 0);
            return Ok(true);
        };
        let mut after = watch.block;
        loop {
            let changes = self.chain.changes_since(after).await?;
            if changes.head.number < after {
                return Err(WatchError::Lagging { head: changes.head.number, judged: after });
            }
            let outcome = self.domain.judge_changes(after, &changes, self.now()).await?;
            // What is judged stays so, whatever becomes of the next page.
            self.note_page(Some((outcome.block, changes.head.time_ms / 1000)), outcome.revoked.len());
            revoked.extend(outcome.revoked);
            if outcome.caught_up {
                return Ok(true);
            }
            if outcome.block == after {
                return Err(ChainError::Malformed("it stands still before its head".to_owned()).into());
            }
            if stopped() {
                return Ok(false);
            }
            after = outcome.block;
        }
    }

    /// The block judged up to and the head's time, Unix seconds; none when there is nothing to watch.
    fn note_page(&self, seen: Option<(u64, u64)>, revoked: usize) {
        let mut health = self.health();
        health.block = seen.map(|(block, _)| block);
        health.head_at = seen.map(|(_, at)| at);
        health.revocations += revoked as u64;
    }

    fn note_watch(&self, outcome: &Result<bool, WatchError>) {
        let now = self.now();
        let mut health = self.health();
        health.polls += 1;
        match outcome {
            Ok(false) => {}
            Ok(true) => {
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
