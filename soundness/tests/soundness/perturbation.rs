//! No private wire of a true statement can be another value while all others stay.

use ark_ff::{AdditiveGroup, Field};
use poa_soundness::perturbation::{Freedom, free_wires};
use poa_soundness::r1cs::F;

use super::claim::{Claim, Draw, whole};
use super::layout::*;

#[test]
fn no_private_wire_can_move_alone() {
    for number in 0..if whole() { 1_000 } else { 8 } {
        let claim = Claim::honest(&mut Draw::new("perturbation", number));
        assert_eq!(free_wires(&CIRCUIT, &claim.assignment), [], "statement {number}");
    }
}

/// The check would notice, and it says by how much: a bit of `mask` without its sum is still 0 or 1.
#[test]
fn a_wire_that_can_move_is_found_with_its_movement() {
    let claim = Claim::honest(&mut Draw::new("perturbation", 0));
    let mut gap = CIRCUIT.clone();
    let bit = bits(&wire(UPPER + 1))[7];
    gap.rows.remove(sum_of_bits(&wire(UPPER + 1)));
    let flip = F::ONE - claim.get(bit).double();
    assert!(free_wires(&gap, &claim.assignment).contains(&(bit, Freedom::By(flip))));
    let mut gap = CIRCUIT.clone();
    gap.rows.truncate(CIRCUIT.rows.len() - 1);
    assert_eq!(free_wires(&gap, &claim.assignment), [(CIRCUIT.wires as u32 - 1, Freedom::Every)]);
    assert_ne!(flip, F::ZERO);
}
