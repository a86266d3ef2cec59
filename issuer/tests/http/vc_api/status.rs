//! `POST /vc-api/credentials/status`.

use axum::http::Method;
use serde_json::{Value, json};

use super::*;
use crate::service::URL;

async fn set(service: &Service, id: &str, entry: Value) -> Answer {
    let body = json!({ "credentialId": id, "credentialStatus": entry });
    service.operator(Method::POST, "/vc-api/credentials/status", &body).await
}

async fn changed(service: &Service, id: &str, entry: Value) -> Value {
    assert_valid("vc-api-status", &json!({ "credentialId": id, "credentialStatus": entry }));
    let answer = set(service, id, entry).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_valid("vc-api-status-answer", &answer.json());
    service.publish().await;
    answer.json()
}

fn entry(purpose: &str, more: Value) -> Value {
    let mut entry = json!({ "type": "BitstringStatusListEntry", "statusPurpose": purpose });
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    entry
}

async fn named(service: &Service, id: &str) -> Value {
    issued(service, credential(json!({ "id": id })), json!({})).await
}

#[tokio::test]
async fn a_revocation_is_in_the_next_publication_and_final() {
    let service = Service::start().await;
    let (one, other) = (named(&service, "urn:example:1").await, named(&service, "urn:example:2").await);
    let answer = set(&service, "urn:example:1", entry("revocation", json!({}))).await;
    assert_eq!((answer.status, &answer.json()["effective"]), (200, &json!("next publication")));
    assert_verified(&verify(&service, &one).await);
    service.publish().await;
    assert!(assert_not_verified(&verify(&service, &one).await).contains("revocation list"));
    assert_verified(&verify(&service, &other).await);
    let back = set(&service, "urn:example:1", entry("revocation", json!({ "status": false }))).await;
    back.assert_problem(409, "conflict");
    assert_eq!(changed(&service, "urn:example:1", entry("revocation", json!({}))).await["credentials"], 1);
    assert_not_verified(&verify(&service, &one).await);
}

#[tokio::test]
async fn a_suspension_can_be_lifted() {
    let service = Service::start().await;
    let signed = named(&service, "urn:example:1").await;
    changed(&service, "urn:example:1", entry("suspension", json!({ "status": "1" }))).await;
    assert!(assert_not_verified(&verify(&service, &signed).await).contains("suspension list"));
    changed(&service, "urn:example:1", json!([entry("suspension", json!({ "status": "0" }))])).await;
    assert_verified(&verify(&service, &signed).await);
}

