//! How much a kind was used lately, as one number that never has to be brought up to date.
//!
//! The weight is `log2(Σ 2^day)` over the days of the uses: a use counts twice as much as one a day before, and
//! weights compare as they are, whenever they were written. A time enters as its hour, so that a weight does not
//! tell when somebody presented.

const HALVED_AFTER_S: f64 = 86_400.0;
const HOUR_S: u64 = 3_600;
/// A kind whose uses add up to less than 2 to this power is forgotten: one use is, after ten days.
const FORGOTTEN_BELOW: f64 = -10.0;

/// The weight after one more use, now.
pub fn after_use(before: Option<f64>, now: u64) -> f64 {
    let use_now = at(now);
    let Some(before) = before else { return use_now };
    let (more, less) = if before > use_now { (before, use_now) } else { (use_now, before) };
    more + (1.0 + (less - more).exp2()).log2()
}

/// What is lighter is forgotten.
pub fn forgotten_below(now: u64) -> f64 {
    at(now) + FORGOTTEN_BELOW
}

fn at(now: u64) -> f64 {
    // Exact: hours since 1970 are far below 2^53.
    (now - now % HOUR_S) as f64 / HALVED_AFTER_S
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;
    const DAY: u64 = 86_400;

    fn uses(times: &[u64]) -> f64 {
        times.iter().fold(None, |before, time| Some(after_use(before, *time))).unwrap()
    }

    #[test]
    fn uses_add_up_and_halve_each_day() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} {b}");
        near(uses(&[NOW; 4]), at(NOW) + 2.0);
        near(uses(&[NOW, NOW, NOW + DAY]), at(NOW + DAY) + 1.0);
        near(uses(&[NOW; 2]), uses(&[NOW + DAY]));
        near(uses(&[NOW + DAY, NOW]), uses(&[NOW, NOW + DAY]));
    }

    #[test]
    fn what_is_used_more_and_later_weighs_more() {
        assert!(uses(&[NOW; 3]) > uses(&[NOW; 2]));
        assert!(uses(&[NOW + DAY; 2]) > uses(&[NOW; 3]));
        assert!(uses(&[NOW; 8]) > uses(&[NOW + DAY]));
    }

    #[test]
    fn one_use_is_forgotten_after_ten_days() {
        assert!(uses(&[NOW]) >= forgotten_below(NOW + 10 * DAY));
        assert!(uses(&[NOW]) < forgotten_below(NOW + 11 * DAY));
    }

    #[test]
    fn a_weight_does_not_tell_the_minute() {
        assert_eq!(after_use(None, NOW - NOW % HOUR_S), after_use(None, NOW - NOW % HOUR_S + HOUR_S - 1));
    }
}
