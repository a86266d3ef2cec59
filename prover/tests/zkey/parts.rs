//! A `.zkey` taken apart and put together again, to be edited in between; and points as they stand in it.

use ark_bn254::{Fq, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, BigInteger256};

/// Section numbers with their bytes.
pub type Sections = Vec<(u32, Vec<u8>)>;

/// The sections of a good file, in its order.
pub fn split(file: &[u8]) -> Sections {
    let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    let (mut at, mut sections) = (12, Vec::new());
    for _ in 0..number(8) {
        let length = number(at + 4) as usize;
        sections.push((number(at), file[at + 12..at + 12 + length].to_vec()));
        at += 12 + length;
    }
    assert_eq!(at, file.len());
    sections
}

/// The file.
pub fn join(sections: &Sections) -> Vec<u8> {
    let mut file = b"zkey\x01\0\0\0".to_vec();
    file.extend((sections.len() as u32).to_le_bytes());
    for (id, bytes) in sections {
        file.extend(id.to_le_bytes());
        file.extend((bytes.len() as u64).to_le_bytes());
        file.extend(bytes);
    }
    file
}

/// The limbs as they stand in memory: Montgomery form.
fn limbs(coordinate: &Fq) -> Vec<u8> {
    let limbs: &BigInteger256 = &coordinate.0;
    limbs.to_bytes_le()
}

pub fn g1(point: &G1Affine) -> Vec<u8> {
    point.xy().map_or(vec![0; 64], |(x, y)| [x, y].iter().flat_map(limbs).collect())
}

pub fn g2(point: &G2Affine) -> Vec<u8> {
    point.xy().map_or(vec![0; 128], |(x, y)| [x.c0, x.c1, y.c0, y.c1].iter().flat_map(limbs).collect())
}
