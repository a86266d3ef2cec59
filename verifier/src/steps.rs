//! How much work one document may ask for, counted in steps, so that the answer is the same on every machine.
//!
//! A step is a definition of a context that is read or copied, a statement, or some dozens of bytes of text. Documents
//! choose their own contexts and blank nodes, so a small one can ask for a lot of work.

use std::cell::Cell;

/// Most steps of one call. With `eddsa-rdfc-2022` a usual credential takes about three thousand, one with sixteen proofs
/// thirty thousand, a presentation of 32 credentials a hundred thousand.
pub const MAX_STEPS: u64 = 250_000;

/// A document asked for more than [`MAX_STEPS`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it asks for more than {MAX_STEPS} steps of work; repeat contexts less often, or send fewer documents at once")]
pub struct TooMuchWork;

/// The steps of one call.
#[derive(Debug, Default)]
pub struct Steps(Cell<u64>);

impl Steps {
    /// Counts steps before they are taken.
    pub(crate) fn take(&self, steps: u64) -> Result<(), TooMuchWork> {
        let taken = self.0.get().saturating_add(steps);
        if taken > MAX_STEPS {
            return Err(TooMuchWork);
        }
        self.0.set(taken);
        Ok(())
    }

    /// The steps taken so far.
    pub fn taken(&self) -> u64 {
        self.0.get()
    }
}

/// The steps it takes to copy or hash a text.
pub(crate) fn of_text(bytes: usize) -> u64 {
    bytes as u64 / 64 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_step_is_taken_and_no_more() {
        let steps = Steps::default();
        assert_eq!(steps.take(MAX_STEPS - 1), Ok(()));
        assert_eq!(steps.take(2), Err(TooMuchWork));
        assert_eq!(steps.take(1), Ok(()));
        assert_eq!(steps.take(of_text(0)), Err(TooMuchWork));
        assert_eq!(steps.taken(), MAX_STEPS);
    }
}
