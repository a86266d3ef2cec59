//! Two services, one the other's chain, over a real socket: `serve` runs both tasks, the clock is the machine's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::Method;
use poa_issuer::chain::HttpSettings;
use poa_issuer::clock::SystemClock;
use poa_issuer::config::ChainConfig;
use poa_issuer::domain::os_entropy;
use poa_issuer::{App, Config, PublicUrl};
use poa_verifier::status::token_list::TokenStatus;
use poa_verifier::{Trust, Verifier};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::rig::{Wallet, engine};

/// A service on a socket.
struct Served {
    app: Arc<App>,
    url: String,
    token: String,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<std::io::Result<()>>,
    _directory: TempDir,
}

impl Served {
    async fn start(chain: Option<&str>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}");
        let mut config = Config::new(directory.path().to_owned(), PublicUrl::parse(&url).unwrap(), address);
        config.publish_interval_s = 1;
        config.agenthood.watch_interval = Duration::from_millis(300);
        if let Some(chain) = chain {
            let settings = HttpSettings { pause: Duration::from_millis(10), tries: 2, ..HttpSettings::default() };
            config.agenthood.chain =
                ChainConfig::Http { url: format!("{chain}/poa/chain/v1").parse().unwrap(), settings };
        }
        let app = App::open_with(config, Arc::new(SystemClock), os_entropy(), engine()).await.unwrap();
        let token = std::fs::read_to_string(app.operator_token_file()).unwrap().trim_end().to_owned();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(Arc::clone(&app).serve(listener, async {
            let _ = stopped.await;
        }));
        Self { app, url, token, stop: Some(stop), task, _directory: directory }
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> (u16, Vec<u8>) {
        let (url, token) = (format!("{}{path}", self.url), format!("Bearer {}", self.token));
        let call = move || {
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let operator = path_is_operators(&url);
            let mut answer = if method == Method::GET {
                agent.get(&url).call().unwrap()
            } else {
                let request = agent.post(&url).header("content-type", "application/json");
                let request = if operator { request.header("authorization", token) } else { request };
                request.send(body.to_string()).unwrap()
            };
            (answer.status().as_u16(), answer.body_mut().read_to_vec().unwrap())
        };
        tokio::task::spawn_blocking(call).await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let (status, bytes) = self.call(Method::POST, path, body).await;
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn get(&self, path: &str) -> Vec<u8> {
        self.call(Method::GET, path, Value::Null).await.1
    }

    async fn register(&self, agent: &Wallet, controller: &Wallet) {
        let body = json!({
            "agentId": agent.text(), "name": "Notary", "abg": { "models": ["m"] }, "controller": controller.text(),
            "seusBalance": "5",
        });
        assert_eq!(self.post("/poa/registry/agents", body).await.0, 201);
    }

    async fn rotate(&self, agent: &Wallet, to: &Wallet) {
        let path = format!("/poa/registry/agents/{}/controller", agent.text());
        assert_eq!(self.post(&path, json!({ "controller": to.text() })).await.0, 200);
    }

    /// A document, as jti and status index.
    async fn claim(&self, agent: &Wallet, controller: &Wallet) -> (String, u64) {
        let challenge = self.post("/poa/api/challenge", json!({ "agentId": agent.text() })).await.1;
        let signature = controller.sign(challenge["message"].as_str().unwrap());
        let sig = json!({ "nonce": challenge["nonce"], "signatureHex": signature });
        let (status, issued) =
            self.post("/poa/api/issue", json!({ "agentId": agent.text(), "controllerSig": sig })).await;
        assert_eq!(status, 200, "{issued}");
        let jti = issued["jti"].as_str().unwrap().to_owned();
        let credential = self.get(&format!("/poa/api/credential/{jti}")).await;
        let credential: Value = serde_json::from_slice(&credential).unwrap();
        (jti, credential["claims"]["status"]["status_list"]["idx"].as_u64().unwrap())
    }

    /// Waits for the bit in the published, signed list; at most one reading and one publication, with room to compute.
    async fn wait_for_bit(&self, index: u64) {
        let trust = Trust::from_json(&self.get("/.well-known/poa-trust.json").await).unwrap();
        let verifier = Verifier::new(trust);
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            let jwt = String::from_utf8(self.get("/status-lists/token").await).unwrap();
            let list = verifier.token_status_list(&jwt).unwrap();
            if list.claims().entries.get(index).unwrap() == TokenStatus::Invalid {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the bit never came out");
    }

    async fn stop(mut self) -> Arc<App> {
        self.stop.take();
        self.task.await.unwrap().unwrap();
        self.app
    }
}

fn path_is_operators(url: &str) -> bool {
    url.contains("/poa/registry/")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotating_the_controller_sets_the_published_bit() {
    let service = Served::start(None).await;
    let (agent, controller) = (Wallet::new(1), Wallet::new(2));
    service.register(&agent, &controller).await;
    let (_, index) = service.claim(&agent, &controller).await;
    service.rotate(&agent, &Wallet::new(3)).await;
    service.wait_for_bit(index).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_in_another_process_is_watched_as_well() {
    let chain = Served::start(None).await;
    let service = Served::start(Some(&chain.url)).await;
    let (agent, controller) = (Wallet::new(1), Wallet::new(2));
    chain.register(&agent, &controller).await;
    let (jti, index) = service.claim(&agent, &controller).await;
    // The service has no registry of its own, and passes none on.
    assert_eq!(service.post("/poa/registry/agents", json!({})).await.0, 400);
    assert_eq!(service.call(Method::GET, "/poa/chain/v1/changes?after=0", Value::Null).await.0, 404);
    chain.rotate(&agent, &Wallet::new(3)).await;
    service.wait_for_bit(index).await;
    let revoked: Value = serde_json::from_slice(&service.get("/poa/api/revoked").await).unwrap();
    assert_eq!(
        (&revoked["revoked"][0]["jti"], &revoked["revoked"][0]["reason"]),
        (&json!(jti), &json!("controller-rotated"))
    );

    // A document of the new controller outlives the chain's process: silence revokes nothing.
    let (jti, _) = service.claim(&agent, &Wallet::new(3)).await;
    chain.stop().await;
    let before = service.app.watch_health();
    let deadline = Instant::now() + Duration::from_secs(30);
    while service.app.watch_health().failures_in_a_row < 2 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let health = service.app.watch_health();
    assert!(health.failures_in_a_row >= 2 && health.error.is_some(), "{health:?}");
    assert_eq!(health.revocations, before.revocations);
    let (status, refused) = service.post("/poa/api/challenge", json!({ "agentId": agent.text() })).await;
    assert_eq!((status, &refused["error"]), (503, &json!("chain-unreachable")));
    let credential: Value = serde_json::from_slice(&service.get(&format!("/poa/api/credential/{jti}")).await).unwrap();
    assert_eq!(credential["revoked"], false);
    let (status, verified) = service.post("/poa/api/verify", json!({ "jws": credential["jws"] })).await;
    assert_eq!((status, &verified["freshness"]["status"]), (200, &json!("unknown")), "{verified}");
    let metrics = String::from_utf8(service.get("/metrics").await).unwrap();
    assert!(metrics.contains("poa_watcher_failures_total"), "{metrics}");
    service.stop().await;
}
