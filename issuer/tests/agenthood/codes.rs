//! Every code of the published table, as published.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::rig::{Rig, Wallet};

fn raw(path: &str, content_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path).header("content-type", content_type).body(body.into()).unwrap()
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let rig = Rig::start().await;
    for path in ["/poa/api/challenge", "/poa/api/issue", "/poa/api/revoke"] {
        for body in ["", "{", "[]", "1", "{\"agentId\":1,\"agentId\":2}", "\u{feff}{}"] {
            rig.send(raw(path, "application/json", body)).await.refused(400, "invalid-json");
        }
        for body in [json!({}), json!({ "agentId": "" }), json!({ "agentId": 7 }), json!({ "agentId": null })] {
            rig.post(path, &body).await.refused(400, "agentId-required");
        }
        let other_network = "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5";
        let alice = Wallet::new(1).text();
        for text in ["x", other_network, &alice[1..], &alice.to_lowercase(), &"1".repeat(60)] {
            rig.post(path, &json!({ "agentId": text })).await.refused(400, "agentId-invalid-format");
        }
        let large = json!({ "agentId": "x".repeat(20_000) }).to_string();
        rig.send(raw(path, "application/json", large)).await.refused(413, "body-too-large");
    }
}

/// Clients send more members than are known here, and some no content type.
#[tokio::test]
async fn bodies_that_are_read_all_the_same() {
    let rig = Rig::start().await;
    let body = json!({ "agentId": Wallet::new(1).text(), "more": { "x": 1 } });
    rig.post("/poa/api/challenge", &body).await.ok();
    rig.send(raw("/poa/api/challenge", "text/plain", body.to_string())).await.ok();
    rig.post("/poa/api/challenge", &json!({ "agentId": Wallet::new(1).text(), "action": "burn" }))
        .await
        .refused(400, "action-invalid");
}

#[tokio::test]
async fn issue_codes() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    let id = agent.text();
    let issue = |sig: Value| json!({ "agentId": id, "controllerSig": sig });
    for sig in [
        json!("x"),
        json!({}),
        json!({ "nonce": "00" }),
        json!({ "signatureHex": "00".repeat(64) }),
        json!({ "nonce": 1, "signatureHex": "00".repeat(64) }),
        json!({ "nonce": "00", "signatureHex": "zz".repeat(64) }),
        json!({ "nonce": "", "signatureHex": "00".repeat(64) }),
        json!({ "nonce": "00", "signatureHex": "00".repeat(67) }),
    ] {
        rig.post("/poa/api/issue", &issue(sig)).await.refused(400, "controllerSig-malformed");
    }
    let unknown = json!({ "nonce": "00".repeat(16), "signatureHex": "00".repeat(64) });
    rig.post("/poa/api/issue", &issue(unknown)).await.refused(400, "challenge-expired-or-unknown");
    rig.post("/poa/api/issue", &json!({ "agentId": id })).await.refused(404, "agent-not-registered");
    let challenge = rig.challenge(&agent).await;
    rig.issue(&agent, &controller, &challenge).await.refused(404, "agent-not-registered");
    rig.get(&format!("/poa/api/snapshot/{id}")).await.refused(404, "agent-not-registered");
    rig.get("/poa/api/snapshot/x").await.refused(400, "agentId-invalid-format");

    rig.register(&agent, Some(&controller)).await;
    assert_eq!(rig.get(&format!("/poa/api/snapshot/{id}")).await.ok()["snapshot"]["agentId"], id);
    rig.post("/poa/api/issue", &json!({ "agentId": id, "controllerSig": null }))
        .await
        .refused(401, "controller-signature-required");
    rig.change(&agent, "balance", &json!({ "seusBalance": "0" })).await;
    let challenge = rig.challenge(&agent).await;
    rig.issue(&agent, &controller, &challenge).await.refused(403, "agent-balance-zero");
    rig.change(&agent, "balance", &json!({ "seusBalance": "1" })).await;
    rig.change(&agent, "controller", &json!({ "controller": null })).await;
    let challenge = rig.challenge(&agent).await;
    rig.issue(&agent, &controller, &challenge).await.refused(409, "controller-missing-on-chain");
}

