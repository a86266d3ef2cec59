//! The classes of documents, and that nothing else is ever verified.

use poa_verifier::report::Class;
use poa_verifier::zk_proof::Purpose;
use poa_verifier::{CheckName, Evidence, HeadMemory, Outcome, Request};
use serde_json::{Value, json};

use crate::world::*;

#[test]
fn a_standing_credential_verifies_and_reports_what_was_proved() {
    let world = World::new();
    let report = world.verify_standing(&world.standing().issue());
    verifies(&report);
    assert_eq!(report.class, Class::Standing);
    assert_eq!(report.development_key, Some(true));
    assert_eq!(report.outcome(CheckName::RootAge), Outcome::NotApplicable);
    assert_eq!(report.check(CheckName::Holder).unwrap().reason.as_deref(), Some("not_proven"));
    let proved = report.proved.as_ref().unwrap();
    assert_eq!(proved.subject, Some(world.agent.to_string()));
    assert_eq!(
        Value::Object(proved.shown.clone()),
        json!({"tasks_completed": {"atLeast": "100"}, "reputation": {"atLeast": 5000}})
    );
    assert!(proved.statement.contains(&"tasks_completed is at least 100.".to_owned()));
    assert!(proved.statement.contains(&"earnings_sats is not shown.".to_owned()));
    assert_eq!(proved.pseudonym, None);
    // The report survives the wire.
    let wire = serde_json::to_value(&report).unwrap();
    assert_eq!(wire["verified"], true);
    assert!(wire.get("authentic").is_none());
    assert_eq!(serde_json::from_value::<poa_verifier::Report>(wire).unwrap(), report);
}

#[test]
fn a_presentation_verifies_for_its_challenge_and_shows_its_holder() {
    let world = World::new();
    let report = world.verify_presentation(&world.presentation().present());
    verifies(&report);
    assert_eq!(report.class, Class::Presentation);
    for name in [CheckName::RootAge, CheckName::Holder, CheckName::Challenge, CheckName::Root] {
        assert_eq!(report.outcome(name), Outcome::Pass, "{name}");
    }
    for name in [CheckName::Status, CheckName::IssuerSignature, CheckName::Nullifier] {
        assert_eq!(report.outcome(name), Outcome::NotApplicable, "{name}");
    }
}

#[test]
fn an_anonymous_presentation_with_a_pseudonym_verifies() {
    let world = World::new();
    let audience = poa_circuits::native::scope::Audience::new("https://verifier.example").unwrap();
    let mut draft = world.presentation();
    draft.public.subject = 0u64.into();
    draft.public.scope = audience.scope();
    draft.credential["credentialSubject"] = json!({});
    let request = Request { audience: Some(audience), ..world.challenge_request() };
    let report = world.verify(&draft.present(), Some(&request));
    verifies(&report);
    let proved = report.proved.unwrap();
    assert_eq!(proved.subject, None);
    assert_eq!(proved.pseudonym.unwrap().nullifier, poa_circuits::native::field::encode_hex(&draft.public.nullifier));
}

/// A standing credential can be copied: its nullifier says nothing about who shows it.
#[test]
fn a_standing_credential_never_names_a_pseudonym() {
    let world = World::new();
    let audience = poa_circuits::native::scope::Audience::new("https://verifier.example").unwrap();
    let mut draft = world.standing();
    draft.public.scope = audience.scope();
    let request = Request { audience: Some(audience), ..Request::default() };
    let report = world.verify(&draft.issue(), Some(&request));
    fails_only(&report, CheckName::Nullifier, "no_pseudonym");
    assert!(report.proved.is_none_or(|proved| proved.pseudonym.is_none()));
}

#[test]
fn without_a_request_documents_are_authentic_and_never_verified() {
    let world = World::new();
    let report = world.verify(&world.standing().issue(), None);
    assert!(!report.verified());
    assert_eq!(report.authentic(), Some(true), "{report:#?}");
    assert!(serde_json::to_value(&report).unwrap().get("verified").is_none());
    let mut edited = world.standing().issue();
    edited["credentialSubject"]["reputation"]["atLeast"] = 9000.into();
    assert_eq!(world.verify(&edited, None).authentic(), Some(false));
}

/// Whoever verifies a presentation without stating a challenge could be shown somebody else's.
#[test]
fn a_presentation_without_a_request_fails_the_challenge() {
    let world = World::new();
    let report = world.verify(&world.presentation().present(), None);
    fails_only(&report, CheckName::Challenge, "not_asked_for");
    assert_eq!(report.authentic(), Some(false));
}

