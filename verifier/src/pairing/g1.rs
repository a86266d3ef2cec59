//! Points of G1: sums by complete formulas, and the form in which the Miller loop takes them.
//!
//! The formulas of eprint 2015/1060 (algorithms 8 and 9, `a = 0`, `3b = 9`) hold for every pair of points of a curve of
//! odd order, so equal points, opposite points and the identity are no special cases.

use ark_bn254::{Fq, G1Affine};
use ark_ec::AffineRepr;

use super::fp::Fp;

/// `(x, y)` of a point that is not the identity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct G1Point {
    x: Fp,
    y: Fp,
}

impl G1Point {
    /// The point; the identity has no coordinates.
    pub fn new(point: &G1Affine) -> Option<Self> {
        point.xy().map(|(x, y)| Self { x: x.into(), y: y.into() })
    }

    /// Its negative if asked for.
    #[inline(always)]
    pub fn negated_if(&self, negate: bool) -> Self {
        Self { x: self.x, y: self.y.negated_if(negate) }
    }

    /// `(β·x, y)`, for a cube root `β` of 1.
    pub fn with_x_times(&self, beta: &Fp) -> Self {
        Self { x: self.x.mul(beta), y: self.y }
    }
}

/// A sum, in homogeneous coordinates `(x/z, y/z)`.
#[derive(Clone, Copy)]
pub(crate) struct G1Sum {
    x: Fp,
    y: Fp,
    z: Fp,
}

impl G1Sum {
    /// The identity.
    pub const ZERO: Self = Self { x: Fp::ZERO, y: Fp::ONE, z: Fp::ZERO };

    /// `self + point`. Algorithm 8.
    #[inline]
    pub fn add(&self, point: &G1Point) -> Self {
        let (xx, yy) = (self.x.wide(&point.x), self.y.wide(&point.y));
        let cross = Fp::wide_sums(&self.x, &self.y, &point.x, &point.y).sub(&xx).sub(&yy).reduce();
        let (xx, yy) = (xx.reduce(), yy.reduce());
        let yz = point.y.mul(&self.z).add(&self.y);
        let xz = point.x.mul(&self.z).add(&self.x).nine_times_plus(&Fp::ZERO, &Fp::ZERO);
        let nine_z = self.z.nine_times_plus(&Fp::ZERO, &Fp::ZERO);
        let (plus, minus, three_xx) = (yy.add(&nine_z), yy.sub(&nine_z), xx.double().add(&xx));
        Self {
            x: cross.wide(&minus).sub(&yz.wide(&xz)).reduce_signed(),
            y: minus.wide(&plus).add(&xz.wide(&three_xx)).reduce(),
            z: plus.wide(&yz).add(&three_xx.wide(&cross)).reduce(),
        }
    }

    /// `2·self`. Algorithm 9.
    #[inline]
    pub fn double(&self) -> Self {
        let (yy, yz, xy) = (self.y.mul(&self.y), self.y.mul(&self.z), self.x.mul(&self.y));
        let nine_zz = self.z.mul(&self.z).nine_times_plus(&Fp::ZERO, &Fp::ZERO);
        let eight_yy = yy.double().double().double();
        let less = yy.sub(&nine_zz.double().add(&nine_zz));
        Self {
            x: less.mul(&xy).double(),
            y: less.wide(&yy.add(&nine_zz)).add(&nine_zz.wide(&eight_yy)).reduce(),
            z: yz.mul(&eight_yy),
        }
    }

    /// The points themselves, by one inversion.
    pub fn normalise(sums: &[Self]) -> Vec<G1Affine> {
        let mut inverses: Vec<Fq> = sums.iter().map(|sum| sum.z.into()).collect();
        // Leaves zeros as they are.
        ark_ff::batch_inversion(&mut inverses);
        let point = |(sum, inverse): (&Self, &Fq)| {
            let inverse_z = Fp::from(*inverse);
            if sum.z == Fp::ZERO {
                G1Affine::identity()
            } else {
                G1Affine::new_unchecked(sum.x.mul(&inverse_z).into(), sum.y.mul(&inverse_z).into())
            }
        };
        sums.iter().zip(&inverses).map(point).collect()
    }

    /// What the Miller loop needs of the points, by one inversion; nothing of the identity.
    pub fn at_points(sums: &[Self]) -> Vec<Option<AtPoint>> {
        // y is not 0: the order of the group is odd.
        let mut inverses: Vec<Fq> = sums.iter().map(|sum| sum.y.into()).collect();
        ark_ff::batch_inversion(&mut inverses);
        let at = |(sum, inverse): (&Self, &Fq)| {
            let inverse_y = Fp::from(*inverse);
            (sum.z != Fp::ZERO).then(|| AtPoint { x_by_y: sum.x.mul(&inverse_y), one_by_y: sum.z.mul(&inverse_y) })
        };
        sums.iter().zip(&inverses).map(at).collect()
    }
}

impl From<&G1Affine> for G1Sum {
    fn from(point: &G1Affine) -> Self {
        G1Point::new(point).map_or(Self::ZERO, |point| Self { x: point.x, y: point.y, z: Fp::ONE })
    }
}

/// A point of G1, not the identity, as lines are evaluated at it.
#[derive(Clone, Copy)]
pub(crate) struct AtPoint {
    /// `x/y`.
    pub x_by_y: Fp,
    /// `1/y`.
    pub one_by_y: Fp,
}

impl AtPoint {
    /// The form of `−P`.
    pub fn neg(&self) -> Self {
        Self { x_by_y: self.x_by_y.neg(), one_by_y: self.one_by_y.neg() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::{Fr, G1Projective};
    use ark_ec::{CurveGroup, PrimeGroup};
    use ark_ff::Field;

    fn points() -> Vec<G1Affine> {
        let g = G1Projective::generator();
        let scalars = [1u64, 2, 3, 5, u64::MAX].map(Fr::from);
        let both = scalars.iter().flat_map(|s| [g * s, -(g * s)]);
        both.map(|point| point.into_affine()).chain([G1Affine::identity()]).collect()
    }

    /// The same point with another z.
    fn rescaled(point: &G1Affine) -> G1Sum {
        let (sum, factor) = (G1Sum::from(point), Fp::from(Fq::from(0x1234_5678_9abc_def1u64)));
        G1Sum { x: sum.x.mul(&factor), y: sum.y.mul(&factor), z: sum.z.mul(&factor) }
    }

    #[test]
    fn sums_are_arkworks_for_equal_opposite_and_missing_points() {
        for a in points() {
            for b in points() {
                let Some(point) = G1Point::new(&b) else { continue };
                let sums = [G1Sum::from(&a).add(&point), rescaled(&a).add(&point)];
                assert_eq!(G1Sum::normalise(&sums), [(a + b).into_affine(); 2]);
            }
            assert_eq!(G1Sum::normalise(&[rescaled(&a).double()]), [(a + a).into_affine()]);
        }
    }

    #[test]
    fn the_form_for_lines_is_that_of_the_point() {
        let sums: Vec<G1Sum> = points().iter().map(rescaled).collect();
        for (point, at) in points().iter().zip(G1Sum::at_points(&sums)) {
            let Some((x, y)) = point.xy() else {
                assert!(at.is_none());
                continue;
            };
            let at = at.unwrap();
            assert_eq!((Fq::from(at.x_by_y), Fq::from(at.one_by_y)), (x / y, y.inverse().unwrap()));
            assert_eq!(Fq::from(at.neg().x_by_y), -x / y);
        }
    }
}
