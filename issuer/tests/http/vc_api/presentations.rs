//! `POST /vc-api/presentations/verify`.

use axum::http::Method;
use serde_json::{Value, json};

use super::*;
use crate::service::{CHALLENGE, VERIFIER};

fn stated() -> Value {
    json!({ "challenge": CHALLENGE, "domain": VERIFIER })
}

/// A presentation of the holder with credentials, signed for a challenge.
fn presentation(holder: &Somebody, credentials: Value, now: u64) -> Value {
    let document = json!({
        "@context": [BASE],
        "type": ["VerifiablePresentation"],
        "holder": holder.did(),
        "verifiableCredential": credentials,
    });
    holder.sign(&document, "authentication", now, stated())
}

#[tokio::test]
async fn a_foreign_presentation_counts_with_holder_and_proof() {
    let service = Service::start().await;
    let (holder, issuer) = (Somebody::new(1), Somebody::new(2));
    let now = service.now();
    let credential = issuer.credential(now, json!({}));
    let shown = presentation(&holder, json!([credential]), now);
    let answer = verify_presentation(&service, &shown, stated()).await;
    assert_verified(&answer);
    assert_eq!(answer.json()["warnings"], json!([]));
    let unstated = verify_presentation(&service, &shown, Value::Null).await;
    assert_verified(&unstated);
    assert_eq!(unstated.json()["warnings"].as_array().unwrap().len(), 2, "challenge and domain were not compared");
    let other = json!({ "challenge": "another", "domain": VERIFIER });
    assert_not_verified(&verify_presentation(&service, &shown, other).await);

    let mut edited = shown.clone();
    edited["verifiableCredential"][0]["credentialSubject"]["alumniOf"] = json!("Another University");
    assert_not_verified(&verify_presentation(&service, &edited, stated()).await);
    let mut another_holder = shown.clone();
    another_holder["holder"] = issuer.did().into();
    assert_not_verified(&verify_presentation(&service, &another_holder, stated()).await);
    let mut unsigned = shown.clone();
    unsigned.as_object_mut().unwrap().remove("proof");
    assert_not_verified(&verify_presentation(&service, &unsigned, stated()).await);
    // POST /verify takes no presentation but ours.
    let report = service.post("/verify", &json!({ "document": shown, "request": stated() })).await.json();
    assert_eq!((&report["class"], &report["verified"]), (&json!("other"), &json!(false)));
}

/// Both forms of a presentation say what was not compared.
#[tokio::test]
async fn nonce_and_aud_of_a_jws_are_compared_or_the_caller_is_warned() {
    let service = Service::start().await;
    let (holder, issuer) = (Somebody::new(1), Somebody::new(2));
    let jws = issuer.jws("vc+jwt", &credential(json!({ "issuer": issuer.did() })), json!({}));
    let enveloped = json!({ "@context": BASE, "id": format!("data:application/vc+jwt,{jws}"), "type": "EnvelopedVerifiableCredential" });
    let payload = json!({
        "@context": [BASE], "type": ["VerifiablePresentation"], "holder": holder.did(),
        "verifiableCredential": [enveloped], "nonce": CHALLENGE, "aud": VERIFIER,
    });
    let shown = json!(holder.jws("vp+jwt", &payload, json!({})));
    let judge = async |options: Value| {
        let body = json!({ "verifiablePresentation": shown, "options": options });
        service.post("/vc-api/presentations/verify", &body).await
    };
    let warnings = async |options: Value| {
        let answer = judge(options).await;
        assert_verified(&answer);
        answer.json()["warnings"].as_array().unwrap().iter().map(Value::to_string).collect::<Vec<_>>()
    };
    assert!(warnings(stated()).await.is_empty());
    let both = warnings(json!({})).await;
    assert!(matches!(both.as_slice(), [one, two] if one.contains("challenge") && two.contains("domain")), "{both:?}");
    assert_eq!(warnings(json!({ "challenge": CHALLENGE })).await.len(), 1);
    assert_eq!(warnings(json!({ "domain": VERIFIER })).await.len(), 1);
    assert_not_verified(&judge(json!({ "challenge": "another" })).await);
    assert_not_verified(&judge(json!({ "domain": "https://other.example" })).await);
}

/// The issuer's proof counts under the issuer's contexts, whatever the holder put behind them.
#[tokio::test]
async fn a_credential_with_contexts_that_its_holder_added_is_returned_as_it_was_signed() {
    let service = Service::start().await;
    let (holder, issuer, now) = (Somebody::new(1), Somebody::new(2), service.now());
    let signed = issuer.credential(now, json!({}));
    let mut added = signed.clone();
    added["@context"].as_array_mut().unwrap().push(json!({ "alumniOf": "https://thief.example/convictedBy" }));
    let answer = verify_presentation(&service, &presentation(&holder, json!([added]), now), stated()).await;
    assert_verified(&answer);
    assert_eq!(answer.json()["document"]["verifiableCredential"], json!([signed]));
}

