//! A service under test, agents on its registry, and wallets.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request};
use ed25519_dalek::{Signer as _, SigningKey};
use poa_issuer::clock::{Clock, ManualClock};
use poa_issuer::domain::{EntropyRng, os_entropy};
use poa_issuer::{App, Config, PublicUrl};
use poa_prover::{Engine, Settings};
use poa_verifier::agenthood::ss58::{AccountId, Address, Network};
use poa_verifier::status::token_list::TokenStatus;
use poa_verifier::{Trust, Verifier};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::conformance::{Exchange, assert_documented};

pub const URL: &str = "http://127.0.0.1:8080";
/// 2026-01-15T10:20:00Z.
pub const START: u64 = 1_768_472_400;

/// An account that signs.
pub struct Wallet(SigningKey);

impl Wallet {
    pub fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    pub fn address(&self) -> Address {
        Address::new(Network::SUBSTRATE, AccountId::new(self.0.verifying_key().to_bytes()).unwrap())
    }

    pub fn text(&self) -> String {
        self.address().to_string()
    }

    pub fn sign(&self, message: &str) -> String {
        format!("0x{}", hex::encode(self.0.sign(message.as_bytes()).to_bytes()))
    }
}

/// An answer with its body read.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.bytes);
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body of a success.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, String::from_utf8_lossy(&self.bytes));
        self.json()
    }

    /// Asserts a refusal in the published form.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        let body = String::from_utf8_lossy(&self.bytes);
        assert_eq!((self.status, self.json()["error"].as_str()), (status, Some(code)), "{body}");
        assert_eq!(self.header("content-type"), "application/json", "{body}");
    }
}

/// A service with a clock and a database of its own.
pub struct Rig {
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    pub operator_token: String,
    pub directory: TempDir,
    clients: AtomicU32,
}

