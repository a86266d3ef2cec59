//! A true statement of which something is changed, whatever it is.

use std::ops::Range;

use ark_ff::{AdditiveGroup, Field};

use super::*;

/// The private wires by what they are, then the public ones.
const GROUPS: [Range<Wire>; 9] = [
    KEY,
    PSEUDONYM..PSEUDONYM + 1,
    AGENT..AGENT + 1,
    ATTRIBUTE..ATTRIBUTE + 6,
    EXPIRES_AT..EXPIRES_AT + 1,
    SALT..SALT + 1,
    SIBLING..SIBLING + 32,
    INDEX,
    ROOT..REQUIRED + 1,
];
const PRIVATE: usize = 8;

/// A wire of one of the first groups, each as likely as the others.
fn wire_of(draw: &mut Draw, groups: usize) -> Wire {
    let group = &GROUPS[draw.below(groups as u64) as usize];
    group.start + draw.below(group.len() as u64) as Wire
}

fn change(claim: &mut Claim, wire: Wire, draw: &mut Draw) {
    let (value, edge) = (claim.get(wire), edge(draw));
    let other = claim.get(1 + draw.below(u64::from(INDEX.end) - 1) as Wire);
    claim.set(wire, draw.pick(&[value + F::ONE, value - F::ONE, -value, F::ZERO, F::ONE, edge, other]));
}

/// Everything else as stated, or with the root and pseudonym that follow.
fn settle(claim: &mut Claim, draw: &mut Draw) {
    if draw.coin() {
        claim.settle();
    } else {
        claim.settle_under_given_root();
    }
}

pub fn private(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    let wire = wire_of(draw, PRIVATE);
    change(&mut claim, wire, draw);
    settle(&mut claim, draw);
    claim
}

pub fn public(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    let wire = ROOT + draw.below(u64::from(REQUIRED)) as Wire;
    change(&mut claim, wire, draw);
    claim.settle_under_given_root();
    claim
}

pub fn several(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    for _ in 0..2 + draw.below(3) {
        let wire = wire_of(draw, GROUPS.len());
        change(&mut claim, wire, draw);
    }
    settle(&mut claim, draw);
    claim
}

/// Two holders under one root that each knows a part of what it takes, and one who knows all.
pub fn foreign(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    let other = Claim::honest(draw);
    let (some, one) = (draw.below(256), 1 << draw.below(8));
    let groups = draw.pick(&[0, 0xff, some, one]);
    for (_, group) in GROUPS[..PRIVATE].iter().enumerate().filter(|(at, _)| groups >> at & 1 == 1) {
        group.clone().for_each(|wire| claim.set(wire, other.get(wire)));
    }
    claim.settle_under_given_root();
    claim
}
