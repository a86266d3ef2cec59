//! A service under test and the people around it.

mod answer;
mod holder;
mod people;
mod presenting;
mod proving;
mod snapshot;

pub use answer::Answer;
pub use holder::Holder;
pub use people::{Agent, Attestor, multikey};
pub use presenting::{CHALLENGE, VERIFIER, presenting};
pub use snapshot::Snapshot;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Method, Request, header};
use ed25519_dalek::SigningKey;
use poa_issuer::clock::{Clock, ManualClock};
use poa_issuer::domain::{EntropyRng, os_entropy};
use poa_issuer::http_signature::sign_request;
use poa_issuer::{App, Config, OpenError, PublicUrl};
use poa_prover::{Engine, Settings};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::conformance::{Exchange, assert_documented};

pub const URL: &str = "http://127.0.0.1:8080";
pub const HOST: &str = "127.0.0.1%3A8080";
/// The registry of every service here.
pub const CAPABILITIES: [&str; 3] = ["swe-bench-lite", "swe-bench-test", "open-source"];
/// 2026-01-15T10:20:00Z.
pub const START: u64 = 1_768_472_400;

/// A service with a clock and a database of its own.
pub struct Service {
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    pub operator_token: String,
    directory: TempDir,
    nonces: AtomicU64,
}

