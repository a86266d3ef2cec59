//! In whose name a presentation request may be stated: the service's own, a registered verifier's, a signer's.

use axum::body::Body;
use axum::http::{Method, Request};
use ed25519_dalek::{Signer as _, SigningKey};
use poa_verifier::jws;
use poa_verifier::signed_request::{Claims, signing_input};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::envelope::assert_valid;
use crate::service::{Answer, Service, URL};

const SHOP: &str = "https://shop.example";
const BANK: &str = "https://bank.example";

/// Registers a verifier; its id and token.
async fn register(service: &Service, origin: &str) -> (String, String) {
    let body = json!({ "origin": origin, "name": "a verifier" });
    assert_valid("verifier-registration", &body);
    let answer = service.operator(Method::POST, "/verifiers", &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let registered = answer.json();
    assert_valid("verifier-registered", &registered);
    assert_eq!(answer.header("cache-control"), "no-store");
    let text = |member: &str| registered[member].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

async fn state(service: &Service, token: Option<&str>, request: Value) -> Answer {
    let body = json!({ "request": request });
    let mut sent = Request::post("/presentation-requests").header("content-type", "application/json");
    if let Some(token) = token {
        sent = sent.header("authorization", format!("Bearer {token}"));
    }
    service.send(sent.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn only_a_registered_verifier_with_its_token_states_requests_for_its_origin() {
    let service = Service::start().await;
    let (_, token) = register(&service, SHOP).await;
    let (_, other) = register(&service, BANK).await;
    let answer = state(&service, Some(&token), json!({ "audience": SHOP })).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let created = answer.json();
    assert_eq!((&created["request"]["domain"], &created["vouched_by"]), (&json!(SHOP), &json!("operator")));
    let view = service.get(&format!("/presentation-requests/{}", created["id"].as_str().unwrap())).await.json();
    assert_eq!(view["vouched_by"], "operator");
    assert_eq!(state(&service, Some(&token), json!({})).await.json()["request"]["domain"], SHOP, "by default its own");

    for (token, request) in [
        (None, json!({ "domain": SHOP })),
        (None, json!({ "audience": SHOP })),
        (None, json!({ "domain": "https://shop.example:8443" })),
        (None, json!({ "domain": "did:web:shop.example" })),
        (Some(&other), json!({ "domain": SHOP })),
        (Some(&token), json!({ "domain": BANK })),
        (Some(&token), json!({ "domain": URL })),
        (Some(&token), json!({ "domain": SHOP, "audience": BANK })),
    ] {
        let answer = state(&service, token.map(String::as_str), request.clone()).await;
        answer.assert_problem(422, "unprocessable");
    }
    for token in ["poa_vf_", &format!("{token}x"), "poa_vf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        state(&service, Some(token), json!({ "domain": SHOP })).await.assert_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_verifiers_token_opens_nothing_else() {
    let service = Service::start().await;
    let (id, token) = register(&service, SHOP).await;
    for (method, path) in [
        (Method::GET, "/verifiers".to_owned()),
        (Method::POST, "/verifiers".to_owned()),
        (Method::DELETE, format!("/verifiers/{id}")),
        (Method::POST, "/agents/challenge".to_owned()),
        (Method::POST, "/presentations".to_owned()),
        (Method::POST, "/verify".to_owned()),
    ] {
        let sent = Request::builder().method(method).uri(&path).header("authorization", format!("Bearer {token}"));
        let sent = sent.header("content-type", "application/json").body(Body::from("{}")).unwrap();
        service.send(sent).await.assert_problem(403, "forbidden");
    }
    for path in ["/verifiers", "/verifiers/x"] {
        assert_ne!(service.get(path).await.status, 200, "the operator's alone");
    }
}

#[tokio::test]
async fn a_removed_verifier_states_nothing_more_and_its_open_requests_are_gone() {
    let service = Service::start().await;
    let (id, token) = register(&service, SHOP).await;
    let created = state(&service, Some(&token), json!({})).await.json();
    let list = service.operator(Method::GET, "/verifiers", &Value::Null).await.json();
    assert_valid("verifier-list", &list);
    assert_eq!((&list["verifiers"][0]["id"], &list["verifiers"][0]["token"]), (&json!(id), &Value::Null));
    let path = format!("/verifiers/{id}");
    assert_eq!(service.operator(Method::DELETE, &path, &Value::Null).await.status, 204);
    service.operator(Method::DELETE, &path, &Value::Null).await.assert_problem(404, "not-found");
    state(&service, Some(&token), json!({})).await.assert_problem(401, "unauthenticated");
    let request = format!("/presentation-requests/{}", created["id"].as_str().unwrap());
    service.get(&request).await.assert_problem(404, "not-found");
    let acts = service.app.domain().store().operator_acts().await.unwrap();
    let acts: Vec<_> = acts.iter().filter(|act| act.subject == id).map(|act| act.act.as_str()).collect();
    assert_eq!(acts, ["register_verifier", "remove_verifier"]);
    let (again, _) = register(&service, SHOP).await;
    assert_ne!(again, id);
}

#[tokio::test]
async fn only_origins_are_registered_and_each_once() {
    let service = Service::start().await;
    register(&service, SHOP).await;
    let body = json!({ "origin": SHOP });
    service.operator(Method::POST, "/verifiers", &body).await.assert_problem(409, "conflict");
    for spelling in ["https://shop.example:443", "https://shop.example/", "HTTPS://Shop.example"] {
        let answer = service.operator(Method::POST, "/verifiers", &json!({ "origin": spelling })).await;
        answer.assert_problem(409, "conflict");
    }
    let (_, token) = register(&service, "https://Bank.example:443/").await;
    let list = service.operator(Method::GET, "/verifiers", &Value::Null).await.json();
    assert_eq!(list["verifiers"][0]["origin"], BANK, "every origin has one spelling");
    assert_eq!(state(&service, Some(&token), json!({ "domain": BANK })).await.status, 201);
    for origin in [
        "shop.example",
        "http://shop.example",
        "https://shop.example/a",
        "https://shop.example:0",
        "https://u@shop.example",
        "https://[::1]",
        "https://1.2.3",
        "https://b\u{fc}cher.example",
        "did:web:a.b",
    ] {
        let answer = service.operator(Method::POST, "/verifiers", &json!({ "origin": origin })).await;
        answer.assert_problem(422, "unprocessable");
        assert_eq!(answer.json()["member"], "origin", "{origin}");
    }
    service.post("/verifiers", &body).await.assert_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_verifiers_token_is_stored_as_its_digest_alone() {
    let service = Service::start().await;
    let (_, token) = register(&service, SHOP).await;
    let rows: Vec<String> = sqlx::query_scalar("SELECT id || origin || name || hex(token_sha256) FROM verifiers")
        .fetch_all(service.app.domain().store().pool())
        .await
        .unwrap();
    assert!(!rows[0].contains(&token) && !rows[0].contains(&hex::encode_upper(&token)));
    assert!(rows[0].contains(&hex::encode_upper(Sha256::digest(&token))));
}

/// A request of the shop's, signed with some key: the service cannot know whose it is.
fn signed(service: &Service, token: &str, change: impl FnOnce(&mut Claims)) -> String {
    let now = service.now();
    let mut claims = Claims {
        iss: "did:web:shop.example".parse().unwrap(),
        aud: URL.to_owned(),
        iat: now,
        exp: now + 300,
        token_sha256: hex::encode(Sha256::digest(token)),
        request: json!({
            "classes": ["presentation"], "challenge": "of the shop", "domain": SHOP,
            "at_least": { "tasks_completed": "100" },
        }),
    };
    change(&mut claims);
    let input = signing_input(&claims, "key-1");
    jws::attach_signature(&input, &SigningKey::from_bytes(&[7; 32]).sign(input.as_bytes()).to_bytes())
}

async fn state_signed(service: &Service, jws: &str) -> Answer {
    service.post("/presentation-requests", &json!({ "signed_request": jws })).await
}

#[tokio::test]
async fn a_signed_request_is_kept_as_it_is_and_its_outcome_is_its_signers() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let jws = signed(&service, "the shop's token", |_| {});
    assert_valid("verifier-request", &json!({ "signed_request": jws }));
    let answer = state_signed(&service, &jws).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let created = answer.json();
    assert_valid("verifier-request-created", &created);
    assert!(created["token"].is_null(), "whoever states it learns nothing from that");
    let path = format!("/presentation-requests/{}", created["id"].as_str().unwrap());
    let view = service.get(&path).await.json();
    assert_valid("verifier-request-view", &view);
    assert_eq!((&view["signed_request"], &view["vouched_by"]), (&json!(jws), &json!("signature")));
    assert_eq!(view["request"]["challenge"], "of the shop");

    let body = json!({
        "schema": "task_completion/1", "predicates": { "tasks_completed": { "atLeast": "100" } },
        "challenge": "of the shop", "domain": SHOP,
    });
    let presentation = service.agent(&agent, Method::POST, "/presentations", &body).await.json();
    let result = service.post(&format!("{path}/response"), &json!({ "presentation": presentation })).await.json();
    assert_eq!(result["verified"], true, "{result:#}");
    for (token, status) in [("another token", 401), ("the shop's token", 200)] {
        let outcome = Request::get(format!("{path}/outcome")).header("authorization", format!("Bearer {token}"));
        assert_eq!(service.send(outcome.body(Body::empty()).unwrap()).await.status, status, "{token}");
    }
    // Once, whoever states it: a challenge is used once.
    state_signed(&service, &jws).await.assert_problem(409, "conflict");
}

#[tokio::test]
async fn a_signed_request_for_another_service_or_time_or_domain_is_refused() {
    let service = Service::start().await;
    let now = service.now();
    for jws in [
        signed(&service, "t", |claims| claims.aud = "https://relay.example".to_owned()),
        signed(&service, "t", |claims| (claims.iat, claims.exp) = (now - 300, now)),
        signed(&service, "t", |claims| (claims.iat, claims.exp) = (now + 100, now + 200)),
        signed(&service, "t", |claims| claims.exp = now + 601),
        signed(&service, "t", |claims| claims.request["domain"] = BANK.into()),
        signed(&service, "t", |claims| claims.request["audience"] = BANK.into()),
        signed(&service, "t", |claims| claims.request["at_least"] = json!({ "reputation": 10_001 })),
        signed(&service, "t", |claims| drop(claims.request.as_object_mut().unwrap().remove("challenge"))),
        // What no agent of this service could show.
        signed(&service, "t", |claims| claims.request["contains_all"] = json!(["flying"])),
        signed(&service, "t", |claims| claims.request["issuers"] = json!(["did:web:elsewhere.example"])),
        signed(&service, "t", |claims| claims.request["valid_at_least"] = "2099-01-01T00:00:00Z".into()),
        "a.b.c".to_owned(),
    ] {
        let answer = state_signed(&service, &jws).await;
        answer.assert_problem(422, "unprocessable");
        assert_eq!(answer.json()["member"], "signed_request");
    }
}

#[tokio::test]
async fn a_signed_request_ends_when_its_signer_says() {
    let service = Service::start().await;
    let created = state_signed(&service, &signed(&service, "t", |_| {})).await.json();
    let path = format!("/presentation-requests/{}", created["id"].as_str().unwrap());
    service.clock.advance(299);
    assert_eq!(service.get(&path).await.status, 200);
    service.clock.advance(1);
    service.get(&path).await.assert_problem(410, "gone");
}

#[tokio::test]
async fn a_registered_verifier_is_counted_by_its_token_not_by_its_address() {
    let service = Service::start().await;
    let (_, token) = register(&service, SHOP).await;
    let (_, other) = register(&service, BANK).await;
    for number in 0..400 {
        // Demands that are refused count too, for the verifier alone.
        let demands = if number % 100 == 0 { json!({ "unknown": 1 }) } else { json!({}) };
        let answer = state(&service, Some(&token), demands).await;
        assert!([201, 422].contains(&answer.status), "{number}: {answer:?}");
    }
    let refused = state(&service, Some(&token), json!({})).await;
    refused.assert_problem(429, "too-many-requests");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(state(&service, Some(&other), json!({})).await.status, 201, "another verifier at this address");
    assert_eq!(state(&service, None, json!({})).await.status, 201, "a stranger at this address");
    // With its token it has its own places for what it signed, too.
    let body = json!({ "signed_request": signed(&service, "t", |_| {}) }).to_string();
    let sent = Request::post("/presentation-requests").header("content-type", "application/json");
    let sent = sent.header("authorization", format!("Bearer {other}")).body(Body::from(body)).unwrap();
    assert_eq!(service.send(sent).await.status, 201);
    let places: Vec<i64> = sqlx::query_scalar("SELECT COUNT(*) FROM presentation_requests GROUP BY network ORDER BY 1")
        .fetch_all(service.app.domain().store().pool())
        .await
        .unwrap();
    assert_eq!(places, [1, 2, 396]);
}
