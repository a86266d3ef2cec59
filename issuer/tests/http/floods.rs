//! What many addresses together take, and what they leave to everybody else: real sockets, a trusted proxy that forwards
//! for whole networks.

use std::net::Ipv4Addr;
use std::time::Duration;

use poa_issuer::config::{Bounds, VerifyingLimits};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;

use super::connections::{Answer, Listening, OTHER, unfinished};

/// A credential that takes long to canonicalise, and then turns out to be signed by nobody.
fn slow_credential() -> Value {
    let key = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp";
    let proof = json!({
        "type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofPurpose": "assertionMethod",
        "verificationMethod": format!("did:key:{key}#{key}"),
        // Sixty-four times 7.
        "proofValue": "z99eUso3aSbE9tqGSTXzo3TLfKb9RkMTURrHKQ1K7Zh3BbeqPevr5E1iCbpTjqHuTFLtfxTTD5ekfVuZFzQyEQf8",
    });
    let context = "https://www.w3.org/ns/credentials/v2";
    let subject: Vec<_> = (0..20).map(|n| json!({ "@context": [context], "id": format!("urn:x:{n}") })).collect();
    json!({
        "@context": [context], "type": ["VerifiableCredential"], "issuer": format!("did:key:{key}"),
        "credentialSubject": subject, "proof": proof,
    })
}

fn verification(client: &str) -> String {
    let body = json!({ "verifiableCredential": slow_credential() }).to_string();
    post("/vc-api/credentials/verify", &format!("x-forwarded-for: {client}\r\n"), &body)
}

fn post(path: &str, fields: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n{fields}content-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_of_many_addresses_does_not_keep_others_from_verifying() {
    let service = Listening::start(|config| {
        config.trusted_proxies = vec![Ipv4Addr::LOCALHOST.into()];
        config.verifying = VerifyingLimits { workers: 1, queue: 128, per_minute: 1_200 };
        config.connections.stall = Duration::from_secs(60);
    })
    .await;
    let mut flood = JoinSet::new();
    for number in 0..220 {
        let mut stream = service.connect().await;
        flood.spawn(async move {
            stream.write_all(verification(&format!("2001:db8:1:{number:x}::1")).as_bytes()).await.unwrap();
            Answer::read_within(&mut stream, Duration::from_secs(60)).await.status()
        });
    }
    let mut refused = 0;
    // The queue is full once more were refused than the network's half leaves out.
    while refused < 90 {
        refused += usize::from(flood.join_next().await.unwrap().unwrap() == 503);
    }
    for client in ["198.51.100.7", "2001:db8:2::1"] {
        let answer = service.ask(&verification(client)).await;
        assert_eq!(answer.status(), 400, "judged, and not authentic: {}", answer.0);
    }
    flood.shutdown().await;
    service.stop().await;
}

#[tokio::test]
async fn networks_that_send_slowly_do_not_keep_others_from_sending() {
    let service = Listening::start(|config| {
        config.connections.body_bytes = Bounds { total: 400_000, network: 200_000, client: 200_000 };
        config.connections.stall = Duration::from_secs(20);
        config.connections.grace = Duration::from_secs(20);
    })
    .await;
    let mut held = Vec::new();
    for network in 1..4 {
        for host in 1..6 {
            let mut stream = service.connect_from(Ipv4Addr::new(127, 0, network, host)).await;
            stream.write_all(unfinished(50_000, "").as_bytes()).await.unwrap();
            held.push(stream);
        }
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    service.ask_from(OTHER, &post("/verify", "", "{}")).await.assert_problem(400, "invalid-body");
    for _ in 0..3 {
        let large = json!({ "document": "x".repeat(80_000) }).to_string();
        let answer = service.ask_from(OTHER, &post("/verify", "", &large)).await;
        assert!(![408, 503].contains(&answer.status()), "{}", answer.0);
    }
    let metrics = service.ask("GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.0;
    assert!(!metrics.contains("poa_bodies_cut_total{reason=\"no_room\"} 0\n"), "{metrics}");
    assert!(metrics.contains("poa_bodies_cut_total{reason=\"slow\"} 0\n"), "{metrics}");
    drop(held);
    service.stop().await;
}

#[tokio::test]
async fn what_the_listener_does_and_refuses_is_counted() {
    let service = Listening::start(|_| ()).await;
    service.ask("GET /health HTTP/1.1\r\n\r\n").await.assert_problem(400, "malformed-request");
    service.ask("no HTTP at all\r\n\r\n").await.assert_problem(400, "malformed-request");
    service.ask("GET /health HTTP/1.1\r\nhost: a").await.assert_problem(408, "request-timeout");
    service.ask(&unfinished(10, "")).await.assert_problem(408, "request-timeout");
    service.ask("").await;
    let metrics = service.ask("GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.0;
    for row in [
        "poa_connections_open 1\n",
        "poa_connections_opened_total 6\n",
        "poa_connections_refused_total 0\n",
        "poa_connections_closed_total{reason=\"header\"} 1\n",
        "poa_connections_closed_total{reason=\"idle\"} 2\n",
        "poa_connections_closed_total{reason=\"served\"} 2\n",
        "poa_requests_under_way 1\n",
        "poa_body_bytes 0\n",
        "poa_bodies_cut_total{reason=\"slow\"} 1\n",
        "poa_refused_requests_total{status=\"400\"} 2\n",
        "poa_refused_requests_total{status=\"408\"} 1\n",
    ] {
        assert!(metrics.contains(row), "{row} in {metrics}");
    }
    service.stop().await;
}
