//! What the service issues, read by a library that is not our verifier: josekit, with the JWKS as published.

use axum::http::Method;
use josekit::jwk::{Jwk, JwkSet};
use josekit::jws::{self, EdDSA};
use serde_json::{Value, json};

use crate::rig::{Rig, Wallet};

async fn jwks(rig: &Rig) -> JwkSet {
    JwkSet::from_bytes(&rig.get("/poa/.well-known/jwks.json").await.bytes).unwrap()
}

/// The header and claims, if the key signed them.
fn read(jws: &str, key: &Jwk) -> Option<(Value, Value)> {
    let verifier = EdDSA.verifier_from_jwk(key).unwrap();
    let (payload, header) = jws::deserialize_compact(jws, &verifier).ok()?;
    Some((Value::Object(header.into_map()), serde_json::from_slice(&payload).unwrap()))
}

#[tokio::test]
async fn josekit_verifies_a_document_with_the_first_key_of_the_jwks() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let jti = rig.claim(&agent, &controller).await;
    let (jws, keys) = (rig.jws(&jti).await, jwks(&rig).await);
    let first = keys.keys()[0];
    assert_eq!((first.key_type(), first.algorithm(), first.key_use()), ("OKP", Some("EdDSA"), Some("sig")));
    let (header, claims) = read(&jws, first).unwrap();
    assert_eq!(header, json!({ "alg": "EdDSA", "typ": "poa+jws", "kid": first.key_id().unwrap() }));
    assert_eq!(claims, rig.credential(&jti).await["claims"]);
    assert_eq!((&claims["jti"], &claims["sub"]), (&json!(jti), &json!(agent.text())));

    // It does check: another payload, and another key under the same name, are refused.
    let parts: Vec<&str> = jws.split('.').collect();
    let other = jws.replacen(parts[1], &parts[1].replacen('A', "B", 1), 1);
    assert!(other != jws && read(&other, first).is_none());
    let mut stranger = first.clone();
    stranger.set_parameter("x", Some(json!(poa_verifier::multibase::base64url(&[9; 32])))).unwrap();
    assert!(read(&jws, &stranger).is_none());
}

#[tokio::test]
async fn after_a_rotation_each_document_is_josekits_under_the_key_that_it_names() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let before = rig.claim(&agent, &controller).await;
    rig.operator(Method::POST, "/issuer-keys/rotate", &json!({ "purpose": "credentials" })).await.ok();
    let after = rig.claim(&agent, &controller).await;
    let keys = jwks(&rig).await;
    assert!(read(&rig.jws(&after).await, keys.keys()[0]).is_some());
    let old = rig.jws(&before).await;
    assert!(read(&old, keys.keys()[0]).is_none());
    let named = poa_verifier::jws::parse(&old).unwrap().kid().to_owned();
    assert!(read(&old, keys.get(&named)[0]).is_some());
}
