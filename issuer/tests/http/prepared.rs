//! Presentations that the service prepared: they answer like any other, once where they must, and are gone when they
//! should be. Real proofs throughout.

use axum::http::Method;
use serde_json::{Value, json};

use crate::service::{Agent, Answer, Service, VERIFIER};

async fn present(service: &Service, agent: &Agent, challenge: &str, mut more: Value) -> Answer {
    more["challenge"] = challenge.into();
    service.present(agent, more).await
}

async fn verified(service: &Service, answer: &Answer, challenge: &str, more: Value) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut request = json!({
        "challenge": challenge, "domain": VERIFIER, "at_least": { "tasks_completed": "100" }, "max_root_age_s": 7200,
    });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let report = service.post("/verify", &json!({ "document": answer.json(), "request": request })).await.json();
    assert_eq!(report["verified"], true, "{report:#}");
    report
}

fn statement(answer: &Answer, member: &str) -> Value {
    answer.json()["verifiableCredential"][0]["proof"]["statement"][member].clone()
}

/// One pass: presentations prepared and dropped.
async fn refresh(service: &Service) -> (u64, u64) {
    let done = service.app.refresh_prepared().await.unwrap();
    (done.prepared, done.dropped)
}

async fn rows(service: &Service) -> i64 {
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM prepared_presentations");
    count.fetch_one(service.app.domain().store().pool()).await.unwrap()
}

/// A service with an agent that showed something once, which was then prepared.
async fn prepared(more: Value) -> (Service, Agent) {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    assert_eq!(refresh(&service).await, (0, 0), "nothing is known to be shown");
    let direct = present(&service, &agent, "the first challenge", more.clone()).await;
    verified(&service, &direct, "the first challenge", json!({})).await;
    assert_eq!((refresh(&service).await, rows(&service).await), ((1, 0), 1));
    assert_eq!(refresh(&service).await, (0, 0), "there is enough");
    (service, agent)
}

#[tokio::test]
async fn a_prepared_answer_verifies_and_an_anonymous_one_serves_once() {
    let (service, agent) = prepared(json!({})).await;
    let from_stock = present(&service, &agent, "the second challenge", json!({})).await;
    assert_eq!(rows(&service).await, 0, "it was used");
    verified(&service, &from_stock, "the second challenge", json!({})).await;
    let direct = present(&service, &agent, "the third challenge", json!({})).await;
    verified(&service, &direct, "the third challenge", json!({})).await;
    for member in ["scope", "nullifier", "context"] {
        assert_ne!(statement(&from_stock, member), statement(&direct, member), "{member} would link them");
    }
    for member in ["root", "valid_at", "lower", "subject"] {
        assert_eq!(statement(&from_stock, member), statement(&direct, member), "{member} would tell them apart");
    }
    assert_eq!(refresh(&service).await, (1, 0), "the stock is filled again");
}

#[tokio::test]
async fn a_levelled_answer_takes_as_long_from_stock_as_a_direct_one() {
    let service = Service::start_with(|config| config.level_timing = true).await;
    let agent = service.attested_agent().await;
    let timed = async |challenge: &str| {
        let began = std::time::Instant::now();
        let answer = present(&service, &agent, challenge, json!({})).await;
        let taken = began.elapsed();
        verified(&service, &answer, challenge, json!({})).await;
        taken
    };
    let direct = timed("the first challenge").await;
    assert_eq!((refresh(&service).await, rows(&service).await), ((1, 0), 1));
    let from_stock = timed("the second challenge").await;
    assert_eq!(rows(&service).await, 0, "it was used");
    assert!(from_stock * 10 >= direct * 9, "{from_stock:?} against {direct:?}");
}

#[tokio::test]
async fn a_pseudonymous_one_serves_every_challenge_with_the_pseudonym_of_its_audience() {
    let more = json!({ "audience": VERIFIER });
    let (service, agent) = prepared(more.clone()).await;
    let mut pseudonyms = Vec::new();
    for challenge in ["the second challenge", "the third challenge"] {
        let answer = present(&service, &agent, challenge, more.clone()).await;
        let report = verified(&service, &answer, challenge, more.clone()).await;
        pseudonyms.push(report["proved"]["pseudonym"]["nullifier"].clone());
    }
    assert_eq!((&pseudonyms[0], rows(&service).await), (&pseudonyms[1], 1));
}

#[tokio::test]
async fn another_request_is_proved_directly() {
    let (service, agent) = prepared(json!({})).await;
    for (more, demand) in [
        (
            json!({ "predicates": { "tasks_completed": { "atLeast": "50" } } }),
            json!({ "at_least": { "tasks_completed": "50" } }),
        ),
        (json!({ "show_subject": true }), json!({ "subject": agent.did })),
    ] {
        let answer = present(&service, &agent, "another kind of request", more).await;
        verified(&service, &answer, "another kind of request", demand).await;
        assert_eq!(rows(&service).await, 1, "what was prepared is untouched");
    }
}

#[tokio::test]
async fn a_row_copied_by_a_thief_answers_nothing_and_the_request_is_proved_directly() {
    let (service, agent) = prepared(json!({ "audience": VERIFIER })).await;
    let steal = "UPDATE prepared_presentations SET id = '67e55044-10b1-426f-9247-bb680e5fe0c8'";
    sqlx::query(steal).execute(service.app.domain().store().writer_pool()).await.unwrap();
    let answer = present(&service, &agent, "the second challenge", json!({ "audience": VERIFIER })).await;
    verified(&service, &answer, "the second challenge", json!({ "audience": VERIFIER })).await;
    assert_eq!(rows(&service).await, 0);
}

