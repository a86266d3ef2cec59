//! One edit, one failing check.

use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ec::CurveGroup as _;
use ark_ff::Field as _;
use poa_verifier::{CheckName, Evidence, HeadMemory, Outcome, Proof, Request};
use serde_json::{Value, json};

use crate::world::*;

#[track_caller]
fn standing(edit: impl FnOnce(&World, &mut Value), check: CheckName, reason: &str) {
    let world = World::new();
    let mut document = world.standing().issue();
    edit(&world, &mut document);
    fails_only(&world.verify_standing(&document), check, reason);
}

#[track_caller]
fn presentation(edit: impl FnOnce(&mut Value, &mut Value), check: CheckName, reason: &str) {
    let world = World::new();
    let mut document = world.presentation().present();
    let credential = &mut document["verifiableCredential"][0];
    let mut proof = credential["proof"].take();
    edit(credential, &mut proof);
    credential["proof"] = proof;
    fails_only(&world.verify_presentation(&document), check, reason);
}

#[test]
fn an_edited_shown_value_fails_attributes() {
    standing(|_, d| d["credentialSubject"]["reputation"]["atLeast"] = 9000.into(), CheckName::Attributes, "rendering");
    standing(
        |_, d| d["credentialSubject"]["tasks_completed"]["atLeast"] = "1000".into(),
        CheckName::Attributes,
        "rendering",
    );
    standing(
        |_, d| d["credentialSubject"]["tasks_completed"]["atLeast"] = 100.into(),
        CheckName::Attributes,
        "rendering",
    );
    standing(
        |_, d| d["credentialSubject"]["earnings_sats"] = json!({"atLeast": "1"}),
        CheckName::Attributes,
        "rendering",
    );
    standing(|_, d| d["credentialSubject"]["name"] = "x".into(), CheckName::Attributes, "rendering");
    standing(|_, d| d["credentialSubject"]["type"] = "Agent".into(), CheckName::Attributes, "rendering");
    standing(
        |_, d| drop(d["credentialSubject"].as_object_mut().unwrap().remove("type")),
        CheckName::Attributes,
        "rendering",
    );
    presentation(
        |c, _| c["credentialSubject"]["reputation"]["atLeast"] = 5500.into(),
        CheckName::Attributes,
        "rendering",
    );
    presentation(
        |c, _| c["credentialSubject"]["reputation"]["atLeast"] = json!(5000.5),
        CheckName::Attributes,
        "rendering",
    );
}

#[test]
fn an_edited_subject_fails_subject() {
    let other = "did:poa:poa.example:00000000-0000-0000-0000-000000000001";
    standing(|_, d| d["credentialSubject"]["id"] = other.into(), CheckName::Subject, "wrong_subject");
    standing(
        |_, d| {
            d["credentialSubject"]["id"] =
                d["credentialSubject"]["id"].as_str().unwrap().replace("poa.example", "evil.example").into()
        },
        CheckName::Subject,
        "wrong_host",
    );
    standing(
        |_, d| drop(d["credentialSubject"].as_object_mut().unwrap().remove("id")),
        CheckName::Subject,
        "wrong_subject",
    );
    standing(|_, d| d["credentialSubject"]["id"] = Value::Null, CheckName::Subject, "malformed");
    presentation(
        |c, _| drop(c["credentialSubject"].as_object_mut().unwrap().remove("id")),
        CheckName::Subject,
        "wrong_subject",
    );
    presentation(|c, _| c["credentialSubject"]["id"] = "did:poa:poa.example:x".into(), CheckName::Subject, "malformed");
}

#[test]
fn an_anonymous_standing_credential_is_refused() {
    let world = World::new();
    let mut draft = world.standing();
    draft.public.subject = 0u64.into();
    draft.credential["credentialSubject"] = json!({});
    fails_only(&world.verify_standing(&draft.issue()), CheckName::Subject, "anonymous");
}

#[test]
fn an_edited_member_that_is_not_rendered_fails_context() {
    standing(|_, d| d["id"] = "https://poa.example/credentials/2".into(), CheckName::Context, "edited");
    standing(|_, d| d["validUntil"] = "2027-02-01T00:00:00Z".into(), CheckName::Context, "edited");
    // Moving the status entries to a bit that nobody revokes.
    standing(
        |_, d| {
            for entry in d["credentialStatus"].as_array_mut().unwrap() {
                entry["statusListIndex"] = "1".into();
                entry.as_object_mut().unwrap().remove("id");
            }
        },
        CheckName::Context,
        "edited",
    );
}

