//! The setup that a ceremony begins with: the circuit's rows over phase 1.
//!
//! For wire `s` with columns `A_s, B_s, C_s`, of which A has the instance rows too, and the Lagrange points of the rows:
//! the queries are `A_s(τ)` and `B_s(τ)`; IC (instance wires) and C (private ones) are
//! `β·A_s(τ) + α·B_s(τ) + C_s(τ)`, the latter divided by delta; H is `L_{2i+1}(τ)/δ` over the double domain (`qap.rs`).
//!
//! # The greatest power
//! `L_{2i+1}` has degree `2n − 1`, and a file of the circuit's own power has `τ^(2n−2)` at most: snarkjs leaves the last
//! term out. Files that were cut from greater ones have it. Both make good keys. The quotient that the H points are summed
//! up with has degree `2n − 2` at most, so the term cancels for an honest prover. A cheat gains the one polynomial
//! `X^(2n−1)` for it, which is `t·ω^(−j)` at row `j`: rows whose B and C are 0 (the instance rows) hold for `t = 0` alone.

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::AdditiveGroup;
use blake2::Digest;
use poa_circuits::gadgets::r1cs::{ConstraintSystem, Lc};
use rand_core::CryptoRng;
use rayon::prelude::*;

use super::encoding::{Hash, Hasher, hash_g1, hash_g2};
use super::phase1::{coefficients, interpolate, lagrange, sum, sum_g2};
use super::{ArkKey, CeremonyError, Phase1};

/// Check 2 of [`super`].
pub(super) fn check(
    shape: &ConstraintSystem,
    key: &ArkKey,
    phase1: &Phase1,
    rng: &mut impl CryptoRng,
) -> Result<(), CeremonyError> {
    check_single(key, phase1)?;
    let mut weights = coefficients(shape.assignment().len(), rng);
    let all = Columns::evaluate(shape, phase1, &weights);
    let (instance, private) = weights.split_at(shape.public() + 1);
    for (part, holds) in [
        ("the query A", sum(&key.a_query, &weights) == sum(phase1.tau(), &all.a)),
        ("the query B in G1", sum(&key.b_g1_query, &weights) == sum(phase1.tau(), &all.b)),
        ("the query B in G2", sum_g2(&key.b_g2_query, &weights) == sum_g2(&phase1.tau_g2, &all.b)),
        ("the query H", check_h(key, phase1, rng)),
    ] {
        if !holds {
            return Err(CeremonyError::Setup(part));
        }
    }
    let in_ic = sum(&key.vk.gamma_abc_g1, instance);
    let in_c = sum(&key.l_query, private);
    let of_all = all.combined(phase1);
    weights[shape.public() + 1..].fill(Fr::ZERO);
    let of_instance = Columns::evaluate(shape, phase1, &weights).combined(phase1);
    if in_ic.into_group() != of_instance {
        return Err(CeremonyError::Setup("the list IC"));
    }
    let divided = Bn254::pairing(in_c, key.vk.delta_g2) == Bn254::pairing(of_all - of_instance, G2Affine::generator());
    if divided { Ok(()) } else { Err(CeremonyError::Setup("the query C")) }
}

fn check_single(key: &ArkKey, phase1: &Phase1) -> Result<(), CeremonyError> {
    for (part, holds) in [
        ("alpha", key.vk.alpha_g1 == phase1.alpha_tau[0]),
        ("beta in G1", key.beta_g1 == phase1.beta_tau[0]),
        ("beta in G2", key.vk.beta_g2 == phase1.beta_g2),
        ("gamma", key.vk.gamma_g2 == G2Affine::generator()),
    ] {
        if !holds {
            return Err(CeremonyError::Setup(part));
        }
    }
    Ok(())
}

/// With the greatest power or without.
fn check_h(key: &ArkKey, phase1: &Phase1, rng: &mut impl CryptoRng) -> bool {
    let weights = coefficients(key.h_query.len(), rng);
    let on_odd_rows = weights.iter().flat_map(|weight| [Fr::ZERO, *weight]).collect();
    let polynomial = interpolate(on_odd_rows);
    let (lower, greatest) = polynomial.split_at(phase1.tau_g1.len());
    let found = Bn254::pairing(sum(&key.h_query, &weights), key.vk.delta_g2);
    let without = Bn254::pairing(sum(&phase1.tau_g1, lower), G2Affine::generator());
    let n = phase1.tau_g2.len();
    // τ^(2n−1), of which there is no point, as τ^n·τ^(n−1).
    let term = |coefficient: &Fr| Bn254::pairing(phase1.tau_g1[n] * coefficient, phase1.tau_g2[n - 1]);
    found == without || greatest.iter().any(|coefficient| found == without + term(coefficient))
}

