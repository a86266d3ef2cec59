//! The profile accepts what it signs, agrees with an independent signer, and refuses every variation.

use ed25519_dalek::{Signer, SigningKey};
use http::{HeaderMap, HeaderName, HeaderValue};
use poa_verifier::ed25519::PublicKey;

use super::*;

const NOW: u64 = 1_700_000_000;
const URL: &str = "https://issuer.example/zk-credentials?x=1";
const AGENT: &str = "did:poa:issuer.example:6a1f7d0e-0000-4000-8000-000000000001";
const NONCE: &str = "0123456789abcdef";
const BODY: &[u8] = br#"{"agent":"x"}"#;

fn key() -> SigningKey {
    SigningKey::from_bytes(&std::array::from_fn(|i| i as u8))
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_bytes(&key.verifying_key().to_bytes()).unwrap()
}

fn headers(signed: &SignedHeaders) -> HeaderMap {
    signed.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())).collect()
}

fn signed(body: &[u8]) -> HeaderMap {
    headers(&sign_request(&key(), AGENT, "POST", URL, Some(body), NOW, NONCE).unwrap())
}

fn message<'a>(headers: &'a HeaderMap, body: &'a [u8]) -> Message<'a> {
    Message { method: "POST", target_uri: URL, headers, body }
}

fn verify(message: Message<'_>, now: u64) -> Result<Verified, SignatureError> {
    parse(message, now)?.verify(&[public(&key())]).map(|(verified, _)| verified)
}

/// A header set whose signature is genuine over the `input` given, however odd that is.
fn signed_over(input: &str, components: &[&str], body: &[u8]) -> HeaderMap {
    let digest = content_digest(body);
    let base = signature_base(components, "POST", URL, Some(&digest), input);
    let signature = STANDARD.encode(key().sign(base.as_bytes()).to_bytes());
    headers(&SignedHeaders {
        content_digest: Some(digest),
        signature_input: format!("sig1={input}"),
        signature: format!("sig1=:{signature}:"),
    })
}

fn input(components: &str, parameters: &str) -> String {
    format!("({components}){parameters}")
}

fn default_parameters() -> String {
    format!(";created={NOW};expires={};nonce=\"{NONCE}\";keyid=\"{AGENT}\"", NOW + 60)
}

#[test]
fn a_signed_request_verifies_with_and_without_a_body() {
    for body in [BODY, b""] {
        let verified = verify(message(&signed(body), body), NOW).unwrap();
        assert_eq!((verified.keyid.as_str(), verified.nonce.as_str()), (AGENT, NONCE));
        assert_eq!(verified.expires_unix_s, NOW + 120);
    }
}

/// Made with Python's `cryptography` from the text of RFC 9421 §2.5, not with this code.
#[test]
fn an_independent_signer_agrees() {
    let signed = sign_request(&key(), AGENT, "POST", URL, Some(BODY), NOW, NONCE).unwrap();
    assert_eq!(signed.content_digest.as_deref(), Some("sha-256=:H+RA9I07pDkdHAoOCtsIz8D0Gkt4Y2Jzs20eXVhEjr4=:"));
    assert_eq!(
        signed.signature,
        "sig1=:J2PoFYwLWvW9hMoLbG6Sj/U4TJ5WZq8HA7VimVD0wGmZPbOOkFsW6Jy05CpljIzT8ttxZvN1nunMukRzKyBRBA==:"
    );
}

#[test]
fn another_method_target_body_or_key_fails() {
    let headers = signed(BODY);
    let good = message(&headers, BODY);
    let other_url = "https://other.example/zk-credentials?x=1";
    assert_eq!(verify(Message { method: "PUT", ..good }, NOW), Err(SignatureError::Signature));
    assert_eq!(verify(Message { target_uri: other_url, ..good }, NOW), Err(SignatureError::Signature));
    assert_eq!(verify(Message { body: b"{}", ..good }, NOW), Err(SignatureError::Digest));
    assert_eq!(verify(Message { body: b"", ..good }, NOW), Err(SignatureError::Components));
    let stranger = public(&SigningKey::from_bytes(&[9; 32]));
    let parsed = parse(good, NOW).unwrap();
    assert_eq!(parsed.verify(&[stranger]).err(), Some(SignatureError::Signature));
    assert_eq!(parse(good, NOW).unwrap().verify(&[]).err(), Some(SignatureError::Signature));
}

#[test]
fn the_window_is_enforced_on_both_sides() {
    let headers = signed(BODY);
    let at = |now| verify(message(&headers, BODY), now).map(|_| ());
    assert_eq!(at(NOW - SKEW_S), Ok(()));
    assert_eq!(at(NOW - SKEW_S - 1), Err(SignatureError::Window));
    assert_eq!(at(NOW + 119), Ok(()));
    assert_eq!(at(NOW + 120), Err(SignatureError::Expired));

    let components = [METHOD, TARGET_URI, CONTENT_DIGEST];
    let window = |created: u64, expires: u64| {
        let parameters = format!(";created={created};expires={expires};nonce=\"{NONCE}\";keyid=\"{AGENT}\"");
        let input = input("\"@method\" \"@target-uri\" \"content-digest\"", &parameters);
        verify(message(&signed_over(&input, &components, BODY), BODY), NOW).map(|_| ())
    };
    assert_eq!(window(NOW, NOW + 300), Ok(()));
    assert_eq!(window(NOW, NOW + 301), Err(SignatureError::Window));
    assert_eq!(window(NOW, NOW), Err(SignatureError::Window));
    assert_eq!(window(NOW, 999_999_999_999_999), Err(SignatureError::Window));
}

