//! The statement of a proof: its JSON form, and the native reading of it.
//!
//! JSON: `root`, `context`, `scope`, `nullifier`, `schema`, `subject`, `valid_at`, `mask`, `required` as field
//! elements, `disclosed` (6), `lower` (4), `upper` (4) as arrays of them, and no other member. A field element is `0x`
//! and 64 lower-case hex digits below the order; aliases (`x + r`) are refused, never reduced.
//!
//! [`Statement`] is what [`Statement::from_public`] makes of it: a mask below 64, hidden slots 0, bounds in range,
//! trivial bounds on disclosed slots. What a document says about attributes is rendered from it and nothing else.

use poa_circuits::native::attributes::{Mask, Slot};
use poa_circuits::native::field::{self, F, FieldError};
use poa_circuits::statement::{Public, TIME_BITS};
use serde_json::{Map, Value, json};

const SCALARS: [&str; 9] =
    ["root", "context", "scope", "nullifier", "schema", "subject", "valid_at", "mask", "required"];

/// Why a `statement` object is not 23 field elements.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A missing or unknown member, or a list of the wrong length.
    #[error("statement member {0:?} is missing, unknown or has the wrong number of elements")]
    Member(String),
    /// A text that is not a canonical field element.
    #[error("statement member {member:?}: {error}")]
    Field {
        /// Its name, with the index in a list.
        member: String,
        /// What is wrong with it.
        error: FieldError,
    },
}

