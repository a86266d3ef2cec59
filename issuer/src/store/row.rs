//! Between columns and types: every stored value is decoded strictly, or is named as corrupt.

use std::str::FromStr;

use poa_circuits::native::field::{self, F};
use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, Decode, Row, Sqlite, Type};

use super::StoreError;

/// A column's value.
pub(super) fn value<'r, T>(row: &'r SqliteRow, column: &'static str) -> Result<T, StoreError>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
    &'static str: ColumnIndex<SqliteRow>,
{
    Ok(row.try_get(column)?)
}

/// An integer that is never negative.
pub(super) fn unsigned<T: TryFrom<i64>>(row: &SqliteRow, column: &'static str) -> Result<T, StoreError> {
    T::try_from(value::<i64>(row, column)?).map_err(|_| StoreError::Corrupt(column))
}

/// An integer that is never negative, or null.
pub(super) fn unsigned_opt<T: TryFrom<i64>>(row: &SqliteRow, column: &'static str) -> Result<Option<T>, StoreError> {
    value::<Option<i64>>(row, column)?.map(|n| T::try_from(n).map_err(|_| StoreError::Corrupt(column))).transpose()
}

/// 0 or 1.
pub(super) fn flag(row: &SqliteRow, column: &'static str) -> Result<bool, StoreError> {
    Ok(value::<i64>(row, column)? != 0)
}

/// Exactly 32 bytes.
pub(super) fn bytes32(row: &SqliteRow, column: &'static str) -> Result<[u8; 32], StoreError> {
    value::<&[u8]>(row, column)?.try_into().map_err(|_| StoreError::Corrupt(column))
}

/// Exactly 32 bytes, or null.
pub(super) fn bytes32_opt(row: &SqliteRow, column: &'static str) -> Result<Option<[u8; 32]>, StoreError> {
    value::<Option<&[u8]>>(row, column)?
        .map(|bytes| bytes.try_into().map_err(|_| StoreError::Corrupt(column)))
        .transpose()
}

/// A canonical field element.
pub(super) fn element(row: &SqliteRow, column: &'static str) -> Result<F, StoreError> {
    field::from_bytes_be(&bytes32(row, column)?).map_err(|_| StoreError::Corrupt(column))
}

/// A text that parses.
pub(super) fn parsed<T: FromStr>(row: &SqliteRow, column: &'static str) -> Result<T, StoreError> {
    value::<&str>(row, column)?.parse().map_err(|_| StoreError::Corrupt(column))
}

/// A text that parses, or null.
pub(super) fn parsed_opt<T: FromStr>(row: &SqliteRow, column: &'static str) -> Result<Option<T>, StoreError> {
    value::<Option<&str>>(row, column)?.map(|text| text.parse().map_err(|_| StoreError::Corrupt(column))).transpose()
}

/// The bytes of a field element, as stored.
pub(super) fn blob(element: &F) -> Vec<u8> {
    field::to_bytes_be(element).to_vec()
}

/// A quantity as stored. Times, counts and sequence numbers stay far below 2^63; one that does not is
/// refused rather than wrapped.
pub(super) fn stored(n: u64, column: &'static str) -> Result<i64, StoreError> {
    i64::try_from(n).map_err(|_| StoreError::Corrupt(column))
}
