//! What no reader may say is refused, whichever reader says it.

use poa_verifier::agenthood::ss58::Network;
use serde_json::json;

use super::*;

const NETWORK: Network = Network::SUBSTRATE;
/// The account of the agent in these tests.
const AGENT: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

fn hash(byte: &str) -> String {
    format!("0x{}", byte.repeat(32))
}

fn block(number: u64) -> serde_json::Value {
    json!({ "number": number, "hash": hash("0a"), "timeMs": 1000 * number, "finalized": true })
}

fn change(number: u64) -> serde_json::Value {
    json!({
        "agent": AGENT,
        "block": block(number),
        "state": {
            "registered": true, "abgHash": hash("0b"), "abgVersion": 1, "sovereign": false, "controller": null,
            "zeroBalanceSinceMs": null,
        },
    })
}

fn changes(numbers: &[u64], through: u64, head: u64) -> Changes {
    serde_json::from_value(json!({
        "chain": { "name": "test", "genesis": hash("00") },
        "head": block(head),
        "through": through,
        "changes": numbers.iter().map(|number| change(*number)).collect::<Vec<_>>(),
    }))
    .unwrap()
}

#[test]
fn changes_come_in_order_after_the_block_and_within_what_is_claimed() {
    assert!(changes(&[4, 4, 6], 7, 9).check(3, NETWORK).is_ok());
    assert!(changes(&[], 3, 3).check(3, NETWORK).is_ok());
    for (numbers, through, head) in
        [(&[3][..], 7, 9), (&[2], 7, 9), (&[5, 4], 7, 9), (&[8], 7, 9), (&[], 10, 9), (&[4], 4, 3)]
    {
        assert!(
            matches!(changes(numbers, through, head).check(3, NETWORK), Err(ChainError::Malformed(_))),
            "{numbers:?}"
        );
    }
}

#[test]
fn blocks_that_are_not_final_or_out_of_range_are_refused() {
    let refused = |spoil: fn(&mut Changes)| {
        let mut answer = changes(&[4], 7, 9);
        spoil(&mut answer);
        matches!(answer.check(3, NETWORK), Err(ChainError::Malformed(_)))
    };
    assert!(refused(|answer| answer.head.finalized = false));
    assert!(refused(|answer| answer.changes[0].block.finalized = false));
    assert!(refused(|answer| answer.head.number = u64::MAX));
    assert!(refused(|answer| answer.head.time_ms = u64::MAX));
    assert!(refused(|answer| answer.changes[0].block.time_ms = 9_001));
    assert!(refused(|answer| answer.chain.name.clear()));
}

#[test]
fn a_head_of_another_time_is_no_head() {
    let check = |time_ms| checked::check_head_time(time_ms, 10_000, 120);
    assert_eq!(check(9_879_999), Err(ChainError::HeadTooOld { age: 121, max: 120 }));
    assert_eq!(check(9_880_000), Ok(()));
    assert_eq!(check(10_030_999), Ok(()));
    assert_eq!(check(10_031_000), Err(ChainError::HeadAhead { ahead: 31 }));
}

#[test]
fn members_are_exact() {
    let text = serde_json::to_value(changes(&[4], 7, 9)).unwrap();
    let read = |spoil: fn(&mut serde_json::Value)| {
        let mut value = text.clone();
        spoil(&mut value);
        serde_json::from_value::<Changes>(value).is_ok()
    };
    assert!(read(|_| {}));
    assert!(!read(|value| value["more"] = 1.into()));
    assert!(!read(|value| value["changes"][0]["state"]["abgHash"] = "0b".into()));
    assert!(!read(|value| {
        value["changes"][0]["state"].as_object_mut().unwrap().remove("controller");
    }));
    assert!(!read(|value| {
        value["changes"][0]["state"].as_object_mut().unwrap().remove("zeroBalanceSinceMs");
    }));
}

