//! The documents among the examples of the OpenAPI document: each verifies at the time of the example, under the trust
//! document of the examples.
//!
//! `UPDATE_EXAMPLES=1 cargo test -p poa-issuer --test http the_documents_of_the_examples` has one service make them all anew:
//! whenever a document changes its form.

use std::path::PathBuf;

use axum::http::Method;
use poa_verifier::report::{CheckName, Report};
use poa_verifier::{Evidence, HeadMemory, Request, Trust, Verifier};
use serde_json::{Value, json};

use crate::service::{START, Service};

/// The time of the examples: everything is made in the first second of a service.
const AT: u64 = START;

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/http/api/examples.json")
}

fn examples() -> Value {
    serde_json::from_slice(&std::fs::read(file()).unwrap()).unwrap()
}

/// One service makes the documents, and answers about them.
async fn record() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let mut made = examples();
    let predicates = json!({ "tasks_completed": { "atLeast": "100" } });
    let of_agent = json!({ "agent": agent.did, "schema": "task_completion/1", "predicates": predicates });
    let issued = service.issue(&agent, "task_completion/1", predicates.clone()).await.json();
    let path = format!("/zk-credentials/{}", issued["id"].as_str().unwrap().rsplit('/').next().unwrap());
    let asked = json!({
        "schema": "task_completion/1", "predicates": predicates,
        "challenge": "c29tZSByYW5kb20gY2hhbGxlbmdlISE", "domain": "https://verifier.example",
    });
    let presentation = service.agent(&agent, Method::POST, "/presentations", &asked).await.json();
    let request = json!({
        "at_least": { "tasks_completed": "100" }, "challenge": asked["challenge"], "domain": asked["domain"],
    });
    let verify = json!({ "document": presentation, "request": request });
    made["verify-answer"] = service.post("/verify", &verify).await.json();
    let batch = json!({ "batch": [of_agent] });
    for (name, path) in [
        ("poa-trust", "/.well-known/poa-trust.json"),
        ("jwks", "/.well-known/jwks.json"),
        ("root", "/roots/latest"),
        ("status-list", "/status-lists/revocation"),
    ] {
        made[name] = service.get(path).await.json();
    }
    let plain = axum::http::Request::get(path).header("accept", "application/vc");
    made["zk-credential.issuerProofOnly"] = service.send(plain.body(axum::body::Body::empty()).unwrap()).await.json();
    let results = service.operator(Method::POST, "/zk-credentials/batch", &batch).await.json();
    let keys = service.operator(Method::GET, "/issuer-keys", &Value::Null).await.json();
    for (name, document) in [
        ("zk-credential", issued),
        ("zk-credential-request", of_agent),
        ("zk-credential-batch", batch),
        ("zk-credential-batch-results", results),
        ("presentation-request", asked),
        ("presentation", presentation),
        ("verify", verify),
        ("issuer-keys", keys),
    ] {
        made[name] = document;
    }
    std::fs::write(file(), format!("{made:#}\n")).unwrap();
}

struct Examples {
    all: Value,
    verifier: Verifier,
    lists: Vec<Value>,
    heads: Vec<String>,
}

impl Examples {
    fn read() -> Self {
        let all = examples();
        let trust = Trust::from_json(all["poa-trust"].to_string().as_bytes()).unwrap();
        let heads = vec![all["root"]["head"].as_str().unwrap().to_owned()];
        Self { verifier: Verifier::new(trust), lists: vec![all["status-list"].clone()], heads, all }
    }

    fn judge(&self, document: &Value, request: &Value) -> Report {
        let evidence = Evidence { status_lists: &self.lists, newest_heads: &self.heads, ..Evidence::default() };
        let request = Request::from_json(request).unwrap();
        let bytes = document.to_string();
        self.verifier.verify(bytes.as_bytes(), Some(&request), &evidence, &mut HeadMemory::default(), AT)
    }
}

#[tokio::test]
async fn the_documents_of_the_examples_verify_under_the_trust_document_of_the_examples() {
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        record().await;
    }
    let examples = Examples::read();
    let all = &examples.all;
    let bounded = json!({ "at_least": { "tasks_completed": "100" } });
    let any_signed = json!({ "classes": ["signed"] });
    for (what, document, request) in [
        ("zk-credential", &all["zk-credential"], &bounded),
        ("a credential of a batch", &all["zk-credential-batch-results"]["results"][0]["credential"], &bounded),
        ("zk-credential.issuerProofOnly", &all["zk-credential.issuerProofOnly"], &any_signed),
    ] {
        let report = examples.judge(document, request);
        // The list of suspensions is not among the examples; nothing else is open.
        assert!(report.could_not_check(), "{what}: {report:#?}");
        assert_eq!(report.failed(), [CheckName::Status], "{what}: {report:#?}");
        let detail = &report.check(CheckName::Status).unwrap().detail;
        assert!(detail.contains("/status-lists/suspension"), "{what}: {detail}");
    }
    let verify = &all["verify"];
    assert_eq!(verify["document"], all["presentation"]);
    let report = examples.judge(&verify["document"], &verify["request"]);
    assert!(report.verified(), "{report:#?}");
    assert_eq!(json!(report), all["verify-answer"], "the answer is the one to the request of the example");
    let asked = &all["presentation-request"];
    assert_eq!(
        (&asked["challenge"], &asked["domain"]),
        (&verify["request"]["challenge"], &verify["request"]["domain"])
    );
}
