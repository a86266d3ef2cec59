//! Document ids: ULIDs, 48 bits of milliseconds and 80 random ones in Crockford's base 32.
//!
//! Source: <https://github.com/ulid/spec>.

use std::fmt;
use std::str::FromStr;

use rand_core::Rng as _;

use crate::domain::EntropyRng;

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 26;

/// Not 26 digits of Crockford's base 32 in upper case that fit 128 bits.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a ULID in upper case")]
pub struct JtiError;

/// A document's id, in its one spelling.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Jti(u128);

impl Jti {
    /// A fresh one of this time.
    pub fn random(now_ms: u64, rng: &mut EntropyRng) -> Self {
        let mut random = [0u8; 16];
        rng.fill_bytes(&mut random[6..]);
        Self(u128::from(now_ms & ((1 << 48) - 1)) << 80 | u128::from_be_bytes(random))
    }
}

impl fmt::Display for Jti {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |place: usize| char::from(DIGITS[(self.0 >> (5 * (LENGTH - 1 - place)) & 31) as usize]);
        f.write_str(&(0..LENGTH).map(digit).collect::<String>())
    }
}

impl FromStr for Jti {
    type Err = JtiError;

    fn from_str(text: &str) -> Result<Self, JtiError> {
        // 26 digits hold 130 bits: the first says at most 7.
        if text.len() != LENGTH || text.as_bytes()[0] > b'7' {
            return Err(JtiError);
        }
        let value = |byte: u8| DIGITS.iter().position(|digit| *digit == byte).ok_or(JtiError);
        text.bytes().try_fold(0, |sum: u128, byte| Ok(sum << 5 | value(byte)? as u128)).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_specifications_example_time_comes_first() {
        let entropy: crate::domain::Entropy = Arc::new(|bytes: &mut [u8]| bytes.fill(0xff));
        let jti = Jti::random(1_469_918_176_385, &mut EntropyRng::new(&entropy));
        assert_eq!(jti.to_string(), "01ARYZ6S41ZZZZZZZZZZZZZZZZ");
    }

    #[test]
    fn other_spellings_are_refused() {
        let good = "01ARYZ6S41ZZZZZZZZZZZZZZZZ";
        assert!(good.parse::<Jti>().is_ok());
        for bad in [&good.to_lowercase(), &good[1..], "81ARYZ6S41ZZZZZZZZZZZZZZZZ", "01ARYZ6S41ZZZZZZZZZZZZZZZU", ""] {
            assert_eq!(bad.parse::<Jti>(), Err(JtiError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bits: u128) {
            prop_assert_eq!(Jti(bits).to_string().parse::<Jti>(), Ok(Jti(bits)));
        }
    }
}
