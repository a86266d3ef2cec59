//! What runs beside the requests: one task publishes the log (one head per interval when something waits, a fresh
//! signature at least every minute, sweeping every minute, housekeeping every hour), another keeps presentations ready.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::App;
use super::supervision::Task;
use crate::domain::agenthood::AgenthoodError;
use crate::domain::{DomainError, Publication, StatusUse};
use crate::service::ServiceError;
use crate::service::preparing::Refreshed;

const HOUSEKEEPING_S: u64 = 3600;
/// What strangers can make the service remember is forgotten sooner.
const SWEEP_S: u64 = 60;

/// The running tasks. Dropping it stops them, after the publication that may be under way.
#[derive(Debug)]
pub struct Publisher {
    stop: watch::Sender<bool>,
    tasks: [JoinHandle<()>; 2],
}

impl Publisher {
    /// Stops the tasks and waits for a publication under way.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the service ended badly");
            }
        }
    }
}

impl App {
    /// Publishes what waits, now, as the publisher does every interval.
    pub async fn publish_now(&self) -> Result<Publication, DomainError> {
        self.domain.publish(self.clock()).await
    }

    /// Starts the tasks, after one proof that shows that this process can. What fails is logged and tried again an
    /// interval later.
    pub fn spawn_publisher(self: &Arc<Self>) -> Publisher {
        let (stop, stopping) = watch::channel(false);
        let prover = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = prover.prove_once().await {
                tracing::error!(%error, "the first proof failed; the service is not ready");
            }
        });
        let interval = self.interval();
        let publish = self.supervise(Task::Publisher, interval, stopping.clone(), Self::keep_publishing, |_, _| ());
        let prepare = self.supervise(Task::Preparer, interval, stopping, Self::keep_preparing, |_, _| ());
        Publisher { stop, tasks: [publish, prepare] }
    }

    async fn keep_publishing(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let mut ticks = self.ticks();
        let (mut housekept, mut swept) = (self.now(), self.now());
        loop {
            tokio::select! {
                // A dropped `Publisher` is an error here and means the same as stopping.
                _ = stopping.changed() => return,
                _ = ticks.tick() => self.publish_and_log().await,
            }
            if self.now().saturating_sub(swept) >= SWEEP_S {
                swept = self.now();
                self.sweep_and_log().await;
            }
            if self.now().saturating_sub(housekept) >= HOUSEKEEPING_S {
                housekept = self.now();
                self.housekeep_and_log().await;
            }
        }
    }

    /// A pass after each use and each interval. One that is under way when the service stops is given up: what it has
    /// kept stays, and the proof in the making is dropped.
    async fn keep_preparing(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        if self.config.prepared == 0 {
            return;
        }
        let mut ticks = self.ticks();
        loop {
            let pass = async {
                tokio::select! {
                    _ = ticks.tick() => {}
                    () = self.prepared_used.notified() => {}
                }
                self.prepare_and_log().await;
            };
            tokio::select! {
                _ = stopping.changed() => return,
                () = pass => {}
            }
        }
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(self.config.publish_interval_s)
    }

    fn ticks(&self) -> Interval {
        let mut ticks = interval(self.interval());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    }

    async fn prepare_and_log(&self) {
        match self.refresh_prepared().await {
            Ok(Refreshed { dropped: 0, prepared: 0 }) => {}
            Ok(Refreshed { dropped, prepared }) => tracing::info!(dropped, prepared, "prepared presentations"),
            Err(error) => tracing::error!(%error, "preparing presentations failed; it is tried again"),
        }
    }

    async fn publish_and_log(&self) {
        match self.publish_now().await {
            Ok(Publication { head: Some(head), new_leaves, zeroed, signed: true }) => {
                tracing::info!(head.seq, head.size, head.anchor, new_leaves, zeroed, "published a tree head")
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "publication failed; it is tried again"),
        }
    }

    /// Forgets what nobody needs any more, now, as the publisher does every hour.
    pub async fn housekeep_now(&self) -> Result<(), ServiceError> {
        self.domain.housekeep(self.believed_now()?).await?;
        let status = self.domain.status_use(self.now()).await?;
        if status.warns() {
            let StatusUse { used, capacity, left, .. } = status;
            tracing::warn!(
                used,
                capacity,
                left,
                "the status indices run out; see \"Status indices\" in docs/operating.md"
            );
        }
        self.drop_spent_keys().await
    }

    /// Forgets clients, challenges and reservations that count no more, now, as the publisher does every minute.
    pub async fn sweep_now(&self) -> Result<(), AgenthoodError> {
        self.rate_limits.sweep();
        crate::log_lines::sweep();
        let now = self.believed_now()?;
        self.domain.free_lapsed_indices(now).await?;
        self.domain.forget_expired_agenthood_challenges(now).await
    }

    async fn sweep_and_log(&self) {
        if let Err(error) = self.sweep_now().await {
            tracing::error!(%error, "what expired was not forgotten; it is tried again in a minute");
        }
    }

    async fn housekeep_and_log(&self) {
        if let Err(error) = self.housekeep_now().await {
            tracing::error!(%error, "housekeeping failed; it is tried again in an hour");
        }
    }
}
