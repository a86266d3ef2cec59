//! Statement `poa/1`: an agent shows any subset of its six attributes, and bounds on the rest, under a fresh root.
//!
//! # Statement
//! For the public inputs below, the prover knows `k, n, agent, a0..a5, expires_at, salt` and a path such that
//! 1. **Holder.** `K = k·B8` on BabyJubJub, `I = H_2(K.x, K.y)`, `N = H_1(n)`;
//! 2. **Membership.** `leaf = H_12(I, N, agent, schema, a0..a5, expires_at, salt)` is not 0 and lies under `root`
//!    at depth 32;
//! 3. **Pseudonym.** `nullifier = H_2(scope, n)`;
//! 4. **Subject.** `subject` is 0 or `agent`; `agent` is not 0;
//! 5. **Disclosure.** `mask = Σ m_i·2^i` with boolean `m_i`, and `disclosed_i = m_i·a_i`;
//! 6. **Bounds.** `0 <= lower_i <= a_i <= upper_i < 2^w` over the integers, `w` 14 for slot 0 and 64 for slots 1 to 3;
//! 7. **Capabilities.** slot 4 and `required` are below 2^64 and each bit of `required` is set in slot 4;
//! 8. **Freshness.** `valid_at <= expires_at`, both unsigned 40-bit Unix seconds;
//! 9. **Context.** any `context`: it takes part in one constraint that always holds, so that a proof is for
//!    one context and yet can be prepared before it is known.
//!
//! # Public inputs, in order
//! | # | name | type |
//! |---|---|---|
//! | 0 | `root` | field element |
//! | 1 | `context` | field element, hash of document and options |
//! | 2 | `scope` | field element, hash of the audience, or random |
//! | 3 | `nullifier` | field element, the pseudonym |
//! | 4 | `schema` | field element, hash of the attestation schema |
//! | 5 | `subject` | agent id, 0 when anonymous |
//! | 6 | `valid_at` | Unix seconds, 40 bits |
//! | 7 | `mask` | 6 bits, bit `i` is slot `i` |
//! | 8–13 | `disclosed_0..5` | the attribute, 0 when hidden |
//! | 14–17 | `lower_0..3` | inclusive, 14 and 64 bits |
//! | 18–21 | `upper_0..3` | inclusive, 14 and 64 bits |
//! | 22 | `required` | capability set, 64 bits |
//!
//! On the wire every one is `0x` and 64 lower-case hex digits, big-endian, below the field's order.
//!
//! # Not proved
//! That `root` is recent or anybody's (the verifier checks a signed head), that slot 0 is at most 10000 rather than
//! 16383 (the verifier demands `upper_0 <= 10000`), that `schema` is known, who sends the proof (the challenge
//! inside `context` shows that), nor that a hidden attribute is not 0.
//!
//! # Cost and source
//! 11,116 constraints. Count, input order and R1CS digest are pinned in `tests/pins.rs`. Specification: `docs/protocol.md` §4.

use ark_ff::{AdditiveGroup, Field};
use zeroize::Zeroize;

use crate::native::attributes::{Mask, ORDERED_SLOTS, SLOTS, Slot};
use crate::native::field::{self, F};
use crate::native::holder::{HolderSecret, PseudonymSecret};
use crate::native::leaf::{AgentId, Leaf};
use crate::native::tree::Path;

#[cfg(feature = "gadgets")]
pub mod assignment;
#[cfg(feature = "gadgets")]
pub mod circuit;
#[cfg(all(test, feature = "gadgets"))]
mod tests;

/// The circuit's name in documents.
pub const CIRCUIT: &str = "poa/1";
/// The number of public inputs.
pub const INPUTS: usize = 23;
/// Width of the times in clause 8.
pub const TIME_BITS: usize = 40;
/// Width of capability sets in clause 7.
pub const CAPABILITY_BITS: usize = 64;

/// The public inputs' names, in order.
pub const INPUT_NAMES: [&str; INPUTS] = [
    "root",
    "context",
    "scope",
    "nullifier",
    "schema",
    "subject",
    "valid_at",
    "mask",
    "disclosed_0",
    "disclosed_1",
    "disclosed_2",
    "disclosed_3",
    "disclosed_4",
    "disclosed_5",
    "lower_0",
    "lower_1",
    "lower_2",
    "lower_3",
    "upper_0",
    "upper_1",
    "upper_2",
    "upper_3",
    "required",
];

