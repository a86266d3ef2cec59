//! Keys that leaked: nothing they signed verifies, the service goes on with new ones, and says what to issue again.

use axum::http::Method;
use poa_verifier::trust::KeyState;
use serde_json::{Value, json};

use super::*;
use crate::service::Service;

async fn affected(service: &Service, query: &str) -> Value {
    let answer = service.operator(Method::GET, &format!("/issuer-keys/compromised{query}"), &Value::Null).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_valid("compromised-documents", &answer.json());
    answer.json()
}

fn ids(page: &Value) -> Vec<String> {
    page["documents"].as_array().unwrap().iter().map(|document| document["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn documents_of_a_leaked_credentials_key_fail_and_are_listed_until_revoked() {
    let service = Service::start().await;
    let mut documents = vec![credential(&service).await, credential(&service).await];
    let before = trust(&service).await;
    assert_eq!(affected(&service, "").await, json!({ "documents": [] }));
    service.clock.advance(1);
    let answer = compromise(&service, "credentials-1").await;
    assert_eq!((&answer["kid"], &answer["active"]), (&json!(kid("credentials-1")), &json!(kid("credentials-2"))));

    let after = trust(&service).await;
    assert_eq!(state(&after, "credentials-1"), Some(KeyState::Compromised));
    assert_eq!(after.follows(&before), Ok(()), "the standby key was pinned before the other one leaked");
    let links: Vec<_> = after.document().succession.iter().map(|link| linked(link)).collect();
    let to_next = (kid("credentials-2"), kid("credentials-3"));
    assert_eq!(links, [to_next], "what the leaked key vouched for is vouched for by nobody");
    assert!(!jwks(&service).await.contains(&kid("credentials-1")));
    assert_eq!(jwks(&service).await[0], kid("credentials-2"));
    assert!(!service.get("/.well-known/did.json").await.text().contains("credentials-1"));
    for document in &documents {
        let report = report(&service, document).await;
        assert_eq!(report["verified"], false);
        assert_eq!(obstacles(&report), [("issuer_signature".to_owned(), "key_compromised".to_owned())]);
    }
    // The form that is signed when it is asked for is by the new key.
    let id = |document: &Value| document["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let mut expected: Vec<_> = documents.iter().map(id).collect();
    expected.sort();
    let page = affected(&service, "?limit=1").await;
    assert_eq!(ids(&page), expected[..1]);
    assert_eq!(page["documents"][0]["keys"], json!([kid("credentials-1")]));
    let next = page["next"].as_str().unwrap();
    let page = affected(&service, &format!("?limit=1&cursor={next}")).await;
    assert_eq!((ids(&page), page.get("next")), (expected[1..].to_vec(), None));

    // Issued again and the old one revoked, it leaves the list.
    documents.push(credential(&service).await);
    assert_eq!(report(&service, &documents[2]).await["verified"], true);
    let revoked = format!("/zk-credentials/{}", expected[0]);
    assert_eq!(service.operator(Method::DELETE, &revoked, &Value::Null).await.status, 200);
    assert_eq!(ids(&affected(&service, "").await), expected[1..]);

    // Marking it again changes nothing, nor does a restart.
    let again = compromise(&service, "credentials-1").await;
    assert_eq!(again, answer);
    let acts = service.app.domain().store().operator_acts().await.unwrap();
    assert_eq!(acts.iter().filter(|act| act.act == "compromise_issuer_key").count(), 1);
    let service = service.restart().await;
    assert_eq!(obstacles(&report(&service, &documents[0]).await).len(), 1);
    assert_eq!(report(&service, &documents[2]).await["verified"], true);
}

#[tokio::test]
async fn heads_of_a_leaked_key_are_signed_anew_at_once_and_credentials_under_the_old_ones_listed() {
    let service = Service::start().await;
    let document = credential(&service).await;
    let roots = async |path: &str| service.get(path).await.json();
    let (latest, anchor) = (roots("/roots/latest").await, roots("/roots/anchor").await);
    let answer = compromise(&service, "heads-1").await;
    assert!(answer["heads_signed_anew"].as_u64().unwrap() >= 1);
    let trust = trust(&service).await;
    for (path, old) in [("/roots/latest", latest), ("/roots/anchor", anchor)] {
        let new = roots(path).await;
        assert_eq!(head_key(&trust, new["head"].as_str().unwrap()), kid("heads-2"));
        for member in ["root", "seq", "iat", "anchor", "size"] {
            assert_eq!(new[member], old[member], "{member}");
        }
    }
    let failed = obstacles(&report(&service, &document).await);
    assert_eq!(failed, [("root".to_owned(), "key_compromised".to_owned())]);
    assert_eq!(affected(&service, "").await["documents"][0]["keys"], json!([kid("heads-1")]));
}

#[tokio::test]
async fn lists_of_a_leaked_key_are_signed_anew_at_once() {
    let service = Service::start().await;
    let document = credential(&service).await;
    assert_eq!(report(&service, &document).await["verified"], true);
    let old = service.get("/status-lists/revocation").await;
    compromise(&service, "status-1").await;
    let new = service.get("/status-lists/revocation").await;
    assert_ne!(new.header("etag"), old.header("etag"));
    assert_eq!(new.json()["proof"]["verificationMethod"], kid("status-2"));
    assert_eq!(report(&service, &document).await["verified"], true);
    assert_eq!(affected(&service, "").await, json!({ "documents": [] }));
}

#[tokio::test]
async fn a_retired_key_that_leaks_is_marked_without_another_rotation() {
    let service = Service::start().await;
    let before = trust(&service).await;
    rotate(&service, json!({ "purpose": "credentials" })).await;
    let between = trust(&service).await;
    assert_eq!(between.document().succession.len(), 2);
    let whole = kid("credentials-1").replace('%', "%25").replace('#', "%23");
    let answer = compromise(&service, &whole).await;
    assert_eq!(answer["active"], kid("credentials-2"));
    let after = trust(&service).await;
    assert_eq!(after.follows(&between), Ok(()), "the key in force did not leak");
    assert_eq!(after.document().succession.len(), 1, "its link is gone");
    assert_eq!(after.follows(&before), Ok(()), "who pinned before the rotation pinned the standby key too");
    // Who missed two rotations finds no way past the key that leaked.
    rotate(&service, json!({ "purpose": "credentials" })).await;
    compromise(&service, "credentials-2").await;
    let later = trust(&service).await;
    assert!(later.follows(&before).is_err(), "who pinned leaked keys alone has to compare fingerprints");
    assert_eq!(later.follows(&after), Ok(()));
}

/// The keys of a succession link: who signed it, and for whom.
fn linked(link: &str) -> (String, String) {
    let link = poa_verifier::jws::parse(link).unwrap();
    (link.kid().to_owned(), link.claims().unwrap()["sub"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_standby_key_that_leaks_is_replaced_and_never_signs() {
    let service = Service::start().await;
    let before = trust(&service).await;
    let answer = compromise(&service, "credentials-2").await;
    assert_eq!(answer["active"], kid("credentials-1"), "the key in force goes on signing");
    let after = trust(&service).await;
    assert_eq!(state(&after, "credentials-2"), Some(KeyState::Compromised));
    assert_eq!(state(&after, "credentials-3"), Some(KeyState::Active), "another one waits");
    assert_eq!(after.follows(&before), Ok(()));
    let links: Vec<_> = after.document().succession.iter().map(|link| linked(link)).collect();
    assert_eq!(links, [(kid("credentials-1"), kid("credentials-3"))]);
    let answer = rotate(&service, json!({ "purpose": "credentials" })).await;
    assert_eq!(answer["made"], json!([kid("credentials-3")]));
    assert_eq!(trust(&service).await.follows(&before), Ok(()));
}