#[test]
fn a_standing_credential_stripped_of_issuer_proof_and_status_is_of_no_class() {
    let world = World::new();
    let good = world.standing().issue();
    let mut stripped = good.clone();
    stripped["proof"] = good["proof"][1].clone();
    stripped.as_object_mut().unwrap().remove("credentialStatus");
    fails_only(&world.verify_standing(&stripped), CheckName::Class, "no_class");
    stripped["proof"] = json!([good["proof"][1]]);
    fails_only(&world.verify_standing(&stripped), CheckName::Class, "no_class");
    // Cut down to the members of a derived credential and put into an envelope, it still answers no challenge.
    for member in ["id", "validFrom", "validUntil"] {
        stripped.as_object_mut().unwrap().remove(member);
    }
    let wrapped = poa_verifier::credential::presentation(stripped);
    for request in [world.request(), world.challenge_request()] {
        fails_only(&world.verify(&wrapped, Some(&request)), CheckName::Class, "no_class");
    }
}

#[test]
fn a_standing_credential_without_status_is_refused() {
    let world = World::new();
    let mut draft = world.standing();
    draft.credential.as_object_mut().unwrap().remove("credentialStatus");
    fails_only(&world.verify_standing(&draft.issue()), CheckName::Class, "wrong_shape");
}

#[test]
fn a_standing_credential_that_answers_a_challenge_is_of_no_class() {
    let world = World::new();
    let mut draft = world.standing();
    draft.binding = Some(world.binding.clone());
    for request in [world.request(), world.challenge_request()] {
        fails_only(&world.verify(&draft.issue(), Some(&request)), CheckName::Class, "no_class");
    }
}

#[test]
fn purposes_are_not_exchangeable() {
    let world = World::new();
    let mut standing = world.standing();
    standing.purpose = Purpose::Authentication;
    fails_only(&world.verify_standing(&standing.issue()), CheckName::Class, "wrong_shape");
    let mut presentation = world.presentation();
    presentation.purpose = Purpose::AssertionMethod;
    fails_only(&world.verify_presentation(&presentation.present()), CheckName::Class, "wrong_shape");
}

#[test]
fn a_bare_proof_passes_proof_and_key_and_nothing_else() {
    let world = World::new();
    for bare in [
        world.standing().issue()["proof"][1].clone(),
        world.presentation().present()["verifiableCredential"][0]["proof"].clone(),
    ] {
        let report = world.verify_standing(&bare);
        fails_only(&report, CheckName::Class, "bare_proof");
        assert_eq!(report.class, Class::Other);
        for check in &report.checks {
            let expected = match check.name {
                CheckName::Proof | CheckName::Key => Outcome::Pass,
                CheckName::Class => Outcome::Fail,
                _ => Outcome::Unknown,
            };
            assert_eq!(check.outcome, expected, "{}", check.name);
        }
        assert_eq!(world.verify(&bare, None).authentic(), Some(false));
    }
}

#[test]
fn a_bare_derived_credential_is_of_no_class() {
    let world = World::new();
    let derived = world.presentation().present()["verifiableCredential"][0].clone();
    fails_only(&world.verify_presentation(&derived), CheckName::Class, "no_class");
}

#[test]
fn a_signed_credential_is_verified_only_where_the_request_lists_the_class() {
    let world = World::new();
    let mut signed = world.standing().issue();
    signed["proof"] = signed["proof"][0].clone();
    let accepts = Request { classes: vec![Class::Signed], ..Request::default() };
    let report = world.verify(&signed, Some(&accepts));
    verifies(&report);
    assert_eq!(report.class, Class::Signed);
    for name in [
        CheckName::Proof,
        CheckName::Key,
        CheckName::Root,
        CheckName::RootAge,
        CheckName::Context,
        CheckName::Attributes,
        CheckName::Nullifier,
        CheckName::Holder,
    ] {
        assert_eq!(report.outcome(name), Outcome::NotApplicable, "{name}");
    }
    fails_only(&world.verify_standing(&signed), CheckName::Class, "class_not_accepted");
    assert_eq!(world.verify(&signed, None).authentic(), Some(true));
    // It proves nothing, so it satisfies no request for something proved.
    let needs = Request { classes: vec![Class::Signed], ..world.request() };
    fails_only(&world.verify(&signed, Some(&needs)), CheckName::Policy, "needs_proof");
    let challenged = Request { binding: Some(world.binding.clone()), ..accepts.clone() };
    fails_only(&world.verify(&signed, Some(&challenged)), CheckName::Challenge, "missing");
    let mut edited = signed.clone();
    edited["credentialSubject"]["reputation"]["atLeast"] = 9000.into();
    fails_only(&world.verify(&edited, Some(&accepts)), CheckName::IssuerSignature, "signature");
    let mut unlisted = signed.clone();
    unlisted.as_object_mut().unwrap().remove("credentialStatus");
    fails_only(&world.verify(&unlisted, Some(&accepts)), CheckName::Status, "missing");
}

