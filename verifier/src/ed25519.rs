//! Ed25519 keys and signatures under one strict rule, wherever they come from.
//!
//! A [`PublicKey`] is canonical and not of small order: under the identity key *every* message has a valid
//! signature for verifiers that do not look. Signatures are checked by `verify_strict` (canonical `S`, no small-order
//! `R`, no cofactor). Source: RFC 8032 §5.1, "Taming the many EdDSAs" (eprint 2020/1244).

use std::fmt;

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::multibase;

/// Multicodec prefix of an Ed25519 public key in a Multikey.
const MULTICODEC: [u8; 2] = [0xed, 0x01];

/// Why a key or signature was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Ed25519Error {
    /// Not `z` + base58btc of `0xed01` and 32 bytes, or not 32 bytes.
    #[error("not an Ed25519 public key (Multikey: z + base58btc of 0xed01 and 32 bytes)")]
    Encoding,
    /// The bytes are no point of the curve, or not its only encoding.
    #[error("not a canonical Ed25519 point")]
    Point,
    /// A key of small order: anybody can sign under it.
    #[error("weak Ed25519 key (small order): anybody can sign under it; use another key")]
    Weak,
    /// The signature is not of this key over these bytes.
    #[error("the Ed25519 signature does not verify")]
    Signature,
}

/// A canonical Ed25519 public key, not of small order.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads the 32 bytes of RFC 8032.
    ///
    /// # Errors
    /// [`Ed25519Error::Point`] or [`Ed25519Error::Weak`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Ed25519Error> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| Ed25519Error::Point)?;
        if key.to_edwards().compress().to_bytes() != *bytes {
            return Err(Ed25519Error::Point);
        }
        if key.is_weak() { Err(Ed25519Error::Weak) } else { Ok(Self(key)) }
    }

    /// Reads a Multikey text, `z6Mk…`.
    ///
    /// # Errors
    /// [`Ed25519Error`] when it is anything else, or the key is refused.
    pub fn from_multikey(text: &str) -> Result<Self, Ed25519Error> {
        let bytes = multibase::decode_base58(text).map_err(|_| Ed25519Error::Encoding)?;
        let key = bytes.strip_prefix(&MULTICODEC).ok_or(Ed25519Error::Encoding)?;
        Self::from_bytes(key.try_into().map_err(|_| Ed25519Error::Encoding)?)
    }

    /// The 32 bytes of RFC 8032.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The Multikey text, `z6Mk…`.
    pub fn to_multikey(&self) -> String {
        Self::multikey_of(self.0.as_bytes())
    }

    /// The Multikey text of a key that was checked before, without decompressing its point.
    pub fn multikey_of(bytes: &[u8; 32]) -> String {
        multibase::encode_base58(&[&MULTICODEC[..], bytes].concat())
    }

    /// The thumbprint of its JWK (RFC 7638 with SHA-256), base64url.
    pub fn jwk_thumbprint(&self) -> String {
        let x = multibase::base64url(self.0.as_bytes());
        let required = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        multibase::base64url(&Sha256::digest(required))
    }

    /// Checks a signature.
    ///
    /// # Errors
    /// [`Ed25519Error::Signature`] when it is not this key's over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), Ed25519Error> {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).map_err(|_| Ed25519Error::Signature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_multikey())
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};
    use proptest::prelude::*;

    use super::*;

    /// The eight torsion points and the non-canonical encodings of them, RFC 8032 byte order (eprint 2020/1244, table 1).
    const SMALL_ORDER: [&str; 11] = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];

    #[test]
    fn small_order_and_non_canonical_keys_are_refused() {
        for text in SMALL_ORDER {
            let bytes: [u8; 32] = hex::decode(text).unwrap().try_into().unwrap();
            assert!(PublicKey::from_bytes(&bytes).is_err(), "{text}");
            let multikey = multibase::encode_base58(&[&MULTICODEC[..], &bytes].concat());
            assert!(PublicKey::from_multikey(&multikey).is_err(), "{text}");
        }
    }

    #[test]
    fn multikey_round_trips_and_other_codecs_and_lengths_are_refused() {
        // did:key method specification, first Ed25519 example.
        let text = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp";
        assert_eq!(PublicKey::from_multikey(text).unwrap().to_multikey(), text);
        let key = PublicKey::from_multikey(text).unwrap().to_bytes();
        for bytes in [[&[0xec, 0x01][..], &key].concat(), [&MULTICODEC[..], &key[..31]].concat(), key.to_vec()] {
            assert_eq!(PublicKey::from_multikey(&multibase::encode_base58(&bytes)), Err(Ed25519Error::Encoding));
        }
    }

    /// RFC 8037, appendix A.3.
    #[test]
    fn the_published_thumbprint_is_found() {
        let x = multibase::from_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        let key = PublicKey::from_bytes(&x.try_into().unwrap()).unwrap();
        assert_eq!(key.jwk_thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_signature_with_s_plus_l_is_refused() {
        let signer = SigningKey::from_bytes(&[7; 32]);
        let key = PublicKey::from_bytes(&signer.verifying_key().to_bytes()).unwrap();
        let mut signature = signer.sign(b"message").to_bytes();
        assert_eq!(key.verify(b"message", &signature), Ok(()));
        assert_eq!(key.verify(b"messagf", &signature), Err(Ed25519Error::Signature));
        let l = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
        let mut carry = 0u16;
        for (s, l) in signature[32..].iter_mut().zip(l) {
            carry += u16::from(*s) + u16::from(l);
            *s = carry as u8;
            carry >>= 8;
        }
        assert_eq!(key.verify(b"message", &signature), Err(Ed25519Error::Signature));
    }

    proptest! {
        #[test]
        fn random_texts_and_bytes_never_panic(text in "z[1-9A-Za-z]{0,60}", bytes: [u8; 32], sig: [[u8; 32]; 2]) {
            let _ = PublicKey::from_multikey(&text);
            if let Ok(key) = PublicKey::from_bytes(&bytes) {
                let signature: [u8; 64] = sig.concat().try_into().unwrap();
                prop_assert_eq!(key.verify(b"x", &signature), Err(Ed25519Error::Signature));
            }
        }
    }
}
