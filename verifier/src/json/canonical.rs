//! The canonical form of RFC 8785 (JCS).

use std::cmp::Ordering;
use std::io::Write as _;

use serde_json::Number;

use super::MAX_NUMBER;
use super::node::Node;

/// The order of members: by UTF-16 code units (RFC 8785 §3.2.3).
pub(super) fn member_order(one: &str, other: &str) -> Ordering {
    if one.is_ascii() && other.is_ascii() { one.cmp(other) } else { one.encode_utf16().cmp(other.encode_utf16()) }
}

/// Appends the canonical form.
pub(super) fn write(node: &Node<'_>, out: &mut Vec<u8>) {
    match node {
        Node::Null => out.extend_from_slice(b"null"),
        Node::Bool(true) => out.extend_from_slice(b"true"),
        Node::Bool(false) => out.extend_from_slice(b"false"),
        Node::Number(number) => write_number(number, out),
        Node::Text(text) => write_text(text, out),
        Node::List(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Node::Object(members) => {
            out.push(b'{');
            let mut first = true;
            members.in_canonical_order(|name, value| {
                if !std::mem::take(&mut first) {
                    out.push(b',');
                }
                write_text(name, out);
                out.push(b':');
                write(value, out);
            });
            out.push(b'}');
        }
    }
}

/// Whole numbers up to 2^53 - 1 are their digits; the form of any other double is left to a library.
fn write_number(number: &Number, out: &mut Vec<u8>) {
    let whole = number.as_i64().filter(|n| n.unsigned_abs() <= MAX_NUMBER);
    // Neither can fail: a `Vec` takes every write, and a `Number` is finite.
    match whole {
        Some(digits) => write!(out, "{digits}").expect("a Vec takes every write"),
        None => serde_json_canonicalizer::to_writer(number, out).expect("a JSON number has a canonical form"),
    }
}

/// RFC 8785 §3.2.2.2: two-character escapes where JSON has them, `\u00xx` for other controls, all else as it is.
fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')) {
        out.extend_from_slice(&rest[..at]);
        match rest[at] {
            byte @ (b'"' | b'\\') => out.extend_from_slice(&[b'\\', byte]),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            // Cannot fail: a `Vec` takes every write.
            control => write!(out, "\\u{control:04x}").expect("a Vec takes every write"),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}
