use std::sync::atomic::AtomicUsize;

use poa_verifier::agenthood::hex32::BlockHash;
use poa_verifier::agenthood::ss58::{AccountId, Network};
use tokio::task::JoinSet;

use super::super::{Answer, Block, ChainId, ChainReader, Changes};
use super::*;

/// A chain without agents that answers once it is let.
struct Gated {
    gate: Semaphore,
    asked: AtomicUsize,
    under_way: AtomicUsize,
    most: AtomicUsize,
    panics: std::sync::atomic::AtomicBool,
}

impl Gated {
    fn new() -> Arc<Self> {
        let (asked, under_way, most) = Default::default();
        Arc::new(Self { gate: Semaphore::new(0), asked, under_way, most, panics: false.into() })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl ChainReader for Gated {
    fn snapshot<'a>(&'a self, _: &'a Address) -> Answer<'a, ChainSnapshot> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(under_way, Ordering::SeqCst);
            self.gate.acquire().await.unwrap().forget();
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            assert!(!self.panics.load(Ordering::SeqCst), "as told");
            let hash = BlockHash::new([1; 32]);
            let number = self.asked() as u64;
            Ok(ChainSnapshot {
                chain: ChainId { name: "gated".to_owned(), genesis: hash, fixture: false },
                block: Block { number, hash, time_ms: 0, finalized: true },
                agent: None,
                collectable: false,
            })
        })
    }

    fn changes_since(&self, _: u64) -> Answer<'_, Changes> {
        unreachable!("nobody watches")
    }

    fn kind(&self) -> &'static str {
        "gated"
    }
}

fn agent(number: u8) -> Address {
    Address::new(Network::SUBSTRATE, AccountId::new([number + 1; 32]).unwrap())
}

fn reads(chain: &Arc<Gated>) -> BoundedReads {
    let clock = Arc::new(crate::clock::ManualClock::new(0));
    let chain =
        Chain::new(Arc::clone(chain) as Arc<dyn ChainReader>, Network::SUBSTRATE, clock, Duration::from_secs(120));
    BoundedReads::new(Arc::new(chain), ReadLimits { at_once: 2, waiting: 3, budget: Duration::from_millis(200) })
}

/// One caller for each number, all at work on the one thread of the test.
async fn call(reads: &BoundedReads, numbers: impl IntoIterator<Item = u8>) -> JoinSet<Outcome> {
    let mut callers = JoinSet::new();
    for number in numbers {
        let reads = reads.clone();
        callers.spawn(async move { reads.snapshot(&agent(number), reads.deadline()).await });
    }
    settle().await;
    callers
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn so_many_are_read_at_once_so_many_wait_and_more_are_refused() {
    let chain = Gated::new();
    let reads = reads(&chain);
    let callers = call(&reads, 0..8).await;
    assert_eq!((chain.asked(), reads.refused()), (2, 3));
    chain.gate.add_permits(5);
    let outcomes = callers.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Err(ChainError::Busy)).count(), 3);
    assert_eq!((chain.asked(), chain.most.load(Ordering::SeqCst)), (5, 2));
}

#[tokio::test]
async fn an_agent_is_read_once_for_all_who_ask_meanwhile() {
    let chain = Gated::new();
    let reads = reads(&chain);
    let callers = call(&reads, [0; 50]).await;
    chain.gate.add_permits(2);
    let outcomes = callers.join_all().await;
    assert!(outcomes.iter().all(|outcome| outcome == &outcomes[0]), "{outcomes:?}");
    assert_eq!((chain.asked(), outcomes[0].as_ref().unwrap().block.number), (1, 1));
    // What comes later is read later.
    assert_eq!(reads.snapshot(&agent(0), reads.deadline()).await.unwrap().block.number, 2);
}

#[tokio::test]
async fn nobody_waits_longer_than_allowed_and_nothing_is_read_for_nobody() {
    let chain = Gated::new();
    let reads = reads(&chain);
    let outcomes = call(&reads, 0..4).await.join_all().await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(ChainError::Unreachable(_)))), "{outcomes:?}");
    assert!(reads.snapshot(&agent(9), Instant::now()).await.is_err(), "whose time is over has nothing read");
    // Those that waited when their callers went are dropped, and their places are free.
    chain.gate.add_permits(2);
    settle().await;
    assert_eq!((chain.asked(), reads.0.readings().len(), reads.0.places.available_permits()), (2, 0, 2));
}

/// Else callers who hang up would have the chain read without limit.
#[tokio::test]
async fn a_place_is_held_as_long_as_the_chain_is_read() {
    let chain = Gated::new();
    let reads = reads(&chain);
    for number in 0..4 {
        call(&reads, [number]).await.shutdown().await;
    }
    let waiting = call(&reads, [7]).await;
    assert_eq!((chain.asked(), chain.under_way.load(Ordering::SeqCst)), (2, 2));
    chain.gate.add_permits(3);
    assert!(waiting.join_all().await[0].is_ok());
    assert_eq!((chain.asked(), chain.most.load(Ordering::SeqCst)), (3, 2));
}

#[tokio::test]
async fn a_reader_that_panics_leaves_nothing_behind() {
    let chain = Gated::new();
    let reads = reads(&chain);
    chain.panics.store(true, Ordering::SeqCst);
    chain.gate.add_permits(1);
    let lost = reads.snapshot(&agent(0), reads.deadline()).await;
    assert!(matches!(lost, Err(ChainError::Unreachable(_))), "{lost:?}");
    chain.panics.store(false, Ordering::SeqCst);
    chain.gate.add_permits(1);
    assert!(reads.snapshot(&agent(0), reads.deadline()).await.is_ok());
    assert_eq!(reads.0.places.available_permits(), 2);
}
