//! Status lists: whose, which, how fresh, how far behind.

use poa_verifier::head::HeadClaims;
use poa_verifier::status::StatusList;
use poa_verifier::trust::ListPurpose;
use poa_verifier::{CheckName, Evidence, HeadMemory, Report};
use serde_json::Value;

use crate::world::*;

fn with_lists(world: &World, lists: &[Value]) -> Report {
    let evidence = Evidence { status_lists: lists, ..Evidence::default() };
    let document = world.standing().issue().to_string();
    world.verifier.verify(document.as_bytes(), Some(&world.request()), &evidence, &mut HeadMemory::default(), NOW)
}

/// Both lists, the revocation list edited before it is signed.
fn edited(world: &World, edit: impl FnOnce(&mut StatusList)) -> Vec<Value> {
    let mut list = world.status_list(ListPurpose::Revocation);
    edit(&mut list);
    vec![world.sign_list(&list), world.sign_list(&world.status_list(ListPurpose::Suspension))]
}

#[test]
fn revoked_and_suspended_credentials_fail_status_and_nothing_else() {
    let mut world = World::new();
    world.revocation.set(STATUS_INDEX, true).unwrap();
    let report = with_lists(&world, &world.lists());
    fails_only(&report, CheckName::Status, "revoked");
    assert!(report.proved.is_some());
    world.revocation.set(STATUS_INDEX, false).unwrap();
    // The neighbours' bits are not ours.
    world.revocation.set(STATUS_INDEX + 1, true).unwrap();
    world.revocation.set(STATUS_INDEX - 1, true).unwrap();
    verifies(&with_lists(&world, &world.lists()));
    world.suspension.set(STATUS_INDEX, true).unwrap();
    fails_only(&with_lists(&world, &world.lists()), CheckName::Status, "suspended");
}

#[test]
fn without_a_fresh_list_the_status_is_unknown_and_nothing_verifies() {
    let world = World::new();
    undecided(&with_lists(&world, &[]), CheckName::Status, "no_list");
    undecided(&with_lists(&world, &world.lists()[..1]), CheckName::Status, "no_list");
    let stale = edited(&world, |l| l.valid_from = NOW - 361);
    undecided(&with_lists(&world, &stale), CheckName::Status, "stale_list");
    verifies(&with_lists(&world, &edited(&world, |l| l.valid_from = NOW - 360)));
    let expired = edited(&world, |l| l.valid_until = NOW - 61);
    undecided(&with_lists(&world, &expired), CheckName::Status, "stale_list");
    let future = edited(&world, |l| l.valid_from = NOW + 61);
    undecided(&with_lists(&world, &future), CheckName::Status, "future_list");
}

#[test]
fn a_list_that_lags_behind_the_head_is_refused() {
    let world = World::new();
    let lagging = edited(&world, |l| l.revocations = world.revocations - 1);
    fails_only(&with_lists(&world, &lagging), CheckName::Status, "lagging_list");
    // Behind a newer head the caller knows.
    let newest =
        HeadClaims { seq: 18, revocations: world.revocations + 1, root: scalar("next"), ..world.head_claims(NOW) };
    let (heads, lists) = ([world.sign_head(&newest)], world.lists());
    let evidence = Evidence { status_lists: &lists, newest_heads: &heads, ..Evidence::default() };
    let document = world.standing().issue().to_string();
    let report =
        world.verifier.verify(document.as_bytes(), Some(&world.request()), &evidence, &mut HeadMemory::default(), NOW);
    fails_only(&report, CheckName::Status, "lagging_list");
    // Ahead of it is fine: revocations happen.
    verifies(&with_lists(&world, &edited(&world, |l| l.revocations += 1)));
}

#[test]
fn a_list_of_somebody_else_is_refused() {
    let world = World::new();
    let foreign = edited(&world, |l| l.issuer = "did:web:evil.example".parse().unwrap());
    fails_only(&with_lists(&world, &foreign), CheckName::Status, "foreign_list");
    let purpose = edited(&world, |l| l.purpose = ListPurpose::Suspension);
    fails_only(&with_lists(&world, &purpose), CheckName::Status, "wrong_purpose");
    // Signed by another key of the same issuer, or edited after signing.
    let mut list = world.status_list(ListPurpose::Revocation).to_value().unwrap();
    list["proof"] = issuer_proof(&list, &world.issuer.key_id("credentials-1"), &signer("credentials"), NOW);
    let lists = [list, world.lists()[1].clone()];
    fails_only(&with_lists(&world, &lists), CheckName::Status, "list_key");
    let mut lists = world.lists();
    lists[0]["credentialSubject"]["revocations"] = 99.into();
    fails_only(&with_lists(&world, &lists), CheckName::Status, "list_signature");
    lists[0]["credentialSubject"]["encodedList"] = "uH4sI".into();
    fails_only(&with_lists(&world, &lists), CheckName::Status, "malformed_list");
}

#[track_caller]
fn entries_fail(edit: impl FnOnce(&mut Vec<Value>), reason: &str) {
    let world = World::new();
    let mut draft = world.standing();
    edit(draft.credential["credentialStatus"].as_array_mut().unwrap());
    fails_only(&world.verify_standing(&draft.issue()), CheckName::Status, reason);
}

#[test]
fn entries_name_each_of_the_issuers_lists_once() {
    entries_fail(|e| drop(e.remove(0)), "incomplete");
    entries_fail(|e| drop(e.remove(1)), "incomplete");
    entries_fail(Vec::clear, "malformed");
    entries_fail(|e| e.push(e[0].clone()), "malformed");
    let foreign = |e: &mut Vec<Value>| {
        e[0]["statusListCredential"] = "https://evil.example/list".into();
        e[0].as_object_mut().unwrap().remove("id");
    };
    entries_fail(foreign, "foreign_list");
    entries_fail(
        |e| {
            e[0]["statusPurpose"] = "suspension".into();
            e[1]["statusPurpose"] = "revocation".into();
        },
        "wrong_purpose",
    );
    for index in ["-1", "01", "+1", " 1", "1.0", "18446744073709551616", ""] {
        entries_fail(
            |e| {
                e[0]["statusListIndex"] = index.into();
                e[0].as_object_mut().unwrap().remove("id");
            },
            "malformed",
        );
    }
    entries_fail(
        |e| {
            e[0]["statusListIndex"] = "131072".into();
            e[0].as_object_mut().unwrap().remove("id");
        },
        "index",
    );
    entries_fail(|e| e[0]["extra"] = 1.into(), "malformed");
}
