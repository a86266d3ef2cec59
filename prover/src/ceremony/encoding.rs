//! Points as snarkjs hashes them: affine coordinates, big-endian, in Fq2 the coefficient of `u` first; zeros for the identity.

use ark_bn254::{Fq, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, PrimeField};
use blake2::Digest;

use crate::iden3;

/// BLAKE2b-512, the digest of every ceremony by snarkjs.
pub(super) type Hasher = blake2::Blake2b512;
/// Its output.
pub(crate) type Hash = [u8; 64];

/// Adds a point of G1.
pub(super) fn hash_g1(hasher: &mut Hasher, point: &G1Affine) {
    match point.xy() {
        Some((x, y)) => [x, y].iter().for_each(|coordinate| hash_coordinate(hasher, coordinate)),
        None => hasher.update([0; iden3::G1]),
    }
}

/// Adds a point of G2.
pub(super) fn hash_g2(hasher: &mut Hasher, point: &G2Affine) {
    match point.xy() {
        Some((x, y)) => [x.c1, x.c0, y.c1, y.c0].iter().for_each(|coordinate| hash_coordinate(hasher, coordinate)),
        None => hasher.update([0; iden3::G2]),
    }
}

fn hash_coordinate(hasher: &mut Hasher, coordinate: &Fq) {
    hasher.update(coordinate.into_bigint().to_bytes_be());
}
