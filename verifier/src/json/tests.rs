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

/// Code units above the surrogates sort after them, bytes and code points the other way round.
#[test]
fn members_sort_by_code_units_whatever_order_they_come_in() {
    let text = "{\"\u{fb33}\":1,\"\u{1f600}\":2,\"z\":3,\"\":4}";
    let expected = "{\"\":4,\"z\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}";
    for text in [text, expected] {
        assert_eq!(canonical(&parse_strict(text.as_bytes()).unwrap()), expected.as_bytes());
        assert_eq!(canonical_node(&parse_node(text.as_bytes(), MAX_BYTES).unwrap()), expected.as_bytes());
    }
}

#[test]
fn every_control_character_has_the_escape_of_rfc_8785() {
    let all: String = (0..=0x20).chain([0x22, 0x5c, 0x7f, 0x2028]).filter_map(char::from_u32).collect();
    let expected = concat!(
        r#""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"#,
        r#"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f "#,
        r#"\"\\"#,
        "\u{7f}\u{2028}\""
    );
    assert_eq!(String::from_utf8(canonical(&Value::from(all))).unwrap(), expected);
}

#[derive(Debug, serde::Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    text: &'a str,
    flag: Option<bool>,
    word: Option<Word>,
}

#[derive(Debug, serde::Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Word {
    Yes,
}

/// Texts with escapes, too, are lent; a struct is an object and a variant a word, never a list or an object.
#[test]
fn a_struct_is_read_from_an_object_alone() {
    use serde::Deserialize as _;
    let read = |text: &str| {
        let node = parse_node(text.as_bytes(), MAX_BYTES).unwrap();
        Wire::deserialize(&node).map(|wire| format!("{wire:?}")).map_err(|e| e.to_string())
    };
    assert_eq!(
        read(r#"{"text":"a\u0062","word":"yes"}"#).unwrap(),
        r#"Wire { text: "ab", flag: None, word: Some(Yes) }"#
    );
    assert!(read(r#"{"text":"a","flag":null}"#).is_ok());
    for text in [
        r#"["a",null,null]"#,
        r#"{"text":null}"#,
        r#"{"text":1}"#,
        r#"{"text":"a","flag":1}"#,
        r#"{"text":"a","word":{"yes":null}}"#,
        r#"{"text":"a","word":"no"}"#,
        r#"{"text":"a","more":1}"#,
        r#"{}"#,
        "null",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn decimal_texts_have_one_spelling() {
    assert_eq!(decimal::<u8>("0"), Some(0));
    assert_eq!(decimal::<u8>("255"), Some(255));
    for text in ["", "00", "01", "+1", "-1", "256", "1 ", "1.0", "٣"] {
        assert_eq!(decimal::<u8>(text), None, "{text}");
    }
}

#[test]
fn values_parsed_elsewhere_are_checked_for_numbers_and_depth() {
    assert!(check(&serde_json::json!({"a": [1, "x", null]})).is_ok());
    assert!(check(&serde_json::json!({"a": [u64::MAX]})).is_err());
    let deep = (0..=MAX_DEPTH).fold(Value::Null, |v, _| Value::Array(vec![v]));
    assert!(check(&deep).is_err());
}

/// Any value that the strict reader takes, a few levels deep, in no particular order of members.
fn any_value() -> impl Strategy<Value = Value> {
    let most = MAX_NUMBER as i64;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-most..=most).prop_map(Value::from),
        any::<f64>()
            .prop_map(|x| Value::from(x.fract()))
            .prop_filter("neither whole nor null", |v| v.as_f64().is_some_and(|x| x.fract() != 0.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// The writer of every hash here against a library of its own.
    #[test]
    fn the_canonical_form_is_the_librarys(value in any_value()) {
        let expected = serde_json_canonicalizer::to_vec(&value).unwrap();
        prop_assert_eq!(canonical(&value), &expected[..]);
        let text = value.to_string();
        let node = parse_node(text.as_bytes(), MAX_BYTES).unwrap();
        prop_assert_eq!(canonical_node(&node), expected);
        prop_assert_eq!(node.to_value(), value);
    }

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
