//! What a disclosure schema and the asked-for predicates make of an agent's attributes.
//!
//! [`Predicates`] are the bounds somebody asks for; [`Disclosure::new`] checks them against schema, grid and the
//! attributes themselves, so that a refusal names the attribute before any proof is attempted.

use std::collections::BTreeMap;

use poa_circuits::native::attributes::{Attributes, Mask, ORDERED_SLOTS, SLOTS, Slot};
use poa_circuits::native::field::F;
use poa_circuits::statement::Public;
use poa_verifier::request::read_bound;
use poa_verifier::schema::{AttestationSchema, DisclosureSchema, Predicate, is_on_grid};
use serde_json::{Map, Value};

/// Why nothing can be shown as asked.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DisclosureError {
    /// The predicates are not of the documented form.
    #[error("predicates: {member} {reason}")]
    Malformed {
        /// The member, like `reputation.atLeast`.
        member: String,
        /// What it should be.
        reason: &'static str,
    },
    /// A capability that the attestation schema's registry lacks.
    #[error("predicates: {member} names {found:?}, which is not in the attestation schema's registry ({known})")]
    UnknownCapability {
        /// `capabilities.containsAll`.
        member: String,
        /// The name, shortened.
        found: String,
        /// The registry's names.
        known: String,
    },
    /// The disclosure schema has no such bound on this attribute.
    #[error("the disclosure schema allows no {predicate} on {attribute}")]
    NotAllowed {
        /// The attribute.
        attribute: &'static str,
        /// `atLeast`, `atMost` or `containsAll`.
        predicate: &'static str,
    },
    /// Free bounds, repeated, are a binary search; these are off the grid.
    #[error(
        "the bound on {0} is off the grid: reputation in multiples of 500, counts and amounts 1, 2 or 5 times a power of ten, dates the first of a month"
    )]
    OffGrid(&'static str),
    /// The agent's attribute does not satisfy the bound.
    #[error("the agent's {0} does not satisfy the requested bound")]
    NotMet(&'static str),
    /// The schema discloses an attribute that the agent does not have.
    #[error("the agent's {0} is 0, which this disclosure schema does not accept")]
    Zero(&'static str),
}

/// Bounds asked for, attribute by attribute. A bound left out says nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Predicates {
    /// Inclusive lower bounds of slots 0–3.
    pub at_least: BTreeMap<Slot, u64>,
    /// Inclusive upper bounds of slots 0–3.
    pub at_most: BTreeMap<Slot, u64>,
    /// Capability set.
    pub contains_all: u64,
}

impl Predicates {
    /// Reads `{"tasks_completed": {"atLeast": "100"}, "capabilities": {"containsAll": [names]}}`, values in the form
    /// that credentials show them.
    ///
    /// # Errors
    /// [`DisclosureError::Malformed`].
    pub fn from_json(value: &Value, schema: &AttestationSchema) -> Result<Self, DisclosureError> {
        let mut predicates = Self::default();
        let members = value.as_object().ok_or_else(|| malformed("predicates", "must be an object"))?;
        for (name, bounds) in members {
            let slot = Slot::from_name(name).ok_or_else(|| malformed(name, "is no attribute"))?;
            let bounds = bounds.as_object().ok_or_else(|| malformed(name, "must be an object"))?;
            predicates.read(slot, bounds, schema)?;
        }
        Ok(predicates)
    }

    fn read(
        &mut self,
        slot: Slot,
        bounds: &Map<String, Value>,
        schema: &AttestationSchema,
    ) -> Result<(), DisclosureError> {
        for (kind, value) in bounds {
            let member = format!("{}.{kind}", slot.name());
            match kind.as_str() {
                "atLeast" => drop(self.at_least.insert(slot, bound(slot, value, &member)?)),
                "atMost" => drop(self.at_most.insert(slot, bound(slot, value, &member)?)),
                "containsAll" if slot == Slot::Capabilities => {
                    self.contains_all = capabilities(value, schema, &member)?;
                }
                _ => return Err(malformed(&member, "is neither atLeast, atMost nor (for capabilities) containsAll")),
            }
        }
        Ok(())
    }
}

fn malformed(member: &str, reason: &'static str) -> DisclosureError {
    DisclosureError::Malformed { member: member.to_owned(), reason }
}

fn bound(slot: Slot, value: &Value, member: &str) -> Result<u64, DisclosureError> {
    read_bound(slot, value).ok_or_else(|| {
        malformed(
            member,
            match slot {
                Slot::Reputation => "must be an integer from 0 to 10000 (hundredths of a percent), or like \"80%\"",
                Slot::MemberSince => "must be an RFC 3339 time like 2024-12-01T00:00:00Z",
                Slot::TasksCompleted | Slot::EarningsSats => "must be a decimal string below 2^64",
                Slot::Capabilities | Slot::BuildHash => "is not an ordered attribute and takes no bound",
            },
        )
    })
}

fn capabilities(value: &Value, schema: &AttestationSchema, member: &str) -> Result<u64, DisclosureError> {
    let names: Option<Vec<&str>> = value.as_array().and_then(|names| names.iter().map(Value::as_str).collect());
    let names = names.ok_or_else(|| malformed(member, "must be a list of capability names"))?;
    schema.capability_bits(&names).ok_or_else(|| {
        let known = &schema.document().capabilities;
        let found = names.iter().find(|name| !known.iter().any(|entry| entry == *name)).copied().unwrap_or_default();
        DisclosureError::UnknownCapability {
            member: member.to_owned(),
            found: found.chars().take(64).collect(),
            known: if known.is_empty() { "it has no names".to_owned() } else { known.join(", ") },
        }
    })
}

/// Mask and bounds of a statement: allowed by the schema, on the grid, true of the attributes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Disclosure {
    mask: Mask,
    lower: [u64; ORDERED_SLOTS],
    upper: [u64; ORDERED_SLOTS],
    required: u64,
}

