use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::task::{JoinHandle, yield_now};

use super::*;

/// The agent of this number, above 0.
pub(super) fn agent(number: u32) -> Principal {
    Principal::Agent(format!("00000000-0000-4000-8000-{number:012x}").parse().unwrap())
}

fn pool(single: (usize, usize), batch: (usize, usize)) -> Arc<WorkerPool> {
    let size = |(workers, queue)| LaneSize { workers, queue, network: queue, share: queue };
    Arc::new(WorkerPool::start("test", size(single), size(batch)).unwrap())
}

fn spawn<T: Send + 'static>(
    pool: &Arc<WorkerPool>,
    lane: Lane,
    work: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<Result<T, WorkError>> {
    let pool = Arc::clone(pool);
    tokio::spawn(async move { pool.run_in(lane, agent(1), work).await })
}

fn spawn_for<T: Send + 'static>(
    pool: &Arc<WorkerPool>,
    principal: Principal,
    work: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<Result<T, WorkError>> {
    let pool = Arc::clone(pool);
    tokio::spawn(async move { pool.run(principal, work).await })
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
        assert_eq!(pool.run_in(lane, agent(1), || 6 * 7).await, Ok(42));
        assert_eq!(pool.run_in(lane, agent(1), || panic!("on purpose")).await, Err::<(), _>(WorkError::Failed));
        assert_eq!(pool.run_in(lane, agent(1), || 1).await, Ok(1));
    }
}

/// Otherwise a service that lets nobody wait would do nothing at all.
#[tokio::test]
async fn without_a_queue_an_idle_worker_takes_work() {
    let pool = Arc::new(WorkerPool::start("test", LaneSize::shared(1, 0), LaneSize::NONE).unwrap());
    let (release, first) = block(&pool, Lane::Single).await;
    release.send(()).unwrap();
    assert_eq!(first.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_recovers() {
    for lane in [Lane::Single, Lane::Batch] {
        let pool = pool((1, 1), (1, 1));
        let (release, first) = block(&pool, lane).await;
        let second = spawn(&pool, lane, || ());
        // The single-threaded runtime runs `second` up to its wait before this task goes on.
        yield_now().await;
        assert_eq!(pool.run_in(lane, agent(1), || ()).await, Err(WorkError::Busy));
        release.send(()).unwrap();
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (Ok(()), Ok(())));
        assert_eq!(pool.run_in(lane, agent(1), || ()).await, Ok(()));
    }
}

#[tokio::test]
async fn a_greedy_principal_delays_another_by_one_job_and_never_has_it_refused() {
    let pool = Arc::new(WorkerPool::start("test", LaneSize::shared(1, 16), LaneSize::NONE).unwrap());
    let (release, first) = block(&pool, Lane::Single).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let note = |name: &'static str| {
        let order = Arc::clone(&order);
        move || order.lock().unwrap().push(name)
    };
    let greedy: Vec<_> = (0..30).map(|_| spawn_for(&pool, agent(1), note("greedy"))).collect();
    yield_now().await;
    let other = spawn_for(&pool, agent(2), note("other"));
    let operator = spawn_for(&pool, Principal::Operator, note("operator"));
    yield_now().await;
    release.send(()).unwrap();
    first.await.unwrap().unwrap();
    assert_eq!((other.await.unwrap(), operator.await.unwrap()), (Ok(()), Ok(())));
    let mut refused = 0;
    for task in greedy {
        refused += usize::from(task.await.unwrap() == Err(WorkError::Busy));
    }
    assert_eq!(refused, 26, "its share is four places of sixteen");
    assert_eq!(order.lock().unwrap()[..2], ["operator", "other"], "the greedy one has had its turn already");
}

#[tokio::test]
async fn many_greedy_principals_do_not_keep_out_who_asks_for_one_thing() {
    let pool = Arc::new(WorkerPool::start("test", LaneSize::shared(1, 16), LaneSize::NONE).unwrap());
    let (release, first) = block(&pool, Lane::Single).await;
    let greedy: Vec<_> = (1..=4).flat_map(|number| (0..4).map(move |_| number)).collect();
    let greedy: Vec<_> = greedy.into_iter().map(|number| spawn_for(&pool, agent(number), || ())).collect();
    yield_now().await;
    let other = spawn_for(&pool, agent(5), || ());
    yield_now().await;
    release.send(()).unwrap();
    first.await.unwrap().unwrap();
    assert_eq!(other.await.unwrap(), Ok(()));
    let mut refused = 0;
    for task in greedy {
        refused += usize::from(task.await.unwrap() == Err(WorkError::Busy));
    }
    assert_eq!(refused, 1, "one of them gave up its newest place");
}

#[tokio::test]
async fn a_batch_takes_a_place_for_each_member_or_none() {
    let pool = Arc::new(WorkerPool::start("test", LaneSize::shared(1, 16), LaneSize::NONE).unwrap());
    assert_eq!(pool.run_each(agent(1), (0..4).map(|number| move || number)).await, Ok(vec![0, 1, 2, 3]));
    assert_eq!(pool.run_each(agent(1), (0..5).map(|number| move || number)).await, Err(WorkError::Busy));
}

#[tokio::test]
async fn a_lane_without_threads_takes_nothing() {
    let pool = pool((1, 1), (0, 0));
    assert_eq!(pool.run_in(Lane::Batch, agent(1), || ()).await, Err(WorkError::Busy));
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
        pool.run_in(lane, agent(1), || ()).await.unwrap();
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
    let behind = pool.run(agent(1), || ());
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
    pool.run_in(Lane::Batch, agent(1), || ()).await.unwrap();
    assert!(start.elapsed() >= PATIENCE);
    release.send(()).unwrap();
    single.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_batch_item_computes_on_its_own_thread_and_a_single_one_on_all() {
    let pool = pool((1, 4), (2, 4));
    let threads = || rayon::current_num_threads();
    assert_eq!(pool.run_in(Lane::Batch, agent(1), threads).await, Ok(1));
    assert_eq!(pool.run(agent(1), threads).await, Ok(rayon::current_num_threads()));
    let seen = pool
        .run_in(Lane::Batch, agent(1), || {
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
