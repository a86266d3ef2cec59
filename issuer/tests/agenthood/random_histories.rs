//! Random histories of the chain, of claims, revocations, readings, restarts and time: the documents that live are
//! exactly those that the rules allow, and each of the others ended once, for the reason and by the block that the rules
//! say. The model knows nothing of the implementation: it follows the chain as it happens, the service only when it
//! reads.

use std::collections::BTreeMap;

use poa_issuer::client::Client;
use poa_issuer::domain::agenthood::Jti;
use poa_issuer::domain::registry::{Act, NewAgent};
use poa_issuer::service::agenthood::Answered;
use poa_verifier::agenthood::claims::Balance;
use poa_verifier::agenthood::message::Action;
use poa_verifier::agenthood::wallet::WalletSignature;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::rig::{Rig, Wallet};

const DAY: u64 = 86_400;
const AGENTS: u8 = 2;
/// What documents say of themselves.
const LIFE: u64 = 30 * DAY;
/// What the database of some says, so that ninety days come to bear within a document's life.
const LONG_LIFE: u64 = 200 * DAY;

#[derive(Clone, Debug)]
enum Step {
    Register(u8, bool),
    Abg(u8, u8),
    Controller(u8, u8),
    Sovereign(u8, bool),
    Balance(u8, bool),
    Collectable(u8, bool),
    Runs(u8),
    Deregister(u8),
    /// For long or for the usual time.
    Claim(u8, bool),
    /// By one of the controllers, or by the agent itself.
    Revoke(u8, u8),
    /// By the operator: any document.
    Operator(u8),
    Watch,
    Restart,
    Wait(u64),
    /// To the last second of the agent's newest document, or one off.
    Expiry(u8, u64),
    /// To the end of the ninety days, or one off.
    Ninety(u8, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let agent = 0..AGENTS;
    prop_oneof![
        3 => (agent.clone(), any::<bool>()).prop_map(|(a, s)| Step::Register(a, s)),
        3 => (agent.clone(), 0..3u8).prop_map(|(a, g)| Step::Abg(a, g)),
        3 => (agent.clone(), 0..3u8).prop_map(|(a, c)| Step::Controller(a, c)),
        2 => (agent.clone(), any::<bool>()).prop_map(|(a, s)| Step::Sovereign(a, s)),
        4 => (agent.clone(), any::<bool>()).prop_map(|(a, b)| Step::Balance(a, b)),
        1 => (agent.clone(), any::<bool>()).prop_map(|(a, c)| Step::Collectable(a, c)),
        1 => agent.clone().prop_map(Step::Runs),
        1 => agent.clone().prop_map(Step::Deregister),
        6 => (agent.clone(), any::<bool>()).prop_map(|(a, long)| Step::Claim(a, long)),
        2 => (agent.clone(), 0..3u8).prop_map(|(a, by)| Step::Revoke(a, by)),
        1 => any::<u8>().prop_map(Step::Operator),
        4 => Just(Step::Watch),
        1 => Just(Step::Restart),
        2 => prop_oneof![Just(1), Just(DAY), Just(20 * DAY), Just(91 * DAY)].prop_map(Step::Wait),
        1 => (agent.clone(), 0..3u64).prop_map(|(a, off)| Step::Expiry(a, off)),
        2 => (agent, 0..3u64).prop_map(|(a, off)| Step::Ninety(a, off)),
    ]
}

/// An agent as the model has it.
#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    registered: bool,
    graph: u8,
    versions: u64,
    controller: Option<u8>,
    sovereign: bool,
    zero_since: Option<u64>,
    collectable: bool,
}

