//! The reputation score: seven weighted factors in integer arithmetic (`docs/reputation.md`).
//!
//! The score is a pure function of the receipts that count (those not replaced). Every division rounds down.
//! A factor without data is left out and the others are re-weighted, so silence is neither praise nor blame.

use std::collections::BTreeMap;

use poa_circuits::native::attributes::Reputation;

use super::receipts::{FULL, Receipt};

/// How many of the newest forecasts the calibration looks at.
pub const CALIBRATION_WINDOW: usize = 100;
/// Days of attested work for the full longevity factor.
pub const LONGEVITY_DAYS: u64 = 730;
/// Bits of the task count for the full volume factor.
pub const VOLUME_BITS: u64 = 16;
/// Satoshi at stake for the full stake factor.
pub const STAKE_SATS: u64 = 100_000_000;

const DAY_S: u64 = 86_400;

/// The seven factors, each 0 to 10000, none where the receipts have no data for it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Factors {
    /// Completed of attempted tasks.
    pub completion: Option<u64>,
    /// Mean quality, weighted by attempted tasks.
    pub quality: Option<u64>,
    /// Share of undisputed receipts among those that say.
    pub disputes: Option<u64>,
    /// Days between the first and the last period end.
    pub longevity: Option<u64>,
    /// Bit length of the number of completed tasks.
    pub volume: Option<u64>,
    /// How close forecasts were to results.
    pub calibration: Option<u64>,
    /// Stake of the newest receipt that states one.
    pub stake: Option<u64>,
}

impl Factors {
    /// The factors of the receipts that count. The order of `receipts` does not matter.
    pub fn of(receipts: &[Receipt]) -> Self {
        let mut sums = FactorSums::default();
        receipts.iter().for_each(|receipt| sums.add(receipt));
        sums.factors()
    }

    /// Each factor with its weight in percent.
    pub fn weighted(&self) -> [(u64, Option<u64>); 7] {
        [
            (25, self.completion),
            (25, self.quality),
            (15, self.disputes),
            (10, self.longevity),
            (10, self.volume),
            (10, self.calibration),
            (5, self.stake),
        ]
    }

    /// The weighted mean of the factors that have data; 0 when none has.
    pub fn score(&self) -> Reputation {
        let known = self.weighted().into_iter().filter_map(|(weight, factor)| Some((weight, factor?)));
        let (weights, sum) = known.fold((0u64, 0u64), |(w, s), (weight, factor)| (w + weight, s + weight * factor));
        let score: u64 = sum.checked_div(weights).unwrap_or(0);
        // Cannot fail: a weighted mean of values up to 10000 is at most 10000.
        Reputation::new(score as u16).expect("a mean of factors up to 10000")
    }
}

/// What the factors need of receipts that are added one after the other, in any order. It stays small however many
/// they are.
#[derive(Default)]
pub(super) struct FactorSums {
    receipts: u64,
    attempted: u128,
    completed: u128,
    /// Quality times attempted tasks, and those tasks.
    quality: u128,
    rated: u128,
    stated: u64,
    undisputed: u64,
    /// The first and the last period end.
    periods: Option<(u64, u64)>,
    /// How far the newest forecasts missed, at most [`CALIBRATION_WINDOW`].
    misses: BTreeMap<Age, u64>,
    stake_sats: Newest<u64>,
}

impl FactorSums {
    pub(super) fn add(&mut self, receipt: &Receipt) {
        let (attempted, completed) = (u128::from(receipt.attempted), u128::from(receipt.completed));
        self.receipts += 1;
        self.attempted += attempted;
        self.completed += completed;
        if let Some(quality) = receipt.quality {
            self.quality += u128::from(quality) * attempted;
            self.rated += attempted;
        }
        if let Some(disputed) = receipt.disputed {
            self.stated += 1;
            self.undisputed += u64::from(!disputed);
        }
        let (first, last) = self.periods.unwrap_or((receipt.period_end, receipt.period_end));
        self.periods = Some((first.min(receipt.period_end), last.max(receipt.period_end)));
        if let (Some(confidence), Some(result)) = (receipt.confidence, share(completed, attempted)) {
            self.misses.insert(Age::of(receipt), confidence.abs_diff(result));
            if self.misses.len() > CALIBRATION_WINDOW {
                self.misses.pop_first();
            }
        }
        self.stake_sats.offer(receipt, receipt.stake_sats);
    }

    pub(super) fn factors(&self) -> Factors {
        let bits = || u64::from(u128::BITS - self.completed.leading_zeros()).min(VOLUME_BITS);
        let missed = self.misses.values().sum::<u64>().checked_div(self.misses.len() as u64);
        let days = |(first, last): (u64, u64)| ((last - first) / DAY_S).min(LONGEVITY_DAYS);
        Factors {
            completion: share(self.completed, self.attempted),
            // Fits: a mean of values up to 10000.
            quality: self.quality.checked_div(self.rated).map(|mean| mean as u64),
            disputes: share(self.undisputed.into(), self.stated.into()),
            longevity: self.periods.map(|periods| days(periods) * FULL / LONGEVITY_DAYS),
            volume: (self.receipts > 0).then(|| bits() * FULL / VOLUME_BITS),
            calibration: missed.map(|mean| FULL - mean),
            stake: self.stake_sats.get().map(|sats| (*sats).min(STAKE_SATS) * FULL / STAKE_SATS),
        }
    }
}

/// What tells which of two receipts is newer: the period end, then the time of issue, then attestor and jti, which are
/// unique together.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Age(u64, u64, String, String);

impl Age {
    fn of(receipt: &Receipt) -> Self {
        Self(receipt.period_end, receipt.issued_at, receipt.attestor.clone(), receipt.jti.clone())
    }
}

/// The value of the newest receipt that states one.
pub(super) struct Newest<T>(Option<(Age, T)>);

impl<T> Default for Newest<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Newest<T> {
    pub(super) fn offer(&mut self, receipt: &Receipt, value: Option<T>) {
        let Some(value) = value else { return };
        let age = Age::of(receipt);
        if self.0.as_ref().is_none_or(|(newest, _)| *newest < age) {
            self.0 = Some((age, value));
        }
    }

    pub(super) fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }
}

/// `part / whole` in hundredths of a percent, rounded down; none when `whole` is 0.
fn share(part: u128, whole: u128) -> Option<u64> {
    // Fits: part <= whole, so the quotient is at most 10000.
    (whole > 0).then(|| (part * u128::from(FULL) / whole) as u64)
}

#[cfg(test)]
mod tests;
