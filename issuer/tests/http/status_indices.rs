//! Status indices through the service: lists that grow, a space that ends, holders who do not prove.

use axum::http::Method;
use serde_json::{Value, json};

use crate::service::{Agent, Answer, Service};

fn body(agent: &Agent) -> Value {
    json!({ "agent": agent.did, "schema": "full_disclosure/1", "predicates": {} })
}

/// The agent itself asks, as a stranger's software does.
async fn asked(service: &Service, agent: &Agent) -> Answer {
    service.agent(agent, Method::POST, "/zk-credentials", &body(agent)).await
}

async fn verified(service: &Service, document: &Value) -> Value {
    service.post("/verify", &json!({ "document": document, "request": {} })).await.json()
}

fn index_of(document: &Value) -> i64 {
    document["credentialStatus"][0]["statusListIndex"].as_str().unwrap().parse().unwrap()
}

async fn used(service: &Service) -> u64 {
    service.app.domain().status_use(service.now()).await.unwrap().used.into()
}

async fn vc_api(service: &Service) -> Answer {
    let credential = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "credentialSubject": { "id": "did:example:subject" },
    });
    service
        .operator(Method::POST, "/vc-api/credentials/issue", &json!({ "credential": credential, "options": {} }))
        .await
}

/// The lists signed a moment ago are shorter than the index of the next credential.
#[tokio::test]
async fn what_is_issued_while_the_lists_double_is_issued_and_verifies_at_once() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let before = service.app.status_lists().await.unwrap();
    let pool = service.app.domain().store().writer_pool();
    sqlx::query("UPDATE status_space SET used = 65536").execute(pool).await.unwrap();
    // Half of the new indices lie beyond the old list.
    let mut beyond = 0;
    while beyond < 2 {
        let answer = service.issue(&agent, "full_disclosure/1", json!({})).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let document = answer.json();
        assert_eq!(verified(&service, &document).await["verified"], true);
        beyond += u32::from(index_of(&document) >= 131_072);
    }
    let after = service.app.status_lists().await.unwrap();
    assert_ne!(before.token_etag(), after.token_etag(), "a longer list is another list");
}

#[tokio::test]
async fn when_no_index_is_left_issuing_is_refused_and_everything_else_goes_on() {
    let service = Service::start_with(|config| config.status_capacity = 16).await;
    let agent = service.attested_agent().await;
    let (holder, _) = service.register_holder().await;
    service.attest(&holder.did).await;
    let first = service.issue(&agent, "full_disclosure/1", json!({})).await;
    assert_eq!(first.status, 201, "{first:?}");
    for _ in 1..15 {
        assert_eq!(vc_api(&service).await.status, 201);
    }
    assert_eq!(used(&service).await, 15);
    let before = service.snapshot().await;
    for agent in [&agent, &holder] {
        let refused = asked(&service, agent).await;
        refused.assert_problem(507, "status-list-full");
        assert_eq!(refused.json()["recovery"]["action"], "contact_issuer");
    }
    let changes = before.changes(&service.snapshot().await, &["signature_nonces"]);
    assert!(changes.is_empty(), "{changes:#?}");
    // The last sixteenth is the operator's, and then it has none either.
    assert_eq!(service.issue(&agent, "full_disclosure/1", json!({})).await.status, 201);
    service.issue(&agent, "full_disclosure/1", json!({})).await.assert_problem(507, "status-list-full");
    vc_api(&service).await.assert_problem(507, "status-list-full");
    let batch = json!({ "batch": [body(&agent)] });
    let batch = service.operator(Method::POST, "/zk-credentials/batch", &batch).await.json();
    assert_eq!(batch["results"][0]["problem"]["code"], "status-list-full");
    // What was issued is verified, listed and revoked.
    let document = first.json();
    assert_eq!(verified(&service, &document).await["verified"], true);
    let path = format!("/zk-credentials/{}", document["id"].as_str().unwrap().rsplit('/').next().unwrap());
    assert_eq!(service.operator(Method::DELETE, &path, &Value::Null).await.status, 200);
    service.publish().await;
    for list in ["revocation", "suspension", "token"] {
        assert_eq!(service.get(&format!("/status-lists/{list}")).await.status, 200);
    }
    assert_eq!(verified(&service, &document).await["verified"], false);
}

#[tokio::test]
async fn readiness_and_metrics_warn_when_four_fifths_of_the_indices_are_used() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    assert_eq!(service.issue(&agent, "full_disclosure/1", json!({})).await.status, 201);
    let pool = service.app.domain().store().writer_pool();
    for (used, warns) in [(13_421_772, false), (13_421_773, true), (16_777_216, true)] {
        sqlx::query("UPDATE status_space SET size = 16777216, used = $1").bind(used).execute(pool).await.unwrap();
        let ready = service.get("/ready").await;
        assert_eq!(ready.status, 200, "full lists stop issuing alone");
        let lists = ready.json()["status_lists"].clone();
        let percent = used * 100 / 16_777_216;
        assert_eq!((&lists["used_percent"], &lists["capacity"]), (&json!(percent), &json!(16_777_216)));
        assert_eq!(lists.get("warning").is_some(), warns, "{lists}");
        let line = format!("poa_status_indices_warning {}", u8::from(warns));
        assert!(service.get("/metrics").await.text().lines().any(|found| found == line), "{line}");
    }
    // At the end of the space the service still verifies and publishes.
    let document = service.get("/status-lists/revocation").await;
    assert_eq!(document.status, 200);
}

