//! Documents of other issuers: offline with files, and between two services that run.

use std::time::{Duration, SystemTime};

use ed25519_dalek::{Signer as _, SigningKey};
use poa_verifier::{agenthood, jws, multibase};
use serde_json::{Value, json};

use crate::rig::{Service, Users, Wallet, check};

const ISS: &str = "theseus.network/poa";
const LIST: &str = "https://theseus.example/poa/api/revoked";
const JTI: &str = "01JTZ6Q9XN4M2V8K3B7C5D1EFG";

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

/// A document with the published members alone.
fn published(kind: &str, signer: &SigningKey) -> String {
    let (agent, controller) = (Wallet::new(21), Wallet::new(22));
    let nonce = "00112233445566778899aabbccddeeff";
    let signature = controller.sign(&format!("poa:{}:{nonce}", agent.address()));
    let attestation = match kind {
        "snapshot" => json!({ "kind": "snapshot" }),
        kind => json!({
            "kind": kind, "controller": controller.address(), "nonce": nonce, "controllerSig": signature,
            "signedAt": (now() - 86_400) * 1000,
        }),
    };
    let claims = json!({
        "iss": ISS, "sub": agent.address(), "jti": JTI, "iat": now() - 86_400, "attestation": attestation,
        "agent": {
            "agentId": agent.address(), "name": "Notary", "abgHash": format!("0x{}", "d2".repeat(32)),
            "abgVersion": 3, "sovereign": false, "controller": controller.address(),
            "capabilities": { "models": ["large-1"], "tools": ["hash"], "intentTypes": ["witness"], "subAgents": [] },
            "registration": { "atBlock": 1_080_000, "registrar": controller.address() },
            "funding": { "seusBalance": "200000000000", "active": true },
            "recentRuns": { "sampledRuns": 0, "inferenceMix": { "kzg": 0, "signatureOnly": 0 }, "grade": "unknown" },
            "enclaveBound": false, "snapshotAtBlock": 1_200_000, "snapshotAtTime": "2026-01-14T10:19:30.000Z",
        },
        "policy": { "revocationListUrl": LIST, "refreshHint": "event-driven" },
    });
    let input = jws::signing_input(agenthood::TYP, "poa-2026-05", &claims);
    jws::attach_signature(&input, &signer.sign(input.as_bytes()).to_bytes())
}

fn put_list(users: &Users, issuer: &str, generated_at: u64, revoked: &Value) {
    let list = json!({ "issuer": issuer, "generatedAt": generated_at * 1000, "revoked": revoked });
    std::fs::write(users.poa.path("revoked.json"), list.to_string()).unwrap();
}

fn put_issuers(users: &Users, key: &SigningKey, more: &Value) {
    let x = multibase::base64url(key.verifying_key().as_bytes());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "alg": "EdDSA", "kid": "poa-2026-05", "use": "sig" });
    let mut issuer = json!({ "issuer": ISS, "keys": [jwk], "revocationList": LIST });
    issuer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let file = json!({ "type": "PoaAgenthoodIssuers", "version": 1, "issuers": [issuer] });
    std::fs::write(users.poa.path("peers.json"), file.to_string()).unwrap();
}

