//! The HTTP contract: what is served is what the schema says, and what is read is bounded and checked.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use poa_issuer::chain::{BaseUrl, Chain, ChainError, HttpReader, HttpSettings};
use poa_issuer::clock::ManualClock;
use poa_verifier::agenthood::ss58::Network;
use serde_json::{Value, json};

use crate::rig::{Rig, START, Wallet};

fn schema(definition: &str) -> jsonschema::Validator {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/chain-reader.json");
    let mut schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    schema["$ref"] = json!(format!("#/$defs/{definition}"));
    schema.as_object_mut().unwrap().remove("anyOf");
    jsonschema::draft202012::new(&schema).unwrap()
}

#[track_caller]
fn assert_valid(definition: &str, value: &Value) {
    let schema = schema(definition);
    let errors: Vec<_> = schema.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}: {value}");
}

#[tokio::test]
async fn what_is_served_is_what_the_schema_says() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    let path = format!("/poa/chain/v1/agents/{}", agent.text());
    let absent = rig.get(&path).await.ok();
    assert_valid("snapshot", &absent);
    assert_eq!(absent["agent"], Value::Null);
    rig.register(&agent, Some(&controller)).await;
    rig.change(&agent, "runs", &json!({ "kzg": 1, "signatureOnly": 1 })).await;
    rig.change(&agent, "balance", &json!({ "seusBalance": "0" })).await;
    let snapshot = rig.get(&path).await.ok();
    assert_valid("snapshot", &snapshot);
    assert_eq!(snapshot["agent"]["recentRuns"]["grade"], "mixed");
    let changes = rig.get("/poa/chain/v1/changes?after=0").await.ok();
    assert_valid("changes", &changes);
    assert_eq!(changes["changes"].as_array().unwrap().len(), 3);
    let mut spoiled = changes.clone();
    spoiled["changes"][0]["block"]["finalized"] = json!(false);
    assert!(!schema("changes").is_valid(&spoiled));
    for path in ["/poa/chain/v1/changes", "/poa/chain/v1/changes?after=x", "/poa/chain/v1/agents/x"] {
        assert_eq!(rig.get(path).await.status, 400, "{path}");
    }
}

#[tokio::test]
async fn abg_hash_is_the_digest_of_the_canonical_graph() {
    let (rig, agent) = (Rig::start().await, Wallet::new(1));
    rig.register(&agent, None).await;
    let graph = json!({ "b": 1, "a": ["\u{20ac}"] });
    rig.change(&agent, "abg", &json!({ "abg": graph })).await;
    let claim = rig.get(&format!("/poa/api/snapshot/{}", agent.text())).await.ok()["snapshot"].clone();
    let digest = <sha2::Sha256 as sha2::Digest>::digest("{\"a\":[\"\u{20ac}\"],\"b\":1}".as_bytes());
    assert_eq!(claim["abgHash"], format!("0x{}", hex::encode(digest)));
    assert_eq!(claim["abgVersion"], 2);
}

/// A reader of whatever a router serves.
async fn reader_of(router: Router) -> Chain {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: BaseUrl = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    reader_at(url)
}

fn reader_at(url: BaseUrl) -> Chain {
    Chain::new(
        Arc::new(HttpReader::new(url, settings())),
        Network::SUBSTRATE,
        Arc::new(ManualClock::new(START)),
        Duration::from_secs(120),
    )
}

fn settings() -> HttpSettings {
    HttpSettings {
        timeout: Duration::from_millis(300),
        pause: Duration::from_millis(5),
        max_bytes: 20_000,
        ..HttpSettings::default()
    }
}

/// A router whose answer to every question is made by `answer`, given how often it was asked.
fn answering(answer: impl Fn(usize) -> axum::response::Response + Clone + Send + Sync + 'static) -> Router {
    let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let handler = move || {
        let number = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let response = answer(number);
        async move { response }
    };
    Router::new().route("/changes", get(handler))
}

fn changes(head: u64) -> Value {
    let hash = format!("0x{}", "01".repeat(32));
    json!({
        "chain": { "name": "test", "genesis": hash },
        "head": { "number": head, "hash": hash, "timeMs": START * 1000, "finalized": true },
        "through": head,
        "changes": [],
    })
}