#[tokio::test]
async fn a_refused_or_failed_proof_burns_no_index() {
    let service = Service::start_with(|config| {
        config.proving = poa_issuer::ProvingLimits { workers: 1, queue: 1, ..config.proving };
    })
    .await;
    let agent = service.attested_agent().await;
    let attempt = || service.issue(&agent, "full_disclosure/1", json!({}));
    let answers: [Answer; 5] = tokio::join!(attempt(), attempt(), attempt(), attempt(), attempt()).into();
    let done = answers.iter().filter(|answer| answer.status == 201).count() as u64;
    assert!((1..5).contains(&done), "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    assert_eq!(used(&service).await, done);
}

/// The task goes on when its caller goes away, and spends one index for one credential.
#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_index_behind_without_a_credential() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let gone = tokio::time::timeout(
        std::time::Duration::from_millis(1),
        service.issue(&agent, "full_disclosure/1", json!({})),
    );
    assert!(gone.await.is_err());
    for _ in 0..600 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let sql = "SELECT COUNT(*) FROM credentials WHERE state <> 'issued'";
        let open: i64 = sqlx::query_scalar(sql).fetch_one(service.app.domain().store().pool()).await.unwrap();
        if open == 0 {
            break;
        }
    }
    let sql = "SELECT COUNT(*) FROM credentials WHERE state = 'issued'";
    let issued: i64 = sqlx::query_scalar(sql).fetch_one(service.app.domain().store().pool()).await.unwrap();
    assert_eq!(used(&service).await, issued as u64);
}

#[tokio::test]
async fn an_agent_that_asks_again_and_again_has_four_indices_and_learns_when_one_lapses() {
    let service = Service::start().await;
    let (agent, holder) = service.register_holder().await;
    service.attest(&agent.did).await;
    let mut open = Vec::new();
    for _ in 0..4 {
        let answer = asked(&service, &agent).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        open.push(answer.json());
        service.clock.advance(10);
    }
    for _ in 0..50 {
        let refused = asked(&service, &agent).await;
        refused.assert_problem(429, "too-many-requests");
        assert_eq!(refused.header("retry-after"), "560");
        assert!(refused.json()["detail"].as_str().unwrap().contains("lapses at 2026-01-15T10:30:00Z"), "{refused:?}");
    }
    assert_eq!(used(&service).await, 4);
    // One is completed, one is given up: two more may be begun, and one index is spent for good.
    let proof = json!({ "proof": holder.prove(&service, &agent, &open[1], &json!({})).await });
    let path = |pending: &Value| format!("/zk-credentials/{}", pending["id"].as_str().unwrap());
    let done = service.agent(&agent, Method::POST, &format!("{}/proof", path(&open[1])), &proof).await;
    assert_eq!(done.status, 201, "{done:?}");
    let given_up = service.agent(&agent, Method::DELETE, &path(&open[2]), &Value::Null).await;
    assert_eq!((given_up.status, used(&service).await), (204, 3));
    for _ in 0..2 {
        assert_eq!(asked(&service, &agent).await.status, 202);
    }
    asked(&service, &agent).await.assert_problem(429, "too-many-requests");
    // All that are open lapse; the sweep frees them, and none of them can be completed any more.
    let late = json!({ "proof": holder.prove(&service, &agent, &open[3], &json!({})).await });
    service.clock.advance(700);
    service.app.sweep_now().await.unwrap();
    assert_eq!(used(&service).await, 1);
    let late = service.agent(&agent, Method::POST, &format!("{}/proof", path(&open[3])), &late).await;
    late.assert_problem(410, "gone");
    assert_eq!(asked(&service, &agent).await.status, 202);
    assert_eq!(verified(&service, &done.json()).await["verified"], true);
}

#[tokio::test]
async fn an_agent_has_a_bounded_number_of_credentials_a_day() {
    let service = Service::start_with(|config| config.documents_per_day = 1).await;
    let agent = service.attested_agent().await;
    assert_eq!(asked(&service, &agent).await.status, 201);
    let refused = asked(&service, &agent).await;
    refused.assert_problem(429, "too-many-requests");
    assert_eq!(refused.header("retry-after"), "86400");
    assert_eq!(service.issue(&agent, "full_disclosure/1", json!({})).await.status, 201, "the operator is not counted");
}
