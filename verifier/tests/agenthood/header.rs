//! JWS hardening: nothing but three canonical parts with one known header gets as far as a key.

use ed25519_dalek::Verifier as _;
use poa_verifier::{CheckName, multibase};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::world::*;

/// A good payload under a header, signed by the issuer's key over exactly these bytes.
fn under(header: &str) -> String {
    raw(header, &SHARED.claims().to_value().to_string(), &signer("credentials"))
}

fn good_header() -> serde_json::Value {
    json!({ "alg": "EdDSA", "typ": "poa+jws", "kid": SHARED.kid() })
}

fn with(member: &str, value: serde_json::Value) -> String {
    let mut header = good_header();
    header[member] = value;
    under(&header.to_string())
}

fn refused(document: &str) {
    fails(&SHARED.verify(document), CheckName::Class, "malformed");
}

#[test]
fn a_good_header_verifies_under_both_names_of_the_algorithm() {
    for alg in ["EdDSA", "Ed25519"] {
        verifies(&SHARED.verify(&with("alg", json!(alg))));
    }
}

#[test]
fn other_algorithms_are_refused() {
    for alg in [
        json!("none"),
        json!("None"),
        json!(""),
        json!("HS256"),
        json!("RS256"),
        json!("ES256"),
        json!("Ed448"),
        json!("eddsa"),
        json!(null),
        json!(["EdDSA"]),
    ] {
        refused(&with("alg", alg));
    }
    let mut header = good_header();
    header.as_object_mut().unwrap().remove("alg");
    refused(&under(&header.to_string()));
    let none = under(&json!({ "alg": "none", "typ": "poa+jws", "kid": SHARED.kid() }).to_string());
    refused(&none[..=none.rfind('.').unwrap()]);
}

/// The classic: the issuer's public key as the secret of an HMAC.
#[test]
fn a_mac_under_the_public_key_is_refused() {
    let header = json!({ "alg": "HS256", "typ": "poa+jws", "kid": SHARED.kid() }).to_string();
    let payload = SHARED.claims().to_value().to_string();
    let input = format!("{}.{}", multibase::base64url(header.as_bytes()), multibase::base64url(payload.as_bytes()));
    let mac = hmac(signer("credentials").verifying_key().as_bytes(), input.as_bytes());
    refused(&format!("{input}.{}", multibase::base64url(&mac)));
    // And padded to the length of a signature, which is as far as it could come.
    refused(&format!("{input}.{}", multibase::base64url(&[mac, mac].concat())));
}

/// RFC 2104 with SHA-256, keys of 32 bytes.
fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(b, k)| *b ^= k);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

#[test]
fn critical_and_unencoded_headers_are_refused() {
    for crit in [json!(["exp"]), json!([]), json!(["alg"]), json!(["b64"]), json!("alg"), json!(null)] {
        refused(&with("crit", crit));
    }
    for b64 in [json!(false), json!(true)] {
        refused(&with("b64", b64));
    }
    refused(&with("zip", json!("DEF")));
}

#[test]
fn a_document_cannot_bring_its_own_key() {
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": multibase::base64url(signer("thief").verifying_key().as_bytes()) });
    for (member, value) in [
        ("jwk", jwk),
        ("jku", json!("https://thief.example/jwks")),
        ("x5u", json!("https://thief.example/x5")),
        ("x5c", json!(["AA"])),
        ("x5t", json!("AA")),
        ("x5t#S256", json!("AA")),
    ] {
        let mut header = good_header();
        header[member] = value;
        refused(&under(&header.to_string()));
        let payload = SHARED.claims().to_value().to_string();
        refused(&raw(&header.to_string(), &payload, &signer("thief")));
    }
}

#[test]
fn type_and_key_id_are_exactly_ours() {
    for typ in [json!("JWT"), json!("poa+JWS"), json!("application/poa+jws"), json!("poa+jws "), json!(""), json!(1)] {
        refused(&with("typ", typ));
    }
    for kid in [json!(""), json!(1), json!(null)] {
        refused(&with("kid", kid));
    }
    for member in ["typ", "kid"] {
        let mut header = good_header();
        header.as_object_mut().unwrap().remove(member);
        refused(&under(&header.to_string()));
    }
}

