//! The task that keeps the revocation lists of other issuers fresh.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::App;
use super::supervision::Task;
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
        let (stop, stopping) = watch::channel(false);
        let interval = self.lists_interval();
        let task = self.supervise(Task::ListReader, interval, stopping, Self::keep_reading_lists, |_, _| ());
        ListReader { stop, task }
    }

    fn lists_interval(&self) -> Duration {
        let agenthood = &self.config.agenthood;
        pause(&agenthood.foreign_lists, &agenthood.foreign_issuers)
    }

    async fn keep_reading_lists(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let mut ticks = interval(self.lists_interval());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let read = async {
            loop {
                ticks.tick().await;
                let before = self.foreign_lists.failures();
                self.refresh_foreign_lists().await;
                // Each list that was not taken is logged where it is read.
                let all_taken = self.foreign_lists.failures() == before;
                self.note_round(Task::ListReader, &all_taken.then_some(()).ok_or(()));
            }
        };
        tokio::select! {
            // A dropped `ListReader` is an error here and means the same as stopping.
            _ = stopping.changed() => {}
            () = read => {}
        }
    }
}
