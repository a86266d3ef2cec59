//! Whether the statement implies the request. A disclosed value implies every bound it satisfies.

use poa_circuits::native::attributes::Slot;

use crate::checks::{Checks, Refusal, refuse};
use crate::report::CheckName;
use crate::schema::AttestationSchema;
use crate::statement::{Shown, Statement};
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
    if request.issuers.as_ref().is_some_and(|accepted| !accepted.contains(&document.issuer)) {
        return refuse("issuer_not_accepted", "the request does not accept this issuer");
    }
    if request.logs.as_ref().is_some_and(|accepted| !accepted.contains(&document.log)) {
        return refuse("log_not_accepted", "the request does not accept this log");
    }
    if let Some(slot) = request.disclose.iter().find(|slot| !statement.mask().contains(**slot)) {
        return refuse("not_disclosed", format!("{} is not shown; ask for it to be disclosed", slot.name()));
    }
    for (slot, bound) in &request.at_least {
        if !at_least(*slot, statement.shown(*slot), *bound) {
            return refuse("too_low", format!("{} is not proved to be at least the requested value", slot.name()));
        }
    }
    for (slot, bound) in &request.at_most {
        if !at_most(*slot, statement.shown(*slot), *bound) {
            return refuse("too_high", format!("{} is not proved to be at most the requested value", slot.name()));
        }
    }
    contains_all(inquiry, statement, schema)?;
    match request.valid_at_least {
        Some(time) if statement.valid_at() < time => {
            refuse("too_short", "the leaf is not proved to outlive the requested time")
        }
        _ => Ok(()),
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
        return refuse("unknown_capability", "a requested capability is not in the attestation schema's registry");
    };
    let proved = match statement.shown(Slot::Capabilities) {
        Shown::Value(set) | Shown::Contains(set) => set,
        Shown::Hidden | Shown::Bounds { .. } | Shown::Digest(_) => 0,
    };
    if needed & !proved == 0 { Ok(()) } else { refuse("capability_missing", "a requested capability is not proved") }
}
