//! The lists: every revocation, once, in order; signed status lists; the keys.

use axum::body::Body;
use axum::http::Request;
use poa_verifier::agenthood::revoked_list::RevokedList;
use poa_verifier::jws;
use serde_json::{Value, json};

use crate::rig::{Rig, Wallet};

async fn revoked_thrice(rig: &Rig) -> Vec<String> {
    let mut documents = Vec::new();
    for seed in [1, 3, 5] {
        let (agent, controller) = (Wallet::new(seed), Wallet::new(seed + 1));
        rig.register(&agent, Some(&controller)).await;
        documents.push(rig.claim(&agent, &controller).await);
        rig.change(&agent, "sovereignty", &json!({ "sovereign": true })).await;
        rig.app.watch_now().await.unwrap();
    }
    documents
}

#[tokio::test]
async fn the_list_holds_automatic_reasons_and_comes_whole_or_in_pages() {
    let rig = Rig::start().await;
    let documents = revoked_thrice(&rig).await;
    let answer = rig.get("/poa/api/revoked").await;
    let whole = answer.ok();
    assert_eq!(whole["issuer"], "did:web:127.0.0.1%3A8080");
    assert_eq!(whole["generatedAt"], rig.clock_now() * 1000);
    let entries = whole["revoked"].as_array().unwrap();
    assert_eq!(entries.iter().map(|entry| entry["jti"].as_str().unwrap()).collect::<Vec<_>>(), documents);
    assert_eq!(entries[0]["reason"], "sovereignty-flipped");
    assert_eq!(entries[0]["agentId"], Wallet::new(1).text());
    assert_eq!(entries[0]["at"], rig.clock_now() * 1000);
    assert!(entries[0]["block"].is_u64());
    let list = RevokedList::from_json(&answer.bytes, "u", 0).unwrap();
    let revocation = list.revocation(&documents[2]).unwrap();
    assert_eq!((revocation.reason.as_str(), revocation.at), ("sovereignty-flipped", entries[2]["at"].as_u64()));

    assert!(whole.get("after").is_none());

    let (mut paged, mut after) = (Vec::new(), json!("0"));
    let mut path = "/poa/api/revoked?limit=2".to_owned();
    loop {
        let answer = rig.get(&path).await;
        assert!(RevokedList::from_json(&answer.bytes, "u", 0).is_err(), "a page of two, the last one too");
        let page = answer.ok();
        assert_eq!(page["after"], after);
        after = page["cursor"].clone();
        paged.extend(page["revoked"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/poa/api/revoked?limit=2&cursor={next}");
    }
    assert_eq!(&paged, entries);
    let one_page = rig.get("/poa/api/revoked?limit=3").await;
    assert!(RevokedList::from_json(&one_page.bytes, "u", 0).is_ok(), "everything in one page");
    // From the last cursor on there is only what is new.
    let rest = rig.get(&format!("/poa/api/revoked?cursor={}", whole["cursor"].as_str().unwrap())).await.ok();
    assert_eq!(rest["revoked"], json!([]));
    let since = rig.get(&format!("/poa/api/revoked?cursor={}", paged.len() - 1)).await.ok();
    assert_eq!(since["revoked"], json!([entries[2]]));
    for query in ["limit=0", "limit=1001", "cursor=-1", "cursor=x", "more=1", "cursor=9223372036854775808"] {
        rig.get(&format!("/poa/api/revoked?{query}")).await.refused(400, "invalid-parameter");
    }
}

#[tokio::test]
async fn an_unchanged_list_is_not_sent_again() {
    let rig = Rig::start().await;
    for path in ["/poa/api/revoked", "/poa/api/revoked?limit=2", "/status-lists/token", "/status-lists/revocation"] {
        let first = rig.get(path).await;
        let etag = first.header("etag").to_owned();
        assert!(first.header("cache-control").starts_with("public, max-age="), "{path}");
        rig.clock.advance(1);
        let again = Request::get(path).header("if-none-match", &etag).body(Body::empty()).unwrap();
        let again = rig.send(again).await;
        assert_eq!((again.status, again.bytes.len()), (304, 0), "{path}");
    }
}

/// A strong tag stands for every byte, the time among them: who revalidates an old answer gets the new time.
#[tokio::test]
async fn tags_are_equal_exactly_when_the_bytes_are() {
    for path in ["/poa/api/revoked", "/poa/api/revoked?limit=2"] {
        let rig = Rig::start().await;
        let mut seen: Vec<(String, Vec<u8>)> = Vec::new();
        for step in 0..25 {
            if step == 12 {
                revoked_thrice(&rig).await;
            }
            let answer = rig.get(path).await;
            let said = answer.ok()["generatedAt"].as_u64().unwrap();
            let now = rig.clock_now() * 1000;
            assert!((now - 9_000..=now).contains(&said), "{said} at {now}");
            seen.push((answer.header("etag").to_owned(), answer.bytes.to_vec()));
            rig.clock.advance(1);
        }
        for (tag, bytes) in &seen {
            for (other_tag, other_bytes) in &seen {
                assert_eq!(tag == other_tag, bytes == other_bytes, "{path}: {tag} and {other_tag}");
            }
        }
        let versions = seen.iter().map(|(tag, _)| tag).collect::<std::collections::BTreeSet<_>>().len();
        assert!((3..=5).contains(&versions), "{path}: {versions} in 25 s");
    }
}

/// The whole list is written when something was revoked, and else only its time is brought up to date.
#[tokio::test]
async fn the_whole_list_grows_by_what_is_new() {
    let rig = Rig::start().await;
    let list = async || {
        let answer = rig.get("/poa/api/revoked").await;
        (answer.header("etag").to_owned(), answer.ok())
    };
    let (empty, body) = list().await;
    assert_eq!((&body["revoked"], &body["cursor"]), (&json!([]), &json!("0")));
    let documents = revoked_thrice(&rig).await;
    let (tag, body) = list().await;
    assert_ne!(tag, empty);
    assert_eq!((body["revoked"].as_array().unwrap().len(), &body["cursor"]), (3, &json!("3")));
    let written = rig.clock_now() * 1000;
    rig.clock.advance(9);
    assert_eq!(list().await, (tag.clone(), body.clone()), "the same bytes");
    rig.clock.advance(1);
    let (again, later) = list().await;
    assert_eq!(later["revoked"], body["revoked"]);
    assert_eq!(later["generatedAt"], written + 10_000);
    assert_ne!(again, tag, "another time, other bytes");
    let (agent, controller) = (Wallet::new(7), Wallet::new(8));
    rig.register(&agent, Some(&controller)).await;
    let fourth = rig.claim(&agent, &controller).await;
    rig.revoke(&agent, &controller).await.ok();
    let (next, body) = list().await;
    assert_ne!(next, again);
    let listed: Vec<_> = body["revoked"].as_array().unwrap().iter().map(|entry| entry["jti"].clone()).collect();
    assert_eq!(listed, [&documents[..], &[fourth]].concat());
    let known = Request::get("/poa/api/revoked").header("if-none-match", format!("\"x\", W/{next}"));
    assert_eq!(rig.send(known.body(Body::empty()).unwrap()).await.status, 304);
    // From the database alone it is the same list.
    let rig = rig.restart().await;
    let answer = rig.get("/poa/api/revoked").await;
    assert_eq!((answer.header("etag"), &answer.ok()["revoked"]), (next.as_str(), &body["revoked"]));
}

/// A key counts, or counts no more, from the moment it changed: no cache may answer unasked.
#[tokio::test]
async fn keys_are_asked_for_each_time_and_sent_when_they_changed() {
    let rig = Rig::start().await;
    let paths = [
        "/poa/.well-known/jwks.json",
        "/.well-known/jwks.json",
        "/.well-known/did.json",
        "/.well-known/poa-trust.json",
    ];
    let mut tags = Vec::new();
    for path in paths {
        let answer = rig.get(path).await;
        assert_eq!(answer.header("cache-control"), "public, no-cache", "{path}");
        tags.push(answer.header("etag").to_owned());
    }
    let again = async |path: &str, tag: &str| {
        rig.send(Request::get(path).header("if-none-match", tag).body(Body::empty()).unwrap()).await.status
    };
    for (path, tag) in paths.iter().zip(&tags) {
        assert_eq!(again(path, tag).await, 304, "{path}");
    }
    let rotate = json!({ "purpose": "credentials" });
    let rotated = rig.operator(axum::http::Method::POST, "/issuer-keys/rotate", &rotate).await;
    assert!(rotated.status < 300, "{rotated:?}");
    for (path, tag) in paths.iter().zip(&tags) {
        assert_eq!(again(path, tag).await, 200, "{path}");
    }
}

#[tokio::test]
async fn the_token_list_is_signed_fresh_and_in_step_with_the_others() {
    let rig = Rig::start().await;
    let answer = rig.get("/status-lists/token").await;
    assert_eq!(answer.header("content-type"), "application/statuslist+jwt");
    let list = jws::parse(std::str::from_utf8(&answer.bytes).unwrap());
    let list = list.map(|list| (list.typ().to_owned(), list.kid().to_owned(), list.claims().unwrap())).unwrap();
    assert_eq!(list.0, "statuslist+jwt");
    assert!(list.1.ends_with("#status-1"));
    assert_eq!(list.2["sub"], "http://127.0.0.1:8080/status-lists/token");
    assert_eq!(list.2["ttl"], 300);
    assert_eq!(list.2["status_list"]["bits"], 2);
    revoked_thrice(&rig).await;
    rig.publish().await;
    let counter = async || {
        let answer = rig.get("/status-lists/token").await;
        jws::parse(std::str::from_utf8(&answer.bytes).unwrap()).unwrap().claims().unwrap()["revocations"].clone()
    };
    let head = rig.get("/roots/latest").await.json();
    let bitstring = rig.get("/status-lists/revocation").await.json();
    assert_eq!(counter().await, head["revocations"]);
    assert_eq!(bitstring["credentialSubject"]["revocations"], head["revocations"]);
    assert_ne!(counter().await, 0);
}

#[tokio::test]
async fn the_active_key_stands_first_and_signed_the_documents() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let keys: Value = rig.get("/poa/.well-known/jwks.json").await.ok();
    let first = &keys["keys"][0];
    for (member, value) in [("kty", "OKP"), ("crv", "Ed25519"), ("alg", "EdDSA"), ("use", "sig")] {
        assert_eq!(first[member], value);
    }
    assert!(first.get("d").is_none());
    let jti = rig.claim(&agent, &controller).await;
    let text = rig.jws(&jti).await;
    let header = text.split('.').next().unwrap();
    let header = poa_verifier::multibase::from_base64url(header).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header, json!({ "alg": "EdDSA", "kid": first["kid"], "typ": "poa+jws" }));
    let x = poa_verifier::multibase::from_base64url(first["x"].as_str().unwrap()).unwrap();
    let key = poa_verifier::ed25519::PublicKey::from_bytes(&x.try_into().unwrap()).unwrap();
    jws::parse(&text).unwrap().verify(&key).unwrap();
}

