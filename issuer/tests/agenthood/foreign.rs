//! Documents of other issuers, in the published form to the letter: they verify here once their issuer, keys and
//! revocation list are configured, while that list is fresh.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use ed25519_dalek::{Signer as _, SigningKey};
use poa_issuer::foreign_lists::{FetchSettings, ListSource};
use poa_verifier::agenthood::issuers::AgenthoodIssuers;
use poa_verifier::status::token_list::{self, Entries, TokenStatus, TokenStatusClaims};
use poa_verifier::{agenthood, jws, multibase};
use serde_json::{Value, json};

use crate::rig::{Answer, Rig, START, Wallet};

const ISS: &str = "theseus.network/poa";
const KID: &str = "poa-2026-05";
const JTI: &str = "01JTZ6Q9XN4M2V8K3B7C5D1EFG";
const INDEX: u64 = 4_711;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn jwk(seed: u8, kid: &str) -> Value {
    let x = multibase::base64url(key(seed).verifying_key().as_bytes());
    json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "alg": "EdDSA", "kid": kid, "use": "sig" })
}

/// The claims of a published document, nothing of ours among them: no `exp`, no `status`, a nonce of 16 bytes.
fn claims(list: &str) -> Value {
    let (agent, controller) = (Wallet::new(21), Wallet::new(22));
    let nonce = "00112233445566778899aabbccddeeff";
    let signature = controller.sign(&format!("poa:{}:{nonce}", agent.text()));
    json!({
        "iss": ISS, "sub": agent.text(), "jti": JTI, "iat": START - 86_400,
        "attestation": {
            "kind": "controller-attested", "controller": controller.text(), "nonce": nonce,
            "controllerSig": signature, "signedAt": (START - 86_400) * 1000,
        },
        "agent": {
            "agentId": agent.text(), "name": "Notary", "summary": "Stamps documents.",
            "abgHash": format!("0x{}", "d2".repeat(32)), "abgVersion": 3, "sovereign": false,
            "controller": controller.text(),
            "capabilities": { "models": ["large-1"], "tools": ["hash"], "intentTypes": ["witness"], "subAgents": [] },
            "registration": { "atBlock": 1_080_000, "registrar": controller.text() },
            "funding": { "seusBalance": "200000000000", "active": true },
            "recentRuns": { "sampledRuns": 50, "inferenceMix": { "kzg": 50, "signatureOnly": 0 }, "grade": "full" },
            "enclaveBound": true, "snapshotAtBlock": 1_200_000, "snapshotAtTime": "2026-01-14T10:19:30.000Z",
        },
        "policy": { "revocationListUrl": list, "refreshHint": "event-driven" },
        "tokenBinding": { "standard": "erc-8004" },
        "context": { "audience": "anyone" },
    })
}

fn sign(claims: &Value, seed: u8, kid: &str) -> String {
    let input = jws::signing_input(agenthood::TYP, kid, claims);
    jws::attach_signature(&input, &key(seed).sign(input.as_bytes()).to_bytes())
}

fn list(issuer: &str, generated_at: u64, revoked: Value) -> String {
    json!({ "issuer": issuer, "generatedAt": generated_at * 1000, "revoked": revoked }).to_string()
}

fn issuers(edit: impl FnOnce(&mut Value)) -> AgenthoodIssuers {
    let mut file = json!({ "type": "PoaAgenthoodIssuers", "version": 1, "issuers": [{
        "issuer": ISS, "keys": [jwk(41, KID)], "revocationList": "https://theseus.example/poa/api/revoked",
    }] });
    edit(&mut file["issuers"][0]);
    AgenthoodIssuers::from_json(file.to_string().as_bytes()).unwrap()
}

/// A service that takes its lists from a directory.
struct Kept {
    rig: Rig,
    directory: tempfile::TempDir,
}

impl Kept {
    async fn start(edit: impl FnOnce(&mut Value)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_owned();
        let rig = Rig::start_with(|config| {
            config.agenthood.foreign_issuers = issuers(edit);
            config.agenthood.foreign_lists = ListSource::Directory(path);
        })
        .await;
        Self { rig, directory }
    }