#[tokio::test]
async fn a_status_beside_the_entries_is_for_those_that_say_none() {
    let service = Service::start().await;
    let signed = named(&service, "urn:example:1").await;
    changed(&service, "urn:example:1", entry("suspension", json!({ "status": true }))).await;
    let body = json!({
        "credentialId": "urn:example:1", "credentialStatus": entry("suspension", json!({})), "status": false,
    });
    assert_valid("vc-api-status", &body);
    let answer = service.operator(Method::POST, "/vc-api/credentials/status", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    service.publish().await;
    assert_verified(&verify(&service, &signed).await);
}

#[tokio::test]
async fn all_that_have_the_credential_id_are_changed_or_the_one_of_an_index() {
    let service = Service::start().await;
    let (one, other) = (named(&service, "urn:example:1").await, named(&service, "urn:example:1").await);
    let place = |signed: &Value| {
        let entry = &signed["credentialStatus"][0];
        json!({ "statusListIndex": entry["statusListIndex"], "statusListCredential": entry["statusListCredential"] })
    };
    let answer = changed(&service, "urn:example:1", entry("revocation", place(&one))).await;
    assert_eq!(answer["credentials"], 1);
    assert_not_verified(&verify(&service, &one).await);
    assert_verified(&verify(&service, &other).await);
    let answer = changed(&service, "urn:example:1", entry("suspension", json!({}))).await;
    assert_eq!(answer["credentials"], 2);
    assert_not_verified(&verify(&service, &other).await);
}

#[tokio::test]
async fn what_was_not_issued_here_has_no_status() {
    let service = Service::start().await;
    let signed = named(&service, "urn:example:1").await;
    let index = signed["credentialStatus"][0]["statusListIndex"].as_str().unwrap().parse::<u32>().unwrap();
    set(&service, "urn:example:2", entry("revocation", json!({}))).await.assert_problem(404, "not-found");
    let other = json!({ "statusListIndex": (index ^ 1).to_string() });
    set(&service, "urn:example:1", entry("revocation", other)).await.assert_problem(404, "not-found");
    // A standing credential's status is its agent's matter.
    let agent = service.attested_agent().await;
    let standing = service.issue(&agent, "full_disclosure/1", json!({})).await.json();
    let id = standing["id"].as_str().unwrap();
    set(&service, id, entry("revocation", json!({}))).await.assert_problem(404, "not-found");
}

#[tokio::test]
async fn other_lists_types_and_purposes_are_refused() {
    let service = Service::start().await;
    named(&service, "urn:example:1").await;
    for list in ["https://elsewhere.example/list".to_owned(), format!("{URL}/status-lists/suspension")] {
        let answer = set(&service, "urn:example:1", entry("revocation", json!({ "statusListCredential": list }))).await;
        answer.assert_problem(400, "non-conforming");
    }
    for entry in [
        json!({ "type": "StatusList2021Entry", "statusPurpose": "revocation" }),
        json!({ "type": "BitstringStatusListEntry" }),
        entry("message", json!({})),
        entry("revocation", json!({ "status": 1 })),
        entry("revocation", json!({ "status": "2" })),
        entry("revocation", json!({ "statusListIndex": 7 })),
        entry("revocation", json!({ "statusListIndex": "-7" })),
        json!([]),
    ] {
        set(&service, "urn:example:1", entry).await.assert_problem(400, "invalid-body");
    }
}

#[tokio::test]
async fn changing_a_status_needs_the_operators_token_unless_vc_api_is_open() {
    let service = Service::start().await;
    named(&service, "urn:example:1").await;
    let body = json!({ "credentialId": "urn:example:1", "credentialStatus": entry("revocation", json!({})) });
    service.post("/vc-api/credentials/status", &body).await.assert_problem(401, "unauthenticated");
    let open = Service::start_with(|config| config.vc_api_open = true).await;
    named(&open, "urn:example:1").await;
    assert_eq!(open.post("/vc-api/credentials/status", &body).await.status, 200);
}

#[tokio::test]
async fn the_lists_say_it_to_everybody() {
    let service = Service::start().await;
    let signed = named(&service, "urn:example:1").await;
    changed(&service, "urn:example:1", entry("revocation", json!({}))).await;
    let index = signed["credentialStatus"][0]["statusListIndex"].as_str().unwrap().parse().unwrap();
    for (purpose, set) in [("revocation", true), ("suspension", false)] {
        let list = service.get(&format!("/status-lists/{purpose}")).await.json();
        let encoded = list["credentialSubject"]["encodedList"].as_str().unwrap();
        let bits = poa_verifier::status::Bits::decode(encoded).unwrap();
        assert_eq!(bits.get(index), Ok(set), "{purpose}");
    }
}

#[tokio::test]
async fn a_wrong_member_of_an_entry_is_named_with_what_it_may_be() {
    let service = Service::start().await;
    for (more, member, words) in [
        (json!({ "statusListIndex": 5 }), "credentialStatus.statusListIndex", "expected a string"),
        (json!({ "statusPurpose": "refresh" }), "credentialStatus.statusPurpose", "expected"),
        (json!({ "status": "2" }), "credentialStatus.status", r#"true, false, "1" or "0""#),
        (json!({ "status": 1 }), "credentialStatus.status", r#"true, false, "1" or "0""#),
        (json!({ "type": "StatusList2021Entry" }), "credentialStatus.type", "BitstringStatusListEntry"),
    ] {
        for (entry, member) in [
            (entry("revocation", more.clone()), member.to_owned()),
            (json!([entry("revocation", more)]), member.replacen("Status.", "Status[0].", 1)),
        ] {
            let answer = set(&service, "urn:example:1", entry).await;
            answer.assert_problem(400, "invalid-body");
            let problem = answer.json();
            assert_eq!(problem["member"], member, "{problem}");
            assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
        }
    }
}
