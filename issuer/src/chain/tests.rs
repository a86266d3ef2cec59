//! What no reader may say is refused, whichever reader says it.

use serde_json::json;

use super::*;

fn hash(byte: &str) -> String {
    format!("0x{}", byte.repeat(32))
}

fn block(number: u64) -> serde_json::Value {
    json!({ "number": number, "hash": hash("0a"), "timeMs": 1000 * number, "finalized": true })
}

fn change(number: u64) -> serde_json::Value {
    json!({
        "agent": "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
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
    assert!(changes(&[4, 4, 6], 7, 9).check(3).is_ok());
    assert!(changes(&[], 3, 3).check(3).is_ok());
    for (numbers, through, head) in
        [(&[3][..], 7, 9), (&[2], 7, 9), (&[5, 4], 7, 9), (&[8], 7, 9), (&[], 10, 9), (&[4], 4, 3)]
    {
        assert!(matches!(changes(numbers, through, head).check(3), Err(ChainError::Malformed(_))), "{numbers:?}");
    }
}

#[test]
fn blocks_that_are_not_final_or_out_of_range_are_refused() {
    let refused = |spoil: fn(&mut Changes)| {
        let mut answer = changes(&[4], 7, 9);
        spoil(&mut answer);
        matches!(answer.check(3), Err(ChainError::Malformed(_)))
    };
    assert!(refused(|answer| answer.head.finalized = false));
    assert!(refused(|answer| answer.changes[0].block.finalized = false));
    assert!(refused(|answer| answer.head.number = u64::MAX));
    assert!(refused(|answer| answer.head.time_ms = u64::MAX));
    assert!(refused(|answer| answer.changes[0].block.time_ms = 9_001));
    assert!(refused(|answer| answer.chain.name.clear()));
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
