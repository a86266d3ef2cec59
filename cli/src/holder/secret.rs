//! Secrets inside the sealed file: zeroised in memory, never printed; bytes are hex in its JSON.

use std::fmt;

use poa_circuits::native::holder::{HolderSecret, PseudonymSecret};
use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The secrets that make proofs.
pub struct ProvingSecrets {
    /// `k`, the holder key's secret scalar.
    pub holder: HolderSecret,
    /// `n`, the pseudonym secret.
    pub pseudonym: PseudonymSecret,
}

/// Thirty-two secret bytes.
///
/// `Serialize` is for the plaintext that is sealed at once, and for nothing else; there is no `Debug`.
pub struct Secret32(Zeroizing<[u8; 32]>);

impl Secret32 {
    /// Takes over bytes that are zeroised already.
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Serialize for Secret32 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = Zeroizing::new(hex::encode(self.0.as_slice()));
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Secret32 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(HexVisitor)
    }
}

/// Decodes from the borrowed text, so that no unzeroised copy of it is made.
struct HexVisitor;

impl Visitor<'_> for HexVisitor {
    type Value = Secret32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("64 hex digits")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret32, E> {
        let mut bytes = Zeroizing::new([0; 32]);
        // The text is secret: the error must not quote it.
        hex::decode_to_slice(text, bytes.as_mut_slice()).map_err(|_| E::custom("a secret is not 64 hex digits"))?;
        Ok(Secret32(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_survives_its_json_and_errors_never_quote_it() {
        let json = format!("\"{}\"", "ab".repeat(32));
        let secret: Secret32 = serde_json::from_str(&json).unwrap();
        assert_eq!(secret.bytes(), &[0xab; 32]);
        assert_eq!(serde_json::to_string(&secret).unwrap(), json);
        let Err(error) = serde_json::from_str::<Secret32>("\"c0ffee\"") else { panic!("a short secret was read") };
        assert!(!error.to_string().contains("c0ffee"), "{error}");
    }
}
