//! `/status-lists`: signed, fresh, in step with the heads; Bitstring Status List v1.0 and Token Status List draft-21.

use axum::body::Body;
use axum::http::{Method, Request};
use poa_verifier::status::StatusList;
use poa_verifier::status::token_list::{TokenStatus, TokenStatusList};
use poa_verifier::trust::{KeyPurpose, Trust};
use poa_verifier::{Verifier, data_integrity, jws};
use serde_json::{Value, json};

use crate::service::{Answer, HOST, Service, URL};

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

async fn accepted(service: &Service, path: &str, accept: &str) -> Answer {
    service.send(Request::get(path).header("accept", accept).body(Body::empty()).unwrap()).await
}

async fn token_list(service: &Service) -> TokenStatusList {
    let trust = Trust::from_json(&service.get("/.well-known/poa-trust.json").await.bytes).unwrap();
    Verifier::new(trust).token_status_list(&service.get("/status-lists/token").await.text()).unwrap()
}

/// Bitstring Status List §2.2: contexts, types, `encodedList` with the prefix `u`, at least 16 KiB, `ttl` in
/// milliseconds; §2.1: an entry's `id` is not the list's, its index a decimal string.
#[tokio::test]
async fn lists_and_entries_have_the_members_of_the_specification() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let credential = service.issue(&agent, "full_disclosure/1", json!({})).await.json();
    for (entry, purpose) in credential["credentialStatus"].as_array().unwrap().iter().zip(["revocation", "suspension"])
    {
        let list = service.get(&format!("/status-lists/{purpose}")).await.json();
        assert_eq!(entry["type"], "BitstringStatusListEntry");
        assert_eq!((&entry["statusPurpose"], &entry["statusListCredential"]), (&json!(purpose), &list["id"]));
        assert_ne!(entry["id"], list["id"]);
        let index = entry["statusListIndex"].as_str().unwrap();
        assert_eq!(index.parse::<u64>().unwrap().to_string(), index);
        assert_eq!(list["@context"][0], "https://www.w3.org/ns/credentials/v2");
        assert_eq!(list["type"], json!(["VerifiableCredential", "BitstringStatusListCredential"]));
        let subject = &list["credentialSubject"];
        assert_eq!((&subject["type"], &subject["statusPurpose"]), (&json!("BitstringStatusList"), &json!(purpose)));
        assert!(subject["encodedList"].as_str().unwrap().starts_with('u'));
        assert_eq!(subject["ttl"], 300_000);
    }
}

/// Software that reads JSON by its media type alone finds the list, too.
#[tokio::test]
async fn a_list_is_served_in_the_form_that_is_accepted() {
    let service = Service::start().await;
    let path = "/status-lists/revocation";
    let mut etags = Vec::new();
    for (accept, content_type) in [
        ("*/*", "application/vc"),
        ("application/vc", "application/vc"),
        ("application/ld+json, application/json", "application/ld+json"),
        ("application/json", "application/json"),
        ("application/vc+jwt", "application/vc+jwt"),
    ] {
        let answer = accepted(&service, path, accept).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, content_type), "{accept}");
        assert_eq!((answer.header("vary"), answer.header("cache-control")), ("accept", "public, max-age=60"));
        assert_eq!(answer.header("content-encoding"), "");
        etags.push(answer.header("etag").to_owned());
    }
    assert_eq!(etags[0], etags[1]);
    assert_ne!(etags[0], etags[4]);
    accepted(&service, path, "text/html").await.assert_problem(406, "not-acceptable");
    accepted(&service, "/status-lists/token", "application/statuslist+cwt").await.assert_problem(406, "not-acceptable");
}

/// VC-JOSE-COSE §3.1: `typ`, `cty`, `kid`; the payload is the same credential.
#[tokio::test]
async fn an_enveloped_list_is_the_same_list_signed_by_the_status_key() {
    let service = Service::start().await;
    let plain = data_integrity::without_proof(&service.get("/status-lists/suspension").await.json());
    let jwt = accepted(&service, "/status-lists/suspension", "application/vc+jwt").await.text();
    let parsed = jws::parse(&jwt).unwrap();
    assert_eq!((parsed.typ(), parsed.claims().unwrap()), ("vc+jwt", plain));
    let trust = Trust::from_json(&service.get("/.well-known/poa-trust.json").await.bytes).unwrap();
    let key = trust.jwk_method(parsed.kid(), KeyPurpose::Status, service.now()).unwrap();
    parsed.verify(key).unwrap();
    assert!(parsed.kid().starts_with(&format!("did:web:{HOST}#")));
}

