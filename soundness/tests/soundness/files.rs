//! The reader takes what the writer wrote and refuses everything else, aliases above the field's order included.

use ark_ff::{BigInteger, PrimeField};
use poa_circuits::gadgets::r1cs::witness_to_iden3;
use poa_soundness::iden3::{ReadError, read_r1cs, read_wtns};
use poa_soundness::r1cs::F;

use super::claim::{Claim, Draw};
use super::layout::*;

#[test]
fn a_witness_is_read_as_written() {
    let claim = Claim::honest(&mut Draw::new("files", 0));
    assert!(read_wtns(&witness_to_iden3(&claim.assignment)).unwrap() == claim.assignment);
}

/// `x` and `x + r` would be two spellings of one value.
#[test]
fn values_at_or_above_the_order_are_refused() {
    let honest = witness_to_iden3(&[F::from(1u64), F::from(5u64)]);
    let last = honest.len() - 32;
    let mut alias = F::MODULUS;
    assert!(!alias.add_with_carry(&F::from(5u64).into_bigint()));
    for integer in [alias, F::MODULUS] {
        let mut file = honest.clone();
        file[last..].copy_from_slice(&integer.to_bytes_le());
        assert_eq!(read_wtns(&file), Err(ReadError::NotReduced));
    }
}

#[test]
fn files_that_are_cut_or_longer_are_refused() {
    for cut in [0, 3, 11, 12, 100, FILE.len() / 2, FILE.len() - 1] {
        assert!(read_r1cs(&FILE[..cut]).is_err(), "{cut}");
    }
    let longer = [FILE.as_slice(), &[0]].concat();
    assert_eq!(read_r1cs(&longer), Err(ReadError::Surplus));
    assert_eq!(read_wtns(&FILE), Err(ReadError::Preamble));
}

#[test]
fn other_fields_and_wires_that_do_not_exist_are_refused() {
    // Preamble 12, section head 12, element size 4, then the modulus.
    let mut file = FILE.clone();
    file[28] ^= 2;
    assert_eq!(read_r1cs(&file), Err(ReadError::Field));
    // After the header (64 bytes) and the next section's head: count and first wire of constraint 0's A.
    let first_wire = 12 + 12 + 64 + 12 + 4;
    let mut file = FILE.clone();
    file[first_wire..first_wire + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(read_r1cs(&file), Err(ReadError::Wire(0)));
}
