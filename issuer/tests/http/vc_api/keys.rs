//! VC-API's key: of its own, rotated like the others, good for nothing else.

use axum::http::Method;
use poa_verifier::Trust;
use poa_verifier::trust::KeyPurpose;
use serde_json::{Value, json};

use super::*;

fn kid(name: &str) -> String {
    format!("{}#{name}", issuer())
}

async fn trust(service: &Service) -> Trust {
    Trust::from_json(&service.get("/.well-known/poa-trust.json").await.bytes).unwrap()
}

async fn act(service: &Service, path: &str, body: Value) -> Value {
    let answer = service.operator(Method::POST, path, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn it_is_published_for_its_purpose_alone() {
    let service = Service::start().await;
    let trust = trust(&service).await;
    let key = |purpose| trust.key(&kid("vc-api-1"), purpose, service.now());
    assert!(key(KeyPurpose::VcApi).is_ok());
    for purpose in [KeyPurpose::Credentials, KeyPurpose::Heads, KeyPurpose::Status] {
        assert!(key(purpose).is_err(), "{purpose:?}");
    }
    let did = service.get("/.well-known/did.json").await.json();
    assert!(did["assertionMethod"].as_array().unwrap().contains(&json!(kid("vc-api-1"))));
}

#[tokio::test]
async fn what_it_signed_is_never_taken_by_post_verify() {
    let service = Service::start().await;
    let signed = issued(&service, credential(json!({})), json!({})).await;
    let report = service.post("/verify", &json!({ "document": signed, "request": { "classes": ["signed"] } })).await;
    assert_eq!(report.json()["verified"], false);
    let enveloped = issued(&service, credential(json!({})), json!({ "format": "application/vc+jwt" })).await;
    let jwt = enveloped["id"].as_str().unwrap().split_once(',').unwrap().1;
    let report = service.post("/verify", &json!({ "document": jwt })).await.json();
    assert_eq!(report["authentic"], false, "{report:#}");
}

#[tokio::test]
async fn it_rotates_and_what_the_old_one_signed_stays_good() {
    let service = Service::start().await;
    let old = issued(&service, credential(json!({})), json!({})).await;
    service.clock.advance(60);
    let answer = act(&service, "/issuer-keys/rotate", json!({ "purpose": "vc-api" })).await;
    assert_eq!(answer["made"], json!([kid("vc-api-2")]));
    let new = issued(&service, credential(json!({})), json!({})).await;
    assert_eq!(new["proof"]["verificationMethod"], kid("vc-api-2"));
    for document in [&old, &new] {
        assert_verified(&verify(&service, document).await);
    }
    let service = service.restart().await;
    assert_verified(&verify(&service, &old).await);
    let again = issued(&service, credential(json!({})), json!({})).await;
    assert_eq!(again["proof"]["verificationMethod"], kid("vc-api-2"));
}

#[tokio::test]
async fn a_jws_by_a_retired_key_counts_when_it_says_since_when_it_is_valid() {
    let service = Service::start().await;
    let jwt = json!({ "format": "application/vc+jwt" });
    let dated = credential(json!({ "validFrom": time::format_utc(service.now()).unwrap() }));
    let (dated, undated) =
        (issued(&service, dated, jwt.clone()).await, issued(&service, credential(json!({})), jwt).await);
    service.clock.advance(60);
    act(&service, "/issuer-keys/rotate", json!({ "purpose": "vc-api" })).await;
    assert_verified(&verify(&service, &dated).await);
    assert!(assert_not_verified(&verify(&service, &undated).await).contains("retired"));
}

#[tokio::test]
async fn what_a_leaked_one_signed_is_refused_and_listed_until_it_is_revoked() {
    let service = Service::start().await;
    let signed = issued(&service, credential(json!({ "id": "urn:example:1" })), json!({})).await;
    assert_verified(&verify(&service, &signed).await);
    act(&service, "/issuer-keys/vc-api-1/compromise", json!({})).await;
    assert_not_verified(&verify(&service, &signed).await);
    let listed = async || {
        let page = service.operator(Method::GET, "/issuer-keys/compromised", &Value::Null).await.json();
        assert_valid("compromised-documents", &page);
        page["documents"].clone()
    };
    let documents = listed().await;
    assert_eq!((&documents[0]["kind"], &documents[0]["credential_id"]), (&json!("vc-api"), &json!("urn:example:1")));
    let status = json!({ "credentialId": "urn:example:1",
        "credentialStatus": { "type": "BitstringStatusListEntry", "statusPurpose": "revocation" } });
    act(&service, "/vc-api/credentials/status", status).await;
    assert_eq!(listed().await, json!([]));
}

#[tokio::test]
async fn a_retired_one_is_published_until_the_last_credential_has_expired() {
    let service = Service::start().await;
    let until = service.now() + 3_600;
    issued(&service, credential(json!({ "validUntil": time::format_utc(until).unwrap() })), json!({})).await;
    act(&service, "/issuer-keys/rotate", json!({ "purpose": "vc-api" })).await;
    let published = async |at: u64| {
        service.clock.set(at);
        service.app.housekeep_now().await.unwrap();
        trust(&service).await.document().keys.iter().any(|key| key.id == kid("vc-api-1"))
    };
    assert!(published(until + 60).await);
    assert!(!published(until + 61).await);
}
