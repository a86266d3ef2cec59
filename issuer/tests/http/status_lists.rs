//! `/status-lists`: signed, fresh, in step with the heads.

use axum::body::Body;
use axum::http::{Method, Request};
use poa_verifier::data_integrity;
use poa_verifier::status::StatusList;
use poa_verifier::trust::{KeyPurpose, Trust};
use serde_json::{Value, json};

use crate::service::Service;

async fn verified_list(service: &Service, purpose: &str) -> StatusList {
    let trust = Trust::from_json(&service.get("/.well-known/poa-trust.json").await.bytes).unwrap();
    let signed = service.get(&format!("/status-lists/{purpose}")).await.json();
    let unsigned = data_integrity::without_proof(&signed);
    let proof = data_integrity::parse(&signed["proof"], &unsigned).unwrap();
    let key = trust
        .key(proof.verification_method(), KeyPurpose::Status, service.now())
        .expect("the list is signed by the status key");
    proof.verify(&unsigned, key).unwrap();
    StatusList::from_value(&unsigned).unwrap()
}

#[tokio::test]
async fn both_lists_are_signed_by_the_status_key_and_carry_the_heads_counter() {
    let service = Service::start().await;
    service.attested_agent().await;
    let head = service.get("/roots/latest").await.json();
    for purpose in ["revocation", "suspension"] {
        let list = verified_list(&service, purpose).await;
        assert_eq!(list.revocations, head["revocations"].as_u64().unwrap());
        assert!(list.bits.entries() >= 131_072);
        assert!(list.fresh_until() >= service.now());
    }
    service.get("/status-lists/other").await.assert_problem(404, "not-found");
}

#[tokio::test]
async fn revoking_a_credential_sets_its_bit_with_the_next_publication() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let credential = service
        .issue(
            &agent,
            "task_completion/1",
            json!({
                "tasks_completed": { "atLeast": "100" },
            }),
        )
        .await;
    assert_eq!(credential.status, 201, "{credential:?}");
    let credential = credential.json();
    let entry = &credential["credentialStatus"][0];
    let index: u64 = entry["statusListIndex"].as_str().unwrap().parse().unwrap();
    let id = credential["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let before = verified_list(&service, "revocation").await;
    assert!(!before.bits.get(index).unwrap());
    let path = format!("/zk-credentials/{id}");
    assert_eq!(service.operator(Method::DELETE, &path, &Value::Null).await.status, 200);
    service.publish().await;
    let after = verified_list(&service, "revocation").await;
    assert!(after.bits.get(index).unwrap());
    assert!(after.revocations > before.revocations);
}

#[tokio::test]
async fn an_unchanged_list_is_not_sent_again_and_an_old_one_is_signed_anew() {
    let service = Service::start().await;
    service.attested_agent().await;
    let first = service.get("/status-lists/revocation").await;
    let etag = first.header("etag").to_owned();
    let conditional =
        Request::get("/status-lists/revocation").header("if-none-match", &etag).body(Body::empty()).unwrap();
    let second = service.send(conditional).await;
    assert_eq!((second.status, second.bytes.len()), (304, 0));
    service.clock.advance(200);
    let third = service.get("/status-lists/revocation").await;
    assert_ne!(third.header("etag"), etag);
    assert!(verified_list(&service, "revocation").await.fresh_until() > service.now() + 250);
}
