//! Clauses 3 to 9: what the public inputs say.

use ark_ff::{AdditiveGroup, Field};
use poa_circuits::native::poseidon;

use super::*;

pub fn nullifier(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    let (scope, n, own) = (claim.get(SCOPE), claim.get(PSEUDONYM), claim.get(NULLIFIER));
    let commitment = poseidon::hash(&[n]);
    let nullifiers = [
        own,
        own,
        own,
        own + F::ONE,
        -own,
        F::ZERO,
        poseidon::hash(&[n, scope]),
        poseidon::hash(&[scope, commitment]),
        poseidon::hash(&[scope, n, F::ZERO]),
        poseidon::hash(&[scope + F::ONE, n]),
    ];
    claim.set(NULLIFIER, draw.pick(&nullifiers));
    // The right one for a scope is wrong for the next.
    if draw.below(4) == 0 {
        claim.set(SCOPE, scope + F::ONE);
    }
    claim.settle_under_given_root();
    claim
}

pub fn subject(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    let random = draw.field();
    let known = claim.get(AGENT);
    claim.set(AGENT, draw.pick(&[known, known, F::ZERO, F::ONE, F::from(u128::MAX) + F::ONE, -F::ONE]));
    let agent = claim.get(AGENT);
    claim.set(SUBJECT, draw.pick(&[agent, agent, F::ZERO, agent + F::ONE, -agent, agent.double(), F::ONE, random]));
    claim.settle();
    claim
}

/// Masks of six bits and others, with the values of their lowest six; 64 also as 2·32.
pub fn mask(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    let (known, edge) = (draw.below(64), edge(draw));
    claim.disclose(known);
    let carried = draw.coin();
    let masks = [number(known), number(known), number(known + 64), number(127), -F::ONE, edge];
    claim.set(MASK, if carried { number(64) } else { draw.pick(&masks) });
    if carried {
        claim.disclose(0);
        claim.set(MASK, number(draw.pick(&[64, 0])));
        claim.set(DISCLOSED + 5, claim.get(ATTRIBUTE + 5) * number(draw.pick(&[0, 2])));
    }
    claim.settle();
    claim
}

pub fn disclosed(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    if draw.coin() {
        sentinels(&mut claim);
    }
    let mask = draw.below(64);
    claim.disclose(mask);
    let (one, other) = (draw.below(6) as Wire, draw.below(6) as Wire);
    let [shown, value] = [DISCLOSED + one, ATTRIBUTE + one].map(|wire| claim.get(wire));
    match draw.below(6) {
        0 => claim.set(DISCLOSED + one, F::ZERO),
        1 => claim.set(DISCLOSED + one, value),
        2 => claim.set(DISCLOSED + one, shown + F::ONE),
        3 => {
            claim.set(DISCLOSED + one, claim.get(DISCLOSED + other));
            claim.set(DISCLOSED + other, shown);
        }
        // The values of one mask under another.
        4 => claim.set(MASK, number(mask ^ 1 << other)),
        _ => {}
    }
    claim.settle();
    claim
}

/// Six different values, or with a zero among them.
fn sentinels(claim: &mut Claim) {
    for slot in 0..6 {
        claim.set(ATTRIBUTE + slot, number(1_001 * u64::from(slot)));
    }
    for slot in 0..4 {
        claim.bound(slot, [F::ZERO, claim.get(ATTRIBUTE + slot), number(16_000)]);
    }
    claim.set(REQUIRED, F::ZERO);
}

pub fn bounds(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    let slot = draw.pick(&[0, 0, 0, 1, 2, 3]);
    let (width, most) = if slot == 0 { (14, 16_383) } else { (64, u64::MAX) };
    let mut triple = [(); 3].map(|()| draw.pick(&[0, 1, 5, most / 2, most - 1, most]));
    triple.sort_unstable();
    let mut triple = triple.map(F::from);
    match draw.below(6) {
        0 => triple = triple.map(|_| edge(draw)),
        1 => triple[draw.below(3) as usize] = edge(draw),
        2..=4 => triple = astride(draw, width),
        _ => {}
    }
    if draw.below(3) == 0 {
        let first = draw.pick(&[0, 1]);
        triple.swap(first, first + 1);
    }
    claim.bound(slot, triple);
    claim.settle();
    claim
}

/// Ascending numbers close to each other: small, or with an end of that many bits among them or below them.
fn astride<const N: usize>(draw: &mut Draw, width: u64) -> [F; N] {
    let mut small = [(); N].map(|()| draw.below(8));
    small.sort_unstable();
    let end = F::from(2u64).pow([width]);
    let start = draw.pick(&[F::ZERO, F::ZERO, -number(4), end - number(4), end]);
    small.map(|offset| start + number(offset))
}

pub fn capabilities(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    let set = draw.edgy();
    let (subset, bit) = (set & draw.edgy(), 1 << draw.below(64));
    let (edge, more) = (edge(draw), number(u64::MAX) + F::ONE);
    let sets = [number(set), number(set), number(set), number(set & !bit), number(set) + more, edge];
    claim.set(ATTRIBUTE + 4, draw.pick(&sets));
    let required = [number(subset), number(subset), number(set), number(subset | bit), number(subset) + more, edge];
    claim.set(REQUIRED, draw.pick(&required));
    claim.disclose(claim.integer(MASK));
    claim.settle();
    claim
}

pub fn times(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    let (mut valid_at, mut expires_at) = (claim.get(VALID_AT), claim.get(EXPIRES_AT));
    match draw.below(6) {
        0 => valid_at = edge(draw),
        1 => expires_at = edge(draw),
        2 => (valid_at, expires_at) = (expires_at, valid_at),
        3 | 4 => [valid_at, expires_at] = astride(draw, 40),
        _ => {}
    }
    claim.set(VALID_AT, valid_at);
    claim.set(EXPIRES_AT, expires_at);
    claim.settle();
    claim
}

/// The square of another context, or of this one, or of its negative, which is the same.
pub fn context(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    let (context, random) = (claim.get(CONTEXT), draw.field());
    let squares = [context.square(), context.square() + F::ONE, F::ZERO, context, random];
    claim.force(context_squared(), draw.pick(&squares));
    claim.set(CONTEXT, draw.pick(&[context, context, -context, context + F::ONE, F::ZERO]));
    claim.settle();
    claim
}
