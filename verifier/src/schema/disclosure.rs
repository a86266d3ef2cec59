//! Disclosure schemas: which slots a credential discloses, which bounds it may carry, and on which grid.
//!
//! Checked natively against the statement; the circuit knows nothing of it. Free bounds would be a binary search, so
//! bounds come from a grid: reputation in steps of 500; counts and amounts 1, 2, 5 × 10^k; dates the first of a month.
//! A bound that says nothing (lower 0, upper the maximum, no capability) is always allowed. Source: formats §1.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use poa_circuits::native::attributes::{Mask, Slot};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{SchemaError, check_url, slots};
use crate::json;
use crate::statement::{Shown, Statement};
use crate::time;

/// The `type` of a disclosure schema and of its reference in a credential.
pub const DISCLOSURE_SCHEMA_TYPE: &str = "AgentDisclosureSchema";

/// Longest validity a schema can give a standing credential: 400 days, in seconds.
const MAX_VALID_FOR_S: u64 = 400 * 86_400;

/// A bound a schema allows on a slot.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Predicate {
    /// An inclusive lower bound, slots 0–3.
    AtLeast,
    /// An inclusive upper bound, slots 0–3.
    AtMost,
    /// A contained set, slot 4.
    ContainsAll,
}

/// The document, member for member.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosureSchemaDocument {
    /// Its own id, a URL ending in `<name>/<version>`.
    pub id: String,
    /// [`DISCLOSURE_SCHEMA_TYPE`].
    #[serde(rename = "type")]
    pub kind: String,
    /// `task_completion`, say.
    pub name: String,
    /// From 1.
    pub version: u32,
    /// For people.
    pub title: String,
    /// For people.
    pub description: String,
    /// The slots disclosed: exactly the mask.
    pub disclose: Vec<String>,
    /// The bounds allowed, by slot name.
    pub predicates: BTreeMap<String, Vec<Predicate>>,
    /// Disclosed slots that may not be 0.
    pub nonzero: Vec<String>,
    /// `validUntil − validFrom` of a standing credential at most, seconds.
    pub valid_for_s: u64,
}

/// Which part of a disclosure schema a statement breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The mask is not the schema's.
    #[error("the disclosed slots are not those of the disclosure schema")]
    Mask,
    /// A bound on a slot where the schema allows none of that kind.
    #[error("{0} carries a bound that the disclosure schema does not allow")]
    Predicate(&'static str),
    /// A bound off the grid.
    #[error(
        "a bound on {0} is off the grid (reputation: steps of 500; counts: 1, 2, 5 × 10^k; dates: first of a month)"
    )]
    Grid(&'static str),
    /// A slot that must not be 0.
    #[error("{0} is disclosed as 0, which this disclosure schema does not accept")]
    Zero(&'static str),
}

/// A checked disclosure schema.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DisclosureSchema {
    document: DisclosureSchemaDocument,
    mask: Mask,
    nonzero: Vec<Slot>,
    predicates: BTreeMap<Slot, Vec<Predicate>>,
}

impl DisclosureSchema {
    /// Checks a document.
    ///
    /// # Errors
    /// [`SchemaError`] with the offending member.
    pub fn new(document: DisclosureSchemaDocument) -> Result<Self, SchemaError> {
        check_url("id", &document.id)?;
        if document.kind != DISCLOSURE_SCHEMA_TYPE {
            return Err(SchemaError::new("type", format!("must be {DISCLOSURE_SCHEMA_TYPE}")));
        }
        let name_ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if !(1..=64).contains(&document.name.len()) || !document.name.bytes().all(name_ok) {
            return Err(SchemaError::new("name", "1 to 64 of a-z 0-9 _"));
        }
        if document.version == 0 || !document.id.ends_with(&format!("/{}/{}", document.name, document.version)) {
            return Err(SchemaError::new("version", "from 1, and id must end in /<name>/<version>"));
        }
        if document.title.len() > 200 || document.description.len() > 2000 {
            return Err(SchemaError::new("description", "title at most 200 bytes, description at most 2000"));
        }
        if !(60..=MAX_VALID_FOR_S).contains(&document.valid_for_s) {
            return Err(SchemaError::new("valid_for_s", "from one minute to 400 days, in seconds"));
        }
        let disclose = slots("disclose", &document.disclose)?;
        let nonzero = slots("nonzero", &document.nonzero)?;
        if nonzero.iter().any(|slot| !disclose.contains(slot)) {
            return Err(SchemaError::new("nonzero", "names a slot that is not disclosed"));
        }
        let predicates = predicates(&document.predicates, &disclose)?;
        if disclose.is_empty() && predicates.is_empty() {
            return Err(SchemaError::new("disclose", "a schema that shows nothing proves nothing"));
        }
        Ok(Self { mask: Mask::of(disclose), nonzero, predicates, document })
    }

