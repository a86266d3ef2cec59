//! Multiples of the verifying key's input points, so that the inputs' sum needs additions only.
//!
//! A scalar is read as signed digits of `w` bits. Digit `d` at place `i = j·s + k` selects the multiple
//! `|d|·2^(w·s·j)·P` of its point, negated for negative `d`; the sums for `k = s − 1, …, 0` are joined by `w` doublings
//! each. Multiples of a point of prime order `r` by `d·2^e`, `0 < d < r`, are never the identity. The sums use complete
//! formulas, so no choice of inputs meets a special case.

use ark_bn254::{Fr, G1Affine};
use ark_ff::PrimeField;

use super::INPUTS;
use crate::pairing::{G1Point, G1Sum};

/// Bits that the digits of a scalar cover: one more than the scalar has, for the last carry.
const DIGIT_BITS: usize = 255;

/// How much memory a key's tables take. All sizes give the same verdicts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum InputTables {
    /// 12 KiB a key, built in well under a millisecond: for one verification and for small devices.
    Small,
    /// 312 KiB a key, built in a few milliseconds. A trust document of 16 keys, the most, takes 5 MiB.
    #[default]
    Medium,
    /// 6 MiB a key, built in some tens of milliseconds: for a service that verifies all day under few keys.
    Large,
}

impl InputTables {
    /// Bytes of a key's tables.
    pub const fn bytes(self) -> usize {
        (INPUTS + 1) * self.sets() * self.multiples() * size_of::<G1Point>()
    }

    /// Bits of a digit.
    const fn window(self) -> usize {
        match self {
            Self::Small => 4,
            Self::Medium => 5,
            Self::Large => 8,
        }
    }

    /// Places that share a set of multiples.
    const fn stride(self) -> usize {
        match self {
            Self::Small => self.digits(),
            Self::Medium => 4,
            Self::Large => 1,
        }
    }

    const fn digits(self) -> usize {
        DIGIT_BITS.div_ceil(self.window())
    }

    /// Sets of multiples of a point.
    const fn sets(self) -> usize {
        self.digits().div_ceil(self.stride())
    }

    /// Multiples in a set.
    const fn multiples(self) -> usize {
        1 << (self.window() - 1)
    }
}

/// The tables of a key's points, the constant's first.
pub(crate) struct Tables {
    size: InputTables,
    /// By point, then set, then multiple.
    points: Vec<G1Point>,
}

impl Tables {
    /// Computes the multiples of points of prime order, none the identity.
    pub fn new(points: &[G1Affine; INPUTS + 1], size: InputTables) -> Self {
        let mut table = Vec::with_capacity(size.bytes() / size_of::<G1Point>());
        points.iter().for_each(|point| table.extend(multiples(point, size)));
        Self { size, points: table }
    }

    /// Their size.
    pub fn size(&self) -> InputTables {
        self.size
    }

    /// `Σ scalars[i]·points[i]`.
    pub fn sum(&self, scalars: &[Fr; INPUTS + 1]) -> G1Sum {
        let (window, stride) = (self.size.window(), self.size.stride());
        let digits: Vec<Vec<i16>> = scalars.iter().map(|scalar| signed_digits(scalar, window)).collect();
        let mut sum = G1Sum::ZERO;
        for place in (0..stride).rev() {
            if place + 1 < stride {
                sum = (0..window).fold(sum, |sum, _| sum.double());
            }
            for (digits, table) in digits.iter().zip(self.points.chunks_exact(self.points.len() / scalars.len())) {
                let sets = table.chunks_exact(self.size.multiples());
                for (digit, set) in digits[place..].iter().step_by(stride).zip(sets) {
                    if *digit != 0 {
                        let multiple = set[usize::from(digit.unsigned_abs()) - 1];
                        sum = sum.add(&multiple.negated_if(*digit < 0));
                    }
                }
            }
        }
        sum
    }
}

/// The sets of one point.
fn multiples(point: &G1Affine, size: InputTables) -> Vec<G1Point> {
    let mut bases = Vec::with_capacity(size.sets());
    let mut base = G1Sum::from(point);
    for _ in 0..size.sets() {
        bases.push(base);
        base = (0..size.window() * size.stride()).fold(base, |base, _| base.double());
    }
    let mut sums = Vec::with_capacity(size.sets() * size.multiples());
    for base in points(&bases) {
        let mut sum = G1Sum::ZERO;
        for _ in 0..size.multiples() {
            sum = sum.add(&base);
            sums.push(sum);
        }
    }
    points(&sums)
}