#[tokio::test]
async fn every_credential_of_a_foreign_presentation_is_judged_by_what_it_is() {
    let service = Service::start().await;
    let (holder, issuer) = (Somebody::new(1), Somebody::new(2));
    let now = service.now();
    let agent = service.attested_agent().await;
    let standing = service.issue(&agent, "task_completion/1", json!({ "tasks_completed": { "atLeast": "100" } })).await;
    let standing = standing.json();
    let ours = issued(&service, credential(json!({ "id": "urn:example:1" })), json!({})).await;
    let enveloped = issued(&service, credential(json!({})), json!({ "format": "application/vc+jwt" })).await;
    let foreign = issuer.credential(now, json!({}));
    let all = presentation(&holder, json!([standing, ours, enveloped, foreign]), now);
    let answer = verify_presentation(&service, &all, stated()).await;
    assert_verified(&answer);
    assert_eq!(answer.json()["reports"].as_array().unwrap().len(), 1, "the standing credential's");

    let status = json!({ "credentialId": "urn:example:1",
        "credentialStatus": { "type": "BitstringStatusListEntry", "statusPurpose": "revocation" } });
    service.operator(Method::POST, "/vc-api/credentials/status", &status).await;
    service.publish().await;
    assert!(assert_not_verified(&verify_presentation(&service, &all, stated()).await).contains("revocation list"));
    let without = presentation(&holder, json!([standing]), now);
    assert_verified(&verify_presentation(&service, &without, stated()).await);
    let revoked = service.operator(Method::POST, &agent.path("/revoke"), &json!({})).await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
    service.publish().await;
    let problems = assert_not_verified(&verify_presentation(&service, &without, stated()).await);
    assert!(problems.contains("Check status does not pass"), "{problems}");
}

#[tokio::test]
async fn a_presentation_of_ours_is_judged_by_the_code_of_post_verify_for_its_challenge() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let shown = service.presentation(&agent).await;
    let answer = verify_presentation(&service, &shown, stated()).await;
    assert_verified(&answer);
    let report = service.post("/verify", &json!({ "document": shown, "request": stated() })).await.json();
    assert_eq!(answer.json()["reports"], json!([report]));
    for options in [Value::Null, json!({ "challenge": CHALLENGE }), json!({ "domain": VERIFIER })] {
        assert_not_verified(&verify_presentation(&service, &shown, options).await);
    }
    let other = json!({ "challenge": "another", "domain": VERIFIER });
    assert_not_verified(&verify_presentation(&service, &shown, other).await);
}

#[tokio::test]
async fn nothing_in_a_foreign_presentation_counts_as_a_derived_credential() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let shown = service.presentation(&agent).await;
    let taken = shown["verifiableCredential"][0].clone();
    let thief = Somebody::new(1);
    let relayed = presentation(&thief, json!([taken]), service.now());
    assert_not_verified(&verify_presentation(&service, &relayed, stated()).await);
    let mut adopted = shown.clone();
    adopted["holder"] = thief.did().into();
    assert_not_verified(&verify_presentation(&service, &adopted, stated()).await);
    assert_not_verified(&verify(&service, &taken).await);
    let beside = Somebody::new(2).credential(service.now(), json!({}));
    let mut two = shown;
    two["verifiableCredential"].as_array_mut().unwrap().push(beside);
    assert_not_verified(&verify_presentation(&service, &two, stated()).await);
}

#[tokio::test]
async fn a_holders_own_credential_is_secured_by_its_presentation() {
    let service = Service::start().await;
    let (holder, other) = (Somebody::new(1), Somebody::new(2));
    let now = service.now();
    let own = credential(json!({ "issuer": holder.did() }));
    assert_verified(&verify_presentation(&service, &presentation(&holder, json!([own]), now), stated()).await);
    let of_other = credential(json!({ "issuer": other.did() }));
    assert_not_verified(&verify_presentation(&service, &presentation(&holder, json!([of_other]), now), stated()).await);
    let of_ours = credential(json!({ "issuer": issuer() }));
    assert_not_verified(&verify_presentation(&service, &presentation(&holder, json!([of_ours]), now), stated()).await);
    let expired = credential(json!({ "issuer": holder.did(), "validUntil": "2026-01-01T00:00:00Z" }));
    let shown = presentation(&holder, json!([expired]), now);
    assert!(assert_not_verified(&verify_presentation(&service, &shown, stated()).await).contains("RANGE_ERROR"));
    let status = json!({ "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "1",
        "statusListCredential": "https://elsewhere.example/list" });
    let with_status = credential(json!({ "issuer": holder.did(), "credentialStatus": status }));
    let shown = presentation(&holder, json!([with_status]), now);
    assert!(assert_not_verified(&verify_presentation(&service, &shown, stated()).await).contains("STATUS_RETRIEVAL"));
}

#[tokio::test]
async fn what_is_no_presentation_is_refused() {
    let service = Service::start().await;
    for document in [
        json!({ "type": ["NonconformingDocument"] }),
        json!({ "@context": [BASE], "type": ["VerifiablePresentation"] }),
        json!({ "@context": [BASE], "type": ["VerifiablePresentation"], "verifiableCredential": ["https://a.example"] }),
        json!({}),
        json!(""),
        json!([]),
    ] {
        let body = json!({ "verifiablePresentation": document });
        assert_not_verified(&service.post("/vc-api/presentations/verify", &body).await);
    }
    service.post("/vc-api/presentations/verify", &json!({})).await.assert_problem(400, "invalid-body");
}

#[tokio::test]
async fn a_presentation_has_32_credentials_at_most() {
    let service = Service::start().await;
    let (holder, now) = (Somebody::new(1), service.now());
    let many = |count| {
        let own = (0..count).map(|i| credential(json!({ "issuer": holder.did(), "id": format!("urn:example:{i}") })));
        presentation(&holder, own.collect(), now)
    };
    assert_verified(&verify_presentation(&service, &many(32), stated()).await);
    assert!(assert_not_verified(&verify_presentation(&service, &many(33), stated()).await).contains("more than 32"));
}