impl Service {
    /// A new one, with nothing in it.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// A new one with a changed configuration.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(START));
        let mut config = config(&directory);
        change(&mut config);
        let app = App::open_with(config, Arc::clone(&clock) as Arc<dyn Clock>, os_entropy(), engine()).await.unwrap();
        let operator_token = std::fs::read_to_string(app.operator_token_file()).unwrap().trim_end().to_owned();
        Self { app, clock, operator_token, directory, nonces: AtomicU64::new(0) }
    }

    /// The same data directory opened again.
    pub async fn restart(self) -> Self {
        let Self { app, clock, operator_token, directory, nonces } = self;
        drop(app);
        let config = config(&directory);
        let app = App::open_with(config, Arc::clone(&clock) as Arc<dyn Clock>, os_entropy(), engine()).await.unwrap();
        assert!(!app.made_operator_token(), "the token is made once");
        Self { app, clock, operator_token, directory, nonces }
    }

    /// Why the same data directory does not open once its master key was replaced.
    pub async fn reopen_with_another_master_key(self) -> Option<OpenError> {
        let Self { app, clock, directory, .. } = self;
        drop(app);
        std::fs::write(directory.path().join("master.key"), "ab".repeat(32)).unwrap();
        App::open_with(config(&directory), clock, os_entropy(), engine()).await.err()
    }

    pub fn now(&self) -> u64 {
        self.clock.now_unix_s()
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (mut parts, body) = request.into_parts();
        // As every client does, and as the listener demands.
        parts.headers.entry(header::HOST).or_insert(HeaderValue::from_static("127.0.0.1:8080"));
        let sent = to_bytes(body, 16 << 20).await.unwrap();
        let (method, path, headers) = (parts.method.clone(), parts.uri.path().to_owned(), parts.headers.clone());
        let request = Request::from_parts(parts, Body::from(sent.clone()));
        let answer = Answer::of(self.app.router().oneshot(request).await.unwrap()).await;
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

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// A public call that says which forms it takes.
    pub async fn get_as(&self, path: &str, accept: &str) -> Answer {
        self.send(Request::get(path).header("accept", accept).body(Body::empty()).unwrap()).await
    }

    /// A public call with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(json_request(Method::POST, path, body).body(body_of(body)).unwrap()).await
    }

    /// A call by the operator.
    pub async fn operator(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request =
            json_request(method, path, body).header("authorization", format!("Bearer {}", self.operator_token));
        self.send(request.body(body_of(body)).unwrap()).await
    }

    /// A call signed by an agent.
    pub async fn agent(&self, agent: &Agent, method: Method, path: &str, body: &Value) -> Answer {
        self.send(self.signed(&agent.key, &agent.did, method, path, body)).await
    }

    /// A signed request, ready to be sent or spoiled.
    pub fn signed(&self, key: &SigningKey, keyid: &str, method: Method, path: &str, body: &Value) -> Request<Body> {
        let nonce = format!("test-nonce-{:010}", self.nonces.fetch_add(1, Ordering::Relaxed));
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let url = format!("{URL}{path}");
        let headers = sign_request(key, keyid, method.as_str(), &url, Some(&bytes), self.now(), &nonce).unwrap();
        let mut request = json_request(method, path, body);
        for (name, value) in headers.iter() {
            request = request.header(name, value);
        }
        request.body(Body::from(bytes)).unwrap()
    }

    /// Publishes what waits.
    pub async fn publish(&self) {
        self.app.publish_now().await.unwrap();
    }

    /// An agent in the service's custody with an ordinary history, its leaf published.
    pub async fn attested_agent(&self) -> Agent {
        let agent = self.register_managed("managed agent").await;
        self.attest(&agent.did).await;
        agent
    }

    /// Posts one receipt about an agent and publishes.
    pub async fn attest(&self, did: &str) {
        let attestor = self.register_attestor().await;
        let answer = self.post_receipt(&attestor.receipt(did, self.now(), json!({}))).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        self.publish().await;
    }

    pub async fn post_receipt(&self, receipt: &str) -> Answer {
        self.post("/attestations", &json!({ "attestations": [receipt] })).await
    }

    pub async fn register_attestor(&self) -> Attestor {
        let attestor = Attestor::random();
        let body = json!({ "name": "board", "ed25519_public_key": attestor.multikey() });
        let answer = self.operator(Method::POST, "/attestors", &body).await;
        assert_eq!((answer.status, &answer.json()["id"]), (201, &json!(attestor.did())));
        attestor
    }

    pub async fn register_managed(&self, name: &str) -> Agent {
        let key = people::random_key();
        let body = json!({
            "name": name,
            "custody": "issuer",
            "ed25519_public_key": people::multikey(&key),
            "build_sha256": "ab".repeat(32),
        });
        let answer = self.operator(Method::POST, "/agents", &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Agent::from_view(&answer.json(), key)
    }

    /// An agent that keeps its secrets, its leaf not attested yet.
    pub async fn register_holder(&self) -> (Agent, Holder) {
        let challenge = self.operator(Method::POST, "/agents/challenge", &json!({})).await.json();
        let (key, holder) = (people::random_key(), Holder::random());
        let body = json!({
            "name": "self-custody agent",
            "custody": "holder",
            "ed25519_public_key": people::multikey(&key),
            "holder": holder.registration(&challenge),
        });
        let answer = self.operator(Method::POST, "/agents", &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        (Agent::from_view(&answer.json(), key), holder)
    }

    /// Issues a credential for a managed agent.
    pub async fn issue(&self, agent: &Agent, schema: &str, predicates: Value) -> Answer {
        let body = json!({ "agent": agent.did, "schema": schema, "predicates": predicates });
        self.operator(Method::POST, "/zk-credentials", &body).await
    }

    /// Everything in the database, to see that nothing changed.
    pub async fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.app.domain().store().pool()).await
    }
}

/// The engine of every service in this process, from a cache that outlives it.
pub fn engine() -> Arc<Engine> {
    static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine");
        poa_issuer::engine::load(&cache, Settings::FULL, &mut EntropyRng::new(&os_entropy())).unwrap()
    });
    Arc::clone(&ENGINE)
}

/// An ordinary configuration.
pub fn config(directory: &TempDir) -> Config {
    let url = PublicUrl::parse(URL).unwrap();
    let mut config = Config::new(directory.path().to_owned(), url, ([127, 0, 0, 1], 8080).into());
    config.capabilities = Some(CAPABILITIES.map(str::to_owned).to_vec());
    config
}

fn json_request(method: Method, path: &str, body: &Value) -> axum::http::request::Builder {
    let request = Request::builder().method(method).uri(path);
    if body.is_null() { request } else { request.header("content-type", "application/json") }
}

fn body_of(body: &Value) -> Body {
    if body.is_null() { Body::empty() } else { Body::from(body.to_string()) }
}