fn points(sums: &[G1Sum]) -> Vec<G1Point> {
    let point = |point: &G1Affine| G1Point::new(point).expect("a multiple below the order is not the identity");
    G1Sum::normalise(sums).iter().map(point).collect()
}

/// Digits `d` with `−2^(w−1) < d ≤ 2^(w−1)`, least first, for `w` up to 14.
fn signed_digits(scalar: &Fr, window: usize) -> Vec<i16> {
    let limbs = scalar.into_bigint();
    let limbs = &limbs.0;
    let mut carry = 0;
    let digit = |place: usize| {
        let (limb, shift) = (place * window / 64, place * window % 64);
        let above = limbs.get(limb + 1).copied().unwrap_or(0);
        let bits = limbs.get(limb).map_or(0, |low| low >> shift | above << 1 << (63 - shift));
        let digit = (bits & ((1 << window) - 1)) as i16 + carry;
        carry = i16::from(digit > 1 << (window - 1));
        digit - (carry << window)
    };
    (0..DIGIT_BITS.div_ceil(window)).map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::G1Projective;
    use ark_ec::{CurveGroup, PrimeGroup, VariableBaseMSM};
    use ark_ff::{AdditiveGroup, Field};
    use poa_circuits::native::field;

    const SIZES: [InputTables; 3] = [InputTables::Small, InputTables::Medium, InputTables::Large];

    fn scalar(name: &str, i: usize) -> Fr {
        field::to_field(name, &[i as u8]) * field::to_field(name, &[i as u8, 1])
    }

    fn edge_scalars() -> Vec<Fr> {
        let power = |exponent: u64| Fr::from(2u64).pow([exponent]);
        let mut scalars = vec![Fr::ZERO, Fr::ONE, -Fr::ONE, Fr::from(u64::MAX), power(253), -power(200)];
        scalars.extend([3, 4, 7, 8, 127, 128, 252].map(power));
        scalars.extend([Fr::from(0x8888_8888_8888_8888u64), -Fr::from(16u64), (-Fr::ONE) / Fr::from(15u64)]);
        scalars
    }

    #[test]
    fn digits_make_up_the_scalar() {
        for window in 2..=14 {
            for scalar in edge_scalars() {
                let digits = signed_digits(&scalar, window);
                let base = Fr::from(1u64 << window);
                let value = digits.iter().rev().fold(Fr::ZERO, |sum, digit| sum * base + Fr::from(*digit));
                assert_eq!(value, scalar, "{window}");
                let half = 1i16 << (window - 1);
                assert!(digits.iter().all(|digit| (-half < *digit) && *digit <= half), "{window}");
            }
        }
    }

    #[test]
    fn sums_are_arkworks_for_every_size() {
        let generator = G1Projective::generator();
        let mut points = std::array::from_fn(|i| (generator * scalar("point", i)).into_affine());
        // Equal and opposite points, so that the sum meets itself on the way.
        points[5] = points[4];
        points[7] = -points[6];
        points[9] = (points[8] + points[8]).into_affine();
        let edges = edge_scalars();
        let mut cases: Vec<[Fr; INPUTS + 1]> =
            vec![[Fr::ZERO; INPUTS + 1], [Fr::ONE; INPUTS + 1], [-Fr::ONE; INPUTS + 1]];
        cases.push(std::array::from_fn(|i| scalar("scalar", i)));
        cases.push(std::array::from_fn(|i| edges[i % edges.len()]));
        let mut cancelling = [Fr::ZERO; INPUTS + 1];
        (cancelling[4], cancelling[5]) = (scalar("cancel", 0), -scalar("cancel", 0));
        cases.push(cancelling);
        (cancelling[6], cancelling[7]) = (scalar("cancel", 1), scalar("cancel", 1));
        cases.push(cancelling);
        for size in SIZES {
            let tables = Tables::new(&points, size);
            assert_eq!(tables.points.len() * size_of::<G1Point>(), size.bytes());
            for scalars in &cases {
                let expected = G1Projective::msm(&points, scalars).unwrap().into_affine();
                assert_eq!(G1Sum::normalise(&[tables.sum(scalars)]), [expected], "{size:?}");
            }
        }
    }

    #[test]
    fn sizes_are_as_documented() {
        assert_eq!(SIZES.map(|size| size.bytes() / 1024), [12, 312, 6144]);
    }
}
