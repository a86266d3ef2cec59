//! The field operations that bucket sums spend their time in, and batched inversion.
//!
//! Everything above works on slices through [`Coordinate`] and [`invert_all`], so that a vectorised kernel can stand
//! beside this scalar one.

use ark_bn254::{Fq, Fq2};
use ark_ff::{BigInteger256, Field, PrimeField};

use crate::engine::limbs::{add, add_if, subtract};

/// Independent running products in [`invert_all`], so that one need not wait for the last.
const CHAINS: usize = 4;
/// The modulus of [`Fq`].
const MODULUS: [u64; 4] = Fq::MODULUS.0;
/// `−1 / MODULUS` modulo 2^64.
const NEGATED_INVERSE: u64 = negated_inverse(MODULUS[0]);

/// A coordinate of a point.
pub(in crate::engine) trait Coordinate: Field {
    /// The product.
    fn times(&self, other: &Self) -> Self;
    /// The product with itself.
    fn squared(&self) -> Self;
    /// The difference, without a branch that a processor would have to guess: arkworks' takes one by which is greater.
    fn minus(&self, other: &Self) -> Self;
    /// The negative if asked for, without such a branch either.
    fn negated_if(&self, negate: bool) -> Self;
}

impl Coordinate for Fq {
    fn times(&self, other: &Self) -> Self {
        *self * other
    }

    fn squared(&self) -> Self {
        self.square()
    }

    fn minus(&self, other: &Self) -> Self {
        let (difference, negative) = subtract(&self.0.0, &other.0.0);
        Fq::new_unchecked(BigInteger256::new(add_if(negative, &difference, &MODULUS)))
    }

    fn negated_if(&self, negate: bool) -> Self {
        let negative = -*self;
        let mask = u64::from(negate).wrapping_neg();
        let limb = |i: usize| (self.0.0[i] & !mask) | (negative.0.0[i] & mask);
        Fq::new_unchecked(BigInteger256::new([limb(0), limb(1), limb(2), limb(3)]))
    }
}

impl Coordinate for Fq2 {
    /// Karatsuba on unreduced products: three multiplications and two reductions, where reducing each takes three.
    ///
    /// With `u² = −1`: `c0 = a0·b0 − a1·b1`, `c1 = (a0 + a1)(b0 + b1) − a0·b0 − a1·b1`. The modulus `p` is below 2^254
    /// and `R = 2^256`, so the sums are below 2^255 and their product below 2^510. `c1` is below `2p² < p·R`. `c0` lies
    /// between `−p²` and `p²`, and `p·R` is added when it is negative. Both are what [`reduce`] takes.
    fn times(&self, other: &Self) -> Self {
        let (a0, a1, b0, b1) = (&self.c0.0.0, &self.c1.0.0, &other.c0.0.0, &other.c1.0.0);
        let (low, high) = (multiply(a0, b0), multiply(a1, b1));
        let both = multiply(&add(a0, a1), &add(b0, b1));
        let (middle, _) = subtract(&subtract(&both, &low).0, &high);
        let (mut difference, negative) = subtract(&low, &high);
        let top = [difference[4], difference[5], difference[6], difference[7]];
        difference[4..].copy_from_slice(&add_if(negative, &top, &MODULUS));
        Fq2::new(reduce(difference), reduce(middle))
    }

    /// `c0 = (a0 + a1)(a0 − a1)`, `c1 = 2·a0·a1`: two multiplications. The sum is below `2p` and the difference below
    /// `p`, so both products are below `2p² < p·R`, as [`reduce`] takes them.
    fn squared(&self) -> Self {
        let (a0, a1) = (&self.c0.0.0, &self.c1.0.0);
        let real = multiply(&add(a0, a1), &self.c0.minus(&self.c1).0.0);
        let imaginary = multiply(&add(a0, a0), a1);
        Fq2::new(reduce(real), reduce(imaginary))
    }

    fn minus(&self, other: &Self) -> Self {
        Fq2::new(self.c0.minus(&other.c0), self.c1.minus(&other.c1))
    }

    fn negated_if(&self, negate: bool) -> Self {
        Fq2::new(self.c0.negated_if(negate), self.c1.negated_if(negate))
    }
}

/// Inverts all, none of them 0, by one inversion and three products each (Montgomery's trick). `products` is scratch.
pub(super) fn invert_all<F: Coordinate>(values: &mut [F], products: &mut Vec<F>) {
    let mut running = [F::ONE; CHAINS];
    products.clear();
    for chunk in values.chunks(CHAINS) {
        for (running, value) in running.iter_mut().zip(chunk) {
            products.push(*running);
            *running = running.times(value);
        }
    }
    // The other one hands halves to other threads where arkworks is parallel, and inverts once for each.
    ark_ff::serial_batch_inversion_and_mul(&mut running, &F::ONE);
    for (chunk, before) in values.chunks_mut(CHAINS).rev().zip(products.chunks(CHAINS).rev()) {
        for ((running, value), before) in running.iter_mut().zip(chunk).zip(before) {
            let inverse = running.times(before);
            *running = running.times(value);
            *value = inverse;
        }
    }
}

