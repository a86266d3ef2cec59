//! Clause 5: mask and disclosed values.

use ark_ff::{AdditiveGroup, Field};

use super::*;

#[test]
fn masks_64_and_127_and_beyond() {
    for mask in [64u64, 127, 1 << 40] {
        let mut claim = claim();
        claim.disclose(mask % 64);
        claim.set(MASK, number(mask));
        claim.settle();
        claim.is_rejected_by(5, &[compares(MASK)]);
    }
    let mut claim = claim();
    claim.disclose(0);
    claim.set(MASK, -F::ONE);
    claim.settle();
    // r − 1 ends in six zero bits, so nothing is disclosed and the sum is what fails.
    claim.is_rejected_by(5, &[compares(MASK)]);
}

/// 64 = 2·32: a bit of 2 would disclose twice the build hash.
#[test]
fn a_mask_bit_of_two() {
    let mut claim = claim();
    claim.disclose(0);
    claim.set(MASK, number(64));
    let top = bits(&wire(MASK))[5];
    claim.force(top, number(2));
    claim.set(DISCLOSED + 5, claim.get(ATTRIBUTE + 5).double());
    claim.settle();
    claim.is_rejected_by(5, &[boolean(top)]);
}

/// A mask that says hidden, bits that say shown.
#[test]
fn bits_other_than_the_masks() {
    let mut claim = claim();
    claim.disclose(0b111);
    claim.set(MASK, F::ZERO);
    for bit in &bits(&wire(MASK))[..3] {
        claim.force(*bit, F::ONE);
    }
    claim.settle();
    claim.is_rejected_by(5, &[compares(MASK)]);
}

#[test]
fn hidden_zero_against_disclosed_zero() {
    for slot in (0..6).step_by(every(2)) {
        let mut claim = claim();
        claim.set(ATTRIBUTE + slot, number(if slot == 0 { 77 } else { 7_777 }));
        claim.set(REQUIRED, F::ZERO);
        if slot < 4 {
            claim.bound(slot, [F::ZERO, claim.get(ATTRIBUTE + slot), number(16_000)]);
        }
        claim.disclose(63 ^ 1 << slot);
        claim.settle();
        claim.is_accepted();
        // Hidden, yet shown.
        claim.set(DISCLOSED + slot, claim.get(ATTRIBUTE + slot));
        claim.is_rejected_by(5, &[disclosed_row(slot)]);
        // Disclosed as 0, though it is not.
        claim.disclose(63);
        claim.set(DISCLOSED + slot, F::ZERO);
        claim.settle();
        claim.is_rejected_by(5, &[disclosed_row(slot)]);
        // A true 0 can be shown and hidden, and the mask tells which.
        claim.set(ATTRIBUTE + slot, F::ZERO);
        for mask in [63, 63 ^ 1 << slot] {
            claim.disclose(mask);
            claim.settle();
            assert_eq!(claim.get(DISCLOSED + slot), F::ZERO);
            claim.is_accepted();
        }
    }
}

/// The slots whose constraint rejects; all that disclosed values can break.
fn broken_disclosures(claim: &Claim) -> Vec<Wire> {
    let broken = |slot: &Wire| CIRCUIT.rows[disclosed_row(*slot)].residual(&claim.assignment) != F::ZERO;
    (0..6).filter(broken).collect()
}

/// Six different values: in every mask no two slots can be exchanged, and none can be shown in a hidden one's place.
#[test]
fn every_order_of_attributes_in_every_mask() {
    let mut claim = claim();
    for slot in 0..6 {
        claim.set(ATTRIBUTE + slot, number(1_001 + u64::from(slot)));
    }
    for slot in 0..4 {
        claim.bound(slot, [F::ZERO, claim.get(ATTRIBUTE + slot), number(16_000)]);
    }
    claim.set(REQUIRED, F::ZERO);
    claim.settle();
    let bits = bits(&wire(MASK));
    for mask in 0..64u64 {
        claim.disclose(mask);
        bits.iter().enumerate().for_each(|(slot, bit)| claim.set(*bit, number(mask >> slot & 1)));
        claim.is_accepted();
        let shown = |slot: Wire| mask >> slot & 1 == 1;
        for (one, other) in (0..6).flat_map(|one| (0..one).map(move |other| (one, other))) {
            if !shown(one) && !shown(other) {
                continue;
            }
            let mut exchanged = claim.clone();
            exchanged.set(DISCLOSED + one, claim.get(DISCLOSED + other));
            exchanged.set(DISCLOSED + other, claim.get(DISCLOSED + one));
            assert_eq!(broken_disclosures(&exchanged), [other, one], "mask {mask}");
        }
    }
}
