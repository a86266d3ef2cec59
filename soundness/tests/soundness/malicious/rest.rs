//! Clauses 3, 4, 7, 8 and 9: pseudonym, subject, capabilities, freshness, context.

use ark_ff::{AdditiveGroup, Field};

use super::*;

#[test]
fn another_pseudonym_or_the_same_in_another_scope() {
    for input in [NULLIFIER, SCOPE] {
        let mut claim = claim();
        claim.set(input, claim.get(input) + F::ONE);
        claim.settle_under_given_root();
        claim.is_rejected_by(3, &[compares(NULLIFIER)]);
    }
    // Another n under the same root: the leaf commits to the first.
    let mut claim = claim();
    let root = claim.get(ROOT);
    claim.set(PSEUDONYM, claim.get(PSEUDONYM) + F::ONE);
    claim.settle();
    claim.set(ROOT, root);
    claim.is_rejected_by(2, &[compares(ROOT)]);
}

#[test]
fn a_subject_other_than_the_agent() {
    let mut claim = claim();
    for anonymous_or_named in [F::ZERO, claim.get(AGENT)] {
        claim.set(SUBJECT, anonymous_or_named);
        claim.is_accepted();
    }
    for subject in [claim.get(AGENT) + F::ONE, -claim.get(AGENT), F::ONE, claim.get(AGENT).double()] {
        claim.set(SUBJECT, subject);
        claim.is_rejected_by(4, &[subject_row()]);
    }
}

/// An agent of 0 would make `subject = agent` look anonymous.
#[test]
fn the_agent_zero() {
    let mut claim = claim();
    claim.set(AGENT, F::ZERO);
    claim.set(SUBJECT, F::ZERO);
    claim.settle();
    claim.is_rejected_by(4, &[not_zero(4)]);
    let inverse = CIRCUIT.rows[not_zero(4)].b.as_wire().unwrap();
    for value in [F::ONE, -F::ONE] {
        claim.force(inverse, value);
        claim.settle();
        claim.is_rejected_by(4, &[not_zero(4)]);
    }
    claim.set(SUBJECT, number(5));
    claim.is_rejected_by(4, &[not_zero(4), subject_row()]);
}

fn capable(set: F, required: F) -> Claim {
    let mut claim = claim();
    claim.set(ATTRIBUTE + 4, set);
    claim.set(REQUIRED, required);
    claim.disclose(0);
    claim.settle();
    claim
}

#[test]
fn a_required_capability_that_is_absent() {
    for bit in (0..64).step_by(every(21)) {
        let only = number(1 << bit);
        capable(only, only).is_accepted();
        capable(number(!(1 << bit)), only).is_rejected_by(7, &[subset_row(bit)]);
        // The bits tell another set than the attribute, or another requirement than the input.
        let mut claim = capable(number(!(1 << bit)), only);
        let present = bits(&wire(ATTRIBUTE + 4))[bit];
        claim.force(present, F::ONE);
        claim.settle();
        claim.is_rejected_by(7, &[sum_of_bits(&wire(ATTRIBUTE + 4))]);
        let mut claim = capable(number(!(1 << bit)), only);
        claim.force(bits(&wire(REQUIRED))[bit], F::ZERO);
        claim.settle();
        claim.is_rejected_by(7, &[compares(REQUIRED)]);
    }
}

#[test]
fn sets_of_more_than_64_bits() {
    let beyond = number(u64::MAX) + F::ONE;
    let [set, required] = [wire(ATTRIBUTE + 4), wire(REQUIRED)];
    is_no_number_of_so_many_bits(capable(beyond, F::ZERO), 7, std::slice::from_ref(&set));
    is_no_number_of_so_many_bits(capable(-number(u64::MAX), F::ZERO), 7, &[set]);
    let claim = capable(F::ZERO, beyond);
    claim.is_rejected_by(7, &[compares(REQUIRED)]);
    let mut claim = capable(number(1), beyond);
    let lowest = force_sum(&mut claim, &required);
    claim.settle();
    claim.is_rejected_by(7, &[lowest]);
}

fn fresh(valid_at: F, expires_at: F) -> Claim {
    let mut claim = claim();
    claim.set(VALID_AT, valid_at);
    claim.set(EXPIRES_AT, expires_at);
    claim.settle();
    claim
}

#[test]
fn a_leaf_that_expires_before_valid_at() {
    let [left, valid_at, expires_at] = [minus(EXPIRES_AT, VALID_AT), wire(VALID_AT), wire(EXPIRES_AT)];
    let most = number((1 << 40) - 1);
    fresh(most, most).is_accepted();
    fresh(F::ZERO, most).is_accepted();
    is_no_number_of_so_many_bits(fresh(number(1_000), number(999)), 8, std::slice::from_ref(&left));
    is_no_number_of_so_many_bits(fresh(-F::ONE, number(999)), 8, std::slice::from_ref(&valid_at));
    is_no_number_of_so_many_bits(fresh(F::ZERO, -F::ONE), 8, &[expires_at.clone(), left]);
    is_no_number_of_so_many_bits(fresh(most, most + F::ONE), 8, std::slice::from_ref(&expires_at));
    is_no_number_of_so_many_bits(fresh(most + F::ONE, most + F::ONE), 8, &[valid_at, expires_at]);
}

#[test]
fn a_context_that_is_not_squared() {
    let mut claim = claim();
    let (row, square) = (rows_of_clause(9).start, context_squared());
    claim.force(square, claim.get(square) + F::ONE);
    claim.settle();
    claim.is_rejected_by(9, &[row]);
    // An old proof's wires under a new context.
    let mut claim = super::claim();
    claim.set(CONTEXT, claim.get(CONTEXT) + F::ONE);
    claim.is_rejected_by(9, &[row]);
}
