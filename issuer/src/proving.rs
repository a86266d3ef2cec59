//! A small fixed number of threads for work that takes long: proofs and verifications.
//!
//! # Two lanes
//! | lane | for | threads | inside one piece of work |
//! |---|---|---|---|
//! | [`Lane::Single`] | requests somebody waits for | few, usually one | all cores, by rayon's global pool |
//! | [`Lane::Batch`] | items of batches, and what is prepared beforehand | one per core | one core |
//!
//! One thread per item uses the cores better than all cores per item, and all cores per item answers sooner. No
//! batch item begins while single work waits or runs, so a single request waits for the items under way and for
//! nothing else. An item that waited [`PATIENCE`] begins all the same: a stream of single requests slows batches down
//! and does not stop them.
//!
//! Both queues are bounded. A full one answers [`WorkError::Busy`] at once, so waiting requests never pile up; a
//! caller that went away is skipped when its turn comes; a panic costs the one piece of work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

mod lanes;

use lanes::Lanes;

/// How long the next batch item lets single work go before it.
pub const PATIENCE: Duration = Duration::from_secs(2);

type Job = Box<dyn FnOnce() + Send>;

/// Which queue a piece of work waits in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lane {
    /// Somebody waits for this one.
    Single,
    /// One of many, or nobody waits for it.
    Batch,
}

/// Threads of a lane and how much may wait for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LaneSize {
    /// Threads.
    pub workers: usize,
    /// Pieces of work that may wait.
    pub queue: usize,
}

/// A pool of worker threads behind bounded queues. Dropping it lets the workers finish and end.
pub struct WorkerPool {
    lanes: Arc<Lanes<Job>>,
}

/// Why a piece of work was not done.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkError {
    /// All workers are busy and the queue is full.
    #[error("all workers are busy and the queue is full")]
    Busy,
    /// The work panicked, or the pool is shutting down.
    #[error("the work was not finished")]
    Failed,
}

impl WorkerPool {
    /// Starts the threads of both lanes, named after `name`. A lane without threads takes no work.
    pub fn start(name: &str, single: LaneSize, batch: LaneSize) -> std::io::Result<Self> {
        let lanes = Arc::new(Lanes::new(single.queue, batch.queue, PATIENCE));
        let pool = Self { lanes };
        for index in 0..single.workers {
            let lanes = Arc::clone(&pool.lanes);
            let work = move || while lanes.run_single(contained) {};
            std::thread::Builder::new().name(format!("{name}-{index}")).spawn(work)?;
        }
        for index in 0..batch.workers {
            let lanes = Arc::clone(&pool.lanes);
            let work = move || {
                let _own = on_this_thread_alone();
                while lanes.run_batch(contained) {}
            };
            std::thread::Builder::new().name(format!("{name}-batch-{index}")).spawn(work)?;
        }
        Ok(pool)
    }

    /// Does `work` on a worker of the single lane, or answers [`WorkError::Busy`] at once.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, WorkError> {
        self.run_in(Lane::Single, work).await
    }

    /// Does `work` on a worker of a lane, or answers [`WorkError::Busy`] at once.
    pub async fn run_in<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WorkError> {
        let (reply, result) = oneshot::channel();
        let job: Job = Box::new(move || {
            if !reply.is_closed() {
                // A receiver that went away between the two lines has no use for the result.
                let _ = reply.send(work());
            }
        });
        if !self.lanes.push(lane, job) {
            return Err(WorkError::Busy);
        }
        result.await.map_err(|_| WorkError::Failed)
    }
}

impl Drop for WorkerPool {
    fn drop(&mut self) {
        self.lanes.close();
    }
}

/// A panic has been reported by the panic hook; its caller sees the dropped reply.
fn contained(job: Job) {
    let _ = catch_unwind(AssertUnwindSafe(job));
}

/// Makes this thread a rayon pool of its own, so that what it computes stays on it.
fn on_this_thread_alone() -> Option<rayon::ThreadPool> {
    // Where it cannot be had the global pool does the same work on more threads.
    rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().ok()
}

#[cfg(test)]
mod tests;
