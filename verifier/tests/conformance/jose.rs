//! Securing Verifiable Credentials using JOSE and COSE, W3C Recommendation of 15 May 2025: §3.1 JOSE, §4 Key Discovery,
//! and RFC 9864 for `Ed25519`, for documents of other issuers.

use poa_verifier::vc::foreign::{Cause, Expected, ForeignError, ForeignReport, NotCompared, ProofError, Purpose};
use poa_verifier::vc::{ENVELOPED_CREDENTIAL, ENVELOPED_PRESENTATION, Resolve as _, SelfDescribing};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::*;

const ANY: Expected<'static> = Expected { purpose: None, challenge: None, domain: None };

fn header() -> Value {
    json!({ "alg": "EdDSA", "typ": "vc+jwt", "cty": "vc", "kid": key_id(&signer(1)) })
}

fn payload() -> Value {
    with(credential(), "/issuer", did(&signer(1)).into())
}

fn judge(header: &Value, payload: &Value) -> ForeignReport {
    at(NOW, |verifier| verifier.credential_jwt(&compact(header, payload, &signer(1)), &ANY))
}

#[track_caller]
fn verifies(header: &Value, payload: &Value) {
    let report = judge(header, payload);
    assert!(report.verified(), "{report:#?}");
}

#[track_caller]
fn fails(header: &Value, payload: &Value, reason: &str) {
    let report = judge(header, payload);
    assert!(!report.verified());
    assert_eq!(report.proofs[0].result.as_ref().map_err(ProofError::reason), Err(reason), "{report:#?}");
}

// §3.1.1 Securing JSON-LD Verifiable Credentials with JOSE

#[test]
fn the_unsecured_credential_is_the_payload_and_is_what_is_judged() {
    verifies(&header(), &payload());
    let report = judge(&header(), &payload());
    assert_eq!(report.document, payload());
    let unmapped = judge(&header(), &with(payload(), "/unmapped", json!(1)));
    assert_eq!(unmapped.proofs[0].result, Err(ProofError::NotReached));
    assert!(unmapped.data_model.is_err() && !unmapped.verified());
}

#[test]
fn the_signature_must_be_the_keys() {
    let text = compact(&header(), &payload(), &signer(2));
    let report = at(NOW, |verifier| verifier.credential_jwt(&text, &ANY));
    assert!(matches!(report.proofs[0].result, Err(ProofError::Envelope(_))) && !report.verified());
    for text in ["", "a.b", "a.b.c", "eyJh.eyJh.", &format!("{text}=")] {
        assert!(!at(NOW, |verifier| verifier.credential_jwt(text, &ANY)).verified());
    }
}

#[test]
fn the_typ_must_be_vc_jwt_and_the_cty_if_present_vc() {
    verifies(&without(header(), "/cty"), &payload());
    verifies(&with(header(), "/typ", json!("application/vc+jwt")), &payload());
    verifies(&with(header(), "/cty", json!("application/vc")), &payload());
    for typ in ["JWT", "vp+jwt", "vc+ld+jwt", "vc", "vc+sd-jwt"] {
        fails(&with(header(), "/typ", json!(typ)), &payload(), "malformed");
    }
    fails(&with(header(), "/cty", json!("vp")), &payload(), "malformed");
    fails(&without(header(), "/typ"), &payload(), "malformed");
}

#[test]
fn ed25519_is_accepted_beside_eddsa_and_no_other_algorithm() {
    verifies(&with(header(), "/alg", json!("Ed25519")), &payload());
    for alg in [json!("none"), json!("ES256"), json!("HS256"), json!("Ed448"), json!("ed25519"), json!(null)] {
        fails(&with(header(), "/alg", alg), &payload(), "malformed");
    }
    for (member, value) in [("crit", json!(["exp"])), ("b64", json!(false)), ("jwk", json!({})), ("x5c", json!([]))] {
        fails(&with(header(), &format!("/{member}"), value), &payload(), "malformed");
    }
}

#[test]
fn the_claims_vc_and_vp_must_not_be_present() {
    for name in ["vc", "vp"] {
        fails(&header(), &with(payload(), &format!("/{name}"), payload()), "malformed");
    }
    fails(&header(), &with(payload(), "/proof", json!({ "type": "DataIntegrityProof" })), "malformed");
}

