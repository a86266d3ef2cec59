//! The claims: their form, whom they are about, when they count.

use poa_verifier::report::{CheckName, Class};
use poa_verifier::{Evidence, Outcome, Request};
use serde_json::{Value, json};

use crate::world::*;

#[test]
fn a_good_document_verifies_and_says_what_the_issuer_said() {
    let report = SHARED.verify(&SHARED.sign(&SHARED.claims().to_value()));
    verifies(&report);
    assert_eq!(report.class, Class::Agenthood);
    let proved = report.proved.unwrap();
    assert_eq!(proved.issuer.as_deref(), Some("did:web:poa.example"));
    assert_eq!(proved.subject, Some(address(&signer("agent")).to_string()));
    assert_eq!(proved.shown["agent"], SHARED.agent().to_value());
}

#[test]
fn members_nobody_knows_are_kept() {
    let report = SHARED.verify(&SHARED.edited(|claims| {
        claims["tokenBinding"] = json!({ "kind": "x" });
        claims["policy"]["more"] = json!(1);
        claims["chain"]["more"] = json!(1);
    }));
    verifies(&report);
}

#[test]
fn a_missing_or_mistyped_claim_is_refused() {
    let cases: &[(&str, &str, Value)] = &[
        ("", "jti", Value::Null),
        ("", "jti", json!("not a ULID")),
        ("", "exp", Value::Null),
        ("", "exp", json!("1")),
        ("", "status", Value::Null),
        ("", "status", json!({})),
        ("", "status", json!({ "status_list": { "idx": -1, "uri": "x" } })),
        ("status", "status_list", json!([INDEX, TOKEN_LIST])),
        ("status", "bitstring", json!({})),
        ("", "chain", Value::Null),
        ("", "policy", Value::Null),
        ("", "aud", json!("https://verifier.example")),
        ("", "attestation", Value::Null),
        ("attestation", "kind", json!("else")),
        ("attestation", "controllerSig", Value::Null),
        ("attestation", "signedAt", json!("now")),
        ("attestation", "scheme", json!("rsa")),
        ("attestation", "scheme", Value::Null),
        ("attestation", "seed", Value::Null),
        ("attestation", "details", Value::Null),
        ("attestation", "details", json!({ "action": "issue" })),
        ("agent", "agentId", Value::Null),
        ("agent", "abgHash", json!("d2")),
        ("agent", "abgVersion", json!(-1)),
        ("agent", "sovereign", json!("false")),
        ("agent", "controller", json!(1)),
        ("agent", "capabilities", json!({})),
        ("agent", "capabilities", json!([[], [], [], []])),
        ("agent", "funding", json!({ "seusBalance": 5, "active": true })),
        ("agent", "recentRuns", json!({ "sampledRuns": 1, "inferenceMix": {}, "grade": "full" })),
        ("agent", "snapshotAtTime", json!("yesterday")),
        ("chain", "genesis", json!("0x00")),
        ("chain", "finalized", Value::Null),
    ];
    for (parent, member, value) in cases {
        let report = SHARED.verify(&SHARED.edited(|claims| {
            let parent = if parent.is_empty() { claims } else { &mut claims[parent] };
            match value {
                Value::Null => drop(parent.as_object_mut().unwrap().remove(*member)),
                value => parent[member] = value.clone(),
            }
        }));
        assert_eq!(report.failed(), [CheckName::Schema], "{parent}.{member} {value}");
        assert!(!report.verified());
    }
}

#[test]
fn an_absent_controller_or_zero_balance_date_is_not_null() {
    for member in ["controller", "zeroBalanceSince"] {
        let report = SHARED.verify(&SHARED.edited(|claims| {
            claims["agent"].as_object_mut().unwrap().remove(member);
        }));
        assert_eq!(report.failed(), [CheckName::Schema], "{member}");
    }
}