#[tokio::test]
async fn revoke_codes() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    let id = agent.text();
    let revoke = |body: Value| {
        let mut body = body;
        body["agentId"] = json!(id);
        body
    };
    let sig = "00".repeat(64);
    rig.post("/poa/api/revoke", &revoke(json!({ "signatureHex": sig }))).await.refused(400, "nonce-required");
    rig.post("/poa/api/revoke", &revoke(json!({ "nonce": "00" }))).await.refused(400, "signature-malformed");
    rig.post("/poa/api/revoke", &revoke(json!({ "nonce": "00", "signatureHex": "0x12" })))
        .await
        .refused(400, "signature-malformed");
    rig.post("/poa/api/revoke", &revoke(json!({ "nonce": "00", "signatureHex": sig })))
        .await
        .refused(400, "challenge-expired-or-unknown");
    let others = rig.challenge(&Wallet::new(5)).await;
    rig.post("/poa/api/revoke", &revoke(json!({ "nonce": others["nonce"], "signatureHex": sig })))
        .await
        .refused(400, "challenge-agent-mismatch");
    rig.revoke(&agent, &controller).await.refused(404, "agent-not-registered");
    rig.register(&agent, Some(&controller)).await;
    rig.revoke(&agent, &controller).await.refused(404, "no-active-credential");
    rig.claim(&agent, &controller).await;
    rig.revoke(&agent, &Wallet::new(7)).await.refused(401, "signature-invalid");
    // The issue message is no revocation, whoever signed it.
    let challenge = rig.challenge(&agent).await;
    let signature = controller.sign(challenge["message"].as_str().unwrap());
    rig.post("/poa/api/revoke", &revoke(json!({ "nonce": challenge["nonce"], "signatureHex": signature })))
        .await
        .refused(401, "signature-invalid");
    rig.revoke(&agent, &controller).await.ok();
    rig.revoke(&agent, &controller).await.refused(409, "already-revoked");
}

/// Only who controls the agent now can revoke, not who did when the document was issued.
#[tokio::test]
async fn the_current_controller_revokes() {
    let (rig, agent, old, new) = (Rig::start().await, Wallet::new(1), Wallet::new(2), Wallet::new(3));
    rig.register(&agent, Some(&old)).await;
    rig.claim(&agent, &old).await;
    rig.change(&agent, "controller", &json!({ "controller": new.text() })).await;
    rig.revoke(&agent, &old).await.refused(401, "signature-invalid");
    rig.revoke(&agent, &new).await.ok();
}

#[tokio::test]
async fn verify_codes() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let jws = {
        let jti = rig.claim(&agent, &controller).await;
        rig.jws(&jti).await
    };
    let path = "/poa/api/verify";
    let reason = async |request: Request<Body>| {
        let answer = rig.send(request).await;
        assert_eq!(answer.json()["valid"], false, "{answer:?}");
        (answer.status, answer.json()["reason"].as_str().unwrap().to_owned())
    };
    let is = |status, reason: &str| (status, reason.to_owned());
    assert_eq!(reason(raw(path, "application/json", "{")).await, is(400, "invalid-body"));
    assert_eq!(reason(raw(path, "application/json", "[]")).await, is(400, "invalid-body"));
    assert_eq!(reason(raw(path, "application/jwt", vec![0xff])).await, is(400, "invalid-body"));
    assert_eq!(reason(raw(path, "application/json", "{}")).await, is(400, "jws-required"));
    assert_eq!(reason(raw(path, "application/json", "{\"jws\":\"\"}")).await, is(400, "jws-required"));
    assert_eq!(reason(raw(path, "text/plain", "")).await, is(400, "jws-required"));
    assert_eq!(reason(raw(path, "text/plain", "x".repeat(32 * 1024 + 1))).await, is(413, "jws-too-large"));
    assert_eq!(reason(raw(path, "text/plain", "x".repeat(200 * 1024))).await, is(413, "jws-too-large"));
    let mut spoiled = jws.clone().into_bytes();
    let last = spoiled.len() - 10;
    spoiled[last] = if spoiled[last] == b'A' { b'B' } else { b'A' };
    for text in ["x".to_owned(), format!("{jws}="), String::from_utf8(spoiled).unwrap()] {
        assert_eq!(reason(raw(path, "application/jose", text)).await, is(400, "signature-invalid"));
    }
    for content_type in ["application/jose", "application/jwt", "text/plain; charset=utf-8"] {
        assert_eq!(rig.send(raw(path, content_type, format!("{jws}\n"))).await.ok()["valid"], true);
    }
}

