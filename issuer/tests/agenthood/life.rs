//! From the challenge to the published bit, as its people live it.

use axum::http::Method;
use poa_verifier::HeadMemory;
use poa_verifier::{Evidence, Trust, Verifier};
use serde_json::{Value, json};

use crate::rig::{Rig, Wallet};

#[tokio::test]
async fn a_document_is_claimed_verified_and_revoked() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let challenge = rig.challenge(&agent).await;
    let nonce = challenge["nonce"].as_str().unwrap();
    assert_eq!(nonce.len(), 64);
    assert_eq!(challenge["message"], format!("poa:{}:{nonce}", agent.text()));
    assert_eq!(challenge["expiresAt"], (rig.clock_now() + 300) * 1000);
    let issued = rig.issue(&agent, &controller, &challenge).await.ok();
    let jti = issued["jti"].as_str().unwrap();
    assert_eq!(issued["agentId"], agent.text());
    assert_eq!(issued["issuedAt"], rig.clock_now() * 1000);
    assert!(issued["credentialUrl"].as_str().unwrap().ends_with(&format!("/poa/api/credential/{jti}")));
    assert!(issued["pageUrl"].as_str().unwrap().ends_with(&format!("/poa/{}", agent.text())));

    let verified = rig.verify(jti).await;
    assert_eq!(verified["valid"], true);
    assert_eq!(verified["freshness"], json!({ "status": "current" }));
    assert_eq!(verified["report"]["authentic"], true, "{verified}");
    assert_eq!(verified["revoked"], false);
    assert_eq!(verified["agent"]["controller"], controller.text());
    assert_eq!(verified["bundles"]["derived"], true);
    assert_eq!(verified["bundles"]["list"][0]["name"], "m-1");

    let answer = rig.revoke(&agent, &controller).await.ok();
    assert_eq!((&answer["jti"], &answer["reason"]), (&json!(jti), &json!("operator-revoked")));
    let verified = rig.verify(jti).await;
    assert_eq!(verified["valid"], true, "genuine all the same");
    assert_eq!(verified["freshness"], json!({ "status": "revoked", "reason": "operator-revoked" }));
    assert!(!rig.bit(jti).await);
    rig.publish().await;
    assert!(rig.bit(jti).await);
    assert_eq!(rig.verify(jti).await["report"]["authentic"], false);
}

#[tokio::test]
async fn the_general_endpoint_judges_as_the_published_one() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let jti = rig.claim(&agent, &controller).await;
    let jws = rig.jws(&jti).await;
    let general = rig.post("/verify", &json!({ "document": jws, "request": { "classes": ["agenthood"] } })).await.ok();
    assert_eq!((&general["class"], &general["verified"]), (&json!("agenthood"), &json!(true)), "{general}");
    rig.change(&agent, "controller", &json!({ "controller": Wallet::new(9).text() })).await;
    // Drift shows before the watcher or a list knows of it.
    let general = rig.post("/verify", &json!({ "document": jws })).await.ok();
    let verified = rig.verify(&jti).await;
    assert_eq!(general, verified["report"]);
    assert_eq!(general["authentic"], false);
    assert_eq!(verified["freshness"], json!({ "status": "revoked", "reason": "controller-rotated" }));
}

/// What any verifier does without asking the service about the document.
#[tokio::test]
async fn it_verifies_offline_with_keys_and_lists() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let jti = rig.claim(&agent, &controller).await;
    let jws = rig.jws(&jti).await;
    let verifier = Verifier::new(Trust::from_json(&rig.get("/.well-known/poa-trust.json").await.bytes).unwrap());
    let authentic = async |now| {
        let token = String::from_utf8(rig.get("/status-lists/token").await.bytes).unwrap();
        let token = [verifier.token_status_list(&token).unwrap()];
        let lists =
            [rig.get("/status-lists/revocation").await.json(), rig.get("/status-lists/suspension").await.json()];
        let evidence = Evidence { token_status_lists: &token, status_lists: &lists, ..Evidence::default() };
        let mut memory = HeadMemory::default();
        verifier.verify(jws.as_bytes(), None, &evidence, &mut memory, now).authentic()
    };
    assert_eq!(authentic(rig.clock_now()).await, Some(true));
    rig.revoke(&agent, &controller).await.ok();
    rig.publish().await;
    assert_eq!(authentic(rig.clock_now()).await, Some(false));
}

