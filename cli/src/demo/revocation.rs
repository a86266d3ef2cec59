//! Revoking one credential, and seeing it refused.

use std::time::Instant;

use serde_json::{Value, json};

use super::credentials::Issued;
use super::{Demo, publication, report};
use crate::client::Auth;
use crate::exit::{Failure, Outcome};

/// Revokes the last credential and shows that `status` refuses it from the next publication on.
pub fn run(demo: &mut Demo, credentials: &[Issued]) -> Outcome<Value> {
    demo.screen.begin("revoking a credential");
    let revoked = credentials.last().ok_or_else(|| Failure::error("no credential to revoke", "please report it"))?;
    let id = revoked.document["id"].as_str().unwrap_or_default();
    let uuid = id.rsplit('/').next().unwrap_or_default();
    let counter = |head: &Value| head["revocations"].as_u64();
    let before = counter(&demo.client.get("/roots/latest", Auth::Nobody)?);
    let start = Instant::now();
    demo.client.delete(&format!("/zk-credentials/{uuid}"), Auth::Operator(&demo.operator))?;
    publication::until(demo, "a new revocation", |head| counter(head) > before)?;
    demo.timings.record("revoke and publish (interval 1 s)", start.elapsed());
    report::expect_refused(demo, "the revoked credential", "status", &revoked.document, &revoked.request)?;
    demo.screen.heading("One credential revoked:");
    demo.screen.say(format!("  refused  by `status`: {} {id}", revoked.schema));
    demo.screen.tick();
    Ok(json!({ "id": id, "check": "status" }))
}
