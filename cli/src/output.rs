//! What a command prints: text for people, one JSON document with `--json`.
//!
//! Text goes to standard output for results and to standard error for failures. With `--json`
//! exactly one JSON object goes to standard output, in both cases.

use std::io::Write;

use poa_verifier::text::is_visible;
use serde_json::{Value, json};

use crate::exit::{Exit, Failure};

/// What a command that ran to its end has to say.
pub struct Answer {
    /// [`Exit::Done`], or [`Exit::Refused`] and [`Exit::Error`] for verdicts.
    pub exit: Exit,
    /// One line of what happened.
    pub what: String,
    /// Further lines, printed as they are.
    pub details: Vec<String>,
    /// One line of what to do next; empty when there is nothing.
    pub next: String,
    /// The same for programs.
    pub value: Value,
}

impl Answer {
    /// A command that did what it was asked.
    pub fn done(what: impl Into<String>, next: impl Into<String>, value: Value) -> Self {
        Self { exit: Exit::Done, what: what.into(), details: Vec::new(), next: next.into(), value }
    }

    /// Adds lines between what happened and what to do next.
    pub fn with_details(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(details);
        self
    }
}

/// Prints an answer and returns the process's exit status.
pub fn print_answer(answer: &Answer, as_json: bool) -> Exit {
    if as_json {
        print_line(&answer.value.to_string());
    } else {
        print_line(&answer.what);
        for line in &answer.details {
            print_line(line);
        }
        if !answer.next.is_empty() {
            print_line(&format!("next: {}", answer.next));
        }
    }
    answer.exit
}

/// Prints a failure and returns the process's exit status.
pub fn print_failure(failure: &Failure, as_json: bool) -> Exit {
    if as_json {
        let error = json!({
            "what": failure.what,
            "next": failure.next,
            "code": failure.code,
            "exit": failure.exit.status(),
        });
        print_line(&json!({ "error": error }).to_string());
    } else {
        eprintln!("poa: {}", escaped(&failure.what));
        eprintln!("next: {}", escaped(&failure.next));
    }
    failure.exit
}

/// For text that may quote a file or an answer: what would move the cursor or cannot be seen is written out.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_visible(c) { safe.push(c) } else { safe.extend(c.escape_unicode()) }
    }
    safe
}

/// Prints one line; a reader that went away (`poa … | head`) is no error of ours.
pub fn print_line(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// The JSON text of a document for a file or for people: indented, with a final newline.
pub fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
