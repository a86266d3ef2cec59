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
//! Both queues are bounded and fair among principals (`fair` has the rules). A full one answers [`WorkError::Busy`] at
//! once, so waiting requests never pile up; a caller that went away is skipped when its turn comes; a panic costs the
//! one piece of work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

mod fair;
mod lanes;
mod places;
mod principal;

use fair::Bounds;
use lanes::Lanes;
pub use places::{Place, Places};
pub use principal::Principal;

/// How long the next batch item lets single work go before it.
pub const PATIENCE: Duration = Duration::from_secs(2);

type Job = Box<dyn FnOnce(Turn) + Send>;

/// What becomes of a piece of work that waited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Turn {
    /// It is done.
    Run,
    /// Somebody whose turn it rather is took its place.
    Displaced,
}

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
    /// Pieces of work that may wait. The operator's do not count: it has as many places of its own.
    pub queue: usize,
    /// Pieces of work of the anonymous clients of one network that may wait.
    pub network: usize,
    /// Pieces of work of one principal that may wait.
    pub share: usize,
}

impl LaneSize {
    /// A lane that takes no work.
    pub const NONE: Self = Self { workers: 0, queue: 0, network: 0, share: 0 };

    /// A lane of which one network has half, one principal a quarter, and each at least one place.
    pub fn shared(workers: usize, queue: usize) -> Self {
        Self { workers, queue, network: (queue / 2).max(1), share: (queue / 4).max(1) }
    }

    fn bounds(self) -> Bounds {
        // There is a place even where nobody may wait: work passes it on its way to an idle thread. A lane without threads
        // would never empty.
        let queue = if self.workers == 0 { 0 } else { self.queue.max(1) };
        Bounds { queue, network: self.network, share: self.share, operator: queue }
    }
}

/// A pool of worker threads behind bounded queues. Dropping it lets the workers finish and end.
pub struct WorkerPool {
    lanes: Arc<Lanes<Job>>,
}

/// Why a piece of work was not done.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkError {
    /// All workers are busy, and the queue or the caller's share of it is full.
    #[error("all workers are busy, and the queue or this caller's share of it is full")]
    Busy,
    /// The work panicked, or the pool is shutting down.
    #[error("the work was not finished")]
    Failed,
}

impl WorkerPool {
    /// Starts the threads of both lanes, named after `name`. A lane without threads takes no work.
    pub fn start(name: &str, single: LaneSize, batch: LaneSize) -> std::io::Result<Self> {
        let lanes = Arc::new(Lanes::new(single.bounds(), batch.bounds(), PATIENCE));
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

    /// Does `work` for a principal on a worker of the single lane, or answers [`WorkError::Busy`].
    pub async fn run<T: Send + 'static>(
        &self,
        principal: Principal,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WorkError> {
        self.run_in(Lane::Single, principal, work).await
    }

    /// Does `work` for a principal on a worker of a lane, or answers [`WorkError::Busy`].
    pub async fn run_in<T: Send + 'static>(
        &self,
        lane: Lane,
        principal: Principal,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WorkError> {
        let (job, result) = job(work);
        self.push(lane, principal, vec![job])?;
        result.await.map_err(|_| WorkError::Failed)?
    }

    /// Does several pieces of single work, each in a place of its own. The queue takes all of them or none.
    pub async fn run_each<T: Send + 'static, W: FnOnce() -> T + Send + 'static>(
        &self,
        principal: Principal,
        works: impl IntoIterator<Item = W>,
    ) -> Result<Vec<T>, WorkError> {
        let (jobs, results): (Vec<_>, Vec<_>) = works.into_iter().map(job).unzip();
        self.push(Lane::Single, principal, jobs)?;
        let mut done = Vec::with_capacity(results.len());
        for result in results {
            // Those that still wait are skipped once this returns.
            done.push(result.await.map_err(|_| WorkError::Failed)??);
        }
        Ok(done)
    }

    fn push(&self, lane: Lane, principal: Principal, jobs: Vec<Job>) -> Result<(), WorkError> {
        let displaced = self.lanes.push(lane, principal, jobs).map_err(|_| WorkError::Busy)?;
        displaced.into_iter().for_each(|job| job(Turn::Displaced));
        Ok(())
    }
}

/// Work as a worker takes it, and where its result comes out.
fn job<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> (Job, oneshot::Receiver<Result<T, WorkError>>) {
    let (reply, result) = oneshot::channel();
    let job = move |turn| {
        if !reply.is_closed() {
            // A receiver that went away between the two lines has no use for the result.
            let _ = reply.send(match turn {
                Turn::Run => Ok(work()),
                Turn::Displaced => Err(WorkError::Busy),
            });
        }
    };
    (Box::new(job), result)
}

impl Drop for WorkerPool {
    fn drop(&mut self) {
        self.lanes.close();
    }
}

/// A panic has been reported by the panic hook; its caller sees the dropped reply.
fn contained(job: Job) {
    let _ = catch_unwind(AssertUnwindSafe(|| job(Turn::Run)));
}

/// Makes this thread a rayon pool of its own, so that what it computes stays on it.
fn on_this_thread_alone() -> Option<rayon::ThreadPool> {
    // Where it cannot be had the global pool does the same work on more threads.
    rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().ok()
}

#[cfg(test)]
mod tests;
