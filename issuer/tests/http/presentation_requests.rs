//! `/presentation-requests`: stated by a verifier, answered once by a holder, the outcome for the verifier alone.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::envelope::assert_valid;
use crate::service::{Agent, Answer, Service, URL, VERIFIER};

/// For the service's own origin, which anybody may state.
fn demands() -> Value {
    json!({ "at_least": { "tasks_completed": "100" } })
}

async fn state(service: &Service, request: Value) -> Answer {
    service.post("/presentation-requests", &json!({ "request": request })).await
}

async fn stated(service: &Service, request: Value) -> Value {
    let answer = state(service, request).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let created = answer.json();
    assert_valid("verifier-request-created", &created);
    assert_eq!(answer.header("cache-control"), "no-store");
    created
}

fn path(created: &Value, rest: &str) -> String {
    format!("/presentation-requests/{}{rest}", created["id"].as_str().unwrap())
}

/// The managed agent's presentation for a request as it was fetched, of at least so many tasks.
async fn present(service: &Service, agent: &Agent, request: &Value, tasks: &str) -> Value {
    let body = json!({
        "schema": "task_completion/1",
        "predicates": { "tasks_completed": { "atLeast": tasks } },
        "challenge": request["challenge"],
        "domain": request["domain"],
    });
    let answer = service.agent(agent, Method::POST, "/presentations", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

async fn respond(service: &Service, created: &Value, presentation: &Value) -> Answer {
    service.post(&path(created, "/response"), &json!({ "presentation": presentation })).await
}

async fn outcome(service: &Service, created: &Value, token: &str) -> Answer {
    let request = Request::get(path(created, "/outcome")).header("authorization", format!("Bearer {token}"));
    service.send(request.body(Body::empty()).unwrap()).await
}

async fn own_outcome(service: &Service, created: &Value) -> Value {
    let answer = outcome(service, created, created["token"].as_str().unwrap()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_valid("presentation-outcome", &answer.json());
    answer.json()
}

fn failed(report: &Value) -> Vec<&str> {
    let checks = report["checks"].as_array().unwrap().iter();
    checks.filter(|check| check["outcome"] == "fail").map(|check| check["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_request_is_stated_answered_and_its_outcome_fetched() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    assert_valid("verifier-request", &json!({ "request": demands() }));
    let created = stated(&service, demands()).await;
    let view = service.get(&path(&created, "")).await.json();
    assert_valid("verifier-request-view", &view);
    assert_eq!(view["request"], created["request"]);
    assert_eq!(view["request"]["classes"], json!(["presentation"]));
    assert!(view["token"].is_null(), "the verifier's alone");
    assert_eq!(own_outcome(&service, &created).await["state"], "open");

    let presentation = present(&service, &agent, &view["request"], "100").await;
    let result = respond(&service, &created, &presentation).await;
    assert_eq!(result.status, 200, "{result:?}");
    assert_valid("presentation-response-result", &result.json());
    assert_eq!(result.json()["verified"], true, "{:#}", result.json());
    let outcome = own_outcome(&service, &created).await;
    assert_eq!((&outcome["state"], &outcome["verified"]), (&json!("answered"), &json!(true)));
    assert_eq!(outcome["report"], result.json()["report"]);
}

#[tokio::test]
async fn a_challenge_is_used_once_whatever_the_verdict() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let created = stated(&service, demands()).await;
    let presentation = present(&service, &agent, &created["request"], "100").await;
    let nonsense = respond(&service, &created, &json!({})).await.json();
    assert_eq!(nonsense["verified"], false);
    respond(&service, &created, &presentation).await.assert_problem(409, "stale-challenge");
    assert_eq!(own_outcome(&service, &created).await["verified"], false);
    service.get(&path(&created, "")).await.assert_problem(410, "gone");
}

#[tokio::test]
async fn of_two_answers_at_the_same_moment_one_is_verified() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let created = stated(&service, demands()).await;
    let presentation = present(&service, &agent, &created["request"], "100").await;
    let (one, other) =
        tokio::join!(respond(&service, &created, &presentation), respond(&service, &created, &presentation));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[tokio::test]
async fn the_report_says_which_requirement_failed() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let created = stated(&service, demands()).await;
    let less = present(&service, &agent, &created["request"], "50").await;
    let result = respond(&service, &created, &less).await.json();
    assert_eq!((result["verified"].as_bool(), failed(&result["report"])), (Some(false), vec!["policy"]));
    let other = stated(&service, demands()).await;
    let result = respond(&service, &other, &less).await.json();
    assert_eq!(failed(&result["report"])[0], "challenge", "made for another request");
}

#[tokio::test]
async fn a_verifier_may_bring_the_answer_itself_under_the_requests_id() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let created = stated(&service, demands()).await;
    let presentation = present(&service, &agent, &created["request"], "100").await;
    let body = json!({ "document": presentation, "presentation_request": created["id"] });
    assert_valid("verify", &body);
    let report = service.post("/verify", &body).await.json();
    assert_eq!(report["verified"], true, "{report:#}");
    service.post("/verify", &body).await.assert_problem(409, "stale-challenge");
    assert_eq!(own_outcome(&service, &created).await["report"], report);

    let both = json!({ "document": presentation, "presentation_request": created["id"], "request": {} });
    service.post("/verify", &both).await.assert_problem(400, "invalid-body");
    service.post("/verify", &json!({ "documents": [body] })).await.assert_problem(400, "invalid-body");
    for id in ["", "x", "67e55044-10b1-426f-9247-bb680e5fe0c8"] {
        let unknown = json!({ "document": presentation, "presentation_request": id });
        service.post("/verify", &unknown).await.assert_problem(404, "not-found");
    }
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_looked_at() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let created = stated(&service, demands()).await;
    let presentation = present(&service, &agent, &created["request"], "100").await;
    service.clock.advance(600);
    respond(&service, &created, &presentation).await.assert_problem(409, "stale-challenge");
    service.get(&path(&created, "")).await.assert_problem(410, "gone");
    assert_eq!(own_outcome(&service, &created).await["state"], "open", "nobody answered");
    service.clock.advance(3_601);
    let token = created["token"].as_str().unwrap();
    outcome(&service, &created, token).await.assert_problem(401, "unauthenticated");
    service.app.domain().housekeep(service.now()).await.unwrap();
    respond(&service, &created, &presentation).await.assert_problem(404, "not-found");
}

#[tokio::test]
async fn the_outcome_is_for_the_verifiers_token_alone() {
    let service = Service::start().await;
    let (created, other) = (stated(&service, demands()).await, stated(&service, demands()).await);
    let operator = service.operator_token.clone();
    for token in ["", "poa_pr_", other["token"].as_str().unwrap(), &operator] {
        outcome(&service, &created, token).await.assert_problem(401, "unauthenticated");
    }
    service.get(&path(&created, "/outcome")).await.assert_problem(401, "unauthenticated");
    let unknown = json!({ "id": "67e55044-10b1-426f-9247-bb680e5fe0c8" });
    let token = created["token"].as_str().unwrap();
    outcome(&service, &unknown, token).await.assert_problem(401, "unauthenticated");
    for row in sqlx::query_scalar::<_, String>("SELECT request || hex(token_sha256) FROM presentation_requests")
        .fetch_all(service.app.domain().store().pool())
        .await
        .unwrap()
    {
        assert!(!row.contains(token) && !row.contains(&hex::encode_upper(token)), "the token itself is not kept");
    }
}

#[tokio::test]
async fn demands_that_cannot_be_used_are_refused_by_member() {
    let service = Service::start().await;
    for (request, member) in [
        (json!({ "challenge": "of-my-own" }), "request.challenge"),
        (json!({ "domain": "verifier.example" }), "request.domain"),
        (json!({ "domain": "https://verifier.example/" }), "request.domain"),
        (json!({ "domain": 1 }), "request.domain"),
        (json!({ "audience": "https://a b.example" }), "request.domain"),
        (json!({ "domain": VERIFIER }), "request.domain"),
        (json!({ "audience": VERIFIER }), "request.domain"),
        (json!({ "classes": ["standing"] }), "request.classes"),
        (json!({ "classes": ["standing", "presentation"] }), "request.classes"),
        (json!({ "domain": URL, "audience": VERIFIER }), "request"),
        (json!({ "unknown": 1 }), "request"),
        (json!({ "at_least": { "reputation": 10_001 } }), "request"),
        (json!({ "at_least": { "reputation": 9_000 }, "at_most": { "reputation": 8_999 } }), "request"),
        (json!({ "contains_all": ["flying"] }), "request.contains_all"),
        (json!({ "contains_all": ["No Name"] }), "request"),
        (json!({ "issuers": ["did:web:elsewhere.example"] }), "request.issuers"),
        (json!({ "valid_at_least": "2099-01-01T00:00:00Z" }), "request.valid_at_least"),
    ] {
        let answer = state(&service, request).await;
        answer.assert_problem(422, "unprocessable");
        assert_eq!(answer.json()["member"], member);
    }
    let both = json!({ "request": {}, "signed_request": "a.b.c" });
    for body in [json!({}), json!({ "request": [] }), json!({ "request": {}, "ttl": 1 }), both] {
        service.post("/presentation-requests", &body).await.assert_problem(400, "invalid-body");
    }
}

#[tokio::test]
async fn without_a_domain_the_answer_is_bound_to_the_service() {
    let service = Service::start().await;
    let created = stated(&service, json!({})).await;
    assert_eq!((&created["request"]["domain"], &created["vouched_by"]), (&json!(URL), &json!("service")));
    let created = stated(&service, json!({ "audience": URL })).await;
    assert_eq!(created["request"]["domain"], URL);
    assert_ne!(created["request"]["challenge"], stated(&service, json!({})).await["request"]["challenge"]);
}

#[tokio::test]
async fn a_client_states_and_answers_only_so_often() {
    let service = Service::start().await;
    for _ in 0..20 {
        assert_eq!(state(&service, demands()).await.status, 201);
    }
    let answer = state(&service, demands()).await;
    answer.assert_problem(429, "too-many-requests");
    assert_eq!(answer.header("retry-after"), "15");
    service.clock.advance(15);
    let created = stated(&service, demands()).await;
    for _ in 0..20 {
        respond(&service, &created, &json!({})).await;
    }
    respond(&service, &created, &json!({})).await.assert_problem(429, "too-many-requests");
}

#[tokio::test]
async fn a_stated_request_survives_a_restart() {
    let service = Service::start().await;
    let created = stated(&service, demands()).await;
    let service = service.restart().await;
    assert_eq!(service.get(&path(&created, "")).await.json()["request"], created["request"]);
    assert_eq!(own_outcome(&service, &created).await["state"], "open");
}