/// What a leaked key signed is listed, so that its agents can be asked to claim again.
#[tokio::test]
async fn documents_of_a_compromised_key_are_listed_and_verify_no_more() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let jti = rig.claim(&agent, &controller).await;
    let rotated = rig.operator(axum::http::Method::POST, "/issuer-keys/credentials-1/compromise", &Value::Null).await;
    assert!(rotated.status < 300, "{rotated:?}");
    let jws = rig.jws(&jti).await;
    let refused = rig.post("/poa/api/verify", &json!({ "jws": jws })).await;
    assert_eq!((refused.status, &refused.json()["valid"]), (400, &json!(false)));
    let listed = rig.operator(axum::http::Method::GET, "/issuer-keys/compromised", &Value::Null).await.ok();
    let document = &listed["documents"][0];
    assert_eq!((&document["kind"], &document["id"]), (&json!("agenthood"), &json!(jti)), "{listed}");
    assert_eq!(document["agent"], agent.text());
    // The next one is by another key, which stands first; the old one is superseded and off the list.
    let next = rig.claim(&agent, &controller).await;
    assert_eq!(rig.verify(&next).await["kid"], rig.get("/poa/.well-known/jwks.json").await.ok()["keys"][0]["kid"]);
    let listed = rig.operator(axum::http::Method::GET, "/issuer-keys/compromised", &Value::Null).await.ok();
    assert_eq!(listed["documents"], json!([]));
}
