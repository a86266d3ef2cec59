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
        (alter("/issuer", "did:web:elsewhere.example".into()), "issuer_signature"),
    ] {
        let body = json!({ "document": document, "request": {} });
        let report = service.post("/verify", &body).await.json();
        assert_eq!(report["verified"], false);
        assert!(failed(&report).contains(&check.to_owned()), "{check}: {:?}", failed(&report));
    }
    // A newer trust document may list the key: it is not known, and verifies nothing.
    let document = alter("/proof/1/verificationMethod", format!("urn:poa:vk:sha256:{}", "0".repeat(64)).into());
    let report = service.post("/verify", &json!({ "document": document, "request": {} })).await.json();
    let key = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "key").unwrap();
    assert_eq!((&key["outcome"], &key["reason"]), (&json!("unknown"), &json!("unknown_key")));
    assert_eq!(report["verified"], false);
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

#[tokio::test]
async fn a_client_has_so_many_documents_verified_in_a_minute_and_a_batch_counts_each() {
    let service = Service::start_with(|config| config.verifying.per_minute = 60).await;
    let (one, credentials) = (json!({ "document": {} }), vec![json!({}); 31]);
    let batch = json!({ "documents": vec![one.clone(); 28] });
    assert_eq!(service.post("/verify", &batch).await.status, 200);
    let presentation = json!({ "verifiablePresentation": { "verifiableCredential": credentials } });
    assert_eq!(service.post("/vc-api/presentations/verify", &presentation).await.status, 400);
    service.post("/verify", &batch).await.assert_problem(429, "too-many-requests");
    service.clock.advance(60);
    for _ in 0..60 {
        assert_eq!(service.post("/verify", &one).await.status, 200);
    }
    let credential = json!({ "verifiableCredential": {} });
    let refused = [
        service.post("/verify", &one).await,
        service.post("/vc-api/credentials/verify", &credential).await,
        service.post("/vc-api/presentations/verify", &presentation).await,
        service.get("/credentials/5a9c6b9e-3b0f-4f0e-9d0a-2f7f6f1f8a11").await,
    ];
    for answer in refused {
        answer.assert_problem(429, "too-many-requests");
        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    }
    let operators = service.operator(axum::http::Method::POST, "/verify", &one).await;
    assert_eq!(operators.status, 200, "the operator is not counted");
    service.clock.advance(1);
    assert_eq!(service.post("/verify", &one).await.status, 200);
}

#[tokio::test]
async fn a_body_of_tens_of_thousands_of_members_is_refused_before_it_is_parsed() {
    let service = Service::start().await;
    let members: serde_json::Map<_, _> = (0..80_000).map(|number| (number.to_string(), json!(0))).collect();
    let answer = service.post("/verify", &Value::Object(members)).await;
    answer.assert_problem(413, "payload-too-large");
}

#[tokio::test]
async fn other_requests_do_not_wait_while_a_large_body_is_parsed() {
    let service = Service::start().await;
    let members: serde_json::Map<_, _> = (0..19_000).map(|number| (number.to_string(), json!(0))).collect();
    let large = json!({ "document": members });
    let order = std::sync::Mutex::new(Vec::new());
    let (large, small) = (service.post("/verify", &large), service.get("/health"));
    // One thread: whoever computes on it holds up the other.
    tokio::join!(
        async {
            assert_eq!(large.await.status, 200);
            order.lock().unwrap().push("large");
        },
        async {
            assert_eq!(small.await.status, 200);
            order.lock().unwrap().push("small");
        },
    );
    assert_eq!(*order.lock().unwrap(), ["small", "large"]);
}
