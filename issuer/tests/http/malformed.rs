//! Malformed requests, some hundreds of them: each gets a 4xx problem or a report with a failing check, never
//! a 5xx, a panic or a hang, and changes nothing in the database. Then mutations at random.
//!
//! The database is compared whole, every table and row, after each case. One exception, and only for cases
//! that carry a genuine fresh signature of an agent: the nonce of that signature is used up, which is its point.

mod bodies;
mod documents;
mod fuzz;
mod mutations;
mod raw;
mod receipts;
mod world;

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use tokio::time::timeout;

use crate::service::{Answer, Service};
use world::World;

/// Every request is answered within this time.
const PATIENCE: Duration = Duration::from_secs(20);

/// The table of the nonces of signed requests.
const NONCES: &str = "signature_nonces";

/// One malformed request.
struct Case {
    name: String,
    request: Request<Body>,
    signed: bool,
}

impl Case {
    fn new(name: impl Into<String>, request: Request<Body>) -> Self {
        let signed = request.headers().contains_key("signature");
        Self { name: name.into(), request, signed }
    }
}

/// Sends every case and checks each answer and the database after it. Gives the number of cases.
async fn refuse_all(service: &Service, cases: Vec<Case>) -> usize {
    let count = cases.len();
    let mut before = service.snapshot().await;
    for Case { name, request, signed } in cases {
        let answer = timeout(PATIENCE, service.send(request)).await.unwrap_or_else(|_| panic!("{name}: no answer"));
        assert_refused(&name, &answer);
        let after = service.snapshot().await;
        let changes = before.changes(&after, if signed { &[NONCES] } else { &[] });
        assert!(changes.is_empty(), "{name}: {}\n{changes:#?}", answer.text());
        before = after;
    }
    count
}

/// A problem with a 4xx status, or a report that does not verify and says which check stands in the way.
fn assert_refused(name: &str, answer: &Answer) {
    if answer.status == 200 {
        let report: serde_json::Value = serde_json::from_slice(&answer.bytes).unwrap_or_default();
        let checks = report["checks"].as_array().unwrap_or_else(|| panic!("{name}: {}", answer.text()));
        let stands_in_the_way =
            |check: &serde_json::Value| matches!(check["outcome"].as_str(), Some("fail" | "unknown"));
        assert!(report["verified"] != true && report["authentic"] != true, "{name}: {report:#}");
        assert!(checks.iter().any(stands_in_the_way), "{name}: {report:#}");
    } else {
        let (status, _) = answer.problem();
        assert!((400..500).contains(&status), "{name}: {}", answer.text());
    }
}

#[tokio::test]
async fn over_two_hundred_malformed_requests_are_refused_and_change_nothing() {
    let world = World::build().await;
    let mut count = refuse_all(&world.service, raw::cases(&world)).await;
    count += refuse_all(&world.service, receipts::cases(&world)).await;
    assert!(count > 100, "{count} hand-written cases");
}

#[tokio::test]
async fn every_member_of_every_body_is_checked() {
    let world = World::build().await;
    let count = refuse_all(&world.service, bodies::cases(&world)).await;
    assert!(count > 200, "{count} cases");
}

#[tokio::test]
async fn every_member_of_a_document_matters() {
    let world = World::build().await;
    let count = refuse_all(&world.service, documents::cases(&world)).await;
    assert!(count > 200, "{count} cases");
}