#[test]
fn an_edited_schema_or_issuer_fails_schema() {
    standing(|w, d| d["credentialSchema"] = w.schema_reference("earnings_proof/1"), CheckName::Schema, "rule_broken");
    standing(|_, d| d["credentialSchema"]["digestSRI"] = "sha256-x".into(), CheckName::Schema, "wrong_digest");
    standing(
        |_, d| d["credentialSchema"]["id"] = "https://poa.example/schemas/other/1".into(),
        CheckName::Schema,
        "unknown_disclosure_schema",
    );
    standing(|_, d| d["credentialSchema"]["extra"] = 1.into(), CheckName::Schema, "wrong_shape");
    standing(|_, d| d["issuer"] = "did:web:evil.example".into(), CheckName::IssuerSignature, "other_issuer");
    presentation(|c, _| c["issuer"] = "did:web:evil.example".into(), CheckName::IssuerSignature, "other_issuer");
}

#[test]
fn every_member_of_the_proof_object_is_bound() {
    use CheckName::*;
    let edits: [(&str, Value, CheckName, &str); 13] = [
        ("@context", json!(["https://www.w3.org/ns/credentials/v2"]), Class, "wrong_shape"),
        ("type", json!("Groth16Proof2025"), Class, "no_class"),
        ("created", json!("2027-01-15T07:00:00Z"), Context, "edited"),
        ("created", json!("2027-01-15T09:00:00Z"), Validity, "not_yet_valid"),
        ("created", json!("yesterday"), Class, "wrong_shape"),
        ("proofPurpose", json!("authentication"), Class, "wrong_shape"),
        ("verificationMethod", json!(format!("urn:poa:vk:sha256:{}", "0".repeat(64))), Key, "unknown_key"),
        ("verificationMethod", json!("urn:poa:vk:sha256:00"), Class, "wrong_shape"),
        ("circuit", json!("poa/2"), Class, "wrong_shape"),
        ("nonce", json!("x"), Class, "wrong_shape"),
        ("proofValue", json!("u"), Proof, "proof_encoding"),
        ("statement", json!({}), Proof, "statement_encoding"),
        ("rootHead", json!("a.b.c"), Root, "malformed"),
    ];
    for (member, value, check, reason) in edits {
        standing(|_, d| d["proof"][1][member] = value, check, reason);
    }
    for member in [
        "@context",
        "type",
        "created",
        "proofPurpose",
        "verificationMethod",
        "circuit",
        "proofValue",
        "statement",
        "rootHead",
    ] {
        let world = World::new();
        let mut document = world.standing().issue();
        document["proof"][1].as_object_mut().unwrap().remove(member);
        assert_eq!(world.verify_standing(&document).failed(), [Class], "{member}");
    }
}

#[test]
fn challenge_and_domain_are_bound() {
    presentation(|_, p| p["challenge"] = "another challenge".into(), CheckName::Challenge, "wrong_challenge");
    presentation(|_, p| p["domain"] = "https://other.example".into(), CheckName::Challenge, "wrong_domain");
    for remove in [&["challenge"][..], &["domain"], &["challenge", "domain"]] {
        let world = World::new();
        let mut document = world.presentation().present();
        for member in remove {
            document["verifiableCredential"][0]["proof"].as_object_mut().unwrap().remove(*member);
        }
        assert_eq!(world.verify_presentation(&document).failed(), [CheckName::Class]);
    }
    for (member, value) in [("challenge", json!("")), ("domain", json!("x".repeat(513))), ("challenge", json!(7))] {
        presentation(|_, p| p[member] = value, CheckName::Class, "wrong_shape");
    }
}

/// A presentation for one verifier's challenge, edited to answer another's.
#[test]
fn a_replayed_presentation_with_an_exchanged_challenge_fails_context() {
    let world = World::new();
    let mut draft = world.presentation();
    draft.binding.as_mut().unwrap().challenge = "a challenge by somebody else".to_owned();
    let mut document = draft.present();
    fails_only(&world.verify_presentation(&document), CheckName::Challenge, "wrong_challenge");
    document["verifiableCredential"][0]["proof"]["challenge"] = world.binding.challenge.clone().into();
    fails_only(&world.verify_presentation(&document), CheckName::Context, "edited");
}

#[test]
fn a_challenge_that_was_not_asked_for_fails_and_so_does_the_reverse() {
    let world = World::new();
    let presented = world.presentation().present();
    fails_only(&world.verify(&presented, Some(&world.request())), CheckName::Challenge, "not_asked_for");
    let standing = world.standing().issue();
    fails_only(&world.verify(&standing, Some(&world.challenge_request())), CheckName::Challenge, "missing");
}

