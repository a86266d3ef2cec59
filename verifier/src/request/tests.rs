//! Requests are read strictly and name the member that is wrong.

use serde_json::json;

use super::*;

fn member(value: Value) -> &'static str {
    match Request::from_json(&value) {
        Err(RequestError::Member { member, .. }) => member,
        other => panic!("{value}: {other:?}"),
    }
}

#[test]
fn an_empty_request_demands_nothing() {
    assert_eq!(Request::from_json(&json!({})), Ok(Request::default()));
}

#[test]
fn a_full_request_is_read_and_written_back() {
    let value = json!({
        "issuers": ["did:web:poa.example"],
        "logs": ["main"],
        "schemas": ["https://poa.example/schemas/agent-attributes-holder/1"],
        "classes": ["presentation"],
        "disclose": ["build_hash"],
        "at_least": {"reputation": 5000, "tasks_completed": "100", "earnings_sats": "0"},
        "at_most": {"member_since": "2024-12-01T00:00:00Z"},
        "contains_all": ["open-source"],
        "subject": "did:poa:poa.example:6f1e7a7e-3c0b-4d52-9a3c-0123456789ab",
        "audience": "https://verifier.example",
        "challenge": "c",
        "domain": "https://verifier.example",
        "valid_at_least": "2027-02-01T00:00:00Z",
        "max_root_age_s": 60,
    });
    let request = Request::from_json(&value).unwrap();
    assert_eq!(request.at_least[&Slot::TasksCompleted], 100);
    assert_eq!(request.at_most[&Slot::MemberSince], 1_733_011_200);
    assert_eq!(request.to_json(), value);
}

#[test]
fn wrong_values_are_named() {
    assert_eq!(member(json!({"issuers": []})), "issuers");
    assert_eq!(member(json!({"classes": ["other"]})), "classes");
    assert_eq!(member(json!({"disclose": ["age"]})), "disclose");
    assert_eq!(member(json!({"at_least": {"tasks_completed": 100}})), "at_least");
    assert_eq!(member(json!({"at_least": {"tasks_completed": "+1"}})), "at_least");
    assert_eq!(member(json!({"at_least": {"tasks_completed": "18446744073709551616"}})), "at_least");
    assert_eq!(member(json!({"at_most": {"build_hash": "x"}})), "at_most");
    assert_eq!(member(json!({"audience": "verifier.example"})), "audience");
    assert_eq!(member(json!({"challenge": "x"})), "domain");
    assert_eq!(member(json!({"domain": "x"})), "challenge");
    assert_eq!(member(json!({"challenge": "", "domain": "x"})), "challenge");
    assert_eq!(member(json!({"audience": "https://a"})), "challenge");
    assert_eq!(member(json!({"classes": ["standing", "credential"]})), "classes");
    assert_eq!(member(json!({"audience": "https://a", "challenge": "c", "domain": "https://b"})), "domain");
    assert_eq!(member(json!({"valid_at_least": "soon"})), "valid_at_least");
    assert_eq!(member(json!({"max_root_age_s": 59})), "max_root_age_s");
}

/// What no holder could answer, whatever its record.
#[test]
fn contradictory_demands_are_named() {
    let both = |lower: Value, upper: Value| Request::from_json(&json!({ "at_least": lower, "at_most": upper }));
    for (name, low, high) in [
        ("reputation", json!(1), json!(2)),
        ("tasks_completed", json!("99"), json!("100")),
        ("earnings_sats", json!("0"), json!("18446744073709551615")),
        ("member_since", json!("2024-12-01T00:00:00Z"), json!("2024-12-01T00:00:01Z")),
    ] {
        let bound = |value: &Value| json!({ name: value });
        assert!(both(bound(&low), bound(&high)).is_ok(), "{name}");
        assert!(both(bound(&high), bound(&high)).is_ok(), "{name} exactly");
        let crossed = both(bound(&high), bound(&low)).unwrap_err();
        let said = crossed.to_string();
        assert!(said.contains("at_most") && said.contains(name), "{said}");
        // Also when the value is shown.
        let shown = json!({ "disclose": [name], "at_least": bound(&high), "at_most": bound(&low) });
        assert_eq!(member(shown), "at_most");
    }
    assert_eq!(member(json!({"at_most": {"reputation": 10_001}})), "at_most");
    for name in ["", "Open-Source", "a b", &"a".repeat(65), "é"] {
        assert_eq!(member(json!({"contains_all": ["open-source", name]})), "contains_all", "{name}");
    }
    assert_eq!(member(json!({"contains_all": vec!["a"; 65]})), "contains_all");
}

/// `80` was meant as 80 % by whoever wrote it, and lets nearly everybody through.
#[test]
fn reputation_is_hundredths_or_a_percentage_and_a_low_bound_is_warned_of() {
    let read = |bound: Value| Request::from_json(&json!({ "at_least": { "reputation": bound } }));
    assert_eq!(read(json!("80%")), read(json!(8_000)));
    assert_eq!(read(json!("80.25%")).unwrap().at_least[&Slot::Reputation], 8_025);
    assert_eq!(read(json!("80%")).unwrap().to_json()["at_least"]["reputation"], 8_000, "written in one way");
    for bad in [json!("80"), json!("80 %"), json!("101%"), json!(10_001), json!("8000"), json!(80.5), json!("-1%")] {
        assert!(read(bad.clone()).is_err(), "{bad}");
    }
    for (bound, warned) in [(1, true), (80, true), (499, true), (0, false), (500, false), (8_000, false)] {
        assert_eq!(read(json!(bound)).unwrap().warning().is_some(), warned, "{bound}");
    }
    let warning = read(json!(80)).unwrap().warning().unwrap();
    assert!(warning.contains("0.80 %") && warning.contains("\"80%\" or 8000"), "{warning}");
}

#[test]
fn texts_are_parsed_strictly() {
    assert_eq!(Request::from_slice(b"{\"logs\":[\"main\"]}").unwrap().logs, Some(vec!["main".to_owned()]));
    for text in ["{\"logs\":[\"main\"],\"logs\":[\"sandbox\"]}", "{\"max_root_age_s\":60.0}", "{} {}", ""] {
        assert!(matches!(Request::from_slice(text.as_bytes()), Err(RequestError::Json(_))), "{text}");
    }
}

#[test]
fn unknown_members_nulls_and_other_shapes_are_refused() {
    for value in [
        json!({"keys": []}),
        json!({"scope": "0x"}),
        json!({"issuers": null}),
        json!({"logs": "main"}),
        json!({"classes": [{"signed": null}]}),
        json!({"classes": [null]}),
        json!({"subject": 1}),
        json!("x"),
        json!({"max_root_age_s": -1}),
    ] {
        assert!(matches!(Request::from_json(&value), Err(RequestError::Shape(_))), "{value}");
    }
    assert!(matches!(Request::from_json(&json!({"max_root_age_s": u64::MAX})), Err(RequestError::Json(_))));
}
