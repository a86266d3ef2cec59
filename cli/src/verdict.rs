//! A verification report as an answer: exit status, words for people, JSON for programs.

use poa_verifier::report::{Outcome as CheckOutcome, Report};
use serde::Deserialize;
use serde_json::Value;

use crate::exit::{Exit, OrFail, Outcome};
use crate::output::Answer;

/// A report, made here or by a service.
pub struct Verdict {
    report: Report,
    value: Value,
}

impl Verdict {
    /// Reads a report that a service made.
    pub fn read(value: Value) -> Outcome<Self> {
        let report = Report::deserialize(&value)
            .or_fail("the service's report has another form", "use the version of poa that fits the service")?;
        Ok(Self { report, value })
    }

    /// Takes a report that was made here.
    pub fn new(report: Report) -> Outcome<Self> {
        let value = serde_json::to_value(&report).or_fail("the report", "please report it")?;
        Ok(Self { report, value })
    }

    /// Whether every check passed or did not apply, under a request.
    pub fn is_verified(&self) -> bool {
        self.report.verified()
    }

    /// Names of the checks that failed; when none did, of those that could not be decided.
    pub fn failed(&self) -> Vec<&'static str> {
        self.report.failed().into_iter().map(|check| check.as_str()).collect()
    }

    /// The pseudonym at the verifier that asked, if one was asked for.
    pub fn pseudonym(&self) -> Option<&str> {
        Some(&self.report.proved.as_ref()?.pseudonym.as_ref()?.nullifier)
    }

    /// The checks that stand in the way with their reasons, on one line.
    pub fn explain(&self) -> String {
        let open = self.report.failed().into_iter().filter_map(|name| self.report.check(name));
        let words = open.map(|check| format!("{} ({})", check.name, said(check)));
        words.collect::<Vec<_>>().join(", ")
    }

    /// The report for programs.
    pub fn into_value(self) -> Value {
        self.value
    }

    /// 0 verified, 1 some check failed, 2 nothing failed and something is not known.
    fn exit(&self) -> Exit {
        if self.is_verified() {
            Exit::Done
        } else if self.report.could_not_check() {
            Exit::Error
        } else {
            Exit::Refused
        }
    }

    /// The report in words.
    pub fn into_answer(self) -> Answer {
        let (what, next) = self.words();
        let mut details: Vec<String> = Vec::new();
        let statement = self.report.proved.iter().flat_map(|proved| &proved.statement);
        let statement: Vec<_> = statement.map(|line| format!("  {line}")).collect();
        // What stands in the way comes first; what was proved, where nothing does.
        let (above, below) = if self.exit() == Exit::Done { (statement, Vec::new()) } else { (Vec::new(), statement) };
        details.extend(above);
        let checks = self.report.for_people();
        for check in &checks {
            let outcome = match check.outcome {
                CheckOutcome::Pass => "pass",
                CheckOutcome::Fail => "FAIL",
                CheckOutcome::Unknown => "unknown",
                CheckOutcome::NotApplicable => "-",
            };
            let line = format!("  {outcome:8} {:17} {}", check.name.as_str(), said(check));
            details.push(line.trim_end().to_owned());
        }
        details.extend(below);
        match self.report.checks.len() - checks.len() {
            0 => {}
            1 => details.push("  1 check was not reached".into()),
            more => details.push(format!("  {more} checks were not reached")),
        }
        if let Some(trust) = &self.report.trust {
            details.push(format!("  judged by the trust document of {}, {}", trust.issuer, trust.fingerprint));
        }
        if self.report.development_key == Some(true) {
            details.push("  warning: made with a one-party development key; whoever made it could forge proofs".into());
        }
        Answer { exit: self.exit(), details, ..Answer::done(what, next, self.value) }
    }

    fn words(&self) -> (String, String) {
        match self.exit() {
            Exit::Done => ("verified".into(), String::new()),
            Exit::Refused => (
                format!("not verified: {} failed", self.failed().join(", ")),
                "do not rely on it; the failed check says what is wrong".into(),
            ),
            Exit::Error if self.report.authentic() == Some(true) => (
                "authentic, but nothing was asked: it is not verified for any purpose".into(),
                "say what you need with --request; `--request any` accepts what the document proves".into(),
            ),
            Exit::Error => (
                format!("could not check: {}", self.explain()),
                "give what is missing (the newest trust document: `poa trust update`, a fresh status list) and verify again".into(),
            ),
        }
    }
}

/// A check's reason and detail.
fn said(check: &poa_verifier::report::Check) -> String {
    let reason = check.reason.as_deref().unwrap_or_default();
    match (reason.is_empty(), check.detail.is_empty()) {
        (false, false) => format!("{reason}: {}", check.detail),
        _ => format!("{reason}{}", check.detail),
    }
}
