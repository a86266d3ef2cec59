//! Keys that leaked: whoever has one chooses every date, so nothing it signed counts, and each report says why.

use poa_verifier::trust::{KEY_COMPROMISED, KeyPurpose, KeyState};
use poa_verifier::{CheckName, Evidence, HeadMemory, Report, Request, report::Class};
use serde_json::Value;

use crate::world::*;

/// Marks the world's key for a purpose compromised.
fn compromise(world: &mut World, purpose: KeyPurpose) {
    world.retrust(|t| {
        let key = t.keys.iter_mut().find(|key| key.purpose == purpose).unwrap();
        key.state = KeyState::Compromised;
        // The document itself needs an active credentials key; the world signs it with this one.
        if purpose == KeyPurpose::Credentials {
            key.id = t.issuer.key_id("credentials-0");
            key.public_key_multibase = multikey(&signer("old"));
            let mut next = key.clone();
            next.id = t.issuer.key_id("credentials-1");
            next.state = KeyState::Active;
            next.public_key_multibase = multikey(&signer("credentials"));
            t.keys.push(next);
        }
    });
}

fn signed_or_standing() -> Request {
    Request { classes: vec![Class::Standing, Class::Signed], ..Request::default() }
}

#[test]
fn a_compromised_credentials_key_verifies_no_proof_whatever_its_date() {
    let mut world = World::new();
    compromise(&mut world, KeyPurpose::Credentials);
    let id = world.issuer.key_id("credentials-0");
    for created in [0, NOW - DAY, NOW] {
        for standing in [true, false] {
            let mut document = world.standing().issue();
            let proof = issuer_proof(&document, &id, &signer("old"), created);
            if standing {
                document["proof"][0] = proof;
            } else {
                document["proof"] = proof;
            }
            let report = world.verify(&document, Some(&signed_or_standing()));
            fails_only(&report, CheckName::IssuerSignature, KEY_COMPROMISED);
        }
    }
}

#[test]
fn a_compromised_credentials_key_verifies_no_jws() {
    let mut world = World::new();
    compromise(&mut world, KeyPurpose::Credentials);
    let mut payload = world.standing().issue();
    payload.as_object_mut().unwrap().remove("proof");
    let id = world.issuer.key_id("credentials-0");
    let jws = compact_jws("vc+jwt", &id, &payload, &signer("old"));
    let lists = world.lists();
    let evidence = Evidence { status_lists: &lists, ..Evidence::default() };
    let request = signed_or_standing();
    let report = world.verifier.verify(jws.as_bytes(), Some(&request), &evidence, &mut HeadMemory::default(), NOW);
    fails_only(&report, CheckName::IssuerSignature, KEY_COMPROMISED);
}

#[test]
fn a_compromised_status_key_settles_no_status() {
    let mut world = World::new();
    let report = |world: &World, document: &Value| -> Report { world.verify(document, Some(&signed_or_standing())) };
    let document = world.standing().issue();
    verifies(&report(&world, &document));
    compromise(&mut world, KeyPurpose::Status);
    undecided(&report(&world, &document), CheckName::Status, KEY_COMPROMISED);
}

#[test]
fn a_compromised_heads_key_verifies_no_root() {
    let mut world = World::new();
    let (presentation, standing) = (world.presentation().present(), world.standing().issue());
    compromise(&mut world, KeyPurpose::Heads);
    fails_only(&world.verify_presentation(&presentation), CheckName::Root, KEY_COMPROMISED);
    fails_only(&world.verify_standing(&standing), CheckName::Root, KEY_COMPROMISED);
}
