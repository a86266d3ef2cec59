//! `/attestors`: adding and retiring.

use axum::http::Method;
use serde_json::{Value, json};

use crate::envelope::assert_valid;
use crate::service::{Attestor, Service};

#[tokio::test]
async fn an_attestor_is_known_by_its_key() {
    let service = Service::start().await;
    let attestor = Attestor::random();
    let body = json!({ "name": "SWE-bench board", "ed25519_public_key": attestor.multikey() });
    assert_valid("attestor-registration", &body);
    let answer = service.operator(Method::POST, "/attestors", &body).await;
    assert_eq!(answer.status, 201);
    assert_valid("attestor", &answer.json());
    assert_eq!(answer.json()["id"], attestor.did());
}

#[tokio::test]
async fn a_retired_attestor_signs_nothing_more() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    let attestor = service.register_attestor().await;
    let receipt = || attestor.receipt(&agent.did, service.now(), json!({}));
    assert_eq!(service.post_receipt(&receipt()).await.status, 201);
    let path = format!("/attestors/{}", attestor.did());
    assert_eq!(service.operator(Method::DELETE, &path, &Value::Null).await.status, 204);
    service.post_receipt(&receipt()).await.assert_problem(422, "receipt-refused");
}

#[tokio::test]
async fn unknown_attestors_and_other_callers_are_refused() {
    let service = Service::start().await;
    let path = format!("/attestors/{}", Attestor::random().did());
    service.operator(Method::DELETE, &path, &Value::Null).await.assert_problem(404, "not-found");
    let body = json!({ "name": "x", "ed25519_public_key": Attestor::random().multikey() });
    service.post("/attestors", &body).await.assert_problem(401, "unauthenticated");
}
