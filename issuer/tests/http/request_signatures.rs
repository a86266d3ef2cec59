//! Signed requests through the router: replay, other targets, other people's keys.

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request};
use serde_json::{Value, json};

use crate::service::{Agent, Service};

async fn parts(service: &Service, agent: &Agent) -> (axum::http::request::Parts, Vec<u8>) {
    let request = service.signed(&agent.key, &agent.did, Method::POST, &agent.path("/challenge"), &json!({}));
    let (parts, body) = request.into_parts();
    (parts, axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec())
}

fn rebuilt(parts: &axum::http::request::Parts, body: &[u8]) -> Request<Body> {
    let mut request = Request::builder().method(parts.method.clone()).uri(parts.uri.clone());
    *request.headers_mut().unwrap() = parts.headers.clone();
    request.body(Body::from(body.to_vec())).unwrap()
}

#[tokio::test]
async fn a_signed_request_is_taken_once() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    let (parts, body) = parts(&service, &agent).await;
    assert_eq!(service.send(rebuilt(&parts, &body)).await.status, 201);
    let again = service.send(rebuilt(&parts, &body)).await;
    again.assert_problem(401, "unauthenticated");
    assert!(again.text().contains("nonce was used"));
}

#[tokio::test]
async fn a_signature_holds_for_its_path_body_and_time_only() {
    let service = Service::start().await;
    let (agent, other) = (service.register_managed("a").await, service.register_managed("b").await);
    let (good, body) = parts(&service, &agent).await;
    let refused = async |change: &dyn Fn(&mut axum::http::request::Parts), body: &[u8]| {
        let mut parts = rebuilt(&good, body).into_parts().0;
        change(&mut parts);
        service.send(rebuilt(&parts, body)).await.assert_problem(401, "unauthenticated");
    };
    let before = service.snapshot().await;
    refused(&|p| p.uri = other.path("/challenge").parse().unwrap(), &body).await;
    refused(&|p| p.uri = format!("{}?x=1", agent.path("/challenge")).parse().unwrap(), &body).await;
    refused(&|_| {}, b"{ }").await;
    refused(&|_| {}, b"").await;
    refused(&|p| drop(p.headers.remove("signature")), &body).await;
    refused(&|p| drop(p.headers.remove("signature-input")), &body).await;
    refused(&|p| drop(p.headers.insert("authorization", HeaderValue::from_static("Bearer x"))), &body).await;
    service.clock.advance(121);
    refused(&|_| {}, &body).await;
    before.assert_unchanged(&service.snapshot().await);
}

#[tokio::test]
async fn keys_of_others_and_of_nobody_are_refused() {
    let service = Service::start().await;
    let (agent, other) = (service.register_managed("a").await, service.register_managed("b").await);
    let path = agent.path("/challenge");
    for keyid in [
        agent.did.as_str(),
        "did:poa:127.0.0.1%3A8080:00000000-0000-4000-8000-000000000001",
        "did:poa:elsewhere.example:00000000-0000-4000-8000-000000000001",
        "did:web:127.0.0.1%3A8080",
        "x",
    ] {
        let request = service.signed(&other.key, keyid, Method::POST, &path, &json!({}));
        service.send(request).await.assert_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_request_that_is_refused_for_its_form_does_not_use_up_its_nonce() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    let before = service.snapshot().await;
    let path = agent.path("/challenge");
    let request = service.signed(&agent.key, &agent.did, Method::POST, &path, &json!({ "extra": 1 }));
    service.send(request).await.assert_problem(400, "invalid-body");
    before.assert_unchanged(&service.snapshot().await);
}

#[tokio::test]
async fn a_get_is_signed_without_a_digest() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let path = agent.path("/opening");
    let request = service.signed(&agent.key, &agent.did, Method::GET, &path, &Value::Null);
    assert!(!request.headers().contains_key("content-digest"));
    assert_eq!(service.send(request).await.status, 200);
}

#[tokio::test]
async fn an_agents_signed_calls_leave_a_bounded_number_of_nonces() {
    let service = Service::start().await;
    let (first, second) = (service.register_managed("1").await, service.register_managed("2").await);
    let nonces = async || {
        let rows = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM signature_nonces");
        rows.fetch_one(service.app.domain().store().pool()).await.unwrap()
    };
    let path = first.path("");
    for _ in 0..1_200 {
        assert_eq!(service.agent(&first, Method::GET, &path, &Value::Null).await.status, 200);
    }
    let refused = service.agent(&first, Method::GET, &path, &Value::Null).await;
    refused.assert_problem(429, "too-many-requests");
    assert_eq!((nonces().await, refused.header("retry-after")), (1_200, "1"));
    assert_eq!(service.agent(&second, Method::GET, &path, &Value::Null).await.status, 200, "another agent");
    let stranger = Agent { key: second.key.clone(), did: first.did.clone(), id: first.id.clone() };
    service.agent(&stranger, Method::GET, &path, &Value::Null).await.assert_problem(401, "unauthenticated");

    service.clock.advance(120);
    service.app.sweep_now().await.unwrap();
    assert_eq!(nonces().await, 1_201, "signatures are accepted for a minute more");
    service.clock.advance(61);
    service.app.sweep_now().await.unwrap();
    assert_eq!(nonces().await, 0, "not for an hour");
}
