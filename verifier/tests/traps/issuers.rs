//! Several trusted issuers: the one that a document names judges it, by its own trust document alone.
//!
//! The two issuers here use the same keys. So nothing but the trust document that was chosen tells them apart, and what
//! crossed from one to the other would verify.

use poa_verifier::data_integrity::without_proof;
use poa_verifier::did::IssuerDid;
use poa_verifier::report::Class;
use poa_verifier::schema::AttestationSchema;
use poa_verifier::trust::{MAX_ISSUERS, TrustDocument, TrustSetError};
use poa_verifier::{CheckName, Evidence, HeadMemory, Outcome, Report, Request, Trust, TrustSet, Verifier};
use serde_json::{Value, json};

use crate::world::*;

const OTHER: &str = "did:web:other.example";

/// The same text with another host.
fn rehosted(value: &Value, host: &str) -> Value {
    serde_json::from_str(&value.to_string().replace("poa.example", host)).unwrap()
}

fn trust_of(world: &World, host: &str) -> TrustDocument {
    serde_json::from_value(rehosted(&world.trust_document.to_value(), host)).unwrap()
}

/// A standing credential of the other issuer, with its trust document and its status lists.
fn of_other() -> (Value, Trust, Vec<Value>) {
    let mut world = World::new();
    let document = trust_of(&world, "other.example");
    let trust = sign_trust(&document).unwrap();
    world.attestation = AttestationSchema::new(document.attestation_schemas[0].clone()).unwrap();
    world.issuer = OTHER.parse().unwrap();
    let mut draft = world.standing();
    draft.credential = rehosted(&draft.credential, "other.example");
    let id = draft.credential["credentialSchema"]["id"].as_str().unwrap().to_owned();
    draft.credential["credentialSchema"]["digestSRI"] = trust.disclosure_schema(&id).unwrap().digest_sri().into();
    let list = |list: &Value| {
        let mut list = rehosted(&without_proof(list), "other.example");
        list["proof"] = issuer_proof(&list, &world.issuer.key_id("status-1"), &signer("status"), NOW - 60);
        list
    };
    let lists = SHARED.lists().iter().map(list).collect();
    (draft.issue(), trust, lists)
}

fn ours() -> Trust {
    sign_trust(&SHARED.trust_document).unwrap()
}

fn both() -> Verifier {
    Verifier::new(TrustSet::new([of_other().1, ours()]).unwrap())
}

fn verify(verifier: &Verifier, document: &Value, request: &Request, lists: &[Value]) -> Report {
    let evidence = Evidence { status_lists: lists, ..Evidence::default() };
    verifier.verify(document.to_string().as_bytes(), Some(request), &evidence, &mut HeadMemory::default(), NOW)
}

#[test]
fn each_document_is_judged_by_the_trust_document_of_the_issuer_it_names() {
    let (standing, other, lists) = of_other();
    let all: Vec<Value> = lists.into_iter().chain(SHARED.lists()).collect();
    for (document, trust, request) in [
        (standing, other, SHARED.request()),
        (SHARED.standing().issue(), ours(), SHARED.request()),
        (SHARED.presentation().present(), ours(), SHARED.challenge_request()),
    ] {
        let report = verify(&both(), &document, &request, &all);
        verifies(&report);
        let used = report.trust.expect("it names one that is trusted");
        assert_eq!((used.issuer.as_str(), used.fingerprint.as_str()), (trust.issuer().as_str(), trust.fingerprint()));
        assert_eq!(report.proved.unwrap().issuer.unwrap(), used.issuer);
    }
}

#[test]
fn a_document_of_an_issuer_that_is_not_trusted_says_whose_it_is_and_who_is_trusted() {
    let (standing, _, lists) = of_other();
    let unsecured = without_proof(&standing);
    let jwt = compact_jws("vc+jwt", &format!("{OTHER}#x"), &unsecured, &signer("credentials"));
    let evidence = Evidence { status_lists: &lists, ..Evidence::default() };
    let alone = Verifier::new(ours());
    let now = |bytes: &[u8]| alone.verify(bytes, Some(&SHARED.request()), &evidence, &mut HeadMemory::default(), NOW);
    for (report, class) in
        [(now(standing.to_string().as_bytes()), Class::Standing), (now(jwt.as_bytes()), Class::Signed)]
    {
        fails_only(&report, CheckName::IssuerSignature, "other_issuer");
        let detail = &report.check(CheckName::IssuerSignature).unwrap().detail;
        assert!(detail.contains(OTHER) && detail.contains("did:web:poa.example"), "{detail}");
        assert_eq!((report.class, report.trust), (class, None));
    }
    let mut presentation = SHARED.presentation().present();
    presentation["verifiableCredential"][0]["issuer"] = OTHER.into();
    fails_only(&SHARED.verify_presentation(&presentation), CheckName::IssuerSignature, "other_issuer");
    // A name that is no DID, or an endless one, ends in a report too.
    for name in ["", "x\u{1b}[2J", &"did:web:".repeat(9_000)[..60_000]] {
        presentation["verifiableCredential"][0]["issuer"] = name.into();
        let report = SHARED.verify_presentation(&presentation);
        assert!(report.check(CheckName::IssuerSignature).unwrap().detail.chars().count() <= 500);
        fails_only(&report, CheckName::IssuerSignature, "other_issuer");
    }
}

