//! Proofs on an EVM chain: a contract for a key, and its calldata.
//!
//! # Calldata
//! The selector of `verifyProof(uint256[8],uint256[23])`, then 31 words of 32 bytes, big-endian: `A.x, A.y, B.x.c1, B.x.c0,
//! B.y.c1, B.y.c0, C.x, C.y` and the inputs. Coefficients of `B` stand as the pairing's precompiled contract wants them,
//! the imaginary one first. Reading demands this length, each number below its modulus, and every check of the byte form.
//!
//! # Not proved
//! The contract checks the pairing equation and `input < r`, as this crate does; what a caller must check of the inputs is
//! in `docs/evm.md`.
//!
//! Source: EIP-196, EIP-197; the Solidity ABI.

use std::fmt::Write as _;

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, BigInteger, BigInteger256, PrimeField};

use crate::groth16::{INPUTS, Proof, ProofError};
use crate::key::VerifyingKey;

/// The contract, with places for what the key determines.
const TEMPLATE: &str = include_str!("evm/PoaVerifier.sol.template");

/// What calldata begins with: of the Keccak-256 of the function's signature.
pub const SELECTOR: [u8; 4] = [0xae, 0x5d, 0x7c, 0x6f];

const WORD: usize = 32;
/// Words of a proof.
const PROOF_WORDS: usize = 8;

/// Bytes of calldata.
pub const CALLDATA_BYTES: usize = SELECTOR.len() + (PROOF_WORDS + INPUTS) * WORD;

/// Why bytes are no calldata of a proof.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CalldataError {
    /// Not [`CALLDATA_BYTES`].
    #[error("calldata has {CALLDATA_BYTES} bytes, this has {0}")]
    Length(usize),
    /// For another function.
    #[error("calldata does not begin with the selector of verifyProof")]
    Selector,
    /// A coordinate is not below the modulus. Counted from 0.
    #[error("coordinate {0} is not below the modulus")]
    Coordinate(usize),
    /// An input is not below the group's order. Counted from 0.
    #[error("input {0} is not below the group's order")]
    Input(usize),
    /// The points are no proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

/// Writes calldata.
pub fn calldata(inputs: &[Fr; INPUTS], proof: &Proof) -> [u8; CALLDATA_BYTES] {
    let (a, b, c) = (proof.a(), proof.b(), proof.c());
    let points = [a.x, a.y, b.x.c1, b.x.c0, b.y.c1, b.y.c0, c.x, c.y];
    let words = points.iter().map(word).chain(inputs.iter().map(word));
    let mut bytes = [0; CALLDATA_BYTES];
    let (selector, rest) = bytes.split_at_mut(SELECTOR.len());
    selector.copy_from_slice(&SELECTOR);
    rest.chunks_exact_mut(WORD).zip(words).for_each(|(place, word)| place.copy_from_slice(&word));
    bytes
}

/// Reads calldata.
///
/// # Errors
/// [`CalldataError`].
pub fn read_calldata(bytes: &[u8]) -> Result<([Fr; INPUTS], Proof), CalldataError> {
    let bytes: &[u8; CALLDATA_BYTES] = bytes.try_into().map_err(|_| CalldataError::Length(bytes.len()))?;
    let words = bytes.strip_prefix(&SELECTOR).ok_or(CalldataError::Selector)?;
    let (coordinates, inputs) = words.split_at(PROOF_WORDS * WORD);
    let coordinates: [Fq; PROOF_WORDS] = numbers(coordinates).map_err(CalldataError::Coordinate)?;
    let inputs = numbers(inputs).map_err(CalldataError::Input)?;
    let [a_x, a_y, b_x1, b_x0, b_y1, b_y0, c_x, c_y] = coordinates;
    let proof = Proof::from_points(
        g1(a_x, a_y),
        if [b_x1, b_x0, b_y1, b_y0] == [Fq::ZERO; 4] {
            G2Affine::zero()
        } else {
            G2Affine::new_unchecked(Fq2::new(b_x0, b_x1), Fq2::new(b_y0, b_y1))
        },
        g1(c_x, c_y),
    )?;
    Ok((inputs, proof))
}

/// A contract that checks proofs under this key. `setup` is one line for people on how the key was made.
pub fn contract(key: &VerifyingKey, setup: &str) -> String {
    TEMPLATE
        .replace("@SETUP@", &setup.split_whitespace().collect::<Vec<_>>().join(" "))
        .replace("@KEY_SHA256@", &hex::encode(key.sha256()))
        .replace("@POINTS@\n", &points(key))
        .replace("@IC@\n", &input_points(key))
}

fn points(key: &VerifyingKey) -> String {
    let mut lines = String::new();
    let mut line = |name: &str, part: &str, value: &Fq| {
        // Cannot fail: writing to a string does not.
        let _ = writeln!(lines, "    uint256 private constant {name}_{part} = 0x{};", hex::encode(word(value)));
    };
    let alpha = key.alpha_g1();
    line("ALPHA", "X", &alpha.x);
    line("ALPHA", "Y", &alpha.y);
    for (name, point) in [("BETA", key.beta_g2()), ("GAMMA", key.gamma_g2()), ("DELTA", key.delta_g2())] {
        line(name, "X1", &point.x.c1);
        line(name, "X0", &point.x.c0);
        line(name, "Y1", &point.y.c1);
        line(name, "Y0", &point.y.c0);
    }
    lines
}

/// One hexadecimal literal, continued from line to line.
fn input_points(key: &VerifyingKey) -> String {
    let lines = key.gamma_abc_g1().iter().map(|point| {
        let [x, y] = [point.x, point.y].map(|coordinate| hex::encode(word(&coordinate)));
        format!("        hex\"{x}\"\n        hex\"{y}\"")
    });
    lines.collect::<Vec<_>>().join("\n") + ";\n"
}

fn word(value: &impl PrimeField) -> [u8; WORD] {
    let mut word = [0; WORD];
    word.copy_from_slice(&value.into_bigint().to_bytes_be());
    word
}

/// The words of a slice, or the index of the first that is not below the modulus.
fn numbers<N: PrimeField<BigInt = BigInteger256>, const COUNT: usize>(words: &[u8]) -> Result<[N; COUNT], usize> {
    let mut numbers = [N::ZERO; COUNT];
    for (index, (number, word)) in numbers.iter_mut().zip(words.chunks_exact(WORD)).enumerate() {
        let mut limbs = [0; 4];
        let (chunks, _) = word.as_chunks();
        limbs.iter_mut().rev().zip(chunks).for_each(|(limb, chunk)| *limb = u64::from_be_bytes(*chunk));
        *number = N::from_bigint(BigInteger256::new(limbs)).ok_or(index)?;
    }
    Ok(numbers)
}

/// `(0, 0)` is how an EVM spells the identity.
fn g1(x: Fq, y: Fq) -> G1Affine {
    if x == Fq::ZERO && y == Fq::ZERO { G1Affine::zero() } else { G1Affine::new_unchecked(x, y) }
}
