//! Scalar arithmetic in the field of order `r`, as the permutation needs it: products without a final subtraction, and
//! sums of products with one Montgomery reduction for all of them.
//!
//! A number is four 64-bit limbs, little-endian, in Montgomery form with `R = 2^256`. **Every number given and returned
//! is below `2r`; coefficients and constants are below `r`.** Since `r < 0.19·2^256`,
//! - a product is below `(4r² + 2^256·r)/2^256 < 1.8r`, so products feed products without being reduced;
//! - a sum of `n` products and a constant is below `(0.38·n + 2)r`, which [`Sum::finish`] brings below `2r`.
//!
//! Limb arithmetic wraps by construction and is written so, because the bounds above rule out a lost carry.

use ark_ff::{BigInt, MontConfig, PrimeField};

use crate::native::field::F;

/// A number, little-endian.
pub(super) type Limbs = [u64; 4];
/// A number with room above.
type Wide = [u64; 5];

const R: Limbs = F::MODULUS.0;
/// `-1/r` modulo `2^64`.
const INV: u64 = <ark_bn254::FrConfig as MontConfig<4>>::INV;
const R2: Wide = twice([R[0], R[1], R[2], R[3], 0]);
const R4: Wide = twice(R2);
const R8: Wide = twice(R4);
/// `2r` fits without the room.
const R2_LIMBS: Limbs = [R2[0], R2[1], R2[2], R2[3]];

/// Most products in one sum that need no sixth limb: `0.19·5 < 1`.
const NARROW: usize = 5;
/// Most products in one sum below `8r`.
const MEDIUM: usize = 15;
/// Most products in one sum below `16r`; the largest width has 25.
const MAX_TERMS: usize = 36;

const fn twice(a: Wide) -> Wide {
    [a[0] << 1, a[1] << 1 | a[0] >> 63, a[2] << 1 | a[1] >> 63, a[3] << 1 | a[2] >> 63, a[4] << 1 | a[3] >> 63]
}

/// The limbs of an element.
pub(super) fn from_field(element: &F) -> Limbs {
    element.0.0
}

/// The element, reduced fully.
pub(super) fn to_field(number: Limbs) -> F {
    F::new_unchecked(BigInt::new(subtract_if_not_less(number, R)))
}

/// `a + b`; both below `r`.
#[inline(always)]
pub(super) fn add(a: Limbs, b: &Limbs) -> Limbs {
    let mut carry = 0;
    std::array::from_fn(|i| multiply_add(a[i], b[i], 1, &mut carry))
}

/// `a·b/2^256`, row by row with a Montgomery step after each.
#[inline(always)]
pub(super) fn multiply(a: Limbs, b: Limbs) -> Limbs {
    let mut sum = [0; 4];
    for b in b {
        let (mut carry, mut shifted) = (0, 0);
        sum[0] = multiply_add(sum[0], a[0], b, &mut carry);
        let factor = sum[0].wrapping_mul(INV);
        multiply_add(sum[0], factor, R[0], &mut shifted);
        for i in 1..4 {
            sum[i] = multiply_add(sum[i], a[i], b, &mut carry);
            sum[i - 1] = multiply_add(sum[i], factor, R[i], &mut shifted);
        }
        sum[3] = carry.wrapping_add(shifted);
    }
    sum
}

/// A sum of products while it grows: limb by limb of the variable factors, so that its rows stay in registers.
pub(super) struct Sum {
    limbs: [u64; 6],
    terms: usize,
}

impl Sum {
    /// A sum of that many products, at most 36.
    #[inline(always)]
    pub fn new(terms: usize) -> Self {
        debug_assert!(terms <= MAX_TERMS);
        Self { limbs: [0; 6], terms }
    }

    /// Adds a coefficient times one limb.
    #[inline(always)]
    pub fn add_row(&mut self, coefficient: &Limbs, limb: u64) {
        let mut carry = 0;
        for (sum, c) in self.limbs.iter_mut().zip(coefficient) {
            *sum = multiply_add(*sum, *c, limb, &mut carry);
        }
        if self.terms <= NARROW {
            self.limbs[4] = self.limbs[4].wrapping_add(carry);
        } else {
            let (sum, overflow) = self.limbs[4].overflowing_add(carry);
            self.limbs[4] = sum;
            self.limbs[5] = self.limbs[5].wrapping_add(u64::from(overflow));
        }
    }

    /// A Montgomery step: to be called after the rows of one limb.
    #[inline(always)]
    pub fn shift(&mut self) {
        let sum = &mut self.limbs;
        let factor = sum[0].wrapping_mul(INV);
        let mut carry = 0;
        multiply_add(sum[0], factor, R[0], &mut carry);
        for i in 1..4 {
            sum[i - 1] = multiply_add(sum[i], factor, R[i], &mut carry);
        }
        let (top, overflow) = sum[4].overflowing_add(carry);
        sum[3] = top;
        sum[4] = sum[5].wrapping_add(u64::from(overflow));
        sum[5] = 0;
    }

