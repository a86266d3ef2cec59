//! Keeps the tasks beside the requests running: one that panics is started again, after a pause that doubles. One whose
//! rounds return errors runs on and counts as failing. How each fares is shown in `/ready` and `/metrics`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, Interval, sleep};

use super::App;

/// The longest pause before a task is started again; one that ran for longer begins with the shortest anew.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The shortest, unless the task's own rounds are closer together.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// A task that runs beside the requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Task {
    /// Publishes the log.
    Publisher,
    /// Forgets what strangers made the service remember.
    Sweeper,
    /// Forgets what nobody needs any more.
    Housekeeper,
    /// Writes a row, to see whether writing works.
    WriteProbe,
    /// Keeps presentations ready.
    Preparer,
    /// Watches the chain for what ends documents.
    Watcher,
    /// Keeps the revocation lists of other issuers fresh.
    ListReader,
}

impl Task {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Publisher,
        Self::Sweeper,
        Self::Housekeeper,
        Self::WriteProbe,
        Self::Preparer,
        Self::Watcher,
        Self::ListReader,
    ];

    /// Its name for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Publisher => "publisher",
            Self::Sweeper => "sweeper",
            Self::Housekeeper => "housekeeper",
            Self::WriteProbe => "write_probe",
            Self::Preparer => "preparer",
            Self::Watcher => "watcher",
            Self::ListReader => "list_reader",
        }
    }
}

/// How a task fares, since this process started.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct TaskHealth {
    /// Whether it runs at this moment.
    pub running: bool,
    /// How often it ended without being told to and was started again.
    pub restarts: u64,
    /// Rounds that returned an error.
    pub failures: u64,
    /// Those since the last good round.
    pub failures_in_a_row: u64,
    /// When the first of those failed, Unix seconds; none while rounds succeed.
    pub failing_since: Option<u64>,
    /// When a round last succeeded, Unix seconds.
    pub succeeded_at: Option<u64>,
}

impl TaskHealth {
    fn note_round(&mut self, good: bool, now: u64) {
        if good {
            (self.failures_in_a_row, self.failing_since, self.succeeded_at) = (0, None, Some(now));
        } else {
            self.failures += 1;
            self.failures_in_a_row += 1;
            self.failing_since.get_or_insert(now);
        }
    }
}

/// How all tasks fare.
#[derive(Debug, Default)]
pub(super) struct Tasks(Mutex<[TaskHealth; Task::ALL.len()]>);

impl Tasks {
    fn all(&self) -> MutexGuard<'_, [TaskHealth; Task::ALL.len()]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// How a task fares.
    pub fn task_health(&self, task: Task) -> TaskHealth {
        self.tasks.all()[task as usize]
    }

    fn note_task(&self, task: Task, note: impl FnOnce(&mut TaskHealth)) {
        note(&mut self.tasks.all()[task as usize]);
    }

    /// Notes how a round of a task ended.
    pub(super) fn note_round<T, E>(&self, task: Task, outcome: &Result<T, E>) {
        let now = self.now();
        self.note_task(task, |health| health.note_round(outcome.is_ok(), now));
    }

    /// Runs a task until it ends by itself, which it does when it is told to stop. `interval` is that of its rounds;
    /// `note_end` is told of each end that is none of its own.
    pub(super) fn supervise<F: Future<Output = ()> + Send + 'static>(
        self: &Arc<Self>,
        task: Task,
        interval: Duration,
        mut stopping: watch::Receiver<bool>,
        run: impl Fn(Arc<Self>, watch::Receiver<bool>) -> F + Send + 'static,
        note_end: impl Fn(&Self, &JoinError) + Send + 'static,
    ) -> JoinHandle<()> {
        let app = Arc::clone(self);
        let shortest = interval.min(SHORTEST_PAUSE);
        tokio::spawn(async move {
            let mut pause = shortest;
            loop {
                let began = Instant::now();
                app.note_task(task, |health| health.running = true);
                // A task of its own, whose panic ends nothing else.
                let ended = tokio::spawn(run(Arc::clone(&app), stopping.clone())).await;
                app.note_task(task, |health| health.running = false);
                let Err(error) = ended else { return };
                tracing::error!(%error, task = task.as_str(), "a task ended without being told to; it is started again");
                app.note_task(task, |health| health.restarts += 1);
                note_end(&app, &error);
                if began.elapsed() > LONGEST_PAUSE {
                    pause = shortest;
                }
                tokio::select! {
                    // Whoever could tell it to stop is gone: the same as stopping.
                    _ = stopping.changed() => return,
                    () = sleep(pause) => pause = (2 * pause).min(LONGEST_PAUSE),
                }
            }
        })
    }
}

/// Waits for the next tick; false when the task is told to stop, or whoever could tell it is gone.
pub(super) async fn next_tick(ticks: &mut Interval, stopping: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        _ = stopping.changed() => false,
        _ = ticks.tick() => true,
    }
}

/// Waits; false when the task is told to stop, or whoever could tell it is gone.
pub(super) async fn waited(pause: Duration, stopping: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        _ = stopping.changed() => false,
        () = sleep(pause) => true,
    }
}
