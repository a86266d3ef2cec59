//! A chain that says what a test tells it to, at the block that the test tells it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use poa_issuer::Config;
use poa_issuer::chain::{
    Answer, Block, ChainError, ChainId, ChainReader, ChainSnapshot, Change, Changes, GivenReader, Watched,
};
use poa_issuer::config::ChainConfig;
use poa_verifier::agenthood::hex32::BlockHash;
use poa_verifier::agenthood::instant::Instant;
use poa_verifier::agenthood::ss58::Address;
use serde_json::{Value, json};

use crate::rig::{START, Wallet};

/// Seconds from the chain's last block to the start of a test.
const BEFORE_S: u64 = 1_000;

/// What the chain is at the moment.
pub struct State {
    pub genesis: u8,
    /// The head, when it lags behind what was written.
    pub head: Option<u64>,
    /// Agents whose snapshots never come.
    pub silent: HashSet<Address>,
    /// Whether asking for changes panics.
    pub panics: bool,
    /// Blocks per answer about changes, each of which then takes a while.
    pub page: Option<u64>,
    /// Block after which changes cannot be read.
    pub unreadable_after: Option<u64>,
    /// Answers about changes.
    pub pages: usize,
    /// Snapshots asked for.
    pub snapshots: usize,
    /// Most snapshots under way at the same time.
    pub most_at_once: usize,
    under_way: usize,
    /// Every change, the block being the place in the list and one.
    written: Vec<(Address, Option<Address>)>,
}

/// The chain.
pub struct Scripted(Mutex<State>);

impl Scripted {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            genesis: 1,
            head: None,
            silent: HashSet::new(),
            panics: false,
            page: None,
            unreadable_after: None,
            pages: 0,
            snapshots: 0,
            most_at_once: 0,
            under_way: 0,
            written: Vec::new(),
        })))
    }

    /// Has a service read this.
    pub fn configure(self: &Arc<Self>, config: &mut Config) {
        config.agenthood.chain = ChainConfig::Given(GivenReader(Arc::clone(self) as Arc<dyn ChainReader>));
        config.agenthood.watch_interval = Duration::from_millis(100);
        config.agenthood.max_head_age = Duration::from_secs(BEFORE_S);
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// One more block, in which a controller takes over an agent, or registers it.
    pub fn controls(&self, agent: &Wallet, controller: &Wallet) {
        self.state().written.push((agent.address(), Some(controller.address())));
    }

    /// One more block, in which an agent is gone.
    pub fn gone(&self, agent: &Wallet) {
        self.state().written.push((agent.address(), None));
    }

    fn snapshot_now(&self, agent: &Address) -> ChainSnapshot {
        let state = self.state();
        let head = state.head();
        let last = state.written[..head as usize].iter().rev().find(|(of, _)| of == agent);
        let claim = last.and_then(|(_, controller)| *controller).map(|controller| claim(agent, &controller, head));
        ChainSnapshot { chain: state.chain(), block: block(head), agent: claim, collectable: false }
    }

    fn changes_after(&self, after: u64) -> Changes {
        let state = self.state();
        let head = state.head();
        let through = state.page.map_or(head, |page| head.min(after + page));
        let numbered = (1..).zip(&state.written).filter(|(number, _)| (after + 1..=through).contains(number));
        let changes = numbered.map(|(number, (agent, controller))| Change {
            agent: *agent,
            block: block(number),
            state: watched(*controller),
        });
        Changes { chain: state.chain(), head: block(head), through, changes: changes.collect() }
    }
}

impl State {
    fn head(&self) -> u64 {
        self.head.unwrap_or(self.written.len() as u64)
    }

    fn chain(&self) -> ChainId {
        ChainId { name: "scripted".to_owned(), genesis: BlockHash::new([self.genesis; 32]), fixture: false }
    }
}

fn block(number: u64) -> Block {
    let time_ms = (START - BEFORE_S) * 1000 + number;
    Block { number, hash: BlockHash::new([number as u8; 32]), time_ms, finalized: true }
}

fn hash() -> String {
    format!("0x{}", "0b".repeat(32))
}

fn watched(controller: Option<Address>) -> Watched {
    let registered = controller.is_some();
    serde_json::from_value(json!({
        "registered": registered, "abgHash": hash(), "abgVersion": 1, "sovereign": false, "controller": controller,
        "zeroBalanceSinceMs": null,
    }))
    .unwrap()
}

fn claim(agent: &Address, controller: &Address, head: u64) -> poa_verifier::agenthood::claims::AgentClaim {
    let value: Value = json!({
        "agentId": agent,
        "name": "Notary",
        "abgHash": hash(),
        "abgVersion": 1,
        "sovereign": false,
        "controller": controller,
        "capabilities": { "models": [], "tools": [], "intentTypes": [], "subAgents": [] },
        "registration": { "atBlock": 1, "registrar": controller },
        "funding": { "seusBalance": "5", "active": true },
        "recentRuns": { "sampledRuns": 0, "inferenceMix": { "kzg": 0, "signatureOnly": 0 }, "grade": "unknown" },
        "enclaveBound": false,
        "snapshotAtBlock": head,
        "snapshotAtTime": Instant::from_unix_ms(block(head).time_ms).unwrap(),
        "zeroBalanceSince": null,
    });
    serde_json::from_value(value).unwrap()
}

/// A snapshot under way, also one that is given up.
struct UnderWay<'a>(&'a Scripted);

impl<'a> UnderWay<'a> {
    fn begin(chain: &'a Scripted) -> Self {
        let mut state = chain.state();
        state.snapshots += 1;
        state.under_way += 1;
        state.most_at_once = state.most_at_once.max(state.under_way);
        Self(chain)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
    }
}

impl ChainReader for Scripted {
    fn snapshot<'a>(&'a self, agent: &'a Address) -> Answer<'a, ChainSnapshot> {
        Box::pin(async move {
            let _under_way = UnderWay::begin(self);
            while self.state().silent.contains(agent) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Ok::<_, ChainError>(self.snapshot_now(agent))
        })
    }

    fn changes_since(&self, after: u64) -> Answer<'_, Changes> {
        Box::pin(async move {
            let panics = self.state().panics;
            assert!(!panics, "told to panic");
            if self.state().unreadable_after.is_some_and(|block| after >= block) {
                return Err(ChainError::Unreachable("told to fail".to_owned()));
            }
            let paged = self.state().page.is_some();
            if paged {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            self.state().pages += 1;
            Ok(self.changes_after(after))
        })
    }

    fn kind(&self) -> &'static str {
        "scripted"
    }
}