/// The public inputs by name. Field elements as they are; ranges are the circuit's business and the verifier's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Public {
    /// 0: the tree's root.
    pub root: F,
    /// 1: binds the proof to one document and one challenge.
    pub context: F,
    /// 2: hash of the audience, or random.
    pub scope: F,
    /// 3: the pseudonym in that scope.
    pub nullifier: F,
    /// 4: hash of the attestation schema.
    pub schema: F,
    /// 5: the agent's id, or 0.
    pub subject: F,
    /// 6: Unix seconds the leaf outlives.
    pub valid_at: F,
    /// 7: disclosure mask.
    pub mask: F,
    /// 8–13: attributes where the mask bit is set, else 0.
    pub disclosed: [F; SLOTS],
    /// 14–17: inclusive lower bounds of slots 0–3.
    pub lower: [F; ORDERED_SLOTS],
    /// 18–21: inclusive upper bounds of slots 0–3.
    pub upper: [F; ORDERED_SLOTS],
    /// 22: capability set contained in slot 4.
    pub required: F,
}

impl Public {
    /// The 23 field elements in protocol order.
    pub fn to_inputs(&self) -> [F; INPUTS] {
        let mut inputs = [F::ZERO; INPUTS];
        inputs[..8].copy_from_slice(&[
            self.root,
            self.context,
            self.scope,
            self.nullifier,
            self.schema,
            self.subject,
            self.valid_at,
            self.mask,
        ]);
        inputs[8..14].copy_from_slice(&self.disclosed);
        inputs[14..18].copy_from_slice(&self.lower);
        inputs[18..22].copy_from_slice(&self.upper);
        inputs[22] = self.required;
        inputs
    }

    /// The inverse of [`Public::to_inputs`].
    pub fn from_inputs(inputs: &[F; INPUTS]) -> Self {
        Self {
            root: inputs[0],
            context: inputs[1],
            scope: inputs[2],
            nullifier: inputs[3],
            schema: inputs[4],
            subject: inputs[5],
            valid_at: inputs[6],
            mask: inputs[7],
            disclosed: std::array::from_fn(|i| inputs[8 + i]),
            lower: std::array::from_fn(|i| inputs[14 + i]),
            upper: std::array::from_fn(|i| inputs[18 + i]),
            required: inputs[22],
        }
    }
}

/// What the prover knows. Zeroised on drop, never printed.
#[derive(Clone)]
pub struct Witness {
    /// The holder key's secret scalar `k`.
    pub holder: HolderSecret,
    /// The pseudonym secret `n`.
    pub pseudonym: PseudonymSecret,
    /// The agent.
    pub agent: AgentId,
    /// The six attributes, in slot order.
    pub attributes: [F; SLOTS],
    /// Unix seconds.
    pub expires_at: u64,
    /// The leaf's salt.
    pub salt: F,
    /// From the leaf to the root.
    pub path: Path,
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.agent.zeroize();
        self.attributes.zeroize();
        self.expires_at.zeroize();
        self.salt.zeroize();
        self.path.zeroize();
    }
}

impl Witness {
    /// The leaf this witness opens, under the statement's schema.
    pub fn leaf(&self, schema: F) -> Leaf {
        Leaf {
            identity: self.holder.public().commitment(),
            pseudonym: self.pseudonym.commitment(),
            agent: self.agent,
            schema,
            attributes: self.attributes,
            expires_at: self.expires_at,
            salt: self.salt,
        }
    }
}

/// The clause of the statement that does not hold, numbered as in the module's header.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// (2) The leaf is 0 or does not lead to `root`.
    #[error("clause 2: the leaf is not under the root")]
    Membership,
    /// (3) `nullifier` is not `H_2(scope, n)`.
    #[error("clause 3: the pseudonym is another")]
    Pseudonym,
    /// (4) `subject` is neither 0 nor the agent.
    #[error("clause 4: the subject is another agent")]
    Subject,
    /// (5) The mask has other bits, or a disclosed value is not the attribute, or a hidden one is not 0.
    #[error("clause 5: slot {0} is not disclosed as the mask says")]
    Disclosure(usize),
    /// (5) The mask is not below 64.
    #[error("clause 5: the mask is not below 64")]
    Mask,
    /// (6) A bound is out of range or does not hold.
    #[error("clause 6: the bounds of slot {0} do not hold")]
    Bounds(usize),
    /// (7) Slot 4 is out of range or lacks a required capability.
    #[error("clause 7: a required capability is missing")]
    Capabilities,
    /// (8) The leaf expires before `valid_at`, or a time does not fit 40 bits.
    #[error("clause 8: the leaf expires before `valid_at`")]
    Freshness,
}

