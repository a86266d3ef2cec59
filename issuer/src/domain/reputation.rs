//! The reputation score: seven weighted factors in integer arithmetic (`docs/reputation.md`).
//!
//! The score is a pure function of the receipts that count (those not replaced). Every division rounds down.
//! A factor without data is left out and the others are re-weighted, so silence is neither praise nor blame.

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
        let newest_first = newest_first(receipts);
        Self {
            completion: completion(receipts),
            quality: quality(receipts),
            disputes: disputes(receipts),
            longevity: longevity(receipts),
            volume: volume(receipts),
            calibration: calibration(&newest_first),
            stake: stake(&newest_first),
        }
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

/// Newest first by period end, then by time of issue, then by attestor and jti, which are unique together.
pub(super) fn newest_first(receipts: &[Receipt]) -> Vec<&Receipt> {
    let mut sorted: Vec<_> = receipts.iter().collect();
    sorted.sort_by_key(|r| std::cmp::Reverse((r.period_end, r.issued_at, &r.attestor, &r.jti)));
    sorted
}

/// `part / whole` in hundredths of a percent, rounded down; none when `whole` is 0.
fn share(part: u128, whole: u128) -> Option<u64> {
    // Fits: part <= whole, so the quotient is at most 10000.
    (whole > 0).then(|| (part * u128::from(FULL) / whole) as u64)
}

fn sum(receipts: &[Receipt], value: impl Fn(&Receipt) -> u64) -> u128 {
    receipts.iter().map(|r| u128::from(value(r))).sum()
}

fn completion(receipts: &[Receipt]) -> Option<u64> {
    share(sum(receipts, |r| r.completed), sum(receipts, |r| r.attempted))
}

fn quality(receipts: &[Receipt]) -> Option<u64> {
    let rated = receipts.iter().filter_map(|r| Some((u128::from(r.quality?), u128::from(r.attempted))));
    let (total, weight) = rated.fold((0, 0), |(t, w), (quality, attempted)| (t + quality * attempted, w + attempted));
    (weight > 0).then(|| (total / weight) as u64)
}

fn disputes(receipts: &[Receipt]) -> Option<u64> {
    let stated: Vec<bool> = receipts.iter().filter_map(|r| r.disputed).collect();
    let undisputed = stated.iter().filter(|disputed| !**disputed).count();
    share(undisputed as u128, stated.len() as u128)
}

fn longevity(receipts: &[Receipt]) -> Option<u64> {
    let first = receipts.iter().map(|r| r.period_end).min()?;
    let last = receipts.iter().map(|r| r.period_end).max()?;
    let days = ((last - first) / DAY_S).min(LONGEVITY_DAYS);
    Some(days * FULL / LONGEVITY_DAYS)
}

fn volume(receipts: &[Receipt]) -> Option<u64> {
    if receipts.is_empty() {
        return None;
    }
    let tasks = sum(receipts, |r| r.completed);
    let bits = u64::from(u128::BITS - tasks.leading_zeros()).min(VOLUME_BITS);
    Some(bits * FULL / VOLUME_BITS)
}

fn calibration(newest_first: &[&Receipt]) -> Option<u64> {
    let misses: Vec<u64> = newest_first
        .iter()
        .filter_map(|r| {
            let result = share(u128::from(r.completed), u128::from(r.attempted))?;
            Some(r.confidence?.abs_diff(result))
        })
        .take(CALIBRATION_WINDOW)
        .collect();
    let mean = misses.iter().sum::<u64>().checked_div(misses.len() as u64)?;
    Some(FULL - mean)
}

fn stake(newest_first: &[&Receipt]) -> Option<u64> {
    let sats = newest_first.iter().find_map(|r| r.stake_sats)?.min(STAKE_SATS);
    Some(sats * FULL / STAKE_SATS)
}

#[cfg(test)]
mod tests;
