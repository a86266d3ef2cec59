//! One credential of each of the four schemas, issued over HTTP and verified with a request.

use poa_verifier::percent;
use serde_json::{Value, json};

use super::enrol::{Enrolled, Managed};
use super::{Demo, leaderboard, report};
use crate::client::{AgentSigner, Auth, Body, Client};
use crate::exit::{Failure, OrFail, Outcome};
use crate::system;

/// A credential that was issued and verified.
pub struct Issued {
    /// The disclosure schema, `name/version`.
    pub schema: &'static str,
    /// The credential.
    pub document: Value,
    /// The request under which it was verified.
    pub request: Value,
}

/// Issues and verifies one of each; the self-custody agent's comes first.
pub fn issue_and_verify(demo: &mut Demo, enrolled: &Enrolled) -> Outcome<Vec<Issued>> {
    demo.screen.heading("One credential of each schema, each verified with a request:");
    Ok(vec![
        task_completion(demo, enrolled)?,
        build_verification(demo, enrolled)?,
        earnings_proof(demo, enrolled)?,
        full_disclosure(demo, enrolled)?,
    ])
}

/// The holder's process proves; the service adds its signature and never sees the secrets.
fn task_completion(demo: &mut Demo, enrolled: &Enrolled) -> Outcome<Issued> {
    demo.screen.begin("task_completion/1: the holder proves in its own process");
    let (attempted, resolved) = enrolled.best.counted();
    let tasks = leaderboard::grid_below(resolved);
    let reputation = leaderboard::reputation_floor(attempted, resolved);
    let file = demo.holder.exchange("credential.json");
    let holder = &demo.holder;
    let answer = demo.timings.time("self-custody issue: fetch, prove, post, in a new process", || {
        holder.run(&[
            "issue".to_owned(),
            "--schema=task_completion/1".to_owned(),
            format!("--at-least=tasks_completed={tasks}"),
            format!("--at-least=reputation={reputation}"),
            format!("--out={}", file.display()),
        ])
    })?;
    if let Some(taken) = answer["prove_us"].as_u64() {
        demo.timings.record("of which the proof, self-checked", std::time::Duration::from_micros(taken));
    }
    let document = crate::commands::read_json(&file)?;
    let request = json!({
        "classes": ["standing"],
        "subject": enrolled.best_did,
        "at_least": { "tasks_completed": tasks.to_string(), "reputation": reputation },
    });
    let words = format!(
        "{} resolved at least {tasks} issues, with a reputation of at least {}",
        enrolled.best.name,
        percent::write(reputation)
    );
    finish(demo, "task_completion/1", &words, document, request)
}

/// The demo's own build: the one agent here whose build is known.
fn build_verification(demo: &mut Demo, enrolled: &Enrolled) -> Outcome<Issued> {
    let predicates = json!({ "capabilities": { "containsAll": ["open-source"] } });
    let document = issue(demo, &enrolled.program, "build_verification/1", &predicates)?;
    if document["credentialSubject"]["build_hash"] != json!(enrolled.build_sha256) {
        return Err(Failure::refused("the build shown is not this program's", "please report it"));
    }
    let request = json!({
        "classes": ["standing"],
        "subject": enrolled.program.did,
        "disclose": ["build_hash"],
        "contains_all": ["open-source"],
    });
    let words = format!("this program is build {}…, of open source", &enrolled.build_sha256[..16]);
    finish(demo, "build_verification/1", &words, document, request)
}

/// The data has no earnings, so the bound is 0 and the words say what that is worth.
fn earnings_proof(demo: &mut Demo, enrolled: &Enrolled) -> Outcome<Issued> {
    let oldest = oldest(enrolled)?;
    let since = first_of_next_month(oldest.entrant.first_submitted_unix_s()?)?;
    let predicates = json!({
        "earnings_sats": { "atLeast": "0" },
        "member_since": { "atMost": since },
    });
    let document = issue(demo, &oldest.signer, "earnings_proof/1", &predicates)?;
    let request = json!({
        "classes": ["standing"],
        "subject": oldest.signer.did,
        "at_least": { "earnings_sats": "0" },
        "at_most": { "member_since": since },
    });
    let words = format!(
        "{} earned at least 0 satoshi (the data has no earnings, so this says nothing) and has worked since {} or before",
        oldest.entrant.name,
        &since[..10]
    );
    finish(demo, "earnings_proof/1", &words, document, request)
}