#[tokio::test]
async fn what_is_no_prepared_presentation_is_dropped_and_the_request_proved_directly() {
    let (service, agent) = prepared(json!({ "audience": VERIFIER })).await;
    let anchor = service.app.domain().anchor_head().await.unwrap();
    sqlx::query("DELETE FROM prepared_presentations")
        .execute(service.app.domain().store().writer_pool())
        .await
        .unwrap();
    let due = service.app.domain().due_presentations(&anchor, 64, service.now()).await.unwrap().remove(0);
    let place = poa_issuer::domain::PlaceInLog::new(&anchor, 0);
    // Properly sealed, and yet not what a prover wrote.
    assert!(service.app.domain().keep_prepared(&due, place, service.now() + 60, b"nonsense").await.unwrap());
    let answer = present(&service, &agent, "the second challenge", json!({ "audience": VERIFIER })).await;
    verified(&service, &answer, "the second challenge", json!({ "audience": VERIFIER })).await;
    assert_eq!(rows(&service).await, 0);
}

#[tokio::test]
async fn revoking_the_agent_drops_it_at_once() {
    let (service, agent) = prepared(json!({ "audience": VERIFIER })).await;
    service.operator(Method::POST, &agent.path("/revoke"), &json!({})).await;
    assert_eq!(rows(&service).await, 0);
    let answer = present(&service, &agent, "the second challenge", json!({ "audience": VERIFIER })).await;
    answer.assert_problem(403, "agent-not-active");
    assert_eq!(refresh(&service).await, (0, 0), "and none is made");
}

#[tokio::test]
async fn a_new_anchor_and_the_end_of_the_hour_bring_new_ones() {
    let (service, agent) = prepared(json!({ "audience": VERIFIER })).await;
    // Started at twenty past; at 49 the one for the last ten minutes is made beside it.
    service.clock.advance(29 * 60);
    service.publish().await;
    assert_eq!((refresh(&service).await, rows(&service).await), ((1, 0), 2));
    service.clock.advance(2 * 60);
    service.publish().await;
    assert_eq!((refresh(&service).await, rows(&service).await), ((0, 1), 1));
    let late = present(&service, &agent, "at 51", json!({ "audience": VERIFIER })).await;
    verified(&service, &late, "at 51", json!({ "audience": VERIFIER })).await;
    service.clock.advance(10 * 60);
    service.publish().await;
    assert_eq!((refresh(&service).await, rows(&service).await), ((1, 1), 1));
    let next = present(&service, &agent, "at 01", json!({ "audience": VERIFIER })).await;
    verified(&service, &next, "at 01", json!({ "audience": VERIFIER })).await;
    let anchor = service.get("/roots/anchor").await.json();
    assert_eq!(statement(&next, "root"), anchor["root"]);
}

#[tokio::test]
async fn a_kind_that_is_refused_now_is_forgotten() {
    let (service, agent) = prepared(json!({ "audience": VERIFIER })).await;
    sqlx::query("DELETE FROM disclosure_schemas").execute(service.app.domain().store().writer_pool()).await.unwrap();
    sqlx::query("DELETE FROM prepared_presentations")
        .execute(service.app.domain().store().writer_pool())
        .await
        .unwrap();
    assert_eq!(refresh(&service).await, (0, 0));
    let kinds = sqlx::query_scalar("SELECT COUNT(*) FROM presentation_kinds");
    let kinds: i64 = kinds.fetch_one(service.app.domain().store().pool()).await.unwrap();
    assert_eq!(kinds, 0);
    present(&service, &agent, "the second challenge", json!({})).await.assert_problem(404, "not-found");
}

#[tokio::test]
async fn a_restart_keeps_what_is_fresh_and_drops_what_is_stale() {
    let (service, agent) = prepared(json!({ "audience": VERIFIER })).await;
    let service = service.restart().await;
    assert_eq!(rows(&service).await, 1);
    let answer = present(&service, &agent, "the second challenge", json!({ "audience": VERIFIER })).await;
    verified(&service, &answer, "the second challenge", json!({ "audience": VERIFIER })).await;
    service.clock.advance(3_600);
    assert_eq!(rows(&service.restart().await).await, 0);
}

#[tokio::test]
async fn a_data_directory_under_another_master_key_does_not_open() {
    let (service, _) = prepared(json!({ "audience": VERIFIER })).await;
    let error = service.reopen_with_another_master_key().await;
    assert!(error.is_some(), "sealed secrets must not be served, and are not");
}

#[tokio::test]
async fn the_running_service_keeps_them_ready_by_itself() {
    let service = Service::start_with(|config| config.publish_interval_s = 1).await;
    let agent = service.attested_agent().await;
    let publisher = service.app.spawn_publisher();
    present(&service, &agent, "the first challenge", json!({})).await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while rows(&service).await == 0 {
        assert!(std::time::Instant::now() < deadline, "nothing was prepared");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    publisher.stop().await;
    let answer = present(&service, &agent, "the second challenge", json!({})).await;
    verified(&service, &answer, "the second challenge", json!({})).await;
    assert_eq!(rows(&service).await, 0, "it was used");
}

#[tokio::test]
async fn a_service_that_prepares_nothing_notes_nothing() {
    let service = Service::start_with(|config| config.prepared = 0).await;
    let agent = service.attested_agent().await;
    let direct = present(&service, &agent, "a challenge", json!({})).await;
    verified(&service, &direct, "a challenge", json!({})).await;
    let kinds = sqlx::query_scalar("SELECT COUNT(*) FROM presentation_kinds");
    let kinds: i64 = kinds.fetch_one(service.app.domain().store().pool()).await.unwrap();
    assert_eq!((refresh(&service).await, kinds), ((0, 0), 0));
}
