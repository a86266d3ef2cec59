//! For a constraint, a false claim that this constraint alone rejects: what a prover could show were it missing.

use std::sync::LazyLock;

use ark_ff::Field;
use poa_soundness::determinism::{Rule, Step};
use poa_soundness::r1cs::{F, Wire};

use super::claim::{Claim, Draw, every};
use super::layout::*;

/// A true statement that leaves room for lies: everything disclosed, a required capability, one that is absent.
pub fn base() -> Claim {
    static BASE: LazyLock<Claim> = LazyLock::new(room_for_lies);
    BASE.clone()
}

fn room_for_lies() -> Claim {
    let mut claim = Claim::honest(&mut Draw::new("forgery", 0));
    claim.set(ATTRIBUTE + 4, F::from(0x8000_0000_0000_0005u64));
    claim.set(REQUIRED, F::from(4u64));
    claim.set(SUBJECT, claim.get(AGENT));
    for slot in 0..4 {
        claim.bound(slot, [5, 7, 11].map(F::from));
    }
    claim.set(VALID_AT, F::from(5u64));
    claim.set(EXPIRES_AT, F::from(12u64));
    claim.disclose(0b101_011);
    claim.settle();
    claim.is_accepted();
    claim
}

/// The claim, for every constraint that checks, and for those that settle a wire by themselves. A wire that is
/// settled by elimination takes several constraints together; there the determinism check speaks alone.
pub fn against(row: usize) -> Option<Claim> {
    let steps = SETTLED.steps().iter();
    let Some(step) = steps.clone().find(|step| step.rows.contains(&row)) else {
        return Some(against_check(row));
    };
    let used = |other: &&Step| other.rows.contains(&row);
    match step.rule {
        Rule::Product | Rule::Inverse if steps.clone().filter(used).count() == 1 => Some(forced(step.wires[0])),
        Rule::Edwards if step.rows.last() == Some(&row) => Some(forced(step.wires[0])),
        Rule::Bits => against_bits(row, &step.wires),
        _ => None,
    }
}

/// The wire is something else, and all that depends on it follows.
fn forced(wire: Wire) -> Claim {
    let mut claim = base();
    claim.force(wire, claim.get(wire) + F::ONE);
    claim.settle();
    claim
}

/// The sum of the bits is wrong, or right with one that is no bit.
fn against_bits(row: usize, wires: &[Wire]) -> Option<Claim> {
    let honest = base();
    let flipped = |wire: Wire| F::ONE - honest.get(wire);
    let flip = |at: usize| {
        let mut claim = honest.clone();
        claim.force(wires[at], flipped(wires[at]));
        let first = CIRCUIT.rows[row].boolean();
        if let Some(compensating) = first {
            let position = wires.iter().position(|wire| *wire == compensating)?;
            if position == at {
                return None;
            }
            // 2^position · change = −2^at · (flipped − honest)
            let weight = |at: usize| F::from(2u64).pow([at as u64]);
            let change = weight(at) * (honest.get(wires[at]) - flipped(wires[at])) * weight(position).inverse()?;
            claim.force(compensating, honest.get(compensating) + change);
        }
        claim.settle();
        follow_mask(&mut claim);
        (claim.broken() == [row]).then_some(claim)
    };
    (0..wires.len()).find_map(flip)
}

/// Disclosed values as the bits of the mask say, whatever those are.
fn follow_mask(claim: &mut Claim) {
    for slot in 0..6 {
        let shown = CIRCUIT.rows[disclosed_row(slot)].a.evaluate(&claim.assignment);
        claim.set(DISCLOSED + slot, shown * claim.get(ATTRIBUTE + slot));
    }
}

fn against_check(row: usize) -> Claim {
    let mut claim = base();
    if let Some(bit) = CIRCUIT.rows[row].boolean() {
        claim.set(bit, F::from(2u64));
        claim.settle();
        return claim;
    }
    if let Some(bit) = (0..64).find(|bit| subset_row(*bit) == row) {
        claim.set(REQUIRED, F::from(1u64 << bit));
        claim.set(ATTRIBUTE + 4, F::from(!(1u64 << bit)));
        claim.disclose(0b101_011);
        claim.settle();
        return claim;
    }
    let slot = (0..6).find(|slot| disclosed_row(*slot) == row);
    let lie = match slot {
        Some(slot) => DISCLOSED + slot,
        None if row == subject_row() => SUBJECT,
        None => [ROOT, NULLIFIER].into_iter().find(|input| compares(*input) == row).unwrap(),
    };
    claim.set(lie, claim.get(lie) + F::ONE);
    claim
}

/// Each is rejected by its constraint and by no other, in every clause.
#[test]
fn a_forged_claim_is_stopped_by_one_constraint() {
    for row in SETTLED.checking_rows().into_iter().step_by(every(53)) {
        assert_eq!(against(row).unwrap().broken(), [row]);
    }
    for number in 1..=9 {
        let rows = rows_of_clause(number);
        let found = rows.rev().find_map(|row| against(row).map(|claim| (row, claim)));
        let (row, claim) = found.unwrap();
        assert_eq!(claim.broken(), [row], "clause {number}");
    }
}