fn text(body: String) -> axum::response::Response {
    ([("content-type", "application/json")], body).into_response()
}

/// Bounds count bytes as they arrive. What a server packed is not unpacked behind them.
#[tokio::test]
async fn a_packed_answer_is_not_unpacked() {
    let pack = |text: &str| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut packer, text.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let packed = pack(&changes(7).to_string());
    let answer = move |_| ([("content-encoding", "gzip")], packed.clone()).into_response();
    let error = reader_of(answering(answer)).await.changes_since(3).await.unwrap_err();
    assert!(matches!(error, ChainError::Malformed(_)), "{error}");
}

#[tokio::test]
async fn what_passes_is_tried_again_and_what_lasts_is_not() {
    let busy_twice = |number| match number {
        0 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        1 => StatusCode::TOO_MANY_REQUESTS.into_response(),
        _ => text(changes(7).to_string()),
    };
    assert_eq!(reader_of(answering(busy_twice)).await.changes_since(3).await.unwrap().head.number, 7);
    let always_busy = |_| StatusCode::BAD_GATEWAY.into_response();
    let error = reader_of(answering(always_busy)).await.changes_since(3).await.unwrap_err();
    assert!(matches!(error, ChainError::Unreachable(_)), "{error}");
    let gone_then_good =
        |number| if number == 0 { StatusCode::GONE.into_response() } else { text(changes(7).to_string()) };
    let error = reader_of(answering(gone_then_good)).await.changes_since(3).await.unwrap_err();
    assert!(matches!(error, ChainError::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn answers_are_bounded_strict_and_from_where_they_were_asked() {
    let refused = async |answer: fn(usize) -> axum::response::Response| {
        reader_of(answering(answer)).await.changes_since(3).await.unwrap_err()
    };
    let malformed = |error: ChainError| assert!(matches!(error, ChainError::Malformed(_)), "{error}");
    malformed(refused(|_| text(format!("{}{}", changes(7), " ".repeat(30_000)))).await);
    malformed(refused(|_| text("[]".to_owned())).await);
    malformed(refused(|_| text("{".to_owned())).await);
    malformed(refused(|_| text(changes(7).to_string().replacen("{", "{\"through\":1,", 1))).await);
    malformed(refused(|_| text(changes(7).to_string().replace("\"finalized\":true", "\"finalized\":false"))).await);
    let error = refused(|_| Redirect::temporary("http://127.0.0.1:1/").into_response()).await;
    assert!(matches!(error, ChainError::Unreachable(_)), "{error}");
}

/// What is served is read without loss, and a member that nobody here knows is refused by name, as the schema does.
#[tokio::test]
async fn members_of_an_agent_that_are_not_in_the_contract_are_refused() {
    let (rig, agent) = (Rig::start().await, Wallet::new(1));
    rig.register(&agent, None).await;
    let served = rig.get(&format!("/poa/chain/v1/agents/{}", agent.text())).await.ok();
    let answering = |body: Value| {
        let handler = get(move || std::future::ready(text(body.to_string())));
        Router::new().route("/agents/{address}", handler)
    };
    let read = reader_of(answering(served.clone())).await.snapshot(&agent.address()).await.unwrap();
    assert_eq!(json!(read), served);
    for pointer in ["/agent", "/agent/capabilities", "/agent/registration", "/agent/funding", "/agent/recentRuns"] {
        let mut more = served.clone();
        more.pointer_mut(pointer).unwrap()["tokenBinding"] = json!({});
        assert!(!schema("snapshot").is_valid(&more), "{pointer}");
        let error = reader_of(answering(more)).await.snapshot(&agent.address()).await.unwrap_err();
        assert!(matches!(&error, ChainError::Malformed(text) if text.contains("tokenBinding")), "{error}");
    }
}

#[tokio::test]
async fn a_silent_chain_is_given_up() {
    let silent = Router::new().route("/changes", get(async || std::future::pending::<()>().await));
    let reader = reader_of(silent).await;
    let begun = std::time::Instant::now();
    let error = reader.changes_since(3).await.unwrap_err();
    assert!(matches!(error, ChainError::Unreachable(_)), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    let nobody = reader_at("http://127.0.0.1:1/".parse().unwrap());
    assert!(nobody.snapshot(&Wallet::new(1).address()).await.is_err());
}
