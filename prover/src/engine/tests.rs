//! The compiled key against the key it was made from.

use std::sync::LazyLock;

use ark_bn254::{Bn254, Fr, G1Projective};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, Field, UniformRand};
use ark_groth16::Groth16;
use ark_std::test_rng;
use poa_circuits::statement::assignment::{WIRES, derive};
use poa_circuits::statement::{INPUTS, circuit};

use super::compiled_key::CompiledKey;
use super::progress::Progress;
use super::quotient::Quotient;
use super::rows::Rows;
use super::settings::Settings;
use crate::key::ProvingKey;
use crate::qap::CircomReduction;

#[path = "../../tests/common/mod.rs"]
mod common;

static PROGRESS: LazyLock<Progress> = LazyLock::new(Progress::default);
static COMPILED: LazyLock<CompiledKey> =
    LazyLock::new(|| CompiledKey::new(ProvingKey::development(), Settings::SMALL, &PROGRESS));

/// Groth16's sums by the stock prover, with `r = s = 0`.
fn stock(assignment: &[Fr]) -> ark_groth16::Proof<Bn254> {
    let key = ProvingKey::development();
    Groth16::<Bn254, CircomReduction>::create_proof_with_reduction_and_matrices(
        &key.ark,
        Fr::ZERO,
        Fr::ZERO,
        &key.matrices,
        INPUTS + 1,
        key.matrices[0].len(),
        assignment,
    )
    .unwrap()
}

#[test]
fn the_sums_of_a_true_statement_are_the_stock_provers_points() {
    for mask in [0, 0b101010, 63] {
        let (public, witness) = common::statement(mask);
        let sums = COMPILED.sum(&derive(&public, &witness));
        let expected = stock(circuit::synthesise(&public, &witness).assignment());
        assert_eq!(sums.a.into_affine(), expected.a);
        assert_eq!(sums.b.into_affine(), expected.b);
        assert_eq!(sums.c.into_affine(), expected.c);
    }
}

/// Any assignment will do, satisfying or not: this holds the public columns' share of C too.
#[test]
fn the_c_sum_of_a_random_assignment_is_the_unfolded_one() {
    let mut rng = test_rng();
    let mut z: Vec<Fr> = (0..WIRES).map(|_| Fr::rand(&mut rng)).collect();
    z[0] = Fr::ONE;
    let key = ProvingKey::development();
    let quotient = Quotient::new(key.matrices[0].len() + INPUTS + 1).unwrap();
    let extended = |rows: &Rows| {
        let mut values = rows.evaluate(&z, quotient.size());
        quotient.extend(&mut values);
        values
    };
    let [mut a_rows, b_rows, c_rows] = [0, 1, 2].map(|m| Rows::new(&key.matrices[m]));
    (0..=INPUTS).for_each(|wire| a_rows.push([(Fr::ONE, wire)]));
    let (a, b, c) = (extended(&a_rows), extended(&b_rows), extended(&c_rows));
    let h: Vec<Fr> = (0..quotient.size()).map(|i| a[i] * b[i] - c[i]).collect();
    let expected = G1Projective::msm(&key.ark.l_query, &z[INPUTS + 1..]).unwrap()
        + G1Projective::msm(&key.ark.h_query, &h).unwrap();
    assert_eq!(COMPILED.sum(&z).c, expected);
}

/// Otherwise whoever waits would see a bar that stands still, or one that is full too early.
#[test]
fn everything_that_compiling_does_is_counted() {
    LazyLock::force(&COMPILED);
    assert_eq!(PROGRESS.share(), Some(1.0));
    assert_eq!(Progress::default().share(), None, "not before it has begun");
}