    /// The sum and a constant, after four shifts.
    #[inline(always)]
    pub fn finish(self, constant: &Limbs) -> Limbs {
        let [s0, s1, s2, s3, top, _] = self.limbs;
        let mut carry = 0;
        let low: Limbs = std::array::from_fn(|i| multiply_add([s0, s1, s2, s3][i], constant[i], 1, &mut carry));
        if self.terms <= NARROW {
            return subtract_if_not_less(low, R2_LIMBS);
        }
        let mut sum = [low[0], low[1], low[2], low[3], top.wrapping_add(carry)];
        if self.terms > MEDIUM {
            sum = subtract_if_not_less(sum, R8);
        }
        let [s0, s1, s2, s3, _] = subtract_if_not_less(sum, R4);
        subtract_if_not_less([s0, s1, s2, s3], R2_LIMBS)
    }
}

/// `a + b·c + carry`, whose high limb becomes the carry. Fits in two limbs.
#[inline(always)]
fn multiply_add(a: u64, b: u64, c: u64, carry: &mut u64) -> u64 {
    let sum = u128::from(a).wrapping_add(u128::from(b).wrapping_mul(u128::from(c))).wrapping_add(u128::from(*carry));
    *carry = (sum >> 64) as u64;
    sum as u64
}

/// `a - b` if that is not negative, without a branch: which of the two happens is a coin toss.
#[inline(always)]
fn subtract_if_not_less<const N: usize>(a: [u64; N], b: [u64; N]) -> [u64; N] {
    let mut borrow = false;
    let difference: [u64; N] = std::array::from_fn(|i| {
        let (limb, first) = a[i].overflowing_sub(b[i]);
        let (limb, second) = limb.overflowing_sub(u64::from(borrow));
        borrow = first | second;
        limb
    });
    let keep = u64::from(borrow).wrapping_neg();
    std::array::from_fn(|i| difference[i] & !keep | a[i] & keep)
}

#[cfg(test)]
mod tests {
    use ark_ff::{AdditiveGroup, Field};
    use proptest::prelude::*;

    use super::*;

    /// Elements with the edges among them, as numbers below `r` or, being the same, below `2r`.
    fn number() -> impl Strategy<Value = (F, Limbs)> {
        let element = prop_oneof![
            Just(F::ZERO),
            Just(F::ONE),
            Just(-F::ONE),
            any::<[u64; 4]>().prop_map(|limbs| F::from_le_bytes_mod_order(&limbs.map(u64::to_le_bytes).concat())),
        ];
        (element, any::<bool>()).prop_map(|(element, alias)| {
            let limbs = from_field(&element);
            (element, if alias { add(limbs, &R) } else { limbs })
        })
    }

    fn below_2r(number: Limbs) -> bool {
        subtract_if_not_less(number, R2_LIMBS) == number
    }

    proptest! {
        #[test]
        fn products_are_those_of_the_field(a in number(), b in number()) {
            let product = multiply(a.1, b.1);
            prop_assert!(below_2r(product));
            prop_assert_eq!(to_field(product), a.0 * b.0);
        }

        #[test]
        fn sums_are_those_of_the_field(
            terms in prop::collection::vec((number(), number()), 1..=25), constant in number()
        ) {
            let mut sum = Sum::new(terms.len());
            for limb in 0..4 {
                terms.iter().for_each(|((a, _), (_, b))| sum.add_row(&from_field(a), b[limb]));
                sum.shift();
            }
            let sum = sum.finish(&from_field(&constant.0));
            prop_assert!(below_2r(sum));
            let expected: F = terms.iter().map(|((a, _), (b, _))| *a * b).sum();
            prop_assert_eq!(to_field(sum), expected + constant.0);
        }
    }

    /// The bounds of the header at their limit: every number as large as it may be.
    #[test]
    fn the_largest_numbers_lose_no_carry() {
        let largest = [R2[0] - 1, R2[1], R2[2], R2[3]];
        let element = to_field(largest);
        let coefficient = [R[0] - 1, R[1], R[2], R[3]];
        assert_eq!(to_field(multiply(largest, largest)), element * element);
        for terms in 1..=MAX_TERMS {
            let mut sum = Sum::new(terms);
            for limb in largest {
                (0..terms).for_each(|_| sum.add_row(&coefficient, limb));
                sum.shift();
            }
            let sum = sum.finish(&coefficient);
            assert!(below_2r(sum), "{terms}");
            let expected = F::from(terms as u64) * to_field(coefficient) * element + to_field(coefficient);
            assert_eq!(to_field(sum), expected, "{terms}");
        }
    }
}