fn snapshot() -> serde_json::Value {
    json!({
        "chain": { "name": "test", "genesis": hash("00") },
        "block": block(7),
        "agent": {
            "agentId": AGENT,
            "name": "Notary",
            "abgHash": hash("0b"),
            "abgVersion": 1,
            "sovereign": false,
            "controller": AGENT,
            "capabilities": { "models": ["m"], "tools": [], "intentTypes": [], "subAgents": ["a friend"] },
            "registration": { "atBlock": 1, "registrar": "somebody" },
            "funding": { "seusBalance": "5", "active": true },
            "recentRuns": { "sampledRuns": 0, "inferenceMix": { "kzg": 0, "signatureOnly": 0 }, "grade": "unknown" },
            "enclaveBound": false,
            "snapshotAtBlock": 7,
            "snapshotAtTime": "1970-01-01T00:00:07.000Z",
            "zeroBalanceSince": null,
        },
    })
}

fn read(value: serde_json::Value) -> Result<ChainSnapshot, String> {
    let snapshot: ChainSnapshot = serde_path_to_error::deserialize(value).map_err(|error| error.to_string())?;
    snapshot.check(&AGENT.parse().unwrap(), NETWORK).map_err(|error| error.to_string())
}

#[test]
fn addresses_of_another_network_are_refused() {
    assert!(read(snapshot()).is_ok());
    let agent: Address = AGENT.parse().unwrap();
    // The same account elsewhere.
    let elsewhere = Address::new(Network::new(0).unwrap(), *agent.account());
    for (pointer, member) in [
        ("/agent/controller", "controller"),
        ("/agent/registration/registrar", "registration.registrar"),
        ("/agent/capabilities/subAgents/0", "capabilities.subAgents"),
    ] {
        let mut spoiled = snapshot();
        *spoiled.pointer_mut(pointer).unwrap() = json!(elsewhere);
        let error = read(spoiled).unwrap_err();
        assert!(error.contains(&format!("{member} is an address of network 0, not 42")), "{error}");
    }
    let mut spoiled = snapshot();
    spoiled["agent"]["agentId"] = json!(elsewhere);
    let spoiled: ChainSnapshot = serde_json::from_value(spoiled).unwrap();
    assert!(spoiled.clone().check(&agent, NETWORK).is_err(), "of another agent");
    assert!(spoiled.check(&elsewhere, NETWORK).is_err(), "asked for on another network");

    let refused = |spoil: &dyn Fn(&mut Change)| {
        let mut answer = changes(&[4], 7, 9);
        spoil(&mut answer.changes[0]);
        matches!(answer.check(3, NETWORK), Err(ChainError::Malformed(_)))
    };
    assert!(!refused(&|change| change.state.controller = Some(agent)));
    assert!(refused(&|change| change.state.controller = Some(elsewhere)));
    assert!(refused(&|change| change.agent = elsewhere));
}

/// Found here, and not when the nonce of whoever asks for the document is used up.
#[test]
fn a_claim_that_no_document_could_carry_is_refused() {
    let of = |bytes: usize| {
        let mut value = snapshot();
        value["agent"]["summary"] = json!("x".repeat(bytes));
        value
    };
    let empty = poa_verifier::json::canonical(&of(0)["agent"]).len();
    assert!(read(of(MAX_CLAIM_BYTES - empty)).is_ok());
    assert!(read(of(MAX_CLAIM_BYTES - empty + 1)).unwrap_err().contains("20480 bytes"));
}

#[test]
fn a_claim_is_exactly_the_contracts() {
    let error = |spoil: fn(&mut serde_json::Value)| {
        let mut value = snapshot();
        spoil(&mut value["agent"]);
        read(value).unwrap_err()
    };
    assert_eq!(error(|agent| agent["tokenBinding"] = 1.into()), "agent: tokenBinding is not in the contract");
    assert_eq!(
        error(|agent| agent["recentRuns"]["inferenceMix"]["more"] = 1.into()),
        "agent: recentRuns.inferenceMix.more is not in the contract"
    );
    assert_eq!(error(|agent| agent["summary"] = serde_json::Value::Null), "agent: summary is not in the contract");
    let missing = error(|agent| drop(agent.as_object_mut().unwrap().remove("zeroBalanceSince")));
    assert_eq!(missing, "agent: zeroBalanceSince is missing");
    let wrong = error(|agent| agent["funding"]["seusBalance"] = "05".into());
    assert!(wrong.starts_with("agent: funding.seusBalance"), "{wrong}");
    let mut absent = snapshot();
    absent["agent"] = serde_json::Value::Null;
    assert_eq!(read(absent.clone()).unwrap().agent, None);
    absent.as_object_mut().unwrap().remove("agent");
    assert!(read(absent).is_err());
}
