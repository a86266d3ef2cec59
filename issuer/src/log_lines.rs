//! Lines of the log that strangers can cause: one of a kind, place and minute, with the number of those left out since the
//! last. A flood of requests must not become a flood of lines.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long one line stands for its like.
const WINDOW: Duration = Duration::from_secs(60);

/// The log is the process's, and so is this.
static LINES: LazyLock<Lines> = LazyLock::new(Lines::default);

/// What was written lately. Kinds and places are the program's own words (routes, names of tables), so there are few.
#[derive(Default)]
struct Lines(Mutex<HashMap<(&'static str, String), Window>>);

struct Window {
    written: Instant,
    left_out: u64,
}

impl Lines {
    fn admit(&self, kind: &'static str, place: &str, now: Instant) -> Option<u64> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match lines.get_mut(&(kind, place.to_owned())) {
            Some(window) if now.saturating_duration_since(window.written) < WINDOW => {
                window.left_out += 1;
                None
            }
            Some(window) => {
                window.written = now;
                Some(std::mem::take(&mut window.left_out))
            }
            None => {
                lines.insert((kind, place.to_owned()), Window { written: now, left_out: 0 });
                Some(0)
            }
        }
    }

    /// Forgets what is over, and tells what nobody will.
    fn sweep(&self, now: Instant) -> Vec<(&'static str, String, u64)> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |window: &Window| now.saturating_duration_since(window.written) >= WINDOW;
        let over = lines.extract_if(|_, window| is_over(window));
        over.filter(|(_, window)| window.left_out > 0)
            .map(|((kind, place), window)| (kind, place, window.left_out))
            .collect()
    }
}

/// Whether a line of this kind may be written for this place now; if so, how many were left out since the last.
pub(crate) fn admit(kind: &'static str, place: &str) -> Option<u64> {
    LINES.admit(kind, place, Instant::now())
}

/// Writes how many were left out where no further line came. Called every minute.
pub(crate) fn sweep() {
    for (kind, place, left_out) in LINES.sweep(Instant::now()) {
        tracing::warn!(kind, place, left_out, "lines of the log were left out");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_of_a_kind_and_place_in_a_minute() {
        let (lines, start) = (Lines::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(lines.admit("answer", "/verify", at(0)), Some(0));
        for second in 1..60 {
            assert_eq!(lines.admit("answer", "/verify", at(second)), None);
        }
        assert_eq!(lines.admit("answer", "/agents", at(59)), Some(0));
        assert_eq!(lines.admit("chain", "/verify", at(59)), Some(0));
        assert_eq!(lines.admit("answer", "/verify", at(60)), Some(59));
        assert_eq!(lines.admit("answer", "/verify", at(61)), None);
        assert_eq!(lines.sweep(at(121)), [("answer", "/verify".to_owned(), 1)]);
        assert_eq!(lines.0.lock().unwrap().len(), 0);
    }
}
