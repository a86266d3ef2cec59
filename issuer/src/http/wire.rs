//! Values of request bodies, decoded canonically where they are read, so that a handler never holds an
//! unchecked key, field element or digest.

use std::fmt;
use std::marker::PhantomData;

use poa_circuits::native::eddsa::HolderSignature;
use poa_circuits::native::field::{self, F};
use poa_circuits::native::holder::HolderKey;
use poa_verifier::ed25519::PublicKey;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

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

/// A `T` written as an object: serde would take the list of its values as well.
#[derive(Clone, Debug)]
pub struct Object<T>(pub T);

/// An object, or a list of such. serde's untagged enums would say of a wrong member only that nothing matched.
#[derive(Clone, Debug)]
pub struct OneOrMany<T>(pub Vec<T>);

/// A bit as callers write it: `true`, `false`, `"1"`, `"0"`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bit(pub bool);

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

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members))
            }
        }

        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Several<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Several<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object, or a list of objects")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Vec<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(|one| vec![one])
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
                let mut several = Vec::new();
                while let Some(item) = items.next_element()? {
                    several.push(item);
                }
                Ok(several)
            }
        }

        deserializer.deserialize_any(Several(PhantomData)).map(Self)
    }
}

impl<'de> Deserialize<'de> for Bit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Flag;

        impl Visitor<'_> for Flag {
            type Value = bool;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"true, false, "1" or "0""#)
            }

            fn visit_bool<E>(self, set: bool) -> Result<bool, E> {
                Ok(set)
            }

            fn visit_str<E: Error>(self, digit: &str) -> Result<bool, E> {
                match digit {
                    "1" => Ok(true),
                    "0" => Ok(false),
                    other => Err(E::invalid_value(Unexpected::Str(other), &self)),
                }
            }
        }

        deserializer.deserialize_any(Flag).map(Self)
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
