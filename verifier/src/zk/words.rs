//! What was proved, for people: one sentence per fact, from verified inputs only.

use poa_circuits::native::attributes::Slot;
use poa_circuits::native::field;
use serde_json::Value;

use super::native::Facts;
use crate::checks::Checks;
use crate::percent;
use crate::report::{CheckName, HeadSummary, Proved, Pseudonym};
use crate::schema::{Custody, Predicate};
use crate::statement::Shown;
use crate::time;
use crate::verifier::Inquiry;

/// Checks without which nothing may be reported as proved.
const NEEDED: [CheckName; 7] = [
    CheckName::Proof,
    CheckName::Key,
    CheckName::Root,
    CheckName::Context,
    CheckName::Subject,
    CheckName::Attributes,
    CheckName::Schema,
];

/// What the document proves, once the needed checks passed.
pub(super) fn proved(inquiry: &Inquiry<'_>, facts: &Facts<'_>, checks: &Checks) -> Option<Proved> {
    if !NEEDED.iter().all(|name| checks.passed(*name)) {
        return None;
    }
    let mut shown = facts.rendered.as_object().cloned().unwrap_or_default();
    shown.remove("type");
    let public = &facts.public;
    let pseudonym = checks.passed(CheckName::Nullifier).then(|| Pseudonym {
        scope: field::encode_hex(&public.scope),
        nullifier: field::encode_hex(&public.nullifier),
    });
    let head = &facts.head.claims;
    let schema = facts.schema.document();
    Some(Proved {
        issuer: Some(inquiry.trust.issuer().to_string()),
        subject: facts.subject.as_ref().map(ToString::to_string),
        statement: sentences(inquiry, facts),
        shown,
        attestation_schema: Some(schema.id.clone()),
        custody: Some(schema.custody.as_str().to_owned()),
        valid_at: time::format_utc(facts.statement.valid_at()).ok(),
        pseudonym,
        head: Some(HeadSummary {
            log: head.log.clone(),
            seq: head.seq,
            iat: head.iat,
            root: field::encode_hex(&head.root),
        }),
    })
}

fn sentences(inquiry: &Inquiry<'_>, facts: &Facts<'_>) -> Vec<String> {
    let subject = match &facts.subject {
        Some(did) => format!("The subject is {did}."),
        None => "The subject is an agent of the issuer that does not say which.".to_owned(),
    };
    let custody = match facts.schema.document().custody {
        Custody::Holder => "The holder alone has its secrets.",
        Custody::Issuer => "The issuer holds its secrets (a managed agent).",
    };
    let until = time::format_utc(facts.statement.valid_at()).unwrap_or_default();
    let mut sentences = vec![subject, custody.to_owned()];
    sentences.extend(Slot::ALL.map(|slot| sentence(facts, slot)));
    sentences.push(format!("Its attestation outlives {until}."));
    sentences.extend(inquiry.request.warning().map(|warning| format!("Warning: {warning}.")));
    sentences
}

fn sentence(facts: &Facts<'_>, slot: Slot) -> String {
    let name = slot.name();
    let value = facts.rendered.get(name);
    match facts.statement.shown(slot) {
        Shown::Hidden => hidden(facts, slot),
        Shown::Contains(_) => format!("{name} contains {}.", words(value.and_then(|v| v.get("containsAll")))),
        Shown::Value(_) | Shown::Digest(_) => format!("{name} is {}.", amount(slot, value)),
        Shown::Bounds { .. } => {
            let bound = |member| value.and_then(|v| v.get(member));
            let said = |bound| amount(slot, Some(bound));
            match (bound("atLeast"), bound("atMost")) {
                (Some(low), Some(high)) => format!("{name} is from {} to {}.", said(low), said(high)),
                (Some(low), None) => format!("{name} is at least {}.", said(low)),
                (None, high) => format!("{name} is at most {}.", amount(slot, high)),
            }
        }
    }
}

/// A bound the schema allows but that is trivial is said in plain words.
fn hidden(facts: &Facts<'_>, slot: Slot) -> String {
    let name = slot.name();
    if facts.disclosure.allows(slot, Predicate::AtLeast) {
        format!("{name} is at least 0, which every agent satisfies.")
    } else {
        format!("{name} is not shown.")
    }
}

/// A value with its unit.
fn amount(slot: Slot, value: Option<&Value>) -> String {
    match (slot, value.and_then(Value::as_u64)) {
        (Slot::Reputation, Some(hundredths)) => percent::write(hundredths),
        (Slot::EarningsSats, _) => format!("{} satoshi", words(value)),
        _ => words(value),
    }
}

fn words(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.is_empty() => "none".to_owned(),
        Some(Value::Array(items)) => items.iter().map(|item| words(Some(item))).collect::<Vec<_>>().join(", "),
        Some(other) => other.to_string(),
    }
}
