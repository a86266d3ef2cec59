//! The holder key: `K = k·B8` by the complete twisted Edwards law.
//!
//! `a` is a square and `d` is not (tested natively), so the law has no exceptional cases for points on the curve:
//! the denominators `1 ± d·x1·x2·y1·y2` are never 0. All points here are sums of table points on the curve.

use std::sync::LazyLock;

use ark_ec::CurveGroup;
use ark_ff::{AdditiveGroup, Field};

use super::poseidon;
use super::r1cs::{ConstraintSystem, Num};
use crate::native::babyjubjub::{A, D, base8, to_circom};
use crate::native::field::F;

/// Bits of the secret scalar: the subgroup's order lies between 2^250 and 2^251.
pub const SCALAR_BITS: usize = 251;
pub(crate) const WINDOW_BITS: usize = 3;
const WINDOWS: usize = SCALAR_BITS.div_ceil(WINDOW_BITS);

/// `TABLE[w][j] = j·8^w·B8` in circomlib's coordinates.
pub(crate) static TABLE: LazyLock<Vec<[(F, F); 8]>> = LazyLock::new(|| {
    let mut base = ark_ed_on_bn254::EdwardsProjective::from(base8());
    (0..WINDOWS)
        .map(|_| {
            let mut multiple = ark_ed_on_bn254::EdwardsProjective::ZERO;
            let row = std::array::from_fn(|_| {
                let point = to_circom(&multiple.into_affine());
                multiple += base;
                point
            });
            base = multiple;
            row
        })
        .collect()
});

/// A point on the curve, in circomlib's coordinates.
struct PointVar {
    x: Num,
    y: Num,
}

/// `I = H_2(K.x, K.y)` for `K = k·B8`; `k` little-endian in 251 bits that the caller enforced boolean.
///
/// Nothing else depends on `k`, so that `k` and `k + l`, where both fit into 251 bits, are the same witness to the world.
pub fn identity_commitment(system: &mut ConstraintSystem, scalar_bits: &[Num]) -> Num {
    let (x, y) = mul_base8(system, scalar_bits);
    poseidon::hash(system, &[x, y])
}

/// `k·B8`: three-bit windows, each looked up in a constant table and added. The bits must have been enforced boolean:
/// otherwise the looked-up points need not lie on the curve and the law's completeness says nothing.
fn mul_base8(system: &mut ConstraintSystem, scalar_bits: &[Num]) -> (Num, Num) {
    assert_eq!(scalar_bits.len(), SCALAR_BITS);
    let mut windows = scalar_bits.chunks(WINDOW_BITS).zip(TABLE.iter());
    // Cannot fail: there are 84 windows.
    let (first, row) = windows.next().expect("the scalar has windows");
    let mut sum = look_up(system, first, row);
    for (window, row) in windows {
        let point = look_up(system, window, row);
        sum = add(system, &sum, &point);
    }
    (sum.x, sum.y)
}

/// The table's entry for two or three bits: `b0·b1` once, then one row a coordinate for `b2`.
fn look_up(system: &mut ConstraintSystem, bits: &[Num], row: &[(F, F); 8]) -> PointVar {
    let both = system.multiply(&bits[0], &bits[1]);
    let mut coordinate = |value: fn(&(F, F)) -> F| {
        let low = select_of_four(&bits[..2], &both, [0, 1, 2, 3].map(|j| value(&row[j])));
        let Some(top) = bits.get(2) else {
            return low;
        };
        let high = select_of_four(&bits[..2], &both, [4, 5, 6, 7].map(|j| value(&row[j])));
        &low + &system.multiply(top, &(&high - &low))
    };
    PointVar { x: coordinate(|point| point.0), y: coordinate(|point| point.1) }
}

/// The constant that two bits select, given their product: no row.
fn select_of_four(bits: &[Num], both: &Num, values: [F; 4]) -> Num {
    let [v0, v1, v2, v3] = values;
    let varying = Num::sum([(v1 - v0, &bits[0]), (v2 - v0, &bits[1]), (v3 - v2 - v1 + v0, both)]);
    &varying + v0
}

/// The complete addition law: six rows. Source: circomlib's `BabyAdd`, eprint 2008/013 §6.
fn add(system: &mut ConstraintSystem, p: &PointVar, q: &PointVar) -> PointVar {
    let beta = system.multiply(&p.x, &q.y);
    let gamma = system.multiply(&p.y, &q.x);
    let delta = system.multiply(&(&p.y - &(&p.x * A)), &(&q.x + &q.y));
    let tau = system.multiply(&beta, &gamma);
    let one = Num::constant(F::ONE);
    let x = divide(system, &(&beta + &gamma), &(&one + &(&tau * D)));
    let numerator = &(&delta + &(&beta * A)) - &gamma;
    let y = divide(system, &numerator, &(&one - &(&tau * D)));
    PointVar { x, y }
}

/// A wire `q` with `q · denominator = numerator`. Unique because the law's denominators are never 0.
fn divide(system: &mut ConstraintSystem, numerator: &Num, denominator: &Num) -> Num {
    let inverse = denominator.value().inverse().unwrap_or(F::ZERO);
    let quotient = system.allocate(numerator.value() * inverse);
    system.enforce(&quotient, denominator, numerator);
    quotient
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::babyjubjub::{Point, Scalar};
    use ark_ff::{BigInteger, BigInteger256, PrimeField};

    fn in_circuit(integer: &BigInteger256) -> (ConstraintSystem, F, F) {
        let (mut system, _) = ConstraintSystem::new(&[]);
        let bits: Vec<Num> = (0..SCALAR_BITS).map(|i| system.allocate(F::from(integer.get_bit(i)))).collect();
        let (x, y) = mul_base8(&mut system, &bits);
        (system, x.value(), y.value())
    }

    #[test]
    fn agrees_with_the_native_multiplication_at_the_stated_cost() {
        for scalar in [
            Scalar::from(1u64),
            Scalar::from(7u64),
            Scalar::from(8u64),
            -Scalar::from(1u64),
            Scalar::from(0xdead_beef_u64).square().square(),
        ] {
            let (system, x, y) = in_circuit(&scalar.into_bigint());
            let native = Point::mul_base8(&scalar).unwrap();
            assert_eq!((x, y), (native.x(), native.y()));
            assert_eq!(system.first_broken(), None);
            assert_eq!(system.constraints().len(), 748);
        }
    }

    #[test]
    fn a_scalar_and_the_scalar_plus_the_order_are_the_same_key() {
        let mut shifted = Scalar::from(5u64).into_bigint();
        shifted.add_with_carry(&Scalar::MODULUS);
        assert!(shifted.num_bits() as usize <= SCALAR_BITS);
        let (system, x, _) = in_circuit(&shifted);
        assert_eq!(x, Point::mul_base8(&Scalar::from(5u64)).unwrap().x());
        assert_eq!(system.first_broken(), None);
    }

    #[test]
    fn the_scalar_zero_gives_the_identity_without_an_exception() {
        let (system, x, y) = in_circuit(&BigInteger256::zero());
        assert_eq!((x, y), (F::ZERO, F::ONE));
        assert_eq!(system.first_broken(), None);
    }
}
