//! True statements.

use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use poa_circuits::native::babyjubjub::Scalar;
use poa_circuits::native::tree::zero;

use super::*;

/// The masks take turns.
pub fn honest(draw: &mut Draw, turn: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    claim.disclose(turn as u64 % 64);
    claim.settle();
    claim
}

/// Bounds on none, one or both sides, named and anonymous, with and without capabilities and expiry to spare.
pub fn requests(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    for slot in 0..4 {
        let value = claim.get(ATTRIBUTE + slot);
        let (least, most) = (F::ZERO, number(if slot == 0 { 16_383 } else { u64::MAX }));
        let [lower, upper] = draw.pick(&[[least, most], [value, value], [least, value], [value, most]]);
        claim.bound(slot, [lower, value, upper]);
    }
    let capabilities = claim.integer(ATTRIBUTE + 4);
    let required = [0, capabilities, capabilities & draw.integer(), capabilities & capabilities.wrapping_neg()];
    claim.set(REQUIRED, number(draw.pick(&required)));
    claim.set(SUBJECT, draw.pick(&[F::ZERO, claim.get(AGENT)]));
    let expires_at = claim.get(EXPIRES_AT);
    claim.set(VALID_AT, draw.pick(&[F::ZERO, expires_at, number(claim.integer(EXPIRES_AT) / 3_600)]));
    if draw.coin() {
        claim.set(ATTRIBUTE + 5, F::ZERO);
    }
    let mask = draw.below(64);
    claim.disclose(draw.pick(&[0, 63, mask]));
    claim.settle();
    claim
}

/// The least and the largest that each clause lets pass.
pub fn edges(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    keys_at_the_edges(&mut claim, draw);
    for wire in [CONTEXT, SCOPE, SCHEMA, PSEUDONYM, SALT, ATTRIBUTE + 5] {
        let random = draw.field();
        claim.set(wire, draw.pick(&[F::ZERO, F::ONE, -F::ONE, random]));
    }
    claim.set(AGENT, draw.pick(&[F::ONE, F::from(u128::MAX), F::from(u128::MAX) + F::ONE, -F::ONE]));
    claim.set(SUBJECT, draw.pick(&[F::ZERO, claim.get(AGENT)]));
    for slot in 0..4 {
        let most = if slot == 0 { 16_383 } else { u64::MAX };
        let mut values = [(); 3].map(|()| draw.pick(&[0, most, most - 1, most / 2]));
        values.sort_unstable();
        claim.bound(slot, values.map(F::from));
    }
    claim.set(ATTRIBUTE + 4, number(draw.pick(&[0, u64::MAX, 1 << 63])));
    claim.set(REQUIRED, draw.pick(&[F::ZERO, claim.get(ATTRIBUTE + 4)]));
    let last = (1 << 40) - 1;
    let [valid_at, expires_at] = draw.pick(&[[0, 0], [0, last], [last, last], [last - 1, last]]);
    claim.set(VALID_AT, number(valid_at));
    claim.set(EXPIRES_AT, number(expires_at));
    let sibling = draw.field();
    for (level, wire) in (SIBLING..SIBLING + 32).enumerate() {
        claim.set(wire, draw.pick(&[F::ZERO, zero(level), -F::ONE, sibling]));
    }
    let side = draw.pick(&[F::ZERO, F::ONE]);
    INDEX.for_each(|wire| claim.set(wire, side));
    let mask = draw.pick(&[0, 1, 32, 63]);
    claim.disclose(mask);
    claim.settle();
    claim
}

/// 0, the ends of the subgroup's order and of 251 bits.
pub fn keys_at_the_edges(claim: &mut Claim, draw: &mut Draw) {
    let order = Scalar::MODULUS;
    let (mut below, mut above) = (order, order);
    below.sub_with_borrow(&1u64.into());
    above.add_with_carry(&7u64.into());
    let all_bits = (F::from(2u64).pow([251]) - F::ONE).into_bigint();
    let half = F::from(2u64).pow([250]).into_bigint();
    let keys = [0u64.into(), 1u64.into(), below, order, above, half, all_bits];
    claim.set_key(&draw.pick(&keys));
}
