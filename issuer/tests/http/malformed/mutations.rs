//! Ways to spoil a JSON body, member by member.

use poa_circuits::native::field::{self, F};
use serde_json::{Value, json};

/// The JSON pointers of every member and element, outermost first.
pub fn pointers(value: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
        let mut visit = |name: &str, inner: &Value| {
            let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
            found.push(pointer.clone());
            walk(inner, &pointer, found);
        };
        match value {
            Value::Object(members) => members.iter().for_each(|(name, inner)| visit(name, inner)),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, inner)| visit(&i.to_string(), inner));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

/// `body` with the value at `pointer` exchanged.
pub fn replaced(body: &Value, pointer: &str, value: Value) -> Value {
    let mut body = body.clone();
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

/// `body` without the member or element at `pointer`.
pub fn removed(body: &Value, pointer: &str) -> Value {
    let mut body = body.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.remove(&name.replace("~1", "/").replace("~0", "~"))),
        Value::Array(items) => drop(items.remove(name.parse().unwrap())),
        other => panic!("{other} has no members"),
    }
    body
}

/// Values of other JSON types than `value`, null among them unless the member is `optional`.
pub fn wrong_types(value: &Value, optional: bool) -> Vec<Value> {
    let candidates = [json!(null), json!(true), json!(1.5), json!("\u{1}"), json!([[]]), json!({ "?": 0 })];
    candidates
        .into_iter()
        .filter(|other| !(optional && other.is_null()))
        .filter(|other| std::mem::discriminant(other) != std::mem::discriminant(value))
        .collect()
}

/// Other spellings of a field element: aliases above r, and texts that a lenient reader would take.
pub fn element_aliases(text: &str) -> Vec<Value> {
    let Ok(element) = field::decode_hex(text) else { return Vec::new() };
    let digits = &text[2..];
    vec![
        plus_r(&element),
        format!("0x{}", "f".repeat(64)),
        format!("0X{digits}"),
        digits.to_owned(),
        format!("0x{}", digits.to_uppercase()).replace("0x0", "0x0 "),
        format!("0x{}", &digits[1..]),
        format!("0x0{digits}"),
        format!("-{text}"),
        format!("{text}\0"),
    ]
    .into_iter()
    .map(Value::from)
    .collect()
}

/// `x + r` in hex: the same residue, another integer.
pub fn plus_r(element: &F) -> String {
    /// r, big-endian.
    const R: &str = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    let (mut sum, mut carry) = (field::to_bytes_be(element), 0u16);
    for (byte, r) in sum.iter_mut().zip(hex::decode(R).unwrap()).rev() {
        let total = u16::from(*byte) + u16::from(r) + carry;
        *byte = total as u8;
        carry = total >> 8;
    }
    format!("0x{}", hex::encode(sum))
}