fn full_disclosure(demo: &mut Demo, enrolled: &Enrolled) -> Outcome<Issued> {
    let widest = enrolled
        .managed
        .iter()
        .max_by_key(|agent| agent.entrant.counted().1)
        .ok_or_else(|| Failure::error("no managed agent", "please report it"))?;
    let (name, resolved) = (&widest.entrant.name, widest.entrant.counted().1);
    let document = issue(demo, &widest.signer, "full_disclosure/1", &json!({}))?;
    if document["credentialSubject"]["tasks_completed"] != json!(resolved.to_string()) {
        return Err(Failure::refused("the count shown is not the leaderboard's", "please report it"));
    }
    let slots = poa_circuits::native::attributes::Slot::ALL.map(|slot| slot.name());
    let request = json!({ "classes": ["standing"], "subject": widest.signer.did, "disclose": slots });
    let words = format!("{name} shows all six attributes: {resolved} issues resolved, earnings 0, no build");
    finish(demo, "full_disclosure/1", &words, document, request)
}

/// A build proof for an agent without a build is refused; shown, because 0 must not pass for a hash.
pub fn refuse_empty_build(demo: &mut Demo, enrolled: &Enrolled) -> Outcome<()> {
    let agent = oldest(enrolled)?;
    let refusal = post(&demo.client, &agent.signer, "build_verification/1", &json!({})).err();
    match refusal {
        Some(failure) if failure.code.as_deref() == Some("build-hash-missing") => {
            demo.screen.say(format!(
                "  refused  build_verification/1 for {}, whose build is not known (build-hash-missing)",
                agent.entrant.name
            ));
            demo.screen.tick();
            Ok(())
        }
        Some(failure) => Err(failure),
        None => Err(Failure::refused("a build proof of 0 was issued", "please report it")),
    }
}

fn finish(demo: &mut Demo, schema: &'static str, words: &str, document: Value, request: Value) -> Outcome<Issued> {
    report::expect_verified(demo, schema, &document, &request)?;
    demo.screen.tick();
    demo.screen.say(format!("  verified {schema}: {words}"));
    Ok(Issued { schema, document, request })
}

/// The managed agent asks, by its own signature; the service proves.
fn issue(demo: &mut Demo, signer: &AgentSigner, schema: &'static str, predicates: &Value) -> Outcome<Value> {
    demo.screen.begin(schema);
    let client = &demo.client;
    demo.timings.time("managed issue over HTTP, proof included", || post(client, signer, schema, predicates))
}

fn post(client: &Client, signer: &AgentSigner, schema: &str, predicates: &Value) -> Outcome<Value> {
    let body = json!({ "agent": signer.did, "schema": schema, "predicates": predicates });
    let key = system::random_hex();
    client
        .send("POST", "/zk-credentials", Some(&Body::json(&body)), Auth::Agent(signer), &[("idempotency-key", &key)])?
        .json()
}

/// The managed agent with the earliest submission.
fn oldest(enrolled: &Enrolled) -> Outcome<&Managed> {
    let mut oldest: Option<(u64, &Managed)> = None;
    for agent in &enrolled.managed {
        let first = agent.entrant.first_submitted_unix_s()?;
        if oldest.is_none_or(|(earliest, _)| first < earliest) {
            oldest = Some((first, agent));
        }
    }
    oldest.map(|(_, agent)| agent).ok_or_else(|| Failure::error("no managed agent", "please report it"))
}

/// The first of the month after a time, RFC 3339: dates are on that grid.
fn first_of_next_month(unix_s: u64) -> Outcome<String> {
    let report = "please report it";
    let mut time = unix_s;
    // At most 31 days lie before the next first of a month.
    for _ in 0..=31 {
        time = (time / 86_400 + 1) * 86_400;
        if poa_verifier::time::is_first_of_month(time) {
            return poa_verifier::time::format_utc(time).or_fail("a date", report);
        }
    }
    Err(Failure::error("a month without an end", report))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_to_the_first_of_the_next_month() {
        for (from, to) in [
            ("2023-10-10T00:00:00Z", "2023-11-01T00:00:00Z"),
            ("2023-12-31T23:59:59Z", "2024-01-01T00:00:00Z"),
            ("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"),
        ] {
            let unix_s = poa_verifier::time::parse_utc(from).unwrap();
            assert_eq!(first_of_next_month(unix_s).unwrap(), to);
        }
    }
}
