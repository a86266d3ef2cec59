//! Tree heads, roots, their age, and dates.

use ark_bn254::Fr;
use poa_circuits::native::tree;
use poa_verifier::head::{HeadClaims, LIFETIME_S};
use poa_verifier::trust::{KEY_COMPROMISED, KeyState};
use poa_verifier::{CheckName, Evidence, HeadMemory, Report, Request, head, time};
use serde_json::Value;

use crate::world::*;

#[track_caller]
fn head_fails(edit: impl FnOnce(&mut HeadClaims), reason: &str) {
    let world = World::new();
    let mut draft = world.presentation();
    edit(&mut draft.head);
    fails_only(&world.verify_presentation(&draft.present()), CheckName::Root, reason);
}

#[test]
fn heads_of_another_issuer_log_or_root_are_refused() {
    head_fails(|h| h.iss = "did:web:evil.example".parse().unwrap(), "other_issuer");
    head_fails(|h| h.log = "sandbox".to_owned(), "other_log");
    head_fails(|h| h.root = scalar("another root"), "other_root");
    head_fails(|h| h.exp += 1, "malformed");
    head_fails(|h| h.root = Fr::from(0u64), "malformed");
    head_fails(|h| h.root = tree::empty_root(), "other_root");
    head_fails(|h| h.log = "unlisted".to_owned(), "unlisted_log");
    head_fails(|h| h.log = "no such log".to_owned(), "malformed");
}

#[test]
fn a_zero_or_empty_root_is_refused_even_under_a_head() {
    let world = World::new();
    for root in [Fr::from(0u64), tree::empty_root()] {
        let mut draft = world.presentation();
        draft.public.root = root;
        fails_only(&world.verify_presentation(&draft.present()), CheckName::Root, "empty_root");
    }
}

#[test]
fn a_leaf_of_another_schema_log_or_sandbox_is_refused() {
    let world = World::new();
    let mut foreign = world.presentation();
    foreign.public.schema = attestation_schema(&"did:web:evil.example".parse().unwrap(), "main").field();
    fails_only(&world.verify_presentation(&foreign.present()), CheckName::Schema, "unknown_attestation_schema");
    // A leaf of the sandbox under a head of the main log.
    let mut sandbox = world.presentation();
    sandbox.public.schema = attestation_schema(&world.issuer, "sandbox").field();
    fails_only(&world.verify_presentation(&sandbox.present()), CheckName::Root, "other_log");
    // Under its own head it is a good presentation, of the sandbox: the request decides.
    sandbox.head.log = "sandbox".to_owned();
    verifies(&world.verify_presentation(&sandbox.present()));
    let main_only = Request { logs: Some(vec!["main".to_owned()]), ..world.challenge_request() };
    fails_only(&world.verify(&sandbox.present(), Some(&main_only)), CheckName::Policy, "log_not_accepted");
    let schema_only =
        Request { schemas: Some(vec![world.attestation.document().id.clone()]), ..world.challenge_request() };
    fails_only(&world.verify(&sandbox.present(), Some(&schema_only)), CheckName::Schema, "schema_not_accepted");
}

fn with_head(world: &World, jws: String) -> Value {
    let mut document = world.presentation().present();
    document["verifiableCredential"][0]["proof"]["rootHead"] = jws.into();
    document
}

#[test]
fn heads_signed_by_other_keys_or_typed_otherwise_are_refused() {
    let world = World::new();
    let claims = serde_json::to_value(world.head_claims(NOW - 60)).unwrap();
    let (heads, credentials) = (world.issuer.key_id("heads-1"), world.issuer.key_id("credentials-1"));
    // A newer head of the same root may replace the one in the document.
    let newer = compact_jws(head::TYP, &heads, &claims, &signer("heads"));
    verifies(&world.verify_presentation(&with_head(&world, newer)));
    for (typ, kid, key, reason) in [
        (head::TYP, &heads, "credentials", "head_signature"),
        (head::TYP, &credentials, "credentials", "head_key"),
        (head::TYP, &"did:web:evil.example#heads-1".to_owned(), "heads", "head_key"),
        ("JWT", &heads, "heads", "malformed"),
        ("vc+jwt", &heads, "heads", "malformed"),
    ] {
        let jws = compact_jws(typ, kid, &claims, &signer(key));
        fails_only(&world.verify_presentation(&with_head(&world, jws)), CheckName::Root, reason);
    }
    let mut surplus = claims.clone();
    surplus["nbf"] = 1.into();
    let jws = compact_jws(head::TYP, &heads, &surplus, &signer("heads"));
    fails_only(&world.verify_presentation(&with_head(&world, jws)), CheckName::Root, "malformed");
}