#[test]
fn claims_that_are_not_understood_are_ignored_and_are_no_members_of_the_document() {
    let mut claims = payload();
    claims["iss"] = did(&signer(1)).into();
    claims["sub"] = "did:example:subject".into();
    claims["jti"] = "urn:uuid:1".into();
    claims["iat"] = json!("2010-01-01T19:23:24Z");
    claims["cnf"] = json!({ "jwk": {} });
    verifies(&with(header(), "/unknown", json!(1)), &claims);
    assert_eq!(judge(&header(), &claims).document, payload());
}

#[test]
fn claims_that_contradict_the_document_are_refused() {
    let payload = with(payload(), "/id", json!("urn:uuid:1"));
    verifies(&header(), &with(payload.clone(), "/jti", json!("urn:uuid:1")));
    fails(&header(), &with(payload.clone(), "/jti", json!("urn:uuid:2")), "malformed");
    verifies(&header(), &with(payload.clone(), "/sub", json!("did:example:subject")));
    fails(&header(), &with(payload.clone(), "/sub", json!("did:example:other")), "malformed");
    // A signature from the future, as in a proof's `created`.
    verifies(&header(), &with(payload.clone(), "/iat", json!(NOW + 60)));
    fails(&header(), &with(payload, "/iat", json!(NOW + 61)), "future");
}

// RFC 7519 §4.1.3

#[test]
fn an_audience_is_compared_or_reported_as_not_compared() {
    let addressed = |aud: Value| with(payload(), "/aud", aud);
    for aud in [json!("https://somebody-else.example"), json!(["a", "b"]), json!([]), json!(null), json!(1)] {
        let report = judge(&header(), &addressed(aud));
        assert_eq!(report.not_compared(), [NotCompared::Audience]);
        assert!(report.not_compared()[0].to_string().contains("aud"));
    }
    assert_eq!(judge(&header(), &with(payload(), "/nonce", json!("c"))).not_compared(), [NotCompared::Challenge]);
    assert!(judge(&header(), &payload()).not_compared().is_empty());
    let asked = Expected { domain: Some("https://verifier.example"), ..ANY };
    let judge =
        |payload: &Value| at(NOW, |verifier| verifier.credential_jwt(&compact(&header(), payload, &signer(1)), &asked));
    let report = judge(&addressed(json!(["https://verifier.example"])));
    assert!(report.verified() && report.not_compared().is_empty());
    assert_eq!(judge(&addressed(json!("https://somebody-else.example"))).proofs[0].result, Err(ProofError::Domain));
}

// §3.1.3, §4.1: iss and kid

#[test]
fn the_iss_if_present_must_match_the_issuer() {
    let issuer = did(&signer(1));
    verifies(&header(), &with(payload(), "/iss", issuer.clone().into()));
    verifies(&with(header(), "/iss", issuer.clone().into()), &payload());
    let object = with(payload(), "/issuer", json!({ "id": issuer }));
    verifies(&header(), &with(object, "/iss", issuer.into()));
    for other in [json!("did:example:other"), json!(""), json!(1), json!(null)] {
        fails(&header(), &with(payload(), "/iss", other), "malformed");
    }
    fails(&with(header(), "/iss", json!("did:example:other")), &payload(), "malformed");
}

#[test]
fn the_kid_must_be_an_absolute_url_or_a_key_of_the_did_that_iss_names() {
    let (issuer, fragment) = (did(&signer(1)), multikey(&signer(1)));
    let relative = with(header(), "/kid", fragment.clone().into());
    fails(&relative, &payload(), "malformed");
    verifies(&relative, &with(payload(), "/iss", issuer.clone().into()));
    verifies(&with(relative.clone(), "/iss", issuer.clone().into()), &payload());
    verifies(&with(header(), "/kid", format!("#{fragment}").into()), &with(payload(), "/iss", issuer.into()));
    fails(&without(header(), "/kid"), &payload(), "malformed");
    fails(&with(header(), "/kid", json!("did:web:example.org#key")), &payload(), "unknown_key");
}

#[test]
fn the_key_must_be_the_issuers() {
    let other = with(payload(), "/issuer", json!("did:example:issuer"));
    let report = judge(&header(), &other);
    assert!(report.proofs[0].result.is_ok() && !report.verified());
    assert!(matches!(report.party, Err(ForeignError::OtherParty { .. })));
}

