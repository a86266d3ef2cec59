//! An anonymous presentation: the holder's process answers a verifier's fresh challenge.

use serde_json::{Value, json};

use super::enrol::Enrolled;
use super::holder_process::HolderProcess;
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
    let command = [
        "present".to_owned(),
        format!("--to={VERIFIER}"),
        "--schema=task_completion/1".to_owned(),
        format!("--request={}", asked.display()),
        format!("--out={}", given.display()),
    ];
    let answer = present(demo, &command)?;
    if let Some(taken) = answer["prove_us"].as_u64() {
        demo.timings.record("of which the proof, self-checked", std::time::Duration::from_micros(taken));
    }
    let document = crate::commands::read_json(&given)?;
    if document.to_string().contains(&enrolled.best_did.to_string()) {
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

/// The holder presents under the hour's anchor. A log that has just begun has few leaves in it: a newer one is refused,
/// and the holder agrees to the newest root, as it would not where others wait for its answer.
fn present(demo: &mut Demo, command: &[String]) -> Outcome<Value> {
    const WHAT: &str = "present: fetch tiles, prove, in a new process";
    let holder = &demo.holder;
    let refused = match demo.timings.time(WHAT, || holder.answer(command))? {
        Ok(answer) => {
            demo.screen.say("Presenting under the hour's anchor, as everybody does in this hour.");
            return Ok(answer);
        }
        Err(refused) if refused["error"]["next"].as_str().is_some_and(|next| next.contains("--newest-root")) => refused,
        Err(refused) => return Err(HolderProcess::failed(&refused)),
    };
    let text = |member: &str| refused["error"][member].as_str().unwrap_or_default().to_owned();
    demo.screen.heading("The holder's command refuses a root under which few present:");
    demo.screen.say(format!("  {}", text("what")));
    demo.screen.say(format!("  next: {}", text("next")));
    demo.screen.say("The demo agrees with --newest-root: nobody else is here to be told apart from.");
    let agreed = [command, &["--newest-root".to_owned()][..]].concat();
    demo.timings.time(WHAT, || holder.run(&agreed))
}
