//! Collecting the outcomes of the sixteen checks. The first failure of a check stays; what nobody decided is
//! `unknown`, reason `not_reached`, so forgetting a check never verifies a document.

use std::collections::BTreeMap;

use crate::report::{Check, CheckName, Class, Outcome, Proved, Report};

/// The reason of checks that an earlier failure kept from running.
pub(crate) const NOT_REACHED: &str = "not_reached";

/// Outcomes so far.
#[derive(Default)]
pub(crate) struct Checks {
    decided: BTreeMap<CheckName, Check>,
}

impl Checks {
    pub(crate) fn pass(&mut self, name: CheckName) {
        self.set(name, Outcome::Pass, None, String::new());
    }

    pub(crate) fn pass_with(&mut self, name: CheckName, detail: impl Into<String>) {
        self.set(name, Outcome::Pass, None, detail.into());
    }

    /// A failure: `reason` a stable word, `detail` what is wrong and what to do.
    pub(crate) fn fail(&mut self, name: CheckName, reason: &'static str, detail: impl Into<String>) {
        self.set(name, Outcome::Fail, Some(reason), detail.into());
    }

    pub(crate) fn unknown(&mut self, name: CheckName, reason: &'static str, detail: impl Into<String>) {
        self.set(name, Outcome::Unknown, Some(reason), detail.into());
    }

    pub(crate) fn not_applicable(&mut self, name: CheckName, reason: &'static str, detail: impl Into<String>) {
        self.set(name, Outcome::NotApplicable, Some(reason), detail.into());
    }

    /// Takes the result of a check: `Err` is a reason and a detail.
    pub(crate) fn take(&mut self, name: CheckName, result: Result<(), Refusal>) {
        match result {
            Ok(()) => self.pass(name),
            Err(Refusal { reason, detail }) => self.fail(name, reason, detail),
        }
    }

    /// The value of a part of a check: a failure is recorded, a success says nothing yet.
    pub(crate) fn keep<T>(&mut self, name: CheckName, result: Result<T, Refusal>) -> Option<T> {
        result.map_err(|refusal| self.fail(name, refusal.reason, refusal.detail)).ok()
    }

    /// Whether any check failed.
    pub(crate) fn failed(&self) -> bool {
        self.decided.values().any(|check| check.outcome == Outcome::Fail)
    }

    pub(crate) fn passed(&self, name: CheckName) -> bool {
        self.decided.get(&name).is_some_and(|check| check.outcome == Outcome::Pass)
    }

    fn set(&mut self, name: CheckName, outcome: Outcome, reason: Option<&str>, detail: String) {
        let worse = |known: &Check| rank(known.outcome) >= rank(outcome);
        if !self.decided.get(&name).is_some_and(worse) {
            self.decided.insert(name, Check { name, outcome, reason: reason.map(str::to_owned), detail });
        }
    }

    /// The report; see [`Report`] for the two verdicts.
    pub(crate) fn finish(mut self, class: Class, had_request: bool) -> Report {
        let checks: Vec<Check> = CheckName::ALL.into_iter().map(|name| self.remove(name)).collect();
        let holds = |check: &&Check| matches!(check.outcome, Outcome::Pass | Outcome::NotApplicable);
        let no_demands = |check: &&Check| check.name == CheckName::Policy && check.outcome == Outcome::Unknown;
        let genuine = |check: &&Check| holds(check) || no_demands(check);
        let known_class = class != Class::Other;
        Report {
            verified: had_request.then(|| known_class && checks.iter().all(|c| holds(&c))),
            authentic: (!had_request).then(|| known_class && checks.iter().all(|c| genuine(&c))),
            class,
            checks,
            proved: None::<Proved>,
            development_key: None,
        }
    }

    fn remove(&mut self, name: CheckName) -> Check {
        self.decided.remove(&name).unwrap_or_else(|| Check {
            name,
            outcome: Outcome::Unknown,
            reason: Some(NOT_REACHED.to_owned()),
            detail: "an earlier check failed; mend that first".to_owned(),
        })
    }
}

/// A later outcome replaces an earlier one only when it is worse.
fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Pass | Outcome::NotApplicable => 0,
        Outcome::Unknown => 1,
        Outcome::Fail => 2,
    }
}

/// Why a check fails.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) reason: &'static str,
    pub(crate) detail: String,
}

/// A [`Refusal`] as an error.
pub(crate) fn refuse<T>(reason: &'static str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { reason, detail: detail.into() })
}

/// Turns an error into a [`Refusal`].
pub(crate) fn because<E: std::fmt::Display>(reason: &'static str) -> impl Fn(E) -> Refusal {
    move |error| Refusal { reason, detail: error.to_string() }
}