#[test]
fn fewer_more_or_decorated_components_are_refused_though_genuinely_signed() {
    for components in [
        "",
        "\"@method\"",
        "\"@target-uri\" \"content-digest\"",
        "\"@method\" \"@target-uri\"",
        "\"@method\" \"@target-uri\" \"content-digest\" \"@method\"",
        "\"@method\" \"@target-uri\" \"content-digest\" \"date\"",
        "\"@method\";req \"@target-uri\" \"content-digest\"",
        "@method \"@target-uri\" \"content-digest\"",
    ] {
        let input = input(components, &default_parameters());
        let names: Vec<_> = [METHOD, TARGET_URI, CONTENT_DIGEST].into();
        let headers = signed_over(&input, &names, BODY);
        let result = verify(message(&headers, BODY), NOW);
        assert!(
            matches!(result, Err(SignatureError::Components | SignatureError::Form(_))),
            "{components}: {result:?}"
        );
    }
}

#[test]
fn missing_unknown_and_mistyped_parameters_are_refused_by_name() {
    let e = NOW + 60;
    for (parameters, name) in [
        (format!(";expires={e};nonce=\"{NONCE}\";keyid=\"a\""), "created"),
        (format!(";created={NOW};nonce=\"{NONCE}\";keyid=\"a\""), "expires"),
        (format!(";created={NOW};expires={e};keyid=\"a\""), "nonce"),
        (format!(";created={NOW};expires={e};nonce=\"short\";keyid=\"a\""), "nonce"),
        (format!(";created={NOW};expires={e};nonce=\"{NONCE}\""), "keyid"),
        (format!(";created=\"{NOW}\";expires={e};nonce=\"{NONCE}\";keyid=\"a\""), "created"),
        (format!(";created=-1;expires={e};nonce=\"{NONCE}\";keyid=\"a\""), "created"),
        (format!("{};alg=\"hmac-sha256\"", default_parameters()), "alg"),
        (format!("{};tag=\"x\"", default_parameters()), "(unknown)"),
    ] {
        let input = input("\"@method\" \"@target-uri\" \"content-digest\"", &parameters);
        let headers = signed_over(&input, &[METHOD, TARGET_URI, CONTENT_DIGEST], BODY);
        let result = verify(message(&headers, BODY), NOW);
        assert_eq!(result, Err(SignatureError::Parameter(name)), "{parameters}");
    }
}

#[test]
fn odd_header_forms_are_refused() {
    let set = |name: &'static str, value: &str| {
        let mut headers = signed(BODY);
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        verify(message(&headers, BODY), NOW)
    };
    let good = signed(BODY);
    let input = good["signature-input"].to_str().unwrap();
    let signature = good["signature"].to_str().unwrap();
    for value in [
        format!(" {input}"),
        format!("{input}, {}", input.replace("sig1", "sig2")),
        format!("{input}, {input}"),
        input.replace(';', "; "),
        "sig1=1".to_owned(),
        "(((".to_owned(),
    ] {
        assert_eq!(set("signature-input", &value), Err(SignatureError::Form("signature-input")));
    }
    assert_eq!(set("signature", "sig1=:AAAA:"), Err(SignatureError::Mismatch));
    assert_eq!(set("signature", "sig1=\"x\""), Err(SignatureError::Mismatch));
    assert_eq!(set("signature", &signature.replace("sig1", "sig2")), Err(SignatureError::Mismatch));
    assert_eq!(set("signature", "sig1=()"), Err(SignatureError::Form("signature")));

    for name in ["signature-input", "signature", "content-digest"] {
        let mut without = signed(BODY);
        without.remove(name);
        assert_eq!(verify(message(&without, BODY), NOW), Err(SignatureError::Field(name)));
        let mut twice = signed(BODY);
        twice.append(name, twice[name].clone());
        assert_eq!(verify(message(&twice, BODY), NOW), Err(SignatureError::Field(name)));
    }
}

#[test]
fn every_flipped_bit_of_the_signature_fails() {
    let good = sign_request(&key(), AGENT, "POST", URL, Some(BODY), NOW, NONCE).unwrap();
    let encoded = good.signature.trim_start_matches("sig1=:").trim_end_matches(':');
    let bytes = STANDARD.decode(encoded).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut altered = bytes.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let signature = format!("sig1=:{}:", STANDARD.encode(altered));
        let headers = headers(&SignedHeaders { signature, ..good.clone() });
        assert_eq!(verify(message(&headers, BODY), NOW), Err(SignatureError::Signature));
    }
}

#[test]
fn what_cannot_be_written_as_a_parameter_is_not_signed() {
    let sign = |keyid, now, nonce| sign_request(&key(), keyid, "GET", URL, None, now, nonce);
    assert_eq!(sign("é", NOW, NONCE), Err(UnsignableError));
    assert_eq!(sign(AGENT, NOW, "a\nb"), Err(UnsignableError));
    assert_eq!(sign(AGENT, u64::MAX, NONCE), Err(UnsignableError));
}
