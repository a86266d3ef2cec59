//! Clause 2: leaf and path.

use ark_ff::{AdditiveGroup, Field};
use poa_circuits::native::poseidon;
use poa_circuits::native::tree::{empty_root, node, zero};

use super::holder::public_key;
use super::*;

/// The twelve values that a leaf is made of, in order.
pub fn values(claim: &Claim) -> [F; 12] {
    let mut values = [F::ZERO; 12];
    values[0] = poseidon::hash(&public_key(claim));
    values[1] = poseidon::hash(&[claim.get(PSEUDONYM)]);
    let rest = [AGENT, SCHEMA].into_iter().chain(ATTRIBUTE..ATTRIBUTE + 6).chain([EXPIRES_AT, SALT]);
    values[2..].iter_mut().zip(rest).for_each(|(value, wire)| *value = claim.get(wire));
    values
}

/// States the root over that leaf at the claim's place, computed here and not by the constraints.
pub fn place(claim: &mut Claim, leaf: F) {
    let root = (0..32).fold(leaf, |here, level| {
        let (sibling, bit) = (claim.get(SIBLING + level), claim.get(INDEX.start + level));
        let shift = bit * (sibling - here);
        node(&(here + shift), &(sibling - shift))
    });
    claim.set(ROOT, root);
    claim.settle_under_given_root();
}

pub fn index(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    let random = draw.field();
    for _ in 0..1 + draw.below(2) {
        let bit = INDEX.start + draw.below(32) as Wire;
        let flipped = F::ONE - claim.get(bit);
        claim.set(bit, draw.pick(&[flipped, flipped, number(2), -F::ONE, random]));
    }
    if draw.coin() {
        claim.settle();
    } else {
        claim.settle_under_given_root();
    }
    claim
}

/// Siblings and sides in another order than the root was made in; and twice so, which is the same.
pub fn path(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    let (one, other) = (draw.below(32) as Wire, draw.below(32) as Wire);
    if draw.coin() {
        claim.set(SIBLING + one, claim.get(SIBLING + other));
        claim.settle();
    }
    let changed = claim.clone();
    match draw.below(5) {
        0 => exchange(&mut claim, [SIBLING + one, SIBLING + other]),
        1 => (0..16).for_each(|level| exchange(&mut claim, [SIBLING + level, SIBLING + 31 - level])),
        2 => (0..16).for_each(|level| exchange(&mut claim, [INDEX.start + level, INDEX.end - 1 - level])),
        3 => INDEX.for_each(|bit| claim.set(bit, F::ONE - changed.get(bit))),
        // A level less: the path begins with the second sibling.
        _ => (0..31).for_each(|level| {
            claim.set(SIBLING + level, changed.get(SIBLING + level + 1));
            claim.set(INDEX.start + level, changed.get(INDEX.start + level + 1));
        }),
    }
    if draw.below(3) == 0 {
        claim.settle();
    }
    claim.settle_under_given_root();
    claim
}

fn exchange(claim: &mut Claim, [one, other]: [Wire; 2]) {
    let value = claim.get(one);
    claim.set(one, claim.get(other));
    claim.set(other, value);
}

/// The leaf was made of the same values in another order, or in theirs.
pub fn opening(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    let mut values = values(&claim);
    match draw.below(4) {
        0 => {}
        1 => values.reverse(),
        2 => values.rotate_left(1 + draw.below(11) as usize),
        _ => values.swap(draw.below(12) as usize, draw.below(12) as usize),
    }
    place(&mut claim, poseidon::hash(&values));
    claim
}

/// A leaf that the opening does not hash to, and the one it hashes to: at an empty place, at a revoked one, above it.
pub fn leaf_claimed(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    if draw.coin() {
        (0..32).for_each(|level| claim.set(SIBLING + level, zero(level as usize)));
        claim.settle();
    }
    let own = leaf().evaluate(&claim.assignment);
    let (sibling, random) = (claim.get(SIBLING), draw.field());
    let claimed = draw.pick(&[own, own, F::ZERO, F::ONE, -own, sibling, node(&own, &sibling), random]);
    claim.force_leaf(claimed);
    match draw.below(3) {
        0 => claim.set(ROOT, empty_root()),
        1 => claim.settle(),
        _ => {}
    }
    claim.settle_under_given_root();
    claim
}
