//! Many rows in one bound value: records of one width after another, cut apart by SQL.
//!
//! A thousand rows of a statement with a placeholder per value cost more to parse and bind than to store. Here the
//! statement's text is always the same, so it is prepared once, and a batch binds a handful of values. Numbers are
//! decimal digits, because no portable SQL reads an integer from bytes.

/// The rows' common table expression: `at` is where each record begins. `$1` is the packed value, `$2` its width.
/// Fails on an empty value, for which there is nothing to insert.
macro_rules! each_record {
    () => {
        "WITH RECURSIVE record(at) AS (SELECT 0 UNION ALL SELECT at + $2 FROM record WHERE at + $2 < length($1)) "
    };
}
pub(super) use each_record;

/// Digits of a packed index, which is below 2^32.
pub(super) const INDEX_DIGITS: usize = 10;

/// Adds a number in decimal digits, with leading zeros.
pub(super) fn push_digits(bytes: &mut Vec<u8>, number: u32, digits: usize) {
    bytes.extend(format!("{number:0digits$}").bytes());
}
