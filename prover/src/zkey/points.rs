//! Sections that are lists of points.

use ark_ec::AffineRepr;

use super::ZkeyError;
use crate::iden3::{G1, G2};

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
