//! `dateTimeStamp` of XML Schema 1.1 part 2 §3.4.28: a date, a time, perhaps a fraction, and a time zone.

use time::{Date, Month, Time};

/// Why a text is no date and time.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DateTimeError {
    /// Another form, or no such date.
    #[error("not a date and time like 2024-12-01T00:00:00Z or 2024-12-01T01:00:00.5+01:00")]
    Malformed,
    /// Without a time zone.
    #[error("without a time zone; end it with Z or an offset like +01:00")]
    NoTimeZone,
}

/// A point in time, to the nanosecond.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct DateTime {
    unix_s: i64,
    nanos: u32,
}

impl DateTime {
    /// Reads a `dateTimeStamp`.
    ///
    /// # Errors
    /// [`DateTimeError`].
    pub fn parse(text: &str) -> Result<Self, DateTimeError> {
        let (local, offset_s) = read(text)?;
        Ok(local.before(offset_s.ok_or(DateTimeError::NoTimeZone)?))
    }

    /// [`Self::parse`], where a missing time zone means UTC: "time values that are incorrectly serialized without an
    /// offset are to be interpreted as UTC" (Data Integrity §2.1, of proofs).
    ///
    /// # Errors
    /// [`DateTimeError::Malformed`].
    pub fn parse_or_utc(text: &str) -> Result<Self, DateTimeError> {
        let (local, offset_s) = read(text)?;
        Ok(local.before(offset_s.unwrap_or(0)))
    }

    /// From Unix seconds.
    pub fn from_unix_s(unix_s: u64) -> Self {
        Self { unix_s: i64::try_from(unix_s).unwrap_or(i64::MAX), nanos: 0 }
    }

    /// Unix seconds, rounded down.
    pub fn unix_s(self) -> i64 {
        self.unix_s
    }

    fn before(self, seconds: i64) -> Self {
        Self { unix_s: self.unix_s - seconds, ..self }
    }
}

/// The time as on a clock in UTC, and the offset in seconds if there is one.
fn read(text: &str) -> Result<(DateTime, Option<i64>), DateTimeError> {
    const MALFORMED: DateTimeError = DateTimeError::Malformed;
    // Four-digit years: the library's dates end there, and so do ours.
    let (date_time, rest) = text.split_at_checked(19).ok_or(MALFORMED)?;
    let fits = |b: u8, p: u8| if p == b'd' { b.is_ascii_digit() } else { b == p };
    if !date_time.bytes().zip(*b"dddd-dd-ddTdd:dd:dd").all(|(b, p)| fits(b, p)) {
        return Err(MALFORMED);
    }
    let number = |from: usize, to: usize| date_time[from..to].bytes().fold(0u16, |n, b| n * 10 + u16::from(b - b'0'));
    let small = |from: usize| u8::try_from(number(from, from + 2)).unwrap_or(u8::MAX);
    let month = Month::try_from(small(5)).map_err(|_| MALFORMED)?;
    let date = Date::from_calendar_date(i32::from(number(0, 4)), month, small(8)).map_err(|_| MALFORMED)?;
    let (nanos, zone) = fraction(rest)?;
    let seconds = match (small(11), small(14), small(17)) {
        // The end of a day, which is the beginning of the next.
        (24, 0, 0) if nanos == 0 => 86_400,
        (hour, minute, second) => {
            let time = Time::from_hms(hour, minute, second).map_err(|_| MALFORMED)?;
            i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second())
        }
    };
    let midnight = date.midnight().assume_utc().unix_timestamp();
    Ok((DateTime { unix_s: midnight + seconds, nanos }, offset(zone)?))
}

/// Nanoseconds of `.5…`, and what follows.
fn fraction(text: &str) -> Result<(u32, &str), DateTimeError> {
    let Some(rest) = text.strip_prefix('.') else { return Ok((0, text)) };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    if end == 0 {
        return Err(DateTimeError::Malformed);
    }
    let nanos = rest[..end].bytes().chain(std::iter::repeat(b'0')).take(9).fold(0, |n, b| n * 10 + u32::from(b - b'0'));
    Ok((nanos, &rest[end..]))
}

fn offset(zone: &str) -> Result<Option<i64>, DateTimeError> {
    let bytes = match zone {
        "" => return Ok(None),
        "Z" => return Ok(Some(0)),
        zone => zone.as_bytes(),
    };
    let &[sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = bytes else { return Err(DateTimeError::Malformed) };
    if ![h1, h2, m1, m2].iter().all(u8::is_ascii_digit) {
        return Err(DateTimeError::Malformed);
    }
    let two = |tens: u8, ones: u8| i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
    let (hours, minutes) = (two(h1, h2), two(m1, m2));
    if minutes > 59 || hours * 60 + minutes > 14 * 60 {
        return Err(DateTimeError::Malformed);
    }
    let seconds = hours * 3_600 + minutes * 60;
    Ok(Some(if sign == b'-' { -seconds } else { seconds }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_a_zone_are_read() {
        for (text, unix_s) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2024-12-01T00:00:00Z", 1_733_011_200),
            ("2024-12-01T01:00:00+01:00", 1_733_011_200),
            ("2024-11-30T10:00:00.000-14:00", 1_733_011_200),
            ("2024-11-30T24:00:00Z", 1_733_011_200),
            ("2024-12-01T00:00:00.999999999999Z", 1_733_011_200),
            ("0001-01-01T00:00:00Z", -62_135_596_800),
        ] {
            assert_eq!(DateTime::parse(text).unwrap().unix_s(), unix_s, "{text}");
        }
        let parse = |text| DateTime::parse(text).unwrap();
        assert!(parse("2024-12-01T00:00:00.1Z") < parse("2024-12-01T00:00:00.11Z"));
        assert_eq!(parse("2024-12-01T00:00:00Z"), DateTime::from_unix_s(1_733_011_200));
    }

    #[test]
    fn everything_else_is_refused() {
        assert_eq!(DateTime::parse("2024-12-01T00:00:00"), Err(DateTimeError::NoTimeZone));
        assert_eq!(DateTime::parse_or_utc("2024-12-01T00:00:00"), DateTime::parse("2024-12-01T00:00:00Z"));
        for text in [
            "",
            "2024-12-01",
            "2024-12-01T00:00Z",
            "2024-12-01 00:00:00Z",
            "2024-12-01t00:00:00z",
            "2023-02-29T00:00:00Z",
            "2024-12-01T24:00:01Z",
            "2024-12-01T24:00:00.1Z",
            "2024-12-01T23:59:60Z",
            "2024-12-01T00:00:00.Z",
            "2024-12-01T00:00:00+0100",
            "2024-12-01T00:00:00+14:01",
            "2024-12-01T00:00:00+01:60",
            "2024-12-01T00:00:00ZZ",
            "12024-12-01T00:00:00Z",
            "+024-12-01T00:00:00Z",
            "yesterday",
            "２０２４-12-01T00:00:00Z",
        ] {
            assert_eq!(DateTime::parse(text), Err(DateTimeError::Malformed), "{text}");
        }
    }
}
