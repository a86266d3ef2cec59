//! 32-byte values in exactly one spelling: 64 lower-case hex digits, some of them after `0x`.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::text::deserialize_from_text;

/// The text is not 64 lower-case hex digits, after `0x` where the value wants that.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be {0}64 lower-case hex digits")]
pub struct Hex32Error(&'static str);

fn decode(text: &str, prefix: &'static str) -> Result<[u8; 32], Hex32Error> {
    let digits = text.strip_prefix(prefix).ok_or(Hex32Error(prefix))?;
    if !digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return Err(Hex32Error(prefix));
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| Hex32Error(prefix))?;
    Ok(bytes)
}

macro_rules! hex32 {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(into = "String")]
        pub struct $name([u8; 32]);

        impl $name {
            /// The value of 32 bytes.
            pub fn new(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, hex::encode(self.0))
            }
        }

        impl FromStr for $name {
            type Err = Hex32Error;

            fn from_str(text: &str) -> Result<Self, Hex32Error> {
                decode(text, $prefix).map(Self)
            }
        }

        deserialize_from_text!($name);

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}

hex32! {
    /// Hash of a block, `0x…`; that of block 0 names the chain.
    BlockHash, "0x"
}
hex32! {
    /// Hash of an agent's behaviour graph, `0x…`: SHA-256 of its JCS form in the embedded registry, `compiled_hash` on a
    /// chain.
    AbgHash, "0x"
}
hex32! {
    /// SHA-256 of the JCS form of an `agent` claim.
    ClaimsDigest, ""
}
hex32! {
    /// The random part of a nonce. It is published with the document and hides nothing; it makes the nonce unguessable
    /// until then.
    Seed, ""
}
hex32! {
    /// What a wallet signs in place of everything the [details](super::binding::Details) say.
    Nonce, ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_spelling() {
        let text = "0x00ff".to_owned() + &"ab".repeat(30);
        let hash: BlockHash = text.parse().unwrap();
        assert_eq!(hash.to_string(), text);
        assert_eq!(hash.as_bytes()[..3], [0, 0xff, 0xab]);
        let digits = &text[2..];
        assert_eq!(digits.parse::<Nonce>().unwrap().to_string(), digits);
        for bad in [digits, &text.to_uppercase(), &text[..65], &format!("{text}00"), &format!(" {text}"), "0x", ""] {
            assert_eq!(bad.parse::<BlockHash>(), Err(Hex32Error("0x")), "{bad}");
        }
        for bad in [&text[..], &digits.to_uppercase(), &digits[1..], "é"] {
            assert_eq!(bad.parse::<Nonce>(), Err(Hex32Error("")), "{bad}");
        }
    }
}
