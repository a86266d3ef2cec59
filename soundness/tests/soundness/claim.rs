//! Assignments made by hand: inputs and declared wires as one likes, the rest computed from the exported constraints.
//!
//! The honest witness generator of `poa-circuits` takes no part, so nothing keeps a claim honest.

use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use poa_soundness::r1cs::{F, Wire};
use sha2::{Digest, Sha512};

use super::layout::*;

/// Whether to run everything.
pub fn whole() -> bool {
    std::env::var_os("POA_SOUNDNESS").is_some_and(|size| size == "whole")
}

/// Every so many-th case, or each.
pub fn every(step: usize) -> usize {
    if whole() { 1 } else { step }
}

/// Reproducible numbers.
pub struct Draw {
    seed: String,
    count: u64,
}

impl Draw {
    pub fn new(purpose: &str, number: usize) -> Self {
        let seed = std::env::var("POA_SOUNDNESS_SEED").unwrap_or_else(|_| "0".to_owned());
        Self { seed: format!("{seed} {purpose} {number}"), count: 0 }
    }

    pub fn field(&mut self) -> F {
        self.count += 1;
        F::from_le_bytes_mod_order(&Sha512::digest(format!("{} {}", self.seed, self.count)))
    }

    pub fn integer(&mut self) -> u64 {
        self.field().into_bigint().0[0]
    }

    /// `0..end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.integer() % end
    }

    pub fn coin(&mut self) -> bool {
        self.below(2) == 1
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    /// Random, or an edge of the 64-bit range.
    pub fn edgy(&mut self) -> u64 {
        match self.below(8) {
            0 => 0,
            1 => 1,
            2 => u64::MAX,
            _ => self.integer(),
        }
    }
}

#[derive(Clone)]
pub struct Claim {
    pub assignment: Vec<F>,
    forced: Vec<(Wire, F)>,
}

impl Claim {
    /// A random true statement.
    pub fn honest(draw: &mut Draw) -> Self {
        let mut claim = Self { assignment: vec![F::ZERO; CIRCUIT.wires], forced: Vec::new() };
        claim.set(0, F::ONE);
        claim.declare(draw);
        claim.state(draw);
        claim.settle();
        claim
    }

    fn declare(&mut self, draw: &mut Draw) {
        for bit in KEY.chain(INDEX) {
            self.set(bit, F::from(draw.below(2)));
        }
        // Below the order of the subgroup, as an honest key's scalar.
        self.set(KEY.end - 1, F::ZERO);
        for wire in [PSEUDONYM, SALT].into_iter().chain(SIBLING..SIBLING + 32) {
            let value = draw.field();
            self.set(wire, value);
        }
        let agent = u128::from(draw.integer()) << 64 | u128::from(draw.integer());
        self.set(AGENT, F::from(agent));
        let attributes = [draw.below(10_001), draw.edgy(), draw.edgy(), draw.edgy(), draw.edgy()];
        for (slot, value) in (ATTRIBUTE..).zip(attributes) {
            self.set(slot, F::from(value));
        }
        let build = draw.field();
        self.set(ATTRIBUTE + 5, build);
        self.set(EXPIRES_AT, F::from(draw.below(1 << 40)));
    }

    fn state(&mut self, draw: &mut Draw) {
        for wire in [CONTEXT, SCOPE, SCHEMA] {
            let value = draw.field();
            self.set(wire, value);
        }
        let named = F::from(draw.below(2));
        self.set(SUBJECT, named * self.get(AGENT));
        let expires_at = self.integer(EXPIRES_AT);
        self.set(VALID_AT, F::from(expires_at - draw.below(expires_at + 1)));
        let mask = draw.below(64);
        self.disclose(mask);
        for slot in 0..4 {
            let (value, most) = (self.integer(ATTRIBUTE + slot), if slot == 0 { 16_383 } else { u64::MAX });
            self.set(LOWER + slot, F::from(value.saturating_sub(draw.edgy())));
            self.set(UPPER + slot, F::from(value.saturating_add(draw.edgy()).min(most)));
        }
        let required = self.integer(ATTRIBUTE + 4) & draw.edgy();
        self.set(REQUIRED, F::from(required));
    }

    pub fn get(&self, wire: Wire) -> F {
        self.assignment[wire as usize]
    }

    pub fn integer(&self, wire: Wire) -> u64 {
        self.get(wire).into_bigint().0[0]
    }

    pub fn set(&mut self, wire: Wire, value: F) {
        self.assignment[wire as usize] = value;
    }

    /// What a computed wire is given instead of what it is computed to be.
    pub fn force(&mut self, wire: Wire, value: F) {
        self.forced.retain(|(known, _)| *known != wire);
        self.forced.push((wire, value));
    }

    /// Whether a computed wire was given a value.
    pub fn is_forced(&self) -> bool {
        !self.forced.is_empty()
    }

    /// Makes the leaf another by its hash's last S-box output; returns the constraint that computes that.
    pub fn force_leaf(&mut self, value: F) -> usize {
        let (output, factor) = *leaf().terms().last().unwrap();
        let change = (value - leaf().evaluate(&self.assignment)) * factor.inverse().unwrap();
        self.force(output, self.get(output) + change);
        computes(output)
    }

    /// The lowest bits of the integer as the key's.
    pub fn set_key(&mut self, integer: &impl BigInteger) {
        for (i, bit) in KEY.enumerate() {
            self.set(bit, F::from(integer.get_bit(i)));
        }
    }

    /// The mask, and the values that belong to it.
    pub fn disclose(&mut self, mask: u64) {
        self.set(MASK, F::from(mask));
        for slot in 0..6 {
            let shown = F::from(mask >> slot & 1);
            self.set(DISCLOSED + slot, shown * self.get(ATTRIBUTE + slot));
        }
    }

    /// Attribute and bounds of an ordered slot.
    pub fn bound(&mut self, slot: Wire, [lower, value, upper]: [F; 3]) {
        self.set(LOWER + slot, lower);
        self.set(ATTRIBUTE + slot, value);
        self.set(UPPER + slot, upper);
        self.disclose(self.integer(MASK));
    }

    /// Computes what follows, under the root and pseudonym that come out: the prover is in league with the issuer.
    pub fn settle(&mut self) {
        self.settle_under_given_root();
        for input in [ROOT, NULLIFIER] {
            let computed = CIRCUIT.rows[compares(input)].a.evaluate(&self.assignment);
            self.set(input, computed);
        }
    }

    /// Computes what follows, and leaves root and pseudonym as they are.
    pub fn settle_under_given_root(&mut self) {
        COMPUTATION.complete(&mut self.assignment, &self.forced);
    }

    pub fn broken(&self) -> Vec<usize> {
        CIRCUIT.broken(&self.assignment)
    }

    /// Exactly these constraints reject the claim, and they belong to the clause.
    #[track_caller]
    pub fn is_rejected_by(&self, clause_number: u8, rows: &[usize]) {
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        assert_eq!(self.broken(), rows);
        assert!(rows.iter().all(|row| clause(*row) == clause_number), "clause {clause_number}: {rows:?}");
    }

    #[track_caller]
    pub fn is_accepted(&self) {
        assert_eq!(self.broken(), []);
    }
}