#[test]
fn a_published_document_verifies_offline_with_its_issuer_and_a_fresh_list() {
    let users = Users::new();
    let service = Service::start(&users.poa, "service", &[]);
    users.ok(&["trust", "add", &service.url]);
    drop(service);
    let (key, thief) = (SigningKey::from_bytes(&[41; 32]), SigningKey::from_bytes(&[42; 32]));
    std::fs::write(users.poa.path("doc.jws"), published("controller-attested", &key)).unwrap();
    std::fs::write(users.poa.path("forged.jws"), published("controller-attested", &thief)).unwrap();
    std::fs::write(users.poa.path("snapshot.jws"), published("snapshot", &key)).unwrap();
    put_issuers(&users, &key, &json!({}));
    put_list(&users, ISS, now(), &json!([{ "jti": "another", "reason": "abg-changed", "at": 1 }]));

    let verify =
        |document: &str, more: &[&str]| users.run(&[&["agenthood", "verify", document, "--offline"], more].concat());
    let issuers = ["--agenthood-issuers", "peers.json"];
    let all = [&issuers[..], &["--revoked-list", "revoked.json"]].concat();
    let judged = |document: &str, more: &[&str], status: i32, name: &str, outcome: &str, reason: &str| {
        let run = verify(document, more);
        assert_eq!(run.status, status, "{}{}", run.stdout, run.stderr);
        assert_eq!(check(&run.json(), name), (outcome.to_owned(), reason.to_owned()));
    };
    judged("doc.jws", &all, 0, "status", "pass", "");
    judged("doc.jws", &issuers, 2, "status", "unknown", "no_list");
    judged("doc.jws", &[], 1, "issuer_signature", "fail", "other_issuer");
    judged("forged.jws", &all, 1, "issuer_signature", "fail", "signature");
    judged("snapshot.jws", &all, 1, "attributes", "fail", "unattested");
    let about = Wallet::new(21).address();
    assert_eq!(verify("doc.jws", &[&all[..], &["--about", &about]].concat()).status, 0);

    put_issuers(&users, &key, &json!({ "snapshots": true }));
    judged("snapshot.jws", &all, 0, "proof", "not_applicable", "snapshot");
    put_issuers(&users, &key, &json!({ "network": 0 }));
    judged("doc.jws", &all, 1, "subject", "fail", "address");
    put_issuers(&users, &thief, &json!({}));
    judged("doc.jws", &all, 1, "issuer_signature", "fail", "signature");
    put_issuers(&users, &key, &json!({}));

    put_list(&users, ISS, now(), &json!([{ "jti": JTI, "reason": "abg-changed", "at": 1 }]));
    judged("doc.jws", &all, 1, "status", "fail", "revoked");
    put_list(&users, "elsewhere.example/poa", now(), &json!([]));
    let error = verify("doc.jws", &all);
    assert!(error.status == 2 && error.stdout.contains("elsewhere.example/poa"), "{}", error.stdout);

    // Old by its own word, and old by its file's.
    put_list(&users, ISS, now() - 400, &json!([]));
    judged("doc.jws", &all, 2, "status", "unknown", "stale_list");
    let text =
        users.poa.run(&[&["--data-dir", "user", "agenthood", "verify", "doc.jws", "--offline"], &all[..]].concat());
    assert!(text.stdout.contains(LIST) && text.stdout.contains("s old"), "{}", text.stdout);
    put_list(&users, ISS, now(), &json!([]));
    let file = std::fs::File::options().write(true).open(users.poa.path("revoked.json")).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(400)).unwrap();
    judged("doc.jws", &all, 2, "status", "unknown", "stale_list");
    put_issuers(&users, &key, &json!({ "maxListAgeS": 3_600 }));
    judged("doc.jws", &all, 0, "status", "pass", "");
}

/// One service's documents at another: by its lists in the background, and by a user who fetches them.
#[test]
fn two_services_know_each_others_documents() {
    let users = Users::new();
    let peer = Service::start(&users.poa, "peer", &[]);
    let (agent, wallet) = (Wallet::new(1).address(), Wallet::new(2));
    peer.register(&agent, &wallet.address());
    users.file("key.json", &format!(r#"{{"scheme": "ed25519", "seed": "{}"}}"#, "02".repeat(32)));
    let at = ["--service", peer.url.as_str()];
    users.ok(&[&["agenthood", "claim", &agent, "--key", "key.json", "--out", "doc.jws"], &at[..]].concat());

    let jwks: Value = serde_json::from_str(&peer.get("/poa/.well-known/jwks.json")).unwrap();
    let mut keys = jwks["keys"].as_array().unwrap().clone();
    keys[1]["purpose"] = json!("status");
    let revoked: Value = serde_json::from_str(&peer.get("/poa/api/revoked")).unwrap();
    let issuer = json!({
        "issuer": revoked["issuer"], "keys": keys, "maxListAgeS": 8,
        "revocationList": format!("{}/poa/api/revoked", peer.url),
        "tokenStatusList": format!("{}/status-lists/token", peer.url),
    });
    let file = json!({ "type": "PoaAgenthoodIssuers", "version": 1, "issuers": [issuer] });
    std::fs::write(users.poa.path("peers.json"), file.to_string()).unwrap();
    let service = Service::start(&users.poa, "service", &["--agenthood-issuers", "peers.json"]);
    users.ok(&["trust", "add", &service.url]);

    let here = ["agenthood", "verify", "doc.jws", "--agenthood-issuers", "peers.json"];
    let there = ["agenthood", "verify", "doc.jws", "--service", service.url.as_str()];
    assert_eq!(users.ok(&here)["verified"], true);
    assert_eq!(users.wait_for(&there, 0)["verified"], true);
    users.ok(&[&["agenthood", "revoke", &agent, "--key", "key.json", "--yes"], &at[..]].concat());
    for place in [&here[..], &there] {
        let report = users.wait_for(place, 1);
        assert_eq!(check(&report, "status"), ("fail".to_owned(), "revoked".to_owned()));
    }
}
