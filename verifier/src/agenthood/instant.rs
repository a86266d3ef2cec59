//! Times to the millisecond, as the published documents write them: `2026-05-01T12:00:00.000Z`.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::text::deserialize_from_text;
use crate::time::{self, LAST_UNIX_S, TimeError};

/// A time in Unix milliseconds, written in ISO 8601 with exactly three decimals and `Z`. Not after the year 9999.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(into = "String")]
pub struct Instant(u64);

impl Instant {
    /// A time by its Unix milliseconds.
    ///
    /// # Errors
    /// [`TimeError::TooLate`] after the year 9999.
    pub fn from_unix_ms(unix_ms: u64) -> Result<Self, TimeError> {
        if unix_ms / 1000 > LAST_UNIX_S { Err(TimeError::TooLate) } else { Ok(Self(unix_ms)) }
    }

    /// Unix milliseconds.
    pub fn unix_ms(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The constructor refuses what cannot be written.
        let seconds = time::format_utc(self.0 / 1000).map_err(|_| fmt::Error)?;
        write!(f, "{}.{:03}Z", &seconds[..seconds.len() - 1], self.0 % 1000)
    }
}

impl FromStr for Instant {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let (seconds, decimals) = text.split_once('.').ok_or(TimeError::Malformed)?;
        let millis = match decimals.as_bytes() {
            [a, b, c, b'Z'] if [a, b, c].iter().all(|d| d.is_ascii_digit()) => {
                [a, b, c].iter().fold(0, |n, d| n * 10 + u64::from(**d - b'0'))
            }
            _ => return Err(TimeError::Malformed),
        };
        Ok(Self(time::parse_local(seconds)? * 1000 + millis))
    }
}

deserialize_from_text!(Instant);

impl From<Instant> for String {
    fn from(instant: Instant) -> Self {
        instant.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_decimals() {
        for (text, unix_ms) in [("1970-01-01T00:00:00.000Z", 0), ("2024-12-01T00:00:00.045Z", 1_733_011_200_045)] {
            assert_eq!(text.parse::<Instant>().unwrap().unix_ms(), unix_ms);
            assert_eq!(Instant::from_unix_ms(unix_ms).unwrap().to_string(), text);
        }
        for bad in [
            "2024-12-01T00:00:00Z",
            "2024-12-01T00:00:00.45Z",
            "2024-12-01T00:00:00.0450Z",
            "2024-12-01T00:00:00.045",
            "",
        ] {
            assert_eq!(bad.parse::<Instant>(), Err(TimeError::Malformed), "{bad}");
        }
        assert_eq!(Instant::from_unix_ms((LAST_UNIX_S + 1) * 1000), Err(TimeError::TooLate));
    }
}
