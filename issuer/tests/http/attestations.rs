//! `POST /attestations`: single, batch and raw receipts; idempotent, verified before stored.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::envelope::assert_valid;
use crate::service::{Attestor, Service};

async fn raw(service: &Service, receipt: &str) -> crate::service::Answer {
    let request = Request::post("/attestations").header("content-type", "application/jose");
    service.send(request.body(Body::from(receipt.to_owned())).unwrap()).await
}

#[tokio::test]
async fn a_receipt_is_stored_once_and_known_after() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    let attestor = service.register_attestor().await;
    let receipt = attestor.receipt(&agent.did, service.now(), json!({}));
    let first = service.post_receipt(&receipt).await;
    assert_eq!(first.status, 201);
    assert_valid("attestation-results", &first.json());
    assert_eq!(first.json()["results"][0]["status"], "stored");
    let after_first = service.snapshot().await;
    // As it is, and as a file holds it.
    for text in [receipt.clone(), format!("{receipt}\r\n")] {
        let again = raw(&service, &text).await;
        assert_eq!((again.status, &again.json()["results"][0]["status"]), (200, &json!("known")));
        assert_eq!(first.json()["results"][0]["digest"], again.json()["results"][0]["digest"]);
    }
    after_first.assert_unchanged(&service.snapshot().await);
}

#[tokio::test]
async fn each_receipt_of_a_batch_has_its_own_outcome() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    let attestor = service.register_attestor().await;
    let good = attestor.receipt(&agent.did, service.now(), json!({}));
    let forged = good.replace(&good[good.len() - 10..], "AAAAAAAAAA");
    let body = json!({ "attestations": [forged, good, good, "x"] });
    let answer = service.post("/attestations", &body).await;
    assert_eq!(answer.status, 201);
    let body = answer.json();
    assert_valid("attestation-results", &body);
    let statuses: Vec<_> = body["results"].as_array().unwrap().iter().map(|r| r["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["refused", "stored", "known", "refused"]);
}

#[tokio::test]
async fn a_correction_replaces_a_receipt_of_the_same_attestor() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    let (board, other) = (service.register_attestor().await, service.register_attestor().await);
    let first = board.receipt(&agent.did, service.now(), json!({ "jti": "run-1" }));
    assert_eq!(service.post_receipt(&first).await.status, 201);
    let correction = |attestor: &Attestor| {
        attestor.receipt(&agent.did, service.now(), json!({ "jti": "run-2", "replaces": "run-1" }))
    };
    service.post_receipt(&correction(&other)).await.assert_problem(422, "receipt-refused");
    assert_eq!(service.post_receipt(&correction(&board)).await.status, 201);
}

#[tokio::test]
async fn what_is_no_receipt_of_a_registered_attestor_is_refused_with_its_reason() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    let (board, stranger) = (service.register_attestor().await, Attestor::random());
    let now = service.now();
    let altered = |changes: Value| board.receipt(&agent.did, now, changes);
    let before = service.snapshot().await;
    for (receipt, member) in [
        (stranger.receipt(&agent.did, now, json!({})), "iss"),
        (board.receipt("did:poa:127.0.0.1%3A8080:00000000-0000-4000-8000-000000000001", now, json!({})), "sub"),
        (board.receipt("did:poa:elsewhere.example:00000000-0000-4000-8000-000000000001", now, json!({})), "sub"),
        (altered(json!({ "completed": 151 })), "completed"),
        (altered(json!({ "attempted": -1 })), "attempted"),
        (altered(json!({ "quality": 10_001 })), "quality"),
        (altered(json!({ "earned_sats": "18446744073709551616" })), "earned_sats"),
        (altered(json!({ "earned_sats": 5 })), "earned_sats"),
        (altered(json!({ "iat": now + 3600 })), "iat"),
        (altered(json!({ "jti": null })), "jti"),
        (altered(json!({ "capabilities": ["no-such-capability"] })), "capabilities"),
        (altered(json!({ "build_sha256": "AB".repeat(32) })), "build_sha256"),
        (altered(json!({ "mood": "good" })), "mood"),
        (altered(json!({ "replaces": "never-seen" })), "replaces"),
    ] {
        let answer = service.post_receipt(&receipt).await;
        answer.assert_problem(422, "receipt-refused");
        assert_eq!(answer.json()["member"], member, "{}", answer.text());
    }
    let typed = board.sign("JWT", &board.claims(&agent.did, now, json!({})));
    service.post_receipt(&typed).await.assert_problem(422, "receipt-refused");
    before.assert_unchanged(&service.snapshot().await);
}

#[tokio::test]
async fn a_batch_has_a_bound_and_a_floor() {
    let service = Service::start().await;
    for count in [0, 501] {
        let body = json!({ "attestations": vec!["x"; count] });
        service.post("/attestations", &body).await.assert_problem(422, "unprocessable");
    }
}

#[tokio::test]
async fn a_client_has_so_many_signatures_checked_and_the_operator_all_of_them() {
    let service = Service::start().await;
    let most = json!({ "attestations": vec!["x"; 500] });
    for _ in 0..120 {
        assert_eq!(service.post("/attestations", &most).await.status, 200);
    }
    let refused = service.post("/attestations", &json!({ "attestations": ["x", "y"] })).await;
    refused.assert_problem(429, "too-many-requests");
    assert_eq!(service.operator(Method::POST, "/attestations", &most).await.status, 200);
}
