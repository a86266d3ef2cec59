//! `Fp6 = Fp2[v]/(v³ − ξ)`.

use ark_bn254::Fq6;

use super::fp2::Fp2;

/// `c0 + c1·v + c2·v²`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Fp6 {
    pub c0: Fp2,
    pub c1: Fp2,
    pub c2: Fp2,
}

impl From<Fq6> for Fp6 {
    fn from(value: Fq6) -> Self {
        Self { c0: value.c0.into(), c1: value.c1.into(), c2: value.c2.into() }
    }
}

impl From<Fp6> for Fq6 {
    fn from(value: Fp6) -> Self {
        Fq6::new(value.c0.into(), value.c1.into(), value.c2.into())
    }
}

impl Fp6 {
    pub const ZERO: Self = Self { c0: Fp2::ZERO, c1: Fp2::ZERO, c2: Fp2::ZERO };
    pub const ONE: Self = Self { c0: Fp2::ONE, ..Self::ZERO };

    #[inline(always)]
    pub fn add(&self, other: &Self) -> Self {
        Self { c0: self.c0.add(&other.c0), c1: self.c1.add(&other.c1), c2: self.c2.add(&other.c2) }
    }

    #[inline(always)]
    pub fn sub(&self, other: &Self) -> Self {
        Self { c0: self.c0.sub(&other.c0), c1: self.c1.sub(&other.c1), c2: self.c2.sub(&other.c2) }
    }

    #[inline(always)]
    pub fn neg(&self) -> Self {
        Self { c0: self.c0.neg(), c1: self.c1.neg(), c2: self.c2.neg() }
    }

    /// `v·self + other`.
    #[inline(always)]
    pub fn times_v_plus(&self, other: &Self) -> Self {
        Self { c0: self.c2.times_xi_plus(&other.c0), c1: self.c0.add(&other.c1), c2: self.c1.add(&other.c2) }
    }

    /// Karatsuba: six products, ten reductions.
    pub fn mul(&self, other: &Self) -> Self {
        let (a, b) = (self, other);
        let (v0, v1, v2) = (a.c0.wide(&b.c0), a.c1.wide(&b.c1), a.c2.wide(&b.c2));
        let mixed = a.c1.add(&a.c2).wide(&b.c1.add(&b.c2)).sub(&v1).sub(&v2).reduce_signed();
        let c1 = a.c0.add(&a.c1).wide(&b.c0.add(&b.c1)).sub(&v0).sub(&v1).reduce_signed();
        let c2 = a.c0.add(&a.c2).wide(&b.c0.add(&b.c2)).sub(&v0).sub(&v2).add(&v1).reduce_signed();
        Self { c0: mixed.times_xi_plus(&v0.reduce()), c1: v2.reduce().times_xi_plus(&c1), c2 }
    }

    /// The product with `b0 + b1·v`: five products, six reductions. `xi_b1` is `ξ·b1`.
    pub fn mul_by_01(&self, b0: &Fp2, b1: &Fp2, xi_b1: &Fp2) -> Self {
        let (v0, v1) = (self.c0.wide(b0), self.c1.wide(b1));
        let c1 = self.c0.add(&self.c1).wide(&b0.add(b1)).sub(&v0).sub(&v1);
        Self {
            c0: v0.add(&self.c2.wide(xi_b1)).reduce(),
            c1: c1.reduce_signed(),
            c2: v1.add(&self.c2.wide(b0)).reduce(),
        }
    }

    /// The product with an element of `Fp2`.
    pub fn scale(&self, factor: &Fp2) -> Self {
        Self { c0: self.c0.mul(factor), c1: self.c1.mul(factor), c2: self.c2.mul(factor) }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::pairing::fp2::tests::edge_pairs;
    use ark_bn254::{Fq2, Fq6Config};
    use ark_ff::fields::Fp6Config;

    /// Edges of the range in every coefficient.
    pub(in crate::pairing) fn samples(stride: usize) -> Vec<Fq6> {
        let pairs = edge_pairs();
        let pick = |i: usize| pairs[i % pairs.len()];
        (0..pairs.len()).step_by(stride).map(|i| Fq6::new(pick(i), pick(i * 31 + 5), pick(i * 77 + 11))).collect()
    }

    #[test]
    fn every_operation_is_arkworks() {
        let samples = samples(3);
        let v = Fq6::new(Fq2::default(), Fp2::ONE.into(), Fq2::default());
        for a in &samples {
            let x = Fp6::from(*a);
            assert_eq!(Fq6::from(x.neg()), -*a);
            for b in &samples {
                let y = Fp6::from(*b);
                assert_eq!(Fq6::from(x.mul(&y)), a * b);
                assert_eq!(Fq6::from(x.add(&y)), *a + b);
                assert_eq!(Fq6::from(x.sub(&y)), *a - b);
                assert_eq!(Fq6::from(x.times_v_plus(&y)), v * a + b);
                assert_eq!(Fq6::from(x.scale(&y.c2)), a * Fq6::new(b.c2, Fq2::default(), Fq2::default()));
                let xi = Fq6Config::mul_fp2_by_nonresidue_in_place(&mut b.c1.clone()).to_owned();
                let sparse = x.mul_by_01(&y.c0, &y.c1, &xi.into());
                assert_eq!(Fq6::from(sparse), a * Fq6::new(b.c0, b.c1, Fq2::default()));
            }
        }
    }
}