/// Token Status List §5.1: `typ`, `sub` equal to the URI, `iat`, `exp`, `ttl` in seconds, `bits`.
#[tokio::test]
async fn the_token_list_says_what_the_bitstrings_say() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let other = service.attested_agent().await;
    let index = async |agent| {
        let credential = service.issue(agent, "full_disclosure/1", json!({})).await.json();
        credential["credentialStatus"][0]["statusListIndex"].as_str().unwrap().parse::<u64>().unwrap()
    };
    let (revoked, suspended) = (index(&agent).await, index(&other).await);
    service.operator(Method::POST, &agent.path("/revoke"), &json!({})).await;
    service.operator(Method::POST, &other.path("/suspend"), &Value::Null).await;
    service.publish().await;
    let list = token_list(&service).await;
    let claims = list.claims();
    assert_eq!(
        (claims.uri.clone(), claims.iss.clone()),
        (format!("{URL}/status-lists/token"), format!("did:web:{HOST}"))
    );
    assert_eq!((claims.ttl_s, claims.exp - claims.iat), (300, 300));
    assert_eq!(claims.entries.get(revoked), Ok(TokenStatus::Invalid));
    assert_eq!(claims.entries.get(suspended), Ok(TokenStatus::Suspended));
    let bits = verified_list(&service, "revocation").await.bits;
    assert_eq!((bits.entries(), bits.get(revoked), bits.get(suspended)), (claims.entries.count(), Ok(true), Ok(false)));
    let jwt = service.get("/status-lists/token").await;
    assert_eq!(jwt.header("content-type"), "application/statuslist+jwt");
    assert_eq!(jws::parse(&jwt.text()).unwrap().typ(), "statuslist+jwt");
}

/// Token Status List §9: where all lists are named.
#[tokio::test]
async fn the_aggregation_names_the_token_list_and_the_list_names_the_aggregation() {
    let service = Service::start().await;
    let aggregation = service.get("/status-lists").await;
    assert_eq!(aggregation.header("content-type"), "application/json");
    assert_eq!(aggregation.json(), json!({ "status_lists": [format!("{URL}/status-lists/token")] }));
    let claims = jws::parse(&service.get("/status-lists/token").await.text()).unwrap().claims().unwrap();
    assert_eq!(claims["status_list"]["aggregation_uri"], format!("{URL}/status-lists"));
}

/// Token Status List §8.4 and Bitstring Status List §3.2: a provider without past lists says so.
#[tokio::test]
async fn a_past_list_is_refused_rather_than_answered_with_the_present_one() {
    let service = Service::start().await;
    for path in ["/status-lists/token?time=1686925000", "/status-lists/revocation?timestamp=2024-01-01T00:00:00Z"] {
        service.get(path).await.assert_problem(501, "not-implemented");
    }
}

#[tokio::test]
async fn lists_are_open_to_other_origins() {
    let service = Service::start().await;
    for path in ["/status-lists", "/status-lists/token", "/status-lists/revocation"] {
        let request = Request::get(path).header("origin", "https://a.example").body(Body::empty()).unwrap();
        assert_eq!(service.send(request).await.header("access-control-allow-origin"), "*", "{path}");
    }
}

/// Neighbours in time are no neighbours in the list.
#[tokio::test]
async fn indices_are_handed_out_at_random() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let mut indices = Vec::new();
    for _ in 0..4 {
        let credential = service.issue(&agent, "full_disclosure/1", json!({})).await.json();
        let [revocation, suspension] =
            [0, 1].map(|entry| credential["credentialStatus"][entry]["statusListIndex"].clone());
        assert_eq!(revocation, suspension);
        indices.push(revocation.as_str().unwrap().parse::<i64>().unwrap());
    }
    // That four draws of 131,072 lie this close happens once in 10^8.
    assert!(indices.windows(2).any(|pair| (pair[0] - pair[1]).abs() > 100), "{indices:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_at_once_gets_lists_of_one_signing() {
    let service = std::sync::Arc::new(Service::start().await);
    let asking = (0..8).map(|_| {
        let service = std::sync::Arc::clone(&service);
        tokio::spawn(async move { service.app.status_lists().await.unwrap() })
    });
    let mut lists = Vec::new();
    for task in asking.collect::<Vec<_>>() {
        lists.push(task.await.unwrap());
    }
    assert!(lists.iter().all(|list| std::sync::Arc::ptr_eq(list, &lists[0])));
}

/// Sixteen million entries, a few in a hundred of them revoked: far more than fits into an ordinary document.
#[tokio::test]
async fn the_longest_list_is_served_in_every_form() {
    let service = Service::start().await;
    service.attested_agent().await;
    let pool = service.app.domain().store().writer_pool();
    sqlx::query("UPDATE status_space SET size = 16777216").execute(pool).await.unwrap();
    // An odd factor gives every number below a power of two once.
    sqlx::query(
        "INSERT INTO status_entries (idx, credential, revoked, suspended) \
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 299999) \
         SELECT i * 2654435761 % 16777216, 'c' || i, 1, 0 FROM n",
    )
    .execute(pool)
    .await
    .unwrap();
    let begun = std::time::Instant::now();
    let lists = service.app.status_lists().await.unwrap();
    // Without optimisation of this crate and on a busy machine; `cargo bench --bench status_lists` measures.
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    assert!(lists.token().len() > 100_000);
    let revoked = 2_654_435_761 % 16_777_216;
    let bits = verified_list(&service, "revocation").await.bits;
    let entries = token_list(&service).await.claims().entries.clone();
    assert_eq!((bits.entries(), bits.get(revoked), bits.get(revoked + 1)), (16_777_216, Ok(true), Ok(false)));
    assert_eq!((entries.count(), entries.get(revoked)), (16_777_216, Ok(TokenStatus::Invalid)));
    let jwt = accepted(&service, "/status-lists/revocation", "application/vc+jwt").await;
    assert_eq!((jwt.status, jwt.text().split('.').count()), (200, 3));
}
