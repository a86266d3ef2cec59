//! What holds for every path: problem documents, limits, header fields, credentials of callers. And the
//! check of a body against its JSON Schema, which the other files use.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::conformance;
use crate::service::Service;

/// Asserts that a body is valid under the schema of this name.
#[track_caller]
pub fn assert_valid(name: &str, body: &Value) {
    let errors = conformance::errors(&format!("/components/schemas/{name}"), body);
    assert!(errors.is_empty(), "{name}: {errors:#?}\n{body:#}");
}

#[tokio::test]
async fn a_path_that_is_not_there_is_a_problem() {
    let service = Service::start().await;
    for path in ["/nothing", "/agents/x/y/z", "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//"] {
        service.get(path).await.assert_problem(404, "not-found");
    }
}

#[tokio::test]
async fn a_method_that_is_not_there_names_those_that_are() {
    let service = Service::start().await;
    let answer = service.operator(Method::PUT, "/agents", &json!({})).await;
    answer.assert_problem(405, "method-not-allowed");
    assert!(answer.header("allow").contains("POST"));
}

#[tokio::test]
async fn a_body_beyond_the_limit_of_its_path_is_413() {
    let service = Service::start().await;
    for (path, bytes) in [("/agents/challenge", 17 << 10), ("/agents", 65 << 10), ("/verify", (1 << 20) + 1)] {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", service.operator_token))
            .body(Body::from(vec![b' '; bytes]))
            .unwrap();
        service.send(request).await.assert_problem(413, "payload-too-large");
    }
}

#[tokio::test]
async fn other_tokens_and_schemes_are_refused() {
    let service = Service::start().await;
    let token = service.operator_token.clone();
    for value in [
        "Bearer wrong".to_owned(),
        "Bearer ".to_owned(),
        "Bearer".to_owned(),
        format!("Basic {token}"),
        format!("Bearer {token} "),
        format!("Bearer {}", &token[1..]),
        format!("Bearer  {token}"),
    ] {
        let request = Request::post("/agents/challenge").header("authorization", &value).body(Body::empty()).unwrap();
        service.send(request).await.assert_problem(401, "unauthenticated");
    }
    let twice = Request::post("/agents/challenge")
        .header("authorization", format!("Bearer {token}"))
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    service.send(twice).await.assert_problem(401, "unauthenticated");
}

#[tokio::test]
async fn every_answer_forbids_sniffing_and_only_verify_and_discovery_are_open_to_other_origins() {
    let service = Service::start().await;
    for (path, open) in [
        ("/health", false),
        ("/agents", false),
        ("/schemas", false),
        ("/.well-known/poa-trust.json", true),
        ("/.well-known/did.json", true),
        ("/contexts/poa/v1", true),
    ] {
        let request = Request::get(path).header("origin", "https://a.example").body(Body::empty()).unwrap();
        let answer = service.send(request).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("access-control-allow-origin"), if open { "*" } else { "" });
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
    let preflight = Request::options("/verify")
        .header("origin", "https://a.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type")
        .body(Body::empty())
        .unwrap();
    let answer = service.send(preflight).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, "*"));
}

#[tokio::test]
async fn a_restart_keeps_keys_token_and_agents() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let trust = service.get("/.well-known/poa-trust.json").await.bytes;
    let head = service.get("/roots/latest").await.json();
    let service = service.restart().await;
    assert_eq!(service.get("/.well-known/poa-trust.json").await.bytes, trust);
    assert_eq!(service.get("/roots/latest").await.json(), head);
    assert_eq!(service.get(&agent.path("")).await.status, 200);
    let answer = service.operator(Method::POST, "/agents/challenge", &json!({})).await;
    assert_eq!(answer.status, 201);
}
