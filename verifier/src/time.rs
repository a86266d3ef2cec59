//! Times in documents: RFC 3339 in UTC, to the second, in exactly one spelling (`2024-12-01T00:00:00Z`).
//!
//! Inside the crate a time is Unix seconds as `u64`; nothing here reads a clock.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// How far two honest clocks may differ, in seconds.
pub const SKEW_S: u64 = 60;

/// 9999-12-31T23:59:59Z, the last time RFC 3339 can write.
pub const LAST_UNIX_S: u64 = 253_402_300_799;

/// Why a time was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// Not of the form `2024-12-01T00:00:00Z`, or no such date, or before 1970.
    #[error("not an RFC 3339 time in UTC to the second, like 2024-12-01T00:00:00Z")]
    Malformed,
    /// After the year 9999.
    #[error("a time after the year 9999 cannot be written")]
    TooLate,
}

/// Writes Unix seconds.
///
/// # Errors
/// [`TimeError::TooLate`] after the year 9999.
pub fn format_utc(unix_s: u64) -> Result<String, TimeError> {
    let t = date_time(unix_s)?;
    Ok(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        t.year(),
        u8::from(t.month()),
        t.day(),
        t.hour(),
        t.minute(),
        t.second()
    ))
}

/// Reads what [`format_utc`] writes; no other offset, fraction, leap second or case is taken.
///
/// # Errors
/// [`TimeError::Malformed`] when the text is anything else.
pub fn parse_utc(text: &str) -> Result<u64, TimeError> {
    parse_local(text.strip_suffix('Z').ok_or(TimeError::Malformed)?)
}

/// [`parse_utc`] of a text that its caller cut the `Z` off.
pub(crate) fn parse_local(text: &str) -> Result<u64, TimeError> {
    let bytes: &[u8; 19] = text.as_bytes().try_into().map_err(|_| TimeError::Malformed)?;
    let pattern = b"dddd-dd-ddTdd:dd:dd";
    let fits = bytes.iter().zip(pattern).all(|(b, p)| if *p == b'd' { b.is_ascii_digit() } else { b == p });
    if !fits {
        return Err(TimeError::Malformed);
    }
    let number = |from: usize, to: usize| bytes[from..to].iter().fold(0u16, |n, b| n * 10 + u16::from(b - b'0'));
    // Two digits always fit.
    let small = |from: usize| number(from, from + 2) as u8;
    let month = Month::try_from(small(5)).map_err(|_| TimeError::Malformed)?;
    let date = Date::from_calendar_date(i32::from(number(0, 4)), month, small(8)).map_err(|_| TimeError::Malformed)?;
    let time = Time::from_hms(small(11), small(14), small(17)).map_err(|_| TimeError::Malformed)?;
    let unix_s = PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp();
    u64::try_from(unix_s).map_err(|_| TimeError::Malformed)
}

/// Whether a time is the first second of a month, the grid of dates in disclosure schemas.
pub fn is_first_of_month(unix_s: u64) -> bool {
    date_time(unix_s).is_ok_and(|t| t.day() == 1 && t.time() == Time::MIDNIGHT)
}

fn date_time(unix_s: u64) -> Result<OffsetDateTime, TimeError> {
    if unix_s > LAST_UNIX_S {
        return Err(TimeError::TooLate);
    }
    // Fits: the bound above is far below 2^63.
    OffsetDateTime::from_unix_timestamp(unix_s as i64).map_err(|_| TimeError::TooLate)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_times_are_written_and_read() {
        for (unix_s, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_733_011_200, "2024-12-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (LAST_UNIX_S, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(format_utc(unix_s).unwrap(), text);
            assert_eq!(parse_utc(text).unwrap(), unix_s);
        }
        assert_eq!(format_utc(LAST_UNIX_S + 1), Err(TimeError::TooLate));
        assert_eq!(format_utc(u64::MAX), Err(TimeError::TooLate));
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for text in [
            "2024-12-01T00:00:00+00:00",
            "2024-12-01T00:00:00.0Z",
            "2024-12-01t00:00:00z",
            "2024-12-01 00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-12-01T24:00:00Z",
            "2024-12-01T23:59:60Z",
            "1969-12-31T23:59:59Z",
            "+024-12-01T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "２024-12-01T00:00Z",
            "",
        ] {
            assert_eq!(parse_utc(text), Err(TimeError::Malformed), "{text}");
        }
    }

    #[test]
    fn only_midnight_of_a_first_is_on_the_grid() {
        assert!(is_first_of_month(1_733_011_200));
        assert!(!is_first_of_month(1_733_011_201));
        assert!(!is_first_of_month(1_733_011_200 + 86_400));
        assert!(!is_first_of_month(u64::MAX));
    }

    proptest! {
        #[test]
        fn times_round_trip(unix_s in 0..=LAST_UNIX_S) {
            prop_assert_eq!(parse_utc(&format_utc(unix_s).unwrap()).unwrap(), unix_s);
        }
    }
}
