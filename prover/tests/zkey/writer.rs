//! Writes the development key as snarkjs would, so that the reader meets every section.

use ark_bn254::{Bn254, Fq, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, BigInteger256, Field, PrimeField};
use ark_groth16::ProvingKey;
use poa_circuits::statement::circuit;

/// Section numbers with their bytes.
pub type Sections = Vec<(u32, Vec<u8>)>;

/// The sections, in the order in which snarkjs writes them.
pub fn sections(key: &ProvingKey<Bn254>) -> Sections {
    vec![
        (1, 1u32.to_le_bytes().to_vec()),
        (2, header(key)),
        (4, coefficients()),
        (3, concat(&key.vk.gamma_abc_g1, g1)),
        (9, concat(&key.h_query, g1)),
        (8, concat(&key.l_query, g1)),
        (5, concat(&key.a_query, g1)),
        (6, concat(&key.b_g1_query, g1)),
        (7, concat(&key.b_g2_query, g2)),
        (10, [vec![7; 64], vec![0; 4]].concat()),
    ]
}

/// The file.
pub fn file(sections: &Sections) -> Vec<u8> {
    let mut file = b"zkey\x01\0\0\0".to_vec();
    file.extend((sections.len() as u32).to_le_bytes());
    for (id, bytes) in sections {
        file.extend(id.to_le_bytes());
        file.extend((bytes.len() as u64).to_le_bytes());
        file.extend(bytes);
    }
    file
}

fn header(key: &ProvingKey<Bn254>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for prime in [Fq::MODULUS, Fr::MODULUS] {
        bytes.extend(32u32.to_le_bytes());
        bytes.extend(prime.to_bytes_le());
    }
    let inputs = key.vk.gamma_abc_g1.len() - 1;
    for number in [key.a_query.len(), inputs, key.h_query.len()] {
        bytes.extend((number as u32).to_le_bytes());
    }
    bytes.extend(g1(&key.vk.alpha_g1));
    bytes.extend(g1(&key.beta_g1));
    bytes.extend(g2(&key.vk.beta_g2));
    bytes.extend(g2(&key.vk.gamma_g2));
    bytes.extend(g1(&key.delta_g1));
    bytes.extend(g2(&key.vk.delta_g2));
    bytes
}

/// Row by row, and the instance rows at the end.
fn coefficients() -> Vec<u8> {
    let shape = circuit::shape();
    let r_squared = Fr::from(2u64).pow([512]);
    let mut entries = Vec::new();
    for (row, constraint) in shape.constraints().iter().enumerate() {
        for (matrix, terms) in [(0u32, constraint.a.terms()), (1, constraint.b.terms())] {
            entries.extend(terms.iter().map(|(wire, value)| (matrix, row as u32, *wire, *value)));
        }
    }
    let rows = shape.constraints().len() as u32;
    entries.extend((0..=shape.public() as u32).map(|wire| (0, rows + wire, wire, Fr::ONE)));
    let mut bytes = (entries.len() as u32).to_le_bytes().to_vec();
    for (matrix, row, wire, value) in entries {
        [matrix, row, wire].iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        bytes.extend((value * r_squared).into_bigint().to_bytes_le());
    }
    bytes
}

fn concat<P>(points: &[P], write: impl Fn(&P) -> Vec<u8>) -> Vec<u8> {
    points.iter().flat_map(write).collect()
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
