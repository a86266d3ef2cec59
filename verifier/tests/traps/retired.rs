//! Keys that were retired and then stolen: whoever holds one chooses `created`, and must gain nothing by it.

use poa_verifier::trust::{KeyPurpose, KeyState, ListPurpose, TrustKey};
use poa_verifier::{CheckName, Evidence, HeadMemory, Report, Request, report::Class, time};
use serde_json::{Value, json};

use crate::world::*;

/// A world with a credentials key that was retired at a time, and its id.
fn with_retired_credentials_key(retired_at: u64) -> (World, String) {
    let mut world = World::new();
    let id = world.issuer.key_id("credentials-0");
    let key = TrustKey {
        id: id.clone(),
        purpose: KeyPurpose::Credentials,
        state: KeyState::Retired,
        retired_at: Some(time::format_utc(retired_at).unwrap()),
        public_key_multibase: multikey(&signer("old")),
    };
    world.retrust(|t| t.keys.push(key));
    (world, id)
}

/// A credential of the world, `validFrom` one minute ago, with this issuer proof.
fn signed_by(world: &World, key_id: &str, signer_name: &str, created: u64, standing: bool) -> Value {
    let mut document = world.standing().issue();
    let proof = issuer_proof(&document, key_id, &signer(signer_name), created);
    if standing {
        document["proof"][0] = proof;
    } else {
        document["proof"] = proof;
    }
    document
}

fn verify(world: &World, document: &Value) -> Report {
    let request = Request { classes: vec![Class::Standing, Class::Signed], ..Request::default() };
    world.verify(document, Some(&request))
}

#[test]
fn a_retired_key_signs_no_new_credential_by_backdating_its_proof() {
    let (world, id) = with_retired_credentials_key(NOW - 100 * DAY);
    for standing in [true, false] {
        let backdated = signed_by(&world, &id, "old", NOW - 200 * DAY, standing);
        fails_only(&verify(&world, &backdated), CheckName::IssuerSignature, "issuer_key");
    }
    // What it signed while it was active still counts.
    let (world, id) = with_retired_credentials_key(NOW - 30);
    for standing in [true, false] {
        verifies(&verify(&world, &signed_by(&world, &id, "old", NOW - 60, standing)));
        let late = signed_by(&world, &id, "old", NOW - 29, standing);
        fails_only(&verify(&world, &late), CheckName::IssuerSignature, "issuer_key");
    }
}

#[test]
fn a_retired_key_signs_no_new_jws_credential() {
    let (world, id) = with_retired_credentials_key(NOW - 100 * DAY);
    let mut payload = world.standing().issue();
    payload.as_object_mut().unwrap().remove("proof");
    let jws = compact_jws("vc+jwt", &id, &payload, &signer("old"));
    let request = Request { classes: vec![Class::Signed], ..Request::default() };
    let lists = world.lists();
    let evidence = Evidence { status_lists: &lists, ..Evidence::default() };
    let report = world.verifier.verify(jws.as_bytes(), Some(&request), &evidence, &mut HeadMemory::default(), NOW);
    fails_only(&report, CheckName::IssuerSignature, "issuer_key");
}

fn with_lists(world: &World, created: u64) -> Report {
    let lists = [ListPurpose::Revocation, ListPurpose::Suspension].map(|purpose| {
        let mut list = world.status_list(purpose).to_value().unwrap();
        list["proof"] = issuer_proof(&list, &world.issuer.key_id("status-1"), &signer("status"), created);
        list
    });
    let evidence = Evidence { status_lists: &lists, ..Evidence::default() };
    let document = world.standing().issue().to_string();
    world.verifier.verify(document.as_bytes(), Some(&world.request()), &evidence, &mut HeadMemory::default(), NOW)
}

#[test]
fn a_retired_key_signs_no_fresh_status_list_by_backdating_its_proof() {
    let mut world = World::new();
    let mut retire = |at: u64, created: u64| {
        world.retrust(|t| {
            t.keys[2].state = KeyState::Retired;
            t.keys[2].retired_at = Some(time::format_utc(at).unwrap());
        });
        with_lists(&world, created)
    };
    undecided(&retire(NOW - 100 * DAY, NOW - 200 * DAY), CheckName::Status, "list_key");
    undecided(&retire(NOW - 31, NOW - 60), CheckName::Status, "list_key");
    // The lists are valid from NOW - 30.
    verifies(&retire(NOW - 30, NOW - 60));
}

#[test]
fn proofs_of_the_issuer_are_not_made_in_the_future() {
    let world = World::new();
    verifies(&with_lists(&world, NOW + 60));
    undecided(&with_lists(&world, NOW + 61), CheckName::Status, "future_list");
    let key = world.issuer.key_id("credentials-1");
    for standing in [true, false] {
        verifies(&verify(&world, &signed_by(&world, &key, "credentials", NOW + 60, standing)));
        let early = signed_by(&world, &key, "credentials", NOW + 61, standing);
        fails_only(&verify(&world, &early), CheckName::IssuerSignature, "future");
    }
}

/// Without a `validFrom` that can be read there is nothing to hold against `created`; the document fails anyway.
#[test]
fn a_credential_without_readable_start_does_not_revive_a_retired_key() {
    let (world, id) = with_retired_credentials_key(NOW - 100 * DAY);
    for start in [Value::Null, json!(7), json!("yesterday")] {
        let mut document = world.standing().issue();
        document["validFrom"] = start;
        document["proof"] = issuer_proof(&document, &id, &signer("old"), NOW - 200 * DAY);
        fails_only(&verify(&world, &document), CheckName::Validity, "malformed");
    }
}