/// Why a document ends, and by which block.
type End = (&'static str, Option<u64>);

/// A document as the model has it.
#[derive(Clone, Debug)]
struct Document {
    jti: Jti,
    agent: u8,
    said: State,
    issued: u64,
    expires: u64,
    /// What the chain has said against it first; counts once the service reads, unless it ended or expired before.
    contradicted: Option<End>,
    ended: Option<End>,
}

#[derive(Default)]
struct Model {
    agents: [State; AGENTS as usize],
    head: u64,
    documents: Vec<Document>,
}

fn ninety_days(since: Option<u64>, now: u64) -> bool {
    since.is_some_and(|since| now >= since + 90 * DAY)
}

/// The published reasons in their order, for one document at one time.
fn reason(said: &State, state: &State, empty: bool) -> Option<&'static str> {
    [
        (!state.registered, "agent-deregistered"),
        (state.collectable || empty, "balance-zero-90d"),
        ((state.graph, state.versions) != (said.graph, said.versions), "abg-changed"),
        (state.sovereign != said.sovereign, "sovereignty-flipped"),
        (!said.sovereign && state.controller != said.controller, "controller-rotated"),
    ]
    .into_iter()
    .find_map(|(holds, reason)| holds.then_some(reason))
}

impl Document {
    fn lives(&self, now: u64) -> bool {
        self.ended.is_none() && now <= self.expires
    }
}

impl Model {
    fn state(&self, agent: u8) -> &State {
        &self.agents[usize::from(agent)]
    }

    /// A block that leaves an agent in a state.
    fn block(&mut self, agent: u8, after: State, now: u64) {
        self.head += 1;
        let before = std::mem::replace(&mut self.agents[usize::from(agent)], after.clone());
        // Money that comes after ninety days comes too late.
        let empty = ninety_days(before.zero_since, now) || ninety_days(after.zero_since, now);
        for document in self.documents.iter_mut().filter(|document| document.agent == agent) {
            if document.contradicted.is_none() {
                document.contradicted = reason(&document.said, &after, empty).map(|reason| (reason, Some(self.head)));
            }
        }
    }

    /// The service reads the chain: what was said against living documents counts. Gives what ends by that.
    fn watch(&mut self, now: u64) -> BTreeMap<String, End> {
        let mut ends = BTreeMap::new();
        for document in self.documents.iter_mut().filter(|document| document.lives(now)) {
            let empty = ninety_days(self.agents[usize::from(document.agent)].zero_since, now);
            let by_time = empty.then_some(("balance-zero-90d", Some(self.head)));
            document.ended = document.contradicted.or(by_time);
            ends.extend(document.ended.map(|end| (document.jti.to_string(), end)));
        }
        ends
    }

    fn newest(&mut self, agent: u8) -> Option<&mut Document> {
        self.documents.iter_mut().rev().find(|document| document.agent == agent)
    }
}

fn controller(number: u8) -> Wallet {
    Wallet::new(100 + number)
}

fn agent(number: u8) -> Wallet {
    Wallet::new(1 + number)
}

/// Applies a change to both; whether the registry takes it must be what the model says.
async fn change(rig: &Rig, model: &mut Model, number: u8, act: Act, apply: impl FnOnce(&mut State) -> bool) {
    let mut after = model.state(number).clone();
    let expected = apply(&mut after);
    let now = rig.clock_now();
    let done = rig.app.registry().unwrap().apply(&agent(number).address(), &act, now).await;
    assert_eq!(done.is_ok(), expected, "{act:?}: {done:?}");
    if expected {
        model.block(number, after, now);
        assert_eq!(done.unwrap().number, model.head);
    }
}

/// A challenge, answered by `signer`; by nobody's signature without one.
async fn answered(rig: &Rig, number: u8, action: Action, signer: Option<&Wallet>) -> Answered {
    let address = agent(number).address();
    let challenge = rig.app.agenthood_challenge(address, action, Client::OTHERS).await.unwrap();
    let message = action.message(&address.to_string(), &challenge.nonce);
    let signature_hex = signer.map_or_else(|| "00".repeat(64), |signer| signer.sign(&message));
    let signature = WalletSignature::from_hex(&signature_hex).unwrap();
    Answered { nonce: challenge.nonce, signature_hex, signature }
}

