//! What issuing over HTTP costs: one `POST /zk-credentials` for a managed agent over a loopback connection, from the
//! request to the finished credential. In it are two durable transactions, the proof, its check, the issuer's
//! signature and the verification of the whole document before it leaves.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use criterion::{Criterion, criterion_group, criterion_main};
use ed25519_dalek::{Signer, SigningKey};
use poa_issuer::clock::SystemClock;
use poa_issuer::domain::os_entropy;
use poa_issuer::{App, Config, PublicUrl};
use poa_verifier::ed25519::PublicKey;
use poa_verifier::jws;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A service on loopback with one attested agent.
struct Served {
    url: String,
    token: String,
    agent: String,
    _directory: tempfile::TempDir,
}

fn post(url: &str, token: &str, body: &Value) -> Value {
    let mut answer = ureq::post(url)
        .header("authorization", &format!("Bearer {token}"))
        .header("content-type", "application/json")
        .send(body.to_string())
        .unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

fn multikey(key: &SigningKey) -> String {
    PublicKey::from_bytes(&key.verifying_key().to_bytes()).unwrap().to_multikey()
}

/// One receipt by a newly registered attestor.
fn attest(url: &str, token: &str, agent: &str) {
    let key = SigningKey::from_bytes(&[7; 32]);
    let multikey = multikey(&key);
    post(&format!("{url}/attestors"), token, &json!({ "name": "bench", "ed25519_public_key": multikey }));
    let iss = format!("did:key:{multikey}");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({
        "iss": iss, "sub": agent, "iat": now, "jti": "1", "period_end": now - 1, "attempted": 150, "completed": 120,
    });
    let input = jws::signing_input("poa-attestation+jwt", &iss, &claims);
    let receipt = jws::attach_signature(&input, &key.sign(input.as_bytes()).to_bytes());
    post(&format!("{url}/attestations"), token, &json!({ "attestations": [receipt] }));
}

fn serve(runtime: &Runtime) -> Served {
    let directory = tempfile::tempdir().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let url = format!("http://{address}");
    let mut config = Config::new(directory.path().to_owned(), PublicUrl::parse(&url).unwrap(), address);
    config.engine_cache_dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine");
    let app = runtime.block_on(App::open(config, Arc::new(SystemClock), os_entropy())).unwrap();
    let token = std::fs::read_to_string(app.operator_token_file()).unwrap().trim_end().to_owned();
    runtime.spawn(Arc::clone(&app).serve(listener, std::future::pending()));
    let body = json!({
        "name": "bench", "custody": "issuer", "ed25519_public_key": multikey(&SigningKey::from_bytes(&[8; 32])),
    });
    let agent = post(&format!("{url}/agents"), &token, &body)["agent"].as_str().unwrap().to_owned();
    attest(&url, &token, &agent);
    runtime.block_on(app.publish_now()).unwrap();
    Served { url, token, agent, _directory: directory }
}

fn issuing(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let served = serve(&runtime);
    let issue = json!({
        "agent": served.agent, "schema": "task_completion/1",
        "predicates": { "tasks_completed": { "atLeast": "100" }, "reputation": { "atLeast": 5000 } },
    });
    let url = format!("{}/zk-credentials", served.url);
    let mut group = criterion.benchmark_group("http");
    group.sample_size(20);
    group.bench_function("issue", |bencher| {
        bencher.iter(|| {
            let credential = post(&url, &served.token, &issue);
            assert!(credential["proof"].is_array());
        });
    });
    let credential = json!({ "document": post(&url, &served.token, &issue), "request": {} });
    let verify = format!("{}/verify", served.url);
    group.bench_function("verify", |bencher| {
        bencher.iter(|| assert_eq!(post(&verify, &served.token, &credential)["verified"], true));
    });
    group.finish();
}

criterion_group!(benches, issuing);
criterion_main!(benches);
