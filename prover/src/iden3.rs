//! The iden3 binary files: their framing, numbers and points.
//!
//! A magic of four bytes, a version and the number of sections (u32 each), then each section's number (u32), length (u64)
//! and bytes. Numbers are little-endian; coordinates are four limbs in Montgomery form, `(0, 0)` is the identity.

use ark_bn254::{Fq, Fq2, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, BigInteger, BigInteger256, PrimeField};

/// Bytes of a point in G1.
pub(crate) const G1: usize = 64;
/// Bytes of a point in G2.
pub(crate) const G2: usize = 128;

/// The bytes end before what is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Truncated;

/// What is still to be read.
pub(crate) struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Truncated> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        self.take(N)?.try_into().map_err(|_| Truncated)
    }

    pub fn u8(&mut self) -> Result<u8, Truncated> {
        self.array().map(u8::from_le_bytes)
    }

    pub fn u32(&mut self) -> Result<u32, Truncated> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, Truncated> {
        self.array().map(u64::from_le_bytes)
    }

    /// A section's number and bytes.
    pub fn section(&mut self) -> Result<(u32, &'a [u8]), Truncated> {
        let id = self.u32()?;
        let length = usize::try_from(self.u64()?).map_err(|_| Truncated)?;
        Ok((id, self.take(length)?))
    }
}

/// Four limbs below a modulus.
pub(crate) fn limbs(bytes: &[u8], modulus: &BigInteger256) -> Option<BigInteger256> {
    let (chunks, rest) = bytes.as_chunks::<8>();
    let limbs: &[[u8; 8]; 4] = chunks.try_into().ok()?;
    let integer = BigInteger256::new(limbs.map(u64::from_le_bytes));
    (rest.is_empty() && integer < *modulus).then_some(integer)
}

fn coordinate(bytes: &[u8]) -> Option<Fq> {
    limbs(bytes, &Fq::MODULUS).map(Fq::new_unchecked)
}

/// A point of G1, not checked to be on the curve; none when a coordinate is out of range.
pub(crate) fn g1(bytes: &[u8]) -> Option<G1Affine> {
    let (x, y) = bytes.split_at_checked(32)?;
    let (x, y) = (coordinate(x)?, coordinate(y)?);
    let identity = x == Fq::ZERO && y == Fq::ZERO;
    Some(if identity { G1Affine::zero() } else { G1Affine::new_unchecked(x, y) })
}

/// A point of G2, not checked to be on the curve; none when a coordinate is out of range.
pub(crate) fn g2(bytes: &[u8]) -> Option<G2Affine> {
    let (chunks, rest) = bytes.as_chunks::<32>();
    let [x0, x1, y0, y1] = chunks else { return None };
    let (x, y) = (Fq2::new(coordinate(x0)?, coordinate(x1)?), Fq2::new(coordinate(y0)?, coordinate(y1)?));
    let identity = x == Fq2::ZERO && y == Fq2::ZERO;
    let point = if identity { G2Affine::zero() } else { G2Affine::new_unchecked(x, y) };
    rest.is_empty().then_some(point)
}

/// The bytes of a point of G1.
pub(crate) fn g1_bytes(point: &G1Affine) -> Vec<u8> {
    point.xy().map_or(vec![0; G1], |(x, y)| coordinates([x, y]))
}

/// The bytes of a point of G2.
pub(crate) fn g2_bytes(point: &G2Affine) -> Vec<u8> {
    point.xy().map_or(vec![0; G2], |(x, y)| coordinates([x.c0, x.c1, y.c0, y.c1]))
}

fn coordinates<const N: usize>(coordinates: [Fq; N]) -> Vec<u8> {
    coordinates.iter().flat_map(|coordinate| coordinate.0.to_bytes_le()).collect()
}
