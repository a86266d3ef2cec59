use poa_verifier::multibase;
use serde_json::json;

use super::*;

const HOST: &str = "issuer.example";
const NOW: u64 = 1_800_000_000;

fn registry() -> Vec<String> {
    ["lite", "open-source"].map(str::to_owned).to_vec()
}

/// A well-formed receipt with every member, and changes: null removes a member.
fn parse_with(changes: Value) -> Result<Receipt, ReceiptError> {
    let mut claims = json!({
        "iss": "did:key:z6Mk", "sub": format!("did:poa:{HOST}:67e55044-10b1-426f-9247-bb680e5fe0c8"),
        "iat": NOW, "jti": "1", "period_end": NOW - 5, "attempted": 10, "completed": 7, "quality": 10_000,
        "confidence": 0, "disputed": false, "earned_sats": "0", "stake_sats": "18446744073709551615",
        "capabilities": ["open-source"], "build_sha256": "ab".repeat(32), "evidence": "https://x.example/1",
        "parent": "cd".repeat(32), "replaces": "0",
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let input = jws::signing_input(RECEIPT_TYP, claims["iss"].as_str().unwrap_or("did:key:z6Mk"), &claims);
    let compact = format!("{input}.{}", multibase::base64url(&[0; 64]));
    UnverifiedReceipt::parse(&compact, HOST, &registry(), NOW).map(|unverified| unverified.claims)
}

#[test]
fn a_whole_receipt_is_read() {
    let receipt = parse_with(json!({})).unwrap();
    assert_eq!(receipt.stake_sats, Some(u64::MAX));
    assert_eq!(receipt.build_sha256, Some([0xab; 32]));
    assert_eq!(receipt.capabilities, ["open-source"]);
    assert_eq!((receipt.attempted, receipt.completed, receipt.disputed), (10, 7, Some(false)));
}

#[test]
fn optional_members_may_be_null() {
    let optional = [
        "quality",
        "confidence",
        "disputed",
        "earned_sats",
        "stake_sats",
        "capabilities",
        "build_sha256",
        "evidence",
        "parent",
        "replaces",
    ];
    for name in optional {
        parse_with(json!({ name: null })).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    parse_with(json!({ "attempted": 0, "completed": 0 })).unwrap();
    parse_with(json!({ "iat": NOW + SKEW_S })).unwrap();
}

#[test]
fn each_malformed_member_is_named() {
    let too_long = "x".repeat(129);
    let cases = [
        ("iss", json!(null)),
        ("iss", json!(7)),
        ("sub", json!(null)),
        ("sub", json!("did:poa:other.example:67e55044-10b1-426f-9247-bb680e5fe0c8")),
        ("sub", json!("did:poa:issuer.example:00000000-0000-0000-0000-000000000000")),
        ("iat", json!(null)),
        ("iat", json!("1800000000")),
        ("iat", json!(NOW + SKEW_S + 1)),
        ("iat", json!(-1)),
        ("jti", json!("")),
        ("jti", json!(too_long)),
        ("jti", json!("a\u{0}b")),
        ("period_end", json!(NOW + 1)),
        ("period_end", json!(1.5)),
        ("attempted", json!(null)),
        ("attempted", json!(-1)),
        ("attempted", json!("10")),
        ("completed", json!(11)),
        ("quality", json!(10_001)),
        ("confidence", json!(10_001)),
        ("confidence", json!(0.5)),
        ("disputed", json!(0)),
        ("earned_sats", json!(5)),
        ("earned_sats", json!("05")),
        ("earned_sats", json!("+5")),
        ("earned_sats", json!("-5")),
        ("earned_sats", json!("")),
        ("stake_sats", json!("18446744073709551616")),
        ("capabilities", json!("open-source")),
        ("capabilities", json!(["unheard-of"])),
        ("capabilities", json!(["lite", "lite"])),
        ("capabilities", json!([1])),
        ("build_sha256", json!("ab")),
        ("build_sha256", json!("AB".repeat(32))),
        ("evidence", json!("javascript:alert(1)")),
        ("evidence", json!("https://")),
        ("evidence", json!("https://x.example/a b")),
        ("parent", json!("not hex")),
        ("replaces", json!("1")),
        ("surplus", json!(1)),
    ];
    for (name, value) in cases {
        let error = parse_with(json!({ name: value })).expect_err(name);
        assert_eq!(error.member(), Some(name), "{error}");
    }
}

#[test]
fn type_and_key_id_are_checked() {
    let claims = json!({ "iss": "did:key:z6Mk" });
    let compact =
        |typ: &str, kid: &str| format!("{}.{}", jws::signing_input(typ, kid, &claims), multibase::base64url(&[0; 64]));
    let parse = |text: &str| UnverifiedReceipt::parse(text, HOST, &registry(), NOW).err();
    assert!(matches!(parse(&compact("poa-root+jwt", "did:key:z6Mk")), Some(ReceiptError::Jws(_))));
    assert!(matches!(parse("a.b"), Some(ReceiptError::Jws(_))));
    let mut whole = json!({
        "iss": "did:key:z6Mk", "sub": format!("did:poa:{HOST}:67e55044-10b1-426f-9247-bb680e5fe0c8"),
        "iat": NOW, "jti": "1", "period_end": NOW, "attempted": 1, "completed": 1,
    });
    let sign = |claims: &Value, kid: &str| {
        format!("{}.{}", jws::signing_input(RECEIPT_TYP, kid, claims), multibase::base64url(&[0; 64]))
    };
    assert_eq!(parse(&sign(&whole, "did:key:z6Mk")), None);
    assert_eq!(parse(&sign(&whole, "did:key:other")).unwrap().member(), Some("iss"));
    whole = json!([whole]);
    assert!(matches!(parse(&sign(&whole, "did:key:z6Mk")), Some(ReceiptError::Jws(_))));
}
