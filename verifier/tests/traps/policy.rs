//! The statement must imply the request.

use ark_bn254::Fr;
use poa_circuits::native::attributes::Slot;
use poa_circuits::native::field;
use poa_verifier::{CheckName, Request};
use serde_json::{Value, json};

use crate::world::*;

#[track_caller]
fn policy(request: Value, reason: Option<&str>) {
    let world = World::new();
    let request = Request::from_json(&request).unwrap();
    let report = world.verify(&world.standing().issue(), Some(&request));
    match reason {
        None => verifies(&report),
        Some(reason) => fails_only(&report, CheckName::Policy, reason),
    }
}

#[test]
fn bounds_are_implied_or_the_policy_fails() {
    policy(json!({}), None);
    policy(json!({"at_least": {"tasks_completed": "99", "reputation": 0}}), None);
    policy(json!({"at_least": {"tasks_completed": "101"}}), Some("too_low"));
    policy(json!({"at_least": {"earnings_sats": "1"}}), Some("too_low"));
    policy(json!({"at_least": {"earnings_sats": "0"}}), None);
    policy(json!({"at_most": {"member_since": "2024-12-01T00:00:00Z"}}), Some("too_high"));
    policy(json!({"at_most": {"reputation": 10000}}), None);
    policy(json!({"disclose": ["tasks_completed"]}), Some("not_disclosed"));
    policy(json!({"contains_all": ["open-source"]}), Some("capability_missing"));
    policy(json!({"contains_all": ["no-such-capability"]}), Some("unknown_capability"));
    policy(json!({"valid_at_least": "2027-03-01T00:00:00Z"}), Some("too_short"));
    policy(json!({"valid_at_least": "2027-02-01T00:00:00Z"}), None);
    policy(json!({"issuers": ["did:web:other.example"]}), Some("issuer_not_accepted"));
    policy(json!({"issuers": ["did:web:other.example", "did:web:poa.example"], "logs": ["main"]}), None);
}

#[test]
fn another_subject_or_schema_than_requested_fails_its_own_check() {
    let world = World::new();
    let document = world.standing().issue();
    let other = json!({"subject": "did:poa:poa.example:00000000-0000-0000-0000-000000000001"});
    fails_only(
        &world.verify(&document, Some(&Request::from_json(&other).unwrap())),
        CheckName::Subject,
        "other_subject",
    );
    let schema = json!({"schemas": ["https://poa.example/schemas/agent-attributes-sandbox/1"]});
    fails_only(
        &world.verify(&document, Some(&Request::from_json(&schema).unwrap())),
        CheckName::Schema,
        "schema_not_accepted",
    );
    let own = json!({"subject": world.agent.to_string()});
    verifies(&world.verify(&document, Some(&Request::from_json(&own).unwrap())));
}

#[test]
fn a_disclosed_value_implies_the_bounds_it_satisfies() {
    let world = World::new();
    let mut draft = world.standing();
    draft.public.lower = [Fr::from(0u64); 4];
    draft.public.mask = 63u64.into();
    draft.public.disclosed = [8000u64, 42, 7, 1_700_000_000, 0b011, 0].map(Fr::from);
    draft.credential["credentialSchema"] = world.schema_reference("full_disclosure/1");
    let document = draft.issue();
    let verify = |request: Value| world.verify(&document, Some(&Request::from_json(&request).unwrap()));
    verifies(&verify(
        json!({"at_least": {"reputation": 8000}, "at_most": {"tasks_completed": "42", "member_since": "2024-01-01T00:00:00Z"}, "contains_all": ["open-source"], "disclose": Slot::ALL.map(|s| s.name())}),
    ));
    fails_only(&verify(json!({"at_least": {"reputation": 8001}})), CheckName::Policy, "too_low");
    fails_only(&verify(json!({"at_most": {"tasks_completed": "41"}})), CheckName::Policy, "too_high");
    fails_only(&verify(json!({"contains_all": ["logs-published"]})), CheckName::Policy, "capability_missing");
}