    /// Puts a file there, as old as `at`, and has the service look.
    async fn put(&self, name: &str, text: &str, at: u64) {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        let at = std::time::UNIX_EPOCH + Duration::from_secs(at);
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
        self.rig.app.refresh_foreign_lists().await;
    }

    async fn put_list(&self, revoked: Value) {
        let now = self.rig.clock_now();
        self.put("revoked.json", &list(ISS, now, revoked), now).await;
    }
}

async fn verify(rig: &Rig, document: &str) -> Answer {
    rig.post("/poa/api/verify", &json!({ "jws": document })).await
}

/// The document is genuine and counts.
#[track_caller]
fn is_current(answer: &Answer) {
    let body = answer.ok();
    assert_eq!((&body["valid"], &body["freshness"]["status"]), (&json!(true), &json!("current")), "{body:#}");
    assert_eq!((&body["report"]["authentic"], &body["revoked"]), (&json!(true), &json!(false)));
    assert_eq!((&body["issuer"], &body["kid"]), (&json!(ISS), &json!(KID)));
}

/// It is genuine, but nobody knows whether it counts. Gives why.
#[track_caller]
fn is_unknown(answer: &Answer) -> String {
    let body = answer.ok();
    assert_eq!((&body["valid"], &body["freshness"]["status"]), (&json!(true), &json!("unknown")), "{body:#}");
    assert_ne!(body["report"]["authentic"], true);
    body["freshness"]["detail"].as_str().unwrap().to_owned()
}

/// It is not genuine, for this check.
#[track_caller]
fn is_refused(answer: &Answer, check: &str, reason: &str) {
    let body = answer.json();
    assert_eq!((answer.status, &body["reason"]), (400, &json!("signature-invalid")), "{body:#}");
    let checks = body["report"]["checks"].as_array().unwrap();
    let found = checks.iter().find(|entry| entry["name"] == check).unwrap();
    // A key that is not known may be listed in a newer file of issuers.
    let outcome = if reason == "unknown_key" { "unknown" } else { "fail" };
    assert_eq!((&found["outcome"], &found["reason"]), (&json!(outcome), &json!(reason)));
}

