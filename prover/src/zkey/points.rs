//! Numbers and points, read from the front of a slice.

use ark_bn254::{Fq, Fq2, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, BigInteger256, PrimeField};

use super::ZkeyError;

/// Bytes of a point in G1.
pub(super) const G1: usize = 64;
/// Bytes of a point in G2.
pub(super) const G2: usize = 128;

/// What is still to be read.
pub(super) struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], ZkeyError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(ZkeyError::Length)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ZkeyError> {
        self.take(N)?.try_into().map_err(|_| ZkeyError::Length)
    }

    pub fn u32(&mut self) -> Result<u32, ZkeyError> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, ZkeyError> {
        self.array().map(u64::from_le_bytes)
    }
}

/// Four limbs below a modulus.
pub(super) fn limbs(bytes: &[u8], modulus: &BigInteger256) -> Option<BigInteger256> {
    let (chunks, rest) = bytes.as_chunks::<8>();
    let limbs: &[[u8; 8]; 4] = chunks.try_into().ok()?;
    let integer = BigInteger256::new(limbs.map(u64::from_le_bytes));
    (rest.is_empty() && integer < *modulus).then_some(integer)
}

fn coordinate(bytes: &[u8]) -> Option<Fq> {
    limbs(bytes, &Fq::MODULUS).map(Fq::new_unchecked)
}

/// A point of G1, not checked to be on the curve; none when a coordinate is out of range.
pub(super) fn g1(bytes: &[u8]) -> Option<G1Affine> {
    let (x, y) = bytes.split_at_checked(32)?;
    let (x, y) = (coordinate(x)?, coordinate(y)?);
    let identity = x == Fq::ZERO && y == Fq::ZERO;
    Some(if identity { G1Affine::zero() } else { G1Affine::new_unchecked(x, y) })
}

/// A point of G2, not checked to be on the curve; none when a coordinate is out of range.
pub(super) fn g2(bytes: &[u8]) -> Option<G2Affine> {
    let (chunks, rest) = bytes.as_chunks::<32>();
    let [x0, x1, y0, y1] = chunks else { return None };
    let (x, y) = (Fq2::new(coordinate(x0)?, coordinate(x1)?), Fq2::new(coordinate(y0)?, coordinate(y1)?));
    let identity = x == Fq2::ZERO && y == Fq2::ZERO;
    let point = if identity { G2Affine::zero() } else { G2Affine::new_unchecked(x, y) };
    rest.is_empty().then_some(point)
}

/// The points of a section, whose length is a multiple of a point's.
pub(super) fn list<P: AffineRepr>(
    section: u32,
    bytes: &[u8],
    point: impl Fn(&[u8]) -> Option<P>,
) -> Result<Vec<P>, ZkeyError> {
    let size = if section == 7 { G2 } else { G1 };
    let read = |(index, bytes)| point(bytes).ok_or(ZkeyError::Coordinate { section, index });
    bytes.chunks_exact(size).enumerate().map(read).collect()
}
