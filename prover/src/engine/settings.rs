//! How much memory the tables may take.

/// Bits of a scalar, and one more for the carry of signed digits.
const SCALAR_BITS: u32 = 255;

/// The form of the fixed-base tables: more memory, fewer bucket sets.
///
/// A scalar is read as signed digits of `window_bits` each. With stride 1 the table holds every base times every power
/// that a digit can have; with stride `s` only every `s`-th, and `s` sets of buckets are joined by doubling.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Settings {
    window_bits: u32,
    stride: u32,
}

impl Settings {
    /// About 55 MiB of tables: the fastest on machines with memory to spare.
    pub const FULL: Self = Self { window_bits: 15, stride: 1 };
    /// About 16 MiB of tables, for processes that must stay below 64 MiB: 49 on two threads, each more takes some 3.
    pub const SMALL: Self = Self { window_bits: 13, stride: 4 };

    /// Other forms; none outside 4 to 16 bits or a stride beyond the number of digits.
    pub fn new(window_bits: u32, stride: u32) -> Option<Self> {
        let settings = Self { window_bits, stride };
        let stride_fits = (4..=16).contains(&window_bits) && (1..=settings.windows()).contains(&stride);
        stride_fits.then_some(settings)
    }

    /// The same for the B query, which has half as many bases as the A query and dearer additions: buckets cost two
    /// each to join, so fewer of them and more digits are less work.
    pub(super) fn for_b(self) -> Self {
        Self { window_bits: self.window_bits.saturating_sub(2).max(4), ..self }
    }

    /// Bits of a digit.
    pub fn window_bits(self) -> u32 {
        self.window_bits
    }

    /// Sets of buckets.
    pub fn stride(self) -> u32 {
        self.stride
    }

    /// Digits of a scalar.
    pub(super) fn windows(self) -> u32 {
        SCALAR_BITS.div_ceil(self.window_bits)
    }

    /// Table entries a base.
    pub(super) fn multiples(self) -> usize {
        self.windows().div_ceil(self.stride) as usize
    }

    /// Buckets in a set: one for each absolute value of a digit but 0.
    pub(super) fn buckets(self) -> u32 {
        1 << (self.window_bits - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_cover_a_scalar_and_its_carry() {
        for settings in [Settings::FULL, Settings::SMALL] {
            assert!(settings.windows() * settings.window_bits() >= 255);
            assert!(settings.multiples() as u32 * settings.stride() >= settings.windows());
        }
        assert_eq!((Settings::FULL.windows(), Settings::FULL.multiples()), (17, 17));
        assert_eq!((Settings::SMALL.windows(), Settings::SMALL.multiples()), (20, 5));
    }

    #[test]
    fn unusable_forms_are_refused() {
        assert_eq!(Settings::new(15, 1), Some(Settings::FULL));
        for (bits, stride) in [(3, 1), (17, 1), (15, 0), (15, 18), (0, 0)] {
            assert_eq!(Settings::new(bits, stride), None);
        }
    }
}
