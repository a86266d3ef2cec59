//! The base field of BN254 in four limbs, without data-dependent branches, and its unreduced products.
//!
//! [`Fp`] is arkworks' `Fq` in the same Montgomery form, so conversions copy. [`Wide`] is what a sum of products is
//! before it is reduced: a 512-bit two's complement number, to be divided by `R = 2^256` modulo `p`. Reducing once per
//! sum, not once per product, is where the time goes down.
//!
//! # Bounds
//! `p < 0.1891·R`, so `p·R > 5.28·p²` and `R² > 27.9·p²`: a [`Wide`] holds sums of up to 13 products of either sign.
//! Each reduction names the range it takes.
//!
//! Everything above this file goes through these types, so a vectorised kernel can stand beside them.

use ark_bn254::Fq;
use ark_ff::{BigInteger256, PrimeField};

/// The modulus `p`.
const MODULUS: [u64; 4] = Fq::MODULUS.0;
/// `−1/p` modulo 2^64.
const NEGATED_INVERSE: u64 = negated_inverse(MODULUS[0]);

/// An element, its Montgomery form below `p`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Fp([u64; 4]);

/// A 512-bit number in two's complement, least limb first.
#[derive(Clone, Copy)]
pub(crate) struct Wide([u64; 8]);

impl From<Fq> for Fp {
    #[inline(always)]
    fn from(value: Fq) -> Self {
        Self(value.0.0)
    }
}

impl From<Fp> for Fq {
    #[inline(always)]
    fn from(value: Fp) -> Self {
        Fq::new_unchecked(BigInteger256::new(value.0))
    }
}

impl Fp {
    pub const ZERO: Self = Self([0; 4]);
    pub const ONE: Self = Self(Fq::R.0);

    /// `self + other`.
    #[inline(always)]
    pub fn add(&self, other: &Self) -> Self {
        Self(below_modulus(add(&self.0, &other.0)))
    }

    /// `self − other`.
    #[inline(always)]
    pub fn sub(&self, other: &Self) -> Self {
        let (difference, borrow) = subtract(&self.0, &other.0);
        Self(add(&difference, &masked(&MODULUS, borrow)))
    }

    /// `−self`.
    #[inline(always)]
    pub fn neg(&self) -> Self {
        Self::ZERO.sub(self)
    }

    /// `−self` if asked for, else `self`.
    #[inline(always)]
    pub fn negated_if(&self, negate: bool) -> Self {
        Self(select(negate, &self.neg().0, &self.0))
    }

    /// `2·self`.
    #[inline(always)]
    pub fn double(&self) -> Self {
        self.add(self)
    }

    /// `self/2`.
    #[inline(always)]
    pub fn half(&self) -> Self {
        let even = add(&self.0, &masked(&MODULUS, self.0[0] & 1 == 1));
        Self(std::array::from_fn(|i| even[i] >> 1 | even.get(i + 1).map_or(0, |limb| limb << 63)))
    }

    /// `self · other`.
    #[inline(always)]
    pub fn mul(&self, other: &Self) -> Self {
        self.wide(other).reduce()
    }

    /// `self · other`, not reduced: below `p²`.
    #[inline(always)]
    pub fn wide(&self, other: &Self) -> Wide {
        Wide(multiply(&self.0, &other.0))
    }

    /// `(a + b)(c + d)`, not reduced: below `4p²`.
    #[inline(always)]
    pub fn wide_sums(a: &Self, b: &Self, c: &Self, d: &Self) -> Wide {
        Wide(multiply(&add(&a.0, &b.0), &add(&c.0, &d.0)))
    }

    /// `(a + b)(c − d)`, not reduced: below `4p²`.
    #[inline(always)]
    pub fn wide_sum_difference(a: &Self, b: &Self, c: &Self, d: &Self) -> Wide {
        let difference = subtract(&add(&c.0, &MODULUS), &d.0).0;
        Wide(multiply(&add(&a.0, &b.0), &difference))
    }

    /// `9·self + plus − minus`.
    #[inline(always)]
    pub fn nine_times_less(&self, plus: &Self, minus: &Self) -> Self {
        self.nine_times(&subtract(&add(&plus.0, &MODULUS), &minus.0).0)
    }

    /// `9·self + one + other`.
    #[inline(always)]
    pub fn nine_times_plus(&self, one: &Self, other: &Self) -> Self {
        self.nine_times(&add(&one.0, &other.0))
    }

