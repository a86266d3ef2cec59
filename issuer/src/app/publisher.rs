//! The task that publishes the log: one head per interval when something waits, a fresh signature at
//! least every minute, housekeeping every hour.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::App;
use crate::domain::{DomainError, Publication};
use crate::service::ServiceError;

const HOUSEKEEPING_S: u64 = 3600;

/// A running publisher. Dropping it stops the task after the publication it may be in.
#[derive(Debug)]
pub struct Publisher {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Publisher {
    /// Stops the task and waits for a publication under way.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the publisher ended badly");
        }
    }
}

impl App {
    /// Publishes what waits, now, as the publisher does every interval.
    pub async fn publish_now(&self) -> Result<Publication, DomainError> {
        self.domain.publish(self.clock()).await
    }

    /// Starts the publisher, after one proof that shows that this process can. A failed publication is
    /// logged and tried again an interval later.
    pub fn spawn_publisher(self: &Arc<Self>) -> Publisher {
        let (stop, mut stopping) = watch::channel(false);
        let app = Arc::clone(self);
        let prover = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = prover.prove_once().await {
                tracing::error!(%error, "the first proof failed; the service is not ready");
            }
        });
        let task = tokio::spawn(async move {
            let mut ticks = interval(Duration::from_secs(app.config.publish_interval_s));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut housekept = app.now();
            loop {
                tokio::select! {
                    // A dropped `Publisher` is an error here and means the same as stopping.
                    _ = stopping.changed() => return,
                    _ = ticks.tick() => app.publish_and_log().await,
                }
                if app.now().saturating_sub(housekept) >= HOUSEKEEPING_S {
                    housekept = app.now();
                    app.housekeep_and_log().await;
                }
            }
        });
        Publisher { stop, task }
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
        self.domain.housekeep(self.now()).await?;
        self.drop_spent_keys().await
    }

    async fn housekeep_and_log(&self) {
        if let Err(error) = self.housekeep_now().await {
            tracing::error!(%error, "housekeeping failed; it is tried again in an hour");
        }
    }
}
