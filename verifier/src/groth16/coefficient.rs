//! Random coefficients of a batch, and their products with points.
//!
//! A coefficient is `low + high·λ` for 64-bit `low` and `high` and the cube root `λ` of 1 by which the endomorphism
//! `φ(x, y) = (β·x, y)` of G1 multiplies. A product takes 64 doublings, not 128. Distinct pairs give distinct
//! coefficients: if `a + b·λ = 0` modulo `r` for differences `|a|, |b| < 2^64`, then `a² − a·b + b²`, which is
//! `(a + b·λ)(a + b·λ²)`, is a multiple of `r`; being below `3·2^128 < r` and not negative it is 0, and so are `a`, `b`.
//! So there are `2^128` of them, each as likely as the next.

use ark_bn254::{Fq, Fr, G1Affine, g1};
use ark_ec::scalar_mul::glv::GLVConfig;
use ark_ff::Field;
use rand_core::CryptoRng;

use crate::pairing::{G1Point, G1Sum};

/// One of `2^128` scalars.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Coefficient {
    low: u64,
    high: u64,
}

impl Coefficient {
    /// Takes its proof out of the sum.
    pub const ZERO: Self = Self { low: 0, high: 0 };

    /// Uniform.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self { low: rng.next_u64(), high: rng.next_u64() }
    }

    /// The scalar.
    pub fn to_scalar(self) -> Fr {
        Fr::from(self.low) + Fr::from(self.high) * g1::Config::LAMBDA
    }
}

/// A point with what its multiples are made of: `P`, `φ(P)` and their sum.
struct Multiplicand([G1Point; 3]);

impl Multiplicand {
    fn new(point: &G1Affine) -> Option<Self> {
        let beta: Fq = g1::Config::ENDO_COEFFS[0];
        let point = G1Point::new(point)?;
        // 1 + λ + λ² = 0, so P + φ(P) = −φ²(P).
        let square = point.with_x_times(&beta.square().into()).negated_if(true);
        Some(Self([point, point.with_x_times(&beta.into()), square]))
    }

    /// Adds the multiple by one bit of both halves.
    #[inline(always)]
    fn add_bit(&self, sum: G1Sum, coefficient: &Coefficient, bit: u32) -> G1Sum {
        let digit = coefficient.low >> bit & 1 | (coefficient.high >> bit & 1) << 1;
        if digit == 0 { sum } else { sum.add(&self.0[digit as usize - 1]) }
    }
}

/// `coefficient · point`.
pub(super) fn product(coefficient: Coefficient, point: &G1Affine) -> G1Sum {
    sum_of_products(&[(coefficient, point)])
}

/// `Σ coefficient · point`, with shared doublings.
pub(super) fn sum_of_products(terms: &[(Coefficient, &G1Affine)]) -> G1Sum {
    let terms: Vec<_> = terms.iter().filter_map(|(factor, point)| Some((*factor, Multiplicand::new(point)?))).collect();
    let mut sum = G1Sum::ZERO;
    for bit in (0..u64::BITS).rev() {
        sum = sum.double();
        for (coefficient, point) in &terms {
            sum = point.add_bit(sum, coefficient, bit);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::G1Projective;
    use ark_ec::{CurveGroup, PrimeGroup};

    fn coefficients() -> Vec<Coefficient> {
        let halves = [0, 1, 2, u64::MAX, 1 << 63, 0x0123_4567_89ab_cdef];
        halves.iter().flat_map(|low| halves.iter().map(|high| Coefficient { low: *low, high: *high })).collect()
    }

    #[test]
    fn products_are_arkworks() {
        let points = [1u64, 2, 0xfeed].map(|k| (G1Projective::generator() * Fr::from(k)).into_affine());
        for coefficient in coefficients() {
            for point in points.iter().chain([&G1Affine::identity()]) {
                let expected = (*point * coefficient.to_scalar()).into_affine();
                assert_eq!(G1Sum::normalise(&[product(coefficient, point)]), [expected]);
            }
        }
    }

    #[test]
    fn sums_are_arkworks_for_equal_opposite_and_missing_points() {
        let point = G1Projective::generator().into_affine();
        let points = [point, point, -point, G1Affine::identity()];
        let coefficients = coefficients();
        for (i, last) in coefficients.iter().enumerate() {
            let next = |k: usize| coefficients[(i + k) % coefficients.len()];
            let terms = [(next(1), &points[0]), (next(7), &points[1]), (next(1), &points[2]), (*last, &points[3])];
            let expected: G1Projective = terms.iter().map(|(factor, point)| **point * factor.to_scalar()).sum();
            assert_eq!(G1Sum::normalise(&[sum_of_products(&terms)]), [expected.into_affine()]);
        }
    }

    #[test]
    fn distinct_coefficients_are_distinct_scalars() {
        let scalars: Vec<Fr> = coefficients().iter().map(|coefficient| coefficient.to_scalar()).collect();
        assert!((1..scalars.len()).all(|i| !scalars[..i].contains(&scalars[i])));
    }
}
