use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::task::{JoinHandle, yield_now};

use super::*;

fn pool(single: (usize, usize), batch: (usize, usize)) -> Arc<WorkerPool> {
    let size = |(workers, queue)| LaneSize { workers, queue };
    Arc::new(WorkerPool::start("test", size(single), size(batch)).unwrap())
}

fn spawn<T: Send + 'static>(
    pool: &Arc<WorkerPool>,
    lane: Lane,
    work: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<Result<T, WorkError>> {
    let pool = Arc::clone(pool);
    tokio::spawn(async move { pool.run_in(lane, work).await })
}

/// Keeps one worker of a lane busy until the sender is used.
async fn block(pool: &Arc<WorkerPool>, lane: Lane) -> (Sender<()>, JoinHandle<Result<(), WorkError>>) {
    let (release, gate) = channel::<()>();
    let (started, running) = oneshot::channel();
    let task = spawn(pool, lane, move || {
        started.send(()).unwrap();
        gate.recv().unwrap();
    });
    running.await.unwrap();
    (release, task)
}

#[tokio::test]
async fn results_come_back_and_a_panic_costs_one_job() {
    let pool = pool((1, 4), (1, 4));
    for lane in [Lane::Single, Lane::Batch] {
        assert_eq!(pool.run_in(lane, || 6 * 7).await, Ok(42));
        assert_eq!(pool.run_in(lane, || panic!("on purpose")).await, Err::<(), _>(WorkError::Failed));
        assert_eq!(pool.run_in(lane, || 1).await, Ok(1));
    }
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_recovers() {
    for lane in [Lane::Single, Lane::Batch] {
        let pool = pool((1, 1), (1, 1));
        let (release, first) = block(&pool, lane).await;
        let second = spawn(&pool, lane, || ());
        // The single-threaded runtime runs `second` up to its wait before this task goes on.
        yield_now().await;
        assert_eq!(pool.run_in(lane, || ()).await, Err(WorkError::Busy));
        release.send(()).unwrap();
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (Ok(()), Ok(())));
        assert_eq!(pool.run_in(lane, || ()).await, Ok(()));
    }
}

#[tokio::test]
async fn a_lane_without_threads_takes_nothing() {
    let pool = pool((1, 1), (0, 0));
    assert_eq!(pool.run_in(Lane::Batch, || ()).await, Err(WorkError::Busy));
}

#[tokio::test]
async fn the_work_of_a_caller_that_left_is_skipped() {
    for lane in [Lane::Single, Lane::Batch] {
        let pool = pool((1, 2), (1, 2));
        let (release, blocking) = block(&pool, lane).await;
        let (done, observed) = channel::<()>();
        let abandoned = spawn(&pool, lane, move || done.send(()).unwrap());
        yield_now().await;
        abandoned.abort();
        assert!(abandoned.await.unwrap_err().is_cancelled());
        release.send(()).unwrap();
        blocking.await.unwrap().unwrap();
        pool.run_in(lane, || ()).await.unwrap();
        assert!(observed.recv().is_err());
    }
}

#[tokio::test]
async fn a_single_request_overtakes_a_hundred_batch_items() {
    let pool = pool((1, 4), (2, 100));
    let (first, second) = (block(&pool, Lane::Batch).await, block(&pool, Lane::Batch).await);
    let begun = Arc::new(AtomicUsize::new(0));
    let items: Vec<_> = (0..100)
        .map(|_| {
            let begun = Arc::clone(&begun);
            spawn(&pool, Lane::Batch, move || begun.fetch_add(1, Ordering::SeqCst))
        })
        .collect();
    yield_now().await;
    // While a single one runs, workers that become free begin no item.
    let (release, single) = block(&pool, Lane::Single).await;
    for (release, task) in [first, second] {
        release.send(()).unwrap();
        task.await.unwrap().unwrap();
    }
    let behind = pool.run(|| ());
    std::thread::sleep(PATIENCE / 8);
    assert_eq!(begun.load(Ordering::SeqCst), 0);
    release.send(()).unwrap();
    single.await.unwrap().unwrap();
    behind.await.unwrap();
    for item in items {
        item.await.unwrap().unwrap();
    }
    assert_eq!(begun.load(Ordering::SeqCst), 100);
}

#[tokio::test]
async fn batches_are_slowed_down_by_single_work_and_not_stopped() {
    let pool = pool((1, 4), (1, 4));
    let (release, single) = block(&pool, Lane::Single).await;
    let start = Instant::now();
    pool.run_in(Lane::Batch, || ()).await.unwrap();
    assert!(start.elapsed() >= PATIENCE);
    release.send(()).unwrap();
    single.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_batch_item_computes_on_its_own_thread_and_a_single_one_on_all() {
    let pool = pool((1, 4), (2, 4));
    let threads = || rayon::current_num_threads();
    assert_eq!(pool.run_in(Lane::Batch, threads).await, Ok(1));
    assert_eq!(pool.run(threads).await, Ok(rayon::current_num_threads()));
    let seen = pool
        .run_in(Lane::Batch, || {
            let own = std::thread::current().id();
            let seen = Mutex::new(true);
            rayon::join(
                || *seen.lock().unwrap() &= std::thread::current().id() == own,
                || *seen.lock().unwrap() &= std::thread::current().id() == own,
            );
            seen.into_inner().unwrap()
        })
        .await;
    assert_eq!(seen, Ok(true));
}

#[test]
fn the_threads_end_when_the_pool_is_dropped() {
    let lanes = {
        let pool = pool((2, 1), (2, 1));
        Arc::clone(&pool.lanes)
    };
    let deadline = Instant::now() + PATIENCE;
    while Arc::strong_count(&lanes) > 1 {
        assert!(Instant::now() < deadline, "a thread still waits");
        std::thread::yield_now();
    }
}