#[test]
fn it_is_about_the_agent_of_its_snapshot() {
    let other = address(&signer("other")).to_string();
    let subject = SHARED.verify(&SHARED.edited(|claims| claims["sub"] = other.clone().into()));
    assert!(subject.failed().contains(&CheckName::Subject));
    assert_eq!(subject.check(CheckName::Subject).unwrap().reason.as_deref(), Some("other_subject"));
}

#[test]
fn a_request_may_name_the_agent() {
    let document = SHARED.sign(&SHARED.claims().to_value());
    let lists = [SHARED.list()];
    let evidence = Evidence { token_status_lists: &lists, ..Evidence::default() };
    let ask = |agent| Request { agent: Some(address(&signer(agent))), ..request() };
    verifies(&SHARED.verify_with(&document, Some(&ask("agent")), &evidence));
    fails(&SHARED.verify_with(&document, Some(&ask("other")), &evidence), CheckName::Subject, "other_subject");
    // Nothing else satisfies such a request.
    let vc = signed_document(json!({}), &SHARED.kid(), &signer("credentials"), NOW).to_string();
    let mut any = ask("agent");
    any.classes = vec![Class::Signed, Class::Agenthood];
    fails(&SHARED.verify_with(&vc, Some(&any), &evidence), CheckName::Class, "class_not_accepted");
}

#[test]
fn a_request_must_accept_the_class_and_demand_no_proof() {
    let document = SHARED.sign(&SHARED.claims().to_value());
    let lists = [SHARED.list()];
    let evidence = Evidence { token_status_lists: &lists, ..Evidence::default() };
    let verify =
        |request: Value| SHARED.verify_with(&document, Some(&Request::from_json(&request).unwrap()), &evidence);
    fails(&verify(json!({})), CheckName::Class, "class_not_accepted");
    verifies(&verify(json!({ "classes": ["agenthood"], "issuers": ["did:web:poa.example"] })));
    let report = verify(json!({ "classes": ["agenthood"], "issuers": ["did:web:other.example"] }));
    fails(&report, CheckName::Policy, "issuer_not_accepted");
    let report = verify(json!({ "classes": ["agenthood"], "at_least": { "reputation": 1 } }));
    fails(&report, CheckName::Policy, "needs_proof");
    let report = verify(json!({ "classes": ["agenthood"], "challenge": "c", "domain": "https://v.example" }));
    fails(&report, CheckName::Challenge, "missing");
    let without = SHARED.verify_with(&document, None, &evidence);
    assert_eq!((without.authentic(), without.verified()), (Some(true), false));
}

#[test]
fn times_are_the_issuers_and_checked() {
    let with = |member: &str, value: u64| SHARED.verify(&SHARED.edited(|claims| claims[member] = value.into()));
    fails(&with("exp", NOW - 1), CheckName::Validity, "expired");
    verifies(&with("exp", NOW));
    fails(&with("exp", NOW - 61), CheckName::Validity, "malformed");
    verifies(&with("exp", NOW - 61 + 30 * DAY));
    fails(&with("exp", NOW - 60 + 30 * DAY), CheckName::Validity, "too_long");
    fails(&with("nbf", NOW + 61), CheckName::Validity, "future");
    verifies(&with("nbf", NOW + 60));
    let later = SHARED.verify(&SHARED.edited(|claims| claims["iat"] = (NOW + 61).into()));
    assert_eq!(later.check(CheckName::Validity).unwrap().reason.as_deref(), Some("future"));
}

#[test]
fn the_snapshot_is_of_the_final_block_it_names() {
    let with = |member: &str, value: Value| SHARED.verify(&SHARED.edited(|claims| claims["chain"][member] = value));
    fails(&with("block", json!(1_200_001)), CheckName::Attributes, "other_block");
    fails(&with("finalized", json!(false)), CheckName::Attributes, "not_final");
    let other = format!("0x{}", "07".repeat(32));
    fails(&with("genesis", json!(other)), CheckName::Context, "other_details");
    let report = with("name", json!("another name"));
    assert_eq!(report.outcome(CheckName::Context), Outcome::Pass);
}
