//! `/schemas`: the seeded ones, their digests, and adding one while the service runs.

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::service::{Service, URL};

fn high_volume() -> Value {
    json!({
        "name": "high_volume", "version": 1, "title": "High volume",
        "description": "At least so many tasks.", "disclose": [],
        "predicates": { "tasks_completed": ["atLeast"] }, "nonzero": [], "valid_for_s": 86400,
    })
}

#[tokio::test]
async fn four_schemas_are_seeded_and_served_as_their_digest_says() {
    let service = Service::start().await;
    let list = service.get("/schemas").await.json();
    let disclosure = list["disclosureSchemas"].as_array().unwrap();
    let mut names: Vec<_> = disclosure.iter().map(|s| s["document"]["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    let seeded = ["build_verification", "earnings_proof", "full_disclosure", "task_completion"];
    assert_eq!(names, seeded);
    assert_eq!(list["attestationSchemas"].as_array().unwrap().len(), 2);
    for schema in disclosure {
        let id = schema["document"]["id"].as_str().unwrap();
        let served = service.get(id.strip_prefix(URL).unwrap()).await;
        let digest = format!("sha256-{}", STANDARD.encode(Sha256::digest(&served.bytes)));
        assert_eq!(schema["digestSRI"], digest, "{id}");
    }
}

#[tokio::test]
async fn attestation_schemas_are_found_under_their_id() {
    let service = Service::start().await;
    for schema in service.get("/schemas").await.json()["attestationSchemas"].as_array().unwrap() {
        let path = schema["id"].as_str().unwrap().strip_prefix(URL).unwrap();
        assert_eq!(service.get(path).await.json(), *schema);
    }
}

#[tokio::test]
async fn an_added_schema_is_used_at_once_and_trusted_by_verifiers() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let before = service.get("/.well-known/poa-trust.json").await.bytes;
    let added = service.operator(Method::POST, "/schemas", &high_volume()).await;
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(added.json()["id"], format!("{URL}/schemas/high_volume/1"));
    assert_ne!(service.get("/.well-known/poa-trust.json").await.bytes, before);
    let predicates = json!({ "tasks_completed": { "atLeast": "100" } });
    let credential = service.issue(&agent, "high_volume/1", predicates).await;
    assert_eq!(credential.status, 201, "{credential:?}");
    let body = json!({ "document": credential.json() });
    assert_eq!(service.post("/verify", &body).await.json()["authentic"], true);
}

#[tokio::test]
async fn a_schema_is_immutable_and_the_same_one_again_is_no_change() {
    let service = Service::start().await;
    let add = async |body: &Value| service.operator(Method::POST, "/schemas", body).await;
    assert_eq!(add(&high_volume()).await.status, 201);
    let after = service.snapshot().await;
    assert_eq!(add(&high_volume()).await.status, 201);
    let mut other = high_volume();
    other["valid_for_s"] = 3600.into();
    add(&other).await.assert_problem(409, "conflict");
    after.assert_unchanged(&service.snapshot().await);
}

#[tokio::test]
async fn a_schema_that_breaks_a_rule_is_refused_by_member() {
    let service = Service::start().await;
    let before = service.snapshot().await;
    for (member, value) in [
        ("id", json!("https://elsewhere.example/schemas/high_volume/1")),
        ("type", json!("Other")),
        ("name", json!("High")),
        ("version", json!(0)),
        ("disclose", json!(["mood"])),
        ("predicates", json!({ "build_hash": ["atLeast"] })),
        ("predicates", json!({})),
        ("nonzero", json!(["reputation"])),
        ("valid_for_s", json!(1)),
    ] {
        let mut body = high_volume();
        body[member] = value;
        let answer = service.operator(Method::POST, "/schemas", &body).await;
        assert_eq!(answer.problem().0, 422, "{member}: {}", answer.text());
    }
    before.assert_unchanged(&service.snapshot().await);
    service.post("/schemas", &high_volume()).await.assert_problem(401, "unauthenticated");
}

#[tokio::test]
async fn unknown_schemas_and_odd_versions_are_not_found() {
    let service = Service::start().await;
    for path in
        ["/schemas/none/1", "/schemas/task_completion/2", "/schemas/task_completion/01", "/schemas/task_completion/x"]
    {
        service.get(path).await.assert_problem(404, "not-found");
    }
}
