//! Whether the statement implies the request. A disclosed value implies every bound it satisfies.

use std::fmt::Display;

use poa_circuits::native::attributes::Slot;

use crate::checks::{Checks, Refusal, refuse};
use crate::report::CheckName;
use crate::schema::AttestationSchema;
use crate::statement::{Shown, Statement};
use crate::time;
use crate::verifier::Inquiry;

/// Decides `policy`.
pub(super) fn check(inquiry: &Inquiry<'_>, statement: &Statement, schema: &AttestationSchema, checks: &mut Checks) {
    let name = CheckName::Policy;
    if statement.says_nothing() {
        checks.fail(name, "says_nothing", "no attribute is shown and every bound is trivial: it proves nothing of use");
    } else if inquiry.had_request {
        checks.take(name, implies(inquiry, statement, schema));
    } else {
        checks.unknown(name, "no_request", "state what you need in a request to have it checked");
    }
}

fn implies(inquiry: &Inquiry<'_>, statement: &Statement, schema: &AttestationSchema) -> Result<(), Refusal> {
    let request = inquiry.request;
    let document = schema.document();
    if let Some(accepted) = request.issuers.as_ref().filter(|accepted| !accepted.contains(&document.issuer)) {
        return refuse("issuer_not_accepted", mismatch("issuer", &document.issuer, one_of(accepted)));
    }
    if let Some(accepted) = request.logs.as_ref().filter(|accepted| !accepted.contains(&document.log)) {
        return refuse("log_not_accepted", mismatch("log", &document.log, one_of(accepted)));
    }
    let of = |slot: Slot| shown_words(slot, statement.shown(slot), schema);
    if let Some(slot) = request.disclose.iter().find(|slot| !statement.mask().contains(**slot)) {
        return refuse("not_disclosed", mismatch(slot.name(), of(*slot), "the value itself"));
    }
    for (slot, bound) in &request.at_least {
        if !at_least(*slot, statement.shown(*slot), *bound) {
            return refuse("too_low", mismatch(slot.name(), of(*slot), format!("at least {}", amount(*slot, *bound))));
        }
    }
    for (slot, bound) in &request.at_most {
        if !at_most(*slot, statement.shown(*slot), *bound) {
            return refuse("too_high", mismatch(slot.name(), of(*slot), format!("at most {}", amount(*slot, *bound))));
        }
    }
    contains_all(inquiry, statement, schema)?;
    match request.valid_at_least {
        Some(time) if statement.valid_at() < time => {
            let (shown, asked) = (utc(statement.valid_at()), utc(time));
            refuse("too_short", mismatch("validity", format!("until {shown}"), format!("at least until {asked}")))
        }
        _ => Ok(()),
    }
}

/// What was shown beside what was asked for.
fn mismatch(name: &str, shown: impl Display, asked: impl Display) -> String {
    format!("{name}: shown {shown}, asked {asked}")
}

fn one_of<T: Display>(accepted: impl IntoIterator<Item = T>) -> String {
    let names: Vec<_> = accepted.into_iter().map(|name| name.to_string()).collect();
    if names.len() > 1 { format!("one of {}", names.join(", ")) } else { names.concat() }
}

/// What a statement says of an attribute, in its unit.
fn shown_words(slot: Slot, shown: Shown, schema: &AttestationSchema) -> String {
    match shown {
        Shown::Hidden => "nothing".to_owned(),
        Shown::Value(set) if slot == Slot::Capabilities => capabilities(schema, set),
        Shown::Contains(set) => capabilities(schema, set),
        Shown::Value(value) => amount(slot, value),
        Shown::Digest(_) => "a digest".to_owned(),
        Shown::Bounds { lower, upper } if Some(upper) == slot.max() => format!("at least {}", amount(slot, lower)),
        Shown::Bounds { lower: 0, upper } => format!("at most {}", amount(slot, upper)),
        Shown::Bounds { lower, upper } => format!("from {} to {}", amount(slot, lower), amount(slot, upper)),
    }
}

/// A number with the unit of its attribute.
fn amount(slot: Slot, value: u64) -> String {
    match slot {
        Slot::Reputation if value.is_multiple_of(100) => format!("{} %", value / 100),
        Slot::Reputation => format!("{}.{:02} %", value / 100, value % 100),
        Slot::EarningsSats => format!("{value} satoshi"),
        Slot::MemberSince => utc(value),
        Slot::TasksCompleted | Slot::Capabilities | Slot::BuildHash => value.to_string(),
    }
}

fn utc(unix_s: u64) -> String {
    time::format_utc(unix_s).unwrap_or_else(|_| format!("second {unix_s}"))
}

fn capabilities(schema: &AttestationSchema, set: u64) -> String {
    match schema.capability_names(set) {
        Some(names) if names.is_empty() => "nothing".to_owned(),
        Some(names) => names.join(", "),
        None => "capabilities beyond the registry".to_owned(),
    }
}

fn at_least(slot: Slot, shown: Shown, bound: u64) -> bool {
    let lower = match shown {
        Shown::Value(value) => value,
        Shown::Bounds { lower, .. } => lower,
        Shown::Hidden | Shown::Contains(_) | Shown::Digest(_) => 0,
    };
    Slot::ORDERED.contains(&slot) && lower >= bound
}

fn at_most(slot: Slot, shown: Shown, bound: u64) -> bool {
    let upper = match shown {
        Shown::Value(value) => value,
        Shown::Bounds { upper, .. } => upper,
        Shown::Hidden | Shown::Contains(_) | Shown::Digest(_) => slot.max().unwrap_or(u64::MAX),
    };
    Slot::ORDERED.contains(&slot) && upper <= bound
}

fn contains_all(inquiry: &Inquiry<'_>, statement: &Statement, schema: &AttestationSchema) -> Result<(), Refusal> {
    let Some(needed) = schema.capability_bits(&inquiry.request.contains_all) else {
        let known = |name: &&String| schema.document().capabilities.contains(name);
        let unknown = inquiry.request.contains_all.iter().find(|name| !known(name)).map_or("", String::as_str);
        let registry = schema.document().capabilities.join(", ");
        let detail = format!("capability {unknown:?} is not in the attestation schema's registry ({registry})");
        return refuse("unknown_capability", detail);
    };
    let proved = match statement.shown(Slot::Capabilities) {
        Shown::Value(set) | Shown::Contains(set) => set,
        Shown::Hidden | Shown::Bounds { .. } | Shown::Digest(_) => 0,
    };
    if needed & !proved == 0 {
        return Ok(());
    }
    let (shown, asked) = (capabilities(schema, proved), capabilities(schema, needed));
    refuse("capability_missing", mismatch("capabilities", shown, format!("at least {asked}")))
}