    /// `9·self + addend`, for an addend up to `2p`.
    ///
    /// The number before reduction is at most `11p < 2^258`. With `h` its bits from 250 up, `h < 134` and
    /// `q = ⌊2708·h/2^15⌋` is the quotient by `p` or one less: `2708/2^15` is below `2^250/p` by less than `2·10^-5`,
    /// and leaving out the lower bits costs less than `2^250/p < 0.083`.
    #[inline(always)]
    fn nine_times(&self, addend: &[u64; 4]) -> Self {
        let mut sum = [0u64; 5];
        let mut carry = 0;
        for i in 0..4 {
            (sum[i], carry) = self.0[i].carrying_mul_add(9, addend[i], carry);
        }
        sum[4] = carry;
        let quotient = ((sum[4] << 6 | sum[3] >> 58) * 2708) >> 15;
        let (mut borrow, mut product) = (false, 0);
        let mut rest = [0u64; 4];
        for i in 0..4 {
            let low;
            (low, product) = quotient.carrying_mul(MODULUS[i], product);
            (rest[i], borrow) = sum[i].borrowing_sub(low, borrow);
        }
        // What is left is below 2p: the fifth limbs cancel.
        debug_assert_eq!(sum[4], product + u64::from(borrow));
        Self(below_modulus(rest))
    }
}

impl Wide {
    /// The sum, modulo 2^512.
    #[inline(always)]
    pub fn add(&self, other: &Self) -> Self {
        let mut sum = self.0;
        let mut carry = false;
        for (limb, other) in sum.iter_mut().zip(other.0) {
            (*limb, carry) = limb.carrying_add(other, carry);
        }
        Self(sum)
    }

    /// The difference, modulo 2^512.
    #[inline(always)]
    pub fn sub(&self, other: &Self) -> Self {
        let mut difference = self.0;
        let mut borrow = false;
        for (limb, other) in difference.iter_mut().zip(other.0) {
            (*limb, borrow) = limb.borrowing_sub(other, borrow);
        }
        Self(difference)
    }

    /// Divided by `R` modulo `p`, for a number in `[0, p·R)`: up to 5 products.
    ///
    /// `m < R` makes `number + m·p` a multiple of `R` below `2·p·R`, so one subtraction is enough and no carry leaves
    /// the eight limbs. Source: Montgomery 1985.
    #[inline(always)]
    pub fn reduce(self) -> Fp {
        let mut number = self.0;
        let mut top = false;
        for i in 0..4 {
            let factor = number[i].wrapping_mul(NEGATED_INVERSE);
            let mut carry = 0;
            for j in 0..4 {
                (number[i + j], carry) = factor.carrying_mul_add(MODULUS[j], number[i + j], carry);
            }
            (number[i + 4], top) = number[i + 4].carrying_add(carry, top);
        }
        Fp(below_modulus([number[4], number[5], number[6], number[7]]))
    }

    /// The same for a number in `(−p·R, p·R)`: up to 5 products of either sign.
    #[inline(always)]
    pub fn reduce_signed(mut self) -> Fp {
        let negative = self.0[7] >> 63 == 1;
        let high = add(&self.high(), &masked(&MODULUS, negative));
        self.0[4..].copy_from_slice(&high);
        self.reduce()
    }

