//! The proving key: loaded with every refusal of `docs/protocol.md` §6, and the embedded development key.
//!
//! The file is ark-groth16 0.6's `ProvingKey::serialize_uncompressed`, H bases in the circom form (`qap.rs`).

use std::sync::LazyLock;

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, VariableBaseMSM};
use ark_relations::gr1cs::Matrix;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use poa_circuits::gadgets::r1cs::{ConstraintSystem, Lc};
use poa_circuits::native::field;
use poa_circuits::statement::circuit;
use poa_verifier::key::{KeyError, VerifyingKey};
use rand_core::CryptoRng;
use rayon::prelude::*;

/// Why bytes are no proving key for this circuit.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProvingKeyError {
    /// Not the serialisation of a key, or bytes left over.
    #[error("not a proving key in the uncompressed form of ark-groth16 0.6")]
    Malformed,
    /// The verifying key inside is refused.
    #[error("the verifying key inside: {0}")]
    VerifyingKey(#[from] KeyError),
    /// A query has another length than the circuit needs.
    #[error("query {query} has {found} points, the circuit needs {needed}")]
    Length {
        /// `a`, `b_g1`, `b_g2`, `h` or `l`.
        query: &'static str,
        /// In the file.
        found: usize,
        /// For circuit `poa/1`.
        needed: usize,
    },
    /// A point of a query is off the curve or outside the subgroup.
    #[error("query {0} holds a point off the curve or outside the subgroup")]
    Point(&'static str),
    /// Beta or delta differ between the two groups, or are the identity in one.
    #[error("{0} is not the same in both groups")]
    Groups(&'static str),
}

/// A proving key for circuit `poa/1`, with the circuit's matrices.
pub struct ProvingKey {
    pub(crate) ark: ark_groth16::ProvingKey<Bn254>,
    pub(crate) matrices: Vec<Matrix<Fr>>,
    verifying_key: VerifyingKey,
}

impl ProvingKey {
    /// Reads and checks a key file. Checking all points takes about a second of processor time.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProvingKeyError> {
        let mut rest = bytes;
        // Points are checked below, query by query, so that the error can name one.
        let ark = ark_groth16::ProvingKey::<Bn254>::deserialize_uncompressed_unchecked(&mut rest)
            .map_err(|_| ProvingKeyError::Malformed)?;
        if !rest.is_empty() {
            return Err(ProvingKeyError::Malformed);
        }
        Self::new(ark)
    }

    pub(crate) fn new(ark: ark_groth16::ProvingKey<Bn254>) -> Result<Self, ProvingKeyError> {
        let verifying_key = VerifyingKey::from_bytes(&serialise(&ark.vk))?;
        let shape = circuit::shape();
        check_lengths(&ark, &shape)?;
        check_points(&ark)?;
        check_groups(&ark)?;
        Ok(Self { matrices: matrices(&shape), ark, verifying_key })
    }

    /// The committed development key. One party made every contribution to it, and could forge.
    pub fn development() -> &'static Self {
        static KEY: LazyLock<ProvingKey> = LazyLock::new(|| {
            ProvingKey::from_bytes(crate::crs::PROVING_KEY)
                // Cannot fail: `poa crs verify` and a test load the very bytes embedded here.
                .expect("the embedded proving key is checked by tests")
        });
        &KEY
    }

    /// The verifying key inside.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying_key
    }

    /// Whether the B query is the same in both groups, by random coefficients: a difference goes unnoticed with
    /// probability 2^-253 or so. Provers that take B in G1, the engine not among them, need it.
    ///
    /// # Errors
    /// [`ProvingKeyError::Groups`].
    pub fn check_b_queries(&self, rng: &mut impl CryptoRng) -> Result<(), ProvingKeyError> {
        let coefficients: Vec<Fr> = self.ark.b_g1_query.iter().map(|_| field::random(rng)).collect();
        // Cannot fail: a key with queries of different lengths was refused.
        let lengths = |_| ProvingKeyError::Groups("the B query");
        let in_g1 = G1Projective::msm(&self.ark.b_g1_query, &coefficients).map_err(lengths)?;
        let in_g2 = G2Projective::msm(&self.ark.b_g2_query, &coefficients).map_err(lengths)?;
        let left = Bn254::pairing(in_g1, G2Affine::generator());
        let right = Bn254::pairing(G1Affine::generator(), in_g2);
        if left == right { Ok(()) } else { Err(ProvingKeyError::Groups("the B query")) }
    }

    /// The file form.
    pub fn to_bytes(&self) -> Vec<u8> {
        serialise(&self.ark)
    }
}

