//! `Fp12 = Fp6[w]/(w² − v)`: where the pairing's values live.

use ark_bn254::Fq12;
use ark_ff::Field;

use super::fp2::Fp2;
use super::fp6::Fp6;
use super::line::Line;

/// `c0 + c1·w`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Fp12 {
    pub c0: Fp6,
    pub c1: Fp6,
}

impl From<Fq12> for Fp12 {
    fn from(value: Fq12) -> Self {
        Self { c0: value.c0.into(), c1: value.c1.into() }
    }
}

impl From<Fp12> for Fq12 {
    fn from(value: Fp12) -> Self {
        Fq12::new(value.c0.into(), value.c1.into())
    }
}

impl Fp12 {
    pub const ONE: Self = Self { c0: Fp6::ONE, c1: Fp6::ZERO };

    /// Karatsuba.
    pub fn mul(&self, other: &Self) -> Self {
        let (low, high) = (self.c0.mul(&other.c0), self.c1.mul(&other.c1));
        let both = self.c0.add(&self.c1).mul(&other.c0.add(&other.c1));
        Self { c0: high.times_v_plus(&low), c1: both.sub(&low).sub(&high) }
    }

    /// From `(c0 − c1)(c0 − v·c1) = c0² + v·c1² − (1 + v)·c0·c1`.
    pub fn square(&self) -> Self {
        let product = self.c0.mul(&self.c1);
        let negative = self.c1.neg();
        let mixed = self.c0.add(&negative).mul(&negative.times_v_plus(&self.c0));
        Self { c0: product.times_v_plus(&mixed.add(&product)), c1: product.add(&product) }
    }

    /// The product with a line.
    pub fn mul_by_line(&self, line: &Line) -> Self {
        let xi_c = line.c.times_xi();
        let high = self.c1.mul_by_01(&line.b, &line.c, &xi_c);
        let low = self.c0.scale(&line.a);
        let both = self.c0.add(&self.c1).mul_by_01(&line.a.add(&line.b), &line.c, &xi_c);
        Self { c0: high.times_v_plus(&low), c1: both.sub(&low).sub(&high) }
    }

    /// The product with a line whose constant part is 1.
    pub fn mul_by_monic_line(&self, b: &Fp2, c: &Fp2) -> Self {
        let xi_c = c.times_xi();
        let (low, high) = (self.c0.mul_by_01(b, c, &xi_c), self.c1.mul_by_01(b, c, &xi_c));
        Self { c0: high.times_v_plus(&self.c0), c1: self.c1.add(&low) }
    }

    /// `self^(p^6)`, which is the inverse in the cyclotomic subgroup.
    pub fn conjugate(&self) -> Self {
        Self { c0: self.c0, c1: self.c1.neg() }
    }

    /// The inverse; of 0 there is none.
    pub fn inverse(&self) -> Option<Self> {
        Fq12::from(*self).inverse().map(Self::from)
    }

    /// `self^(p^power)`.
    pub fn frobenius(&self, power: usize) -> Self {
        let mut value = Fq12::from(*self);
        value.frobenius_map_in_place(power);
        value.into()
    }

    /// The square of an element of the cyclotomic subgroup. Source: eprint 2009/565, §3.2.
    pub fn cyclotomic_square(&self) -> Self {
        let (z0, z4, z3) = (&self.c0.c0, &self.c0.c1, &self.c0.c2);
        let (z2, z1, z5) = (&self.c1.c0, &self.c1.c1, &self.c1.c2);
        let (t0, t1) = square_fp4(z0, z1);
        let (t2, t3) = square_fp4(z2, z3);
        let (t4, t5) = square_fp4(z4, z5);
        // 3t − 2z and 3t + 2z.
        let minus = |t: &Fp2, z: &Fp2| t.sub(z).double().add(t);
        let plus = |t: &Fp2, z: &Fp2| t.add(z).double().add(t);
        Self {
            c0: Fp6 { c0: minus(&t0, z0), c1: minus(&t2, z4), c2: minus(&t4, z3) },
            c1: Fp6 { c0: plus(&t5.times_xi(), z2), c1: plus(&t1, z1), c2: plus(&t3, z5) },
        }
    }
}

/// `(a + b·y)²` for `y² = ξ`: from `(a − b)(a − ξ·b) = a² + ξ·b² − (1 + ξ)·a·b`.
#[inline(always)]
fn square_fp4(a: &Fp2, b: &Fp2) -> (Fp2, Fp2) {
    let wide = a.wide(b);
    let product = wide.reduce();
    let mixed = a.sub(b).wide(&b.neg().times_xi_plus(a)).add(&wide).reduce();
    (product.times_xi_plus(&mixed), product.double())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::pairing::fp6::tests::samples as fp6_samples;
    use ark_bn254::{Fq2, Fq6};
    use ark_ff::CyclotomicMultSubgroup;

    /// Edges of the range in every coefficient.
    pub(in crate::pairing) fn samples() -> Vec<Fq12> {
        let parts = fp6_samples(7);
        parts.iter().zip(parts.iter().rev()).map(|(a, b)| Fq12::new(*a, *b)).collect()
    }

    #[test]
    fn every_operation_is_arkworks() {
        let samples = samples();
        for a in &samples {
            let x = Fp12::from(*a);
            assert_eq!(Fq12::from(x.square()), a.square());
            assert_eq!(x.inverse().map(Fq12::from), a.inverse());
            for b in &samples {
                let y = Fp12::from(*b);
                assert_eq!(Fq12::from(x.mul(&y)), *a * b);
            }
        }
        assert_eq!(Fp12::from(Fq12::default()).inverse(), None);
    }

    #[test]
    fn lines_are_arkworks_sparse_products() {
        let samples = samples();
        for f in &samples {
            for g in &samples {
                let (a, b, c) = (g.c0.c1, g.c1.c0, g.c1.c2);
                let line = Line { a: a.into(), b: b.into(), c: c.into() };
                let mut expected = *f;
                expected.mul_by_034(&a, &b, &c);
                assert_eq!(Fq12::from(Fp12::from(*f).mul_by_line(&line)), expected);
                let mut expected = *f;
                expected.mul_by_034(&Fp2::ONE.into(), &b, &c);
                assert_eq!(Fq12::from(Fp12::from(*f).mul_by_monic_line(&b.into(), &c.into())), expected);
            }
        }
        let one = Fq12::new(Fp6::ONE.into(), Fq6::new(Fq2::default(), Fq2::default(), Fq2::default()));
        assert_eq!(Fq12::from(Fp12::ONE), one);
    }

    #[test]
    fn cyclotomic_squares_are_squares() {
        for f in samples().into_iter().chain([Fp12::ONE.into()]) {
            let Some(inverse) = f.inverse() else { continue };
            let mut g = f;
            g.conjugate_in_place();
            g *= inverse;
            let mut h = g;
            h.frobenius_map_in_place(2);
            h *= g;
            assert_eq!(Fq12::from(Fp12::from(h).cyclotomic_square()), h.square());
            assert_eq!(Fq12::from(Fp12::from(h).conjugate()), h.cyclotomic_inverse().unwrap());
            assert_eq!(
                Fq12::from(Fp12::from(h).frobenius(3)),
                h.pow(ark_bn254::Fq::characteristic())
                    .pow(ark_bn254::Fq::characteristic())
                    .pow(ark_bn254::Fq::characteristic())
            );
        }
    }
}