#[test]
fn retired_keys_verify_what_they_signed_and_compromised_ones_nothing() {
    let mut world = World::new();
    let document = world.presentation().present();
    world.retrust(|t| {
        t.keys[1].state = KeyState::Retired;
        t.keys[1].retired_at = Some(time::format_utc(NOW - 2000).unwrap());
    });
    verifies(&world.verify_presentation(&document));
    let mut late = world.presentation();
    late.head.iat = NOW - 1999;
    late.head.exp = late.head.iat + LIFETIME_S;
    fails_only(&world.verify_presentation(&late.present()), CheckName::Root, "head_key");
    world.retrust(|t| {
        t.keys[1].state = KeyState::Compromised;
        t.keys[1].retired_at = None;
    });
    fails_only(&world.verify_presentation(&document), CheckName::Root, KEY_COMPROMISED);
}

#[test]
fn a_retired_verifying_key_verifies_proofs_under_heads_from_before_and_a_withdrawn_one_nothing() {
    let mut world = World::new();
    let (presented, standing) = (world.presentation().present(), world.standing().issue());
    let mut retire = |at: u64| {
        world.retrust(|t| {
            t.verifying_keys[0].state = KeyState::Retired;
            t.verifying_keys[0].retired_at = Some(time::format_utc(at).unwrap());
        });
        (world.verify_presentation(&presented), world.verify_standing(&standing))
    };
    // The heads are of NOW - 3000 and NOW - 60.
    let (presentation, credential) = retire(NOW - 60);
    verifies(&presentation);
    verifies(&credential);
    let (presentation, credential) = retire(NOW - 61);
    verifies(&presentation);
    fails_only(&credential, CheckName::Key, "key_retired");
    assert_eq!(credential.development_key, None);
    let (presentation, _) = retire(NOW - 3001);
    fails_only(&presentation, CheckName::Key, "key_retired");
    // When it was retired has to be said.
    let mut silent = world.trust_document.clone();
    silent.verifying_keys[0].retired_at = None;
    assert!(sign_trust(&silent).is_err());
    let mut early = world.trust_document.clone();
    early.verifying_keys[0].state = KeyState::Active;
    assert!(sign_trust(&early).is_err());
    world.retrust(|t| (t.verifying_keys[0].state, t.verifying_keys[0].retired_at) = (KeyState::Compromised, None));
    fails_only(&world.verify_presentation(&presented), CheckName::Key, "key_withdrawn");
}

fn at_age(age: i64, max: u64) -> Report {
    let world = World::new();
    let mut draft = world.presentation();
    draft.head.iat = NOW.checked_add_signed(-age).unwrap();
    draft.head.exp = draft.head.iat + LIFETIME_S;
    let request = Request { max_root_age_s: max, ..world.challenge_request() };
    world.verify(&draft.present(), Some(&request))
}

#[test]
fn root_age_is_judged_with_sixty_seconds_both_ways() {
    verifies(&at_age(7200 + 60, 7200));
    fails_only(&at_age(7200 + 61, 7200), CheckName::RootAge, "too_old");
    verifies(&at_age(-60, 7200));
    fails_only(&at_age(-61, 7200), CheckName::RootAge, "future");
    verifies(&at_age(120, 60));
    fails_only(&at_age(121, 60), CheckName::RootAge, "too_old");
    fails_only(&at_age(-(1 << 40), 7200), CheckName::RootAge, "future");
}

#[test]
fn valid_at_of_a_presentation_lies_in_its_window() {
    let world = World::new();
    for (valid_at, reason) in [
        (NOW - 60, None),
        (NOW - 61, Some("expired")),
        (NOW + 400 * DAY, None),
        (NOW + 400 * DAY + 1, Some("too_far")),
        (0, Some("expired")),
    ] {
        let mut draft = world.presentation();
        draft.public.valid_at = valid_at.into();
        let report = world.verify_presentation(&draft.present());
        match reason {
            None => verifies(&report),
            Some(reason) => fails_only(&report, CheckName::Validity, reason),
        }
    }
}