fn serialise(value: &impl CanonicalSerialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(value.uncompressed_size());
    value
        .serialize_uncompressed(&mut bytes)
        // Cannot fail: writing to a vector does not.
        .expect("a vector takes all bytes");
    bytes
}

fn check_lengths(ark: &ark_groth16::ProvingKey<Bn254>, shape: &ConstraintSystem) -> Result<(), ProvingKeyError> {
    let wires = shape.assignment().len();
    let instance = shape.public() + 1;
    let domain = (shape.constraints().len() + instance).next_power_of_two();
    let queries = [
        ("a", ark.a_query.len(), wires),
        ("b_g1", ark.b_g1_query.len(), wires),
        ("b_g2", ark.b_g2_query.len(), wires),
        ("h", ark.h_query.len(), domain),
        ("l", ark.l_query.len(), wires - instance),
    ];
    for (query, found, needed) in queries {
        if found != needed {
            return Err(ProvingKeyError::Length { query, found, needed });
        }
    }
    Ok(())
}

fn check_points(ark: &ark_groth16::ProvingKey<Bn254>) -> Result<(), ProvingKeyError> {
    let g1 = |p: &G1Affine| p.is_on_curve() && p.is_in_correct_subgroup_assuming_on_curve();
    let g2 = |p: &G2Affine| p.is_on_curve() && p.is_in_correct_subgroup_assuming_on_curve();
    let single = [ark.beta_g1, ark.delta_g1];
    let g1_queries: [(&str, &[G1Affine]); 5] = [
        ("beta_g1 or delta_g1", &single),
        ("a", &ark.a_query),
        ("b_g1", &ark.b_g1_query),
        ("h", &ark.h_query),
        ("l", &ark.l_query),
    ];
    for (name, points) in g1_queries {
        if !points.par_iter().all(g1) {
            return Err(ProvingKeyError::Point(name));
        }
    }
    if !ark.b_g2_query.par_iter().all(g2) {
        return Err(ProvingKeyError::Point("b_g2"));
    }
    Ok(())
}

/// `e(X1, G2) = e(G1, X2)` for beta and delta.
fn check_groups(ark: &ark_groth16::ProvingKey<Bn254>) -> Result<(), ProvingKeyError> {
    let pairs = [("beta", ark.beta_g1, ark.vk.beta_g2), ("delta", ark.delta_g1, ark.vk.delta_g2)];
    for (name, in_g1, in_g2) in pairs {
        let left = Bn254::pairing(in_g1, G2Affine::generator());
        let right = Bn254::pairing(G1Affine::generator(), in_g2);
        if in_g1.is_zero() || left != right {
            return Err(ProvingKeyError::Groups(name));
        }
    }
    Ok(())
}

/// The rows as arkworks' matrices A, B, C.
fn matrices(shape: &ConstraintSystem) -> Vec<Matrix<Fr>> {
    let row = |lc: &Lc| lc.terms().iter().map(|(wire, coefficient)| (*coefficient, *wire as usize)).collect();
    let rows = shape.constraints();
    vec![
        rows.iter().map(|r| row(&r.a)).collect(),
        rows.iter().map(|r| row(&r.b)).collect(),
        rows.iter().map(|r| row(&r.c)).collect(),
    ]
}
