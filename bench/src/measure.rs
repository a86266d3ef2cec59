//! Both sides of a row in turns, so that whatever else the machine does falls on both.

use std::time::Instant;

use serde::Serialize;

/// Median and quartiles of some runs, in the row's unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The run in the middle.
    pub median: f64,
    /// A quarter of the runs took less.
    pub lower_quartile: f64,
    /// A quarter of the runs took more.
    pub upper_quartile: f64,
}

impl Spread {
    /// Of one run or more; panics without one.
    pub fn of(mut runs: Vec<f64>) -> Self {
        runs.sort_by(f64::total_cmp);
        let quantile = |of_four: usize| runs[(runs.len() - 1) * of_four / 4];
        Self { median: quantile(2), lower_quartile: quantile(1), upper_quartile: quantile(3) }
    }

    /// Of a figure that was taken once.
    pub fn once(figure: f64) -> Self {
        Self::of(vec![figure])
    }

    /// In another unit, `factor` times as large a figure.
    pub fn scaled(self, factor: f64) -> Self {
        let Self { median, lower_quartile, upper_quartile } = self;
        Self {
            median: median * factor,
            lower_quartile: lower_quartile * factor,
            upper_quartile: upper_quartile * factor,
        }
    }

    /// Of the inverse: seconds into runs a second.
    pub fn inverse(self) -> Self {
        Self {
            median: 1.0 / self.median,
            lower_quartile: 1.0 / self.upper_quartile,
            upper_quartile: 1.0 / self.lower_quartile,
        }
    }
}

/// Runs each side once unmeasured and then `rounds` times in turns. Seconds, in the order of the sides.
///
/// # Panics
/// When `rounds` is 0.
pub fn in_turns<const SIDES: usize>(rounds: usize, mut sides: [&mut dyn FnMut(); SIDES]) -> [Spread; SIDES] {
    assert!(rounds > 0, "at least one round");
    let mut runs: [Vec<f64>; SIDES] = std::array::from_fn(|_| Vec::with_capacity(rounds));
    sides.iter_mut().for_each(|side| side());
    for _ in 0..rounds {
        for (side, runs) in sides.iter_mut().zip(&mut runs) {
            let start = Instant::now();
            side();
            runs.push(start.elapsed().as_secs_f64());
        }
    }
    runs.map(Spread::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_runs_that_happened() {
        let spread = Spread::of(vec![5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(spread, Spread { median: 3.0, lower_quartile: 2.0, upper_quartile: 4.0 });
        assert_eq!(Spread::once(7.0).median, 7.0);
    }

    #[test]
    fn an_inverse_swaps_the_quartiles() {
        let spread = Spread { median: 0.5, lower_quartile: 0.25, upper_quartile: 1.0 };
        assert_eq!(spread.inverse(), Spread { median: 2.0, lower_quartile: 1.0, upper_quartile: 4.0 });
    }

    #[test]
    fn sides_take_turns_after_one_run_each_that_is_not_counted() {
        let order = std::cell::RefCell::new(String::new());
        let [_, _] = in_turns(2, [&mut || order.borrow_mut().push('a'), &mut || order.borrow_mut().push('b')]);
        assert_eq!(order.into_inner(), "ababab");
    }
}
