//! `/issuer-keys`: rotation while the service signs, keys that leaked, and what verifiers see of both.

mod leaked;
mod rotation;
mod sealed;

use axum::http::Method;
use poa_verifier::Trust;
use poa_verifier::trust::{KeyPurpose, KeyState, TrustKey};
use serde_json::{Value, json};

use crate::envelope::assert_valid;
use crate::service::{HOST, Service};

/// The whole id of a key.
fn kid(name: &str) -> String {
    format!("did:web:{HOST}#{name}")
}

async fn trust(service: &Service) -> Trust {
    Trust::from_json(&service.get("/.well-known/poa-trust.json").await.bytes).unwrap()
}

/// A key as the trust document lists it.
fn listed(trust: &Trust, name: &str) -> Option<TrustKey> {
    trust.document().keys.iter().find(|key| key.id == kid(name)).cloned()
}

fn state(trust: &Trust, name: &str) -> Option<KeyState> {
    listed(trust, name).map(|key| key.state)
}

/// The ids in the JWK set, in its order.
async fn jwks(service: &Service) -> Vec<String> {
    let set = service.get("/.well-known/jwks.json").await.json();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn rotate(service: &Service, body: Value) -> Value {
    assert_valid("issuer-key-rotation", &body);
    let answer = service.operator(Method::POST, "/issuer-keys/rotate", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_valid("issuer-keys", &answer.json());
    answer.json()
}

async fn compromise(service: &Service, name: &str) -> Value {
    let path = format!("/issuer-keys/{name}/compromise");
    let answer = service.operator(Method::POST, &path, &json!({})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_valid("issuer-key-compromise", &answer.json());
    answer.json()
}

async fn credential(service: &Service) -> Value {
    let agent = service.attested_agent().await;
    let answer = service.issue(&agent, "task_completion/1", json!({ "tasks_completed": { "atLeast": "100" } })).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

async fn report(service: &Service, document: &Value) -> Value {
    service.post("/verify", &json!({ "document": document, "request": {} })).await.json()
}

/// The checks that do not pass, with their reasons.
fn obstacles(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let checks = report["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| !["pass", "not_applicable"].contains(&check["outcome"].as_str().unwrap()))
        .filter(|check| check["reason"] != "not_reached")
        .map(|check| (text(&check["name"]), text(&check["reason"])))
        .collect()
}

/// Verifies a head's signature as of its own time; gives its `kid`.
fn head_key(trust: &Trust, jws: &str) -> String {
    let head = poa_verifier::jws::parse(jws).unwrap();
    let iat = head.claims().unwrap()["iat"].as_u64().unwrap();
    head.verify(trust.key(head.kid(), KeyPurpose::Heads, iat).unwrap()).unwrap();
    head.kid().to_owned()
}

#[tokio::test]
async fn only_the_operator_sees_and_changes_keys() {
    let service = Service::start().await;
    for path in ["/issuer-keys", "/issuer-keys/compromised"] {
        service.get(path).await.assert_problem(401, "unauthenticated");
    }
    for path in ["/issuer-keys/rotate", "/issuer-keys/credentials-1/compromise"] {
        service.post(path, &json!({})).await.assert_problem(401, "unauthenticated");
    }
    let before = service.snapshot().await;
    let wrong = service.operator(Method::POST, "/issuer-keys/rotate", &json!({ "purpose": "all" })).await;
    wrong.assert_problem(400, "invalid-body");
    for name in ["credentials-3", "credentials", "%23", "x"] {
        let path = format!("/issuer-keys/{name}/compromise");
        service.operator(Method::POST, &path, &json!({})).await.assert_problem(404, "not-found");
    }
    for query in ["limit=0", "limit=201", "limit=x", "page=1"] {
        let path = format!("/issuer-keys/compromised?{query}");
        service.operator(Method::GET, &path, &Value::Null).await.assert_problem(400, "invalid-parameter");
    }
    for cursor in ["x", "receipt/1"] {
        let path = format!("/issuer-keys/compromised?cursor={cursor}");
        service.operator(Method::GET, &path, &Value::Null).await.assert_problem(422, "unprocessable");
    }
    before.assert_unchanged(&service.snapshot().await);
    let keys = service.operator(Method::GET, "/issuer-keys", &Value::Null).await;
    assert_valid("issuer-keys", &keys.json());
    assert!(!keys.text().contains("seal"));
}