    #[inline(always)]
    fn high(&self) -> [u64; 4] {
        [self.0[4], self.0[5], self.0[6], self.0[7]]
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

/// The sum modulo 2^256.
#[inline(always)]
fn add(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut sum = *a;
    let mut carry = false;
    for (limb, b) in sum.iter_mut().zip(b) {
        (*limb, carry) = limb.carrying_add(*b, carry);
    }
    sum
}

/// The difference modulo 2^256, and whether it wrapped.
#[inline(always)]
fn subtract(a: &[u64; 4], b: &[u64; 4]) -> ([u64; 4], bool) {
    let mut difference = *a;
    let mut borrow = false;
    for (limb, b) in difference.iter_mut().zip(b) {
        (*limb, borrow) = limb.borrowing_sub(*b, borrow);
    }
    (difference, borrow)
}

/// A number below `2p`, less `p` unless it is below `p`.
#[inline(always)]
fn below_modulus(number: [u64; 4]) -> [u64; 4] {
    let (reduced, borrow) = subtract(&number, &MODULUS);
    select(borrow, &number, &reduced)
}

/// `number` or 0.
#[inline(always)]
fn masked(number: &[u64; 4], keep: bool) -> [u64; 4] {
    let mask = u64::from(keep).wrapping_neg();
    number.map(|limb| limb & mask)
}

/// `yes` or `no`, by mask.
#[inline(always)]
fn select(choice: bool, yes: &[u64; 4], no: &[u64; 4]) -> [u64; 4] {
    let mask = u64::from(choice).wrapping_neg();
    std::array::from_fn(|i| (yes[i] & mask) | (no[i] & !mask))
}

/// The product.
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use ark_ff::{AdditiveGroup, Field};
    use poa_circuits::native::field;

    fn raw(limbs: [u64; 4]) -> Fq {
        Fq::new_unchecked(BigInteger256::new(limbs))
    }

    /// Elements nobody chose.
    pub(in crate::pairing) fn random(name: &str, count: usize) -> Vec<Fq> {
        let element = |i: usize| {
            let half = |part: u8| {
                let limbs = field::to_field(name, &[i as u8, (i >> 8) as u8, part]).into_bigint();
                Fq::from_bigint(limbs).expect("31 bytes are below p")
            };
            half(0) + half(1).square()
        };
        (0..count).map(element).collect()
    }

    /// Zero, one, the largest, limbs of ones and others, in Montgomery form.
    pub(in crate::pairing) fn edges() -> Vec<Fq> {
        let ones = u64::MAX;
        let mut largest = MODULUS;
        largest[0] -= 1;
        let mut edges = vec![Fq::ZERO, Fq::ONE, -Fq::ONE, raw(largest), raw([1, 0, 0, 0]), raw([ones, 0, 0, 0])];
        edges.extend([raw([ones, ones, ones, 0]), raw([0, 0, 0, MODULUS[3]]), raw([ones, ones, ones, MODULUS[3] - 1])]);
        edges.extend(random("edges", 6));
        edges
    }

    #[test]
    fn every_operation_is_arkworks() {
        let edges = edges();
        for a in &edges {
            let x = Fp::from(*a);
            assert_eq!(Fq::from(x.neg()), -*a);
            assert_eq!(Fq::from(x.half()).double(), *a);
            assert_eq!([true, false].map(|negate| Fq::from(x.negated_if(negate))), [-*a, *a]);
            for b in &edges {
                let y = Fp::from(*b);
                assert_eq!(Fq::from(x.add(&y)), *a + b);
                assert_eq!(Fq::from(x.sub(&y)), *a - b);
                assert_eq!(Fq::from(x.mul(&y)), *a * b);
            }
        }
    }

    fn check_nine_times(a: Fq, b: Fq, c: Fq) {
        let [x, y, z] = [a, b, c].map(Fp::from);
        let nine = a * Fq::from(9u64);
        assert_eq!(Fq::from(x.nine_times_less(&y, &z)), nine + b - c);
        assert_eq!(Fq::from(x.nine_times_plus(&y, &z)), nine + b + c);
    }

    #[test]
    fn nine_times_is_arkworks_at_every_edge() {
        let edges = edges();
        for a in &edges {
            edges.iter().for_each(|b| edges.iter().for_each(|c| check_nine_times(*a, *b, *c)));
        }
    }

    /// Around every multiple of `p` that the sum can reach, where the quotient's estimate could slip.
    #[test]
    fn nine_times_is_right_around_multiples_of_the_modulus() {
        let unit = raw([1, 0, 0, 0]);
        let ninth = unit / Fq::from(9u64);
        let mut near = unit - ninth;
        for _ in 0..40 {
            near += ninth;
            for addend in [Fq::ZERO, unit, -unit, near, -near] {
                for a in [near, -near] {
                    check_nine_times(a, addend, Fq::ZERO);
                    check_nine_times(a, Fq::ZERO, addend);
                    check_nine_times(a, addend, -unit);
                }
            }
        }
    }

    #[test]
    fn reductions_hold_at_the_ends_of_their_ranges() {
        let largest = -raw([1, 0, 0, 0]);
        let (square, x) = (Fp::from(largest).wide(&largest.into()), largest * largest);
        let times = |n: usize| (0..n).fold(Wide([0; 8]), |sum, _| sum.add(&square));
        for n in 0..=5u64 {
            let product = x * Fq::from(n);
            let sum = times(n as usize);
            assert_eq!(Fq::from(sum.reduce()), product);
            assert_eq!(Fq::from(sum.reduce_signed()), product);
            assert_eq!(Fq::from(Wide([0; 8]).sub(&sum).reduce_signed()), -product);
        }
        let (a, b) = (Fp::from(largest), Fp::ZERO);
        assert_eq!(Fq::from(Fp::wide_sums(&a, &a, &a, &a).reduce()), x.double().double());
        assert_eq!(Fq::from(Fp::wide_sum_difference(&a, &a, &a, &b).reduce()), x.double());
        assert_eq!(Fq::from(Fp::wide_sum_difference(&a, &a, &b, &a).reduce()), -x.double());
    }
}
