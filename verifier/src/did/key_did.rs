//! DIDs that are their own key: `did:key` and `did:jwk`, Ed25519 alone. Nothing has to be looked up to use one.
//!
//! Sources: The did:key Method v0.9, did:jwk Method Specification, RFC 7517, RFC 8037, RFC 9864.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::DidError;
use crate::ed25519::PublicKey;
use crate::{json, multibase};

/// Longest `did:jwk`, in bytes.
const MAX_JWK_DID_BYTES: usize = 2_048;
/// Members of a JWK that belong to a private or symmetric key; one who publishes them has lost the key.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A `did:key` or `did:jwk` of an Ed25519 key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyDid {
    text: String,
    key: PublicKey,
    jwk: Option<Value>,
}

impl KeyDid {
    /// The DID as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The JWK that a `did:jwk` is made of.
    pub fn jwk(&self) -> Option<&Value> {
        self.jwk.as_ref()
    }

    /// The id of its one verification method: `did:key:z…#z…` or `did:jwk:…#0`.
    pub fn verification_method(&self) -> String {
        match self.text.strip_prefix("did:key:") {
            Some(multikey) => format!("{}#{multikey}", self.text),
            None => format!("{}#0", self.text),
        }
    }

    /// Reads the DID in the id of a verification method, when the id is the DID's one.
    ///
    /// # Errors
    /// [`DidError`].
    pub fn of_verification_method(id: &str) -> Result<Self, DidError> {
        let did: Self = id.split_once('#').map_or(id, |(did, _)| did).parse()?;
        if did.verification_method() == id { Ok(did) } else { Err(DidError::VerificationMethod) }
    }
}

impl FromStr for KeyDid {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        let (key, jwk) = if let Some(multikey) = text.strip_prefix("did:key:") {
            (PublicKey::from_multikey(multikey).map_err(DidError::Key)?, None)
        } else if let Some(encoded) = text.strip_prefix("did:jwk:") {
            let jwk = read_jwk(encoded)?;
            (public_key(&jwk)?, Some(jwk))
        } else {
            return Err(DidError::KeyMethod);
        };
        Ok(Self { text: text.to_owned(), key, jwk })
    }
}

impl fmt::Display for KeyDid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn read_jwk(encoded: &str) -> Result<Value, DidError> {
    if encoded.len() > MAX_JWK_DID_BYTES {
        return Err(DidError::Jwk("is longer than 2048 characters"));
    }
    let bytes = multibase::from_base64url(encoded).map_err(|_| DidError::Jwk("is not unpadded base64url"))?;
    let jwk = json::parse_strict(&bytes).map_err(|_| DidError::Jwk("is not strict JSON"))?;
    if jwk.is_object() { Ok(jwk) } else { Err(DidError::Jwk("is not an object")) }
}

fn public_key(jwk: &Value) -> Result<PublicKey, DidError> {
    if PRIVATE_MEMBERS.iter().any(|member| jwk.get(member).is_some()) {
        return Err(DidError::Jwk("has a member of a private key"));
    }
    check_forms(jwk)?;
    if jwk["kty"] != "OKP" || jwk["crv"] != "Ed25519" {
        return Err(DidError::OtherJwk("is not an Ed25519 key (kty OKP, crv Ed25519)"));
    }
    let says = |member: &str, good: &[&str]| jwk.get(member).is_none_or(|value| good.iter().any(|word| value == word));
    if !says("use", &["sig"]) || !says("alg", &["EdDSA", "Ed25519"]) {
        return Err(DidError::OtherJwk("is not for EdDSA signatures (use, alg)"));
    }
    if operations(jwk)?.is_some_and(|operations| !operations.contains(&"verify")) {
        return Err(DidError::OtherJwk("is not for verifying signatures (key_ops)"));
    }
    let x = jwk["x"].as_str().and_then(|x| multibase::from_base64url(x).ok());
    let bytes = x.and_then(|x| x.try_into().ok()).ok_or(DidError::Jwk("has no x of 32 bytes"))?;
    PublicKey::from_bytes(&bytes).map_err(DidError::Key)
}

/// Members that every JWK may have and that have a form (RFC 7517 §4; `ext` is Web Cryptography's).
fn check_forms(jwk: &Value) -> Result<(), DidError> {
    for member in ["kty", "use", "alg", "kid", "crv", "x", "y"] {
        if jwk.get(member).is_some_and(|value| !value.is_string()) {
            return Err(DidError::Jwk("has a kty, use, alg, kid, crv, x or y that is not a text"));
        }
    }
    if jwk.get("kty").is_none() {
        return Err(DidError::Jwk("has no kty"));
    }
    if jwk.get("ext").is_some_and(|ext| !ext.is_boolean()) {
        return Err(DidError::Jwk("has an ext that is neither true nor false"));
    }
    operations(jwk).map(drop)
}

