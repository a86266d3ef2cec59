//! Shares and scores as people write them: hundredths of a percent on the wire, percentages beside them.

/// One hundred percent.
const FULL: u64 = 10_000;

/// Reads `80%`, `80.5%` or `80.25%` as hundredths of a percent, however many; without leading zeros and signs.
pub fn read(text: &str) -> Option<u64> {
    let number = text.strip_suffix('%')?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "00"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) || fraction.len() > 2 || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let hundredths: u64 = format!("{fraction:0<2}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(hundredths)
}

/// Reads a share of at most 100 %: a percentage, or an integer of hundredths.
pub fn read_share(value: &serde_json::Value) -> Option<u64> {
    let share = match value.as_str() {
        Some(text) => read(text),
        None => value.as_u64(),
    };
    share.filter(|share| *share <= FULL)
}

/// `80 %`, `0.80 %`: two decimals, or none where they are zeros.
pub fn write(hundredths: u64) -> String {
    match (hundredths / 100, hundredths % 100) {
        (whole, 0) => format!("{whole} %"),
        (whole, rest) => format!("{whole}.{rest:02} %"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn percentages_are_read_and_written() {
        for (text, value) in [("80%", 8_000), ("80.5%", 8_050), ("80.25%", 8_025), ("0%", 0), ("0.01%", 1)] {
            assert_eq!(read(text), Some(value), "{text}");
            assert_eq!(read_share(&json!(text)), Some(value), "{text}");
        }
        for (value, text) in [(8_000, "80 %"), (80, "0.80 %"), (8_025, "80.25 %"), (0, "0 %"), (10_000, "100 %")] {
            assert_eq!(write(value), text);
            assert_eq!(read(&text.replace(' ', "")), Some(value), "{text}");
            assert_eq!(read_share(&json!(value)), Some(value));
        }
        for text in ["", "%", "80", "080%", "+80%", "-1%", "80.%", ".5%", "80.123%", "80 %", "8e1%", "80%%", "1.5.1%"] {
            assert_eq!(read(text), None, "{text}");
        }
        for value in [json!(10_001), json!("100.01%"), json!("8000"), json!(-1), json!(0.5), json!(null)] {
            assert_eq!(read_share(&value), None, "{value}");
        }
    }
}
