//! Whether any holder could answer a request, judged by the schemas of the verifier's trust document.

use poa_circuits::native::attributes::{Mask, Slot};
use poa_verifier::percent;
use poa_verifier::report::Class;
use poa_verifier::request::Request;
use poa_verifier::schema::{DisclosureSchema, Predicate, is_on_grid};
use poa_verifier::time;
use poa_verifier::trust::Trust;

use crate::exit::{Failure, Outcome};

/// Refuses a request that no schema of the trust document can answer, and says the nearest that one can. What was found,
/// in words: a holder shows more than it is asked for only when it says so itself.
pub fn check(request: &Request, trust: &Trust) -> Outcome<String> {
    let good = format!("checked against the schemas of {}", trust.issuer());
    let by_proof = [Class::Standing, Class::Presentation];
    if !request.classes.iter().any(|class| by_proof.contains(class)) {
        return Ok(good);
    }
    names(request, trust)?;
    let (exact, wider): (Vec<_>, Vec<_>) = trust
        .disclosure_schemas()
        .iter()
        .filter(|schema| request.disclose.iter().all(|slot| schema.mask().contains(*slot)))
        .partition(|schema| schema.mask() == Mask::of(request.disclose.iter().copied()));
    let refusals: Vec<_> = exact.iter().filter_map(|schema| refusal(request, schema)).collect();
    if refusals.len() < exact.len() {
        return Ok(good);
    }
    // Where the grid alone is in the way, that is what to change.
    if let Some(refusal) = refusals.iter().find(|refusal| refusal.by_grid).or(refusals.first()) {
        let (what, next) = refusal.words.clone();
        return Err(Failure::refused(what, next));
    }
    match wider.iter().find(|schema| refusal(request, schema).is_none()) {
        Some(schema) => {
            let name = name(schema);
            Ok(format!("{good}: only {name} answers, which shows more; its holder has to agree with --schema {name}"))
        }
        None => Err(Failure::refused(
            format!("no disclosure schema of {} shows {}", trust.issuer(), listed(&request.disclose)),
            format!("ask for what one shows: {}", offered(trust)),
        )),
    }
}

/// `NAME/VERSION`.
fn name(schema: &DisclosureSchema) -> String {
    let document = schema.document();
    format!("{}/{}", document.name, document.version)
}

/// The disclosure schemas, NAME/VERSION, that show exactly what a request asks for and can carry its bounds.
pub fn schemas(request: &Request, trust: &Trust) -> Vec<String> {
    let shown = Mask::of(request.disclose.iter().copied());
    let fitting = trust.disclosure_schemas().iter().filter(|schema| schema.mask() == shown);
    fitting.filter(|schema| refusal(request, schema).is_none()).map(name).collect()
}

/// Names that the trust document's schemas do not have.
fn names(request: &Request, trust: &Trust) -> Outcome<()> {
    let schemas = trust.attestation_schemas();
    let known = |id: &String| schemas.iter().any(|schema| schema.document().id == *id);
    if let Some(unknown) = request.schemas.iter().flatten().find(|id| !known(id)) {
        let ids: Vec<_> = schemas.iter().map(|schema| schema.document().id.as_str()).collect();
        let what = format!("{unknown} is not an attestation schema of {}", trust.issuer());
        return Err(Failure::refused(what, format!("use one of {}", ids.join(", "))));
    }
    let has = |name: &String| schemas.iter().any(|schema| schema.capability_bits(&[name]).is_some());
    if let Some(unknown) = request.contains_all.iter().find(|name| !has(name)) {
        let what = format!("{unknown} is not a capability that agents of {} can have", trust.issuer());
        return Err(Failure::refused(what, "see the registry: poa schema list"));
    }
    Ok(())
}

/// Why a schema cannot answer.
#[derive(Clone)]
struct Refusal {
    by_grid: bool,
    words: (String, String),
}

