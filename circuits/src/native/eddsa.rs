//! EdDSA-Poseidon over BabyJubJub, as in circomlib and zk-kit; used outside the circuit only.
//!
//! `S·B8 = R + 8·h·K` with `h = H_5(R.x, R.y, K.x, K.y, M)`. Strict: `S < l`; `R` and `K` canonical, on the
//! curve, in the prime subgroup, not the identity.

use ark_ff::{BigInteger, PrimeField};
use rand_core::CryptoRng;
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

use super::babyjubjub::{Point, PointError, Scalar, base8};
use super::field::{self, F, FieldError};
use super::holder::{HolderKey, HolderSecret};
use super::poseidon;

/// Why a signature is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// `R` is not a usable point.
    #[error("signature point R: {0}")]
    R(#[from] PointError),
    /// `S` is not a canonical scalar below the subgroup's order.
    #[error("signature scalar S: {0}")]
    S(#[from] FieldError),
    /// The equation does not hold for this key and message.
    #[error("the holder's signature does not verify")]
    Mismatch,
}

/// An EdDSA-Poseidon signature whose parts were checked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HolderSignature {
    r: Point,
    s: Scalar,
}

impl HolderSignature {
    /// Checks the parts: `R` in circomlib coordinates, `S` as 32 big-endian bytes below `l`.
    pub fn from_parts(r: [F; 2], s: &[u8; 32]) -> Result<Self, SignatureError> {
        let r = Point::from_xy(r[0], r[1])?;
        let scalar = Scalar::from_be_bytes_mod_order(s);
        if scalar.into_bigint().to_bytes_be() != s {
            return Err(FieldError::NotReduced.into());
        }
        Ok(Self { r, s: scalar })
    }

    /// `R` in circomlib coordinates.
    pub fn r(&self) -> [F; 2] {
        [self.r.x(), self.r.y()]
    }

    /// `S` as 32 big-endian bytes. `S < l < r`, so it is also a canonical field element.
    pub fn s(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&self.s.into_bigint().to_bytes_be());
        bytes
    }

    /// Checks the equation for a key and a message.
    pub fn verify(&self, key: &HolderKey, message: &F) -> Result<(), SignatureError> {
        let eight_h = Scalar::from(8u64) * challenge(&self.r, key, message);
        let left = base8() * self.s;
        let right = *key.point().inner() * eight_h + self.r.inner();
        if left == right { Ok(()) } else { Err(SignatureError::Mismatch) }
    }
}

impl HolderSecret {
    /// Signs a field element. The nonce is hedged: SHA-512 over `k`, the message and 32 random bytes.
    pub fn sign(&self, message: &F, rng: &mut impl CryptoRng) -> HolderSignature {
        let key = self.public();
        loop {
            let nonce = self.hedged_nonce(message, rng);
            let Some(r) = Point::mul_base8(&nonce) else {
                continue;
            };
            let eight_h = Scalar::from(8u64) * challenge(&r, &key, message);
            let s = *nonce + eight_h * self.scalar();
            return HolderSignature { r, s };
        }
    }

    fn hedged_nonce(&self, message: &F, rng: &mut impl CryptoRng) -> Zeroizing<Scalar> {
        let mut fresh = Zeroizing::new([0u8; 32]);
        rng.fill_bytes(fresh.as_mut());
        let mut digest = Sha512::new()
            .chain_update(b"poa/v1/eddsa-nonce\0")
            .chain_update(self.to_bytes().as_ref())
            .chain_update(field::to_bytes_be(message))
            .chain_update(fresh.as_ref())
            .finalize();
        let nonce = Scalar::from_le_bytes_mod_order(&digest);
        zeroize::Zeroize::zeroize(digest.as_mut_slice());
        Zeroizing::new(nonce)
    }
}

/// `h` as a scalar modulo `l`.
fn challenge(r: &Point, key: &HolderKey, message: &F) -> Scalar {
    let h = poseidon::hash(&[r.x(), r.y(), key.x(), key.y(), *message]);
    Scalar::from_be_bytes_mod_order(&field::to_bytes_be(&h))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::AdditiveGroup;
    use rand_core::{Infallible, TryCryptoRng, TryRng};

    /// A counter: signatures must verify whatever the randomness is.
    struct Counter(u8);
    impl TryRng for Counter {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            self.0 = self.0.wrapping_add(1);
            Ok(self.0.into())
        }
        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            self.0 = self.0.wrapping_add(1);
            Ok(self.0.into())
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            self.0 = self.0.wrapping_add(1);
            bytes.fill(self.0);
            Ok(())
        }
    }
    impl TryCryptoRng for Counter {}

    #[test]
    fn a_signature_is_for_its_key_and_message_alone() {
        let mut rng = Counter(0);
        let (k, other) = (HolderSecret::random(&mut rng), HolderSecret::random(&mut rng));
        let message = F::from(42u64);
        let signature = k.sign(&message, &mut rng);
        assert_eq!(signature.verify(&k.public(), &message), Ok(()));
        assert_eq!(signature.verify(&k.public(), &F::from(43u64)), Err(SignatureError::Mismatch));
        assert_eq!(signature.verify(&other.public(), &message), Err(SignatureError::Mismatch));
        assert_ne!(signature, k.sign(&message, &mut rng), "nonces are fresh");
    }

    #[test]
    fn parts_survive_encoding_and_aliases_of_s_are_refused() {
        let mut rng = Counter(9);
        let k = HolderSecret::random(&mut rng);
        let signature = k.sign(&F::ZERO, &mut rng);
        assert_eq!(HolderSignature::from_parts(signature.r(), &signature.s()), Ok(signature));
        let mut alias = signature.s.into_bigint();
        assert!(!alias.add_with_carry(&Scalar::MODULUS), "fits in 256 bits");
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&alias.to_bytes_be());
        assert_eq!(HolderSignature::from_parts(signature.r(), &bytes), Err(SignatureError::S(FieldError::NotReduced)));
    }
}
