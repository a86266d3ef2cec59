//! `Fp2 = Fp[u]/(u² + 1)` and its unreduced products.
//!
//! `ξ = 9 + u` is the element that the extensions above are built with.
//!
//! What multiplies or reduces is never inlined: in the larger functions above, the compiler would no longer keep its
//! limbs in registers, and a Miller loop took 1.6 times as long.

use ark_bn254::{Fq, Fq2};

use super::fp::{Fp, Wide};

/// `c0 + c1·u`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Fp2 {
    pub c0: Fp,
    pub c1: Fp,
}

/// An unreduced sum of products.
#[derive(Clone, Copy)]
pub(crate) struct Wide2 {
    c0: Wide,
    c1: Wide,
}

impl From<Fq2> for Fp2 {
    fn from(value: Fq2) -> Self {
        Self { c0: value.c0.into(), c1: value.c1.into() }
    }
}

impl From<Fp2> for Fq2 {
    fn from(value: Fp2) -> Self {
        Fq2::new(Fq::from(value.c0), Fq::from(value.c1))
    }
}

impl Fp2 {
    pub const ZERO: Self = Self { c0: Fp::ZERO, c1: Fp::ZERO };
    pub const ONE: Self = Self { c0: Fp::ONE, c1: Fp::ZERO };

    #[inline(always)]
    pub fn add(&self, other: &Self) -> Self {
        Self { c0: self.c0.add(&other.c0), c1: self.c1.add(&other.c1) }
    }

    #[inline(always)]
    pub fn sub(&self, other: &Self) -> Self {
        Self { c0: self.c0.sub(&other.c0), c1: self.c1.sub(&other.c1) }
    }

    #[inline(always)]
    pub fn neg(&self) -> Self {
        Self { c0: self.c0.neg(), c1: self.c1.neg() }
    }

    #[inline(always)]
    pub fn double(&self) -> Self {
        self.add(self)
    }

    #[inline(always)]
    pub fn triple(&self) -> Self {
        self.double().add(self)
    }

    #[inline(always)]
    pub fn half(&self) -> Self {
        Self { c0: self.c0.half(), c1: self.c1.half() }
    }

    #[inline(never)]
    pub fn mul(&self, other: &Self) -> Self {
        self.wide(other).reduce()
    }

    /// `(c0 + c1)(c0 − c1) + 2·c0·c1·u`.
    #[inline(never)]
    pub fn square(&self) -> Self {
        let zero = Fp::ZERO;
        Self {
            c0: Fp::wide_sum_difference(&self.c0, &self.c1, &self.c0, &self.c1).reduce(),
            c1: Fp::wide_sums(&self.c0, &self.c0, &self.c1, &zero).reduce(),
        }
    }

    /// The product with an element of `Fp`.
    #[inline(always)]
    pub fn scale(&self, factor: &Fp) -> Self {
        Self { c0: self.c0.mul(factor), c1: self.c1.mul(factor) }
    }

    /// `ξ·self`.
    #[inline(always)]
    pub fn times_xi(&self) -> Self {
        self.times_xi_plus(&Self::ZERO)
    }

    /// `ξ·self + other`.
    #[inline(never)]
    pub fn times_xi_plus(&self, other: &Self) -> Self {
        Self { c0: self.c0.nine_times_less(&other.c0, &self.c1), c1: self.c1.nine_times_plus(&other.c1, &self.c0) }
    }

    /// Karatsuba: `c0` within `±p²`, `c1` in `[0, 2p²)`.
    #[inline(never)]
    pub fn wide(&self, other: &Self) -> Wide2 {
        let (low, high) = (self.c0.wide(&other.c0), self.c1.wide(&other.c1));
        let both = Fp::wide_sums(&self.c0, &self.c1, &other.c0, &other.c1);
        Wide2 { c0: low.sub(&high), c1: both.sub(&low).sub(&high) }
    }
}

impl Wide2 {
    #[inline(always)]
    pub fn add(&self, other: &Self) -> Self {
        Self { c0: self.c0.add(&other.c0), c1: self.c1.add(&other.c1) }
    }

    #[inline(always)]
    pub fn sub(&self, other: &Self) -> Self {
        Self { c0: self.c0.sub(&other.c0), c1: self.c1.sub(&other.c1) }
    }

    /// For one or two products, all added.
    #[inline(never)]
    pub fn reduce(&self) -> Fp2 {
        Fp2 { c0: self.c0.reduce_signed(), c1: self.c1.reduce() }
    }

    /// For up to five products, of which at most two added and at most two subtracted.
    #[inline(never)]
    pub fn reduce_signed(&self) -> Fp2 {
        Fp2 { c0: self.c0.reduce_signed(), c1: self.c1.reduce_signed() }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::pairing::fp::tests::edges;
    use ark_ff::AdditiveGroup;

    const XI: Fq2 = ark_ff::QuadExtField::new(ark_ff::MontFp!("9"), ark_ff::MontFp!("1"));

    /// Every pair of edge coordinates.
    pub(in crate::pairing) fn edge_pairs() -> Vec<Fq2> {
        let edges = edges();
        edges.iter().flat_map(|a| edges.iter().map(|b| Fq2::new(*a, *b))).collect()
    }

    #[test]
    fn every_operation_is_arkworks() {
        let pairs = edge_pairs();
        for a in &pairs {
            let x = Fp2::from(*a);
            assert_eq!(Fq2::from(x.square()), a * a);
            assert_eq!(Fq2::from(x.neg()), -*a);
            assert_eq!(Fq2::from(x.half()).double(), *a);
            assert_eq!(Fq2::from(x.triple()), a.double() + a);
            assert_eq!(Fq2::from(x.times_xi()), XI * a);
            for b in &pairs {
                let y = Fp2::from(*b);
                assert_eq!(Fq2::from(x.mul(&y)), a * b);
                assert_eq!(Fq2::from(x.add(&y)), *a + b);
                assert_eq!(Fq2::from(x.sub(&y)), *a - b);
                assert_eq!(Fq2::from(x.scale(&y.c1)), a * Fq2::new(b.c1, Fq::ZERO));
                assert_eq!(Fq2::from(x.times_xi_plus(&y)), XI * a + b);
            }
        }
    }

    #[test]
    fn sums_of_products_are_reduced_right() {
        let pairs = edge_pairs();
        for (i, a) in pairs.iter().enumerate() {
            let b = &pairs[(i * 7 + 3) % pairs.len()];
            let (ab, product) = (Fp2::from(*a).wide(&(*b).into()), a * b);
            let two = ab.add(&ab);
            let double = product.double();
            assert_eq!(Fq2::from(two.reduce()), double);
            let one = Fp2::from(*b).wide(&Fp2::ONE);
            assert_eq!(Fq2::from(one.add(&one).sub(&two).reduce_signed()), b.double() - double);
        }
    }
}