// §3.1.3: exp and nbf express the validity of the signature

#[test]
fn a_signature_that_has_expired_or_is_not_yet_valid_does_not_verify() {
    let set = |name: &str, value: Value| with(payload(), &format!("/{name}"), value);
    verifies(&header(), &set("exp", json!(NOW + 1)));
    verifies(&header(), &set("nbf", json!(NOW + 60)));
    verifies(&header(), &set("nbf", json!(NOW - 1)));
    fails(&header(), &set("exp", json!(NOW)), "expired");
    fails(&header(), &set("exp", json!(-1)), "expired");
    fails(&header(), &set("nbf", json!(NOW + 61)), "future");
    for wrong in [json!("tomorrow"), json!(null), json!([1])] {
        fails(&header(), &set("exp", wrong.clone()), "malformed");
        fails(&header(), &set("nbf", wrong), "malformed");
    }
}

// VC Data Model §4.13.2 and VC-JOSE-COSE §3.1.2: envelopes and presentations

fn envelope(header: &Value, payload: &Value) -> Value {
    let jwt = compact(header, payload, &signer(1));
    json!({ "@context": BASE, "type": ENVELOPED_CREDENTIAL, "id": format!("data:application/vc+jwt,{jwt}") })
}

#[test]
fn an_enveloped_credential_is_judged_by_what_it_carries() {
    let fine = envelope(&header(), &payload());
    let report = verify(&fine, &ANY);
    assert!(report.verified() && report.document == payload(), "{report:#?}");
    assert!(!verify(&with(fine.clone(), "/@context", json!([])), &ANY).verified());
    assert!(!verify(&with(fine.clone(), "/type", json!("VerifiableCredential")), &ANY).verified());
    let bare = fine["id"].as_str().unwrap().rsplit(',').next().unwrap().to_owned();
    assert!(!verify(&with(fine.clone(), "/id", bare.clone().into()), &ANY).verified());
    for family in ["vc+sd-jwt", "vc+cose", "vp+jwt", "jwt"] {
        let other = format!("data:application/{family},{bare}");
        assert!(!verify(&with(fine.clone(), "/id", other.into()), &ANY).verified());
    }
    assert!(!verify(&envelope(&header(), &without(payload(), "/credentialSubject")), &ANY).verified());
}

