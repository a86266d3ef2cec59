//! How a command ends: its exit status, and a failure as two lines for a person.
//!
//! | status | meaning |
//! |---|---|
//! | 0 | done, or verified |
//! | 1 | not verified, or refused: the answer is known and it is no |
//! | 2 | could not check, or could not do it: nothing is known |
//!
//! Wrong usage also ends with 2, from the argument parser.

use std::fmt::Display;
use std::process::ExitCode;

/// What the process answers to its caller.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// Done, or verified.
    Done,
    /// Not verified, or refused.
    Refused,
    /// Could not check, or could not do it.
    Error,
}

impl Exit {
    /// The exit status as a number.
    pub fn status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Error => 2,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.status())
    }
}

/// Why a command did not do what it was asked: one line of what happened, one of what to do next.
#[derive(Debug)]
pub struct Failure {
    /// [`Exit::Refused`] or [`Exit::Error`].
    pub exit: Exit,
    /// One line of what happened.
    pub what: String,
    /// One line of what to do next.
    pub next: String,
    /// The service's stable problem code, when the service refused.
    pub code: Option<String>,
}

/// The result of everything a command does.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// Something could not be done or not be checked.
    pub fn error(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { exit: Exit::Error, what: what.into(), next: next.into(), code: None }
    }

    /// Something was refused, here or by the service.
    pub fn refused(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { exit: Exit::Refused, ..Self::error(what, next) }
    }
}

/// Turns any error into a [`Failure`] that says what was being done and what to do next.
pub trait OrFail<T> {
    /// `what` is what went wrong (the error's own text follows it), `next` what to do about it.
    fn or_fail(self, what: impl Display, next: impl Into<String>) -> Outcome<T>;
    /// The same, when the input is known to be bad rather than unreadable.
    fn or_refuse(self, what: impl Display, next: impl Into<String>) -> Outcome<T>;
}

impl<T, E: Display> OrFail<T> for Result<T, E> {
    fn or_fail(self, what: impl Display, next: impl Into<String>) -> Outcome<T> {
        self.map_err(|error| Failure::error(format!("{what}: {error}"), next))
    }

    fn or_refuse(self, what: impl Display, next: impl Into<String>) -> Outcome<T> {
        self.map_err(|error| Failure::refused(format!("{what}: {error}"), next))
    }
}