/// Why 23 field elements are no statement a verifier takes, whatever the circuit says.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// The mask is 64 or more.
    #[error("mask is not below 64")]
    Mask,
    /// A hidden slot has a value.
    #[error("{0} is hidden by the mask and yet not 0")]
    Hidden(&'static str),
    /// A value, bound or set beyond the slot's range.
    #[error("{0} is beyond its range")]
    Range(&'static str),
    /// The lower bound is above the upper one.
    #[error("{0}: the lower bound is above the upper one")]
    Bounds(&'static str),
    /// A disclosed slot also has bounds that say something.
    #[error("{0} is disclosed, so its bounds must be trivial")]
    BoundsOnDisclosed(&'static str),
    /// `valid_at` takes more than 40 bits.
    #[error("valid_at takes more than 40 bits")]
    ValidAt,
}

/// The JSON form.
pub fn to_value(public: &Public) -> Value {
    let list = |values: &[F]| values.iter().map(field::encode_hex).collect::<Vec<_>>();
    let mut statement = json!({
        "disclosed": list(&public.disclosed),
        "lower": list(&public.lower),
        "upper": list(&public.upper),
    });
    for (name, value) in SCALARS.into_iter().zip(scalars(public)) {
        statement[name] = field::encode_hex(&value).into();
    }
    statement
}

fn scalars(p: &Public) -> [F; 9] {
    [p.root, p.context, p.scope, p.nullifier, p.schema, p.subject, p.valid_at, p.mask, p.required]
}

/// Reads the JSON form: exactly its members, each a canonical field element.
///
/// # Errors
/// [`DecodeError`].
pub fn from_value(value: &Value) -> Result<Public, DecodeError> {
    let refused = |member: &str| DecodeError::Member(member.to_owned());
    let members = value.as_object().ok_or_else(|| refused("statement"))?;
    let known = |name: &str| SCALARS.contains(&name) || ["disclosed", "lower", "upper"].contains(&name);
    if let Some(name) = members.keys().find(|name| !known(name)) {
        return Err(refused(name));
    }
    let scalar = |name: &str| element(members.get(name).ok_or_else(|| refused(name))?, || name.to_owned());
    Ok(Public {
        root: scalar("root")?,
        context: scalar("context")?,
        scope: scalar("scope")?,
        nullifier: scalar("nullifier")?,
        schema: scalar("schema")?,
        subject: scalar("subject")?,
        valid_at: scalar("valid_at")?,
        mask: scalar("mask")?,
        required: scalar("required")?,
        disclosed: list(members, "disclosed")?,
        lower: list(members, "lower")?,
        upper: list(members, "upper")?,
    })
}

fn element(value: &Value, member: impl Fn() -> String) -> Result<F, DecodeError> {
    let text = value.as_str().ok_or_else(|| DecodeError::Field { member: member(), error: FieldError::Shape })?;
    field::decode_hex(text).map_err(|error| DecodeError::Field { member: member(), error })
}

fn list<const N: usize>(members: &Map<String, Value>, name: &str) -> Result<[F; N], DecodeError> {
    let refused = || DecodeError::Member(name.to_owned());
    let items = members.get(name).and_then(Value::as_array).ok_or_else(refused)?;
    let elements: Result<Vec<F>, _> =
        items.iter().take(N + 1).enumerate().map(|(i, item)| element(item, || format!("{name}[{i}]"))).collect();
    elements?.try_into().map_err(|_| refused())
}

/// What a statement says about one slot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shown {
    /// Slots 0–4, disclosed.
    Value(u64),
    /// Slot 5, disclosed: the digest's field element, 0 for none.
    Digest(F),
    /// Slots 0–3, hidden, within inclusive bounds of which at least one says something.
    Bounds {
        /// 0 says nothing.
        lower: u64,
        /// The slot's maximum says nothing.
        upper: u64,
    },
    /// Slot 4, hidden, contains this set, which is not empty.
    Contains(u64),
    /// Nothing is said.
    Hidden,
}

/// A statement in range: see the module header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Statement {
    public: Public,
    mask: Mask,
    valid_at: u64,
    shown: [Shown; 6],
}

impl Statement {
    /// Reads the 23 inputs natively.
    ///
    /// # Errors
    /// [`StatementError`], the first that applies in input order.
    pub fn from_public(public: Public) -> Result<Self, StatementError> {
        let valid_at =
            field::to_u64(&public.valid_at).filter(|t| t >> TIME_BITS == 0).ok_or(StatementError::ValidAt)?;
        let mask = field::to_u64(&public.mask).and_then(|bits| Mask::new(bits).ok()).ok_or(StatementError::Mask)?;
        let mut shown = [Shown::Hidden; 6];
        for slot in Slot::ALL {
            let i = slot.index();
            if !mask.contains(slot) && public.disclosed[i] != F::from(0u64) {
                return Err(StatementError::Hidden(slot.name()));
            }
            shown[i] = match slot {
                Slot::BuildHash if mask.contains(slot) => Shown::Digest(public.disclosed[i]),
                Slot::BuildHash => Shown::Hidden,
                Slot::Capabilities => capabilities(&public, mask)?,
                _ => ordered(&public, mask, slot)?,
            };
        }
        Ok(Self { public, mask, valid_at, shown })
    }

    /// The 23 inputs.
    pub fn public(&self) -> &Public {
        &self.public
    }

    /// Which slots are disclosed.
    pub fn mask(&self) -> Mask {
        self.mask
    }

    /// Unix seconds which the leaf outlives.
    pub fn valid_at(&self) -> u64 {
        self.valid_at
    }

    /// What is said about a slot.
    pub fn shown(&self, slot: Slot) -> Shown {
        self.shown[slot.index()]
    }

    /// Whether nothing at all is said about any attribute.
    pub fn says_nothing(&self) -> bool {
        self.shown.iter().all(|shown| *shown == Shown::Hidden)
    }
}

fn ordered(public: &Public, mask: Mask, slot: Slot) -> Result<Shown, StatementError> {
    let (i, name) = (slot.index(), slot.name());
    // Slots 0 to 3 have an integer maximum.
    let max = slot.max().ok_or(StatementError::Range(name))?;
    let in_range = |value: &F| field::to_u64(value).filter(|v| *v <= max).ok_or(StatementError::Range(name));
    let (lower, upper) = (in_range(&public.lower[i])?, in_range(&public.upper[i])?);
    let trivial = lower == 0 && upper == max;
    if lower > upper {
        return Err(StatementError::Bounds(name));
    }
    match (mask.contains(slot), trivial) {
        (true, true) => Ok(Shown::Value(in_range(&public.disclosed[i])?)),
        (true, false) => Err(StatementError::BoundsOnDisclosed(name)),
        (false, true) => Ok(Shown::Hidden),
        (false, false) => Ok(Shown::Bounds { lower, upper }),
    }
}

fn capabilities(public: &Public, mask: Mask) -> Result<Shown, StatementError> {
    let name = Slot::Capabilities.name();
    let set = |value: &F| field::to_u64(value).ok_or(StatementError::Range(name));
    let required = set(&public.required)?;
    match (mask.contains(Slot::Capabilities), required) {
        (true, 0) => Ok(Shown::Value(set(&public.disclosed[Slot::Capabilities.index()])?)),
        (true, _) => Err(StatementError::BoundsOnDisclosed(name)),
        (false, 0) => Ok(Shown::Hidden),
        (false, _) => Ok(Shown::Contains(required)),
    }
}

#[cfg(test)]
mod tests;
