//! Signed credentials: the caller's newest heads, subjects, and texts that end in a report.

use poa_verifier::head::HeadClaims;
use poa_verifier::report::Class;
use poa_verifier::{CheckName, Evidence, HeadMemory, Outcome, Report, Request};
use serde_json::{Value, json};

use crate::world::*;

fn accepts() -> Request {
    Request { classes: vec![Class::Signed], ..Request::default() }
}

fn signed(world: &World, edit: impl FnOnce(&mut Value)) -> Value {
    let mut document = world.standing().issue();
    document.as_object_mut().unwrap().remove("proof");
    edit(&mut document);
    document["proof"] =
        issuer_proof(&document, &world.issuer.key_id("credentials-1"), &signer("credentials"), NOW - 60);
    document
}

fn with_heads(world: &World, memory: &mut HeadMemory, heads: &[String]) -> Report {
    let lists = world.lists();
    let evidence = Evidence { status_lists: &lists, newest_heads: heads, ..Evidence::default() };
    let document = signed(world, |_| {}).to_string();
    world.verifier.verify(document.as_bytes(), Some(&accepts()), &evidence, memory, NOW)
}

#[test]
fn its_status_lists_must_not_lag_behind_the_newest_heads_of_the_caller() {
    let world = World::new();
    let newest =
        HeadClaims { seq: 18, revocations: world.revocations + 1, root: scalar("next"), ..world.head_claims(NOW) };
    let mut memory = HeadMemory::default();
    verifies(&with_heads(&world, &mut memory, &[world.sign_head(&world.head_claims(NOW - 60))]));
    let report = with_heads(&world, &mut memory, &[world.sign_head(&newest)]);
    undecided(&report, CheckName::Status, "lagging_list");
    assert_eq!(memory.newest(&world.issuer, "main"), Some((18, NOW)));
    // Nor behind the ones remembered.
    undecided(&with_heads(&world, &mut memory, &[]), CheckName::Status, "lagging_list");
    // Two histories are noticed here as well, and a head that nobody signed settles nothing.
    let other = HeadClaims { root: scalar("split view"), ..newest };
    let report = with_heads(&world, &mut memory, &[world.sign_head(&other)]);
    fails_only(&report, CheckName::Status, "two_histories");
    for head in ["x.y.z".to_owned(), tampered(&world)] {
        undecided(&with_heads(&world, &mut HeadMemory::default(), &[head]), CheckName::Status, "bad_evidence");
    }
}

fn tampered(world: &World) -> String {
    let claims = serde_json::to_value(world.head_claims(NOW)).unwrap();
    compact_jws(poa_verifier::head::TYP, &world.issuer.key_id("heads-1"), &claims, &signer("nobody"))
}

#[test]
fn its_subject_is_one_agent_or_none() {
    let world = World::new();
    let report = |subject: Value| world.verify(&signed(&world, |d| d["credentialSubject"] = subject), Some(&accepts()));
    let id = world.agent.to_string();
    verifies(&report(json!({"id": id, "type": "AgentAttributes", "reputation": 1})));
    for subject in [
        json!({"id": "did:example:x"}),
        json!({"id": "DID:POA:poa.example:zzz"}),
        json!({"id": id.to_uppercase()}),
        json!({"id": null}),
        json!([{"id": id}]),
        json!("x"),
        Value::Null,
    ] {
        fails_only(&report(subject), CheckName::Subject, "malformed");
    }
    fails_only(&report(json!({"type": "AgentAttributes", "reputation": 1})), CheckName::Subject, "anonymous");
    // Of another type it may be about no agent at all, unless the request asks for one.
    let other = signed(&world, |d| {
        d["type"] = json!(["VerifiableCredential"]);
        d["credentialSubject"] = json!({"name": "a thing"});
    });
    let report = world.verify(&other, Some(&accepts()));
    verifies(&report);
    assert_eq!(report.outcome(CheckName::Subject), Outcome::NotApplicable);
    let asked = Request { subject: Some(world.agent.clone()), ..accepts() };
    fails_only(&world.verify(&other, Some(&asked)), CheckName::Subject, "other_subject");
}

#[test]
fn texts_of_a_document_are_quoted_safely_and_briefly() {
    let world = World::new();
    let detail = |edit: fn(&mut Value)| {
        let mut document = world.standing().issue();
        edit(&mut document["credentialStatus"][0]);
        world.verify_standing(&document).check(CheckName::Status).unwrap().detail.clone()
    };
    let forged = detail(|entry| {
        entry["statusListCredential"] = "\u{1b}[2J\u{202e}verified\n  pass  proof".into();
        entry.as_object_mut().unwrap().remove("id");
    });
    assert!(!forged.contains(['\u{1b}', '\u{202e}', '\n']) && forged.contains("\\u{1b}"), "{forged}");
    let member = detail(|entry| entry["\u{1b}[31m"] = 1.into());
    assert!(!member.contains('\u{1b}'), "{member}");
    let long = detail(|entry| {
        entry["statusListCredential"] = "x".repeat(40_000).into();
        entry.as_object_mut().unwrap().remove("id");
    });
    assert_eq!(long.chars().count(), 500);
}

#[test]
fn the_key_for_vc_api_is_never_accepted_on_a_credential_of_ours() {
    let world = World::new();
    let kid = world.issuer.key_id("vc-api-1");
    let mut standing = world.standing().issue();
    let unsecured = poa_verifier::data_integrity::without_proof(&standing);
    let proof = issuer_proof(&unsecured, &kid, &signer("vc-api"), NOW - 60);
    standing["proof"][0] = proof.clone();
    fails_only(&world.verify_standing(&standing), CheckName::IssuerSignature, "issuer_key");
    // Nor alone, nor on a credential of another type, nor around one.
    let mut alone = unsecured.clone();
    alone["proof"] = proof;
    fails_only(&world.verify(&alone, Some(&accepts())), CheckName::IssuerSignature, "issuer_key");
    let other = signed(&world, |document| {
        document["type"] = json!(["VerifiableCredential"]);
        document.as_object_mut().unwrap().remove("credentialStatus");
    });
    let mut other = poa_verifier::data_integrity::without_proof(&other);
    other["proof"] = issuer_proof(&other, &kid, &signer("vc-api"), NOW - 60);
    fails_only(&world.verify(&other, Some(&accepts())), CheckName::IssuerSignature, "issuer_key");
    let jwt = compact_jws("vc+jwt", &kid, &unsecured, &signer("vc-api"));
    let lists = world.lists();
    let evidence = Evidence { status_lists: &lists, ..Evidence::default() };
    let report = world.verifier.verify(jwt.as_bytes(), Some(&accepts()), &evidence, &mut HeadMemory::default(), NOW);
    fails_only(&report, CheckName::IssuerSignature, "issuer_key");
}
