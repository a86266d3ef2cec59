//! Status lists: whose, which, how fresh, how far behind.

use std::slice::from_ref;

use poa_verifier::head::HeadClaims;
use poa_verifier::status::{Bits, StatusList};
use poa_verifier::trust::ListPurpose;
use poa_verifier::{CheckName, Evidence, HeadMemory, Report};
use serde_json::{Value, json};

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

/// Lists grow: one from before the credential cannot know its index, any younger one must.
#[test]
fn an_index_beyond_a_list_is_undecided_when_the_list_is_older_than_the_credential() {
    let world = World::new();
    let mut draft = world.standing();
    let entry = &mut draft.credential["credentialStatus"][0];
    entry["statusListIndex"] = "131072".into();
    entry.as_object_mut().unwrap().remove("id");
    let document = draft.issue().to_string();
    let judged = |lists: &[Value]| {
        let evidence = Evidence { status_lists: lists, ..Evidence::default() };
        let memory = &mut HeadMemory::default();
        world.verifier.verify(document.as_bytes(), Some(&world.request()), &evidence, memory, NOW)
    };
    let made_at = |at: u64| edited(&world, |list| list.valid_from = at);
    // The credential is valid from NOW - 60.
    undecided(&judged(&made_at(NOW - 61)), CheckName::Status, "older_list");
    undecided(&judged(&made_at(NOW - 60)), CheckName::Status, "older_list");
    fails_only(&judged(&made_at(NOW - 59)), CheckName::Status, "index");
    let grown = edited(&world, |list| list.bits = Bits::new(262_144).unwrap());
    verifies(&judged(&grown));
    // An older list settles nothing; it hides no younger one.
    verifies(&judged(&[made_at(NOW - 61), grown].concat()));
    fails_only(&judged(&[made_at(NOW - 61), made_at(NOW - 59)].concat()), CheckName::Status, "index");
}

#[test]
fn a_list_that_lags_behind_the_head_is_refused() {
    let world = World::new();
    let lagging = edited(&world, |l| l.revocations = world.revocations - 1);
    undecided(&with_lists(&world, &lagging), CheckName::Status, "lagging_list");
    // Behind a newer head the caller knows.
    let newest =
        HeadClaims { seq: 18, revocations: world.revocations + 1, root: scalar("next"), ..world.head_claims(NOW) };
    let (heads, lists) = ([world.sign_head(&newest)], world.lists());
    let evidence = Evidence { status_lists: &lists, newest_heads: &heads, ..Evidence::default() };
    let document = world.standing().issue().to_string();
    let report =
        world.verifier.verify(document.as_bytes(), Some(&world.request()), &evidence, &mut HeadMemory::default(), NOW);
    undecided(&report, CheckName::Status, "lagging_list");
    // Ahead of it is fine: revocations happen.
    verifies(&with_lists(&world, &edited(&world, |l| l.revocations += 1)));
}

#[test]
fn a_list_of_somebody_else_is_refused() {
    let world = World::new();
    let foreign = edited(&world, |l| l.issuer = "did:web:evil.example".parse().unwrap());
    undecided(&with_lists(&world, &foreign), CheckName::Status, "foreign_list");
    let purpose = edited(&world, |l| l.purpose = ListPurpose::Suspension);
    undecided(&with_lists(&world, &purpose), CheckName::Status, "wrong_purpose");
    // Signed by another key of the same issuer, or edited after signing.
    let mut list = world.status_list(ListPurpose::Revocation).to_value().unwrap();
    list["proof"] = issuer_proof(&list, &world.issuer.key_id("credentials-1"), &signer("credentials"), NOW);
    let lists = [list, world.lists()[1].clone()];
    undecided(&with_lists(&world, &lists), CheckName::Status, "list_key");
    let mut lists = world.lists();
    lists[0]["credentialSubject"]["revocations"] = 99.into();
    undecided(&with_lists(&world, &lists), CheckName::Status, "list_signature");
    lists[0]["credentialSubject"]["encodedList"] = "uH4sI".into();
    undecided(&with_lists(&world, &lists), CheckName::Status, "malformed_list");
}

/// Whoever gives the lists cannot be made to overlook the one that revokes.
#[test]
fn no_list_hides_another_of_the_same_id() {
    let mut world = World::new();
    let clear = world.lists();
    let junk = [json!({"id": REVOCATION_LIST}), json!(7), json!([])];
    verifies(&with_lists(&world, &[&junk[..], &clear].concat()));
    verifies(&with_lists(&world, &[&clear[..], &junk].concat()));
    undecided(&with_lists(&world, &[&junk[..], &clear[1..]].concat()), CheckName::Status, "malformed_list");
    world.revocation.set(STATUS_INDEX, true).unwrap();
    let revoked = world.sign_list(&world.status_list(ListPurpose::Revocation));
    fails_only(&with_lists(&world, &[&clear[..], from_ref(&revoked)].concat()), CheckName::Status, "revoked");
    fails_only(&with_lists(&world, &[from_ref(&revoked), &clear].concat()), CheckName::Status, "revoked");
    // An old list says so too: revoked is for good. Suspended is not.
    let mut old = world.status_list(ListPurpose::Revocation);
    old.valid_from = NOW - DAY;
    fails_only(&with_lists(&world, &[&clear[..], &[world.sign_list(&old)]].concat()), CheckName::Status, "revoked");
    world.suspension.set(STATUS_INDEX, true).unwrap();
    let mut old = world.status_list(ListPurpose::Suspension);
    verifies(&with_lists(&world, &[&clear[..], &[with_valid_from(&world, &mut old, NOW - DAY)]].concat()));
    let fresh = with_valid_from(&world, &mut old, NOW - 30);
    fails_only(&with_lists(&world, &[&clear[..], &[fresh]].concat()), CheckName::Status, "suspended");
    // A list that somebody else signed revokes nothing.
    let mut forged = revoked;
    forged["proof"] = issuer_proof(&forged, &world.issuer.key_id("status-1"), &signer("nobody"), NOW - 30);
    verifies(&with_lists(&world, &[&clear[..], &[forged]].concat()));
}

fn with_valid_from(world: &World, list: &mut StatusList, valid_from: u64) -> Value {
    list.valid_from = valid_from;
    world.sign_list(list)
}

#[test]
fn a_list_is_fresh_for_a_day_at_most() {
    let world = World::new();
    let forever = |from| {
        [ListPurpose::Revocation, ListPurpose::Suspension].map(|purpose| {
            let list = world.status_list(purpose);
            let (valid_until, ttl_ms) = (NOW + 3000 * DAY, poa_verifier::json::MAX_NUMBER);
            world.sign_list(&StatusList { valid_from: from, valid_until, ttl_ms, ..list })
        })
    };
    verifies(&with_lists(&world, &forever(NOW - DAY)));
    undecided(&with_lists(&world, &forever(NOW - DAY - 61)), CheckName::Status, "stale_list");
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
    // A newer trust document may list one of the issuer's own.
    let unlisted = |e: &mut Vec<Value>| {
        e[0]["statusListCredential"] = "https://poa.example/status-lists/newer".into();
        e[0].as_object_mut().unwrap().remove("id");
    };
    entries_fail(unlisted, "unlisted_list");
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
    entries_fail(|e| e[0]["statusPurpose"] = json!({"revocation": null}), "malformed");
    entries_fail(|e| e[0]["id"] = Value::Null, "malformed");
}