    /// The document.
    pub fn document(&self) -> &DisclosureSchemaDocument {
        &self.document
    }

    /// The document as JSON; served in its JCS form, which the digest is of.
    pub fn to_value(&self) -> Value {
        // Cannot fail: plain strings, numbers and lists.
        serde_json::to_value(&self.document).expect("a schema document is JSON")
    }

    /// `sha256-` + base64 of the SHA-256 of the JCS form, as in `digestSRI`.
    pub fn digest_sri(&self) -> String {
        format!("sha256-{}", STANDARD.encode(json::digest(&self.to_value())))
    }

    /// The mask of every credential under this schema.
    pub fn mask(&self) -> Mask {
        self.mask
    }

    /// The disclosed slots that must not be 0.
    pub fn nonzero(&self) -> &[Slot] {
        &self.nonzero
    }

    /// Whether a bound of this kind may be carried by a slot.
    pub fn allows(&self, slot: Slot, predicate: Predicate) -> bool {
        self.predicates.get(&slot).is_some_and(|allowed| allowed.contains(&predicate))
    }

    /// Checks a statement against mask, predicates, grid and the slots that must not be 0.
    ///
    /// # Errors
    /// [`RuleError`], the first that applies in slot order.
    pub fn check(&self, statement: &Statement) -> Result<(), RuleError> {
        if statement.mask() != self.mask {
            return Err(RuleError::Mask);
        }
        Slot::ALL.into_iter().try_for_each(|slot| self.check_slot(slot, statement.shown(slot)))
    }

    fn check_slot(&self, slot: Slot, shown: Shown) -> Result<(), RuleError> {
        let name = slot.name();
        let bound = |predicate, value, says_something: bool| match says_something {
            false => Ok(()),
            true if !self.allows(slot, predicate) => Err(RuleError::Predicate(name)),
            true if !is_on_grid(slot, value) => Err(RuleError::Grid(name)),
            true => Ok(()),
        };
        let is_zero = match shown {
            Shown::Value(value) => value == 0,
            Shown::Digest(value) => value == Default::default(),
            Shown::Bounds { lower, upper } => {
                bound(Predicate::AtLeast, lower, lower > 0)?;
                return bound(Predicate::AtMost, upper, Some(upper) < slot.max());
            }
            Shown::Contains(set) => return bound(Predicate::ContainsAll, set, set != 0),
            Shown::Hidden => return Ok(()),
        };
        if is_zero && self.nonzero.contains(&slot) { Err(RuleError::Zero(name)) } else { Ok(()) }
    }
}

/// Whether a bound that says something is on the slot's grid.
pub fn is_on_grid(slot: Slot, bound: u64) -> bool {
    match slot {
        Slot::Reputation => bound.is_multiple_of(500),
        Slot::TasksCompleted | Slot::EarningsSats => is_1_2_5(bound),
        Slot::MemberSince => time::is_first_of_month(bound),
        Slot::Capabilities => true,
        Slot::BuildHash => false,
    }
}

fn is_1_2_5(mut bound: u64) -> bool {
    while bound >= 10 && bound.is_multiple_of(10) {
        bound /= 10;
    }
    matches!(bound, 1 | 2 | 5)
}

fn predicates(
    named: &BTreeMap<String, Vec<Predicate>>,
    disclose: &[Slot],
) -> Result<BTreeMap<Slot, Vec<Predicate>>, SchemaError> {
    let refused = |reason: String| SchemaError::new("predicates", reason);
    let mut predicates = BTreeMap::new();
    for (name, allowed) in named {
        let slot = Slot::from_name(name).ok_or_else(|| refused(format!("unknown slot {name:?}")))?;
        if disclose.contains(&slot) {
            return Err(refused(format!("{name:?} is disclosed, so it carries no bound")));
        }
        let fits = |predicate: &Predicate| match predicate {
            Predicate::AtLeast | Predicate::AtMost => Slot::ORDERED.contains(&slot),
            Predicate::ContainsAll => slot == Slot::Capabilities,
        };
        let repeated = (1..allowed.len()).any(|i| allowed[..i].contains(&allowed[i]));
        if allowed.is_empty() || repeated || !allowed.iter().all(fits) {
            return Err(refused(format!(
                "{name:?}: atLeast, atMost for slots 0-3, containsAll for capabilities, each once"
            )));
        }
        predicates.insert(slot, allowed.clone());
    }
    Ok(predicates)
}