async fn claim(rig: &Rig, model: &mut Model, number: u8, long: bool) {
    let state = model.state(number).clone();
    let signer = if state.sovereign { Some(agent(number)) } else { state.controller.map(controller) };
    let answered = answered(rig, number, Action::Issue, signer.as_ref()).await;
    let issued = rig.app.agenthood_issue(agent(number).address(), Some(answered)).await;
    let allowed = state.registered && state.zero_since.is_none() && !state.collectable && signer.is_some();
    assert_eq!(issued.is_ok(), allowed, "{state:?}: {issued:?}");
    let Ok(row) = issued else { return };
    let now = rig.clock_now();
    for old in model.documents.iter_mut().filter(|old| old.agent == number && old.lives(now)) {
        old.ended = Some(("superseded", None));
    }
    let life = if long { LONG_LIFE } else { LIFE };
    rig.live_for(&row.jti.to_string(), life).await;
    model.documents.push(Document {
        jti: row.jti,
        agent: number,
        said: state,
        issued: now,
        expires: now + life,
        contradicted: None,
        ended: None,
    });
}

async fn revoke(rig: &Rig, model: &mut Model, number: u8, by: u8) {
    let signer = if by < 2 { controller(by) } else { agent(number) };
    let answered = answered(rig, number, Action::Revoke, Some(&signer)).await;
    let revoked = rig.app.agenthood_revoke(agent(number).address(), answered).await;
    let (state, now) = (model.state(number).clone(), rig.clock_now());
    let entitled = state.registered && !state.sovereign && state.controller == Some(by);
    let document = model.newest(number).filter(|document| entitled && document.lives(now));
    assert_eq!(revoked.is_ok(), document.is_some(), "{state:?}: {revoked:?}");
    if let Some(document) = document {
        assert_eq!(revoked.unwrap().jti, document.jti);
        document.ended = Some(("operator-revoked", None));
    }
}

async fn revoke_by_operator(rig: &Rig, model: &mut Model, which: u8) {
    let number = usize::from(which) % model.documents.len().max(1);
    let Some(document) = model.documents.get_mut(number) else { return };
    let done = rig.app.domain().revoke_agenthood_by_operator(document.jti, rig.clock_now()).await;
    assert_eq!(done.is_ok(), document.ended.is_none(), "{done:?}");
    document.ended.get_or_insert(("operator-revoked", None));
}

fn graph(number: u8) -> serde_json::Value {
    json!({ "models": [format!("m-{number}")] })
}

/// Forward to a time, when that is forward.
fn wait_until(rig: &Rig, time: Option<u64>) {
    rig.clock.advance(time.map_or(0, |time| time.saturating_sub(rig.clock_now())));
}

async fn take(rig: Rig, model: &mut Model, step: Step) -> Rig {
    let now = rig.clock_now();
    match step {
        Step::Register(number, sovereign) => {
            let act = Act::Register(Box::new(NewAgent {
                name: "agent".to_owned(),
                summary: None,
                abg: graph(0),
                sovereign,
                controller: Some(controller(0).address()),
                registrar: controller(0).address(),
                balance: Balance(1),
                enclave_bound: false,
            }));
            change(&rig, model, number, act, |state| {
                let new = !state.registered;
                *state = State { registered: true, versions: 1, controller: Some(0), sovereign, ..State::default() };
                new
            })
            .await;
        }
        Step::Abg(number, to) => {
            change(&rig, model, number, Act::PublishAbg(graph(to)), |state| {
                let new = state.registered && state.graph != to;
                state.versions += 1;
                state.graph = to;
                new
            })
            .await;
        }
        Step::Controller(number, to) => {
            let to = (to > 0).then(|| to - 1);
            let act = Act::RotateController(to.map(|to| controller(to).address()));
            change(&rig, model, number, act, |state| {
                let new = state.registered && state.controller != to;
                state.controller = to;
                new
            })
            .await;
        }
        Step::Sovereign(number, to) => {
            change(&rig, model, number, Act::SetSovereign(to), |state| {
                let new = state.registered && state.sovereign != to;
                state.sovereign = to;
                new
            })
            .await;
        }
        Step::Balance(number, funded) => {
            change(&rig, model, number, Act::SetBalance(Balance(funded.into())), |state| {
                let new = state.registered && state.zero_since.is_none() != funded;
                state.zero_since = if funded { None } else { state.zero_since.or(Some(now)) };
                new
            })
            .await;
        }
        Step::Collectable(number, to) => {
            change(&rig, model, number, Act::SetCollectable(to), |state| {
                let new = state.registered && state.collectable != to;
                state.collectable = to;
                new
            })
            .await;
        }
        Step::Runs(number) => {
            let act = Act::RecordRuns { kzg: 1, signature_only: 1 };
            change(&rig, model, number, act, |state| state.registered).await;
        }
        Step::Deregister(number) => {
            change(&rig, model, number, Act::Deregister, |state| std::mem::take(&mut state.registered)).await;
        }
        Step::Claim(number, long) => claim(&rig, model, number, long).await,
        Step::Revoke(number, by) => revoke(&rig, model, number, by).await,
        Step::Operator(which) => revoke_by_operator(&rig, model, which).await,
        Step::Watch => watch(&rig, model).await,
        Step::Restart => return rig.restart().await,
        Step::Wait(seconds) => {
            rig.clock.advance(seconds);
        }
        Step::Expiry(number, off) => wait_until(&rig, model.newest(number).map(|document| document.expires - 1 + off)),
        Step::Ninety(number, off) => {
            wait_until(&rig, model.state(number).zero_since.map(|since| since + 90 * DAY - 1 + off));
        }
    }
    rig
}