fn refusal(request: &Request, schema: &DisclosureSchema) -> Option<Refusal> {
    let bounds = [(Predicate::AtLeast, &request.at_least), (Predicate::AtMost, &request.at_most)];
    let hidden = |slot: &Slot| !schema.mask().contains(*slot);
    for (predicate, bounds) in bounds {
        for (slot, bound) in bounds.iter().filter(|(slot, _)| hidden(slot)) {
            if !schema.allows(*slot, predicate) {
                return Some(not_allowed(schema, *slot, predicate));
            }
            if !is_on_grid(*slot, *bound) && !says_nothing(*slot, predicate, *bound) {
                return Some(off_grid(*slot, *bound));
            }
        }
    }
    let contains = !request.contains_all.is_empty() && hidden(&Slot::Capabilities);
    let refused = contains && !schema.allows(Slot::Capabilities, Predicate::ContainsAll);
    refused.then(|| not_allowed(schema, Slot::Capabilities, Predicate::ContainsAll))
}

/// A bound that everybody satisfies needs no place on the grid.
fn says_nothing(slot: Slot, predicate: Predicate, bound: u64) -> bool {
    match predicate {
        Predicate::AtLeast => bound == 0,
        _ => Some(bound) == slot.max(),
    }
}

fn not_allowed(schema: &DisclosureSchema, slot: Slot, predicate: Predicate) -> Refusal {
    let bound = match predicate {
        Predicate::AtLeast => "a least value",
        Predicate::AtMost => "a greatest value",
        Predicate::ContainsAll => "a set",
    };
    let what = format!("{} proves no {} of {}", schema.document().id, bound.trim_start_matches("a "), slot.name());
    Refusal {
        by_grid: false,
        words: (what, format!("leave {bound} of {} out, or ask for it to be shown", slot.name())),
    }
}

fn off_grid(slot: Slot, bound: u64) -> Refusal {
    let (below, above) = neighbours(slot, bound);
    let nearest: Vec<_> = [below, above].into_iter().flatten().map(|value| amount(slot, value)).collect();
    let what =
        format!("{} {} is not on the grid of bounds, so no holder can prove it", slot.name(), amount(slot, bound));
    Refusal { by_grid: true, words: (what, format!("the nearest bounds are {}", nearest.join(" and "))) }
}

/// The bounds on the grid below and above.
fn neighbours(slot: Slot, bound: u64) -> (Option<u64>, Option<u64>) {
    let on_grid = |value: &u64| is_on_grid(slot, *value);
    match slot {
        Slot::Reputation => ((0..bound).rev().find(on_grid), (bound..=slot.max().unwrap_or_default()).find(on_grid)),
        Slot::MemberSince => {
            // A month has at most 31 days, and the grid is the first of each.
            let day = 86_400;
            let today = bound / day * day;
            let before = (0..=31).filter_map(|days| today.checked_sub(days * day)).find(on_grid);
            (before, (1..=31).filter_map(|days| today.checked_add(days * day)).find(on_grid))
        }
        _ => {
            let steps =
                (0..20).flat_map(|power| [1, 2, 5].map(|digit: u64| 10u64.checked_pow(power)?.checked_mul(digit)));
            let steps: Vec<u64> = steps.flatten().collect();
            (steps.iter().rev().find(|step| **step < bound).copied(), steps.into_iter().find(|step| *step > bound))
        }
    }
}

fn amount(slot: Slot, value: u64) -> String {
    match slot {
        Slot::Reputation => percent::write(value),
        Slot::MemberSince => time::format_utc(value).unwrap_or_else(|_| value.to_string()),
        _ => value.to_string(),
    }
}

fn listed(slots: &[Slot]) -> String {
    let names: Vec<_> = slots.iter().map(|slot| slot.name()).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// What each disclosure schema shows.
fn offered(trust: &Trust) -> String {
    let schemas = trust.disclosure_schemas().iter();
    let shown = schemas
        .map(|schema| listed(&Slot::ALL.into_iter().filter(|slot| schema.mask().contains(*slot)).collect::<Vec<_>>()));
    shown.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_bounds_are_those_on_both_sides() {
        for (slot, bound, near) in [
            (Slot::TasksCompleted, 201, (Some(200), Some(500))),
            (Slot::TasksCompleted, 3, (Some(2), Some(5))),
            (Slot::TasksCompleted, u64::MAX, (Some(10_000_000_000_000_000_000), None)),
            (Slot::Reputation, 8_001, (Some(8_000), Some(8_500))),
            (Slot::MemberSince, 1_733_011_201, (Some(1_733_011_200), Some(1_735_689_600))),
        ] {
            assert_eq!(neighbours(slot, bound), near, "{} {bound}", slot.name());
        }
    }
}
