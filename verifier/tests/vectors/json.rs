//! JSON: the one reading of a text, and its canonical form.

use poa_verifier::json::MAX_DEPTH;
use poa_verifier::multibase;
use serde_json::json;

use crate::kit::*;

const RFC8785: (&str, &str) = (
    "rfc8785",
    "Sample of RFC 8785 (IETF Trust; code components under the Revised BSD License), sections 3.2.2 and 3.2.3.",
);

pub fn family() -> Family {
    let comment = "Strict JSON: what is refused before anything is hashed, and RFC 8785 of what is read.";
    let mut family = Family::new("json", comment, &[WRITTEN, RFC8785]);
    canonical(&mut family);
    malformed(&mut family);
    bytes(&mut family);
    family
}

fn case(f: &mut Family, source: &str, id: &str, description: &str, text: &str, expect: Expected) {
    f.case_from(source, id, description, json!({ "kind": "json", "text": text }), expect);
}

fn canonical(f: &mut Family) {
    let order = "{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\
                 \"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\",\
                 \"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}";
    case(f, "rfc8785", "member-order", "members sort by their UTF-16 code units", order, accepted());
    let sample =
        r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"literals":[null,true,false]}"#;
    case(
        f,
        "rfc8785",
        "sample-with-1e30",
        "the sample has a number beyond 2^53, which is refused here",
        sample,
        refused("json", "malformed"),
    );
    let small = r#"{"numbers":[333333333.33333329,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#;
    case(f, "rfc8785", "sample", "the sample without that number", small, accepted());
    for (id, description, text) in [
        ("blanks", "blanks mean nothing", " { \"b\" : 1 ,\n\t\"a\" : [ ] } "),
        ("escapes", "one text has one spelling", r#"["\u0041\/\u00e9","\u2028"]"#),
        ("greatest", "2^53 - 1 and its negative", "[9007199254740991,-9007199254740991]"),
        ("fraction", "a fraction is its nearest double", "[0.1,1.5e-1,0.30000000000000004]"),
        ("nested", "as deep as is read", ""),
    ] {
        let deep = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        case(f, "written", id, description, if id == "nested" { &deep } else { text }, accepted());
    }
}

fn malformed(f: &mut Family) {
    let deep = format!("{}{}", "[".repeat(MAX_DEPTH + 1), "]".repeat(MAX_DEPTH + 1));
    for (id, description, text) in [
        ("member-twice", "a member twice", r#"{"a":1,"a":1}"#),
        ("member-twice-inside", "a member twice, further inside", r#"[{"x":{"b":1,"c":2,"b":3}}]"#),
        ("member-twice-escaped", "a member twice, once in escapes", r#"{"a":1,"\u0061":2}"#),
        ("number-2-to-53", "2^53, which a double cannot tell from 2^53 + 1", "9007199254740992"),
        ("number-2-to-64", "2^64", "18446744073709551616"),
        ("number-negative", "-2^53", "-9007199254740992"),
        ("number-1e16", "a great number with an exponent", "1e16"),
        ("number-infinite", "a number that is infinite as a double", "1e999"),
        ("whole-with-fraction", "a whole number with a fraction", "5000.0"),
        ("whole-with-exponent", "a whole number with an exponent", "5e3"),
        ("whole-nearly", "what no double tells from 5000", "5000.0000000000000000001"),
        ("zero-negative", "-0", "-0"),
        ("zero-underflow", "what underflows to 0", "1e-400"),
        ("surrogate-lone", "half a surrogate pair", r#""\ud800""#),
        ("surrogates-exchanged", "a surrogate pair the wrong way round", r#""\udc00\ud800""#),
        ("bytes-after", "a second value", "{} {}"),
        ("comma-after", "a comma after the last element", "[1,]"),
        ("nan", "no number", "NaN"),
        ("comment", "a comment", "[1/*one*/]"),
        ("single-quotes", "single quotes", "{'a':1}"),
        ("zeros", "a leading zero", "[01]"),
        ("plus", "a plus sign", "[+1]"),
        ("hexadecimal", "a hexadecimal number", "[0x10]"),
        ("newline-in-text", "a line break in a text", "\"a\nb\""),
        ("escape-unknown", "an unknown escape", r#""\x41""#),
        ("open", "an array that does not end", "[1"),
        ("empty", "nothing", ""),
        ("byte-order-mark", "a byte order mark", "\u{feff}{}"),
        ("too-deep", "deeper than is read", &deep),
    ] {
        case(f, "written", id, description, text, refused("json", "malformed"));
    }
}

fn bytes(f: &mut Family) {
    for (id, description, bytes) in [
        ("utf8-byte", "a byte that UTF-8 does not have", &b"\"\xff\""[..]),
        ("utf8-surrogate", "a surrogate in UTF-8", b"\"\xed\xa0\x80\""),
        ("utf8-overlong", "an overlong slash", b"\"\xc0\xaf\""),
        ("utf8-cut", "a character cut short", b"\"\xe2\x82\""),
        ("utf16", "UTF-16", b"\xff\xfe{\0}\0"),
    ] {
        let input = json!({ "kind": "json", "base64url": multibase::base64url(bytes) });
        f.case_from("written", id, description, input, refused("json", "malformed"));
    }
}