/// A reading ends what the model says, and afterwards the two agree on every document.
async fn watch(rig: &Rig, model: &mut Model) {
    let revoked = rig.app.watch_now().await.unwrap();
    let now = rig.clock_now();
    let number = revoked.len();
    let ends = revoked.into_iter().map(|(jti, reason, block)| (jti.to_string(), (reason.as_str(), Some(block))));
    let ends: BTreeMap<String, End> = ends.collect();
    assert_eq!(ends.len(), number, "one was revoked twice");
    assert_eq!(ends, model.watch(now));
    for document in &model.documents {
        let row = rig.app.domain().agenthood_document(document.jti).await.unwrap();
        let ended = row.revocation.map(|revocation| (revocation.reason.as_str(), revocation.cause_block));
        assert_eq!(ended, document.ended, "{document:?}");
        assert_eq!(row.revocation.is_none() && row.lives_at(now), document.lives(now), "{document:?}");
    }
}

/// What the world sees at the end: the list of revocations, each once, the published bits, and the published answer.
async fn publish(rig: &Rig, model: &mut Model) {
    watch(rig, model).await;
    rig.publish().await;
    let listed = rig.app.domain().revoked_agenthood(0, 1_000).await.unwrap().revoked;
    let mut ended: Vec<_> = model.documents.iter().filter(|document| document.ended.is_some()).map(|d| d.jti).collect();
    let mut ids: Vec<_> = listed.iter().map(|revoked| revoked.jti).collect();
    ids.sort();
    ended.sort();
    assert_eq!(ids, ended);
    let now = rig.clock_now();
    for document in &model.documents {
        let jti = document.jti.to_string();
        assert_eq!(rig.bit(&jti).await, document.ended.is_some(), "{document:?}");
        if now > document.issued + LIFE {
            continue;
        }
        let freshness = rig.verify(&jti).await["freshness"].clone();
        let expected = match document.ended {
            Some((reason, _)) => json!({ "status": "revoked", "reason": reason }),
            None => json!({ "status": "current" }),
        };
        assert_eq!(freshness, expected, "{document:?}");
    }
}

#[test]
fn the_documents_that_live_are_those_the_rules_allow() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let histories = proptest::collection::vec(step(), 20..70);
    let seen = std::cell::RefCell::new(BTreeMap::<&str, usize>::new());
    runner
        .run(&histories, |history| {
            runtime.block_on(async {
                let (mut rig, mut model) = (Rig::start().await, Model::default());
                let begin = (0..AGENTS).map(|number| Step::Register(number, number == 0));
                for step in begin.chain(history) {
                    rig = take(rig, &mut model, step).await;
                }
                publish(&rig, &mut model).await;
                let now = rig.clock_now();
                for document in &model.documents {
                    let alive = if document.lives(now) { "alive" } else { "expired" };
                    *seen.borrow_mut().entry(document.ended.map_or(alive, |(reason, _)| reason)).or_default() += 1;
                }
            });
            Ok(())
        })
        .unwrap();
    // Histories in which something never happens show nothing about it.
    let seen = seen.into_inner();
    assert_eq!(seen.len(), 9, "{seen:?}");
}
