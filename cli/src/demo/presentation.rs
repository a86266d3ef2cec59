//! An anonymous presentation: the holder's process answers a verifier's fresh challenge.

use serde_json::{Value, json};

use super::enrol::Enrolled;
use super::{Demo, leaderboard, report};
use crate::exit::{Failure, Outcome};
use crate::system;

/// The demo's verifier. A name is enough: the holder is told it by its own command line, not by the
/// request.
const VERIFIER: &str = "https://verifier.example";

/// A presentation that was verified.
pub struct Presented {
    /// The presentation.
    pub document: Value,
    /// The request it answers.
    pub request: Value,
    /// The report on it.
    pub report: Value,
}

/// The verifier asks, the holder proves, the verifier checks.
pub fn run(demo: &mut Demo, enrolled: &Enrolled) -> Outcome<Presented> {
    demo.screen.begin("an anonymous presentation, proved in the holder's process");
    let tasks = leaderboard::grid_below(enrolled.best.counted().1);
    let request = json!({
        "classes": ["presentation"],
        "audience": VERIFIER,
        "domain": VERIFIER,
        "challenge": system::random_hex(),
        "at_least": { "tasks_completed": tasks.to_string() },
        "max_root_age_s": 7200,
    });
    let (asked, given) = (demo.holder.exchange("request.json"), demo.holder.exchange("presentation.json"));
    system::write_own(&asked, request.to_string().as_bytes())?;
    let holder = &demo.holder;
    let answer = demo.timings.time("present: fetch tiles, prove, in a new process", || {
        holder.run(&[
            "present".to_owned(),
            format!("--to={VERIFIER}"),
            "--schema=task_completion/1".to_owned(),
            format!("--request={}", asked.display()),
            format!("--out={}", given.display()),
        ])
    })?;
    if let Some(taken) = answer["prove_us"].as_u64() {
        demo.timings.record("of which the proof, self-checked", std::time::Duration::from_micros(taken));
    }
    let document = crate::commands::read_json(&given)?;
    if document.to_string().contains(&enrolled.best_did) {
        return Err(Failure::refused("the presentation names its agent", "please report it"));
    }
    let verdict = report::expect_verified(demo, "the presentation", &document, &request)?;
    demo.screen.heading("One anonymous presentation for a verifier's fresh challenge:");
    demo.screen.say(format!(
        "  verified somebody resolved at least {tasks} issues; {VERIFIER} sees no name, only a pseudonym of its own: {}",
        verdict.pseudonym().unwrap_or("none")
    ));
    demo.screen.tick();
    Ok(Presented { document, request, report: verdict.into_value() })
}
