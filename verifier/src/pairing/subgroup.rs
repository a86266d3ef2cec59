//! Membership in G2, by the Miller loop's own walk.
//!
//! # Check
//! `[6x + 2]Q + ψ(Q) − ψ²(Q) = −ψ³(Q)`: the walk ends on its left side, the right one costs three multiplications.
//!
//! # Exactness
//! The check passes for a point of the twist `E'(Fp2)`, not the identity, exactly when the point has order `r`.
//! 1. **Members pass.** On G2, `ψ` multiplies by `p`, and `6x + 2 + p − p² + p³` is 0 modulo `r`.
//! 2. **Others fail.** Let `c(X) = 6x + 2 + X − X² + X³`, and let `c(ψ)Q` be the identity. On the whole twist
//!    `ψ² − t·ψ + p = 0`, so `c(ψ) = a + b·ψ` for integers `a`, `b`, and with the conjugate `ψ' = t − ψ`, which is an
//!    integer less `ψ`, `(a + b·ψ')(a + b·ψ) = a² + a·b·t + b²·p = n`. So `[n]Q` is the identity. So is `[r·h]Q`, where
//!    `r·h` is the order of `E'(Fp2)`. And `gcd(n, r·h) = r` (a test computes it), so `[r]Q` is the identity.
//! 3. **The walk is exact.** Its formulas fail only when points with equal `x` meet (there is no point of order 2, as
//!    `r·h` is odd); then `z` becomes 0 and stays 0, and a walk that ends at `z = 0` is refused. No member ends there:
//!    where the walk of a point of order `r` meets itself depends on `r` alone, and that of the generator does not.
//!
//! Source of the method: eprint 2022/348, §3, with another `c`.

use ark_bn254::G2Affine;
use ark_ec::AffineRepr;

use super::line::{DIGITS, Walk};

