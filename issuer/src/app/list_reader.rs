//! The task that keeps the revocation lists of other issuers fresh.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::App;
use crate::foreign_lists::{ForeignLists, pause};

/// The running task. Dropping it stops it after the list it may be reading.
#[derive(Debug)]
pub struct ListReader {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl ListReader {
    /// Stops the task; fetches under way are given up.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the reader of revocation lists ended badly");
        }
    }
}

impl App {
    /// The revocation lists of other issuers.
    pub fn foreign_lists(&self) -> &ForeignLists {
        &self.foreign_lists
    }

    /// Reads the lists of other issuers now, as the task does every interval. Without other issuers there are none.
    pub async fn refresh_foreign_lists(&self) {
        let agenthood = &self.config.agenthood;
        if agenthood.foreign_issuers.issuers().is_empty() {
            return;
        }
        let trust = self.published.now();
        let (source, issuers) = (&agenthood.foreign_lists, &agenthood.foreign_issuers);
        self.foreign_lists.refresh(source, issuers, &trust.verifier, || self.now()).await;
    }

    /// Starts the task.
    pub fn spawn_list_reader(self: &Arc<Self>) -> ListReader {
        let (stop, mut stopping) = watch::channel(false);
        let app = Arc::clone(self);
        let task = tokio::spawn(async move {
            let agenthood = &app.config.agenthood;
            let mut ticks = interval(pause(&agenthood.foreign_lists, &agenthood.foreign_issuers));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let read = async {
                loop {
                    ticks.tick().await;
                    app.refresh_foreign_lists().await;
                }
            };
            tokio::select! {
                // A dropped `ListReader` is an error here and means the same as stopping.
                _ = stopping.changed() => {}
                () = read => {}
            }
        });
        ListReader { stop, task }
    }
}
