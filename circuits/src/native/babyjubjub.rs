//! BabyJubJub in circomlib's coordinates (a = 168700, d = 168696; EIP-2494).
//!
//! `ark-ed-on-bn254` implements the isomorphic curve with a = 1: `x_ark = s·x_circom`, `y` equal,
//! `s = sqrt(168700)`. The conversion happens here and nowhere else. Ark's generator is a different point
//! and is never used: circomlib's `Base8` is.

use ark_ec::{AffineRepr, CurveGroup};
use ark_ed_on_bn254::EdwardsAffine;
use ark_ff::{Field, MontFp};

use super::field::F;

/// Scalars modulo `l`, the order of the prime subgroup.
pub use ark_ed_on_bn254::Fr as Scalar;

/// circomlib's curve coefficient `a`.
pub const A: F = MontFp!("168700");
/// circomlib's curve coefficient `d`.
pub const D: F = MontFp!("168696");
/// `s = sqrt(168700)`, the isomorphism's factor.
const SQRT_A: F = MontFp!("7214280148105020021932206872019688659210616427216992810330019057549499971851");
/// circomlib's `Base8`: a generator of the prime subgroup.
const BASE8: (F, F) = (
    MontFp!("5299619240641551281634865583518297030282874472190772894086521144482721001553"),
    MontFp!("16950150798460657717958625567821834550301663161624707787222815936182638968203"),
);

/// Why coordinates are not a point this protocol accepts.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PointError {
    /// The coordinates do not satisfy the curve equation.
    #[error("the point is not on BabyJubJub")]
    OffCurve,
    /// The point has a component of small order.
    #[error("the point is not in the prime-order subgroup")]
    Subgroup,
    /// The neutral element (0, 1).
    #[error("the point is the identity")]
    Identity,
}

/// A point on the curve, in the prime subgroup, not the identity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Point(EdwardsAffine);

impl Point {
    /// Checks circomlib coordinates.
    pub fn from_xy(x: F, y: F) -> Result<Self, PointError> {
        Self::checked(EdwardsAffine::new_unchecked(x * SQRT_A, y))
    }

    fn checked(point: EdwardsAffine) -> Result<Self, PointError> {
        if !point.is_on_curve() {
            return Err(PointError::OffCurve);
        }
        if point.is_zero() {
            return Err(PointError::Identity);
        }
        if !point.is_in_correct_subgroup_assuming_on_curve() {
            return Err(PointError::Subgroup);
        }
        Ok(Self(point))
    }

    /// `scalar · Base8`; none for the scalar 0.
    pub fn mul_base8(scalar: &Scalar) -> Option<Self> {
        let point = (base8() * scalar).into_affine();
        (!point.is_zero()).then_some(Self(point))
    }

    /// The x coordinate, circomlib's.
    pub fn x(&self) -> F {
        to_circom(&self.0).0
    }

    /// The y coordinate.
    pub fn y(&self) -> F {
        self.0.y
    }

    pub(crate) fn inner(&self) -> &EdwardsAffine {
        &self.0
    }

    /// Ark-serialize canonical bytes (the a = 1 form), the form at rest.
    pub fn to_bytes(&self) -> [u8; 32] {
        use ark_serialize::CanonicalSerialize;
        let mut bytes = [0; 32];
        // Cannot fail: a compressed point has 32 bytes and the slice holds them.
        self.0.serialize_compressed(&mut bytes[..]).expect("a compressed point has 32 bytes");
        bytes
    }

    /// Reads what [`Point::to_bytes`] wrote, with every check of [`Point::from_xy`]; non-canonical bytes are refused.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, PointError> {
        use ark_serialize::CanonicalDeserialize;
        let point = EdwardsAffine::deserialize_compressed(&bytes[..])
            .map_err(|_| PointError::OffCurve)
            .and_then(Self::checked)?;
        if point.to_bytes() == *bytes { Ok(point) } else { Err(PointError::OffCurve) }
    }
}

/// circomlib's `Base8` in ark's coordinates.
pub(crate) fn base8() -> EdwardsAffine {
    EdwardsAffine::new_unchecked(BASE8.0 * SQRT_A, BASE8.1)
}

/// Coordinates of ark's point in circomlib's form.
pub(crate) fn to_circom(point: &EdwardsAffine) -> (F, F) {
    // Cannot fail: s is a non-zero constant.
    let s_inverse = SQRT_A.inverse().expect("sqrt(168700) is not zero");
    (point.x * s_inverse, point.y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::AdditiveGroup;

    #[test]
    fn the_isomorphism_maps_circomlibs_curve_to_arks() {
        assert_eq!(SQRT_A.square(), A);
        let (x, y) = BASE8;
        let (x2, y2) = (x.square(), y.square());
        assert_eq!(A * x2 + y2, F::ONE + D * x2 * y2);
        assert_eq!(to_circom(&base8()), BASE8);
    }

    /// Completeness of the addition law, in the circuit and natively, rests on this: a square, d not.
    #[test]
    fn a_is_a_square_and_d_is_not() {
        assert!(A.legendre().is_qr());
        assert!(D.legendre().is_qnr());
    }

    #[test]
    fn unusable_points_are_named() {
        assert_eq!(Point::from_xy(F::ZERO, F::ONE), Err(PointError::Identity));
        // (0, -1) has order 2.
        assert_eq!(Point::from_xy(F::ZERO, -F::ONE), Err(PointError::Subgroup));
        assert_eq!(Point::from_xy(F::ONE, F::ONE), Err(PointError::OffCurve));
        let (x, y) = BASE8;
        let point = Point::from_xy(x, y).unwrap();
        assert_eq!(Point::from_bytes(&point.to_bytes()), Ok(point));
        assert!(Point::mul_base8(&Scalar::ZERO).is_none());
    }
}
