//! Four documents or uses that differ from an accepted one in one thing, and the check that refuses each.

use serde_json::{Value, json};

use super::credentials::Issued;
use super::presentation::Presented;
use super::{Demo, report};
use crate::exit::{Failure, Outcome};
use crate::system;

/// One thing done to an accepted document or its request.
struct Misuse {
    /// What was done.
    what: &'static str,
    /// The check that must refuse it, alone.
    check: &'static str,
    document: Value,
    request: Value,
}

/// Shows the four; gives (what, check) of each.
pub fn run(demo: &mut Demo, credentials: &[Issued], presented: &Presented) -> Outcome<Value> {
    demo.screen.heading("Four tampered or misused ones, each refused by exactly one check:");
    let [first, second, ..] = credentials else {
        return Err(Failure::error("too few credentials", "please report it"));
    };
    let misuses = [raised_claim(first)?, replay(presented), asking_for_more(presented)?, swapped_proof(first, second)?];
    let mut shown = Vec::new();
    for misuse in misuses {
        demo.screen.begin(misuse.what);
        let Misuse { what, check, document, request } = &misuse;
        report::expect_refused(demo, what, check, document, request)?;
        demo.screen.say(format!("  refused  by `{check}`: {what}"));
        demo.screen.tick();
        shown.push(json!({ "what": what, "check": check }));
    }
    Ok(Value::Array(shown))
}

/// The value that a reader sees, raised.
fn raised_claim(issued: &Issued) -> Outcome<Misuse> {
    let mut document = issued.document.clone();
    let bound = &mut document["credentialSubject"]["tasks_completed"]["atLeast"];
    if !bound.is_string() {
        return Err(Failure::error("a credential without its bound", "please report it"));
    }
    *bound = json!("1000000");
    Ok(Misuse {
        what: "the credential edited to claim at least 1000000 tasks",
        check: "attributes",
        document,
        request: issued.request.clone(),
    })
}

/// The same presentation shown to the same verifier, which has asked with a fresh challenge since.
fn replay(presented: &Presented) -> Misuse {
    let mut request = presented.request.clone();
    request["challenge"] = json!(system::random_hex());
    Misuse {
        what: "the presentation replayed against a newer challenge",
        check: "challenge",
        document: presented.document.clone(),
        request,
    }
}

/// An honest document that does not say what this verifier needs.
fn asking_for_more(presented: &Presented) -> Outcome<Misuse> {
    let mut request = presented.request.clone();
    request["at_least"]["tasks_completed"] = json!("1000000");
    Ok(Misuse {
        what: "the presentation used where 1000000 tasks are asked for",
        check: "policy",
        document: presented.document.clone(),
        request,
    })
}

/// The proof of another accepted credential put in the place of this one's.
fn swapped_proof(issued: &Issued, other: &Issued) -> Outcome<Misuse> {
    let mut donor = other.document.clone();
    let value = zk_proof(&mut donor)?["proofValue"].clone();
    let mut document = issued.document.clone();
    zk_proof(&mut document)?["proofValue"] = value;
    Ok(Misuse {
        what: "the proof replaced by that of another credential",
        check: "proof",
        document,
        request: issued.request.clone(),
    })
}

/// The zero-knowledge proof in a credential's proof set.
fn zk_proof(document: &mut Value) -> Outcome<&mut Value> {
    let proofs = document["proof"].as_array_mut();
    proofs
        .and_then(|proofs| proofs.iter_mut().find(|proof| proof["type"] == "Groth16Proof2024"))
        .ok_or_else(|| Failure::error("a credential without a zero-knowledge proof", "please report it"))
}