/// Newton's iteration; each step doubles the number of right bits.
const fn negated_inverse(odd: u64) -> u64 {
    let mut inverse = 1u64;
    let mut step = 0;
    while step < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
        step += 1;
    }
    inverse.wrapping_neg()
}

/// The product, not reduced.
#[inline(always)]
fn multiply(a: &[u64; 4], b: &[u64; 4]) -> [u64; 8] {
    let mut product = [0u64; 8];
    for i in 0..4 {
        let mut carry = 0;
        for j in 0..4 {
            (product[i + j], carry) = a[i].carrying_mul_add(b[j], product[i + j], carry);
        }
        product[i + 4] = carry;
    }
    product
}

/// Montgomery reduction: the number divided by `R`, modulo `p`, for a number below `p·R`.
///
/// `m < R` makes `number + m·p` a multiple of `R` below `2·p·R`, so one subtraction is enough and no carry leaves the
/// eight limbs. Source: Montgomery 1985.
#[inline(always)]
fn reduce(mut number: [u64; 8]) -> Fq {
    let mut top = false;
    for i in 0..4 {
        let factor = number[i].wrapping_mul(NEGATED_INVERSE);
        let mut carry = 0;
        for j in 0..4 {
            (number[i + j], carry) = factor.carrying_mul_add(MODULUS[j], number[i + j], carry);
        }
        (number[i + 4], top) = number[i + 4].carrying_add(carry, top);
    }
    let high = [number[4], number[5], number[6], number[7]];
    let mut reduced = high;
    let mut borrow = false;
    for (limb, modulus) in reduced.iter_mut().zip(MODULUS) {
        (*limb, borrow) = limb.borrowing_sub(modulus, borrow);
    }
    Fq::new_unchecked(BigInteger256::new(if borrow { high } else { reduced }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::{AdditiveGroup, UniformRand};
    use ark_std::test_rng;

    /// Zero, one, the largest, limbs of ones and random ones, in Montgomery form.
    fn edges() -> Vec<Fq> {
        let mut rng = test_rng();
        let mut largest = MODULUS;
        largest[0] -= 1;
        let raw = |limbs| Fq::new_unchecked(BigInteger256::new(limbs));
        let ones = u64::MAX;
        let mut edges = vec![Fq::ZERO, Fq::ONE, -Fq::ONE, raw(largest), raw([1, 0, 0, 0])];
        edges.extend([raw([ones, 0, 0, 0]), raw([ones, ones, ones, 0]), raw([0, 0, 0, MODULUS[3]])]);
        edges.extend((0..8).map(|_| Fq::rand(&mut rng)));
        edges
    }

    #[test]
    fn products_are_arkworks() {
        let edges = edges();
        let pairs: Vec<Fq2> = edges.iter().flat_map(|a| edges.iter().map(|b| Fq2::new(*a, *b))).collect();
        for a in &pairs {
            for b in &pairs {
                assert_eq!(a.times(b), a * b);
            }
        }
        assert_eq!(NEGATED_INVERSE.wrapping_mul(MODULUS[0]), u64::MAX);
    }

    #[test]
    fn differences_and_squares_are_arkworks() {
        let edges = edges();
        for a in &edges {
            assert_eq!(a.squared(), a.square());
            for b in &edges {
                assert_eq!(a.minus(b), *a - b);
                let (left, right) = (Fq2::new(*a, *b), Fq2::new(*b, *a));
                assert_eq!((left.minus(&right), left.squared()), (left - right, left.square()));
            }
        }
    }

    #[test]
    fn negatives_are_arkworks() {
        for a in edges() {
            assert_eq!((a.negated_if(false), a.negated_if(true)), (a, -a));
            let pair = Fq2::new(a, Fq::ONE);
            assert_eq!((pair.negated_if(false), pair.negated_if(true)), (pair, -pair));
        }
    }

    #[test]
    fn batches_of_every_length_are_inverted() {
        let mut rng = test_rng();
        let mut products = Vec::new();
        for length in 0..=13 {
            let values: Vec<Fq2> = (0..length).map(|_| Fq2::rand(&mut rng)).collect();
            let mut inverses = values.clone();
            invert_all(&mut inverses, &mut products);
            assert!(values.iter().zip(&inverses).all(|(value, inverse)| value.inverse() == Some(*inverse)), "{length}");
        }
    }
}
