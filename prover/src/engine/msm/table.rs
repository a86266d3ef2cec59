//! Fixed bases with their multiples, and sums over them.

use std::borrow::Borrow;

use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ec::{AdditiveGroup, AffineRepr, CurveGroup};
use ark_ff::BigInteger256;
use rayon::prelude::*;

use super::buckets::{Summation, member};
use super::grouped::{Grouped, Source};
use super::{Curve, digits, weighted};
use crate::engine::settings::Settings;

/// Bases with table entries made together, so that they share inversions.
const TOGETHER: usize = 256;

/// A point at the start of a cache line, so that reading one at random fetches no line more than it fills.
#[repr(align(64))]
pub(in crate::engine) struct Aligned<P: Curve>(Affine<P>);

// Derived traits would be wanted of `P` too.
impl<P: Curve> Copy for Aligned<P> {}

impl<P: Curve> PartialEq for Aligned<P> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<P: Curve> Clone for Aligned<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Curve> Aligned<P> {
    /// The point.
    pub fn point(&self) -> &Affine<P> {
        &self.0
    }
}

impl<P: Curve> From<Affine<P>> for Aligned<P> {
    fn from(point: Affine<P>) -> Self {
        Self(point)
    }
}

impl<P: Curve> Borrow<Affine<P>> for Aligned<P> {
    fn borrow(&self) -> &Affine<P> {
        self.point()
    }
}

/// Multiples of fixed bases: entry `i · multiples + j` is `2^(window_bits · stride · j)` times base `i`.
pub(in crate::engine) struct Table<P: Curve> {
    settings: Settings,
    /// The scalar that each base is multiplied by, as an index into the caller's.
    scalars: Vec<u32>,
    entries: Vec<Aligned<P>>,
}

impl<P: Curve> Table<P> {
    /// Makes the table of bases, one a scalar; those at infinity are dropped. `made` is told how many bases more are done.
    pub fn new(bases: &[Affine<P>], settings: Settings, made: impl Fn(u64) + Sync) -> Self {
        let kept: Vec<u32> = (0..bases.len() as u32).filter(|i| !bases[*i as usize].is_zero()).collect();
        made((bases.len() - kept.len()) as u64);
        let entries = kept
            .par_chunks(TOGETHER)
            .map(|chunk| {
                let entries = multiples(chunk.iter().map(|i| bases[*i as usize]), settings);
                made(chunk.len() as u64);
                entries
            })
            .collect::<Vec<_>>()
            .concat();
        Self { settings, scalars: kept, entries }
    }

    /// Puts a stored table together. `entries` and `scalars` are those of [`Table::entries`] and [`Table::scalars`];
    /// none when their numbers do not fit together.
    pub fn from_parts(settings: Settings, scalars: Vec<u32>, entries: Vec<Aligned<P>>) -> Option<Self> {
        let fits = scalars.len().checked_mul(settings.multiples()) == Some(entries.len());
        fits.then_some(Self { settings, scalars, entries })
    }

    /// The form.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// The index of each base's scalar.
    pub fn scalars(&self) -> &[u32] {
        &self.scalars
    }

    /// The multiples, base by base.
    pub fn entries(&self) -> &[Aligned<P>] {
        &self.entries
    }

    /// The bases themselves.
    pub fn bases(&self) -> impl Iterator<Item = &Affine<P>> {
        self.entries.iter().step_by(self.settings.multiples()).map(Aligned::point)
    }

    /// The base of a scalar; the identity when there is none.
    pub fn base(&self, scalar: u32) -> Affine<P> {
        let place = self.scalars.iter().position(|kept| *kept == scalar);
        place.map_or(Affine::zero(), |i| *self.entries[i * self.settings.multiples()].point())
    }

    /// Σ scalar · base, for scalars below 2^254.
    pub fn sum(&self, scalars: &[BigInteger256]) -> Projective<P> {
        let sets = self.settings.stride();
        let buckets = self.settings.buckets();
        let grouped = Grouped::new(sets * buckets, &Digits { table: self, scalars });
        let summation = Summation::new();
        let sums = summation.of_groups(&grouped, &self.entries);
        drop(grouped);
        let mut sets = sums.chunks_exact(buckets as usize).rev().map(|set| weighted::sum(set, &summation));
        let mut sum = sets.next().unwrap_or(Projective::ZERO);
        for set in sets {
            for _ in 0..self.settings.window_bits() {
                sum.double_in_place();
            }
            sum += set;
        }
        sum
    }
}

/// Every digit of every scalar: the bucket it names, and the table entry that goes there.
struct Digits<'a, P: Curve> {
    table: &'a Table<P>,
    scalars: &'a [BigInteger256],
}

impl<P: Curve> Source for Digits<'_, P> {
    fn visit(&self, mut each: impl FnMut(u32, u32)) {
        let settings = self.table.settings;
        let (stride, multiples) = (settings.stride(), settings.multiples());
        for (base, scalar) in self.table.scalars.iter().enumerate() {
            let scalar = &self.scalars[*scalar as usize];
            digits::for_each(scalar, settings.window_bits(), settings.windows(), |window, digit| {
                let entry = base * multiples + (window / stride) as usize;
                let bucket = (window % stride) * settings.buckets() + digit.unsigned_abs() - 1;
                each(bucket, member(entry, digit < 0));
            });
        }
    }
}

fn multiples<P: Curve>(bases: impl Iterator<Item = Affine<P>>, settings: Settings) -> Vec<Aligned<P>> {
    let doublings = settings.window_bits() * settings.stride();
    let mut all = Vec::with_capacity(TOGETHER * settings.multiples());
    for base in bases {
        let mut multiple = base.into_group();
        all.push(multiple);
        for _ in 1..settings.multiples() {
            for _ in 0..doublings {
                multiple.double_in_place();
            }
            all.push(multiple);
        }
    }
    Projective::normalize_batch(&all).into_iter().map(Aligned::from).collect()
}
