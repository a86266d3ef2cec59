//! Writes the file, its sections in the order in which snarkjs has them after a contribution.

use ark_bn254::{Bn254, Fq, Fr};
use ark_ff::{BigInteger, BigInteger256, PrimeField};
use ark_groth16::ProvingKey;
use poa_circuits::gadgets::r1cs::ConstraintSystem;

use super::sections::{MAGIC, TRANSCRIPT, VERSION};
use super::{GROTH16, coefficients};
use crate::iden3::{g1_bytes, g2_bytes};

/// A key for a circuit, and the transcript of its ceremony.
pub(crate) fn file(key: &ProvingKey<Bn254>, shape: &ConstraintSystem, transcript: Option<&[u8]>) -> Vec<u8> {
    let mut sections = vec![
        (1, GROTH16.to_le_bytes().to_vec()),
        (2, header(key)),
        (3, list(&key.vk.gamma_abc_g1, g1_bytes)),
        (4, coefficients::write(shape)),
        (5, list(&key.a_query, g1_bytes)),
        (6, list(&key.b_g1_query, g1_bytes)),
        (7, list(&key.b_g2_query, g2_bytes)),
        (8, list(&key.l_query, g1_bytes)),
        (9, list(&key.h_query, g1_bytes)),
    ];
    sections.extend(transcript.map(|transcript| (TRANSCRIPT, transcript.to_vec())));
    let mut file = MAGIC.to_vec();
    file.extend(VERSION.to_le_bytes());
    file.extend((sections.len() as u32).to_le_bytes());
    for (id, bytes) in sections {
        file.extend(id.to_le_bytes());
        file.extend((bytes.len() as u64).to_le_bytes());
        file.extend(bytes);
    }
    file
}

fn header(key: &ProvingKey<Bn254>) -> Vec<u8> {
    let mut bytes = [prime(&Fq::MODULUS), prime(&Fr::MODULUS)].concat();
    let inputs = key.vk.gamma_abc_g1.len() - 1;
    for number in [key.a_query.len(), inputs, key.h_query.len()] {
        bytes.extend((number as u32).to_le_bytes());
    }
    bytes.extend(g1_bytes(&key.vk.alpha_g1));
    bytes.extend(g1_bytes(&key.beta_g1));
    bytes.extend(g2_bytes(&key.vk.beta_g2));
    bytes.extend(g2_bytes(&key.vk.gamma_g2));
    bytes.extend(g1_bytes(&key.delta_g1));
    bytes.extend(g2_bytes(&key.vk.delta_g2));
    bytes
}

fn prime(prime: &BigInteger256) -> Vec<u8> {
    [&32u32.to_le_bytes()[..], &prime.to_bytes_le()].concat()
}

fn list<P>(points: &[P], bytes: impl Fn(&P) -> Vec<u8>) -> Vec<u8> {
    points.iter().flat_map(bytes).collect()
}
