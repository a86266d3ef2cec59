//! Groth16 over BN254: proof encoding and the pairing equation.
//!
//! # Statement
//! For a key `vk`, inputs `x[0..23]` and a proof `(A, B, C)`:
//! `e(A, B) = e(alpha, beta) · e(IC[0] + Σ x[i]·IC[i+1], gamma) · e(C, delta)`.
//!
//! # Wire form
//! 128 bytes, `A ‖ B ‖ C` compressed as arkworks does; in documents multibase `u` (172 characters). Decoding demands
//! the exact length, points on the curve and in the subgroup, none the identity, and the one encoding of each.
//!
//! # Not proved
//! That the key is a good one ([`VerifyingKey`] refuses the degenerate ones), and who sent the proof: anybody can
//! re-randomise a proof into another valid one, so nothing may be keyed on proof bytes.
//!
//! # Fast paths
//! Input tables and fixed lines are derived from the key when it is loaded ([`InputTables`]); many proofs under one key
//! are cheaper together ([`VerifyingKey::verify_batch`]).
//!
//! Source: eprint 2016/260, §3.2. The number of inputs is a type, never a length that could be truncated.

mod batch;
mod coefficient;
mod equation;
mod tables;

pub use batch::{BatchError, Claim};
pub(crate) use equation::Equation;
pub use tables::InputTables;

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};

use crate::key::VerifyingKey;
use crate::multibase;
use crate::pairing::is_in_g2;

pub use poa_circuits::statement::INPUTS;

/// Bytes of a proof.
pub const PROOF_BYTES: usize = 128;

/// Why a proof was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// Not `u` + base64url of exactly 128 bytes.
    #[error("a proof is u + base64url of exactly {PROOF_BYTES} bytes")]
    Length,
    /// A point that is off the curve, outside the subgroup, or not in its one encoding.
    #[error("proof point {0} is off the curve, outside the subgroup or not canonical")]
    Point(&'static str),
    /// A point at infinity.
    #[error("proof point {0} is the identity")]
    Identity(&'static str),
    /// Well formed, but the pairing equation does not hold for these inputs under this key.
    #[error("the pairing equation does not hold")]
    Unsatisfied,
}

/// A decoded proof: three points of prime order, none the identity.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proof {
    a: G1Affine,
    b: G2Affine,
    c: G1Affine,
}

impl Proof {
    /// Checks three points made elsewhere.
    ///
    /// # Errors
    /// [`ProofError::Point`] or [`ProofError::Identity`].
    pub fn from_points(a: G1Affine, b: G2Affine, c: G1Affine) -> Result<Self, ProofError> {
        check("A", &a)?;
        check("B", &b)?;
        check("C", &c)?;
        if !is_in_g2(&b) {
            return Err(ProofError::Point("B"));
        }
        Ok(Self { a, b, c })
    }

    /// Reads the 128 bytes.
    ///
    /// # Errors
    /// Every [`ProofError`] but the last.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofError> {
        let bytes: &[u8; PROOF_BYTES] = bytes.try_into().map_err(|_| ProofError::Length)?;
        Self::from_points(
            point(&bytes[..32]).ok_or(ProofError::Point("A"))?,
            point(&bytes[32..96]).ok_or(ProofError::Point("B"))?,
            point(&bytes[96..]).ok_or(ProofError::Point("C"))?,
        )
    }

    /// The 128 bytes.
    pub fn to_bytes(&self) -> [u8; PROOF_BYTES] {
        let mut bytes = [0; PROOF_BYTES];
        let (a, rest) = bytes.split_at_mut(32);
        let (b, c) = rest.split_at_mut(64);
        // Cannot fail: the slices have the compressed sizes.
        self.a.serialize_compressed(a).expect("G1 takes 32 bytes");
        self.b.serialize_compressed(b).expect("G2 takes 64 bytes");
        self.c.serialize_compressed(c).expect("G1 takes 32 bytes");
        bytes
    }

    /// Reads the `proofValue` of a document.
    ///
    /// # Errors
    /// Every [`ProofError`] but the last.
    pub fn from_multibase(text: &str) -> Result<Self, ProofError> {
        Self::from_bytes(&multibase::decode_base64url(text).map_err(|_| ProofError::Length)?)
    }

    /// The `proofValue` of a document.
    pub fn to_multibase(&self) -> String {
        multibase::encode_base64url(&self.to_bytes())
    }

    /// The point `A`.
    pub fn a(&self) -> &G1Affine {
        &self.a
    }

    /// The point `B`.
    pub fn b(&self) -> &G2Affine {
        &self.b
    }

    /// The point `C`.
    pub fn c(&self) -> &G1Affine {
        &self.c
    }
}

impl VerifyingKey {
    /// Checks the pairing equation.
    ///
    /// # Errors
    /// [`ProofError::Unsatisfied`].
    pub fn verify(&self, inputs: &[Fr; INPUTS], proof: &Proof) -> Result<(), ProofError> {
        self.equation().check(inputs, proof)
    }
}

/// On the curve and not the identity, which is all of the group in G1.
fn check<P: SWCurveConfig>(name: &'static str, point: &Affine<P>) -> Result<(), ProofError> {
    if point.is_zero() {
        Err(ProofError::Identity(name))
    } else if !point.is_on_curve() {
        Err(ProofError::Point(name))
    } else {
        Ok(())
    }
}

/// A compressed point in its one encoding.
fn point<P: CanonicalDeserialize + CanonicalSerialize>(bytes: &[u8]) -> Option<P> {
    // The group is checked by `check`, once.
    let point = P::deserialize_compressed_unchecked(bytes).ok()?;
    let mut again = Vec::with_capacity(bytes.len());
    point.serialize_compressed(&mut again).ok()?;
    (again == bytes).then_some(point)
}
