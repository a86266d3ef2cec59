//! Every refusal of the header of this module, and the forgery under the identity key.

use ed25519_dalek::{Signer as _, SigningKey};
use proptest::prelude::*;

use super::*;

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn public(signer: &SigningKey) -> PublicKey {
    PublicKey::from_bytes(&signer.verifying_key().to_bytes()).unwrap()
}

/// A JWS with this header text, validly signed.
fn signed(header: &str, payload: &[u8]) -> String {
    let input = format!("{}.{}", multibase::base64url(header.as_bytes()), multibase::base64url(payload));
    attach_signature(&input, &signer().sign(input.as_bytes()).to_bytes())
}

const GOOD: &str = r#"{"alg":"EdDSA","typ":"t","kid":"k"}"#;

#[test]
fn a_signed_jws_verifies_and_gives_its_claims() {
    let input = signing_input("t", "k", &json!({"a": 1}));
    let jws = parse(&attach_signature(&input, &signer().sign(input.as_bytes()).to_bytes())).unwrap();
    assert_eq!((jws.typ(), jws.kid()), ("t", "k"));
    assert_eq!(jws.verify(&public(&signer())), Ok(()));
    assert_eq!(jws.claims().unwrap(), json!({"a": 1}));
    assert!(jws.expect_typ("t").is_ok() && jws.expect_typ("T").is_err());
    let other = SigningKey::from_bytes(&[4; 32]);
    assert_eq!(jws.verify(&public(&other)), Err(JwsError::Signature(Ed25519Error::Signature)));
    // RFC 9864 name of the same algorithm.
    assert!(parse(&signed(&GOOD.replace("EdDSA", "Ed25519"), b"{}")).is_ok());
}

#[test]
fn members_that_bring_keys_or_change_processing_are_refused_by_name() {
    for member in REFUSED {
        for value in ["null", "[]", "{}", "\"x\"", "false"] {
            let header = GOOD.replace("{", &format!("{{\"{member}\":{value},"));
            assert_eq!(parse(&signed(&header, b"{}")), Err(JwsError::Header { member, reason: "is refused" }));
        }
    }
}

#[test]
fn other_algorithms_and_missing_members_are_refused() {
    for (from, to) in [
        ("EdDSA", "none"),
        ("EdDSA", "HS256"),
        ("EdDSA", "eddsa"),
        ("\"EdDSA\"", "[\"EdDSA\"]"),
        ("\"kid\":\"k\"", "\"kid\":\"\""),
        ("\"kid\":\"k\"", "\"kid\":7"),
        ("\"typ\":\"t\",", ""),
        ("\"alg\":\"EdDSA\",", ""),
    ] {
        assert!(matches!(parse(&signed(&GOOD.replace(from, to), b"{}")), Err(JwsError::Header { .. })), "{to}");
    }
}

#[test]
fn duplicate_header_members_are_refused() {
    let header = GOOD.replace("{", r#"{"alg":"none","#);
    assert!(matches!(parse(&signed(&header, b"{}")), Err(JwsError::Json { part: "header", .. })));
}

#[test]
fn only_three_canonical_parts_of_bounded_size_are_read() {
    let good = signed(GOOD, b"{}");
    let mut padded = good.clone();
    padded.push('=');
    let bad_bits = {
        // 64 bytes end in four unused bits: set one.
        let mut text = good.clone();
        let last = text.pop().unwrap();
        text.push(char::from(last as u8 + 1));
        text
    };
    for text in [
        padded,
        bad_bits,
        good.replace('.', ".."),
        format!("{good}."),
        format!(" {good}"),
        format!("{good}\n"),
        good.rsplit_once('.').unwrap().0.to_owned(),
        format!("{}.", good.rsplit_once('.').unwrap().0),
        String::new(),
    ] {
        assert!(matches!(parse(&text), Err(JwsError::Shape(_))), "{text}");
    }
    assert_eq!(parse(&"a".repeat(MAX_BYTES + 1)), Err(JwsError::TooLarge { bytes: MAX_BYTES + 1, max: MAX_BYTES }));
}

/// Under the identity key, `R = identity`, `S = 0` satisfies `S·B = R + h·A` for every message. Libraries that only
/// decode the point accept it; here the key cannot even be configured.
#[test]
fn the_universal_forgery_under_the_identity_key_has_no_key_to_stand_on() {
    let mut identity = [0u8; 32];
    identity[0] = 1;
    let mut signature = [0u8; 64];
    signature[0] = 1;
    // The forgery is real: the lenient equation holds.
    let lenient = ed25519_dalek::VerifyingKey::from_bytes(&identity).unwrap();
    let signature_type = ed25519_dalek::Signature::from_bytes(&signature);
    use ed25519_dalek::Verifier as _;
    assert!(lenient.verify(b"anything", &signature_type).is_ok());
    assert_eq!(PublicKey::from_bytes(&identity), Err(Ed25519Error::Weak));
}

proptest! {
    #[test]
    fn random_texts_never_panic(text in "[A-Za-z0-9_.=-]{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn every_flipped_character_is_noticed(at in 0usize..200, with in "[A-Za-z0-9_-]") {
        let good = signed(GOOD, br#"{"sub":"x"}"#);
        let at = at % good.len();
        let mut bad = good.clone();
        bad.replace_range(at..=at, &with);
        prop_assume!(bad != good);
        let accepted = parse(&bad).and_then(|jws| jws.verify(&public(&signer())));
        prop_assert!(accepted.is_err());
    }
}
