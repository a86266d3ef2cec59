//! Cheating provers, by trap (`docs/protocol.md` §4, `docs/soundness.md`): assignments made by hand, each rejected by exactly
//! the constraints named. Where one way to cheat is closed by a sum of bits, the other (no bits) is closed by `b·b = b`.

mod bounds;
mod disclosure;
mod holder;
mod membership;
mod rest;

use std::sync::LazyLock;

use super::claim::{Claim, Draw, every};
use super::layout::*;
use poa_soundness::r1cs::{F, Lc, Wire};

/// A true statement to begin with.
fn claim() -> Claim {
    static HONEST: LazyLock<Claim> = LazyLock::new(|| Claim::honest(&mut Draw::new("malicious", 0)));
    HONEST.clone()
}

/// Makes a sum of bits hold by giving the lowest of them whatever is missing; returns the constraint in its way.
fn force_sum(claim: &mut Claim, number: &Lc) -> usize {
    let lowest = bits(number)[0];
    let row = &CIRCUIT.rows[sum_of_bits(number)];
    let missing = number.evaluate(&claim.assignment) - row.a.evaluate(&claim.assignment);
    claim.force(lowest, claim.get(lowest) + missing);
    boolean(lowest)
}

/// Rejected by these sums of bits; and when those are made to hold, by the lowest bits not being bits.
#[track_caller]
fn is_no_number_of_so_many_bits(mut claim: Claim, clause_number: u8, numbers: &[Lc]) {
    let sums: Vec<usize> = numbers.iter().map(sum_of_bits).collect();
    claim.is_rejected_by(clause_number, &sums);
    let booleans: Vec<usize> = numbers.iter().map(|number| force_sum(&mut claim, number)).collect();
    claim.settle();
    claim.is_rejected_by(clause_number, &booleans);
}

fn number(value: u64) -> F {
    F::from(value)
}
