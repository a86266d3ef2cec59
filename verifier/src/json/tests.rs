//! What the strict reader refuses, and that canonical bytes are stable.

use proptest::prelude::*;

use super::*;

fn refused(text: &str) -> String {
    parse_strict(text.as_bytes()).expect_err("must be refused").to_string()
}

#[test]
fn duplicate_members_are_refused_at_every_depth() {
    assert!(refused(r#"{"a":1,"a":1}"#).contains("duplicate member \"a\""));
    assert!(refused(r#"[{"x":{"b":1,"c":2,"b":3}}]"#).contains("duplicate"));
    // The same name in escapes is the same name.
    assert!(refused(r#"{"a":1,"\u0061":2}"#).contains("duplicate"));
}

#[test]
fn numbers_beyond_two_to_the_53_are_refused_and_the_last_one_is_read() {
    assert_eq!(parse_strict(b"9007199254740991").unwrap(), Value::from(9_007_199_254_740_991u64));
    assert_eq!(parse_strict(b"-9007199254740991").unwrap(), Value::from(-9_007_199_254_740_991i64));
    for text in [
        "9007199254740992",
        "9007199254740993",
        "-9007199254740992",
        "18446744073709551616",
        "1e16",
        "-1e300",
        "1e999",
        "9007199254740992.0",
    ] {
        refused(text);
    }
}

/// `5000.0000000000000000001` is the double 5000: signed as one text it would verify as the other.
#[test]
fn whole_numbers_have_one_spelling() {
    for text in ["5000.0000000000000000001", "5000.0", "5e3", "-0", "0.0", "1e-400", "0.00000e7"] {
        assert!(refused(text).contains("whole number"), "{text}");
    }
    assert_eq!(canonical(&parse_strict(b"[0.25,1.5e-1,-7]").unwrap()), b"[0.25,0.15,-7]");
    assert!(check(&serde_json::json!({"a": [5000.0]})).is_err());
}

#[test]
fn errors_neither_carry_control_characters_nor_grow_with_the_document() {
    let long = format!("{{\"{0}\":1,\"{0}\":2}}", "\u{202e}x".repeat(20_000));
    let error = refused(&long);
    assert!(error.chars().count() < 600 && !error.contains('\u{202e}'), "{error}");
}

#[test]
fn lone_surrogates_bad_utf8_and_trailing_bytes_are_refused() {
    refused(r#""\ud800""#);
    refused(r#""\udc00\ud800""#);
    refused("{} {}");
    refused("[1,]");
    refused("NaN");
    assert!(parse_strict(b"\"\xff\"").is_err());
    assert!(parse_strict(b"\"\xed\xa0\x80\"").is_err());
}

#[test]
fn depth_and_size_are_bounded() {
    let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert!(parse_strict(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert!(refused(&nested(MAX_DEPTH + 1)).contains("nested"));
    assert!(parse_strict("[".repeat(100_000).as_bytes()).is_err());
    let large = vec![b' '; MAX_BYTES + 1];
    assert_eq!(parse_strict(&large), Err(JsonError::TooLarge { bytes: MAX_BYTES + 1, max: MAX_BYTES }));
}

#[test]
fn canonical_form_sorts_members_by_utf16_and_escapes_as_rfc_8785() {
    let value = parse_strict(r#"{"é":1,"b":"\u000a\u20ac","a":[true,null,0.50]}"#.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(canonical(&value)).unwrap(), "{\"a\":[true,null,0.5],\"b\":\"\\n€\",\"é\":1}");
}

#[test]
fn values_parsed_elsewhere_are_checked_for_numbers_and_depth() {
    assert!(check(&serde_json::json!({"a": [1, "x", null]})).is_ok());
    assert!(check(&serde_json::json!({"a": [u64::MAX]})).is_err());
    let deep = (0..=MAX_DEPTH).fold(Value::Null, |v, _| Value::Array(vec![v]));
    assert!(check(&deep).is_err());
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_strict(&bytes);
    }

    #[test]
    fn canonical_bytes_parse_to_themselves(text in "\\PC{0,40}", n in -1_000_000i64..1_000_000) {
        let value = serde_json::json!({ text.clone(): [n, text] });
        let bytes = canonical(&value);
        prop_assert_eq!(canonical(&parse_strict(&bytes).unwrap()), bytes);
    }
}