#[test]
fn duplicate_members_are_refused_wherever_they_stand() {
    let kid = SHARED.kid();
    refused(&under(&format!(r#"{{"alg":"none","alg":"EdDSA","typ":"poa+jws","kid":"{kid}"}}"#)));
    refused(&under(&format!(r#"{{"alg":"EdDSA","typ":"poa+jws","kid":"other","kid":"{kid}"}}"#)));
    let payload = SHARED.claims().to_value().to_string();
    let header = good_header().to_string();
    for (from, to) in [
        // Whatever stands first: in a build of everything, maps keep the order in which they were filled.
        ("{", r#"{"sub":"x","#),
        (r#""sovereign":false"#, r#""sovereign":true,"sovereign":false"#),
        (r#""idx":94567"#, r#""idx":94567,"idx":94568"#),
    ] {
        assert!(payload.contains(from), "{from}");
        refused(&raw(&header, &payload.replacen(from, to, 1), &signer("credentials")));
    }
}

#[test]
fn only_canonical_base64url_in_three_parts_is_read() {
    let good = under(&good_header().to_string());
    verifies(&SHARED.verify(&good));
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    // 64 bytes leave four bits over in their last digit.
    let surplus = format!("{}{}", &signature[..85], next_digit(signature.as_bytes()[85]));
    for bent in [
        format!("{header}.{payload}"),
        format!("{header}.{payload}.{signature}."),
        format!("{header}.{payload}.{signature}.{signature}"),
        format!("{header}..{signature}"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}.{signature}=="),
        format!("{header}.{payload}.{surplus}"),
        format!("{header}.{payload} .{signature}"),
        format!("{header}.{}\n{}.{signature}", &payload[..8], &payload[8..]),
        format!("{header}.{}.{signature}", payload.replacen('.', "", 1) + "="),
        format!("{header}.+{payload}.{signature}"),
        format!("{header}.{payload}.{}", &signature[..84]),
        format!("{header}.{payload}.{signature}AA"),
    ] {
        refused(&bent);
    }
}

/// The digit after this one: the same bytes to a careless decoder.
fn next_digit(digit: u8) -> char {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = alphabet.iter().position(|d| *d == digit).expect("a digit");
    char::from(alphabet[at + 1])
}

#[test]
fn more_than_32_kib_are_not_read() {
    let of = |bytes: usize| SHARED.edited(|claims| claims["context"] = "x".repeat(bytes).into());
    let empty = of(0).len();
    let most = (poa_verifier::agenthood::MAX_BYTES - empty) * 3 / 4;
    let whole = of(most);
    assert!(whole.len() <= 32 * 1024 && whole.len() > 32 * 1024 - 4);
    verifies(&SHARED.verify(&whole));
    refused(&of(most + 4));
}

#[test]
fn text_that_is_not_strict_json_is_refused() {
    let header = good_header().to_string();
    for payload in ["", "[]", "{} {}", "{\"iat\":1.0}", "{\"iat\":9007199254740992}", "{\"a\":\"\\ud800\"}"] {
        let report = SHARED.verify(&raw(&header, payload, &signer("credentials")));
        assert!(!report.verified() && report.failed().len() == 1, "{payload}");
    }
}

/// The same header and payload with another signature are another document; with any bit flipped none.
#[test]
fn every_byte_is_signed() {
    let good = SHARED.sign(&SHARED.claims().to_value());
    let step = (good.len() / 200).max(1);
    for at in (0..good.len()).step_by(step) {
        let mut bent = good.clone().into_bytes();
        bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
        let bent = String::from_utf8(bent).unwrap();
        assert!(!SHARED.verify(&bent).verified(), "byte {at}");
    }
}

#[test]
fn a_signature_beyond_the_group_order_is_refused() {
    let good = SHARED.sign(&SHARED.claims().to_value());
    let (input, signature) = good.rsplit_once('.').unwrap();
    let mut bytes = multibase::from_base64url(signature).unwrap();
    let l = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
    let mut carry = 0u16;
    for (s, l) in bytes[32..].iter_mut().zip(l) {
        carry += u16::from(*s) + u16::from(l);
        *s = carry as u8;
        carry >>= 8;
    }
    let report = SHARED.verify(&format!("{input}.{}", multibase::base64url(&bytes)));
    fails(&report, CheckName::IssuerSignature, "signature");
}

/// `R` the neutral element and `S = k·a`: the bare equation holds, and a lax verifier agrees.
#[test]
fn a_small_order_r_is_refused() {
    use curve25519_dalek::scalar::{Scalar, clamp_integer};
    use sha2::Sha512;

    let key = signer("credentials");
    let good = SHARED.sign(&SHARED.claims().to_value());
    let (input, _) = good.rsplit_once('.').unwrap();
    let mut neutral = [0u8; 32];
    neutral[0] = 1;
    let expanded: [u8; 64] = Sha512::digest(key.as_bytes()).into();
    let secret = Scalar::from_bytes_mod_order(clamp_integer(expanded[..32].try_into().unwrap()));
    let hash = Sha512::new()
        .chain_update(neutral)
        .chain_update(key.verifying_key().as_bytes())
        .chain_update(input.as_bytes())
        .finalize();
    let s = Scalar::from_bytes_mod_order_wide(&hash.into()) * secret;
    let signature = [neutral, s.to_bytes()].concat();
    let lax = ed25519_dalek::Signature::from_slice(&signature).unwrap();
    assert!(key.verifying_key().verify(input.as_bytes(), &lax).is_ok(), "a trap only where lax code falls into it");
    let report = SHARED.verify(&format!("{input}.{}", multibase::base64url(&signature)));
    fails(&report, CheckName::IssuerSignature, "signature");
}
