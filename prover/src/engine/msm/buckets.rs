//! Sums of groups of points by affine additions that share their inversions.
//!
//! An affine addition divides once. Within a pass all additions are independent, so one inversion and three products
//! each serve them all (Montgomery's trick): six products an addition where projective formulas take eleven or more.
//! A pass halves every group; ranges of groups are sized for the second-level cache and run on rayon.

use ark_ec::AffineRepr;
use ark_ec::CurveGroup;
use ark_ec::short_weierstrass::Affine;
use ark_ff::{AdditiveGroup, Field};
use rayon::prelude::*;
use zeroize::{Zeroize, Zeroizing};

use super::Curve;
use super::grouped::Grouped;

/// Points summed together: 512 KiB of G1, 1 MiB of G2.
const RANGE: usize = 8192;
/// Independent running products, so that one need not wait for the last: a product takes longer than its share of the
/// processor's multiplier.
const CHAINS: usize = 4;

/// A member of a group: an entry of a list of points, or its negative.
pub(super) fn member(index: usize, negative: bool) -> u32 {
    debug_assert!(index < 1 << 31);
    (index as u32) << 1 | u32::from(negative)
}

/// The sum of each group's points; the identity for an empty group. Members are those of [`member`].
pub(super) fn sum_groups<P: Curve>(grouped: &Grouped, points: &[Affine<P>]) -> Vec<Affine<P>> {
    let sums: Vec<Vec<Affine<P>>> = grouped
        .ranges(RANGE)
        .into_par_iter()
        .map_init(Range::new, |range, groups| range.sum(grouped, groups, points))
        .collect();
    sums.concat()
}

/// An addition that waits for its share of the inversion.
struct Pending<F> {
    at: usize,
    denominator: F,
    /// The product of the denominators before it in its chain.
    before: F,
}

/// Working memory for one range of groups. Secret.
struct Range<P: Curve> {
    points: Zeroizing<Vec<Affine<P>>>,
    pending: Vec<Pending<P::BaseField>>,
}

impl<P: Curve> Range<P> {
    fn new() -> Self {
        Self { points: Zeroizing::new(Vec::with_capacity(RANGE)), pending: Vec::with_capacity(RANGE / 2) }
    }

    fn sum(&mut self, grouped: &Grouped, groups: std::ops::Range<usize>, points: &[Affine<P>]) -> Vec<Affine<P>> {
        self.points.clear();
        self.points.extend(grouped.members(groups.clone()).iter().map(|member| {
            let point = points[(member >> 1) as usize];
            if member & 1 == 1 { -point } else { point }
        }));
        let largest = groups.clone().map(|group| grouped.size(group)).max().unwrap_or(0);
        // After a pass of distance d, a group's partial sums stand 2d apart from its start on.
        let mut distance = 1;
        while distance < largest {
            self.pass(grouped, groups.clone(), distance);
            distance *= 2;
        }
        let mut start = 0;
        groups
            .map(|group| {
                let size = grouped.size(group);
                let sum = if size == 0 { Affine::identity() } else { self.points[start] };
                start += size;
                sum
            })
            .collect()
    }

    /// Adds neighbours at this distance in all groups.
    fn pass(&mut self, grouped: &Grouped, groups: std::ops::Range<usize>, distance: usize) {
        self.pending.clear();
        let mut products = [P::BaseField::ONE; CHAINS];
        let mut start = 0;
        for group in groups {
            let size = grouped.size(group);
            for at in (start..(start + size).saturating_sub(distance)).step_by(2 * distance) {
                self.prepare(at, distance, &mut products);
            }
            start += size;
        }
        ark_ff::batch_inversion(&mut products);
        for (i, addition) in self.pending.iter().enumerate().rev() {
            let inverses = &mut products[i % CHAINS];
            let inverse = *inverses * addition.before;
            *inverses *= addition.denominator;
            let (p, q) = (self.points[addition.at], self.points[addition.at + distance]);
            self.points[addition.at] = chord(&p, &q, &inverse);
        }
    }

    /// Queues the addition at a place, or does it at once when the chord has no slope.
    fn prepare(&mut self, at: usize, distance: usize, products: &mut [P::BaseField; CHAINS]) {
        let (p, q) = (self.points[at], self.points[at + distance]);
        let denominator = q.x - p.x;
        if denominator == P::BaseField::ZERO || p.is_zero() || q.is_zero() {
            // Equal, opposite or the identity: the complete formula. Rare, because the bases are independent.
            self.points[at] = (p.into_group() + q).into_affine();
            return;
        }
        let product = &mut products[self.pending.len() % CHAINS];
        self.pending.push(Pending { at, denominator, before: *product });
        *product *= denominator;
    }
}

impl<P: Curve> Drop for Range<P> {
    fn drop(&mut self) {
        for addition in &mut self.pending {
            addition.denominator.zeroize();
            addition.before.zeroize();
        }
    }
}

/// `p + q` for points of different x, given `1 / (q.x − p.x)`.
fn chord<P: Curve>(p: &Affine<P>, q: &Affine<P>, inverse: &P::BaseField) -> Affine<P> {
    let slope = (q.y - p.y) * inverse;
    let x = slope.square() - p.x - q.x;
    let y = slope * (p.x - x) - p.y;
    Affine::new_unchecked(x, y)
}