#[tokio::test]
async fn every_expiry_is_to_the_second() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let challenge = rig.challenge(&agent).await;
    rig.clock.advance(300);
    rig.issue(&agent, &controller, &challenge).await.refused(400, "challenge-expired-or-unknown");
    let challenge = rig.challenge(&agent).await;
    rig.clock.advance(299);
    let jti = rig.issue(&agent, &controller, &challenge).await.ok()["jti"].as_str().unwrap().to_owned();
    let claims = rig.credential(&jti).await["claims"].clone();
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 30 * 86_400);
    let jws = rig.jws(&jti).await;
    rig.clock.advance(30 * 86_400);
    assert_eq!(rig.post("/poa/api/verify", &json!({ "jws": jws })).await.status, 200);
    rig.clock.advance(1);
    let expired = rig.post("/poa/api/verify", &json!({ "jws": jws })).await;
    assert_eq!((expired.status, &expired.json()["reason"]), (400, &json!("signature-invalid")));
    // Nothing is left to revoke.
    rig.revoke(&agent, &controller).await.refused(404, "no-active-credential");
}

#[tokio::test]
async fn a_newer_document_supersedes_the_older() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let old = rig.claim(&agent, &controller).await;
    let new = rig.claim(&agent, &controller).await;
    rig.publish().await;
    assert_eq!(rig.revoked(&old).await, Some(("superseded".to_owned(), None)));
    assert_eq!((rig.bit(&old).await, rig.bit(&new).await), (true, false));
    assert_eq!(rig.verify(&new).await["freshness"]["status"], "current");
}

#[tokio::test]
async fn a_sovereign_agent_signs_for_itself_and_nobody_revokes_for_it() {
    let (rig, agent) = (Rig::start().await, Wallet::new(1));
    rig.register(&agent, None).await;
    let jti = rig.claim(&agent, &agent).await;
    let verified = rig.verify(&jti).await;
    assert_eq!(verified["report"]["authentic"], true, "{verified}");
    assert_eq!(verified["claims"]["attestation"]["kind"], "self-attested");
    assert_eq!(verified["agent"]["controller"], Value::Null);
    rig.revoke(&agent, &agent).await.refused(403, "sovereign-agent-cannot-revoke");
    let path = format!("/poa/operator/credentials/{jti}/revoke");
    assert_eq!(rig.post(&path, &json!({})).await.status, 401);
    assert_eq!(rig.operator(Method::POST, &path, &Value::Null).await.ok()["reason"], "operator-revoked");
    rig.operator(Method::POST, &path, &Value::Null).await.refused(409, "already-revoked");
}

/// Published clients know one kind of challenge, and revoke with its nonce.
#[tokio::test]
async fn both_kinds_of_challenge_serve_to_revoke_and_one_to_issue() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    rig.claim(&agent, &controller).await;
    let asked = json!({ "agentId": agent.text(), "action": "revoke" });
    let challenge = rig.post("/poa/api/challenge", &asked).await.ok();
    assert_eq!(challenge["binding"]["details"]["action"], "revoke");
    let message = challenge["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("poa-revoke:"));
    rig.issue(&agent, &controller, &challenge).await.refused(400, "challenge-expired-or-unknown");
    let challenge = rig.post("/poa/api/challenge", &asked).await.ok();
    let signature = controller.sign(challenge["message"].as_str().unwrap());
    let body = json!({ "agentId": agent.text(), "nonce": challenge["nonce"], "signatureHex": signature });
    rig.post("/poa/api/revoke", &body).await.ok();
}
