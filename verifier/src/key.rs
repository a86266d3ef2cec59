//! Groth16 verifying keys: the byte form, its digest, and the keys that are refused.
//!
//! # Wire form
//! What ark-groth16 0.6 writes with `VerifyingKey::serialize_uncompressed`: `alpha_g1` (64 bytes) ‖ `beta_g2` (128) ‖
//! `gamma_g2` (128) ‖ `delta_g2` (128) ‖ the number 24 as u64 little-endian ‖ 24 points `gamma_abc_g1` (64 each);
//! 1992 bytes. `vk_sha256`, its SHA-256, is the key's name in proofs: `urn:poa:vk:sha256:` + 64 hex digits.
//!
//! # Refused
//! A wrong length or count; a point off the curve, outside the subgroup or not canonical; the identity anywhere; two
//! equal `gamma_abc`; `delta = ±gamma`; `alpha`, `beta` or `delta` = ± the generator of its group. Under the last three
//! anybody can make proofs of false statements. `gamma` equal to the generator is normal: snarkjs fixes it so.

use std::fmt;

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use sha2::{Digest, Sha256};

use crate::groth16::{Equation, INPUTS, InputTables};

/// Bytes of a verifying key.
pub const KEY_BYTES: usize = 64 + 3 * 128 + 8 + (INPUTS + 1) * 64;

/// What `verificationMethod` of a Groth16 proof begins with.
pub const URN_PREFIX: &str = "urn:poa:vk:sha256:";

/// Why a verifying key was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not [`KEY_BYTES`] bytes.
    #[error("a verifying key has {KEY_BYTES} bytes, this one {0}")]
    Length(usize),
    /// Not exactly 24 `gamma_abc` points.
    #[error("a verifying key has {} gamma_abc points", INPUTS + 1)]
    Inputs,
    /// A point off the curve, outside the subgroup or not in its one encoding.
    #[error("key point {0} is off the curve, outside the subgroup or not canonical")]
    Point(&'static str),
    /// A point at infinity.
    #[error("key point {0} is the identity: proofs under this key say nothing")]
    Identity(&'static str),
    /// Two inputs share a point, or one has the other's negative: their values could be exchanged, or both raised.
    #[error("two gamma_abc points are equal or opposite: two inputs could be exchanged, or both changed")]
    EqualInputs,
    /// `delta = ±gamma`: anybody can forge proofs.
    #[error("delta is plus or minus gamma: anybody can forge proofs under this key")]
    DeltaIsGamma,
    /// `alpha` or `beta` = ± generator: phase 1 never saw a contribution to it, anybody can forge proofs.
    #[error("{0} is plus or minus the generator: no contribution was made to phase 1, anybody can forge proofs")]
    Phase1IsGenerator(&'static str),
    /// `delta = ±` generator: the key never saw a contribution, anybody can forge proofs.
    #[error("delta is plus or minus the generator: no contribution was made to this key, anybody can forge proofs")]
    DeltaIsGenerator,
}

/// A verifying key that passed every refusal of the module header, with what verification derives from it. Clones share
/// that.
#[derive(Clone)]
pub struct VerifyingKey {
    alpha_g1: G1Affine,
    beta_g2: G2Affine,
    gamma_g2: G2Affine,
    delta_g2: G2Affine,
    gamma_abc_g1: [G1Affine; INPUTS + 1],
    equation: Equation,
    sha256: [u8; 32],
}

impl VerifyingKey {
    /// Checks points made elsewhere.
    ///
    /// # Errors
    /// Every [`KeyError`] but the length.
    pub fn from_points(
        alpha_g1: G1Affine,
        beta_g2: G2Affine,
        gamma_g2: G2Affine,
        delta_g2: G2Affine,
        gamma_abc_g1: &[G1Affine],
    ) -> Result<Self, KeyError> {
        let gamma_abc_g1: [G1Affine; INPUTS + 1] = gamma_abc_g1.try_into().map_err(|_| KeyError::Inputs)?;
        check_point("alpha", &alpha_g1)?;
        check_point("beta", &beta_g2)?;
        check_point("gamma", &gamma_g2)?;
        check_point("delta", &delta_g2)?;
        gamma_abc_g1.iter().try_for_each(|point| check_point("gamma_abc", point))?;
        let alike = |i: usize| gamma_abc_g1[..i].iter().any(|point| [*point, -*point].contains(&gamma_abc_g1[i]));
        if (1..gamma_abc_g1.len()).any(alike) {
            return Err(KeyError::EqualInputs);
        }
        if delta_g2 == gamma_g2 || delta_g2 == -gamma_g2 {
            return Err(KeyError::DeltaIsGamma);
        }
        if is_generator(&alpha_g1) {
            return Err(KeyError::Phase1IsGenerator("alpha"));
        }
        if is_generator(&beta_g2) {
            return Err(KeyError::Phase1IsGenerator("beta"));
        }
        if is_generator(&delta_g2) {
            return Err(KeyError::DeltaIsGenerator);
        }
        let sha256 = Sha256::digest(write(&alpha_g1, [&beta_g2, &gamma_g2, &delta_g2], &gamma_abc_g1)).into();
        Ok(Self {
            equation: Equation::new(&alpha_g1, [&beta_g2, &gamma_g2, &delta_g2], &gamma_abc_g1),
            alpha_g1,
            beta_g2,
            gamma_g2,
            delta_g2,
            gamma_abc_g1,
            sha256,
        })
    }

    /// Reads the byte form.
    ///
    /// # Errors
    /// [`KeyError`] for everything the module header refuses.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() != KEY_BYTES {
            return Err(KeyError::Length(bytes.len()));
        }
        let (fixed, inputs) = bytes.split_at(64 + 3 * 128 + 8);
        if fixed[448..] != (INPUTS as u64 + 1).to_le_bytes() {
            return Err(KeyError::Inputs);
        }
        let gamma_abc: Vec<G1Affine> =
            inputs.chunks_exact(64).map(|chunk| point("gamma_abc", chunk)).collect::<Result<_, _>>()?;
        Self::from_points(
            point("alpha", &fixed[..64])?,
            point("beta", &fixed[64..192])?,
            point("gamma", &fixed[192..320])?,
            point("delta", &fixed[320..448])?,
            &gamma_abc,
        )
    }

    /// The byte form.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(&self.alpha_g1, [&self.beta_g2, &self.gamma_g2, &self.delta_g2], &self.gamma_abc_g1)
    }

    /// `vk_sha256`: the SHA-256 of the byte form.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The key's name in proofs, `urn:poa:vk:sha256:…`.
    pub fn urn(&self) -> String {
        urn(&self.sha256)
    }

    /// The point `alpha`.
    pub fn alpha_g1(&self) -> &G1Affine {
        &self.alpha_g1
    }

    /// The point `beta`.
    pub fn beta_g2(&self) -> &G2Affine {
        &self.beta_g2
    }

    /// The point `gamma`.
    pub fn gamma_g2(&self) -> &G2Affine {
        &self.gamma_g2
    }

    /// The point `delta`.
    pub fn delta_g2(&self) -> &G2Affine {
        &self.delta_g2
    }

    /// `IC`: the constant's point, then one per public input.
    pub fn gamma_abc_g1(&self) -> &[G1Affine; INPUTS + 1] {
        &self.gamma_abc_g1
    }

    /// The same key with input tables of another size; they start as [`InputTables::Medium`].
    #[must_use]
    pub fn with_tables(self, size: InputTables) -> Self {
        Self { equation: self.equation.with_tables(&self.gamma_abc_g1, size), ..self }
    }

    /// The size of the input tables.
    pub fn tables(&self) -> InputTables {
        self.equation.tables()
    }

    pub(crate) fn equation(&self) -> &Equation {
        &self.equation
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.sha256 == other.sha256
    }
}

