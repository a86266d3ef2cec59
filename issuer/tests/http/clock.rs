//! A machine's clock that is wrong: nothing is signed or deleted by it, and there is a way back from what was.

use axum::http::Method;
use poa_issuer::domain::DomainError;
use poa_verifier::head::HeadMemory;
use poa_verifier::trust::Trust;
use poa_verifier::{Evidence, Report, Request, Verifier, jws, time};
use serde_json::{Value, json};

use crate::envelope::assert_valid;
use crate::service::{Agent, CHALLENGE, Service, VERIFIER};

const DAY: u64 = 86_400;
const HOUR: u64 = 3_600;

/// A service that is ready, with an agent that has a credential.
async fn running() -> (Service, Agent, Value) {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    service.app.prove_once().await.unwrap();
    let issued = issue(&service, &agent).await;
    (service, agent, issued)
}

async fn issue(service: &Service, agent: &Agent) -> Value {
    let answer = service.issue(agent, "task_completion/1", json!({ "tasks_completed": { "atLeast": "100" } })).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

/// Times of the heads that the database holds.
async fn head_times(service: &Service) -> Vec<u64> {
    let rows: Vec<i64> = sqlx::query_scalar("SELECT issued_at FROM heads ORDER BY seq, issued_at")
        .fetch_all(service.app.domain().store().pool())
        .await
        .unwrap();
    rows.into_iter().map(|at| u64::try_from(at).unwrap()).collect()
}

async fn confirm(service: &Service, now: u64) -> crate::service::Answer {
    let body = json!({ "now": time::format_utc(now).unwrap() });
    assert_valid("clock-confirmation", &body);
    service.operator(Method::POST, "/clock/confirm", &body).await
}

#[tokio::test]
async fn a_jump_of_a_day_for_four_seconds_leaves_no_head_from_the_future() {
    let (service, agent, credential) = running().await;
    let other = service.register_managed("revoked meanwhile").await;
    service.clock.advance(61);
    service.publish().await;
    let before = service.now();
    service.clock.jump(before + DAY);
    for _ in 0..4 {
        let published = service.app.publish_now().await;
        assert!(matches!(published, Err(DomainError::Clock(_))), "{published:?}");
        service.clock.advance(1);
    }
    let unready = service.get("/ready").await;
    unready.assert_problem(503, "not-ready");
    assert!(unready.json()["detail"].as_str().unwrap().contains("poa clock confirm"), "{unready:?}");
    let health = service.get("/health").await.json();
    assert_valid("health", &health);
    assert_eq!(health["clock"], json!({ "believed": false, "offset_s": DAY }));
    let metrics = service.get("/metrics").await.text();
    assert!(metrics.contains("poa_clock_believed 0\n") && metrics.contains("poa_clock_offset_seconds 86400\n"));
    let refused = service.issue(&agent, "task_completion/1", json!({ "tasks_completed": { "atLeast": "100" } })).await;
    refused.assert_problem(503, "not-ready");
    // A good credential is not called bad, and what may be done without signing is done.
    let report = service.post("/verify", &json!({ "document": credential, "request": {} })).await;
    assert_eq!(report.json()["verified"], true, "{report:?}");
    assert_eq!(service.operator(Method::POST, &other.path("/revoke"), &json!({})).await.status, 200);

    service.clock.jump(before + 4);
    service.clock.advance(60);
    service.publish().await;
    assert_eq!(service.get("/ready").await.status, 200);
    assert!(head_times(&service).await.iter().all(|iat| *iat <= service.now()));
    assert_eq!(service.get("/roots/latest").await.json()["iat"], json!(service.now()));
    issue(&service, &agent).await;
}

#[tokio::test]
async fn nothing_is_signed_and_nothing_is_deleted_by_a_clock_that_jumped() {
    let (service, agent, _) = running().await;
    let stated = json!({ "request": { "at_least": { "tasks_completed": "100" } } });
    let request = service.post("/presentation-requests", &stated).await.json();
    let before = service.snapshot().await;
    for wrong in [service.now() + 30 * DAY, service.now() - DAY] {
        let right = service.now();
        service.clock.jump(wrong);
        assert!(service.app.housekeep_now().await.is_err());
        assert!(service.app.sweep_now().await.is_err());
        assert!(service.app.refresh_prepared().await.is_err());
        let rotate = service.operator(Method::POST, "/issuer-keys/rotate", &json!({})).await;
        rotate.assert_problem(503, "not-ready");
        service.clock.jump(right);
    }
    before.assert_unchanged(&service.snapshot().await);
    // Lists that are still fresh are served, and no others are signed.
    let fresh = service.get("/status-lists/revocation").await.json();
    service.clock.advance(121);
    service.clock.jump(service.now() + DAY);
    for path in ["/status-lists/revocation", "/status-lists/suspension", "/status-lists/token"] {
        service.get(path).await.assert_problem(503, "not-ready");
    }
    service.post("/verify", &json!({ "document": fresh })).await.assert_problem(503, "not-ready");
    // A request signed by the right time is still one.
    service.clock.jump(service.now() - DAY);
    let answer = service.get(&format!("/presentation-requests/{}", request["id"].as_str().unwrap())).await;
    assert_eq!(answer.status, 200);
    service.presentation(&agent).await;
}

#[tokio::test]
async fn a_restart_does_not_make_a_wrong_clock_right() {
    let (service, ..) = running().await;
    service.clock.advance(61);
    service.publish().await;
    service.clock.jump(service.now() + DAY);
    let service = service.restart().await;
    assert!(matches!(service.app.publish_now().await, Err(DomainError::Clock(_))));
    service.get("/ready").await.assert_problem(503, "not-ready");
    service.clock.jump(service.now() - DAY);
    service.clock.advance(60);
    service.publish().await;
}

#[tokio::test]
async fn the_operator_confirms_a_clock_that_is_right() {
    let (service, agent, _) = running().await;
    // The machine was stopped by its host for two hours: the time since it started did not go on.
    service.clock.jump(service.now() + 2 * HOUR);
    let body = json!({ "now": time::format_utc(service.now()).unwrap() });
    service.post("/clock/confirm", &body).await.assert_problem(401, "unauthenticated");
    confirm(&service, service.now() - 31).await.assert_problem(409, "conflict");
    assert!(service.app.publish_now().await.is_err(), "another time was not confirmed");
    let confirmed = confirm(&service, service.now() - 30).await;
    assert_valid("clock", &confirmed.json());
    assert_eq!(confirmed.json(), json!({ "believed": true, "offset_s": 0 }));
    service.publish().await;
    let service = service.restart().await;
    service.clock.advance(60);
    service.publish().await;
    issue(&service, &agent).await;
    let acts = service.app.domain().store().operator_acts().await.unwrap();
    let act = acts.iter().find(|act| act.act == "confirm_clock").unwrap();
    assert_eq!(act.detail, json!({ "offset_s": 2 * HOUR }));
}

/// Publishes with a clock that is a day ahead and was confirmed by mistake, and sets it right again.
async fn sign_from_the_future(service: &Service, agent: &Agent) -> Value {
    let right = service.now();
    service.clock.jump(right + DAY);
    assert_eq!(confirm(service, right + DAY).await.status, 200);
    service.publish().await;
    let presentation = service.presentation(agent).await;
    service.clock.jump(right);
    assert_eq!(confirm(service, right).await.status, 200);
    presentation
}

/// What a verifier without memory says a day later.
fn verdict(trust: &str, presentation: &Value, now: u64) -> Report {
    let request = json!({ "challenge": CHALLENGE, "domain": VERIFIER, "at_least": { "tasks_completed": "100" } });
    let trust = Trust::from_json(trust.as_bytes()).unwrap();
    Verifier::new(trust).verify(
        presentation.to_string().as_bytes(),
        Some(&Request::from_json(&request).unwrap()),
        &Evidence::default(),
        &mut HeadMemory::default(),
        now,
    )
}

#[tokio::test]
async fn a_log_with_heads_from_the_future_is_recovered() {
    let (service, agent, _) = running().await;
    service.operator(Method::POST, "/roots/recover", &Value::Null).await.assert_problem(409, "conflict");
    let anchor = service.get("/roots/anchor").await.json();
    let from_the_future = sign_from_the_future(&service, &agent).await;
    let future = service.get("/roots/latest").await.json();
    assert_eq!(future["iat"], json!(service.now() + DAY));
    let trust_before = service.get("/.well-known/poa-trust.json").await.text();

    service.get("/ready").await.assert_problem(503, "not-ready");
    assert_eq!(service.get("/health").await.json()["head_age_s"], json!(-86_400));
    let refused = service.issue(&agent, "task_completion/1", json!({ "tasks_completed": { "atLeast": "100" } })).await;
    refused.assert_problem(503, "not-ready");
    let published = service.app.publish_now().await;
    assert!(matches!(published, Err(DomainError::ClockBehind { .. })), "{published:?}");
    service.post("/roots/recover", &Value::Null).await.assert_problem(401, "unauthenticated");

    service.clock.advance(60);
    let answer = service.operator(Method::POST, "/roots/recover", &Value::Null).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let done = answer.json();
    assert_valid("log-recovery", &done);
    let kid = |key: &str| format!("did:web:{}#{key}", crate::service::HOST);
    assert_eq!(done["keys"], json!([kid("heads-1"), kid("status-1")]));
    assert_eq!(done["heads_deleted"], 1);
    assert!(head_times(&service).await.iter().all(|iat| *iat <= service.now()), "the head is gone");

    // The log goes on above it, under another key, and this hour keeps its one anchor.
    let newest = service.get("/roots/latest").await.json();
    assert!(newest["seq"].as_u64() > future["seq"].as_u64(), "{newest}");
    assert_eq!(newest["seq"], done["seq"]);
    assert_eq!(jws::parse(newest["head"].as_str().unwrap()).unwrap().kid(), kid("heads-2"));
    let kept = service.get("/roots/anchor").await.json();
    let claims = |head: &Value| jws::parse(head["head"].as_str().unwrap()).unwrap().claims().unwrap();
    assert_eq!(claims(&kept), claims(&anchor), "the same claims, signed by the key in force");
    assert_eq!(jws::parse(kept["head"].as_str().unwrap()).unwrap().kid(), kid("heads-2"));
    assert_eq!(service.get("/ready").await.status, 200);
    let issued = issue(&service, &agent).await;
    let report = service.post("/verify", &json!({ "document": issued, "request": {} })).await.json();
    assert_eq!(report["verified"], true, "{report:#}");
    let acts = service.app.domain().store().operator_acts().await.unwrap();
    assert!(acts.iter().any(|act| act.act == "recover_log" && act.detail["heads"] == 1));

    // A day later the head is of the right time.
    let later = service.now() + DAY;
    let old = verdict(&trust_before, &from_the_future, later);
    assert!(old.verified(), "it would be taken: {old:?}");
    let trust = service.get("/.well-known/poa-trust.json").await.text();
    let report = verdict(&trust, &from_the_future, later);
    assert!(!report.verified());
    assert!(serde_json::to_string(&report).unwrap().contains("key_compromised"), "{report:?}");
}

#[tokio::test]
async fn an_hour_whose_anchor_was_deleted_gets_no_other() {
    let (service, agent, _) = running().await;
    sign_from_the_future(&service, &agent).await;
    let future = service.get("/roots/latest").await.json();
    assert_eq!(future["anchor"], true);
    service.clock.advance(60);
    assert_eq!(service.operator(Method::POST, "/roots/recover", &Value::Null).await.status, 200);
    service.clock.set(future["iat"].as_u64().unwrap() - HOUR);
    service.publish().await;
    assert_eq!(service.get("/roots/latest").await.json()["anchor"], true);
    let anchor = service.get("/roots/anchor").await.json();
    service.clock.advance(HOUR);
    service.publish().await;
    assert_eq!(service.get("/roots/anchor").await.json(), anchor, "its hour had an anchor");
    service.clock.advance(HOUR);
    service.app.housekeep_now().await.unwrap();
    service.publish().await;
    assert_eq!(service.get("/roots/latest").await.json()["anchor"], true, "the next hour has one");
}

#[tokio::test]
async fn a_recovery_waits_for_a_clock_that_is_believed() {
    let (service, agent, _) = running().await;
    sign_from_the_future(&service, &agent).await;
    let before = service.snapshot().await;
    service.clock.jump(service.now() - HOUR);
    let refused = service.operator(Method::POST, "/roots/recover", &Value::Null).await;
    refused.assert_problem(503, "not-ready");
    before.assert_unchanged(&service.snapshot().await);
}

async fn rotate_issuer_key(service: &Service, purpose: &str) {
    let answer = service.operator(Method::POST, "/issuer-keys/rotate", &json!({ "purpose": purpose })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn recover(service: &Service) -> Value {
    let answer = service.operator(Method::POST, "/roots/recover", &Value::Null).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// What the operator is told of an agent's leaf.
async fn leaf(service: &Service, agent: &Agent) -> Value {
    service.operator(Method::GET, &agent.path(""), &Value::Null).await.json()["leaf"].clone()
}

/// Sets the clock a day ahead and confirms it by mistake, lets `meanwhile` happen, and sets it right again.
async fn a_day_ahead<T>(service: &Service, meanwhile: impl AsyncFnOnce(&Service) -> T) -> T {
    service.clock.jump(service.now() + DAY);
    assert_eq!(confirm(service, service.now()).await.status, 200);
    service.publish().await;
    let happened = meanwhile(service).await;
    service.clock.jump(service.now() - DAY);
    assert_eq!(confirm(service, service.now()).await.status, 200);
    happened
}

#[tokio::test]
async fn every_key_that_signed_under_the_wrong_clock_is_compromised_also_one_that_was_rotated_out() {
    let (service, ..) = running().await;
    rotate_issuer_key(&service, "status").await;
    service.clock.advance(HOUR);
    service.publish().await;
    a_day_ahead(&service, async |service| {
        for purpose in ["status", "heads", "credentials"] {
            rotate_issuer_key(service, purpose).await;
        }
    })
    .await;
    service.clock.advance(60);
    let done = recover(&service).await;
    let kid = |key: &str| format!("did:web:{}#{key}", crate::service::HOST);
    // status-1 was retired before the last head of the right time, and credentials keys sign what has a status.
    assert_eq!(done["keys"], json!(["heads-1", "heads-2", "status-2", "status-3"].map(kid)));
    let rows = service.app.issuer_key_rows().await.unwrap();
    let state = |name: &str| rows.iter().find(|row| row.name == name).unwrap().state.as_str();
    assert_eq!((state("status-1"), state("status-4"), state("heads-3")), ("retired", "active", "active"));
    assert_eq!((state("credentials-1"), state("credentials-2")), ("retired", "active"));
}

#[tokio::test]
async fn a_recovery_replaces_a_trust_document_that_the_wrong_clock_dated() {
    let (service, ..) = running().await;
    let dated = async |service: &Service| {
        let trust = service.get("/.well-known/poa-trust.json").await.json();
        time::parse_utc(trust["issuedAt"].as_str().unwrap()).unwrap()
    };
    a_day_ahead(&service, async |service| rotate_issuer_key(service, "vc-api").await).await;
    let future = dated(&service).await;
    assert!(future > service.now() + HOUR, "{future}");
    service.clock.advance(60);
    recover(&service).await;
    assert!(dated(&service).await > future, "else the one that trusts the old keys could be shown in its place");
}

#[tokio::test]
async fn leaves_from_the_future_get_their_own_date_and_grace_from_then_ends() {
    let (service, agent, _) = running().await;
    let before = leaf(&service, &agent).await;
    assert!(before["attested_at"].is_string(), "{before}");
    let newcomer = a_day_ahead(&service, async |service| {
        let newcomer = service.attested_agent().await;
        let next = crate::service::Attestor::random();
        let body = json!({ "ed25519_public_key": next.multikey() });
        let rotated = service.agent(&newcomer, Method::POST, &newcomer.path("/keys"), &body).await;
        assert_eq!(rotated.status, 200, "{rotated:?}");
        newcomer
    })
    .await;
    service.clock.advance(60);
    let done = recover(&service).await;
    assert_valid("log-recovery", &done);
    assert_eq!(done["leaves_superseded"], 1);
    let now = time::format_utc(service.now()).unwrap();
    assert_eq!(leaf(&service, &newcomer).await["attested_at"], json!(now), "by the publication of the recovery");
    assert_eq!(leaf(&service, &agent).await, before, "a leaf of the right time stays");
    let old = service.agent(&newcomer, Method::POST, &newcomer.path("/challenge"), &json!({})).await;
    assert_eq!(old.status, 401, "its hour would have lasted a day");
}

#[tokio::test]
async fn documents_from_the_future_are_listed_to_be_issued_again() {
    let (service, agent, good) = running().await;
    let signed = json!({ "credential": {
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "type": ["VerifiableCredential", "ExampleAlumniCredential"],
        "credentialSubject": { "id": "did:example:subject", "alumniOf": "Example University" },
    } });
    let future = a_day_ahead(&service, async |service| {
        let answer = service.operator(Method::POST, "/vc-api/credentials/issue", &signed).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        issue(service, &agent).await
    })
    .await;
    service.clock.advance(60);
    recover(&service).await;
    let list = service.operator(Method::GET, "/issuer-keys/compromised", &Value::Null).await.json();
    assert_valid("compromised-documents", &list);
    let documents = list["documents"].as_array().unwrap();
    let keys_of = |kind: &'static str| -> Vec<Value> {
        documents.iter().filter(|one| one["kind"] == kind).map(|one| one["keys"].clone()).collect()
    };
    let of = |document: &Value| document["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(keys_of("vc-api"), [json!([])], "its key is good and its date is not");
    let heads_1 = json!([format!("did:web:{}#heads-1", crate::service::HOST)]);
    assert_eq!(keys_of("zk-credential"), [heads_1.clone(), heads_1]);
    assert!([&good, &future].iter().all(|one| documents.iter().any(|listed| listed["id"] == of(one))), "{list:#}");
}
