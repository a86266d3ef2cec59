//! Several hashes at once: one number of each, side by side.
//!
//! [`Lanes`] is all that the permutation asks of arithmetic. The scalar form is an array, worked on number by number
//! so that the processor overlaps independent products. A vector form is another implementation, with its own
//! [`Sum`]; `hash_many` is the place that chooses between them when running.

use zeroize::Zeroize;

use super::limbs::{self, Limbs, Sum};

/// Numbers under the contract of [`limbs`]: below `2r` in and out, coefficients and constants below `r`.
pub(crate) trait Lanes: Copy + Zeroize {
    /// All 0.
    const ZERO: Self;

    /// `a + c`, of numbers below `r`.
    fn add(self, constant: &Limbs) -> Self;

    /// `a·b`.
    fn multiply(self, other: Self) -> Self;

    /// `Σ a_i·x_i + Σ b_j·y_j + c`, at most 36 products, reduced once.
    fn combine(a: (&[Limbs], &[Self]), b: (&[Limbs], &[Self]), constant: &Limbs) -> Self;
}

impl<const L: usize> Lanes for [Limbs; L] {
    const ZERO: Self = [[0; 4]; L];

    #[inline(always)]
    fn add(self, constant: &Limbs) -> Self {
        self.map(|number| limbs::add(number, constant))
    }

    #[inline(always)]
    fn multiply(mut self, other: Self) -> Self {
        for (a, b) in self.iter_mut().zip(other) {
            *a = limbs::multiply(*a, b);
        }
        self
    }

    #[inline(always)]
    fn combine(a: (&[Limbs], &[Self]), b: (&[Limbs], &[Self]), constant: &Limbs) -> Self {
        std::array::from_fn(|lane| {
            let mut sum = Sum::new(a.0.len() + b.0.len());
            for limb in 0..4 {
                for (coefficient, number) in a.0.iter().zip(a.1) {
                    sum.add_row(coefficient, number[lane][limb]);
                }
                for (coefficient, number) in b.0.iter().zip(b.1) {
                    sum.add_row(coefficient, number[lane][limb]);
                }
                sum.shift();
            }
            sum.finish(constant)
        })
    }
}
