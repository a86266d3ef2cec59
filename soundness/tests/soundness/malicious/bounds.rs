//! Clause 6: bounds as integers.

use ark_ff::{AdditiveGroup, Field};

use super::*;

fn bounded(slot: Wire, triple: [F; 3]) -> Claim {
    let mut claim = claim();
    claim.bound(slot, triple);
    claim.settle();
    claim
}

fn above_lower(slot: Wire) -> Lc {
    minus(ATTRIBUTE + slot, LOWER + slot)
}

fn below_upper(slot: Wire) -> Lc {
    minus(UPPER + slot, ATTRIBUTE + slot)
}

#[test]
fn a_reputation_just_below_the_order() {
    let claim = bounded(0, [F::ZERO, -F::ONE, number(10_000)]);
    is_no_number_of_so_many_bits(claim, 6, &[above_lower(0)]);
}

#[test]
fn a_reputation_above_ten_thousand() {
    for score in [10_001, 16_383] {
        let claim = bounded(0, [F::ZERO, number(score), number(10_000)]);
        is_no_number_of_so_many_bits(claim, 6, &[below_upper(0)]);
        // The circuit knows 14 bits; 10,000 is the verifier's to demand of `upper`.
        bounded(0, [F::ZERO, number(score), number(16_383)]).is_accepted();
    }
    let claim = bounded(0, [F::ZERO, number(16_384), number(16_384)]);
    is_no_number_of_so_many_bits(claim, 6, &[wire(UPPER), above_lower(0)]);
}

#[test]
fn a_lower_bound_below_zero() {
    let claim = bounded(0, [-number(5), F::ZERO, number(10_000)]);
    is_no_number_of_so_many_bits(claim, 6, &[wire(LOWER)]);
}

#[test]
fn bounds_near_two_to_the_64_and_the_order() {
    let most = number(u64::MAX);
    for slot in (1..4).step_by(every(2)) {
        bounded(slot, [most, most, most]).is_accepted();
        bounded(slot, [F::ZERO, F::ZERO, most]).is_accepted();
        let refused = |triple, numbers: &[Lc]| is_no_number_of_so_many_bits(bounded(slot, triple), 6, numbers);
        refused([F::ZERO, most, most + F::ONE], &[wire(UPPER + slot)]);
        refused([F::ZERO, most, -F::ONE], &[wire(UPPER + slot), below_upper(slot)]);
        refused([F::ZERO, most + F::ONE, most], &[above_lower(slot), below_upper(slot)]);
        refused([F::ZERO, -F::ONE, most], &[above_lower(slot), below_upper(slot)]);
        refused([most + F::ONE, most, most], &[wire(LOWER + slot), above_lower(slot)]);
        refused([-F::ONE, F::ZERO, most], &[wire(LOWER + slot)]);
        refused([-most, F::ZERO, most], &[wire(LOWER + slot)]);
        // All three moved by the same amount past the range.
        refused([most + F::ONE; 3], &[wire(LOWER + slot), wire(UPPER + slot)]);
    }
}

#[test]
fn a_value_outside_its_bounds() {
    for slot in 0..4 {
        let refused = |triple: [u64; 3], number: Lc| {
            is_no_number_of_so_many_bits(bounded(slot, triple.map(F::from)), 6, &[number]);
        };
        refused([6, 5, 10], above_lower(slot));
        refused([0, 11, 10], below_upper(slot));
        bounded(slot, [5, 5, 5].map(F::from)).is_accepted();
    }
}
