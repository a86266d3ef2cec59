//! New keys take over; what the old ones signed stays good until it has expired.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::Method;
use poa_verifier::trust::{KeyPurpose, KeyState};
use poa_verifier::{data_integrity, time};
use serde_json::{Value, json};

use super::*;
use crate::service::Service;

#[tokio::test]
async fn the_new_key_signs_and_stands_first_and_the_old_one_still_verifies() {
    let service = Service::start().await;
    let old = credential(&service).await;
    let before = trust(&service).await;
    service.clock.advance(60);
    let answer = rotate(&service, json!({ "purpose": "credentials" })).await;
    assert_eq!(answer["made"], json!([kid("credentials-2")]));

    assert_eq!(jwks(&service).await[0], kid("credentials-2"));
    // Four that sign, four that sign next, and the old one; those that sign credentials or lists once more under the ids
    // of their JsonWebKey methods.
    assert_eq!(jwks(&service).await.len(), 16);
    let after = trust(&service).await;
    let retired = listed(&after, "credentials-1").unwrap();
    assert_eq!(retired.state, KeyState::Retired);
    assert_eq!(retired.retired_at, Some(time::format_utc(service.now()).unwrap()));
    assert_eq!(after.follows(&before), Ok(()));
    assert_ne!(after.fingerprint(), before.fingerprint());
    let did = service.get("/.well-known/did.json").await.json();
    assert_eq!(did["assertionMethod"][0], kid("credentials-2"));
    assert!(did["assertionMethod"].as_array().unwrap().contains(&json!(kid("credentials-1"))));

    service.clock.advance(1);
    assert_eq!(report(&service, &old).await["verified"], true);
    let new = credential(&service).await;
    assert_eq!(new["proof"][0]["verificationMethod"], kid("credentials-2"));
    assert_eq!(report(&service, &new).await["verified"], true);
    let acts = service.app.domain().store().operator_acts().await.unwrap();
    let act = acts.iter().find(|act| act.act == "rotate_issuer_key").unwrap();
    assert_eq!((act.subject.as_str(), &act.detail["replaces"]), ("credentials-2", &json!("credentials-1")));

    // And the one after, and a restart between: the chain from the first document holds.
    let service = service.restart().await;
    assert_eq!(jwks(&service).await[0], kid("credentials-2"));
    rotate(&service, json!({})).await;
    let last = trust(&service).await;
    assert_eq!(last.follows(&before), Ok(()));
    assert_eq!(jwks(&service).await[..3], [kid("credentials-3"), kid("heads-2"), kid("status-2")]);
    for document in [old, new] {
        assert_eq!(report(&service, &document).await["verified"], true);
    }
}

/// What a pinned document says of a document: whether it is genuine, without anything fetched anew.
fn judged(pinned: &Trust, document: &Value, service: &Service) -> poa_verifier::Report {
    let bytes = document.to_string().into_bytes();
    let verifier = poa_verifier::Verifier::new(pinned.clone());
    verifier.verify(&bytes, None, &Default::default(), &mut Default::default(), service.now())
}

#[tokio::test]
async fn a_verifier_that_pinned_before_a_rotation_takes_what_the_new_keys_sign() {
    use poa_verifier::report::{CheckName, Outcome};
    let service = Service::start().await;
    let pinned = trust(&service).await;
    let standby = ["credentials-2", "heads-2", "status-2", "vc-api-2"];
    for name in standby {
        assert_eq!(state(&pinned, name), Some(KeyState::Active), "{name} is published before it signs");
    }
    let signed_by = |document: &Value| document["proof"][0]["verificationMethod"].as_str().unwrap().to_owned();
    service.clock.advance(60);
    rotate(&service, json!({})).await;
    let document = credential(&service).await;
    assert_eq!(signed_by(&document), kid("credentials-2"));
    let report = judged(&pinned, &document, &service);
    for check in [CheckName::IssuerSignature, CheckName::Root, CheckName::Proof] {
        assert_eq!(report.outcome(check), Outcome::Pass, "{report:#?}");
    }
    // The next standby is published in the same act, and the one after the next rotation is not known to the old pin.
    let now = trust(&service).await;
    for name in ["credentials-3", "heads-3", "status-3", "vc-api-3"] {
        assert_eq!((state(&now, name), state(&pinned, name)), (Some(KeyState::Active), None));
    }
    rotate(&service, json!({})).await;
    let document = credential(&service).await;
    assert_eq!(judged(&pinned, &document, &service).outcome(CheckName::IssuerSignature), Outcome::Unknown);
    let newest = trust(&service).await;
    assert_eq!(newest.follows(&pinned), Ok(()), "two rotations were missed");
    assert_eq!(judged(&newest, &document, &service).outcome(CheckName::IssuerSignature), Outcome::Pass);
}

