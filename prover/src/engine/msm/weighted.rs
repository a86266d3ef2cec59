//! `Σ (v + 1) · bucket_v` over one set of buckets, without a projective addition for each.
//!
//! Write `v = high · 2^h + low`. With row sums `R_high = Σ_low bucket` and column sums `C_low = Σ_high bucket` the sum is
//! `Σ (low + 1) · C_low + 2^h · Σ high · R_high`: two batched affine additions a bucket, and only the square root of
//! their number in projective ones.

use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ec::{AdditiveGroup, AffineRepr};

use super::Curve;
use super::buckets::{Summation, member};
use super::grouped::{Grouped, Source};

/// The weighted sum of a set of buckets, their number a power of two.
pub(super) fn sum<P: Curve>(buckets: &[Affine<P>], summation: &Summation<P>) -> Projective<P> {
    debug_assert!(buckets.len().is_power_of_two());
    let low_bits = buckets.len().ilog2() / 2;
    let sum_by = |groups, group: &dyn Fn(u32) -> u32| {
        summation.of_groups(&Grouped::new(groups, &Full { buckets, group }), buckets)
    };
    let columns = sum_by(1 << low_bits, &|v| v & ((1 << low_bits) - 1));
    let rows = sum_by(buckets.len() as u32 >> low_bits, &|v| v >> low_bits);
    let mut sum = by_place(&rows[1..]);
    for _ in 0..low_bits {
        sum.double_in_place();
    }
    sum + by_place(&columns)
}

/// `1·p_0 + 2·p_1 + …`, by running sums from the end.
fn by_place<P: Curve>(points: &[Affine<P>]) -> Projective<P> {
    let mut running = Projective::ZERO;
    let mut sum = Projective::ZERO;
    for point in points.iter().rev() {
        running += point;
        sum += running;
    }
    sum
}

/// The buckets that are not empty.
struct Full<'a, P: Curve, G> {
    buckets: &'a [Affine<P>],
    group: G,
}

impl<P: Curve, G: Fn(u32) -> u32> Source for Full<'_, P, G> {
    fn visit(&self, mut each: impl FnMut(u32, u32)) {
        for (v, _) in self.buckets.iter().enumerate().filter(|(_, bucket)| !bucket.is_zero()) {
            each((self.group)(v as u32), member(v, false));
        }
    }
}
