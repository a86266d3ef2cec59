//! A small fixed number of threads for work that takes long: proofs and verifications.
//!
//! The queue in front of the threads is bounded. When it is full the answer is [`WorkError::Busy`] at once, so
//! waiting requests never pile up; a caller that went away is skipped when its turn comes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// A pool of worker threads behind a bounded queue. Dropping it lets the workers finish and end.
#[derive(Clone)]
pub struct WorkerPool {
    queue: SyncSender<Job>,
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
    /// Starts `workers` threads named after `name`; at most `queue` jobs wait for them.
    pub fn start(name: &str, workers: usize, queue: usize) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel::<Job>(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        for index in 0..workers {
            let receiver = Arc::clone(&receiver);
            std::thread::Builder::new().name(format!("{name}-{index}")).spawn(move || work(&receiver))?;
        }
        Ok(Self { queue: sender })
    }

    /// Does `work` on a worker, or answers [`WorkError::Busy`] at once.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, WorkError> {
        let (reply, result) = oneshot::channel();
        let job: Job = Box::new(move || {
            if !reply.is_closed() {
                // A receiver that went away between the two lines has no use for the result.
                let _ = reply.send(work());
            }
        });
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => WorkError::Busy,
            TrySendError::Disconnected(_) => WorkError::Failed,
        })?;
        result.await.map_err(|_| WorkError::Failed)
    }
}

fn work(receiver: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is held while waiting only; a poisoned one guards nothing that could be half-done.
        let job = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A panic has been reported by the panic hook; its caller sees the dropped reply.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use tokio::task::yield_now;

    #[tokio::test]
    async fn results_come_back_and_a_panic_costs_one_job() {
        let pool = WorkerPool::start("test", 1, 4).unwrap();
        assert_eq!(pool.run(|| 6 * 7).await, Ok(42));
        assert_eq!(pool.run(|| panic!("on purpose")).await, Err::<(), _>(WorkError::Failed));
        assert_eq!(pool.run(|| 1).await, Ok(1));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_recovers() {
        let pool = WorkerPool::start("test", 1, 1).unwrap();
        let (release, gate) = channel::<()>();
        let (started, running) = oneshot::channel();
        let first = tokio::spawn({
            let pool = pool.clone();
            async move {
                pool.run(move || {
                    started.send(()).unwrap();
                    gate.recv().unwrap();
                })
                .await
            }
        });
        running.await.unwrap();
        let second = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(|| ()).await }
        });
        // The single-threaded runtime runs `second` up to its wait before this task goes on.
        yield_now().await;
        assert_eq!(pool.run(|| ()).await, Err(WorkError::Busy));
        release.send(()).unwrap();
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (Ok(()), Ok(())));
        assert_eq!(pool.run(|| ()).await, Ok(()));
    }

    #[tokio::test]
    async fn the_work_of_a_caller_that_left_is_skipped() {
        let pool = WorkerPool::start("test", 1, 2).unwrap();
        let (release, gate) = channel::<()>();
        let blocking = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(move || gate.recv().unwrap()).await }
        });
        yield_now().await;
        let (done, observed) = channel::<()>();
        let abandoned = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(move || done.send(()).unwrap()).await }
        });
        yield_now().await;
        abandoned.abort();
        assert!(abandoned.await.unwrap_err().is_cancelled());
        release.send(()).unwrap();
        blocking.await.unwrap().unwrap();
        pool.run(|| ()).await.unwrap();
        assert!(observed.recv().is_err());
    }
}