#[test]
fn a_vc_jwt_is_a_signed_credential_and_other_types_are_not() {
    let world = World::new();
    let mut payload = world.standing().issue();
    payload.as_object_mut().unwrap().remove("proof");
    let accepts = Request { classes: vec![Class::Signed], ..Request::default() };
    let lists = world.lists();
    let evidence = Evidence { status_lists: &lists, ..Evidence::default() };
    let verify =
        |text: &str| world.verifier.verify(text.as_bytes(), Some(&accepts), &evidence, &mut HeadMemory::default(), NOW);
    let kid = world.issuer.key_id("credentials-1");
    verifies(&verify(&compact_jws("vc+jwt", &kid, &payload, &signer("credentials"))));
    fails_only(
        &verify(&compact_jws("vc+jwt", &kid, &payload, &signer("heads"))),
        CheckName::IssuerSignature,
        "signature",
    );
    let heads = world.issuer.key_id("heads-1");
    fails_only(
        &verify(&compact_jws("vc+jwt", &heads, &payload, &signer("heads"))),
        CheckName::IssuerSignature,
        "issuer_key",
    );
    fails_only(&verify(&compact_jws("jwt", &kid, &payload, &signer("credentials"))), CheckName::Class, "malformed");
    let agenthood = verify(&compact_jws("poa+jws", &kid, &payload, &signer("credentials")));
    assert_eq!((agenthood.class, agenthood.verified()), (Class::Agenthood, false));
    let head = world.sign_head(&world.head_claims(NOW));
    fails_only(&verify(&head), CheckName::Class, "malformed");
    // Blanks around it are not part of it.
    let good = compact_jws("vc+jwt", &kid, &payload, &signer("credentials"));
    verifies(&verify(&format!(" {good}\r\n")));
    for claim in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "vc", "vp"] {
        let mut claiming = payload.clone();
        claiming[claim] = json!(1);
        let report = verify(&compact_jws("vc+jwt", &kid, &claiming, &signer("credentials")));
        fails_only(&report, CheckName::Class, "wrong_shape");
        assert!(report.check(CheckName::Class).unwrap().detail.contains(&format!("{claim:?}")));
    }
    payload["proof"] = json!({});
    fails_only(
        &verify(&compact_jws("vc+jwt", &kid, &payload, &signer("credentials"))),
        CheckName::Class,
        "wrong_shape",
    );
}

#[test]
fn proof_sets_of_other_sizes_and_several_credentials_are_of_no_class() {
    let world = World::new();
    let good = world.standing().issue();
    let (issuer, zk) = (good["proof"][0].clone(), good["proof"][1].clone());
    for proof in [
        json!([]),
        json!([issuer, issuer]),
        json!([zk, zk]),
        json!([issuer, zk, zk]),
        json!([zk, issuer, zk]),
        json!([issuer, zk, {}]),
        json!("x"),
        Value::Null,
    ] {
        let mut other = good.clone();
        other["proof"] = proof;
        let report = world.verify_standing(&other);
        assert_eq!(report.failed(), [CheckName::Class], "{report:#?}");
    }
    let mut reordered = good.clone();
    reordered["proof"] = json!([zk, issuer]);
    verifies(&world.verify_standing(&reordered));
    let derived = world.presentation().present()["verifiableCredential"][0].clone();
    for list in [json!([]), json!([derived, derived]), derived.clone(), json!(null)] {
        let envelope = json!({"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiablePresentation"], "verifiableCredential": list});
        fails_only(&world.verify_presentation(&envelope), CheckName::Class, "wrong_shape");
    }
    let mut holder = world.presentation().present();
    holder["holder"] = "did:example:x".into();
    fails_only(&world.verify_presentation(&holder), CheckName::Class, "wrong_shape");
    // Nobody signs the envelope, so its contexts could redefine what it says to others.
    for context in [
        json!(["https://www.w3.org/ns/credentials/v2", "https://evil.example/context"]),
        json!(["https://www.w3.org/ns/credentials/v2", {"issuer": "https://evil.example/x"}]),
        json!("https://www.w3.org/ns/credentials/v2"),
        json!([]),
    ] {
        let mut foreign = world.presentation().present();
        foreign["@context"] = context;
        fails_only(&world.verify_presentation(&foreign), CheckName::Class, "wrong_shape");
    }
}

#[test]
fn derived_credentials_have_no_other_members() {
    let world = World::new();
    for member in ["id", "credentialStatus", "validFrom", "validUntil", "name", "evidence"] {
        let mut draft = world.presentation();
        draft.credential[member] = "x".into();
        fails_only(&world.verify_presentation(&draft.present()), CheckName::Class, "wrong_shape");
    }
}
