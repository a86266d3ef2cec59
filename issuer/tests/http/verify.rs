//! `POST /verify`: single, batch, JOSE; a report for everything, a problem only when there was nothing to verify.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::envelope::assert_valid;
use crate::service::Service;

async fn credential(service: &Service) -> Value {
    let agent = service.attested_agent().await;
    let predicates = json!({ "tasks_completed": { "atLeast": "100" } });
    let answer = service.issue(&agent, "task_completion/1", predicates).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

fn failed(report: &Value) -> Vec<String> {
    report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["outcome"] == "fail")
        .map(|check| check["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn without_a_request_the_answer_is_authentic_never_verified() {
    let service = Service::start().await;
    let body = json!({ "document": credential(&service).await });
    assert_valid("verify", &body);
    let answer = service.post("/verify", &body).await;
    assert_eq!(answer.status, 200);
    let report = answer.json();
    assert_eq!((report["authentic"].as_bool(), report.get("verified")), (Some(true), None));
    assert_eq!(report["development_key"], true);
}

#[tokio::test]
async fn a_request_beyond_the_statement_fails_policy_alone() {
    let service = Service::start().await;
    let document = credential(&service).await;
    for request in [
        json!({ "at_least": { "tasks_completed": "200" } }),
        json!({ "at_least": { "earnings_sats": "1" } }),
        json!({ "disclose": ["reputation"] }),
    ] {
        let body = json!({ "document": document, "request": request });
        let report = service.post("/verify", &body).await.json();
        assert_eq!((report["verified"].as_bool(), failed(&report)), (Some(false), vec!["policy".to_owned()]));
    }
}

#[tokio::test]
async fn each_altered_member_fails_a_check() {
    let service = Service::start().await;
    let good = credential(&service).await;
    let alter = |pointer: &str, value: Value| {
        let mut document = good.clone();
        *document.pointer_mut(pointer).expect(pointer) = value;
        document
    };
    let zero = format!("0x{}", "0".repeat(64));
    for (document, check) in [
        (alter("/credentialSubject/tasks_completed/atLeast", "200".into()), "attributes"),
        (alter("/validUntil", "2027-01-01T00:00:00Z".into()), "validity"),
        (alter("/credentialSchema/digestSRI", "sha256-AA==".into()), "schema"),
        (alter("/proof/1/statement/root", zero.clone().into()), "root"),
        (alter("/proof/1/verificationMethod", format!("urn:poa:vk:sha256:{}", "0".repeat(64)).into()), "key"),
        (alter("/issuer", "did:web:elsewhere.example".into()), "schema"),
    ] {
        let body = json!({ "document": document, "request": {} });
        let report = service.post("/verify", &body).await.json();
        assert_eq!(report["verified"], false);
        assert!(failed(&report).contains(&check.to_owned()), "{check}: {:?}", failed(&report));
    }
}

#[tokio::test]
async fn a_batch_reports_each_document_in_order() {
    let service = Service::start().await;
    let good = credential(&service).await;
    let body = json!({ "documents": [
        { "document": good, "request": {} }, { "document": {} }, { "document": "a.b.c" },
    ]});
    assert_valid("verify", &body);
    let answer = service.post("/verify", &body).await;
    assert_valid("verify-batch-answer", &answer.json());
    let reports = answer.json()["reports"].as_array().unwrap().clone();
    assert_eq!(reports.len(), 3);
    assert_eq!(reports[0]["verified"], true);
    assert_eq!(reports[1]["authentic"], false);
    assert_eq!(reports[2]["authentic"], false);
    for count in [0, 33] {
        let body = json!({ "documents": vec![json!({ "document": {} }); count] });
        service.post("/verify", &body).await.assert_problem(422, "unprocessable");
    }
}

#[tokio::test]
async fn a_compact_jws_is_read_under_both_media_types() {
    let service = Service::start().await;
    let document = credential(&service).await;
    let id = document["id"].as_str().unwrap().rsplit('/').next().unwrap();
    let fetch = Request::get(format!("/zk-credentials/{id}"))
        .header("accept", "application/vc+jwt")
        .body(Body::empty())
        .unwrap();
    let jwt = service.send(fetch).await.text();
    for media_type in ["application/jose", "application/vc+jwt"] {
        let request = Request::post("/verify").header("content-type", media_type);
        let answer = service.send(request.body(Body::from(jwt.clone())).unwrap()).await;
        assert_eq!((answer.status, &answer.json()["class"]), (200, &json!("signed")));
        assert_eq!(answer.json()["authentic"], true);
    }
}

#[tokio::test]
async fn verifying_changes_nothing() {
    let service = Service::start().await;
    let document = credential(&service).await;
    let before = service.snapshot().await;
    service.post("/verify", &json!({ "document": document, "request": {} })).await;
    service.post("/verify", &json!({ "document": {} })).await;
    before.assert_unchanged(&service.snapshot().await);
}