#[tokio::test]
async fn a_document_is_fetched_in_both_forms() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let jti = rig.claim(&agent, &controller).await;
    let whole = rig.credential(&jti).await;
    assert_eq!((&whole["jti"], &whole["revoked"]), (&json!(jti), &json!(false)));
    assert_eq!(whole["claims"]["sub"], agent.text());
    for media_type in ["application/jose", "application/jwt"] {
        let request = Request::get(format!("/poa/api/credential/{jti}")).header("accept", media_type);
        let answer = rig.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("content-type"), media_type);
        assert_eq!(answer.bytes, whole["jws"].as_str().unwrap().as_bytes());
    }
    for name in ["01ARYZ6S41ZZZZZZZZZZZZZZZZ", "nothing"] {
        rig.get(&format!("/poa/api/credential/{name}")).await.refused(404, "not-found");
    }
}

/// Also what no handler of ours answers is in the published form.
#[tokio::test]
async fn paths_and_methods_that_are_not_there() {
    let rig = Rig::start().await;
    for path in ["/poa/api", "/poa/api/", "/poa/api/nothing", "/poa/api/snapshot", "/poa/api/credential/a/b"] {
        rig.get(path).await.refused(404, "not-found");
    }
    for (method, path, allowed) in [
        ("GET", "/poa/api/challenge", "POST"),
        ("PUT", "/poa/api/issue", "POST"),
        ("GET", "/poa/api/verify", "POST"),
        ("DELETE", "/poa/api/revoke", "POST"),
        ("POST", "/poa/api/revoked", "GET"),
        ("POST", "/poa/api/credential/x", "GET"),
        ("POST", "/poa/api/snapshot/x", "GET"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = rig.send(request).await;
        answer.refused(405, "method-not-allowed");
        assert!(answer.header("allow").contains(allowed), "{method} {path}");
    }
    for path in ["/poa/api/snapshot/%ff", "/poa/api/credential/%ff"] {
        rig.get(path).await.refused(400, "invalid-parameter");
    }
    // The operator's and the chain's paths are not the published ones.
    for path in ["/poa/operator/credentials/x/revoke", "/poa/registry/agents", "/poa/chain/v1/nothing"] {
        let answer = rig.get(path).await;
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
    }
}

#[tokio::test]
async fn a_broken_database_is_said_so() {
    let (rig, agent) = (Rig::start().await, Wallet::new(1));
    let jti = "01ARYZ6S41ZZZZZZZZZZZZZZZZ";
    rig.register(&agent, None).await;
    rig.app.domain().store().close().await;
    rig.get(&format!("/poa/api/credential/{jti}")).await.refused(503, "store-unreachable");
    // The embedded chain is in the same database.
    rig.post("/poa/api/challenge", &json!({ "agentId": agent.text() })).await.refused(503, "chain-unreachable");
}

#[tokio::test]
async fn the_registry_is_the_operators() {
    let (rig, agent) = (Rig::start().await, Wallet::new(1));
    let path = format!("/poa/registry/agents/{}", agent.text());
    assert_eq!(rig.post("/poa/registry/agents", &json!({})).await.status, 401);
    assert_eq!(rig.post(&format!("{path}/balance"), &json!({ "seusBalance": "1" })).await.status, 401);
    let absent =
        rig.operator(axum::http::Method::POST, &format!("{path}/balance"), &json!({ "seusBalance": "1" })).await;
    assert_eq!(absent.status, 404);
    rig.register(&agent, None).await;
    let same =
        rig.operator(axum::http::Method::POST, &format!("{path}/sovereignty"), &json!({ "sovereign": true })).await;
    assert_eq!(same.status, 409, "a block without a change");
    let wrong =
        rig.operator(axum::http::Method::POST, &format!("{path}/balance"), &json!({ "seusBalance": "01" })).await;
    assert_eq!(wrong.status, 400);
}
