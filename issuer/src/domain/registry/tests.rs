use poa_verifier::agenthood::claims::{Balance, Grade};
use serde_json::json;

use super::record::Record;
use super::*;

const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const BOB: &str = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

fn new_agent(abg: Value) -> Act {
    Act::Register(Box::new(NewAgent {
        name: "Notary".to_owned(),
        summary: None,
        abg,
        sovereign: false,
        controller: Some(BOB.parse().unwrap()),
        registrar: BOB.parse().unwrap(),
        balance: Balance(5),
        enclave_bound: false,
    }))
}

fn registered() -> Record {
    new_agent(json!({ "models": ["m"] })).apply(None, 7, 1_000).unwrap()
}

#[test]
fn a_change_that_changes_nothing_is_no_block() {
    for act in [
        Act::SetBalance(Balance(5)),
        Act::SetSovereign(false),
        Act::SetCollectable(false),
        Act::RotateController(Some(BOB.parse().unwrap())),
        Act::PublishAbg(json!({ "models": ["m"] })),
    ] {
        assert!(matches!(act.apply(Some(registered()), 8, 2_000), Err(RegistryError::Unchanged)), "{act:?}");
    }
    let again = new_agent(json!({})).apply(Some(registered()), 8, 2_000);
    assert!(matches!(again, Err(RegistryError::AlreadyRegistered)));
    assert!(matches!(Act::Deregister.apply(None, 8, 2_000), Err(RegistryError::NotRegistered)));
}

#[test]
fn a_zero_balance_keeps_the_time_it_began() {
    let zero = Act::SetBalance(Balance(0)).apply(Some(registered()), 8, 2_000).unwrap();
    assert_eq!(zero.watched().zero_balance_since_ms, Some(2_000));
    let later = Act::SetCollectable(true).apply(Some(zero.clone()), 9, 9_000).unwrap();
    assert_eq!(later.watched().zero_balance_since_ms, Some(2_000));
    let funded = Act::SetBalance(Balance(1)).apply(Some(zero), 9, 9_000).unwrap();
    assert_eq!(funded.watched().zero_balance_since_ms, None);
}

#[test]
fn a_new_graph_is_a_new_version_with_its_capabilities() {
    let graph = json!({ "models": ["a", { "name": "b" }], "intentTypes": [], "other": 1 });
    let next = Act::PublishAbg(graph.clone()).apply(Some(registered()), 8, 2_000).unwrap();
    assert_eq!((next.abg_version, next.abg_hash.as_bytes()), (2, &json::digest(&graph)));
    assert_eq!(next.capabilities.models, ["a", "b"]);
    let names = |count: usize| json!({ "tools": vec!["t"; count] });
    assert!(Act::PublishAbg(names(32)).apply(Some(registered()), 8, 2_000).is_ok());
    // As many names and as long as may be; escaped they are too much for a document.
    let longest = |letter: &str| {
        let names = vec![letter.repeat(100); 32];
        json!({ "models": names, "tools": names, "intentTypes": names, "subAgents": names })
    };
    assert!(Act::PublishAbg(longest("x")).apply(Some(registered()), 8, 2_000).is_ok());
    for bad in [
        names(33),
        json!({ "models": "m" }),
        json!({ "models": [1] }),
        json!({ "models": [""] }),
        json!({ "models": ["x".repeat(101)] }),
        json!({ "models": ["a\n"] }),
        json!({ "filler": "x".repeat(MAX_ABG_BYTES) }),
        longest("\\"),
        json!([]),
    ] {
        let refused = Act::PublishAbg(bad).apply(Some(registered()), 8, 2_000);
        assert!(matches!(refused, Err(RegistryError::Member { .. })), "{refused:?}");
    }
}

#[test]
fn a_sovereign_agent_shows_no_controller_and_gets_it_back() {
    let sovereign = Act::SetSovereign(true).apply(Some(registered()), 8, 2_000).unwrap();
    assert_eq!(sovereign.watched().controller, None);
    let back = Act::SetSovereign(false).apply(Some(sovereign), 9, 3_000).unwrap();
    assert_eq!(back.watched().controller, Some(BOB.parse().unwrap()));
}

#[test]
fn runs_are_graded() {
    let block = super::block(9, &[0; 32], 9);
    let agent = ALICE.parse().unwrap();
    for (runs, grade, range) in [
        (vec![], Grade::Unknown, None),
        (vec![(4, true), (3, true)], Grade::Full, Some((3, 4))),
        (vec![(4, false)], Grade::Lite, Some((4, 4))),
        (vec![(8, false), (2, true)], Grade::Mixed, Some((2, 8))),
    ] {
        let recent = registered().claim(&agent, &runs, &block).unwrap().recent_runs;
        assert_eq!((recent.grade, recent.sampled_runs), (grade, runs.len() as u64));
        assert_eq!(recent.from_block.zip(recent.to_block), range);
    }
    let none = Act::RecordRuns { kzg: 0, signature_only: 0 }.apply(Some(registered()), 8, 2_000);
    assert!(matches!(none, Err(RegistryError::Member { .. })));
    let many = Act::RecordRuns { kzg: u32::MAX, signature_only: 1 }.apply(Some(registered()), 8, 2_000);
    assert!(matches!(many, Err(RegistryError::Member { .. })));
}