#[tokio::test]
async fn a_published_document_counts_while_its_list_is_fresh() {
    let kept = Kept::start(|_| {}).await;
    let (rig, document) = (&kept.rig, sign(&claims("https://theseus.example/poa/api/revoked"), 41, KID));
    let why = is_unknown(&verify(rig, &document).await);
    assert!(why.contains("https://theseus.example/poa/api/revoked"), "{why}");
    kept.put_list(json!([{ "jti": "01JTZ6Q9XN4M2V8K3B7C5D1EFH", "reason": "abg-changed", "at": 1 }])).await;
    is_current(&verify(rig, &document).await);
    // The general endpoint answers alike, against a request.
    let asked = json!({ "document": document, "request": { "classes": ["agenthood"] } });
    assert_eq!(rig.post("/verify", &asked).await.ok()["verified"], true);

    rig.clock.advance(300);
    rig.app.refresh_foreign_lists().await;
    is_current(&verify(rig, &document).await);
    rig.clock.advance(1);
    let why = is_unknown(&verify(rig, &document).await);
    assert!(why.contains("revoked is 301 s old") && why.contains("300 s"), "{why}");
    assert_ne!(rig.post("/verify", &asked).await.ok()["verified"], true);

    kept.put_list(json!([{ "jti": JTI, "reason": "controller-rotated", "at": 1_768_000_000_000_u64 }])).await;
    let body = verify(rig, &document).await.ok();
    assert_eq!(body["freshness"], json!({ "status": "revoked", "reason": "controller-rotated" }));
    assert_eq!(body["revoked"], json!({ "reason": "controller-rotated", "at": 1_768_000_000_000_u64, "block": null }));
    assert_eq!((&body["valid"], &body["report"]["authentic"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn an_issuer_a_key_and_a_list_of_somebody_else_do_not_count() {
    let kept = Kept::start(|_| {}).await;
    let url = "https://theseus.example/poa/api/revoked";
    kept.put_list(json!([])).await;
    let rig = &kept.rig;
    is_refused(&verify(rig, &sign(&claims(url), 42, KID)).await, "issuer_signature", "signature");
    is_refused(&verify(rig, &sign(&claims(url), 41, "other")).await, "issuer_signature", "unknown_key");
    let mut unknown = claims(url);
    unknown["iss"] = json!("elsewhere.example/poa");
    is_refused(&verify(rig, &sign(&unknown, 41, KID)).await, "issuer_signature", "other_issuer");
    let mut ours = claims(url);
    ours["iss"] = json!("did:web:127.0.0.1%3A8080");
    is_refused(&verify(rig, &sign(&ours, 41, KID)).await, "issuer_signature", "issuer_key");

    let document = sign(&claims(url), 41, KID);
    is_current(&verify(rig, &document).await);
    // Another issuer's list is not taken, and what the file held before stays.
    let now = rig.clock_now();
    kept.put("revoked.json", &list("elsewhere.example/poa", now, json!([])), now + 1).await;
    is_current(&verify(rig, &document).await);
    assert_eq!(rig.app.foreign_lists().failures(), 1);
    std::fs::remove_file(kept.directory.path().join("revoked.json")).unwrap();
    rig.app.refresh_foreign_lists().await;
    is_unknown(&verify(rig, &document).await);
}

#[tokio::test]
async fn the_controllers_own_signature_is_checked_too() {
    let kept = Kept::start(|_| {}).await;
    kept.put_list(json!([])).await;
    let mut altered = claims("https://theseus.example/poa/api/revoked");
    altered["attestation"]["nonce"] = json!("ff".repeat(16));
    is_refused(&verify(&kept.rig, &sign(&altered, 41, KID)).await, "proof", "signature");
}

/// Published snapshots, which nobody attested, count only where the operator says so.
#[tokio::test]
async fn a_snapshot_counts_where_it_is_configured() {
    let mut snapshot = claims("https://theseus.example/poa/api/revoked");
    snapshot["attestation"] = json!({ "kind": "snapshot" });
    let document = sign(&snapshot, 41, KID);
    let strict = Kept::start(|_| {}).await;
    strict.put_list(json!([])).await;
    is_refused(&verify(&strict.rig, &document).await, "attributes", "unattested");
    let lenient = Kept::start(|issuer| issuer["snapshots"] = json!(true)).await;
    lenient.put_list(json!([])).await;
    is_current(&verify(&lenient.rig, &document).await);
}

#[tokio::test]
async fn files_are_read_again_when_they_change_and_are_as_old_as_they_say() {
    let kept = Kept::start(|_| {}).await;
    let (rig, document) = (&kept.rig, sign(&claims("https://theseus.example/poa/api/revoked"), 41, KID));
    let now = rig.clock_now();
    kept.put("revoked.json", &list(ISS, now - 400, json!([])), now).await;
    assert!(is_unknown(&verify(rig, &document).await).contains("400 s old"), "copied just now, written long ago");
    kept.put("revoked.json", &list(ISS, now, json!([])), now - 500).await;
    assert!(is_unknown(&verify(rig, &document).await).contains("500 s old"), "written just now, says the file");
    kept.put("revoked.json", "{ half a fi", now).await;
    assert!(is_unknown(&verify(rig, &document).await).contains("500 s old"), "what was there stays");
    kept.put("revoked.json", &list(ISS, now, json!([])), now).await;
    is_current(&verify(rig, &document).await);
    // Any file that says "revoked" is believed, whatever another says.
    let hit = json!([{ "jti": JTI, "reason": "operator-revoked", "at": 1 }]);
    kept.put("older.json", &list(ISS, now - 9_000, hit), now).await;
    assert_eq!(verify(rig, &document).await.ok()["freshness"]["status"], "revoked");
    kept.put(".hidden.json", "not looked at", now).await;
    assert_eq!(rig.app.foreign_lists().failures(), 1, "the half file, once");
}

/// A copy of yesterday, or a date that no honest list can top, does not put an end to what is known.
#[tokio::test]
async fn a_file_does_not_go_back_in_time_or_ahead_of_it() {
    let kept = Kept::start(|_| {}).await;
    let (rig, document) = (&kept.rig, sign(&claims("https://theseus.example/poa/api/revoked"), 41, KID));
    let now = rig.clock_now();
    kept.put_list(json!([{ "jti": JTI, "reason": "abg-changed", "at": 1 }])).await;
    let is_revoked = async || verify(rig, &document).await.ok()["freshness"]["status"] == "revoked";
    assert!(is_revoked().await);
    kept.put("revoked.json", &list(ISS, now - 1, json!([])), now).await;
    assert!(is_revoked().await, "older");
    assert_eq!(rig.app.foreign_lists().failures(), 1);
    kept.put("revoked.json", &list(ISS, now + 3_600, json!([])), now + 1).await;
    assert!(is_revoked().await, "from the future");
    assert_eq!(rig.app.foreign_lists().failures(), 2);
    // The same file, once its time has come.
    rig.clock.advance(3_600);
    rig.app.refresh_foreign_lists().await;
    assert!(!is_revoked().await);
    let failures = rig.app.foreign_lists().failures();
    rig.app.refresh_foreign_lists().await;
    assert_eq!(rig.app.foreign_lists().failures(), failures, "what was taken is not read again");
}

/// What could not be read is read again, though the file is the same.
#[tokio::test]
async fn a_file_that_could_not_be_read_is_tried_again() {
    let kept = Kept::start(|_| {}).await;
    // A regular file that can be opened, and whose first byte nobody can read.
    std::os::unix::fs::symlink("/proc/self/mem", kept.directory.path().join("revoked.json")).unwrap();
    for failures in 1..=3 {
        kept.rig.app.refresh_foreign_lists().await;
        assert_eq!(kept.rig.app.foreign_lists().failures(), failures);
    }
}

/// Another service of ours as the issuer: a signed token status list, as a file.
#[tokio::test]
async fn a_signed_status_list_decides_as_well() {
    let uri = "https://theseus.example/status-lists/token";
    let kept = Kept::start(|issuer| {
        let mut status = jwk(43, "lists");
        status["purpose"] = json!("status");
        issuer["keys"].as_array_mut().unwrap().push(status);
        issuer["tokenStatusList"] = json!(uri);
    })
    .await;
    let mut named = claims("https://theseus.example/poa/api/revoked");
    named["status"] = json!({ "status_list": { "idx": INDEX, "uri": uri } });
    let (rig, document) = (&kept.rig, sign(&named, 41, KID));
    is_unknown(&verify(rig, &document).await);
    kept.put("token.jwt", &format!("{}\n", token(uri, rig.clock_now(), TokenStatus::Valid)), START).await;
    is_current(&verify(rig, &document).await);
    rig.clock.advance(600);
    assert!(is_unknown(&verify(rig, &document).await).contains("600 s old"));
    kept.put("token.jwt", &token(uri, rig.clock_now(), TokenStatus::Suspended), START).await;
    assert!(is_unknown(&verify(rig, &document).await).contains("suspended"));
    kept.put("token.jwt", &token(uri, rig.clock_now(), TokenStatus::Invalid), START).await;
    assert_eq!(verify(rig, &document).await.ok()["freshness"], json!({ "status": "revoked", "reason": "revoked" }));
}

/// As the draft allows other issuers to write it.
#[tokio::test]
async fn a_fetched_status_list_needs_neither_iss_nor_exp_nor_ttl() {
    let peer = Peer::start().await;
    let uri = peer.list_url();
    let rig = fetching(|issuer| {
        let mut status = jwk(43, "lists");
        status["purpose"] = json!("status");
        issuer["keys"].as_array_mut().unwrap().push(status);
        issuer["tokenStatusList"] = json!(uri);
        issuer.as_object_mut().unwrap().remove("revocationList");
    })
    .await;
    let bare = |sub: &str, iat: u64| {
        let entries = Entries::new(131_072).unwrap().to_value();
        let claims = json!({ "sub": sub, "iat": iat, "status_list": entries });
        let input = jws::signing_input(token_list::TYP, "lists", &claims);
        jws::attach_signature(&input, &key(43).sign(input.as_bytes()).to_bytes())
    };
    let mut named = claims("https://theseus.example/poa/api/revoked");
    named["status"] = json!({ "status_list": { "idx": INDEX, "uri": uri } });
    let document = sign(&named, 41, KID);
    peer.serves(bare("https://elsewhere.example/list", START));
    rig.app.refresh_foreign_lists().await;
    is_unknown(&verify(&rig, &document).await);
    peer.serves(bare(&uri, START));
    rig.app.refresh_foreign_lists().await;
    is_current(&verify(&rig, &document).await);
    rig.clock.advance(361);
    assert!(is_unknown(&verify(&rig, &document).await).contains("361 s old"));
}

fn token(uri: &str, iat: u64, status: TokenStatus) -> String {
    let mut entries = Entries::new(131_072).unwrap();
    entries.set(INDEX, status).unwrap();
    let claims = TokenStatusClaims {
        iss: ISS.to_owned(),
        uri: uri.to_owned(),
        iat,
        exp: iat + 3_600,
        ttl_s: 300,
        revocations: 1,
        entries,
    };
    let input = jws::signing_input(token_list::TYP, "lists", &claims.to_value());
    jws::attach_signature(&input, &key(43).sign(input.as_bytes()).to_bytes())
}

/// An issuer's server, which answers every path as it is told, and counts.
struct Peer {
    url: String,
    asked: Arc<AtomicUsize>,
    answer: Arc<Mutex<Box<dyn Fn() -> Response + Send>>>,
}

impl Peer {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let nothing: Box<dyn Fn() -> Response + Send> = Box::new(|| StatusCode::NOT_FOUND.into_response());
        let answer = Arc::new(Mutex::new(nothing));
        let (count, say) = (Arc::clone(&asked), Arc::clone(&answer));
        let handler = async move || {
            count.fetch_add(1, Ordering::SeqCst);
            say.lock().unwrap()()
        };
        let silent = get(async || std::future::pending::<()>().await);
        let router = Router::new().route("/silent", silent).fallback(handler);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, asked, answer }
    }

    fn list_url(&self) -> String {
        format!("{}/poa/api/revoked", self.url)
    }

    fn says(&self, answer: impl Fn() -> Response + Send + 'static) {
        *self.answer.lock().unwrap() = Box::new(answer);
    }

    fn serves(&self, text: String) {
        self.says(move || ([("content-type", "application/json")], text.clone()).into_response());
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn fetching(edit: impl FnOnce(&mut Value)) -> Rig {
    Rig::start_with(|config| {
        config.agenthood.foreign_issuers = issuers(edit);
        config.agenthood.foreign_lists = ListSource::Fetch(FetchSettings {
            timeout: Duration::from_millis(500),
            max_bytes: 20_000,
            ..FetchSettings::default()
        });
    })
    .await
}

#[tokio::test]
async fn a_list_is_fetched_in_the_background_and_only_what_is_configured() {
    let (peer, other) = (Peer::start().await, Peer::start().await);
    let rig = fetching(|issuer| issuer["revocationList"] = json!(peer.list_url())).await;
    // The document names another list, and a status list too: nobody fetches what a document names.
    let mut named = claims(&other.list_url());
    named["status"] = json!({ "status_list": { "idx": INDEX, "uri": format!("{}/token", other.url) } });
    let (document, plain) = (sign(&named, 41, KID), sign(&claims(&other.list_url()), 41, KID));
    is_unknown(&verify(&rig, &plain).await);
    assert_eq!(peer.asked(), 0, "a request has nothing fetched");
    peer.serves(list(ISS, START, json!([])));
    rig.app.refresh_foreign_lists().await;
    is_current(&verify(&rig, &plain).await);
    is_current(&verify(&rig, &document).await);
    assert_eq!((peer.asked(), other.asked()), (1, 0));

    let metrics = String::from_utf8(rig.get("/metrics").await.bytes).unwrap();
    assert!(
        metrics.contains(&format!("poa_foreign_list_age_seconds{{list=\"{}\"}} 0\n", peer.list_url())),
        "{metrics}"
    );
    peer.serves(list(ISS, START, json!([{ "jti": JTI, "reason": "abg-changed", "at": 5 }])));
    is_current(&verify(&rig, &plain).await);
    rig.app.refresh_foreign_lists().await;
    let freshness = verify(&rig, &plain).await.ok()["freshness"].clone();
    assert_eq!(freshness, json!({ "status": "revoked", "reason": "abg-changed" }));
}

/// Whatever the server answers instead, the list that is there stays, and grows old.
#[tokio::test]
async fn what_is_no_fresh_list_of_the_issuer_is_not_taken() {
    let peer = Peer::start().await;
    let rig = fetching(|issuer| issuer["revocationList"] = json!(peer.list_url())).await;
    let document = sign(&claims("https://theseus.example/"), 41, KID);
    peer.serves(list(ISS, START, json!([])));
    rig.app.refresh_foreign_lists().await;
    is_current(&verify(&rig, &document).await);
    rig.clock.advance(301);
    let now = rig.clock_now();
    let elsewhere = Peer::start().await;
    elsewhere.serves(list(ISS, now, json!([])));
    let target = elsewhere.list_url();
    let answers: Vec<Box<dyn Fn() -> Response + Send>> = vec![
        Box::new(|| StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        Box::new(move || Redirect::temporary(&target).into_response()),
        Box::new(|| "no JSON".into_response()),
        Box::new(move || list("elsewhere.example/poa", now, json!([])).into_response()),
        Box::new(move || list(ISS, START - 1, json!([])).into_response()),
        Box::new(move || list(ISS, now + 3_600, json!([])).into_response()),
        Box::new(move || format!("{}{}", list(ISS, now, json!([])), " ".repeat(30_000)).into_response()),
        Box::new(move || {
            json!({ "issuer": ISS, "generatedAt": now * 1000, "revoked": [], "next": "1" }).to_string().into_response()
        }),
    ];
    let count = answers.len() as u64;
    for (number, answer) in (1..).zip(answers) {
        peer.says(answer);
        rig.app.refresh_foreign_lists().await;
        assert!(is_unknown(&verify(&rig, &document).await).contains("301 s old"), "{number}");
        assert_eq!(rig.app.foreign_lists().failures(), number);
    }
    assert_eq!(elsewhere.asked(), 0, "redirects are not followed");
    // An old copy of the list, fetched just now, is as old as it says.
    peer.serves(list(ISS, now - 301, json!([])));
    rig.app.refresh_foreign_lists().await;
    assert!(is_unknown(&verify(&rig, &document).await).contains("301 s old"));
    assert_eq!(rig.app.foreign_lists().failures(), count, "genuine all the same");
    peer.serves(list(ISS, now, json!([])));
    rig.app.refresh_foreign_lists().await;
    is_current(&verify(&rig, &document).await);
}

#[tokio::test]
async fn a_silent_server_is_given_up_and_holds_up_no_other() {
    let peer = Peer::start().await;
    let token_url = format!("{}/token", peer.url);
    let rig = fetching(|issuer| {
        issuer["revocationList"] = json!(format!("{}/silent", peer.url));
        issuer["tokenStatusList"] = json!(token_url);
        let mut status = jwk(43, "lists");
        status["purpose"] = json!("status");
        issuer["keys"].as_array_mut().unwrap().push(status);
    })
    .await;
    let jwt = token(&token_url, START, TokenStatus::Valid);
    peer.says(move || jwt.clone().into_response());
    let begun = std::time::Instant::now();
    rig.app.refresh_foreign_lists().await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(rig.app.foreign_lists().failures(), 1);
    let mut named = claims("https://theseus.example/");
    named["status"] = json!({ "status_list": { "idx": INDEX, "uri": token_url } });
    is_current(&verify(&rig, &sign(&named, 41, KID)).await);
}

/// As the service runs: the task fetches by itself, and two services know each other's documents.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_task_keeps_lists_fresh_by_itself() {
    let peer = Peer::start().await;
    peer.serves(list(ISS, START, json!([])));
    let rig = fetching(|issuer| issuer["revocationList"] = json!(peer.list_url())).await;
    let document = sign(&claims("https://theseus.example/"), 41, KID);
    let reader = rig.app.spawn_list_reader();
    for _ in 0..100 {
        if !rig.app.foreign_lists().now().revoked.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    is_current(&verify(&rig, &document).await);
    reader.stop().await;
}