impl Disclosure {
    /// Checks predicates against schema, grid and attributes.
    ///
    /// # Errors
    /// [`DisclosureError`], the first that applies in slot order.
    pub fn new(
        schema: &DisclosureSchema,
        predicates: &Predicates,
        attributes: &Attributes,
    ) -> Result<Self, DisclosureError> {
        let bounded = predicates.at_least.keys().chain(predicates.at_most.keys());
        if let Some(slot) = bounded.into_iter().find(|slot| !Slot::ORDERED.contains(slot)) {
            return Err(malformed(slot.name(), "is not an ordered attribute and takes no bound"));
        }
        for slot in Slot::ORDERED {
            check_bounds(schema, predicates, slot, integer(attributes, slot))?;
        }
        check_capabilities(schema, predicates.contains_all, attributes.capabilities)?;
        check_nonzero(schema, attributes)?;
        let bound =
            |bounds: &BTreeMap<Slot, u64>, slot: Slot, trivial: u64| bounds.get(&slot).copied().unwrap_or(trivial);
        Ok(Self {
            mask: schema.mask(),
            lower: Slot::ORDERED.map(|slot| bound(&predicates.at_least, slot, 0)),
            upper: Slot::ORDERED.map(|slot| bound(&predicates.at_most, slot, slot.max().unwrap_or(u64::MAX))),
            required: predicates.contains_all,
        })
    }

    /// The public inputs 7 to 22 that show these attributes so; the others are left as in [`Public::default`].
    pub fn to_public(&self, attributes: &Attributes) -> Public {
        let fields = attributes.to_fields();
        let disclosed: [F; SLOTS] =
            Slot::ALL.map(|slot| if self.mask.contains(slot) { fields[slot.index()] } else { F::from(0u64) });
        Public {
            mask: F::from(self.mask.bits()),
            disclosed,
            lower: self.lower.map(F::from),
            upper: self.upper.map(F::from),
            required: F::from(self.required),
            ..Public::default()
        }
    }

    /// Whether `build_hash` is disclosed, so that the document shows its digest.
    pub fn shows_build(&self) -> bool {
        self.mask.contains(Slot::BuildHash)
    }
}

fn integer(attributes: &Attributes, slot: Slot) -> u64 {
    match slot {
        Slot::Reputation => attributes.reputation.get().into(),
        Slot::TasksCompleted => attributes.tasks_completed,
        Slot::EarningsSats => attributes.earnings_sats,
        Slot::MemberSince => attributes.member_since,
        Slot::Capabilities | Slot::BuildHash => 0,
    }
}

fn check_bounds(
    schema: &DisclosureSchema,
    predicates: &Predicates,
    slot: Slot,
    value: u64,
) -> Result<(), DisclosureError> {
    let attribute = slot.name();
    let lower = predicates.at_least.get(&slot).copied().unwrap_or(0);
    let upper = predicates.at_most.get(&slot).copied().or(slot.max()).unwrap_or(u64::MAX);
    let asked = [
        (Predicate::AtLeast, "atLeast", lower, lower > 0),
        (Predicate::AtMost, "atMost", upper, Some(upper) != slot.max()),
    ];
    for (predicate, name, bound, says_something) in asked {
        if says_something && !schema.allows(slot, predicate) {
            return Err(DisclosureError::NotAllowed { attribute, predicate: name });
        }
        if says_something && !is_on_grid(slot, bound) {
            return Err(DisclosureError::OffGrid(attribute));
        }
    }
    if lower <= value && value <= upper { Ok(()) } else { Err(DisclosureError::NotMet(attribute)) }
}

fn check_capabilities(schema: &DisclosureSchema, required: u64, held: u64) -> Result<(), DisclosureError> {
    let attribute = Slot::Capabilities.name();
    if required != 0 && !schema.allows(Slot::Capabilities, Predicate::ContainsAll) {
        return Err(DisclosureError::NotAllowed { attribute, predicate: "containsAll" });
    }
    if required & !held == 0 { Ok(()) } else { Err(DisclosureError::NotMet(attribute)) }
}

fn check_nonzero(schema: &DisclosureSchema, attributes: &Attributes) -> Result<(), DisclosureError> {
    let fields = attributes.to_fields();
    match schema.nonzero().iter().find(|slot| fields[slot.index()] == F::from(0u64)) {
        Some(slot) => Err(DisclosureError::Zero(slot.name())),
        None => Ok(()),
    }
}
