//! The scalar field of BN254: its wire form and the maps into it (`docs/protocol.md` §1).

use ark_ff::{BigInteger, PrimeField};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use super::poseidon;

/// The scalar field of BN254, order `r`: every value of the protocol lives here.
pub use ark_bn254::Fr as F;

/// Why a text or byte string is not a field element.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// Not `0x` and 64 lower-case hex digits.
    #[error("not `0x` and 64 lower-case hex digits")]
    Shape,
    /// The integer is `r` or more; it is never reduced.
    #[error("not smaller than the field's order")]
    NotReduced,
}

/// Writes `0x` and 64 lower-case hex digits, big-endian: the one wire form.
pub fn encode_hex(value: &F) -> String {
    format!("0x{}", hex::encode(to_bytes_be(value)))
}

/// Reads the form [`encode_hex`] writes and nothing else.
pub fn decode_hex(text: &str) -> Result<F, FieldError> {
    let digits = text.strip_prefix("0x").ok_or(FieldError::Shape)?;
    let lower_case_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if digits.len() != 64 || !digits.bytes().all(lower_case_hex) {
        return Err(FieldError::Shape);
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| FieldError::Shape)?;
    from_bytes_be(&bytes)
}

/// The 32 bytes of the canonical integer, big-endian.
pub fn to_bytes_be(value: &F) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&value.into_bigint().to_bytes_be());
    bytes
}

/// Reads 32 big-endian bytes; refuses integers not below the field's order.
pub fn from_bytes_be(bytes: &[u8; 32]) -> Result<F, FieldError> {
    let value = F::from_be_bytes_mod_order(bytes);
    if to_bytes_be(&value) == *bytes { Ok(value) } else { Err(FieldError::NotReduced) }
}

/// Hashes bytes into the field: the first 31 bytes, big-endian, of
/// SHA-256 over `"poa/v1/" ‖ tag ‖ 0x00 ‖ bytes`. `tag` is ASCII without a zero byte.
pub fn to_field(tag: &str, bytes: &[u8]) -> F {
    let digest =
        Sha256::new().chain_update("poa/v1/").chain_update(tag).chain_update([0]).chain_update(bytes).finalize();
    F::from_be_bytes_mod_order(&digest[..31])
}

/// Maps a SHA-256 digest into the field: `H_2` of its two halves as big-endian integers.
pub fn digest_to_field(digest: &[u8; 32]) -> F {
    let half = |bytes: &[u8]| F::from_be_bytes_mod_order(bytes);
    poseidon::hash(&[half(&digest[..16]), half(&digest[16..])])
}

/// A uniformly random element: 64 random bytes reduced, so the bias is below 2^-250.
pub fn random(rng: &mut impl CryptoRng) -> F {
    let mut bytes = zeroize::Zeroizing::new([0u8; 64]);
    rng.fill_bytes(bytes.as_mut());
    F::from_le_bytes_mod_order(bytes.as_ref())
}

/// The value as an integer, when it is below 2^64.
pub fn to_u64(value: &F) -> Option<u64> {
    let limbs = value.into_bigint().0;
    (limbs[1..] == [0; 3]).then_some(limbs[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::Field as _;

    #[test]
    fn encoding_and_decoding_are_inverse() {
        for value in [F::from(0u64), F::from(1u64), F::from(u64::MAX), -F::ONE] {
            assert_eq!(decode_hex(&encode_hex(&value)), Ok(value));
        }
    }

    #[test]
    fn aliases_and_other_shapes_are_refused() {
        let one = encode_hex(&F::ONE);
        let mut modulus = [0u8; 32];
        modulus.copy_from_slice(&F::MODULUS.to_bytes_be());
        let r = format!("0x{}", hex::encode(modulus));
        assert_eq!(decode_hex(&r), Err(FieldError::NotReduced));
        assert_eq!(decode_hex(&format!("0x{}", "f".repeat(64))), Err(FieldError::NotReduced));
        for bad in ["", "1", "0x", "0x1", &one[2..], &one[..65], &format!("{one}0")] {
            assert_eq!(decode_hex(bad), Err(FieldError::Shape), "{bad}");
        }
        assert_eq!(decode_hex(&one.replace("0x", "0X")), Err(FieldError::Shape));
        assert_eq!(decode_hex(&format!("0x{}A", "0".repeat(63))), Err(FieldError::Shape));
        assert_eq!(decode_hex(&format!("0x-{}", "0".repeat(63))), Err(FieldError::Shape));
    }

    #[test]
    fn tags_separate_equal_bytes() {
        assert_ne!(to_field("scope", b"x"), to_field("schema", b"x"));
        assert!(to_field("scope", b"x").into_bigint().num_bits() <= 248);
    }

    #[test]
    fn only_small_values_become_integers() {
        assert_eq!(to_u64(&F::from(u64::MAX)), Some(u64::MAX));
        assert_eq!(to_u64(&(F::from(u64::MAX) + F::ONE)), None);
        assert_eq!(to_u64(&-F::ONE), None);
    }
}
