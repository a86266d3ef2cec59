//! What the tests verify is what the JSON Schemas describe.

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::world::*;

fn schema(name: &str) -> Validator {
    let path = format!("{}/../schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn valid(schema: &Validator, value: &Value) {
    let errors: Vec<String> = schema.iter_errors(value).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn claims_follow_their_schema() {
    let schema = schema("agenthood-claims");
    let claims = SHARED.claims().to_value();
    valid(&schema, &claims);
    for member in ["iss", "sub", "jti", "iat", "exp", "attestation", "agent", "chain", "status", "policy"] {
        let mut without = claims.clone();
        without.as_object_mut().unwrap().remove(member);
        assert!(!schema.is_valid(&without), "{member}");
    }
    let mut other = claims;
    other["agent"]["abgHash"] = json!("d2");
    assert!(!schema.is_valid(&other));
}

#[test]
fn token_status_lists_follow_their_schema() {
    let schema = schema("token-status-list");
    let claims = SHARED.list().claims().to_value();
    valid(&schema, &claims);
    let mut other = claims;
    other["status_list"]["bits"] = json!(3);
    assert!(!schema.is_valid(&other));
}

#[test]
fn files_of_issuers_follow_their_schema() {
    let schema = schema("agenthood-issuers");
    let key = json!({ "kid": "k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let file = json!({ "type": "PoaAgenthoodIssuers", "version": 1, "network": 42, "issuers": [
        { "issuer": "peer.example/poa", "keys": [key], "revocationList": "https://peer.example/revoked", "maxListAgeS": 60,
          "snapshots": true, "placeholderAddresses": true },
    ] });
    valid(&schema, &file);
    poa_verifier::agenthood::issuers::AgenthoodIssuers::from_json(file.to_string().as_bytes()).unwrap();
    let mut other = file;
    other["issuers"][0]["keys"] = json!([]);
    assert!(!schema.is_valid(&other));
}

#[test]
fn reports_and_requests_follow_their_schemas() {
    let report = SHARED.verify(&SHARED.sign(&SHARED.claims().to_value()));
    valid(&schema("verification-report"), &serde_json::to_value(report).unwrap());
    let request = poa_verifier::Request { agent: Some(address(&signer("agent"))), ..request() };
    valid(&schema("verification-request"), &request.to_json());
    assert_eq!(poa_verifier::Request::from_json(&request.to_json()), Ok(request));
}