#[test]
fn nothing_of_one_issuer_counts_for_anothers_document() {
    let (standing, other, lists) = of_other();
    let request = SHARED.request();
    // Its status lists.
    undecided(&verify(&both(), &standing, &request, &SHARED.lists()), CheckName::Status, "no_list");
    // Its name on the other's document, whatever signs: the keys are the same, their ids are not.
    let signed = |issuer: &str, kid: &IssuerDid| {
        let mut document = without_proof(&SHARED.standing().issue());
        document["type"] = json!(["VerifiableCredential"]);
        for member in ["credentialStatus", "credentialSchema"] {
            document.as_object_mut().unwrap().remove(member);
        }
        document["issuer"] = issuer.into();
        document["credentialSubject"] = json!({ "type": "AgentAttributes" });
        document["@context"] =
            json!(["https://www.w3.org/ns/credentials/v2", format!("https://{}/contexts/poa/v1", &issuer[8..])]);
        document["proof"] = issuer_proof(&document, &kid.key_id("credentials-1"), &signer("credentials"), NOW - 60);
        document
    };
    let accepts = Request { classes: vec![Class::Signed], ..Request::default() };
    verifies(&verify(&both(), &signed(OTHER, other.issuer()), &accepts, &[]));
    let report = verify(&both(), &signed(OTHER, &SHARED.issuer), &accepts, &[]);
    fails_only(&report, CheckName::IssuerSignature, "issuer_key");
    // Its tree heads: one of another issuer in the document, and as evidence, where it is passed over.
    let mut under_ours = standing.clone();
    under_ours["proof"][1]["rootHead"] = SHARED.sign_head(&SHARED.head_claims(NOW - 60)).into();
    fails_only(&verify(&both(), &under_ours, &request, &lists), CheckName::Root, "other_issuer");
    let heads = [SHARED.sign_head(&SHARED.head_claims(NOW - 60))];
    let evidence = Evidence { status_lists: &lists, newest_heads: &heads, ..Evidence::default() };
    let mut memory = HeadMemory::default();
    let bytes = standing.to_string();
    verifies(&both().verify(bytes.as_bytes(), Some(&request), &evidence, &mut memory, NOW));
    assert_eq!(memory.newest(&SHARED.issuer, "main"), None, "nor is it remembered");
    let alone = Verifier::new(other);
    let report = alone.verify(bytes.as_bytes(), Some(&request), &evidence, &mut memory, NOW);
    undecided(&report, CheckName::Root, "bad_evidence");
}

#[test]
fn what_names_no_issuer_is_refused_whoever_is_trusted() {
    let mut document = SHARED.standing().issue();
    document.as_object_mut().unwrap().remove("issuer");
    let report = verify(&both(), &document, &SHARED.request(), &SHARED.lists());
    fails_only(&report, CheckName::Class, "wrong_shape");
    let proof = SHARED.standing().issue()["proof"][1].take();
    let bare = verify(&both(), &proof, &SHARED.request(), &[]);
    assert_eq!(bare.outcome(CheckName::Class), Outcome::Fail);
    assert!(bare.trust.is_none() && !bare.verified());
}

#[test]
fn a_set_has_one_document_per_issuer_and_is_bounded() {
    assert_eq!(TrustSet::new([]).unwrap_err(), TrustSetError::Empty);
    assert_eq!(TrustSet::new([ours(), ours()]).unwrap_err(), TrustSetError::Twice(SHARED.issuer.clone()));
    let many = |n: usize| {
        let issuer = |i| sign_trust(&trust_of(&SHARED, &format!("h{i}.example"))).unwrap();
        TrustSet::new((0..n).map(issuer))
    };
    assert_eq!(many(MAX_ISSUERS).unwrap().iter().len(), MAX_ISSUERS);
    assert_eq!(many(MAX_ISSUERS + 1).unwrap_err(), TrustSetError::TooMany);
}