impl Rig {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(START));
        let app = open(&directory, &clock, change).await;
        let operator_token = std::fs::read_to_string(app.operator_token_file()).unwrap().trim_end().to_owned();
        Self { app, clock, operator_token, directory, clients: AtomicU32::new(1) }
    }

    /// The same data directory opened again.
    pub async fn restart(self) -> Self {
        let Self { app, clock, operator_token, directory, clients } = self;
        app.domain().store().close().await;
        drop(app);
        let app = open(&directory, &clock, |_| {}).await;
        Self { app, clock, operator_token, directory, clients }
    }

    /// Sends a request from an address.
    pub async fn send_from(&self, client: IpAddr, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, 40_000)));
        let (parts, body) = request.into_parts();
        let sent = to_bytes(body, 16 << 20).await.unwrap();
        let (method, path, headers) = (parts.method.clone(), parts.uri.path().to_owned(), parts.headers.clone());
        let request = Request::from_parts(parts, Body::from(sent.clone()));
        let response = self.app.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 16 << 20).await.unwrap().to_vec();
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, bytes };
        assert_documented(&Exchange {
            method: &method,
            path: &path,
            request_headers: &headers,
            request_body: &sent,
            status: answer.status,
            headers: &answer.headers,
            body: &answer.bytes,
        });
        answer
    }

    /// Sends a request from an address that nobody else calls from.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let number = self.clients.fetch_add(1, Ordering::Relaxed);
        self.send_from(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number)), request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(post(path, body)).await
    }

    pub async fn operator(&self, method: Method, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", self.operator_token));
        self.send(request.body(body).unwrap()).await
    }

    /// Registers a funded agent; without a controller it is sovereign.
    pub async fn register(&self, agent: &Wallet, controller: Option<&Wallet>) {
        let body = json!({
            "agentId": agent.text(),
            "name": "Notary",
            "abg": { "models": ["m-1"], "tools": [{ "name": "hash" }], "intentTypes": ["witness"] },
            "sovereign": controller.is_none(),
            "controller": controller.map(Wallet::text),
            "seusBalance": "200000000000",
        });
        let answer = self.operator(Method::POST, "/poa/registry/agents", &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    /// One change of the registry by its operator. Gives the block.
    pub async fn change(&self, agent: &Wallet, what: &str, body: &Value) -> u64 {
        let path = format!("/poa/registry/agents/{}", agent.text());
        let answer = match what {
            "deregister" => self.operator(Method::DELETE, &path, &Value::Null).await,
            what => self.operator(Method::POST, &format!("{path}/{what}"), body).await,
        };
        answer.ok()["block"]["number"].as_u64().unwrap()
    }

    pub async fn challenge(&self, agent: &Wallet) -> Value {
        self.post("/poa/api/challenge", &json!({ "agentId": agent.text() })).await.ok()
    }

    /// Asks for a document with a signature over a challenge's message.
    pub async fn issue(&self, agent: &Wallet, signer: &Wallet, challenge: &Value) -> Answer {
        let signature = signer.sign(challenge["message"].as_str().unwrap());
        self.issue_signed(agent, challenge, &signature).await
    }

    pub async fn issue_signed(&self, agent: &Wallet, challenge: &Value, signature: &str) -> Answer {
        let sig = json!({ "nonce": challenge["nonce"], "signatureHex": signature });
        self.post("/poa/api/issue", &json!({ "agentId": agent.text(), "controllerSig": sig })).await
    }

    /// Challenge and issue. Gives the document's id.
    pub async fn claim(&self, agent: &Wallet, signer: &Wallet) -> String {
        let challenge = self.challenge(agent).await;
        self.issue(agent, signer, &challenge).await.ok()["jti"].as_str().unwrap().to_owned()
    }

    pub async fn credential(&self, jti: &str) -> Value {
        self.get(&format!("/poa/api/credential/{jti}")).await.ok()
    }

    pub async fn jws(&self, jti: &str) -> String {
        self.credential(jti).await["jws"].as_str().unwrap().to_owned()
    }

    /// The published verify answer.
    pub async fn verify(&self, jti: &str) -> Value {
        let jws = self.jws(jti).await;
        self.post("/poa/api/verify", &json!({ "jws": jws })).await.ok()
    }

    /// Why a document was revoked, and by which block; none when it was not.
    pub async fn revoked(&self, jti: &str) -> Option<(String, Option<u64>)> {
        let revoked = self.credential(jti).await["revoked"].clone();
        revoked.is_object().then(|| (revoked["reason"].as_str().unwrap().to_owned(), revoked["block"].as_u64()))
    }

    /// Whether the published status list has the document's bit set.
    pub async fn bit(&self, jti: &str) -> bool {
        let claims = self.credential(jti).await["claims"].clone();
        let index = claims["status"]["status_list"]["idx"].as_u64().unwrap();
        let trust = Trust::from_json(&self.get("/.well-known/poa-trust.json").await.bytes).unwrap();
        let jwt = String::from_utf8(self.get("/status-lists/token").await.bytes).unwrap();
        let list = Verifier::new(trust).token_status_list(&jwt).unwrap();
        list.claims().entries.get(index).unwrap() == TokenStatus::Invalid
    }

    pub async fn publish(&self) {
        self.app.publish_now().await.unwrap();
    }
}

pub fn post(path: &str, body: &Value) -> Request<Body> {
    Request::post(path).header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
}

/// The proving engine of every service in this process, from a cache that outlives it.
pub fn engine() -> Arc<Engine> {
    static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| {
        let cache = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine");
        poa_issuer::engine::load(&cache, Settings::FULL, &mut EntropyRng::new(&os_entropy())).unwrap()
    });
    Arc::clone(&ENGINE)
}

pub async fn open(directory: &TempDir, clock: &Arc<ManualClock>, change: impl FnOnce(&mut Config)) -> Arc<App> {
    let url = PublicUrl::parse(URL).unwrap();
    let mut config = Config::new(directory.path().to_owned(), url, ([127, 0, 0, 1], 8080).into());
    change(&mut config);
    App::open_with(config, Arc::clone(clock) as Arc<dyn Clock>, os_entropy(), engine()).await.unwrap()
}

impl Rig {
    pub fn clock_now(&self) -> u64 {
        self.clock.now_unix_s()
    }

    /// Revokes as published clients do: a challenge of the one kind they know, and the revoke message.
    pub async fn revoke(&self, agent: &Wallet, signer: &Wallet) -> Answer {
        let challenge = self.challenge(agent).await;
        let nonce = challenge["nonce"].as_str().unwrap();
        let signature = signer.sign(&format!("poa-revoke:{}:{nonce}", agent.text()));
        let body = json!({ "agentId": agent.text(), "nonce": nonce, "signatureHex": signature });
        self.post("/poa/api/revoke", &body).await
    }
}

impl Rig {
    /// Lets a stored document live longer than the service would, for rules that outlast thirty days.
    pub async fn live_for(&self, jti: &str, seconds: u64) {
        let done = sqlx::query("UPDATE agenthood_documents SET expires_at = issued_at + $2 WHERE jti = $1")
            .bind(jti)
            .bind(seconds as i64)
            .execute(self.app.domain().store().writer_pool())
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 1);
    }
}
