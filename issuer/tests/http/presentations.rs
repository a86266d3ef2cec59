//! `POST /presentations`: a managed agent answers a challenge; the verifier checks it like anybody's.

use axum::http::Method;
use serde_json::{Value, json};

use crate::envelope::assert_valid;
use crate::service::{Answer, CHALLENGE, Service, VERIFIER, presenting};

async fn check(service: &Service, document: &Value, more: Value) -> Value {
    let mut request = json!({
        "challenge": CHALLENGE, "domain": VERIFIER, "at_least": { "tasks_completed": "100" },
    });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    service.post("/verify", &json!({ "document": document, "request": request })).await.json()
}

#[tokio::test]
async fn an_anonymous_presentation_answers_its_challenge_and_no_other() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    assert_valid("presentation-request", &presenting(json!({})));
    let answer = service.present(&agent, json!({})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let presentation = answer.json();
    assert!(!presentation.to_string().contains(&agent.id), "anonymous");
    let report = check(&service, &presentation, json!({})).await;
    assert_eq!(report["verified"], true, "{report:#}");
    let other = check(&service, &presentation, json!({ "challenge": "another-challenge-of-128-bits" })).await;
    assert_eq!(other["verified"], false);
    let failed: Vec<_> = other["checks"].as_array().unwrap().iter().filter(|c| c["outcome"] == "fail").collect();
    assert_eq!(failed[0]["name"], "challenge");
}

#[tokio::test]
async fn a_pseudonym_is_the_same_at_one_audience_and_another_elsewhere() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let pseudonym = async |audience: &str| {
        let presentation = service.present(&agent, json!({ "audience": audience, "domain": audience })).await;
        assert_eq!(presentation.status, 200, "{presentation:?}");
        let more = json!({ "audience": audience, "domain": audience });
        let report = check(&service, &presentation.json(), more).await;
        assert_eq!(report["verified"], true, "{report:#}");
        report["proved"]["pseudonym"]["nullifier"].as_str().unwrap().to_owned()
    };
    let (first, second) = (pseudonym(VERIFIER).await, pseudonym(VERIFIER).await);
    assert_eq!(first, second);
    assert_ne!(first, pseudonym("https://elsewhere.example").await);
}

#[tokio::test]
async fn the_subject_is_shown_when_the_agent_agrees() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let presentation = service.present(&agent, json!({ "show_subject": true })).await.json();
    let report = check(&service, &presentation, json!({ "subject": agent.did })).await;
    assert_eq!(report["verified"], true, "{report:#}");
}

#[tokio::test]
async fn everybody_of_an_hour_presents_under_the_anchor() {
    let service = Service::start().await;
    let first = service.attested_agent().await;
    let anchor = service.get("/roots/anchor").await.json();
    service.clock.advance(60);
    let second = service.attested_agent().await;
    let root = |answer: Answer| {
        let proof = &answer.json()["verifiableCredential"][0]["proof"];
        proof["statement"]["root"].clone()
    };
    assert_eq!(root(service.present(&first, json!({})).await), anchor["root"]);
    let newest = service.get("/roots/latest").await.json();
    let agreed = service.present(&second, json!({ "allow_newest_root": true })).await;
    assert_eq!(agreed.header("poa-root"), "newest", "the crowd is small");
    assert_eq!(root(agreed), newest["root"]);
    let needless = service.present(&first, json!({ "allow_newest_root": true })).await;
    assert_eq!(needless.header("poa-root"), "anchor");
    assert_eq!(root(needless), anchor["root"], "the word is no wish");
}

#[tokio::test]
async fn a_root_that_is_not_the_hours_anchor_needs_the_callers_word() {
    let service = Service::start().await;
    service.attested_agent().await;
    service.clock.advance(60);
    let late = service.attested_agent().await;
    let refused = service.present(&late, json!({})).await;
    refused.assert_problem(409, "leaf-not-in-anchor");
    let problem = refused.json();
    assert_eq!(problem["member"], "allow_newest_root");
    // 10:21 now; anchors come with the hour.
    assert!(problem["detail"].as_str().unwrap().contains("2026-01-15T11:00:00Z"), "{problem}");
    assert_eq!(problem["recovery"], json!({ "action": "retry_after", "seconds": 39 * 60 }));
    service.present(&late, json!({ "allow_newest_root": false })).await.assert_problem(409, "leaf-not-in-anchor");
    service.clock.advance(39 * 60);
    service.publish().await;
    assert_eq!(service.present(&late, json!({})).await.header("poa-root"), "anchor");
}

#[tokio::test]
async fn only_a_managed_active_agent_presents_through_the_service() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    service.post("/presentations", &presenting(json!({}))).await.assert_problem(401, "unauthenticated");
    service.operator(Method::POST, "/presentations", &presenting(json!({}))).await.assert_problem(403, "forbidden");
    let (holder, _) = service.register_holder().await;
    service.present(&holder, json!({})).await.assert_problem(422, "unprocessable");
    let nothing = service.present(&agent, json!({ "predicates": {} })).await;
    nothing.assert_problem(422, "unprocessable");
    let mismatch = service.present(&agent, json!({ "audience": "https://elsewhere.example" })).await;
    mismatch.assert_problem(422, "unprocessable");
    assert_eq!(mismatch.json()["member"], "audience");
    service.operator(Method::POST, &agent.path("/suspend"), &Value::Null).await;
    service.present(&agent, json!({})).await.assert_problem(403, "agent-not-active");
}
