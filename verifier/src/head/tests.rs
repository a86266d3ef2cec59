//! The memory's rules: one tree per number, and numbers, times and counters grow together.

use serde_json::json;

use super::memory::REMEMBERED;
use super::*;

fn head(seq: u64, iat: u64, root: u64) -> HeadClaims {
    HeadClaims {
        iss: "did:web:a.example".parse().unwrap(),
        log: "main".to_owned(),
        iat,
        exp: iat + LIFETIME_S,
        root: F::from(root),
        size: seq,
        seq,
        revocations: seq / 10,
        anchor: false,
    }
}

const NOW: u64 = 1_000_000;

#[test]
fn claims_are_exact() {
    let good = serde_json::to_value(head(3, 50, 9)).unwrap();
    assert_eq!(HeadClaims::from_value(&good), Ok(head(3, 50, 9)));
    for member in ["iss", "log", "iat", "exp", "root", "size", "seq", "revocations", "anchor"] {
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(member);
        assert!(matches!(HeadClaims::from_value(&without), Err(HeadError::Claims(_))), "{member}");
    }
    let in_order =
        json!(["did:web:a.example", "main", 50, 50 + LIFETIME_S, field::encode_hex(&F::from(9u64)), 3, 3, 0, false]);
    assert!(matches!(HeadClaims::from_value(&in_order), Err(HeadError::Claims(_))));
    let edited = |member: &str, value: Value| {
        let mut edited = good.clone();
        edited[member] = value;
        HeadClaims::from_value(&edited)
    };
    assert!(matches!(edited("nbf", json!(1)), Err(HeadError::Claims(_))));
    assert!(matches!(edited("seq", json!(-1)), Err(HeadError::Claims(_))));
    assert!(matches!(edited("iat", json!(1.5)), Err(HeadError::Claims(_))));
    assert!(matches!(edited("iss", json!("did:web:A")), Err(HeadError::Claims(_))));
    assert!(matches!(edited("root", json!("0x00")), Err(HeadError::Claims(_))));
    assert_eq!(edited("exp", json!(51)), Err(HeadError::Lifetime));
    assert_eq!(edited("iat", json!(u64::MAX)), Err(HeadError::Lifetime));
    assert_eq!(edited("root", json!(field::encode_hex(&F::from(0u64)))), Err(HeadError::EmptyRoot));
    // A log whose every leaf was revoked has the empty tree's root, and its head counts.
    let all_revoked = edited("root", json!(field::encode_hex(&poa_circuits::native::tree::empty_root())));
    assert!(all_revoked.is_ok());
    for log in ["", "no such log", "Main", &"x".repeat(65)] {
        assert!(matches!(edited("log", json!(log)), Err(HeadError::Claims(_))), "{log}");
    }
}

#[test]
fn two_roots_under_one_number_are_refused_whichever_comes_first() {
    let mut memory = HeadMemory::default();
    memory.accept(&head(5, 100, 1), NOW).unwrap();
    assert_eq!(memory.accept(&head(5, 100, 2), NOW), Err(HeadError::Equivocation { seq: 5 }));
    memory.accept(&head(9, 300, 4), NOW).unwrap();
    // Also under a number that is not the newest any more.
    assert_eq!(memory.accept(&head(5, 160, 2), NOW), Err(HeadError::Equivocation { seq: 5 }));
    let other_counter = HeadClaims { revocations: 7, ..head(5, 160, 1) };
    assert_eq!(memory.accept(&other_counter, NOW), Err(HeadError::Equivocation { seq: 5 }));
}

fn anchor(seq: u64, iat: u64, root: u64) -> HeadClaims {
    HeadClaims { anchor: true, size: 7, ..head(seq, iat, root) }
}

#[test]
fn two_anchors_of_one_hour_are_refused_however_they_differ() {
    let hour = 20 * ANCHOR_PERIOD_S;
    let mut memory = HeadMemory::default();
    memory.accept(&anchor(5, hour + 10, 1), NOW).unwrap();
    memory.accept(&anchor(5, hour + 10, 1), NOW).expect("the same claims signed again are the same head");
    let others = [
        anchor(5, hour + 11, 1),
        anchor(5, hour, 1),
        anchor(6, hour + 10, 1),
        anchor(6, hour + 10, 2),
        HeadClaims { size: 8, ..anchor(6, hour + 3_599, 2) },
    ];
    for other in others {
        let refused = Err(HeadError::TwoAnchors { hour });
        assert_eq!(memory.accept(&other, NOW), refused, "{other:?}");
        // What is refused is not remembered, and a memory that was stored in between refuses it too.
        memory = serde_json::from_str(&serde_json::to_string(&memory).unwrap()).unwrap();
        let plain = HeadClaims { anchor: false, ..other };
        memory.clone().accept(&plain, NOW).expect("no anchor, no second anchor");
    }
    memory.accept(&anchor(6, hour + 3_600, 2), NOW).expect("the next hour has one of its own");
    memory.accept(&anchor(4, hour - 1, 3), NOW).expect("so has the one before");
    let elsewhere = HeadClaims { log: "other".to_owned(), ..anchor(5, hour + 11, 1) };
    memory.accept(&elsewhere, NOW).expect("another log");
}