#[test]
fn dates_of_a_standing_credential_agree_with_clock_head_leaf_and_schema() {
    let standing = |from: u64, until: u64, valid_at: u64, iat: u64| {
        let world = World::new();
        let mut draft = world.standing();
        draft.credential["validFrom"] = time::format_utc(from).unwrap().into();
        draft.credential["validUntil"] = time::format_utc(until).unwrap().into();
        draft.public.valid_at = valid_at.into();
        draft.head.iat = iat;
        draft.head.exp = iat + LIFETIME_S;
        world.verify_standing(&draft.issue())
    };
    let leaf = NOW + 40 * DAY;
    verifies(&standing(NOW - DAY, NOW, leaf, NOW - DAY + 3600));
    for (report, reason) in [
        (standing(NOW - DAY, NOW - 1, leaf, NOW - DAY), "expired"),
        (standing(NOW + 61, NOW + DAY, leaf, NOW), "not_yet_valid"),
        (standing(NOW - DAY, NOW + DAY, NOW + DAY - 1, NOW - DAY), "outlives_leaf"),
        (standing(NOW - DAY, NOW + DAY, leaf, NOW - DAY + 3601), "other_head"),
        (standing(NOW - DAY, NOW + DAY, leaf, NOW - DAY - 3601), "other_head"),
        (standing(NOW - DAY, NOW + 30 * DAY, leaf, NOW - DAY), "too_long"),
        (standing(NOW, NOW - 1, leaf, NOW), "malformed"),
    ] {
        fails_only(&report, CheckName::Validity, reason);
    }
}

#[test]
fn two_histories_are_noticed_between_documents_and_by_newest_heads() {
    let world = World::new();
    let verify = |memory: &mut HeadMemory, heads: &[String], document: &Value| {
        let evidence = Evidence { newest_heads: heads, ..Evidence::default() };
        world.verifier.verify(document.to_string().as_bytes(), Some(&world.challenge_request()), &evidence, memory, NOW)
    };
    let mut memory = HeadMemory::default();
    verifies(&verify(&mut memory, &[], &world.presentation().present()));
    let mut other = world.presentation();
    (other.head.root, other.public.root) = (scalar("split view"), scalar("split view"));
    fails_only(&verify(&mut memory, &[], &other.present()), CheckName::Root, "two_histories");
    let mut back = world.presentation();
    (back.head.seq, back.head.iat) = (16, NOW - 2000);
    back.head.exp = back.head.iat + LIFETIME_S;
    fails_only(&verify(&mut memory, &[], &back.present()), CheckName::Root, "order");
    // A newest head fetched by the caller says another root for the same number.
    let newest = HeadClaims { root: scalar("split view"), ..world.head_claims(NOW) };
    let heads = [world.sign_head(&newest)];
    fails_only(
        &verify(&mut HeadMemory::default(), &heads, &world.presentation().present()),
        CheckName::Root,
        "two_histories",
    );
    // A newest head of another log of the issuer is fine; of a log that is not the issuer's it leaves the root undecided.
    let sandbox = HeadClaims { log: "sandbox".to_owned(), root: scalar("sandbox"), ..world.head_claims(NOW) };
    let document = world.presentation().present();
    verifies(&verify(&mut HeadMemory::default(), &[world.sign_head(&sandbox)], &document));
    let unlisted = HeadClaims { log: "unlisted".to_owned(), ..sandbox };
    let report = verify(&mut HeadMemory::default(), &[world.sign_head(&unlisted)], &document);
    undecided(&report, CheckName::Root, "bad_evidence");
    // So is one under which every leaf was revoked.
    let emptied = HeadClaims { seq: 18, root: tree::empty_root(), ..world.head_claims(NOW) };
    verifies(&verify(&mut HeadMemory::default(), &[world.sign_head(&emptied)], &document));
    // One that is not a head of the issuer leaves the root undecided.
    let report = verify(&mut HeadMemory::default(), &["x.y.z".to_owned()], &world.presentation().present());
    undecided(&report, CheckName::Root, "bad_evidence");
}
