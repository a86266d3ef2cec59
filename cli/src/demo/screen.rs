//! What the demo shows while it works: a progress bar on a terminal that may be styled, plain lines elsewhere, nothing
//! with `--json`.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::{may_style, print_line};

/// Where the demo talks.
pub struct Screen {
    quiet: bool,
    bar: ProgressBar,
}

impl Screen {
    /// `steps` is how many pieces of work there are in all.
    pub fn new(steps: u64, quiet: bool) -> Self {
        let bar = if quiet || !may_style(&std::io::stderr()) {
            ProgressBar::hidden()
        } else {
            let bar = ProgressBar::new(steps);
            // The template is a constant and has been checked by the tests.
            bar.set_style(ProgressStyle::with_template(TEMPLATE).expect("a valid template"));
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        };
        Self { quiet, bar }
    }

    /// Says what is being done now.
    pub fn begin(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// One piece of work is done.
    pub fn tick(&self) {
        self.bar.inc(1);
    }

    /// Prints a line above the bar.
    pub fn say(&self, line: impl AsRef<str>) {
        if !self.quiet {
            self.bar.suspend(|| print_line(line.as_ref()));
        }
    }

    /// Prints a heading.
    pub fn heading(&self, text: &str) {
        self.say("");
        self.say(text);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

const TEMPLATE: &str = "{bar:30} {pos}/{len} {msg} ({elapsed})";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bars_template_is_valid() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