#[tokio::test]
async fn a_database_from_before_there_were_standby_keys_gets_them_at_the_next_start() {
    let service = Service::start().await;
    let before = trust(&service).await;
    sqlx::query("DELETE FROM issuer_keys WHERE state = 'standby'")
        .execute(service.app.domain().store().writer_pool())
        .await
        .unwrap();
    let service = service.restart().await;
    let after = trust(&service).await;
    assert_eq!(after.follows(&before), Ok(()));
    assert_eq!(state(&after, "credentials-2"), Some(KeyState::Active));
    assert_eq!(after.document().succession.len(), 1, "the key in force vouches for its standby");
    rotate(&service, json!({})).await;
    assert_eq!(jwks(&service).await[0], kid("credentials-2"));
}

#[tokio::test]
async fn a_rotation_that_was_cut_short_is_finished_at_the_next_start() {
    let service = Service::start().await;
    rotate(&service, json!({ "purpose": "heads" })).await;
    // As it stands after the new key was stored and before the old one was retired.
    sqlx::query("UPDATE issuer_keys SET state = 'active', retired_at = NULL WHERE name = 'heads-1'")
        .execute(service.app.domain().store().writer_pool())
        .await
        .unwrap();
    let service = service.restart().await;
    let trust = trust(&service).await;
    let states = ["heads-1", "heads-2", "heads-3", "heads-4"].map(|name| state(&trust, name));
    assert_eq!(states, [Some(KeyState::Retired), Some(KeyState::Active), Some(KeyState::Active), None]);
    service.attested_agent().await;
    let head = service.get("/roots/latest").await.json();
    assert_eq!(head_key(&trust, head["head"].as_str().unwrap()), kid("heads-2"));
}

#[tokio::test]
async fn the_private_half_of_a_retired_key_is_gone() {
    let service = Service::start().await;
    rotate(&service, json!({})).await;
    let rows = service.app.issuer_key_rows().await.unwrap();
    for row in rows {
        assert_eq!(row.sealed_secret.is_empty(), row.state == "retired", "{}", row.name);
        assert_eq!(
            row.endorsement.is_some(),
            row.purpose == "credentials" && row.name != "credentials-1",
            "{}",
            row.name
        );
    }
}

