//! Clause 2: leaf, path, root.

use ark_ff::{AdditiveGroup, Field};
use poa_circuits::native::tree::{empty_root, zero};

use super::*;

#[test]
fn an_index_bit_that_is_no_bit() {
    for bit in INDEX.step_by(every(6)) {
        for value in [number(2), -F::ONE, Draw::new("index bit", 0).field()] {
            let mut claim = claim();
            claim.set(bit, value);
            claim.settle();
            claim.is_rejected_by(2, &[boolean(bit)]);
        }
    }
}

/// What the boolean constraint is worth: with a free "bit" the two children can be any pair with the right sum.
#[test]
fn an_index_bit_chosen_to_place_a_foreign_node() {
    let mut claim = claim();
    let level = 5;
    let shift = CIRCUIT.rows[shift_row(level)].c.as_wire().unwrap();
    let [sibling, bit] = [claim.get(SIBLING + level), claim.get(INDEX.start + level)];
    let difference = CIRCUIT.rows[shift_row(level)].b.evaluate(&claim.assignment);
    assert_eq!(claim.get(shift), bit * difference);
    // left = node + shift is to be a node of the prover's own making.
    let wanted = number(4_242);
    let node = sibling - difference;
    claim.set(INDEX.start + level, (wanted - node) * difference.inverse().unwrap());
    claim.settle();
    claim.is_rejected_by(2, &[boolean(INDEX.start + level)]);
    // The same by lying about the product instead.
    claim.set(INDEX.start + level, F::ZERO);
    claim.force(shift, wanted - node);
    claim.settle();
    claim.is_rejected_by(2, &[shift_row(level)]);
}

/// Even a prover that knew a preimage of 0 could not open an empty place.
#[test]
fn the_zero_leaf_under_the_empty_root() {
    let mut claim = claim();
    for level in 0..32 {
        claim.set(SIBLING + level, zero(level as usize));
    }
    let hash = claim.force_leaf(F::ZERO);
    claim.settle();
    assert_eq!(claim.get(ROOT), empty_root());
    claim.is_rejected_by(2, &[hash, not_zero(2)]);
    let inverse = CIRCUIT.rows[not_zero(2)].b.as_wire().unwrap();
    for value in [F::ZERO, F::ONE] {
        claim.force(inverse, value);
        claim.settle();
        claim.is_rejected_by(2, &[hash, not_zero(2)]);
    }
}

/// The same at a revoked place of a tree that holds other leaves.
#[test]
fn a_revoked_leaf_under_the_next_root() {
    let mut claim = claim();
    let before = claim.get(ROOT);
    let hash = claim.force_leaf(F::ZERO);
    claim.settle();
    let after = claim.get(ROOT);
    assert_ne!(before, after);
    claim.is_rejected_by(2, &[hash, not_zero(2)]);
    // The true opening does not lead to the new root.
    let mut claim = super::claim();
    claim.set(ROOT, after);
    claim.settle_under_given_root();
    claim.is_rejected_by(2, &[compares(ROOT)]);
}

/// A node is 32 − i hashes below the root, a leaf 32; and no opening hashes to it.
#[test]
fn an_inner_node_used_as_leaf() {
    let mut claim = claim();
    let first_level_left = CIRCUIT.rows[shift_row(1)].b.plus(-F::ONE, &wire(SIBLING + 1));
    let node = -first_level_left.evaluate(&claim.assignment);
    let hash = claim.force_leaf(node);
    for level in 0..31 {
        let [sibling, bit] = [claim.get(SIBLING + level + 1), claim.get(INDEX.start + level + 1)];
        claim.set(SIBLING + level, sibling);
        claim.set(INDEX.start + level, bit);
    }
    let honest = claim.get(ROOT);
    // With the 32nd hash left out the root would be right; it cannot be left out.
    for last in [F::ZERO, honest, node] {
        claim.set(SIBLING + 31, last);
        claim.settle_under_given_root();
        claim.is_rejected_by(2, &[hash, compares(ROOT)]);
    }
}

#[test]
fn another_root_sibling_place_or_schema() {
    let lie = |change: &dyn Fn(&mut Claim)| {
        let mut claim = claim();
        change(&mut claim);
        claim.settle_under_given_root();
        claim.is_rejected_by(2, &[compares(ROOT)]);
    };
    lie(&|claim| claim.set(ROOT, empty_root()));
    lie(&|claim| claim.set(SCHEMA, claim.get(SCHEMA) + F::ONE));
    for level in (0..32).step_by(every(5)) {
        lie(&|claim| claim.set(SIBLING + level, claim.get(SIBLING + level) + F::ONE));
        lie(&|claim| claim.set(INDEX.start + level, F::ONE - claim.get(INDEX.start + level)));
    }
    for opening in [AGENT, ATTRIBUTE + 5, SALT] {
        let mut claim = claim();
        claim.set(SUBJECT, F::ZERO);
        claim.set(opening, claim.get(opening) + F::ONE);
        claim.disclose(0);
        claim.settle_under_given_root();
        claim.is_rejected_by(2, &[compares(ROOT)]);
    }
}
