//! The reduction from R1CS to a quadratic program in the form of circom and snarkjs.
//!
//! It differs from libsnark's in how `h` is handed over. With `P = A·B − C = H·Z` of degree at most `2n − 2`, and
//! `P` zero on the `n`-th roots of unity, `P(τ) = Σ P(ω^(2i+1)) · L_(2i+1)(τ)` over the Lagrange basis of the `2n`-th
//! roots, `ω` a primitive one. So the scalars are the products on the odd coset, the bases are
//! `L_(2i+1)(τ)/δ`, and no division by `Z` is needed. Everything else is libsnark's, instance rows included.
//!
//! Source: snarkjs `groth16_prove.js`, `zkey_new.js`; this is the one key form of `docs/protocol.md` §6.

use ark_ff::PrimeField;
use ark_groth16::r1cs_to_qap::{LibsnarkReduction, R1CSToQAP, evaluate_constraint};
use ark_poly::EvaluationDomain;
use ark_relations::gr1cs::{ConstraintSystemRef, Matrix, SynthesisError};
use rayon::prelude::*;

type Evaluation<F> = (Vec<F>, Vec<F>, Vec<F>, F, usize, usize);

/// The circom form of the reduction.
pub(crate) struct CircomReduction;

impl R1CSToQAP for CircomReduction {
    fn instance_map_with_evaluation<F: PrimeField, D: EvaluationDomain<F>>(
        system: ConstraintSystemRef<F>,
        tau: &F,
    ) -> Result<Evaluation<F>, SynthesisError> {
        LibsnarkReduction::instance_map_with_evaluation::<F, D>(system, tau)
    }

    /// `A·B − C` on the odd coset. `C` equals `A·B` on the domain itself because the rows hold.
    fn witness_map_from_matrices<F: PrimeField, D: EvaluationDomain<F>>(
        matrices: &[Matrix<F>],
        instance_wires: usize,
        rows: usize,
        assignment: &[F],
    ) -> Result<Vec<F>, SynthesisError> {
        let domain = D::new(rows + instance_wires).ok_or(SynthesisError::PolynomialDegreeTooLarge)?;
        let evaluate = |matrix: &Matrix<F>| {
            let mut values: Vec<F> = matrix.par_iter().map(|row| evaluate_constraint(row, assignment)).collect();
            values.resize(domain.size(), F::zero());
            values
        };
        let mut a = evaluate(&matrices[0]);
        // One row an instance wire, `z_i · 0 = 0`, makes the inputs' polynomials independent.
        a[rows..rows + instance_wires].copy_from_slice(&assignment[..instance_wires]);
        let mut b = evaluate(&matrices[1]);
        let mut c: Vec<F> = a.par_iter().zip(&b).map(|(a, b)| *a * b).collect();

        let odd = odd_coset::<F, D>(&domain)?;
        for values in [&mut a, &mut b, &mut c] {
            domain.ifft_in_place(values);
            odd.fft_in_place(values);
        }
        a.par_iter_mut().zip(&b).zip(&c).for_each(|((a, b), c)| {
            *a *= b;
            *a -= c;
        });
        Ok(a)
    }

    fn h_query_scalars<F: PrimeField, D: EvaluationDomain<F>>(
        max_power: usize,
        tau: F,
        _z_of_tau: F,
        delta_inverse: F,
    ) -> Result<Vec<F>, SynthesisError> {
        let double = D::new(2 * (max_power + 1)).ok_or(SynthesisError::PolynomialDegreeTooLarge)?;
        let lagrange = double.evaluate_all_lagrange_coefficients(tau);
        let odd = lagrange.into_iter().skip(1).step_by(2);
        Ok(odd.map(|value| value * delta_inverse).collect())
    }
}

/// `ω·⟨ω²⟩` for the primitive `2n`-th root `ω` whose square generates the domain.
fn odd_coset<F: PrimeField, D: EvaluationDomain<F>>(domain: &D) -> Result<D, SynthesisError> {
    let double = D::new(2 * domain.size()).ok_or(SynthesisError::PolynomialDegreeTooLarge)?;
    domain.get_coset(double.group_gen()).ok_or(SynthesisError::PolynomialDegreeTooLarge)
}