#[test]
fn memories_of_older_versions_are_read_and_of_newer_ones_refused() {
    // As version 0.1.0 wrote it.
    let old = r#"{"logs":{"did:web:a.example":{"main":{"5":{"root":"0x0000000000000000000000000000000000000000000000000000000000000001","size":5,"revocations":0,"first_iat":100,"last_iat":160}}}}}"#;
    let mut memory: HeadMemory = serde_json::from_str(old).unwrap();
    assert_eq!(memory.newest(&head(5, 0, 1).iss, "main"), Some((5, 160)));
    assert_eq!(memory.accept(&head(5, 100, 2), NOW), Err(HeadError::Equivocation { seq: 5 }));
    memory.accept(&anchor(6, 200, 2), NOW).unwrap();
    let stored = serde_json::to_value(&memory).unwrap();
    assert_eq!(stored["version"], 2);
    let mut again: HeadMemory = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(again.accept(&anchor(6, 201, 2), NOW), Err(HeadError::TwoAnchors { hour: 0 }));
    let mut newer = stored;
    newer["version"] = json!(3);
    let refused = serde_json::from_value::<HeadMemory>(newer).unwrap_err().to_string();
    assert!(refused.contains("newer program"), "{refused}");
}

#[test]
fn a_lower_number_is_never_later() {
    let mut memory = HeadMemory::default();
    memory.accept(&head(5, 100, 1), NOW).unwrap();
    assert_eq!(memory.accept(&head(4, 101, 2), NOW), Err(HeadError::Order { seq: 4, iat: 101 }));
    assert_eq!(memory.accept(&head(6, 99, 2), NOW), Err(HeadError::Order { seq: 6, iat: 99 }));
    // An older anchor is fine, and so is the same root signed again later.
    memory.accept(&head(4, 90, 2), NOW).unwrap();
    memory.accept(&head(5, 160, 1), NOW).unwrap();
    assert_eq!(memory.newest(&head(5, 0, 1).iss, "main"), Some((5, 160)));
    assert_eq!(memory.accept(&head(6, 150, 3), NOW), Err(HeadError::Order { seq: 6, iat: 150 }));
}

#[test]
fn sizes_and_revocations_never_shrink() {
    let mut memory = HeadMemory::default();
    memory.accept(&head(50, 100, 1), NOW).unwrap();
    let shrunk = HeadClaims { size: 49, ..head(51, 110, 2) };
    assert!(matches!(memory.accept(&shrunk, NOW), Err(HeadError::Order { .. })));
    let forgot = HeadClaims { revocations: 4, ..head(51, 110, 2) };
    assert!(matches!(memory.accept(&forgot, NOW), Err(HeadError::Order { .. })));
    assert_eq!(memory.revocations(&head(0, 0, 1).iss, "main"), Some(5));
}

#[test]
fn the_future_is_refused_beyond_sixty_seconds_and_not_remembered() {
    let mut memory = HeadMemory::default();
    memory.accept(&head(1, NOW + 60, 1), NOW).unwrap();
    assert_eq!(memory.accept(&head(2, NOW + 61, 2), NOW), Err(HeadError::Future { iat: NOW + 61, now: NOW }));
    assert_eq!(memory.newest(&head(1, 0, 1).iss, "main"), Some((1, NOW + 60)));
    assert!(memory.accept(&head(3, u64::MAX - LIFETIME_S, 2), NOW).is_err());
}

#[test]
fn logs_and_issuers_are_kept_apart_and_memory_is_bounded_and_survives_storage() {
    let mut memory = HeadMemory::default();
    memory.accept(&head(5, 100, 1), NOW).unwrap();
    memory.accept(&HeadClaims { log: "other".to_owned(), ..head(5, 100, 2) }, NOW).unwrap();
    memory.accept(&HeadClaims { iss: "did:web:b.example".parse().unwrap(), ..head(5, 100, 3) }, NOW).unwrap();
    let mut memory: HeadMemory = serde_json::from_value(serde_json::to_value(&memory).unwrap()).unwrap();
    assert_eq!(memory.accept(&head(5, 100, 2), NOW), Err(HeadError::Equivocation { seq: 5 }));
    for seq in 10..2000 {
        memory.accept(&head(seq, 1000 + seq, seq), NOW).unwrap();
    }
    assert_eq!(memory.kept(&head(0, 0, 1).iss, "main"), (REMEMBERED, 0));
    for hour in 0..2000 {
        let iat = 10_000 + hour * ANCHOR_PERIOD_S;
        memory.accept(&HeadClaims { anchor: true, ..head(3000 + hour, iat, hour + 1) }, u64::MAX).unwrap();
    }
    assert_eq!(memory.kept(&head(0, 0, 1).iss, "main"), (REMEMBERED, REMEMBERED));
}