/// The cause, not that a document which nobody could read lacks members.
#[test]
fn an_envelope_that_is_refused_says_why() {
    let jwt = |header: &Value| compact(header, &payload(), &signer(1));
    let good = jwt(&header());
    let twice = {
        let text = payload().to_string().replacen('{', r#"{"issuer":"did:example:other","#, 1);
        let (head, _) = good.split_once('.').unwrap();
        format!("{head}.{}.{}", poa_verifier::multibase::base64url(text.as_bytes()), good.rsplit_once('.').unwrap().1)
    };
    for (jwt, word) in [
        (format!("{good}="), "base64url"),
        (jwt(&with(header(), "/crit", json!(["x"]))), "crit"),
        (jwt(&with(header(), "/alg", json!("none"))), "alg"),
        (jwt(&with(header(), "/alg", json!("ES256"))), "alg"),
        (jwt(&without(header(), "/typ")), "typ"),
        (jwt(&with(header(), "/typ", json!("JWT"))), "typ"),
        (twice, "duplicate member \"issuer\""),
        ("a.b".to_owned(), "three parts"),
    ] {
        let envelope =
            json!({ "@context": BASE, "type": ENVELOPED_CREDENTIAL, "id": format!("data:application/vc+jwt,{jwt}") });
        for report in [verify(&envelope, &ANY), at(NOW, |verifier| verifier.credential_jwt(&jwt, &ANY))] {
            let [Cause::Proof(error)] = report.causes()[..] else { panic!("{report:#?}") };
            assert!(error.to_string().contains(word), "{word}: {error}");
            assert!(!report.verified());
        }
    }
    let of_type = |media_type: &str| {
        let id = format!("data:{media_type},{good}");
        verify(&json!({ "@context": BASE, "type": ENVELOPED_CREDENTIAL, "id": id }), &ANY)
    };
    for media_type in ["application/vc+jwt;charset=utf-8", "application/vc+jwt;base64", "application/vc+sd-jwt"] {
        let report = of_type(media_type);
        let [Cause::Proof(error)] = report.causes()[..] else { panic!("{report:#?}") };
        assert!(error.to_string().contains(media_type), "{error}");
        assert_eq!((&report.document, report.verified()), (&Value::Null, false));
    }
}

fn presented(credentials: Value) -> (Value, Value) {
    let header = with(with(header(), "/typ", json!("vp+jwt")), "/cty", json!("vp"));
    let payload = with(presentation(), "/verifiableCredential", credentials);
    (header, with(payload, "/holder", did(&signer(1)).into()))
}

#[test]
fn credentials_in_presentations_must_be_secured_and_enveloped() {
    let judge = |credentials: Value| {
        let (header, payload) = presented(credentials);
        at(NOW, |verifier| verifier.presentation_jwt(&compact(&header, &payload, &signer(1)), &ANY))
    };
    let report = judge(json!([envelope(&header(), &payload())]));
    assert!(report.verified() && report.credentials.len() == 1, "{report:#?}");
    assert!(!judge(json!([payload()])).verified());
    assert!(!judge(json!([issued(&signer(1))])).verified());
    assert!(!judge(json!([envelope(&with(header(), "/typ", json!("JWT")), &payload())])).verified());
}

#[test]
fn a_presentation_answers_the_challenge_and_domain_in_nonce_and_aud() {
    let (header, payload) = presented(json!([envelope(&header(), &payload())]));
    let asked = Expected { challenge: Some("c"), domain: Some("https://verifier.example"), purpose: None };
    let judge =
        |payload: &Value| at(NOW, |verifier| verifier.presentation_jwt(&compact(&header, payload, &signer(1)), &asked));
    let bound = with(with(payload.clone(), "/nonce", json!("c")), "/aud", json!("https://verifier.example"));
    assert!(judge(&bound).verified());
    assert!(judge(&with(bound.clone(), "/aud", json!(["https://verifier.example", "x"]))).verified());
    assert_eq!(judge(&payload).proofs[0].result, Err(ProofError::Challenge));
    assert_eq!(judge(&with(bound.clone(), "/nonce", json!("d"))).proofs[0].result, Err(ProofError::Challenge));
    assert_eq!(judge(&with(bound.clone(), "/aud", json!("x"))).proofs[0].result, Err(ProofError::Domain));
    assert!(judge(&bound).not_compared().is_empty());
    let unasked = at(NOW, |verifier| verifier.presentation_jwt(&compact(&header, &bound, &signer(1)), &ANY));
    assert_eq!(unasked.not_compared(), [NotCompared::Challenge, NotCompared::Domain]);
    assert!(unasked.verified());
}

#[test]
fn an_enveloped_presentation_is_judged_by_what_it_carries() {
    let (header, payload) = presented(json!([envelope(&header(), &payload())]));
    let jwt = compact(&header, &payload, &signer(1));
    let document =
        json!({ "@context": [BASE], "type": ENVELOPED_PRESENTATION, "id": format!("data:application/vp+jwt,{jwt}") });
    assert!(verify_presentation(&document, &ANY).verified());
    assert!(!verify_presentation(&with(document.clone(), "/@context", json!([EXAMPLES])), &ANY).verified());
    assert!(!verify_presentation(&with(document, "/type", json!(["VerifiablePresentation"])), &ANY).verified());
}

proptest! {
    #[test]
    fn random_texts_and_payloads_never_panic(text in "\\PC{0,60}", url in "(did:(key|jwk):)?\\PC{0,60}", name in "[a-z]{2,3}") {
        let _ = at(NOW, |verifier| verifier.credential_jwt(&text, &ANY));
        let _ = at(NOW, |verifier| verifier.presentation_jwt(&text, &ANY));
        for purpose in [Purpose::AssertionMethod, Purpose::Authentication] { let _ = SelfDescribing.resolve(&url, purpose); }
        let _ = judge(&with(header(), "/kid", url.clone().into()), &with(payload(), &format!("/{name}"), text.clone().into()));
        let _ = verify(&with(issued(&signer(1)), "/proof/verificationMethod", url.into()), &ANY);
        let _ = verify(&with(envelope(&header(), &payload()), "/id", format!("data:{text}").into()), &ANY);
    }
}
