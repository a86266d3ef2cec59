//! What runs beside the requests, each in a task of its own: one publishes the log (one head per interval when something
//! waits, a fresh signature at least every minute), others sweep, keep house, see whether writing works, and keep
//! presentations ready. A round that fails is logged, counted and tried again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::App;
use super::supervision::{Task, next_tick, waited};
use crate::domain::agenthood::AgenthoodError;
use crate::domain::{DomainError, Publication, StatusUse};
use crate::service::ServiceError;
use crate::service::preparing::Refreshed;

const HOUSEKEEPING: Duration = Duration::from_secs(3600);
/// What strangers can make the service remember is forgotten sooner. Housekeeping begins so long after the start, and is
/// tried again so long after it failed.
const SWEEPING: Duration = Duration::from_secs(60);
/// A disk that takes no more writes is noticed within so long, also when nobody writes.
const PROBING: Duration = Duration::from_secs(30);
/// The pause before the first proof is tried again.
const PROVING_AGAIN: Duration = Duration::from_secs(5);

/// The running tasks. Dropping it stops them, after the publication that may be under way.
#[derive(Debug)]
pub struct Publisher {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
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

    /// Starts the tasks, and makes the proof that shows that this process can.
    pub fn spawn_publisher(self: &Arc<Self>) -> Publisher {
        let (stop, stopping) = watch::channel(false);
        tokio::spawn(Arc::clone(self).prove_until_it_works(stopping.clone()));
        let interval = self.interval();
        let told = || stopping.clone();
        let tasks = vec![
            self.supervise(Task::Publisher, interval, told(), Self::keep_publishing, |_, _| ()),
            self.supervise(Task::Sweeper, SWEEPING, told(), Self::keep_sweeping, |_, _| ()),
            self.supervise(Task::Housekeeper, HOUSEKEEPING, told(), Self::keep_house, |_, _| ()),
            self.supervise(Task::WriteProbe, PROBING, told(), Self::keep_probing, |_, _| ()),
            self.supervise(Task::Preparer, interval, told(), Self::keep_preparing, |_, _| ()),
        ];
        Publisher { stop, tasks }
    }

    async fn prove_until_it_works(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        while let Err(error) = self.prove_once().await {
            tracing::error!(%error, "the first proof failed; the service is not ready, and tries again");
            if !waited(PROVING_AGAIN, &mut stopping).await {
                return;
            }
        }
    }

    /// A publication of the log, and of the trust document when it is behind what is stored.
    async fn publish_round(&self) -> Result<Publication, ServiceError> {
        let publication = self.publish_now().await?;
        self.publish_outdated().await?;
        Ok(publication)
    }

    async fn keep_publishing(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let mut ticks = ticks(self.interval());
        while next_tick(&mut ticks, &mut stopping).await {
            let outcome = self.publish_round().await;
            self.note_round(Task::Publisher, &outcome);
            match outcome {
                Ok(Publication { head: Some(head), new_leaves, zeroed, signed: true }) => {
                    tracing::info!(head.seq, head.size, head.anchor, new_leaves, zeroed, "published a tree head");
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "publication failed; it is tried again"),
            }
        }
    }

    async fn keep_sweeping(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let mut ticks = ticks(SWEEPING);
        while next_tick(&mut ticks, &mut stopping).await {
            let outcome = self.sweep_now().await;
            self.note_round(Task::Sweeper, &outcome);
            if let Err(error) = outcome {
                tracing::error!(%error, "what expired was not forgotten; it is tried again in a minute");
            }
        }
    }

    async fn keep_house(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let mut pause = SWEEPING;
        while waited(pause, &mut stopping).await {
            let outcome = self.housekeep_now().await;
            self.note_round(Task::Housekeeper, &outcome);
            pause = if outcome.is_ok() { HOUSEKEEPING } else { SWEEPING };
            if let Err(error) = outcome {
                tracing::error!(%error, "housekeeping failed; it is tried again in a minute");
            }
        }
    }

    async fn keep_probing(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let mut ticks = ticks(PROBING);
        while next_tick(&mut ticks, &mut stopping).await {
            let outcome = self.domain.store().probe_write().await;
            self.note_round(Task::WriteProbe, &outcome);
            if let Err(error) = outcome {
                tracing::error!(%error, "the database takes no writes; it is tried again");
            }
        }
    }

    /// A pass after each use and each interval. One that is under way when the service stops is given up: what it has
    /// kept stays, and the proof in the making is dropped.
    async fn keep_preparing(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        if self.config.prepared == 0 {
            return;
        }
        let mut ticks = ticks(self.interval());
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

    async fn prepare_and_log(&self) {
        let outcome = self.refresh_prepared().await;
        self.note_round(Task::Preparer, &outcome);
        match outcome {
            Ok(Refreshed { dropped: 0, prepared: 0 }) => {}
            Ok(Refreshed { dropped, prepared }) => tracing::info!(dropped, prepared, "prepared presentations"),
            Err(error) => tracing::error!(%error, "preparing presentations failed; it is tried again"),
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

    /// Forgets clients, nonces, challenges and reservations that count no more, now, as the publisher does every minute.
    pub async fn sweep_now(&self) -> Result<(), AgenthoodError> {
        self.rate_limits.sweep();
        crate::log_lines::sweep();
        let now = self.believed_now()?;
        self.domain.free_lapsed_indices(now).await?;
        self.domain.forget_request_nonces(now).await?;
        self.domain.forget_expired_agenthood_challenges(now).await
    }
}

fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