impl Eq for VerifyingKey {}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.urn())
    }
}

/// `urn:poa:vk:sha256:` + 64 hex digits.
pub fn urn(vk_sha256: &[u8; 32]) -> String {
    format!("{URN_PREFIX}{}", hex::encode(vk_sha256))
}

/// Of either sign: a scalar that everybody knows.
fn is_generator<P: SWCurveConfig>(point: &Affine<P>) -> bool {
    *point == P::GENERATOR || *point == -P::GENERATOR
}

fn check_point<P: SWCurveConfig>(name: &'static str, point: &Affine<P>) -> Result<(), KeyError> {
    if point.is_zero() {
        Err(KeyError::Identity(name))
    } else if !point.is_on_curve() || !point.is_in_correct_subgroup_assuming_on_curve() {
        Err(KeyError::Point(name))
    } else {
        Ok(())
    }
}

/// An uncompressed point in its one encoding.
fn point<P: CanonicalDeserialize + CanonicalSerialize>(name: &'static str, bytes: &[u8]) -> Result<P, KeyError> {
    let point = P::deserialize_uncompressed(bytes).map_err(|_| KeyError::Point(name))?;
    if uncompressed(&point) == bytes { Ok(point) } else { Err(KeyError::Point(name)) }
}

fn uncompressed(point: &impl CanonicalSerialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    // Cannot fail: a `Vec` takes every write.
    point.serialize_uncompressed(&mut bytes).expect("a Vec takes every write");
    bytes
}

fn write(alpha: &G1Affine, g2: [&G2Affine; 3], gamma_abc: &[G1Affine; INPUTS + 1]) -> Vec<u8> {
    let mut bytes = uncompressed(alpha);
    g2.into_iter().for_each(|point| bytes.extend(uncompressed(point)));
    bytes.extend((INPUTS as u64 + 1).to_le_bytes());
    gamma_abc.iter().for_each(|point| bytes.extend(uncompressed(point)));
    bytes
}