/// Whether a point on the curve of the twist is in G2. The identity, in which no proof is interested, is refused.
pub(crate) fn is_in_g2(point: &G2Affine) -> bool {
    if point.is_zero() {
        return false;
    }
    let mut walk = Walk::new(point);
    for digit in DIGITS.iter().rev().skip(1) {
        walk.double();
        if *digit != 0 {
            walk.add_start(*digit < 0);
        }
    }
    walk.finish();
    walk.is_at_minus_psi_cubed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::{Config, Fq, Fq2, Fr, G2Projective, g2};
    use ark_ec::bn::BnConfig;
    use ark_ec::{CurveConfig, CurveGroup, PrimeGroup};
    use ark_ff::{Field, PrimeField};
    use num_bigint::{BigInt, BigUint};

    const SMALL_FACTOR: u32 = 10_069;

    fn cofactor() -> BigUint {
        g2::Config::COFACTOR.iter().rev().fold(BigUint::ZERO, |sum, limb| (sum << 64) + *limb)
    }

    fn times(point: &G2Affine, factor: &BigUint) -> G2Affine {
        point.mul_bigint(factor.to_u64_digits()).into_affine()
    }

    /// Points of the twist, of whatever order.
    fn twist_points(count: usize) -> Vec<G2Affine> {
        let at = |x: u64| {
            G2Affine::get_point_from_x_unchecked(Fq2::new(Fq::from(x), Fq::from(x * x + 7)), x.is_multiple_of(2))
        };
        (1..).filter_map(at).take(count).collect()
    }

    /// Multiplication by `r`, nothing clever.
    fn is_in_g2_plainly(point: &G2Affine) -> bool {
        !point.is_zero() && point.mul_bigint(Fr::MODULUS.0).into_affine().is_zero()
    }

    fn agree(point: &G2Affine, expected: bool) {
        assert!(point.is_on_curve());
        assert_eq!(is_in_g2_plainly(point), expected);
        assert_eq!(is_in_g2(point), expected);
    }

    #[test]
    fn members_pass() {
        for k in [1u64, 2, 3, 0xffff_ffff_ffff_fff7] {
            let point = (G2Projective::generator() * Fr::from(k)).into_affine();
            agree(&point, true);
            agree(&-point, true);
        }
        twist_points(8).iter().for_each(|point| agree(&times(point, &cofactor()), true));
    }

    #[test]
    fn points_of_every_other_order_fail() {
        let (r, h) = (BigUint::from(Fr::MODULUS), cofactor());
        let generator = G2Affine::generator();
        for point in twist_points(12) {
            agree(&point, false);
            let of_order_h = times(&point, &r);
            let rest = &h / SMALL_FACTOR;
            let (small, large) = (times(&of_order_h, &rest), times(&of_order_h, &SMALL_FACTOR.into()));
            for outside in [of_order_h, small, large].into_iter().filter(|point| !point.is_zero()) {
                agree(&outside, false);
                // With a part in the group, which hides nothing.
                agree(&(generator + outside).into_affine(), false);
                agree(&(outside - generator).into_affine(), false);
            }
        }
    }

    #[test]
    fn every_multiple_of_a_point_of_small_order_fails() {
        let of_small_order = |point: &G2Affine| {
            let rest = BigUint::from(Fr::MODULUS) * (cofactor() / SMALL_FACTOR);
            Some(times(point, &rest)).filter(|point| !point.is_zero())
        };
        let point = twist_points(8).iter().find_map(of_small_order).expect("nearly every point has this part");
        let mut multiple = point;
        for _ in 0..300 {
            assert!(!is_in_g2(&multiple));
            multiple = (multiple + point).into_affine();
        }
        agree(&times(&point, &(SMALL_FACTOR / 2).into()), false);
        assert!(times(&point, &SMALL_FACTOR.into()).is_zero());
        assert!(!is_in_g2(&G2Affine::identity()));
    }

    /// The numbers of the header's argument.
    #[test]
    fn the_norm_shares_only_r_with_the_order_of_the_twist() {
        let big = |number: BigUint| BigInt::from(number);
        let (x, p, r, h) =
            (BigInt::from(Config::X[0]), big(Fq::MODULUS.into()), big(Fr::MODULUS.into()), big(cofactor()));
        let one = BigInt::from(1);
        let t = &p + &one - &r;
        assert_eq!(h, &p - &one + &t);
        assert_eq!((&r * &h) % 2, one);
        let first = BigInt::from(6) * &x + 2;
        assert_eq!((&first + &p - &p * &p + &p * &p * &p) % &r, BigInt::ZERO);
        // ψ² = t·ψ − p and ψ³ = (t² − p)·ψ − t·p.
        let (a, b) = (first + &p - &t * &p, one.clone() - &t + &t * &t - &p);
        let norm: BigInt = &a * &a + &a * &b * &t + &b * &b * &p;
        let (mut gcd, mut rest) = (&r * &h, norm);
        while rest != BigInt::ZERO {
            (gcd, rest) = (rest.clone(), gcd % &rest);
        }
        assert_eq!(gcd.magnitude(), r.magnitude());
    }

    /// `ψ² − t·ψ + p = 0` on the whole twist, which the argument rests on.
    #[test]
    fn psi_has_its_characteristic_equation_on_the_whole_twist() {
        let psi = |point: &G2Affine| {
            let conjugate = |value: Fq2| Fq2::new(value.c0, -value.c1);
            let (x, y) = (conjugate(point.x) * Config::TWIST_MUL_BY_Q_X, conjugate(point.y) * Config::TWIST_MUL_BY_Q_Y);
            G2Affine::new_unchecked(x, y)
        };
        let (p, r) = (BigUint::from(Fq::MODULUS), BigUint::from(Fr::MODULUS));
        let trace = &p + 1u32 - r;
        for point in twist_points(5) {
            let once = psi(&point);
            assert!(once.is_on_curve());
            assert_eq!(psi(&once) + times(&point, &p), times(&once, &trace).into_group());
        }
        assert_eq!(Fq::characteristic(), Fq::MODULUS.0);
    }
}
