//! Random histories of the chain, of claims, readings and time: the documents that live are exactly those that the
//! rules allow, as a model says that knows nothing of the implementation.

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
    Claim(u8),
    Watch,
    Restart,
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let agent = 0..AGENTS;
    prop_oneof![
        3 => (agent.clone(), any::<bool>()).prop_map(|(a, s)| Step::Register(a, s)),
        2 => (agent.clone(), 0..3u8).prop_map(|(a, g)| Step::Abg(a, g)),
        3 => (agent.clone(), 0..3u8).prop_map(|(a, c)| Step::Controller(a, c)),
        2 => (agent.clone(), any::<bool>()).prop_map(|(a, s)| Step::Sovereign(a, s)),
        3 => (agent.clone(), any::<bool>()).prop_map(|(a, b)| Step::Balance(a, b)),
        1 => (agent.clone(), any::<bool>()).prop_map(|(a, c)| Step::Collectable(a, c)),
        1 => agent.clone().prop_map(Step::Runs),
        1 => agent.clone().prop_map(Step::Deregister),
        8 => agent.prop_map(Step::Claim),
        4 => Just(Step::Watch),
        1 => Just(Step::Restart),
        3 => prop_oneof![Just(1), Just(DAY), Just(20 * DAY), Just(45 * DAY)].prop_map(Step::Wait),
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

/// A document as the model has it.
#[derive(Clone, Debug)]
struct Document {
    jti: Jti,
    agent: u8,
    said: State,
    expires: u64,
    superseded: bool,
    ended: bool,
}

#[derive(Default)]
struct Model {
    agents: [State; AGENTS as usize],
    documents: Vec<Document>,
}

impl Model {
    /// Ends what the state of an agent now ends. Called after each change and each second that matters.
    fn judge(&mut self, now: u64) {
        for document in self.documents.iter_mut().filter(|document| !document.ended && now <= document.expires) {
            let (state, said) = (&self.agents[usize::from(document.agent)], &document.said);
            let empty = state.zero_since.is_some_and(|since| now >= since + 90 * DAY);
            let same_controller = said.sovereign || state.controller == said.controller;
            document.ended = !state.registered
                || state.collectable
                || empty
                || (state.graph, state.versions) != (said.graph, said.versions)
                || state.sovereign != said.sovereign
                || !same_controller;
        }
    }

    fn live(&self, now: u64) -> Vec<String> {
        let lives = |document: &&Document| !document.ended && !document.superseded && now <= document.expires;
        self.documents.iter().filter(lives).map(|document| document.jti.to_string()).collect()
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
    let mut after = model.agents[usize::from(number)].clone();
    let expected = apply(&mut after);
    let now = rig.clock_now();
    // What ended by time before this block ended before it.
    model.judge(now);
    let done = rig.app.registry().unwrap().apply(&agent(number).address(), &act, now).await;
    assert_eq!(done.is_ok(), expected, "{act:?}: {done:?}");
    if expected {
        model.agents[usize::from(number)] = after;
        model.judge(now);
    }
}

async fn claim(rig: &Rig, model: &mut Model, number: u8) {
    let state = model.agents[usize::from(number)].clone();
    let signer = if state.sovereign { Some(agent(number)) } else { state.controller.map(controller) };
    let address = agent(number).address();
    let challenge = rig.app.agenthood_challenge(address, Action::Issue).await.unwrap();
    let message = Action::Issue.message(&address.to_string(), &challenge.nonce);
    let signature_hex = signer.as_ref().map_or_else(|| "00".repeat(64), |signer| signer.sign(&message));
    let signature = WalletSignature::from_hex(&signature_hex).unwrap();
    let answered = Answered { nonce: challenge.nonce, signature_hex, signature };
    let issued = rig.app.agenthood_issue(address, Some(answered)).await;
    let allowed = state.registered && state.zero_since.is_none() && !state.collectable && signer.is_some();
    assert_eq!(issued.is_ok(), allowed, "{state:?}: {issued:?}");
    let Ok(row) = issued else { return };
    let now = rig.clock_now();
    for old in model.documents.iter_mut().filter(|old| old.agent == number && now <= old.expires && !old.ended) {
        old.superseded = true;
    }
    // Longer than documents live, so that the ninety days come to bear.
    rig.live_for(&row.jti.to_string(), 200 * DAY).await;
    let expires = now + 200 * DAY;
    model.documents.push(Document {
        jti: row.jti,
        agent: number,
        said: state,
        expires,
        superseded: false,
        ended: false,
    });
}

fn graph(number: u8) -> serde_json::Value {
    json!({ "models": [format!("m-{number}")] })
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
        Step::Claim(number) => {
            model.judge(now);
            claim(&rig, model, number).await;
        }
        Step::Watch => check(&rig, model).await,
        Step::Restart => return rig.restart().await,
        Step::Wait(seconds) => {
            rig.clock.advance(seconds);
        }
    }
    rig
}

/// After a reading the two agree.
async fn check(rig: &Rig, model: &mut Model) {
    rig.app.watch_now().await.unwrap();
    let now = rig.clock_now();
    model.judge(now);
    let mut live = Vec::new();
    for document in &model.documents {
        let row = rig.app.domain().agenthood_document(document.jti).await.unwrap();
        if row.revocation.is_none() && now <= row.expires_at {
            live.push(document.jti.to_string());
        }
    }
    assert_eq!(live, model.live(now), "{:?}", model.documents);
}

#[test]
fn the_documents_that_live_are_those_the_rules_allow() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let histories = proptest::collection::vec(step(), 10..50);
    let ended = std::cell::Cell::new(0);
    runner
        .run(&histories, |history| {
            runtime.block_on(async {
                let (mut rig, mut model) = (Rig::start().await, Model::default());
                let begin = (0..AGENTS).map(|number| Step::Register(number, number == 0));
                for step in begin.chain(history) {
                    rig = take(rig, &mut model, step).await;
                }
                check(&rig, &mut model).await;
                ended.set(ended.get() + model.documents.iter().filter(|document| document.ended).count());
            });
            Ok(())
        })
        .unwrap();
    assert!(ended.get() > 50, "histories that end nothing show nothing: {}", ended.get());
}
