//! Compact JWS and JWKs, written by `josekit`. It writes only: verification is `poa_verifier`'s.

use ed25519_dalek::SigningKey;
use josekit::JoseError;
use josekit::jwk::Jwk;
use josekit::jws::{EdDSA, JwsHeader, serialize_compact};
use poa_verifier::multibase;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// PKCS #8 prefix of an Ed25519 private key (RFC 8410 §7), before its 32 bytes.
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The header beside `alg`.
pub struct Header<'a> {
    /// What the JWS is.
    pub typ: &'a str,
    /// What its payload is, where that is said.
    pub cty: Option<&'a str>,
    /// The key.
    pub kid: &'a str,
}

/// Signs `payload` as a compact JWS with exactly the header members `alg`, `typ`, `kid` and, where given, `cty`.
pub fn sign_compact(key: &SigningKey, members: &Header<'_>, payload: &[u8]) -> Result<String, JoseError> {
    let mut der = Zeroizing::new([0u8; 48]);
    der[..16].copy_from_slice(&PKCS8_PREFIX);
    der[16..].copy_from_slice(key.as_bytes());
    let mut signer = EdDSA.signer_from_der(der.as_ref())?;
    signer.set_key_id(members.kid);
    let mut header = JwsHeader::new();
    header.set_token_type(members.typ);
    if let Some(cty) = members.cty {
        header.set_content_type(cty);
    }
    serialize_compact(payload, &header, &signer)
}

/// The public key as a JWK for signatures (RFC 8037).
pub fn public_jwk(key: &[u8; 32], kid: &str) -> Result<Map<String, Value>, JoseError> {
    let mut jwk = Jwk::new("OKP");
    jwk.set_curve("Ed25519");
    jwk.set_parameter("x", Some(multibase::base64url(key).into()))?;
    jwk.set_key_use("sig");
    jwk.set_algorithm("EdDSA");
    jwk.set_key_id(kid);
    Ok(jwk.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use poa_verifier::ed25519::PublicKey;
    use poa_verifier::jws;
    use serde_json::json;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[3; 32])
    }

    #[test]
    fn the_strict_verifier_accepts_what_josekit_signs() {
        let claims = json!({ "iss": "did:web:issuer.example", "seq": 1 });
        let payload = serde_json::to_vec(&claims).unwrap();
        let header = Header { typ: "poa-root+jwt", cty: None, kid: "did:web:issuer.example#heads-1" };
        let text = sign_compact(&key(), &header, &payload);
        let parsed = jws::parse(&text.unwrap()).unwrap();
        assert_eq!((parsed.typ(), parsed.kid()), ("poa-root+jwt", "did:web:issuer.example#heads-1"));
        assert_eq!(parsed.claims().unwrap(), claims);
        let public = PublicKey::from_bytes(&key().verifying_key().to_bytes()).unwrap();
        parsed.verify(&public).unwrap();
    }

    #[test]
    fn a_jwk_never_carries_the_private_part() {
        let jwk = public_jwk(&key().verifying_key().to_bytes(), "k").unwrap();
        let members: Vec<_> = jwk.keys().map(String::as_str).collect();
        assert!(!members.contains(&"d"));
        assert_eq!(jwk["x"], multibase::base64url(key().verifying_key().as_bytes()));
        assert_eq!((&jwk["kty"], &jwk["crv"], &jwk["use"]), (&"OKP".into(), &"Ed25519".into(), &"sig".into()));
    }
}
