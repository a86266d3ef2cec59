//! Strict JSON: what is hashed or signed is read in exactly one way.
//!
//! [`parse_strict`] refuses, before anything is hashed: documents that are too large or too deep, duplicate members,
//! numbers outside ±(2^53 − 1) or not finite, whole numbers written with a fraction or exponent (`5000.0`, or
//! `5000.0000000000000000001`, which no double tells from it), lone surrogates, bytes after the value. [`canonical`]
//! writes RFC 8785 (JCS). Two documents that canonicalise alike therefore say the same: no whole number is rounded on
//! the way (64-bit amounts are decimal strings), a fraction is its nearest double, the order of members means nothing.

mod canonical;
mod node;

pub(crate) use node::Node;

use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Number, Value};
use sha2::{Digest, Sha256};

use crate::checks::readable;

/// Largest document that is read, in bytes (1 MiB: a trust document or a status list of some million entries).
pub const MAX_BYTES: usize = 1 << 20;

/// Deepest nesting of arrays and objects that is read.
pub const MAX_DEPTH: usize = 32;

/// Largest magnitude of a number: 2^53 − 1, the last one that RFC 8785 writes without loss.
pub const MAX_NUMBER: u64 = (1 << 53) - 1;

/// Why a text is not a document we read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// More than [`MAX_BYTES`] (or the caller's smaller bound).
    #[error("document of {bytes} bytes; at most {max} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The bound.
        max: usize,
    },
    /// Not JSON, or one of the refusals of this module; the text says which and where.
    #[error("not strict JSON: {0}")]
    Malformed(String),
}

/// Reads one JSON value of at most [`MAX_BYTES`] bytes.
///
/// # Errors
/// [`JsonError`] for everything the module header lists.
pub fn parse_strict(bytes: &[u8]) -> Result<Value, JsonError> {
    parse_bounded(bytes, MAX_BYTES)
}

/// [`parse_strict`] with a smaller size bound.
///
/// # Errors
/// [`JsonError`] for everything the module header lists.
pub fn parse_bounded(bytes: &[u8], max: usize) -> Result<Value, JsonError> {
    Ok(parse_node(bytes, max)?.to_value())
}

/// [`parse_bounded`] into a value that borrows its texts.
pub(crate) fn parse_node(bytes: &[u8], max: usize) -> Result<Node<'_>, JsonError> {
    if bytes.len() > max {
        return Err(JsonError::TooLarge { bytes: bytes.len(), max });
    }
    // UTF-8 first: serde_json then refuses lone surrogates written as escapes.
    let text = std::str::from_utf8(bytes).map_err(|e| JsonError::Malformed(e.to_string()))?;
    Node::parse(text).map_err(|e| JsonError::Malformed(readable(&e.to_string())))
}

/// Applies the rules that survive parsing (numbers, depth) to a value somebody else parsed. Duplicate members are
/// gone by then: prefer [`parse_strict`].
///
/// # Errors
/// [`JsonError::Malformed`] with the offending rule.
pub fn check(value: &Value) -> Result<(), JsonError> {
    check_at(value, 0)
}

fn check_at(value: &Value, depth: usize) -> Result<(), JsonError> {
    match value {
        Value::Number(number) => {
            checked_number(number.clone()).map(drop).map_err(|reason| JsonError::Malformed(reason.to_owned()))
        }
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => Err(JsonError::Malformed(TOO_DEEP.to_owned())),
        Value::Array(items) => items.iter().try_for_each(|v| check_at(v, depth + 1)),
        Value::Object(members) => members.values().try_for_each(|v| check_at(v, depth + 1)),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

/// Reads a struct from an object. serde's derived readers also take an array of the members in order; a document has
/// one form only, see [`read_exact`].
pub(crate) fn read_object<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    if value.is_object() {
        serde_json::from_value(value.clone()).map_err(|e| readable(&e.to_string()))
    } else {
        Err("must be an object".to_owned())
    }
}

/// [`read_object`] of a struct that is written exactly as it was read, so that no member has a second spelling: no
/// `null` for one left out, no `{"revocation": null}` for `"revocation"`, no list for an object.
pub(crate) fn read_exact<T: DeserializeOwned + Serialize>(value: &Value) -> Result<T, String> {
    let read: T = read_object(value)?;
    match serde_json::to_value(&read) {
        Ok(written) if written == *value => Ok(read),
        _ => Err("a member is not in its one form (null, say, or an object written as a list)".to_owned()),
    }
}

/// RFC 8785 (JCS) bytes of a value.
///
/// The caller got the value from [`parse_strict`], passed it through [`check`], or made it: of any other the form may
/// be that of a different text too.
pub fn canonical(value: &Value) -> Vec<u8> {
    canonical_node(&value.into())
}

/// [`canonical`] of a value that borrows its texts.
pub(crate) fn canonical_node(node: &Node<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    canonical::write(node, &mut bytes);
    bytes
}

/// SHA-256 of [`canonical`].
pub fn digest(value: &Value) -> [u8; 32] {
    Sha256::digest(canonical(value)).into()
}

/// A number written as a text, in its only decimal spelling.
pub(crate) fn decimal<N: FromStr>(digits: &str) -> Option<N> {
    let canonical = digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    canonical.then(|| digits.parse().ok()).flatten()
}

const TOO_DEEP: &str = "nested deeper than 32 levels";
const NOT_WHOLE: &str = "whole number with a fraction or exponent, or -0; write the digits alone";
const BEYOND: &str = "number beyond 2^53 - 1; write amounts as decimal strings";

fn checked_number(number: Number) -> Result<Number, &'static str> {
    let within = match (number.as_u64(), number.as_i64(), number.as_f64()) {
        (Some(n), _, _) => n <= MAX_NUMBER,
        (None, Some(n), _) => n.unsigned_abs() <= MAX_NUMBER,
        (None, None, Some(x)) if x.is_finite() && x.abs() <= MAX_NUMBER as f64 => {
            // Every double beyond 2^53 is whole, so the fraction is looked at only here.
            return if x.fract() == 0.0 { Err(NOT_WHOLE) } else { Ok(number) };
        }
        (None, None, _) => false,
    };
    if within { Ok(number) } else { Err(BEYOND) }
}

#[cfg(test)]
mod tests;
