//! Waiting for the service to publish what was posted.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Demo;
use super::enrol::Enrolled;
use crate::client::Auth;
use crate::exit::{Failure, Outcome};

/// The longest a publication is waited for; the service publishes every second.
const LIMIT: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(100);

/// Waits until a head stands over a leaf of every agent.
pub fn wait(demo: &mut Demo, enrolled: &Enrolled) -> Outcome<()> {
    demo.screen.begin("deriving attributes, appending leaves, publishing a head");
    let start = Instant::now();
    let agents = enrolled.agents() as u64;
    let head = until(demo, "a leaf of every agent", |head| head["size"].as_u64() >= Some(agents))?;
    demo.timings.record("derive attributes, append the leaves, publish (interval 1 s)", start.elapsed());
    demo.screen.tick();
    demo.screen.say(format!(
        "Published: {} leaves under root {} (publication {}).",
        head["size"],
        head["root"].as_str().unwrap_or_default(),
        head["seq"]
    ));
    Ok(())
}

/// Waits for a newest head that fits, within a bound.
pub fn until(demo: &Demo, what: &str, fits: impl Fn(&Value) -> bool) -> Outcome<Value> {
    let deadline = Instant::now() + LIMIT;
    loop {
        // Before the first publication there is no head, and that is no failure.
        let head = demo.client.get("/roots/latest", Auth::Nobody);
        match head {
            Ok(head) if fits(&head) => return Ok(head),
            Err(failure) if failure.code.is_none() => return Err(failure),
            _ if Instant::now() > deadline => {
                let what = format!("no head with {what} within {} s", LIMIT.as_secs());
                return Err(Failure::error(what, "see the service's log above"));
            }
            _ => std::thread::sleep(POLL),
        }
    }
}
