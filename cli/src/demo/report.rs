//! Asking the service to verify, and reading its report.

use std::time::Instant;

use serde_json::{Value, json};

use super::Demo;
use crate::client::Auth;
use crate::exit::{Failure, Outcome};
use crate::verdict::Verdict;

/// `POST /verify` of a document with a request.
pub fn verify(demo: &mut Demo, document: &Value, request: &Value) -> Outcome<Verdict> {
    let body = json!({ "document": document, "request": request });
    let start = Instant::now();
    let report = demo.client.post("/verify", &body, Auth::Nobody)?;
    demo.timings.record("verify over HTTP, answer included", start.elapsed());
    Verdict::read(report)
}

/// The document must be verified.
pub fn expect_verified(demo: &mut Demo, what: &str, document: &Value, request: &Value) -> Outcome<Verdict> {
    let verdict = verify(demo, document, request)?;
    if verdict.is_verified() {
        return Ok(verdict);
    }
    Err(Failure::refused(
        format!("{what} was not verified: {}", verdict.explain()),
        "please report it: the demo shows only what must verify",
    ))
}

/// The document must fail this check and no other.
pub fn expect_refused(demo: &mut Demo, what: &str, check: &str, document: &Value, request: &Value) -> Outcome<Verdict> {
    let verdict = verify(demo, document, request)?;
    let failed = verdict.failed();
    if !verdict.is_verified() && failed == [check] {
        return Ok(verdict);
    }
    Err(Failure::refused(
        format!("{what} should fail `{check}` alone; it failed {failed:?}"),
        "please report it: the demo asserts which check refuses what",
    ))
}
