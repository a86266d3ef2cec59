//! The holder's two secrets and what is derived from them (`docs/protocol.md` §1).
//!
//! `k` is the holder key's secret scalar, replaced by rotation; `n` is the pseudonym secret, kept for the
//! agent's life so that rotating a key does not shed a ban.

use ark_ff::{AdditiveGroup, BigInteger, PrimeField};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::babyjubjub::{Point, PointError, Scalar};
use super::field::{self, F, FieldError};
use super::poseidon;

/// A holder's public key `K = k·B8`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HolderKey(Point);

impl HolderKey {
    /// Checks circomlib coordinates: on the curve, in the prime subgroup, not the identity.
    pub fn from_xy(x: F, y: F) -> Result<Self, PointError> {
        Point::from_xy(x, y).map(Self)
    }

    /// Reads the form at rest with the same checks.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, PointError> {
        Point::from_bytes(bytes).map(Self)
    }

    /// The form at rest: ark-serialize canonical bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// circomlib's x coordinate.
    pub fn x(&self) -> F {
        self.0.x()
    }

    /// The y coordinate.
    pub fn y(&self) -> F {
        self.0.y()
    }

    /// The identity commitment `I = H_2(K.x, K.y)`, Semaphore v4's for the same scalar.
    pub fn commitment(&self) -> F {
        poseidon::hash(&[self.x(), self.y()])
    }

    pub(crate) fn point(&self) -> &Point {
        &self.0
    }
}

/// The secret scalar `k`, 1 to l − 1. Never printed, zeroised on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct HolderSecret(Scalar);

impl HolderSecret {
    /// A fresh secret.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        loop {
            let mut bytes = Zeroizing::new([0u8; 64]);
            rng.fill_bytes(bytes.as_mut());
            let scalar = Scalar::from_le_bytes_mod_order(bytes.as_ref());
            if scalar != Scalar::ZERO {
                return Self(scalar);
            }
        }
    }

    /// Reads 32 big-endian bytes of an integer from 1 to l − 1.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, FieldError> {
        let secret = Self(Scalar::from_be_bytes_mod_order(bytes));
        if secret.0 == Scalar::ZERO || *secret.to_bytes() != *bytes {
            return Err(FieldError::NotReduced);
        }
        Ok(secret)
    }

    /// The 32 big-endian bytes, for sealed storage only.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new([0; 32]);
        let big_endian = Zeroizing::new(self.0.into_bigint().to_bytes_be());
        bytes.copy_from_slice(&big_endian);
        bytes
    }

    /// `K = k·B8`.
    pub fn public(&self) -> HolderKey {
        // Cannot fail: k is not 0 and B8 has prime order.
        HolderKey(Point::mul_base8(&self.0).expect("k is not zero"))
    }

    pub(crate) fn scalar(&self) -> &Scalar {
        &self.0
    }
}

/// The pseudonym secret `n`. Never printed, zeroised on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct PseudonymSecret(F);

impl PseudonymSecret {
    /// A fresh secret.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self(field::random(rng))
    }

    /// Reads 32 big-endian bytes of a canonical field element.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, FieldError> {
        field::from_bytes_be(bytes).map(Self)
    }

    /// The 32 big-endian bytes, for sealed storage only.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(field::to_bytes_be(&self.0))
    }

    /// `N = H_1(n)`, which the issuer copies into every leaf of the agent.
    pub fn commitment(&self) -> F {
        poseidon::hash(&[self.0])
    }

    /// The pseudonym for a scope: `H_2(scope, n)`.
    pub fn nullifier(&self, scope: &F) -> F {
        poseidon::hash(&[*scope, self.0])
    }

    #[cfg(feature = "gadgets")]
    pub(crate) fn value(&self) -> F {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_survive_their_stored_form_and_nothing_else_is_read() {
        let mut one = [0u8; 32];
        one[31] = 1;
        let k = HolderSecret::from_bytes(&one).unwrap();
        assert_eq!(*k.to_bytes(), one);
        assert_eq!(HolderSecret::from_bytes(&[0; 32]).err(), Some(FieldError::NotReduced));
        let mut order = [0u8; 32];
        order.copy_from_slice(&Scalar::MODULUS.to_bytes_be());
        assert!(HolderSecret::from_bytes(&order).is_err());
        assert!(PseudonymSecret::from_bytes(&[0xff; 32]).is_err());
    }

    #[test]
    fn pseudonyms_differ_by_scope_and_are_stable() {
        let n = PseudonymSecret::from_bytes(&[7; 32]).unwrap();
        let (a, b) = (F::from(1u64), F::from(2u64));
        assert_eq!(n.nullifier(&a), n.nullifier(&a));
        assert_ne!(n.nullifier(&a), n.nullifier(&b));
    }
}