#[test]
fn mask_0_with_trivial_bounds_is_never_verified() {
    let world = World::new();
    for draft in [world.standing(), world.presentation()] {
        let mut draft = draft;
        draft.public.lower = [Fr::from(0u64); 4];
        let document = if draft.binding.is_some() { draft.present() } else { draft.issue() };
        let request = Request { binding: draft.binding.clone(), ..Request::default() };
        fails_only(&world.verify(&document, Some(&request)), CheckName::Policy, "says_nothing");
        assert_eq!(world.verify(&document, None).authentic(), Some(false));
    }
}

#[test]
fn trivial_bounds_are_said_in_plain_words() {
    let world = World::new();
    let mut draft = world.standing();
    draft.public.lower = [Fr::from(0u64); 4];
    draft.public.upper[Slot::MemberSince.index()] = 1_733_011_200u64.into();
    draft.credential["credentialSchema"] = world.schema_reference("earnings_proof/1");
    let report = world.verify(&draft.issue(), Some(&Request::default()));
    verifies(&report);
    let words = report.proved.unwrap().statement;
    assert!(words.contains(&"earnings_sats is at least 0, which every agent satisfies.".to_owned()), "{words:?}");
    assert!(words.contains(&"member_since is at most 2024-12-01T00:00:00Z.".to_owned()), "{words:?}");
}

/// A gate that was meant for 80 % and lets nearly everybody through says so beside what it let through.
#[test]
fn a_report_prints_the_unit_and_warns_of_a_bound_below_five_percent() {
    let world = World::new();
    let document = world.standing().issue();
    let asked = |bound: serde_json::Value| {
        let request = serde_json::json!({ "at_least": { "reputation": bound } });
        let report = world.verify(&document, Some(&Request::from_json(&request).unwrap()));
        (report.verified(), report.proved.map(|proved| proved.statement).unwrap_or_default())
    };
    let (verified, words) = asked(80.into());
    assert!(verified && words.contains(&"reputation is at least 50 %.".to_owned()), "{words:?}");
    assert!(words.iter().any(|word| word.starts_with("Warning") && word.contains("0.80 %")), "{words:?}");
    for fine in ["50%".into(), 5_000.into(), 0.into()] {
        let (verified, words) = asked(fine);
        assert!(verified && !words.iter().any(|word| word.contains("Warning")), "{words:?}");
    }
    assert!(!asked("80%".into()).0, "it shows 50 % alone");
}

#[track_caller]
fn rule_broken(schema: &str, edit: impl FnOnce(&mut poa_circuits::statement::Public)) {
    let world = World::new();
    let mut draft = world.standing();
    draft.public.lower = [Fr::from(0u64); 4];
    draft.credential["credentialSchema"] = world.schema_reference(schema);
    draft.credential["credentialSubject"]["build_hash"] = hex::encode([0xab; 32]).into();
    edit(&mut draft.public);
    fails_only(&world.verify(&draft.issue(), Some(&Request::default())), CheckName::Schema, "rule_broken");
}

#[test]
fn the_disclosure_schemas_rule_is_kept() {
    // Off the grid, a bound of a kind or on a slot the schema does not allow, another mask.
    rule_broken("task_completion/1", |p| p.lower[0] = 5001u64.into());
    rule_broken("task_completion/1", |p| p.lower[1] = 3u64.into());
    rule_broken("task_completion/1", |p| p.upper[1] = 500u64.into());
    rule_broken("task_completion/1", |p| p.lower[2] = 100u64.into());
    rule_broken("task_completion/1", |p| p.required = 1u64.into());
    rule_broken("earnings_proof/1", |p| p.upper[3] = 1_733_011_201u64.into());
    rule_broken("full_disclosure/1", |p| p.mask = 31u64.into());
    // A build proof of 0.
    let world = World::new();
    let mut draft = world.standing();
    draft.public.lower = [Fr::from(0u64); 4];
    draft.public.mask = 32u64.into();
    draft.credential["credentialSchema"] = world.schema_reference("build_verification/1");
    fails_only(&world.verify(&draft.issue(), Some(&Request::default())), CheckName::Schema, "rule_broken");
    draft.public.disclosed[5] = field::digest_to_field(&[0xab; 32]);
    draft.credential["credentialSubject"]["build_hash"] = hex::encode([0xab; 32]).into();
    draft.public.required = 0b10u64.into();
    let build = json!({"disclose": ["build_hash"], "contains_all": ["open-source"]});
    verifies(&world.verify(&draft.issue(), Some(&Request::from_json(&build).unwrap())));
}