/// `key_ops`, if it is there: words, each once (RFC 7517 §4.3).
fn operations(jwk: &Value) -> Result<Option<Vec<&str>>, DidError> {
    let Some(value) = jwk.get("key_ops") else { return Ok(None) };
    let words: Option<Vec<&str>> = value.as_array().and_then(|items| items.iter().map(Value::as_str).collect());
    let words = words.filter(|words| words.iter().enumerate().all(|(i, word)| !words[..i].contains(word)));
    words.map(Some).ok_or(DidError::Jwk("has a key_ops that is not a list of different texts"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// RFC 8037, appendix A.2.
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn did_jwk(jwk: &Value) -> String {
        format!("did:jwk:{}", multibase::base64url(jwk.to_string().as_bytes()))
    }

    fn jwk() -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": X })
    }

    #[test]
    fn both_methods_give_the_key_and_the_id_of_its_method() {
        let did: KeyDid = did_jwk(&jwk()).parse().unwrap();
        assert_eq!(multibase::base64url(&did.key().to_bytes()), X);
        assert_eq!(did.jwk(), Some(&jwk()));
        assert_eq!(did.verification_method(), format!("{did}#0"));
        let multikey = did.key().to_multikey();
        let same: KeyDid = format!("did:key:{multikey}").parse().unwrap();
        assert_eq!((same.key(), same.jwk()), (did.key(), None));
        assert_eq!(same.verification_method(), format!("did:key:{multikey}#{multikey}"));
        for did in [did, same] {
            assert_eq!(KeyDid::of_verification_method(&did.verification_method()), Ok(did.clone()));
            for other in [did.to_string(), format!("{did}#1"), format!("{did}#"), format!("{did}#0#0")] {
                assert!(KeyDid::of_verification_method(&other).is_err(), "{other}");
            }
        }
    }

    #[test]
    fn keys_of_other_curves_and_uses_are_refused() {
        for (member, value) in [
            ("kty", json!("EC")),
            ("crv", json!("X25519")),
            ("x", json!("AA")),
            ("x", json!(format!("{X}=="))),
            ("x", json!("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
            ("use", json!("enc")),
            ("use", json!(null)),
            ("alg", json!("ES256")),
            ("alg", json!("ECDH-ES")),
            ("key_ops", json!(["deriveKey"])),
            ("key_ops", json!(["encrypt", "wrapKey"])),
            ("key_ops", json!(["sign"])),
            ("key_ops", json!([])),
            ("key_ops", json!("verify")),
            ("key_ops", json!(["verify", "verify"])),
            ("key_ops", json!(["verify", 1])),
            ("key_ops", json!(null)),
            ("ext", json!("true")),
            ("kid", json!(1)),
            ("d", json!("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")),
            ("k", json!("AA")),
        ] {
            let mut bad = jwk();
            bad[member] = value.clone();
            assert!(did_jwk(&bad).parse::<KeyDid>().is_err(), "{member}: {value}");
        }
        for (member, value) in [
            ("use", json!("sig")),
            ("alg", json!("EdDSA")),
            ("alg", json!("Ed25519")),
            ("kid", json!("a")),
            ("key_ops", json!(["verify"])),
            ("key_ops", json!(["sign", "verify", "other"])),
            ("ext", json!(true)),
        ] {
            let mut good = jwk();
            good[member] = value;
            assert!(did_jwk(&good).parse::<KeyDid>().is_ok(), "{member}");
        }
        let mut contradicts = jwk();
        (contradicts["use"], contradicts["key_ops"]) = (json!("enc"), json!(["verify"]));
        assert!(did_jwk(&contradicts).parse::<KeyDid>().is_err());
    }

    /// A resolver says of the one that it is no DID, of the other that it does not take such keys.
    #[test]
    fn a_good_key_of_another_kind_is_told_from_a_malformed_one() {
        let with = |member: &str, value: Value| {
            let mut other = jwk();
            other[member] = value;
            did_jwk(&other).parse::<KeyDid>().unwrap_err()
        };
        for (member, value) in [
            ("kty", json!("EC")),
            ("crv", json!("X25519")),
            ("use", json!("enc")),
            ("alg", json!("ECDH-ES")),
            ("key_ops", json!(["deriveBits"])),
        ] {
            assert!(matches!(with(member, value), DidError::OtherJwk(_)), "{member}");
        }
        for (member, value) in
            [("kty", json!(1)), ("x", json!("AA")), ("key_ops", json!("verify")), ("d", json!("AA")), ("use", json!(1))]
        {
            assert!(matches!(with(member, value), DidError::Jwk(_)), "{member}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let twice = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}","x":"{X}"}}"#);
        for text in [
            "did:jwk:".to_owned(),
            "did:jwk:e30".to_owned(),
            "did:jwk:W10".to_owned(),
            format!("{}=", did_jwk(&jwk())),
            format!("did:jwk:{}", multibase::base64url(twice.as_bytes())),
            format!("did:jwk:{}", "A".repeat(MAX_JWK_DID_BYTES + 1)),
            "did:key:z6Mk".to_owned(),
            // A P-256 key, from the did:key specification.
            "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169".to_owned(),
            "did:web:a.example".to_owned(),
        ] {
            assert!(text.parse::<KeyDid>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn random_texts_never_panic(text in "did:(key|jwk):[A-Za-z0-9_-]{0,80}", json in "\\PC{0,60}") {
            let _ = text.parse::<KeyDid>();
            let _ = format!("did:jwk:{}", multibase::base64url(json.as_bytes())).parse::<KeyDid>();
            let _ = KeyDid::of_verification_method(&text);
        }
    }
}
