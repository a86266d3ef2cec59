//! The iden3 binary formats, which circom, snarkjs and rapidsnark read.
//!
//! Layout: <https://github.com/iden3/r1csfile/blob/master/doc/r1cs_bin_format.md>; `.wtns` is framed alike. Integers are
//! little-endian.

use ark_ff::{BigInteger, PrimeField};

use super::{ConstraintSystem, Lc};
use crate::native::field::F;

const FIELD_BYTES: u32 = 32;

/// Version 1 of `.r1cs`: header, constraints, wire-to-label map (the identity).
pub(super) fn r1cs(system: &ConstraintSystem) -> Vec<u8> {
    let wires = system.assignment.len() as u32;
    let mut file = preamble(b"r1cs", 1, 3);
    section(&mut file, 1, &header(system, wires));
    section(&mut file, 2, &constraints(system));
    let labels: Vec<u8> = (0..u64::from(wires)).flat_map(u64::to_le_bytes).collect();
    section(&mut file, 3, &labels);
    file
}

/// Version 2 of `.wtns`: header, values of all wires in order.
pub(super) fn wtns(assignment: &[F]) -> Vec<u8> {
    let mut file = preamble(b"wtns", 2, 2);
    let mut header = field();
    header.extend((assignment.len() as u32).to_le_bytes());
    section(&mut file, 1, &header);
    let values: Vec<u8> = assignment.iter().flat_map(|value| value.into_bigint().to_bytes_le()).collect();
    section(&mut file, 2, &values);
    file
}

fn preamble(magic: &[u8; 4], version: u32, sections: u32) -> Vec<u8> {
    let mut file = magic.to_vec();
    file.extend(version.to_le_bytes());
    file.extend(sections.to_le_bytes());
    file
}

/// An element's size and the modulus.
fn field() -> Vec<u8> {
    let mut bytes = FIELD_BYTES.to_le_bytes().to_vec();
    bytes.extend(F::MODULUS.to_bytes_le());
    bytes
}

fn section(file: &mut Vec<u8>, kind: u32, body: &[u8]) {
    file.extend(kind.to_le_bytes());
    file.extend((body.len() as u64).to_le_bytes());
    file.extend_from_slice(body);
}

fn header(system: &ConstraintSystem, wires: u32) -> Vec<u8> {
    let mut header = field();
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

#[cfg(test)]
mod tests {
    use super::*;

    /// By the layout: 12 bytes of preamble; 12 + 40 of header; 12 and 32 a value of body.
    #[test]
    fn a_witness_file_has_every_value_in_order() {
        let file = wtns(&[F::from(1u64), -F::from(1u64)]);
        assert_eq!(file.len(), 12 + 12 + 40 + 12 + 64);
        assert_eq!(&file[..12], b"wtns\x02\0\0\0\x02\0\0\0");
        assert_eq!(file[12..24], [1, 0, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(file[24..28], 32u32.to_le_bytes());
        assert_eq!(file[28..60], F::MODULUS.to_bytes_le());
        assert_eq!(file[60..64], 2u32.to_le_bytes());
        assert_eq!(file[64..76], [2, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(file[76..108], F::from(1u64).into_bigint().to_bytes_le());
        assert_eq!(file[108..], (-F::from(1u64)).into_bigint().to_bytes_le());
    }
}
