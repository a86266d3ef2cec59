//! What the demo measured, as a table. Nothing stands in it that was not measured in this run.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Named measurements, in the order of their first.
#[derive(Default)]
pub struct Timings {
    rows: Vec<(&'static str, Vec<Duration>)>,
}

impl Timings {
    /// Does something and takes its time under a name.
    pub fn time<T>(&mut self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.record(name, start.elapsed());
        result
    }

    /// Adds a measurement.
    pub fn record(&mut self, name: &'static str, taken: Duration) {
        match self.rows.iter_mut().find(|(known, _)| *known == name) {
            Some((_, all)) => all.push(taken),
            None => self.rows.push((name, vec![taken])),
        }
    }

    /// The table, one line each: name, how often, median, total.
    pub fn lines(&self) -> Vec<String> {
        let width = self.rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let head = format!("{:width$}  {:>5}  {:>10}  {:>10}", "what was timed", "times", "median", "total");
        let line = |(name, all): &(&str, Vec<Duration>)| {
            let total = all.iter().sum();
            format!("{name:width$}  {:>5}  {:>10}  {:>10}", all.len(), shown(median(all)), shown(total))
        };
        std::iter::once(head).chain(self.rows.iter().map(line)).collect()
    }

    /// The same for programs, in microseconds.
    pub fn to_json(&self) -> Value {
        let row = |(name, all): &(&str, Vec<Duration>)| {
            json!({
                "what": name, "times": all.len(),
                "median_us": micros(median(all)), "total_us": micros(all.iter().sum()),
            })
        };
        self.rows.iter().map(row).collect()
    }
}

/// The lower median; rows are never empty.
fn median(all: &[Duration]) -> Duration {
    let mut sorted = all.to_vec();
    sorted.sort();
    sorted[(sorted.len() - 1) / 2]
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn shown(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1000.0;
    match ms {
        ..10.0 => format!("{ms:.2} ms"),
        ..1000.0 => format!("{ms:.0} ms"),
        _ => format!("{:.2} s", ms / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_count_median_and_total() {
        let mut timings = Timings::default();
        for ms in [30, 10, 20] {
            timings.record("a step", Duration::from_millis(ms));
        }
        assert_eq!(timings.lines().len(), 2);
        let words: Vec<_> = timings.lines()[1].split_whitespace().map(str::to_owned).collect();
        assert_eq!(words, ["a", "step", "3", "20", "ms", "60", "ms"]);
        assert_eq!(timings.to_json()[0]["median_us"], 20_000);
    }
}
