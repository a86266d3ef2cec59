//! Values of request bodies, decoded canonically where they are read, so that a handler never holds an
//! unchecked key, field element or digest.

use poa_circuits::native::eddsa::HolderSignature;
use poa_circuits::native::field::{self, F};
use poa_circuits::native::holder::HolderKey;
use poa_verifier::ed25519::PublicKey;
use serde::de::{Deserialize, Deserializer, Error};

/// A field element: `0x` and 64 lower-case hex digits, less than r.
#[derive(Clone, Copy, Debug)]
pub struct Element(pub F);

/// 32 bytes as 64 lower-case hex digits.
#[derive(Clone, Copy, Debug)]
pub struct Sha256Hex(pub [u8; 32]);

/// An Ed25519 public key as Multikey text, canonical and not weak.
#[derive(Clone, Copy, Debug)]
pub struct Ed25519Key(pub PublicKey);

/// A holder key as `[x, y]`, on the curve, in the prime subgroup, not the identity.
#[derive(Clone, Debug)]
pub struct Holder(pub HolderKey);

/// A text of 1 to `MAX` characters without control characters.
#[derive(Clone, Debug)]
pub struct Text<const MAX: usize>(pub String);

/// A holder signature in strict form.
#[derive(Clone, Debug)]
pub struct Signature(pub HolderSignature);

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        field::decode_hex(&text).map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Sha256Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        decode_sha256(&text).map(Self).ok_or_else(|| D::Error::custom("not 64 lower-case hex digits"))
    }
}

impl<'de> Deserialize<'de> for Ed25519Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        PublicKey::from_multikey(&text).map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Holder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let [x, y] = <[Element; 2]>::deserialize(deserializer)?;
        HolderKey::from_xy(x.0, y.0).map(Self).map_err(D::Error::custom)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if !(1..=MAX).contains(&text.chars().count()) || text.chars().any(char::is_control) {
            let rule = format!("must have 1 to {MAX} characters, none a control character");
            return Err(D::Error::custom(rule));
        }
        Ok(Self(text))
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// The scalar `s` is an integer below the subgroup order, written like a field element.
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Parts {
            r: [Element; 2],
            s: Element,
        }

        let Parts { r: [x, y], s } = Parts::deserialize(deserializer)?;
        HolderSignature::from_parts([x.0, y.0], &field::to_bytes_be(&s.0)).map(Self).map_err(D::Error::custom)
    }
}

/// Decodes 64 lower-case hex digits; upper case would be a second spelling of the same digest.
pub fn decode_sha256(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0u8; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    (hex::encode(bytes) == text).then_some(bytes)
}
