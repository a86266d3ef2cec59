//! Answers that were prepared, kept back for as long as a direct answer takes.
//!
//! A prepared answer is some fifty times faster than a proof made now, so its time alone tells a verifier that this
//! agent, or one that asks for the same, has been here before. Who wants that hidden has both kinds of answers wait for
//! one *level*: the time that nine in ten direct answers take, learned from them on this machine.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Times of direct answers that are kept.
const KEPT: usize = 64;
/// The longest that an answer is kept back, whatever was measured: a client must not time out over it.
const LONGEST: Duration = Duration::from_secs(20);

/// How long the newest direct answers took.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DirectTimes {
    us: VecDeque<u64>,
}

impl DirectTimes {
    /// Notes a direct answer.
    pub fn note(&mut self, taken: Duration) {
        self.us.push_back(u64::try_from(taken.as_micros()).unwrap_or(u64::MAX));
        while self.us.len() > KEPT {
            self.us.pop_front();
        }
    }

    /// What every answer is kept back to: nine in ten direct answers took no longer. None before the first.
    pub fn level(&self) -> Option<Duration> {
        let mut sorted: Vec<_> = self.us.iter().copied().collect();
        sorted.sort_unstable();
        let us = sorted.get((sorted.len() * 9).div_ceil(10).checked_sub(1)?)?;
        Some(Duration::from_micros(*us).min(LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_what_nine_in_ten_of_the_newest_took() {
        let mut times = DirectTimes::default();
        assert_eq!(times.level(), None);
        times.note(Duration::from_millis(500));
        assert_eq!(times.level(), Some(Duration::from_millis(500)));
        for ms in 1..=100 {
            times.note(Duration::from_millis(ms));
        }
        // The newest 64 are 37 to 100 ms; the 58th of them.
        assert_eq!(times.level(), Some(Duration::from_millis(94)));
        times.note(Duration::from_secs(3600));
        assert_eq!(times.level(), Some(Duration::from_millis(95)), "one slow answer is no level");
        (0..KEPT).for_each(|_| times.note(Duration::from_secs(3600)));
        assert_eq!(times.level(), Some(LONGEST));
        let stored: DirectTimes = serde_json::from_str(&serde_json::to_string(&times).unwrap()).unwrap();
        assert_eq!(stored.level(), times.level());
    }
}
