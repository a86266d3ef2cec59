//! Multibase in the two bases the documents use: `u` (base64url, no padding) and `z` (base58btc).
//!
//! Decoders are canonical (exactly one text per byte string) and bound the length first; base58 decoding is
//! quadratic, so it is only used for keys and signatures.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// Every rule is stated, so that no default of the library decides what is canonical.
const CANONICAL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(false),
);

/// Longest base58 text that is decoded, in characters; a 64-byte signature takes at most 88.
pub const MAX_BASE58_CHARS: usize = 128;

/// Why a text is not the expected multibase string.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MultibaseError {
    /// The first character is not the base's prefix.
    #[error("multibase text must begin with {0:?}")]
    Prefix(char),
    /// A character outside the alphabet, padding, surplus bits, or a text that is too long.
    #[error("not canonical multibase text")]
    Malformed,
}

/// `u` + unpadded base64url.
pub fn encode_base64url(bytes: &[u8]) -> String {
    format!("u{}", base64url(bytes))
}

/// Reads what [`encode_base64url`] writes.
///
/// # Errors
/// [`MultibaseError`] when the text is anything else.
pub fn decode_base64url(text: &str) -> Result<Vec<u8>, MultibaseError> {
    let digits = text.strip_prefix('u').ok_or(MultibaseError::Prefix('u'))?;
    from_base64url(digits)
}

/// Unpadded base64url without a prefix, as in a JWS.
pub fn base64url(bytes: &[u8]) -> String {
    CANONICAL.encode(bytes)
}

/// Reads canonical unpadded base64url (no padding, no surplus bits, no white space).
///
/// # Errors
/// [`MultibaseError::Malformed`] when the text is anything else.
pub fn from_base64url(text: &str) -> Result<Vec<u8>, MultibaseError> {
    CANONICAL.decode(text).map_err(|_| MultibaseError::Malformed)
}

/// `z` + base58btc.
pub fn encode_base58(bytes: &[u8]) -> String {
    format!("z{}", bs58::encode(bytes).into_string())
}

/// Reads what [`encode_base58`] writes, up to [`MAX_BASE58_CHARS`].
///
/// # Errors
/// [`MultibaseError`] when the text is anything else.
pub fn decode_base58(text: &str) -> Result<Vec<u8>, MultibaseError> {
    let digits = text.strip_prefix('z').ok_or(MultibaseError::Prefix('z'))?;
    if digits.len() > MAX_BASE58_CHARS {
        return Err(MultibaseError::Malformed);
    }
    bs58::decode(digits).into_vec().map_err(|_| MultibaseError::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_examples_decode() {
        // Multibase specification: "Decentralize everything!!" in both bases.
        let text = b"Decentralize everything!!";
        assert_eq!(encode_base64url(text), "uRGVjZW50cmFsaXplIGV2ZXJ5dGhpbmchIQ");
        assert_eq!(encode_base58(text), "zUXE7GvtEk8XTXs1GF8HSGbVA9FCX9SEBPe");
        assert_eq!(decode_base58("zUXE7GvtEk8XTXs1GF8HSGbVA9FCX9SEBPe").unwrap(), text);
    }

    #[test]
    fn padding_surplus_bits_white_space_and_other_alphabets_are_refused() {
        for text in ["uQQ==", "uQR", "uQ Q", "u+/8", "QQ", "zQQ", "u\n"] {
            assert!(decode_base64url(text).is_err(), "{text}");
        }
        for text in ["z0", "zI", "zl", "uQQ", "", "z é"] {
            assert!(decode_base58(text).is_err(), "{text}");
        }
        assert!(decode_base58(&format!("z{}", "1".repeat(129))).is_err());
    }

    proptest! {
        #[test]
        fn both_bases_round_trip(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(decode_base64url(&encode_base64url(&bytes)).unwrap(), bytes.clone());
            prop_assert_eq!(decode_base58(&encode_base58(&bytes)).unwrap(), bytes);
        }

        #[test]
        fn whatever_decodes_re_encodes_to_itself(text in "\\PC{0,40}") {
            if let Ok(bytes) = decode_base64url(&text) { prop_assert_eq!(encode_base64url(&bytes), text.clone()); }
            if let Ok(bytes) = decode_base58(&text) { prop_assert_eq!(encode_base58(&bytes), text); }
        }
    }
}