#[test]
fn a_context_of_another_document_fails_context() {
    let world = World::new();
    let good = world.standing().issue();
    let mut other = world.standing();
    other.credential["id"] = "https://poa.example/credentials/2".into();
    let mut swapped = other.issue();
    swapped["proof"][1] = good["proof"][1].clone();
    fails_only(&world.verify_standing(&swapped), CheckName::Context, "edited");
    // The inputs' own context exchanged for the right one: then the pairing fails.
    swapped["proof"][1]["statement"]["context"] = other.issue()["proof"][1]["statement"]["context"].clone();
    fails_only(&world.verify_standing(&swapped), CheckName::Proof, "pairing");
}

#[test]
fn an_edited_issuer_proof_fails_issuer_signature() {
    let other_key = "did:web:poa.example#heads-1";
    standing(
        |_, d| d["proof"][0]["proofValue"] = poa_verifier::multibase::encode_base58(&[1; 64]).into(),
        CheckName::IssuerSignature,
        "signature",
    );
    standing(|_, d| d["proof"][0]["created"] = "2027-01-15T07:59:01Z".into(), CheckName::IssuerSignature, "signature");
    standing(|_, d| d["proof"][0]["verificationMethod"] = other_key.into(), CheckName::IssuerSignature, "issuer_key");
    standing(|_, d| d["proof"][0]["cryptosuite"] = "eddsa-rdfc-2022".into(), CheckName::IssuerSignature, "malformed");
    standing(|_, d| d["proof"][0]["proofValue"] = "z1".into(), CheckName::IssuerSignature, "malformed");
    // A failing signature does not hide that the proof itself is fine.
    let world = World::new();
    let mut document = world.standing().issue();
    document["proof"][0]["proofValue"] = poa_verifier::multibase::encode_base58(&[1; 64]).into();
    assert_eq!(world.verify_standing(&document).outcome(CheckName::Proof), Outcome::Pass);
}

#[test]
fn a_proof_for_other_inputs_fails_proof_and_nothing_is_reported_as_proved() {
    let world = World::new();
    let mut document = world.standing().issue();
    let mut other = world.standing();
    other.public.nullifier = scalar("another");
    document["proof"][1]["proofValue"] = other.issue()["proof"][1]["proofValue"].clone();
    let report = world.verify_standing(&document);
    fails_only(&report, CheckName::Proof, "pairing");
    assert_eq!(report.proved, None);
}

#[test]
fn a_re_randomised_proof_is_the_same_presentation() {
    let world = World::new();
    let audience = poa_circuits::native::scope::Audience::new("https://verifier.example").unwrap();
    let mut draft = world.presentation();
    draft.public.scope = audience.scope();
    let mut document = draft.present();
    let proof = &document["verifiableCredential"][0]["proof"];
    let old = Proof::from_multibase(proof["proofValue"].as_str().unwrap()).unwrap();
    // (A/s, s·B + s·t·delta, C + t·A): valid for the same inputs, all other bytes.
    let (s, t) = (scalar("s"), scalar("t"));
    let delta = G2Projective::from(*world.key.delta_g2());
    let again = Proof::from_points(
        (*old.a() * s.inverse().unwrap()).into_affine(),
        (*old.b() * s + delta * (s * t)).into_affine(),
        (G1Projective::from(*old.c()) + *old.a() * t).into_affine(),
    )
    .unwrap();
    assert_ne!((old.a(), old.b(), old.c()), (again.a(), again.b(), again.c()));
    let request = Request { audience: Some(audience), ..world.challenge_request() };
    let seen = std::cell::RefCell::new(Vec::<(Fr, Fr)>::new());
    let verify = |document: &Value| {
        let seen_before = |scope: &Fr, nullifier: &Fr| seen.borrow().contains(&(*scope, *nullifier));
        let evidence = Evidence { nullifier_seen: Some(&seen_before), ..Evidence::default() };
        world.verifier.verify(
            document.to_string().as_bytes(),
            Some(&request),
            &evidence,
            &mut HeadMemory::default(),
            NOW,
        )
    };
    verifies(&verify(&document));
    seen.borrow_mut().push((draft.public.scope, draft.public.nullifier));
    document["verifiableCredential"][0]["proof"]["proofValue"] = again.to_multibase().into();
    fails_only(&verify(&document), CheckName::Nullifier, "seen_before");
    // It is a proof all right: without the memory of pseudonyms it passes.
    verifies(&world.verify(&document, Some(&request)));
}

#[test]
fn a_pseudonym_for_another_audience_fails_nullifier() {
    let world = World::new();
    let audience = poa_circuits::native::scope::Audience::new("https://verifier.example").unwrap();
    let request = Request { audience: Some(audience), ..world.challenge_request() };
    fails_only(&world.verify(&world.presentation().present(), Some(&request)), CheckName::Nullifier, "wrong_scope");
}
