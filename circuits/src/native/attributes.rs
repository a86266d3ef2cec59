//! The six attributes: one table, one order (`docs/protocol.md` §2).
//!
//! Encoders, circuit, verifier, schemas and documents all take the order from [`Slot`]; nothing else spells it out.

use std::fmt;

use zeroize::Zeroize;

use super::field::{self, F};

/// The number of attributes.
pub const SLOTS: usize = 6;
/// Slots 0 to 3 are ordered and carry bounds.
pub const ORDERED_SLOTS: usize = 4;

/// An attribute's place in the leaf, in the disclosure mask and in the public inputs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Slot {
    /// A score in hundredths of a percent, 0 to 10000.
    Reputation = 0,
    /// A count of completed tasks.
    TasksCompleted = 1,
    /// Earnings in satoshi.
    EarningsSats = 2,
    /// Unix seconds of the first attested work.
    MemberSince = 3,
    /// A set of up to 64 capabilities; bit `i` is entry `i` of the attestation schema's registry.
    Capabilities = 4,
    /// The SHA-256 of the reproducible build as a field element; 0 stands for none.
    BuildHash = 5,
}

impl Slot {
    /// All slots in order.
    pub const ALL: [Slot; SLOTS] = [
        Slot::Reputation,
        Slot::TasksCompleted,
        Slot::EarningsSats,
        Slot::MemberSince,
        Slot::Capabilities,
        Slot::BuildHash,
    ];
    /// The slots with lower and upper bounds, in order.
    pub const ORDERED: [Slot; ORDERED_SLOTS] =
        [Slot::Reputation, Slot::TasksCompleted, Slot::EarningsSats, Slot::MemberSince];

    /// The slot's index, 0 to 5.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The attribute's name in every document.
    pub const fn name(self) -> &'static str {
        match self {
            Slot::Reputation => "reputation",
            Slot::TasksCompleted => "tasks_completed",
            Slot::EarningsSats => "earnings_sats",
            Slot::MemberSince => "member_since",
            Slot::Capabilities => "capabilities",
            Slot::BuildHash => "build_hash",
        }
    }

    /// The slot of that name.
    pub fn from_name(name: &str) -> Option<Slot> {
        Slot::ALL.into_iter().find(|slot| slot.name() == name)
    }

    /// The width in bits; `build_hash` is a whole field element.
    pub const fn bits(self) -> usize {
        match self {
            Slot::Reputation => 14,
            Slot::BuildHash => 254,
            _ => 64,
        }
    }

    /// The greatest integer value, which is also the upper bound that says nothing.
    /// `build_hash` is no integer and has none.
    pub const fn max(self) -> Option<u64> {
        match self {
            Slot::Reputation => Some(Reputation::MAX as u64),
            Slot::BuildHash => None,
            _ => Some(u64::MAX),
        }
    }
}

/// A score in hundredths of a percent, 0 to 10000.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Zeroize)]
pub struct Reputation(u16);

impl Reputation {
    /// The best score.
    pub const MAX: u16 = 10_000;

    /// Checks the range.
    pub fn new(score: u16) -> Result<Self, AttributeError> {
        if score <= Self::MAX { Ok(Self(score)) } else { Err(AttributeError::Reputation(score)) }
    }

    /// The score.
    pub fn get(self) -> u16 {
        self.0
    }
}

/// An attribute or mask out of its range.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeError {
    /// A reputation above 10000.
    #[error("reputation is {0}, at most 10000")]
    Reputation(u16),
    /// A mask with bits beyond the six slots.
    #[error("disclosure mask is {0}, at most 63")]
    Mask(u64),
}

/// An agent's six attributes. The holder's secret until shown: never printed, zeroised by whoever keeps them.
#[derive(Clone, Default, Eq, PartialEq, Zeroize)]
pub struct Attributes {
    /// Slot 0.
    pub reputation: Reputation,
    /// Slot 1.
    pub tasks_completed: u64,
    /// Slot 2, satoshi.
    pub earnings_sats: u64,
    /// Slot 3, Unix seconds.
    pub member_since: u64,
    /// Slot 4, bit `i` is entry `i` of the attestation schema's registry.
    pub capabilities: u64,
    /// Slot 5: SHA-256 of the reproducible build, if there is one.
    pub build_sha256: Option<[u8; 32]>,
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attributes(..)")
    }
}

impl Attributes {
    /// The six field elements, in slot order.
    pub fn to_fields(&self) -> [F; SLOTS] {
        [
            F::from(self.reputation.get()),
            F::from(self.tasks_completed),
            F::from(self.earnings_sats),
            F::from(self.member_since),
            F::from(self.capabilities),
            self.build_sha256.as_ref().map_or(F::from(0u64), field::digest_to_field),
        ]
    }
}

/// A disclosure mask: bit `i` shows slot `i`. Always below 64.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Mask(u8);

impl Mask {
    /// Nothing disclosed.
    pub const NONE: Mask = Mask(0);
    /// Everything disclosed.
    pub const ALL: Mask = Mask(63);

    /// Checks that no bit beyond the six slots is set.
    pub fn new(bits: u64) -> Result<Self, AttributeError> {
        match u8::try_from(bits) {
            Ok(small) if small < 64 => Ok(Self(small)),
            _ => Err(AttributeError::Mask(bits)),
        }
    }

    /// The mask that shows exactly these slots.
    pub fn of(slots: impl IntoIterator<Item = Slot>) -> Self {
        slots.into_iter().fold(Self::NONE, Self::with)
    }

    /// This mask with one more slot shown.
    pub fn with(self, slot: Slot) -> Self {
        Self(self.0 | 1 << slot.index())
    }

    /// Whether the slot is shown.
    pub fn contains(self, slot: Slot) -> bool {
        self.0 >> slot.index() & 1 == 1
    }

    /// The bits, below 64.
    pub fn bits(self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_slot_order() {
        for (i, slot) in Slot::ALL.into_iter().enumerate() {
            assert_eq!(slot.index(), i);
            assert_eq!(Slot::from_name(slot.name()), Some(slot));
        }
        assert_eq!(Slot::from_name("Reputation"), None);
        assert_eq!(Slot::ORDERED, Slot::ALL[..ORDERED_SLOTS]);
    }

    #[test]
    fn ranges_are_checked_where_values_are_made() {
        assert!(Reputation::new(10_000).is_ok());
        assert_eq!(Reputation::new(10_001), Err(AttributeError::Reputation(10_001)));
        assert!(Mask::new(63).is_ok());
        for bits in [64, 127, 255, 256, u64::MAX] {
            assert_eq!(Mask::new(bits), Err(AttributeError::Mask(bits)));
        }
    }
}
