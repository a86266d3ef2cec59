//! What a 401 asks for is what its path takes.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use super::service::Service;

const OPERATOR: &str = "Bearer realm=\"operator\"";
const AGENT: &str = "Signature realm=\"agent\"";

async fn challenges(service: &Service, request: Request<Body>) -> Vec<String> {
    let answer = service.send(request).await;
    assert_eq!(answer.status, 401);
    let fields = answer.headers.get_all("www-authenticate").iter();
    fields.map(|value| value.to_str().unwrap().to_owned()).collect()
}

fn request(method: &str, path: &str, body: &Value) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    request.body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) }).unwrap()
}

#[tokio::test]
async fn each_path_asks_for_the_credentials_that_it_takes() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    let id = &agent.id;
    let stated = service
        .post("/presentation-requests", &json!({ "request": { "at_least": { "tasks_completed": "500" } } }))
        .await
        .json();
    let outcome = format!("/presentation-requests/{}/outcome", stated["id"].as_str().unwrap());
    let none = Value::Null;
    for (method, path, body, expected) in [
        ("POST", "/agents", json!({}), &[OPERATOR][..]),
        ("POST", &format!("/agents/{id}/suspend"), none.clone(), &[OPERATOR]),
        ("POST", &format!("/agents/{id}/revoke"), json!({}), &[OPERATOR]),
        ("POST", "/vc-api/credentials/issue", json!({ "credential": {} }), &[OPERATOR]),
        ("GET", &format!("/agents/{id}/opening"), none.clone(), &[AGENT]),
        ("POST", "/zk-credentials", json!({}), &[OPERATOR, AGENT]),
        ("GET", &outcome, none.clone(), &["Bearer realm=\"presentation-request\""]),
    ] {
        assert_eq!(challenges(&service, request(method, path, &body)).await, expected, "{method} {path}");
    }
    let opening = service.get(&format!("/agents/{id}/opening")).await;
    let wanted = "sig=(\"@method\" \"@target-uri\");created;expires;alg=\"ed25519\"";
    assert_eq!(opening.header("accept-signature"), wanted);
}

#[tokio::test]
async fn a_token_that_is_refused_is_said_to_be() {
    let service = Service::start().await;
    let mut sent = request("POST", "/agents", &json!({}));
    sent.headers_mut().insert("authorization", "Bearer nonsense".parse().unwrap());
    assert_eq!(challenges(&service, sent).await, ["Bearer realm=\"operator\", error=\"invalid_token\""]);
}

#[tokio::test]
async fn who_shows_what_is_asked_for_is_not_asked_again() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    let path = format!("/agents/{}/opening", agent.id);
    let signed = service.agent(&agent, Method::GET, &path, &Value::Null).await;
    assert!(![401, 403].contains(&signed.status), "{}", signed.status);
    let revoke = format!("/agents/{}/revoke", agent.id);
    assert_eq!(service.agent(&agent, Method::POST, &revoke, &json!({})).await.status, 403, "an agent, and not enough");
    assert_eq!(service.operator(Method::POST, &revoke, &json!({})).await.status, 200);
}
