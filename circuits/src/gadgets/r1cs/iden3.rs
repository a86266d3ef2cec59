//! The iden3 binary formats, which circom, snarkjs and rapidsnark read.
//!
//! Layout: <https://github.com/iden3/r1csfile/blob/master/doc/r1cs_bin_format.md>. Integers are little-endian.

use ark_ff::{BigInteger, PrimeField};

use super::{ConstraintSystem, Lc};
use crate::native::field::F;

const FIELD_BYTES: u32 = 32;

/// Version 1 of `.r1cs`: header, constraints, wire-to-label map (the identity).
pub(super) fn r1cs(system: &ConstraintSystem) -> Vec<u8> {
    let wires = system.assignment.len() as u32;
    let mut file = b"r1cs".to_vec();
    file.extend(1u32.to_le_bytes());
    file.extend(3u32.to_le_bytes());
    section(&mut file, 1, &header(system, wires));
    section(&mut file, 2, &constraints(system));
    let labels: Vec<u8> = (0..u64::from(wires)).flat_map(u64::to_le_bytes).collect();
    section(&mut file, 3, &labels);
    file
}

fn section(file: &mut Vec<u8>, kind: u32, body: &[u8]) {
    file.extend(kind.to_le_bytes());
    file.extend((body.len() as u64).to_le_bytes());
    file.extend_from_slice(body);
}

fn header(system: &ConstraintSystem, wires: u32) -> Vec<u8> {
    let mut header = FIELD_BYTES.to_le_bytes().to_vec();
    header.extend(F::MODULUS.to_bytes_le());
    header.extend(wires.to_le_bytes());
    header.extend(0u32.to_le_bytes()); // public outputs
    header.extend((system.public as u32).to_le_bytes());
    header.extend((system.declared as u32).to_le_bytes());
    header.extend(u64::from(wires).to_le_bytes());
    header.extend((system.constraints.len() as u32).to_le_bytes());
    header
}

fn constraints(system: &ConstraintSystem) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in &system.constraints {
        for lc in [&row.a, &row.b, &row.c] {
            combination(&mut bytes, lc);
        }
    }
    bytes
}

fn combination(bytes: &mut Vec<u8>, lc: &Lc) {
    bytes.extend((lc.0.len() as u32).to_le_bytes());
    for (wire, coefficient) in &lc.0 {
        bytes.extend(wire.to_le_bytes());
        bytes.extend(coefficient.into_bigint().to_bytes_le());
    }
}
