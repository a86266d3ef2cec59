//! Sums of groups of points by affine additions that share their inversions.
//!
//! An affine addition divides once. Within a pass all additions are independent, so one inversion and three products
//! each serve them all: six products an addition where projective formulas take eleven or more. A pass halves every
//! group; ranges of groups are sized for the second-level cache and run on rayon.

use std::borrow::Borrow;
use std::hint::black_box;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ark_ec::short_weierstrass::Affine;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, Zero};
use rayon::prelude::*;
use zeroize::{Zeroize, Zeroizing};

use super::Curve;
use super::grouped::Grouped;
use super::kernel::{Coordinate, invert_all};

/// Points summed together: 512 KiB of G1, 1 MiB of G2.
const RANGE: usize = 8192;

/// Points fetched together. Each comes from a random place of a table that no cache holds, so that fetching one after
/// the other would wait for the memory each time; a few dozen lines are what a core can have under way.
const FETCHED: usize = 32;

/// A member of a group: an entry of a list of points, or its negative.
pub(super) fn member(index: usize, negative: bool) -> u32 {
    debug_assert!(index < 1 << 31);
    (index as u32) << 1 | u32::from(negative)
}

/// Sums groups of points, in workspaces that are used again: about one a thread.
pub(super) struct Summation<P: Curve> {
    idle: Mutex<Vec<Workspace<P>>>,
}

impl<P: Curve> Summation<P> {
    pub fn new() -> Self {
        Self { idle: Mutex::default() }
    }

    /// The sum of each group's points; the identity for an empty group. Members are those of [`member`]. Secret.
    pub fn of_groups<A>(&self, grouped: &Grouped, points: &[A]) -> Zeroizing<Vec<Affine<P>>>
    where
        A: Borrow<Affine<P>> + Sync,
    {
        let mut sums = Zeroizing::new(vec![Affine::identity(); grouped.groups()]);
        let mut rest = sums.as_mut_slice();
        let mut ranges = Vec::new();
        for groups in grouped.ranges(RANGE) {
            let (of_range, after) = rest.split_at_mut(groups.len());
            ranges.push((groups, of_range));
            rest = after;
        }
        // Ranges are stolen one by one: a thread that has nothing else to do finds work here until the end.
        ranges.into_par_iter().with_max_len(1).for_each(|(groups, sums)| {
            let mut workspace = self.idle().pop().unwrap_or_else(Workspace::new);
            workspace.sum(grouped, groups, points, sums);
            self.idle().push(workspace);
        });
        sums
    }

    /// Workspaces that no thread is in.
    fn idle(&self) -> MutexGuard<'_, Vec<Workspace<P>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory for one range of groups at a time. Secret.
struct Workspace<P: Curve> {
    points: Zeroizing<Vec<Affine<P>>>,
    /// Where the additions of a pass stand, and the differences of their x coordinates, later inverted.
    places: Zeroizing<Vec<u32>>,
    differences: Vec<P::BaseField>,
    products: Vec<P::BaseField>,
}

impl<P: Curve> Workspace<P> {
    /// With room for most ranges, which end with the group that reaches [`RANGE`].
    fn new() -> Self {
        Self::with_room_for(RANGE + RANGE / 16)
    }

    fn with_room_for(members: usize) -> Self {
        Self {
            points: Zeroizing::new(Vec::with_capacity(members)),
            places: Zeroizing::new(Vec::with_capacity(members / 2)),
            differences: Vec::with_capacity(members / 2),
            products: Vec::with_capacity(members / 2),
        }
    }

    /// Vectors that grew would leave what they hold behind: for a greater range everything is taken anew.
    fn make_room_for(&mut self, members: usize) {
        if members > self.points.capacity() {
            *self = Self::with_room_for(members);
        }
        self.points.clear();
    }

    /// The sum of each of these groups' points, into `sums`.
    fn sum<A>(&mut self, grouped: &Grouped, groups: Range<usize>, points: &[A], sums: &mut [Affine<P>])
    where
        A: Borrow<Affine<P>>,
    {
        self.make_room_for(grouped.members(groups.clone()).len());
        for members in grouped.members(groups.clone()).chunks(FETCHED) {
            self.fetch(members, points);
        }
        let largest = groups.clone().map(|group| grouped.size(group)).max().unwrap_or(0);
        // After a pass of distance d, a group's partial sums stand 2d apart from its start on.
        let mut distance = 1;
        while distance < largest {
            self.pass(grouped, groups.clone(), distance);
            distance *= 2;
        }
        let mut start = 0;
        for (sum, group) in sums.iter_mut().zip(groups) {
            let size = grouped.size(group);
            if size > 0 {
                *sum = self.points[start];
            }
            start += size;
        }
    }

    /// Copies members' points, negated where they say so. First touches them all: so little is done with each that the
    /// processor runs ahead and their cache misses overlap.
    fn fetch<A: Borrow<Affine<P>>>(&mut self, members: &[u32], points: &[A]) {
        let point = |member: u32| points[(member >> 1) as usize].borrow();
        for member in members {
            let Affine { x, y, .. } = point(*member);
            black_box(x.is_zero() | y.is_zero());
        }
        self.points.extend(members.iter().map(|member| {
            let Affine { x, y, .. } = point(*member);
            Affine::new_unchecked(*x, y.negated_if(member & 1 == 1))
        }));
    }

    /// Adds neighbours at this distance in all groups.
    fn pass(&mut self, grouped: &Grouped, groups: Range<usize>, distance: usize) {
        self.places.clear();
        self.differences.clear();
        let mut start = 0;
        for group in groups {
            let size = grouped.size(group);
            for place in (start..(start + size).saturating_sub(distance)).step_by(2 * distance) {
                self.prepare(place, distance);
            }
            start += size;
        }
        invert_all(&mut self.differences, &mut self.products);
        for (place, inverse) in self.places.iter().zip(&self.differences) {
            let place = *place as usize;
            self.points[place] = chord(&self.points[place], &self.points[place + distance], inverse);
        }
    }

    /// Queues the addition at a place, or does it at once when the chord has no slope.
    fn prepare(&mut self, place: usize, distance: usize) {
        let (p, q) = (&self.points[place], &self.points[place + distance]);
        let difference = q.x.minus(&p.x);
        if difference == P::BaseField::ZERO || p.is_zero() || q.is_zero() {
            // Equal, opposite or the identity: the complete formula. Rare, because the bases are independent.
            self.points[place] = (p.into_group() + q).into_affine();
        } else {
            self.places.push(place as u32);
            self.differences.push(difference);
        }
    }
}

impl<P: Curve> Drop for Workspace<P> {
    fn drop(&mut self) {
        self.differences.zeroize();
        self.products.zeroize();
    }
}

/// `p + q` for points of different x, given `1 / (q.x − p.x)`.
fn chord<P: Curve>(p: &Affine<P>, q: &Affine<P>, inverse: &P::BaseField) -> Affine<P> {
    let slope = q.y.minus(&p.y).times(inverse);
    let x = slope.squared().minus(&p.x).minus(&q.x);
    let y = slope.times(&p.x.minus(&x)).minus(&p.y);
    Affine::new_unchecked(x, y)
}