/// The weighted sum of all columns of each matrix, as a polynomial over the domain.
struct Columns {
    a: Vec<Fr>,
    b: Vec<Fr>,
    c: Vec<Fr>,
}

impl Columns {
    fn evaluate(shape: &ConstraintSystem, phase1: &Phase1, weights: &[Fr]) -> Self {
        let rows = shape.constraints();
        let column = |side: fn(&poa_circuits::gadgets::r1cs::Constraint) -> &Lc| {
            let mut values: Vec<Fr> = rows.iter().map(|row| side(row).evaluate(weights)).collect();
            values.resize(phase1.tau().len(), Fr::ZERO);
            values
        };
        let mut a = column(|row| &row.a);
        let instance = &weights[..=shape.public()];
        a[rows.len()..rows.len() + instance.len()].copy_from_slice(instance);
        Self { a: interpolate(a), b: interpolate(column(|row| &row.b)), c: interpolate(column(|row| &row.c)) }
    }

    /// `β·A(τ) + α·B(τ) + C(τ)`.
    fn combined(&self, phase1: &Phase1) -> G1Projective {
        sum(&phase1.beta_tau, &self.a) + sum(&phase1.alpha_tau, &self.b) + sum(phase1.tau(), &self.c)
    }
}

/// snarkjs' digest of the setup before anybody contributed: delta 1, the queries, and `τ^(n+i) − τ^i` for H. All but the
/// query C is in the key as it was then.
///
/// Right for domains of at most `2^14`, beyond which snarkjs takes some of the H points twice.
pub(super) fn circuit_hash(shape: &ConstraintSystem, key: &ArkKey, phase1: &Phase1) -> Hash {
    let mut hasher = Hasher::new();
    let generator = G2Affine::generator();
    hash_g1(&mut hasher, &key.vk.alpha_g1);
    hash_g1(&mut hasher, &key.beta_g1);
    hash_g2(&mut hasher, &key.vk.beta_g2);
    hash_g2(&mut hasher, &generator);
    hash_g1(&mut hasher, &G1Affine::generator());
    hash_g2(&mut hasher, &generator);
    for points in [&key.vk.gamma_abc_g1, &h_points(phase1), &undivided_c(shape, phase1), &key.a_query, &key.b_g1_query]
    {
        hash_count(&mut hasher, points.len());
        points.iter().for_each(|point| hash_g1(&mut hasher, point));
    }
    hash_count(&mut hasher, key.b_g2_query.len());
    key.b_g2_query.iter().for_each(|point| hash_g2(&mut hasher, point));
    hasher.finalize().into()
}

fn hash_count(hasher: &mut Hasher, count: usize) {
    hasher.update((count as u32).to_be_bytes());
}

fn h_points(phase1: &Phase1) -> Vec<G1Affine> {
    let (low, high) = phase1.tau_g1.split_at(phase1.tau().len());
    let differences: Vec<G1Projective> = high.iter().zip(low).map(|(high, low)| *high - *low).collect();
    G1Projective::normalize_batch(&differences)
}

/// The query C times delta, wire by wire.
fn undivided_c(shape: &ConstraintSystem, phase1: &Phase1) -> Vec<G1Affine> {
    let first = shape.public() + 1;
    let [of_a, of_b, of_c] = [&phase1.beta_tau[..], &phase1.alpha_tau, phase1.tau()].map(lagrange);
    let mut terms: Vec<Vec<(G1Affine, Fr)>> = vec![Vec::new(); shape.assignment().len() - first];
    for (index, row) in shape.constraints().iter().enumerate() {
        for (side, base) in [(&row.a, of_a[index]), (&row.b, of_b[index]), (&row.c, of_c[index])] {
            for (wire, coefficient) in side.terms() {
                let Some(place) = (*wire as usize).checked_sub(first) else { continue };
                terms[place].push((base, *coefficient));
            }
        }
    }
    // Most wires have a handful of terms, for which single products beat a multi-scalar multiplication.
    let product = |(base, coefficient): &(G1Affine, Fr)| base.into_group() * coefficient;
    let sums: Vec<G1Projective> = terms.par_iter().map(|terms| terms.iter().map(product).sum()).collect();
    G1Projective::normalize_batch(&sums)
}
