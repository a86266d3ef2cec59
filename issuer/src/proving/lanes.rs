//! The two queues of a [`WorkerPool`](super::WorkerPool), and who is next.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::fair::{Bounds, FairQueue, Full};
use super::{Lane, Principal};

/// Two bounded queues that threads wait on.
pub struct Lanes<J> {
    state: Mutex<State<J>>,
    changed: Condvar,
    patience: Duration,
}

struct State<J> {
    single: FairQueue<J>,
    batch: FairQueue<J>,
    /// Pieces of single work being done.
    single_running: usize,
    /// Since when the batch lane has had an item that was not begun, counted anew with each one that is.
    batch_waits_since: Option<Instant>,
    closed: bool,
}

impl<J> Lanes<J> {
    /// Empty ones.
    pub fn new(single: Bounds, batch: Bounds, patience: Duration) -> Self {
        let state = State {
            single: FairQueue::new(single),
            batch: FairQueue::new(batch),
            single_running: 0,
            batch_waits_since: None,
            closed: false,
        };
        Self { state: Mutex::new(state), changed: Condvar::new(), patience }
    }

    /// Puts all jobs of a principal into a lane, or none. Returns the jobs of others that lost their places.
    pub fn push(&self, lane: Lane, principal: Principal, jobs: Vec<J>) -> Result<Vec<J>, Full> {
        let mut state = self.lock();
        let displaced = match lane {
            Lane::Single => state.single.push(principal, jobs)?,
            Lane::Batch => {
                let displaced = state.batch.push(principal, jobs)?;
                state.batch_waits_since.get_or_insert_with(Instant::now);
                displaced
            }
        };
        drop(state);
        self.changed.notify_all();
        Ok(displaced)
    }

    /// Waits for single work and does it; false when the lanes are closed and there is none left.
    pub fn run_single(&self, work: impl FnOnce(J)) -> bool {
        let mut state = self.lock();
        let (principal, job) = loop {
            if let Some(next) = state.single.take() {
                break next;
            }
            if state.closed {
                return false;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        state.single_running += 1;
        drop(state);
        work(job);
        let mut state = self.lock();
        state.single_running -= 1;
        state.single.finished(principal);
        drop(state);
        self.changed.notify_all();
        true
    }

    /// Waits for the turn of a batch item and does it; false when the lanes are closed and there is none left.
    pub fn run_batch(&self, work: impl FnOnce(J)) -> bool {
        let mut state = self.lock();
        let (principal, job) = loop {
            if state.batch.is_empty() && state.closed {
                return false;
            }
            let (now, first_began) = (Instant::now(), state.batch_waits_since);
            let patience = first_began.map(|since| (since + self.patience).saturating_duration_since(now));
            state = match patience {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) if state.single_is_idle() || left.is_zero() => {
                    if let Some(next) = state.batch.take() {
                        state.batch_waits_since = (!state.batch.is_empty()).then_some(now);
                        break next;
                    }
                    state.batch_waits_since = None;
                    state
                }
                Some(left) => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        };
        drop(state);
        work(job);
        self.lock().batch.finished(principal);
        true
    }

    /// Takes no more work. What waits is still done.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Work runs outside the lock, so a poisoned one guards nothing that could be half-done.
    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<J> State<J> {
    fn single_is_idle(&self) -> bool {
        self.single.is_empty() && self.single_running == 0
    }
}
