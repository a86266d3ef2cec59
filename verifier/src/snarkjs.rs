//! The same proofs and keys in the files of snarkjs.
//!
//! Coordinates are decimal strings; a G2 coordinate is `[c0, c1]`. Reading applies every check of the byte forms.
//!
//! Other provers write nearly the same: rapidsnark leaves `curve` out of its proofs, gnark's exporters call it `bn254` and
//! leave out the third coordinate, which is 1 in every point that is read here. The equation is that of our key on
//! BN254, so a proof's `protocol` and `curve` may be missing; what they say must be true.

use std::str::FromStr;

use ark_bn254::{Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::PrimeField;
use serde_json::{Value, json};

use crate::groth16::{INPUTS, Proof, ProofError};
use crate::key::{KeyError, VerifyingKey};

/// Why a snarkjs file was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SnarkjsError {
    /// A member is missing or has the wrong form.
    #[error("snarkjs file: member {0:?} is missing or malformed")]
    Member(&'static str),
    /// The points are no proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The points are no key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// `proof.json`.
pub fn write_proof(proof: &Proof) -> Value {
    json!({
        "pi_a": write_g1(proof.a()),
        "pi_b": write_g2(proof.b()),
        "pi_c": write_g1(proof.c()),
        "protocol": "groth16",
        "curve": "bn128",
    })
}

/// Reads `proof.json`.
///
/// # Errors
/// [`SnarkjsError`].
pub fn read_proof(file: &Value) -> Result<Proof, SnarkjsError> {
    check_kind(file, false)?;
    let (a, b, c) = (g1(file, "pi_a")?, g2(file, "pi_b")?, g1(file, "pi_c")?);
    Ok(Proof::from_points(a, b, c)?)
}

/// `public.json`: the inputs as decimal strings.
pub fn write_inputs(inputs: &[Fr; INPUTS]) -> Value {
    inputs.iter().map(|input| Value::from(input.to_string())).collect()
}

/// Reads `public.json`: exactly 23 canonical decimal strings below the field's order.
///
/// # Errors
/// [`SnarkjsError::Member`].
pub fn read_inputs(file: &Value) -> Result<[Fr; INPUTS], SnarkjsError> {
    let refused = SnarkjsError::Member("public");
    let items = file.as_array().ok_or(refused)?;
    let inputs: Option<Vec<Fr>> = items.iter().map(decimal).collect();
    inputs.and_then(|inputs| inputs.try_into().ok()).ok_or(refused)
}

/// `verification_key.json`.
pub fn write_key(key: &VerifyingKey) -> Value {
    json!({
        "protocol": "groth16",
        "curve": "bn128",
        "nPublic": INPUTS,
        "vk_alpha_1": write_g1(key.alpha_g1()),
        "vk_beta_2": write_g2(key.beta_g2()),
        "vk_gamma_2": write_g2(key.gamma_g2()),
        "vk_delta_2": write_g2(key.delta_g2()),
        "IC": key.gamma_abc_g1().iter().map(write_g1).collect::<Vec<_>>(),
    })
}

/// Reads `verification_key.json`.
///
/// # Errors
/// [`SnarkjsError`].
pub fn read_key(file: &Value) -> Result<VerifyingKey, SnarkjsError> {
    check_kind(file, true)?;
    let points = file.get("IC").and_then(Value::as_array).ok_or(SnarkjsError::Member("IC"))?;
    let inputs: Option<Vec<G1Affine>> = points.iter().map(read_g1).collect();
    Ok(VerifyingKey::from_points(
        g1(file, "vk_alpha_1")?,
        g2(file, "vk_beta_2")?,
        g2(file, "vk_gamma_2")?,
        g2(file, "vk_delta_2")?,
        &inputs.ok_or(SnarkjsError::Member("IC"))?,
    )?)
}

/// What snarkjs takes for the name of the curve (ffjavascript's `getCurveFromName`), normalised.
const CURVES: [&str; 3] = ["BN128", "BN254", "ALTBN128"];

/// The key says both, because it may be of anything; a proof that says neither is refused by the equation if it is.
fn check_kind(file: &Value, mandatory: bool) -> Result<(), SnarkjsError> {
    let named = |member: &'static str, good: &dyn Fn(&str) -> bool| match file.get(member) {
        None if !mandatory => Ok(()),
        Some(Value::String(name)) if good(name) => Ok(()),
        _ => Err(SnarkjsError::Member(member)),
    };
    named("protocol", &|name| name == "groth16")?;
    named("curve", &|name| {
        let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        name.len() <= 16 && CURVES.contains(&letters.to_ascii_uppercase().as_str())
    })
}

fn write_g1(point: &G1Affine) -> Value {
    json!([point.x.to_string(), point.y.to_string(), "1"])
}

fn write_g2(point: &G2Affine) -> Value {
    let pair = |c: &Fq2| json!([c.c0.to_string(), c.c1.to_string()]);
    json!([pair(&point.x), pair(&point.y), ["1", "0"]])
}

fn g1(file: &Value, member: &'static str) -> Result<G1Affine, SnarkjsError> {
    file.get(member).and_then(read_g1).ok_or(SnarkjsError::Member(member))
}

fn g2(file: &Value, member: &'static str) -> Result<G2Affine, SnarkjsError> {
    file.get(member).and_then(read_g2).ok_or(SnarkjsError::Member(member))
}

fn read_g1(value: &Value) -> Option<G1Affine> {
    let (x, y) = affine(value, &json!("1"))?;
    checked(G1Affine::new_unchecked(decimal(x)?, decimal(y)?))
}

fn read_g2(value: &Value) -> Option<G2Affine> {
    let (x, y) = affine(value, &json!(["1", "0"]))?;
    let pair = |value: &Value| match value.as_array()?.as_slice() {
        [c0, c1] => Some(Fq2::new(decimal(c0)?, decimal(c1)?)),
        _ => None,
    };
    checked(G2Affine::new_unchecked(pair(x)?, pair(y)?))
}

/// x and y of a point whose third coordinate is one, or left out.
fn affine<'v>(value: &'v Value, one: &Value) -> Option<(&'v Value, &'v Value)> {
    match value.as_array()?.as_slice() {
        [x, y] => Some((x, y)),
        [x, y, z] if z == one => Some((x, y)),
        _ => None,
    }
}

/// Only points of the group: built from coordinates they could be anything.
fn checked<P: AffineRepr + ark_serialize::Valid>(point: P) -> Option<P> {
    point.check().ok().map(|()| point)
}

/// Digits of 2^256, more than any modulus here has: reading is quadratic in the length.
const MAX_DECIMAL_DIGITS: usize = 78;

/// A decimal string in its one spelling, below the modulus.
fn decimal<N: PrimeField + FromStr>(value: &Value) -> Option<N> {
    let text = value.as_str().filter(|text| text.len() <= MAX_DECIMAL_DIGITS)?;
    let number = N::from_str(text).ok()?;
    (number.to_string() == text).then_some(number)
}