/// What one signer made: documents with the time they say they were signed at.
async fn sign_until(service: &Service, stop: &AtomicBool, credential: &str) -> Vec<(KeyPurpose, String)> {
    let mut signed = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let path = format!("/zk-credentials/{credential}");
        let request = axum::http::Request::get(path).header("accept", "application/vc+jwt");
        let jwt = service.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(jwt.status, 200, "{jwt:?}");
        signed.push((KeyPurpose::Credentials, jwt.text()));
        let list = service.get("/status-lists/revocation").await;
        assert_eq!(list.status, 200, "{list:?}");
        signed.push((KeyPurpose::Status, list.text()));
        service.publish().await;
        let head = service.get("/roots/latest").await.json();
        signed.push((KeyPurpose::Heads, head["head"].as_str().unwrap().to_owned()));
    }
    signed
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_while_keys_rotate_verifies() {
    let service = Arc::new(Service::start().await);
    let document = credential(&service).await;
    let id = document["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let stop = Arc::new(AtomicBool::new(false));
    let signers: Vec<_> = (0..3)
        .map(|_| {
            let (service, stop, id) = (Arc::clone(&service), Arc::clone(&stop), id.clone());
            tokio::spawn(async move { sign_until(&service, &stop, &id).await })
        })
        .collect();
    for _ in 0..8 {
        service.clock.advance(61);
        rotate(&service, json!({})).await;
    }
    stop.store(true, Ordering::SeqCst);
    let trust = trust(&service).await;
    let mut keys = std::collections::BTreeSet::new();
    for signer in signers {
        for (purpose, document) in signer.await.unwrap() {
            keys.insert(match purpose {
                KeyPurpose::Heads => head_key(&trust, &document),
                KeyPurpose::Credentials => {
                    let jws = poa_verifier::jws::parse(&document).unwrap();
                    let from = jws.claims().unwrap()["validFrom"].as_str().map(time::parse_utc).unwrap().unwrap();
                    jws.verify(trust.jwk_method(jws.kid(), purpose, from).unwrap()).unwrap();
                    jws.kid().to_owned()
                }
                KeyPurpose::Status => {
                    let list: Value = serde_json::from_str(&document).unwrap();
                    let unsigned = data_integrity::without_proof(&list);
                    let proof = data_integrity::parse(&list["proof"], &unsigned).unwrap();
                    let key = trust.key(proof.verification_method(), purpose, proof.created_unix_s()).unwrap();
                    proof.verify(&unsigned, key).unwrap();
                    proof.verification_method().to_owned()
                }
                KeyPurpose::VcApi => unreachable!("nobody asked it"),
            });
        }
    }
    assert!(keys.len() > 3, "signatures fell between rotations: {keys:?}");
    assert_eq!(report(&service, &document).await["verified"], true);
}

#[tokio::test]
async fn a_retired_key_is_dropped_when_the_last_document_it_signed_has_expired() {
    let service = Service::start().await;
    let document = credential(&service).await;
    let until = time::parse_utc(document["validUntil"].as_str().unwrap()).unwrap();
    let first = trust(&service).await;
    rotate(&service, json!({})).await;
    let kept = async |at: u64| {
        service.clock.set(at);
        service.app.housekeep_now().await.unwrap();
        let trust = trust(&service).await;
        let in_set = jwks(&service).await;
        ["credentials-1", "heads-1", "status-1"].map(|name| {
            assert_eq!(listed(&trust, name).is_some(), in_set.contains(&kid(name)), "{name}");
            listed(&trust, name).is_some()
        })
    };
    let now = service.now();
    assert_eq!(kept(now + 360).await, [true, true, true]);
    assert_eq!(kept(now + 361).await, [true, true, false], "a status list is good for five minutes");
    // The credential rests on a head of the first heads key.
    assert_eq!(kept(until + 60).await, [true, true, false]);
    assert_eq!(kept(until + 61).await, [false, false, false]);
    assert_eq!(trust(&service).await.follows(&first), Ok(()), "the link outlives the key");
    let keys = service.operator(Method::GET, "/issuer-keys", &Value::Null).await.json();
    assert_valid("issuer-keys", &keys);
    assert_eq!((&keys["keys"][0]["kid"], &keys["keys"][0]["published"]), (&json!(kid("credentials-1")), &json!(false)));
    let service = service.restart().await;
    assert_eq!(state(&trust(&service).await, "credentials-1"), None);
}

#[tokio::test]
async fn no_more_keys_are_published_than_verifiers_read() {
    let service = Service::start().await;
    for _ in 0..10 {
        rotate(&service, json!({})).await;
    }
    let refused = service.operator(Method::POST, "/issuer-keys/rotate", &json!({})).await;
    refused.assert_problem(409, "conflict");
    // One that leaks is replaced all the same.
    assert_eq!(compromise(&service, "credentials-11").await["active"], kid("credentials-12"));
}
