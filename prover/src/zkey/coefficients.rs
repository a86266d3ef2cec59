//! Section 4: the matrices A and B as snarkjs keeps them, against our own.
//!
//! # Form
//! The number of entries (u32), then for each the matrix (0 is A, 1 is B), the row, the wire (u32 each) and the value `v`
//! as the number `v·R² mod r`, `R = 2^256`. After the circuit's rows A has one for each instance wire, with 1 on it.

use ark_bn254::Fr;
use ark_ff::{BigInteger, Field, PrimeField};
use poa_circuits::gadgets::r1cs::ConstraintSystem;

use super::ZkeyError;
use crate::iden3::{Bytes, limbs};

/// Bytes of an entry.
pub(super) const BYTES: usize = 3 * 4 + 32;

/// Matrix, row and wire.
type Place = (u32, u32, u32);

/// Whether the section holds our matrices, in whatever order. Its length is the circuit's.
pub(super) fn check(section: &[u8], shape: &ConstraintSystem) -> Result<(), ZkeyError> {
    let mut bytes = Bytes(section);
    let count = bytes.u32()?;
    let expected = expected(shape);
    if count as usize != expected.len() {
        return Err(ZkeyError::Count { what: "coefficients", found: count, needed: expected.len() as u32 });
    }
    let mut found = Vec::with_capacity(expected.len());
    for index in 0..expected.len() {
        found.push(read(&mut bytes).map_err(|_| ZkeyError::Length)?.ok_or(ZkeyError::Coefficient(index))?);
    }
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by_key(|index| found[*index].0);
    match order.iter().zip(&expected).find(|(index, expected)| found[**index] != **expected) {
        Some((index, _)) => Err(ZkeyError::Coefficient(*index)),
        None => Ok(()),
    }
}

fn read(bytes: &mut Bytes<'_>) -> Result<Option<(Place, Fr)>, ZkeyError> {
    let place = (bytes.u32()?, bytes.u32()?, bytes.u32()?);
    // As the limbs of an element's Montgomery form the number stands for `v·R`.
    let value = limbs(bytes.take(32)?, &Fr::MODULUS).map(Fr::new_unchecked);
    Ok(value.map(|value| (place, value)))
}

/// Our matrices' entries by place, the values times `R`.
fn expected(shape: &ConstraintSystem) -> Vec<(Place, Fr)> {
    let mut entries = entries(shape);
    entries.sort_by_key(|(place, _)| *place);
    entries
}

/// The same row by row, as snarkjs writes them.
fn entries(shape: &ConstraintSystem) -> Vec<(Place, Fr)> {
    let r = Fr::from(2u64).pow([256]);
    let rows = shape.constraints();
    let mut entries = Vec::new();
    for (row, constraint) in (0..).zip(rows) {
        for (matrix, terms) in [(0, constraint.a.terms()), (1, constraint.b.terms())] {
            entries.extend(terms.iter().map(|(wire, value)| ((matrix, row, *wire), *value * r)));
        }
    }
    let instance = 0..=shape.public() as u32;
    entries.extend(instance.map(|wire| ((0, rows.len() as u32 + wire, wire), r)));
    entries
}

/// The section.
pub(super) fn write(shape: &ConstraintSystem) -> Vec<u8> {
    let entries = entries(shape);
    let mut bytes = (entries.len() as u32).to_le_bytes().to_vec();
    for ((matrix, row, wire), value) in entries {
        [matrix, row, wire].iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        bytes.extend(value.0.to_bytes_le());
    }
    bytes
}
