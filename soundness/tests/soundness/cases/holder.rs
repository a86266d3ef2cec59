//! Clause 1: the key in bits, and what the leaf says of it.

use std::sync::LazyLock;

use ark_ff::{AdditiveGroup, Field, MontFp, PrimeField};
use poa_circuits::native::poseidon;

use super::membership::{place, values};
use super::*;

type Pair = [F; 2];

/// circomlib's Base8 times 2^i.
static POWERS: LazyLock<Vec<Pair>> = LazyLock::new(|| {
    let base8 = [
        MontFp!("5299619240641551281634865583518297030282874472190772894086521144482721001553"),
        MontFp!("16950150798460657717958625567821834550301663161624707787222815936182638968203"),
    ];
    std::iter::successors(Some(base8), |power| Some(sum(*power, *power))).take(KEY.len()).collect()
});

/// The addition law as a textbook has it. It is applied to what is on no curve, too.
fn sum([x1, y1]: Pair, [x2, y2]: Pair) -> Pair {
    let (a, d) = (number(168_700), number(168_696));
    let cross = d * x1 * x2 * y1 * y2;
    let over = |divisor: F| divisor.inverse().unwrap_or(F::ZERO);
    [(x1 * y2 + y1 * x2) * over(F::ONE + cross), (y1 * y2 - a * x1 * x2) * over(F::ONE - cross)]
}

/// The sum of 2^i·B8 over the key's bits: for a "bit" b, the point b parts of the way from the identity to 2^i·B8.
pub fn public_key(claim: &Claim) -> Pair {
    let part = |bit: F, [x, y]: Pair| [bit * x, bit * (y - F::ONE) + F::ONE];
    let summands = KEY.zip(POWERS.iter()).map(|(wire, power)| part(claim.get(wire), *power));
    summands.fold([F::ZERO, F::ONE], sum)
}

/// Bits that are none, under the root that this circuit makes of them or a textbook; keys of too many bits; true ones.
pub fn key(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    match draw.below(5) {
        0 => forms::keys_at_the_edges(&mut claim, draw),
        1 => {
            // Its top "bit" is what is left of it.
            let key = draw.field();
            claim.set_key(&key.into_bigint());
            let below = KEY.zip(0..250u64).map(|(bit, i)| claim.get(bit) * F::from(2u64).pow([i])).sum::<F>();
            claim.set(KEY.end - 1, (key - below) / F::from(2u64).pow([250]));
        }
        _ => {
            let random = draw.field();
            for _ in 0..1 + draw.below(2) {
                let bit = KEY.start + draw.below(KEY.len() as u64) as Wire;
                claim.set(bit, draw.pick(&[number(2), -F::ONE, random]));
            }
        }
    }
    claim.settle();
    if draw.coin() {
        let leaf = poseidon::hash(&values(&claim));
        place(&mut claim, leaf);
    }
    claim
}

/// The leaf was made of something like identity and pseudonym commitment, or of them.
pub fn commitments(draw: &mut Draw, _: usize) -> Claim {
    let mut claim = Claim::honest(draw);
    let mut values = values(&claim);
    let ([x, y], n) = (public_key(&claim), claim.get(PSEUDONYM));
    let identity = [
        poseidon::hash(&[y, x]),
        poseidon::hash(&[-x, y]),
        poseidon::hash(&[x, -y]),
        poseidon::hash(&[x]),
        poseidon::hash(&[x, y, F::ZERO]),
        x,
    ];
    let pseudonym = [n, poseidon::hash(&[n, F::ZERO]), poseidon::hash(&[F::ZERO, n]), poseidon::hash(&[n + F::ONE])];
    match draw.below(4) {
        0 => values[0] = draw.pick(&identity),
        1 => values[1] = draw.pick(&pseudonym),
        2 => values.swap(0, 1),
        _ => {}
    }
    place(&mut claim, poseidon::hash(&values));
    claim
}
