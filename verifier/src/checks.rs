//! Collecting the outcomes of the sixteen checks. The first failure of a check stays; what nobody decided is
//! `unknown`, reason `not_reached`, so forgetting a check never verifies a document.

use std::borrow::Cow;

use crate::report::{Check, CheckName, Class, Outcome, Proved, Report};
use crate::text::is_visible;

/// The reason of checks that an earlier failure kept from running.
pub(crate) const NOT_REACHED: &str = "not_reached";

/// Reasons that a newer trust document may settle: it may list what this one does not. They leave a check undecided, which
/// verifies nothing either.
const SETTLED_BY_NEWER_TRUST: [&str; 5] = [
    crate::trust::UNKNOWN_KEY,
    "unknown_attestation_schema",
    "unknown_disclosure_schema",
    "unlisted_log",
    "unlisted_list",
];

/// Outcomes so far.
#[derive(Default)]
pub(crate) struct Checks {
    /// In the order of [`CheckName::ALL`].
    decided: [Option<Check>; CheckName::ALL.len()],
}

/// A text for people: ours, or made for the occasion.
type Text = Cow<'static, str>;

impl Checks {
    pub(crate) fn pass(&mut self, name: CheckName) {
        self.set(name, Outcome::Pass, None, Text::Borrowed(""));
    }

    pub(crate) fn pass_with(&mut self, name: CheckName, detail: impl Into<Text>) {
        self.set(name, Outcome::Pass, None, detail.into());
    }

    /// A failure: `reason` a stable word, `detail` what is wrong and, after a semicolon, what to do; without one the
    /// general advice of the check is added. What a newer trust document may settle is undecided instead.
    pub(crate) fn fail(&mut self, name: CheckName, reason: &'static str, detail: impl Into<Text>) {
        let mut detail = detail.into();
        if !detail.contains(';') {
            detail = format!("{detail}; {}", advice(name)).into();
        }
        let outcome = if SETTLED_BY_NEWER_TRUST.contains(&reason) { Outcome::Unknown } else { Outcome::Fail };
        self.set(name, outcome, Some(reason), detail);
    }

    pub(crate) fn unknown(&mut self, name: CheckName, reason: &'static str, detail: impl Into<Text>) {
        self.set(name, Outcome::Unknown, Some(reason), detail.into());
    }

    pub(crate) fn not_applicable(&mut self, name: CheckName, reason: &'static str, detail: impl Into<Text>) {
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
        self.decided.iter().flatten().any(|check| check.outcome == Outcome::Fail)
    }

    pub(crate) fn passed(&self, name: CheckName) -> bool {
        self.decided[name as usize].as_ref().is_some_and(|check| check.outcome == Outcome::Pass)
    }

    fn set(&mut self, name: CheckName, outcome: Outcome, reason: Option<&'static str>, detail: Text) {
        let decided = &mut self.decided[name as usize];
        let worse = |known: &Check| rank(known.outcome) >= rank(outcome);
        if !decided.as_ref().is_some_and(worse) {
            // What is written in this crate quotes no document.
            let detail = match detail {
                Cow::Borrowed(ours) => Text::Borrowed(ours),
                Cow::Owned(made) => readable(&made).into(),
            };
            *decided = Some(Check { name, outcome, reason: reason.map(Text::Borrowed), detail });
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
            trust: None,
            checks,
            proved: None::<Proved>,
            development_key: None,
        }
    }

    fn remove(&mut self, name: CheckName) -> Check {
        self.decided[name as usize].take().unwrap_or(Check {
            name,
            outcome: Outcome::Unknown,
            reason: Some(Text::Borrowed(NOT_REACHED)),
            detail: Text::Borrowed("an earlier check failed; mend that first"),
        })
    }
}

/// What to do when a check fails and nothing more particular is known.
fn advice(name: CheckName) -> &'static str {
    match name {
        CheckName::Proof => "ask for a new proof",
        CheckName::Key => "update the trust document, or ask for a proof under a key that it lists",
        CheckName::Root | CheckName::RootAge => "ask for a document under a current tree head of this issuer",
        CheckName::Context => "ask for the document as it was made",
        CheckName::Challenge => "ask for a presentation that answers your challenge, for your domain",
        CheckName::Class => "ask for a whole document of a class that the request accepts",
        CheckName::Subject => "ask for a document about the agent that you mean",
        CheckName::Holder => "ask for a presentation",
        CheckName::Attributes => "trust nothing that it shows, and ask for the document as it was made",
        CheckName::Schema => "ask for a document under a schema of the trust document, or update that",
        CheckName::Validity => "ask for a new one",
        CheckName::Status => "ask the issuer for a new credential",
        CheckName::IssuerSignature => "ask the issuer for the credential as it signed it",
        CheckName::Nullifier => "ask for a presentation that names its pseudonym for your audience",
        CheckName::Policy => "ask for a document that shows what you need, or need less",
    }
}

/// Longest text of one check, in characters.
const MAX_DETAIL_CHARS: usize = 500;

/// A text that may quote a document, safe to print: no longer than [`MAX_DETAIL_CHARS`], and without characters that
/// move a terminal's cursor, reorder what is read, or cannot be seen.
pub(crate) fn readable(text: &str) -> String {
    let mut safe = String::new();
    // One character more than is kept shows that there is more.
    for c in text.chars().take(MAX_DETAIL_CHARS + 1) {
        if is_visible(c) { safe.push(c) } else { safe.extend(c.escape_unicode()) }
    }
    if safe.chars().count() > MAX_DETAIL_CHARS {
        safe = safe.chars().take(MAX_DETAIL_CHARS - 1).chain(['…']).collect();
    }
    safe
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
    pub(crate) detail: Text,
}

/// A [`Refusal`] as an error.
pub(crate) fn refuse<T>(reason: &'static str, detail: impl Into<Text>) -> Result<T, Refusal> {
    Err(Refusal { reason, detail: detail.into() })
}

/// Turns an error into a [`Refusal`].
pub(crate) fn because<E: std::fmt::Display>(reason: &'static str) -> impl Fn(E) -> Refusal {
    move |error| Refusal { reason, detail: error.to_string().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_from_documents_are_bounded_and_cannot_steer_a_terminal() {
        assert_eq!(readable("a \u{1b}[2Jb\n\u{202e}c\u{200b}"), "a \\u{1b}[2Jb\\u{a}\\u{202e}c\\u{200b}");
        assert_eq!(readable("Grüße, 世界"), "Grüße, 世界");
        for text in ["x".repeat(40_000), "\u{1b}".repeat(40_000), "é".repeat(501)] {
            let short = readable(&text);
            assert_eq!(short.chars().count(), MAX_DETAIL_CHARS);
            assert!(short.ends_with('…'));
        }
        assert_eq!(readable(&"x".repeat(500)), "x".repeat(500));
    }

    #[test]
    fn each_check_has_its_place() {
        for (place, name) in CheckName::ALL.into_iter().enumerate() {
            assert_eq!(name as usize, place);
        }
    }

    #[test]
    fn every_failure_says_what_to_do() {
        for name in CheckName::ALL {
            let mut checks = Checks::default();
            checks.fail(name, "wrong", "it is wrong");
            assert!(checks.remove(name).detail.starts_with("it is wrong; "));
            checks.fail(name, "wrong", "it is wrong; do this");
            assert_eq!(checks.remove(name).detail, "it is wrong; do this");
        }
    }
}
