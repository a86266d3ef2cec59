//! Our own documents conform to VC Data Model 2.0, and what does not is refused by the check it belongs to.

use poa_verifier::report::Class;
use poa_verifier::vc::{Contexts, check_credential, check_presentation};
use poa_verifier::{CheckName, Evidence, HeadMemory, Report, Request};
use serde_json::{Value, json};

use crate::world::*;

fn contexts() -> Contexts {
    Contexts::published().with_service(URL)
}

#[test]
fn our_own_documents_conform() {
    let world = World::new();
    let standing = world.standing().issue();
    assert_eq!(check_credential(&contexts(), &standing), Ok(()));
    let presentation = world.presentation().present();
    assert_eq!(check_presentation(&contexts(), &presentation), Ok(()));
    assert_eq!(check_credential(&contexts(), &presentation["verifiableCredential"][0]), Ok(()));
    // Each proof alone, and none: what is signed, and what is served to verifiers of one kind.
    for proof in [standing["proof"][0].clone(), standing["proof"][1].clone()] {
        let mut alone = standing.clone();
        alone["proof"] = proof;
        assert_eq!(check_credential(&contexts(), &alone), Ok(()));
    }
    let mut unsigned = standing.clone();
    unsigned.as_object_mut().unwrap().remove("proof");
    assert_eq!(check_credential(&contexts(), &unsigned), Ok(()));
}

#[test]
fn our_terms_mean_nothing_without_our_context() {
    let standing = World::new().standing().issue();
    let published = check_credential(&Contexts::published(), &standing).unwrap_err();
    assert_eq!((published.pointer.as_str(), published.reason.as_str()), ("/@context", "unknown_context"));
    let elsewhere = Contexts::published().with_service("https://other.example");
    assert!(check_credential(&elsewhere, &standing).is_err());
}

#[test]
fn every_member_of_our_proofs_and_subject_is_mapped() {
    let world = World::new();
    for (pointer, reason) in [
        ("", "unmapped_term"),
        ("/credentialSubject", "unmapped_term"),
        ("/credentialSchema", "unmapped_term"),
        ("/credentialStatus/0", "unmapped_term"),
        ("/proof/0", "unmapped_term"),
        ("/proof/1", "unmapped_term"),
    ] {
        let mut document = world.standing().issue();
        document.pointer_mut(pointer).unwrap()["surplus"] = json!(1);
        let error = check_credential(&contexts(), &document).unwrap_err();
        assert_eq!((error.pointer, error.reason.as_str()), (format!("{pointer}/surplus"), reason));
    }
    // `statement` is JSON: what it holds are the inputs, by protocol §5.
    let mut document = world.standing().issue();
    document["proof"][1]["statement"]["surplus"] = json!(1);
    assert_eq!(check_credential(&contexts(), &document), Ok(()));
    document["proof"][1]["proofPurpose"] = json!("surplus");
    assert_eq!(check_credential(&contexts(), &document).unwrap_err().pointer, "/proof/1/proofPurpose");
}

#[test]
fn a_standing_credential_that_does_not_conform_is_refused_though_everything_is_proved_and_signed() {
    let world = World::new();
    let mut draft = world.standing();
    draft.credential["id"] = "credentials/1".into();
    let report = world.verify_standing(&draft.issue());
    fails_only(&report, CheckName::Class, "not_a_url");
    assert!(report.check(CheckName::Class).unwrap().detail.starts_with("/id: "));
}

/// A credential of the issuer's, signed after the edit.
fn signed(world: &World, edit: impl FnOnce(&mut Value)) -> Report {
    let mut document = world.standing().issue();
    document.as_object_mut().unwrap().remove("proof");
    edit(&mut document);
    document["proof"] =
        issuer_proof(&document, &world.issuer.key_id("credentials-1"), &signer("credentials"), NOW - 60);
    world.verify(&document, Some(&Request { classes: vec![Class::Signed], ..Request::default() }))
}

#[test]
fn a_signed_credential_that_does_not_conform_fails_the_check_of_its_member() {
    use CheckName::{Class, Subject};
    let world = World::new();
    verifies(&signed(&world, |_| {}));
    let base = "https://www.w3.org/ns/credentials/v2";
    let unknown = "https://unknown.example/v1";
    type Case = (&'static str, Value, CheckName, &'static str, &'static str);
    let cases: [Case; 9] = [
        ("/surplus", json!(1), Class, "unmapped_term", "/surplus: "),
        ("/@context", json!([base]), Class, "unmapped_type", "/type/1: "),
        ("/@context", json!([base, unknown]), Class, "unknown_context", "/@context: "),
        ("/@context", json!(base), Class, "context_order", "/@context: "),
        ("/type", json!(["AgentReputationCredential"]), Class, "missing_type", "/type: "),
        ("/evidence", json!({ "id": "did:example:e" }), Class, "missing_type", "/evidence/type: "),
        ("/relatedResource", json!({ "id": base }), Class, "missing_digest", "/relatedResource: "),
        ("/credentialSubject/surplus", json!(1), Subject, "unmapped_term", "/credentialSubject/surplus: "),
        ("/credentialSubject/type", json!("Nothing"), Subject, "unmapped_type", "/credentialSubject/type: "),
    ];
    for (pointer, value, check, reason, detail) in cases {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let report = signed(&world, |d| d.pointer_mut(parent).unwrap()[name] = value);
        fails_only(&report, check, reason);
        assert!(report.check(check).unwrap().detail.starts_with(detail), "{report:#?}");
    }
}

#[test]
fn a_vc_jwt_that_does_not_conform_is_refused() {
    let world = World::new();
    let mut payload = world.standing().issue();
    payload.as_object_mut().unwrap().remove("proof");
    payload["surplus"] = json!(1);
    let jwt = compact_jws("vc+jwt", &world.issuer.key_id("credentials-1"), &payload, &signer("credentials"));
    let lists = world.lists();
    let evidence = Evidence { status_lists: &lists, ..Evidence::default() };
    let request = Request { classes: vec![Class::Signed], ..Request::default() };
    let report = world.verifier.verify(jwt.as_bytes(), Some(&request), &evidence, &mut HeadMemory::default(), NOW);
    fails_only(&report, CheckName::Class, "unmapped_term");
}
