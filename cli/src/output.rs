//! Everything this program prints: text for people, one JSON document with `--json`.
//!
//! Text goes to standard output for results and to standard error for failures. With `--json` exactly one JSON object goes
//! to standard output, in both cases.
//!
//! # What is printed
//! Names, messages and documents come from others. A line of text is one line, and what would steer a terminal or cannot
//! be seen is written out (`\u{202e}`, see [`Visible`]); in JSON it is an escape of JSON, so the document means the same.
//!
//! # When a stream fails
//! Standard error that cannot be written is ignored: there is nowhere to say it. So is a reader that went away
//! (`poa … | head -1`). Any other failure of standard output ends the program with [`Exit::Error`] ([`finish`]), because
//! success nobody can read is none. Also when it is closed (`poa … >&-`) or open for reading alone: the standard library
//! counts that as written, so it is asked for beforehand.

use std::fmt;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use poa_verifier::text::is_visible;
use rustix::fs::OFlags;
use serde_json::{Value, json};

use crate::exit::{Exit, Failure};

/// The first failure of standard output that counts.
static FAILED: Mutex<Option<io::Error>> = Mutex::new(None);
/// Whether a document was written to standard output on request (`--out -`). Everything else then goes elsewhere.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// What a command that ran to its end has to say.
pub struct Answer {
    /// [`Exit::Done`], or [`Exit::Refused`] and [`Exit::Error`] for verdicts.
    pub exit: Exit,
    /// One line of what happened.
    pub what: String,
    /// What was asked for, where that is a document of several lines; printed in place of `what`.
    pub document: Option<String>,
    /// Further lines.
    pub details: Vec<String>,
    /// One line of what to do next; empty when there is nothing.
    pub next: String,
    /// The same for programs.
    pub value: Value,
}

impl Answer {
    /// A command that did what it was asked.
    pub fn done(what: impl Into<String>, next: impl Into<String>, value: Value) -> Self {
        let (what, next) = (what.into(), next.into());
        Self { exit: Exit::Done, what, document: None, details: Vec::new(), next, value }
    }

    /// A command whose answer is a document.
    pub fn document(text: impl Into<String>, next: impl Into<String>, value: Value) -> Self {
        Self { document: Some(text.into()), ..Self::done("", next, value) }
    }

    /// Adds lines between what happened and what to do next.
    pub fn with_details(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(details);
        self
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        let first: Vec<&str> = match &self.document {
            Some(document) => document.lines().collect(),
            None => vec![&self.what],
        };
        first.into_iter().chain(self.details.iter().map(String::as_str))
    }
}

/// Text on one line, without what moves a cursor, reorders what stands beside it, or cannot be seen: that is written out.
pub struct Visible<'a>(pub &'a str);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if is_visible(c) {
                fmt::Write::write_char(f, c)?;
            } else {
                write!(f, "{}", c.escape_unicode())?;
            }
        }
        Ok(())
    }
}

/// Prints an answer and returns the process's exit status.
pub fn print_answer(answer: &Answer, as_json: bool) -> Exit {
    if as_json {
        print_json(&answer.value);
    } else {
        answer.lines().for_each(print_line);
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
        print_json(&json!({ "error": error }));
    } else {
        note(&format!("poa: {}", failure.what));
        note(&format!("next: {}", failure.next));
    }
    failure.exit
}

/// Prints one line on standard output.
pub fn print_line(line: &str) {
    if TAKEN.load(Ordering::Relaxed) {
        return note(line);
    }
    print(format!("{}\n", Visible(line)).as_bytes());
}

/// Prints a JSON document on one line.
pub fn print_json(value: &Value) {
    let line = visible_json(&value.to_string()) + "\n";
    if TAKEN.load(Ordering::Relaxed) { complain(&line) } else { print(line.as_bytes()) }
}

/// Prints a text of this program's own, which may be coloured.
pub fn print_own(text: &str) {
    print(text.as_bytes());
}

/// Prints a question on standard error, whose answer is typed behind it.
pub fn ask(question: &str) {
    complain(question);
}

/// Prints one line on standard error.
pub fn note(line: &str) {
    complain(&format!("{}\n", Visible(line)));
}

/// Writes a document to standard output, where `--out` asked for it.
///
/// # Errors
/// What the system says.
pub fn write_document(bytes: &[u8]) -> io::Result<()> {
    TAKEN.store(true, Ordering::Relaxed);
    write_to_stdout(bytes)
}

/// The exit status of the process, once standard output took everything.
pub fn finish(exit: Exit) -> ExitCode {
    let Some(error) = FAILED.lock().unwrap_or_else(PoisonError::into_inner).take() else { return exit.into() };
    let what = format!("the answer cannot be written to standard output: {error}");
    print_failure(&Failure::error(what, "make room or redirect it elsewhere; what was done stays done"), false).into()
}

/// Whether colours and moves of the cursor are wanted on a stream: a terminal that understands them, and nobody said no
/// (`NO_COLOR`, no-color.org).
pub fn may_style(stream: &impl IsTerminal) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    stream.is_terminal() && !refused && !dumb
}

/// The JSON text of a document for a file or for people: indented, with a final newline.
pub fn pretty(value: &Value) -> String {
    visible_json(&format!("{value:#}\n"))
}

/// What cannot be seen stands in JSON inside of texts alone, where an escape means the same.
fn visible_json(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        if is_visible(c) || c == '\n' {
            visible.push(c);
        } else {
            let mut units = [0; 2];
            visible.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    visible
}

fn print(bytes: &[u8]) {
    let Err(error) = write_to_stdout(bytes) else { return };
    if error.kind() != ErrorKind::BrokenPipe {
        FAILED.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

fn write_to_stdout(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    if rustix::fs::fcntl_getfl(&stdout)? & OFlags::RWMODE == OFlags::RDONLY {
        // A closed one is made such a one before the program begins (`closed_streams.c`).
        return Err(io::Error::other("it is closed, or open for reading alone"));
    }
    stdout.write_all(bytes)?;
    stdout.flush()
}

fn complain(text: &str) {
    // There is nowhere to say that this failed.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[2J\u{202e}b\n\u{9b}c\u{2066}";

    #[test]
    fn what_would_steer_a_terminal_is_written_out_on_one_line() {
        let shown = Visible(HOSTILE).to_string();
        assert_eq!(shown, "a\\u{1b}[2J\\u{202e}b\\u{a}\\u{9b}c\\u{2066}");
        assert_eq!(Visible("Zoë, 李 – 5 €").to_string(), "Zoë, 李 – 5 €");
    }

    #[test]
    fn json_is_visible_too_and_means_the_same() {
        let value = json!({ HOSTILE: [HOSTILE, "\u{e0041}", "é"] });
        for text in [visible_json(&value.to_string()), pretty(&value)] {
            assert!(text.chars().all(|c| is_visible(c) || c == '\n'), "{text}");
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