impl Broken {
    /// The clause's number in the module's header.
    pub fn clause(self) -> u8 {
        match self {
            Broken::Membership => 2,
            Broken::Pseudonym => 3,
            Broken::Subject => 4,
            Broken::Disclosure(_) | Broken::Mask => 5,
            Broken::Bounds(_) => 6,
            Broken::Capabilities => 7,
            Broken::Freshness => 8,
        }
    }
}

impl Public {
    /// The statement in native code: what the circuit accepts, clause by clause in the header's order.
    /// Clauses 1 and 9 hold for every witness of these types.
    pub fn check(&self, witness: &Witness) -> Result<(), Broken> {
        self.check_membership(witness)?;
        if self.nullifier != witness.pseudonym.nullifier(&self.scope) {
            return Err(Broken::Pseudonym);
        }
        if self.subject != F::ZERO && self.subject != witness.agent.to_field() {
            return Err(Broken::Subject);
        }
        self.check_disclosure(witness)?;
        self.check_bounds(witness)?;
        self.check_capabilities(witness)?;
        self.check_freshness(witness)
    }

    fn check_membership(&self, witness: &Witness) -> Result<(), Broken> {
        let leaf = witness.leaf(self.schema).hash();
        if leaf == F::ZERO || witness.path.root(&leaf) != self.root {
            return Err(Broken::Membership);
        }
        Ok(())
    }

    fn check_disclosure(&self, witness: &Witness) -> Result<(), Broken> {
        let mask = field::to_u64(&self.mask).and_then(|bits| Mask::new(bits).ok()).ok_or(Broken::Mask)?;
        for slot in Slot::ALL {
            let i = slot.index();
            let expected = if mask.contains(slot) { witness.attributes[i] } else { F::ZERO };
            if self.disclosed[i] != expected {
                return Err(Broken::Disclosure(i));
            }
        }
        Ok(())
    }

    fn check_bounds(&self, witness: &Witness) -> Result<(), Broken> {
        for slot in Slot::ORDERED {
            let i = slot.index();
            let in_range = |value: &F| below_2_pow(value, slot.bits()).ok_or(Broken::Bounds(i));
            let (lower, upper) = (in_range(&self.lower[i])?, in_range(&self.upper[i])?);
            let value = in_range(&witness.attributes[i])?;
            if !(lower <= value && value <= upper) {
                return Err(Broken::Bounds(i));
            }
        }
        Ok(())
    }

    fn check_capabilities(&self, witness: &Witness) -> Result<(), Broken> {
        let set = field::to_u64(&witness.attributes[Slot::Capabilities.index()]);
        let required = field::to_u64(&self.required);
        match (set, required) {
            (Some(set), Some(required)) if required & !set == 0 => Ok(()),
            _ => Err(Broken::Capabilities),
        }
    }

    fn check_freshness(&self, witness: &Witness) -> Result<(), Broken> {
        let valid_at = below_2_pow(&self.valid_at, TIME_BITS).ok_or(Broken::Freshness)?;
        if witness.expires_at >> TIME_BITS == 0 && valid_at <= witness.expires_at {
            Ok(())
        } else {
            Err(Broken::Freshness)
        }
    }

    /// Inputs whose context differs only: what a re-used proof would need.
    #[must_use]
    pub fn with_context(mut self, context: F) -> Self {
        self.context = context;
        self
    }
}

/// The value as an integer, when it is below `2^bits` (`bits` at most 64).
fn below_2_pow(value: &F, bits: usize) -> Option<u64> {
    field::to_u64(value).filter(|v| bits >= 64 || v >> bits == 0)
}

impl Default for Public {
    /// Everything 0 but the upper bounds, which say nothing: a starting point for builders.
    fn default() -> Self {
        let zero = F::ZERO;
        Self {
            root: zero,
            context: zero,
            scope: zero,
            nullifier: zero,
            schema: zero,
            subject: zero,
            valid_at: zero,
            mask: zero,
            disclosed: [zero; SLOTS],
            lower: [zero; ORDERED_SLOTS],
            // Cannot be none for an ordered slot; ONE would be refused by every verifier.
            upper: Slot::ORDERED.map(|slot| slot.max().map_or(F::ONE, F::from)),
            required: zero,
        }
    }
}
