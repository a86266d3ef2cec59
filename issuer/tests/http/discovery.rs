//! Discovery documents: what a verifier pins, what resolvers and JOSE libraries read.

use poa_verifier::Trust;
use serde_json::json;

use crate::service::{HOST, Service};

#[tokio::test]
async fn the_trust_document_is_taken_by_the_verifier_and_keeps_its_bytes() {
    let service = Service::start().await;
    let answer = service.get("/.well-known/poa-trust.json").await;
    let trust = Trust::from_json(&answer.bytes).unwrap();
    assert_eq!(trust.issuer().as_str(), format!("did:web:{HOST}"));
    assert_eq!(trust.disclosure_schemas().len(), 4);
    assert!(trust.verifying_keys()[0].development);
    service.clock.advance(10_000);
    assert_eq!(service.get("/.well-known/poa-trust.json").await.bytes, answer.bytes);
}

#[tokio::test]
async fn only_keys_that_sign_credentials_assert_in_the_did_document() {
    let service = Service::start().await;
    let document = service.get("/.well-known/did.json").await.json();
    assert_eq!(document["id"], format!("did:web:{HOST}"));
    let issuer = format!("did:web:{HOST}");
    let methods = document["verificationMethod"].as_array().unwrap();
    // The keys of credentials and lists stand there in both forms, under ids of their own.
    assert_eq!(methods.len(), 14);
    let heads = ["heads-1", "heads-2"].map(|name| json!(format!("{issuer}#{name}")));
    let asserting: Vec<_> = methods.iter().map(|m| m["id"].clone()).filter(|id| !heads.contains(id)).collect();
    assert_eq!(asserting.len(), 12);
    assert_eq!(document["assertionMethod"], json!(asserting));
    for name in ["credentials-1", "status-1", "vc-api-1", "credentials-2", "status-2", "vc-api-2"] {
        assert!(asserting.contains(&json!(format!("{issuer}#{name}"))));
    }
}

#[tokio::test]
async fn the_jwk_set_has_public_ed25519_keys_only() {
    let service = Service::start().await;
    let set = service.get("/.well-known/jwks.json").await.json();
    let keys = set["keys"].as_array().unwrap();
    // Four keys that sign, four that sign next, and six of them again under the ids of their JsonWebKey methods.
    assert_eq!(keys.len(), 14);
    let kids: std::collections::BTreeSet<_> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(kids.len(), 14);
    for key in keys {
        assert_eq!((&key["kty"], &key["crv"]), (&json!("OKP"), &json!("Ed25519")));
        assert!(key.get("d").is_none());
    }
}

#[tokio::test]
async fn dids_of_issuer_and_agents_resolve_in_both_spellings_of_the_path() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    for did in [agent.did.clone(), agent.did.replace('%', "%25")] {
        let document = service.get(&format!("/did/{did}")).await.json();
        assert_eq!(document["id"], agent.did);
        assert_eq!(document["authentication"][0], document["verificationMethod"][0]["id"]);
    }
    let issuer = service.get(&format!("/did/did:web:{HOST}")).await.json();
    assert_eq!(issuer["id"], format!("did:web:{HOST}"));
    let unknown = format!("/did/did:poa:{HOST}:00000000-0000-4000-8000-000000000001");
    service.get(&unknown).await.assert_problem(404, "not-found");
    service.get("/did/did:key:z6Mk").await.assert_problem(400, "invalid-parameter");
    service.get("/did/did:example:a").await.assert_problem(501, "not-implemented");
}

#[tokio::test]
async fn the_context_defines_every_term_of_a_proof() {
    let service = Service::start().await;
    let context = service.get("/contexts/poa/v1").await.json();
    let terms = &context["@context"]["Groth16Proof2024"]["@context"];
    for term in [
        "created",
        "proofPurpose",
        "verificationMethod",
        "proofValue",
        "challenge",
        "domain",
        "circuit",
        "rootHead",
        "statement",
    ] {
        assert!(terms.get(term).is_some(), "{term}");
    }
    assert_eq!(terms["statement"]["@type"], "@json");
}
