//! The proving key in the form that the engine works with.
//!
//! A public linear map of the standard key: the same points, some of them combined with known coefficients. It holds
//! nothing that the standard key does not determine, so whoever could forge with it could forge without it.
//!
//! | table | bases | scalars |
//! |---|---|---|
//! | `a` | A query, G1 | the assignment `z` |
//! | `b` | B query, G2 | `z` |
//! | `c` | `−K_j` for the constant and the inputs, `L_j − K_j` for private wires, then `H_i` | `z`, then `a_i·b_i` |
//!
//! `K_j` is [`super::quotient`]'s. C is linear in the whole assignment, so folding the private columns alone would leave
//! the inputs' share out and give invalid proofs.

use ark_bn254::{Fr, G1Affine, G1Projective, G2Projective, g1, g2};
use ark_ec::CurveGroup;
use ark_ff::{BigInteger256, Field, PrimeField};
use poa_circuits::statement::INPUTS;
use poa_circuits::statement::assignment::WIRES;
use poa_verifier::key::VerifyingKey;
use rayon::prelude::*;
use zeroize::Zeroizing;

use super::blinding::Unblinded;
use super::msm::Table;
use super::progress::Progress;
use super::quotient::{Quotient, products};
use super::rows::Rows;
use super::settings::Settings;
use crate::key::ProvingKey;

/// A base of G2 takes about so many times as long as one of G1, which takes as long as a scalar multiplication.
const WEIGHT_OF_G2: u64 = 3;
/// The constant and the public inputs.
const INSTANCE: usize = INPUTS + 1;

/// Rows, tables and the verifying key.
pub(super) struct CompiledKey {
    pub verifying_key: VerifyingKey,
    /// With one row more for each instance wire: `z_i · 0 = 0`.
    pub a_rows: Rows,
    pub b_rows: Rows,
    pub a: Table<g1::Config>,
    pub b: Table<g2::Config>,
    pub c: Table<g1::Config>,
    quotient: Quotient,
}

impl CompiledKey {
    /// Derives the compiled form, on all cores of the pool.
    pub fn new(key: &ProvingKey, settings: Settings, progress: &Progress) -> Self {
        let mut a_rows = Rows::new(&key.matrices[0]);
        for wire in 0..INSTANCE {
            a_rows.push([(Fr::ONE, wire)]);
        }
        let quotient = quotient(a_rows.len());
        let of_a_and_c = key.ark.a_query.len() + INSTANCE + key.ark.l_query.len() + key.ark.h_query.len();
        let of_b = WEIGHT_OF_G2 * key.ark.b_g2_query.len() as u64;
        progress.begin(of_a_and_c as u64 + of_b + quotient.folding(&key.matrices[2]));
        Self {
            verifying_key: key.verifying_key().clone(),
            a: Table::new(&key.ark.a_query, settings, |bases| progress.add(bases)),
            b: Table::new(&key.ark.b_g2_query, settings.for_b(), |bases| progress.add(WEIGHT_OF_G2 * bases)),
            c: Table::new(&c_bases(key, &quotient, progress), settings, |bases| progress.add(bases)),
            a_rows,
            b_rows: Rows::new(&key.matrices[1]),
            quotient,
        }
    }

    /// Puts a stored form together; none when the parts do not fit this circuit.
    pub fn from_parts(
        verifying_key: VerifyingKey,
        [a_rows, b_rows]: [Rows; 2],
        a: Table<g1::Config>,
        b: Table<g2::Config>,
        c: Table<g1::Config>,
    ) -> Option<Self> {
        let quotient = Quotient::new(a_rows.len())?;
        let below = |scalars: &[u32], end: usize| scalars.iter().all(|i| (*i as usize) < end);
        let fits = b_rows.len() + INSTANCE == a_rows.len()
            && below(a.scalars(), WIRES)
            && below(b.scalars(), WIRES)
            && below(c.scalars(), WIRES + quotient.size());
        fits.then_some(Self { verifying_key, a_rows, b_rows, a, b, c, quotient })
    }

    /// Groth16's three sums with `r = s = 0`. Not zero-knowledge: only for [`super::blinding`].
    pub fn sum(&self, assignment: &[Fr]) -> Unblinded {
        let ((a, b), c) = rayon::join(
            || self.ab_sums(assignment),
            || {
                let [a, b] = self.extended_rows(assignment);
                self.c_sum(assignment, products(&a, &b))
            },
        );
        Unblinded { a, b, c }
    }

    /// A and B of the proof.
    pub fn ab_sums(&self, assignment: &[Fr]) -> (G1Projective, G2Projective) {
        let mut scalars = Zeroizing::new(vec![BigInteger256::new([0; 4]); assignment.len()]);
        to_integers(assignment.par_iter().copied(), &mut scalars);
        let (a, b) = rayon::join(|| self.a.sum(&scalars), || self.b.sum(&scalars));
        (a + self.verifying_key.alpha_g1(), b + self.verifying_key.beta_g2())
    }

    /// The values of A's and B's rows, instance rows included, on the odd coset.
    pub fn extended_rows(&self, assignment: &[Fr]) -> [Zeroizing<Vec<Fr>>; 2] {
        let extend = |rows: &Rows| {
            let mut values = rows.evaluate(assignment, self.quotient.size());
            self.quotient.extend(&mut values);
            values
        };
        rayon::join(|| extend(&self.a_rows), || extend(&self.b_rows)).into()
    }

    /// C of the proof, from the assignment and the products on the odd coset.
    pub fn c_sum(&self, assignment: &[Fr], products: impl IndexedParallelIterator<Item = Fr>) -> G1Projective {
        let mut scalars = Zeroizing::new(vec![BigInteger256::new([0; 4]); assignment.len() + products.len()]);
        let (of_wires, of_products) = scalars.split_at_mut(assignment.len());
        to_integers(assignment.par_iter().copied(), of_wires);
        to_integers(products, of_products);
        self.c.sum(&scalars)
    }
}

fn quotient(rows: usize) -> Quotient {
    // Cannot fail: the circuit has fewer than 2^14 rows and the field roots of unity of order 2^28.
    Quotient::new(rows).expect("the circuit's rows fit a domain")
}

fn c_bases(key: &ProvingKey, quotient: &Quotient, progress: &Progress) -> Vec<G1Affine> {
    let folded = quotient.fold(&key.ark.h_query, &key.matrices[2], WIRES, &|times| progress.add(times));
    let private = key.ark.l_query.iter().zip(&folded[INSTANCE..]).map(|(l, k)| -*k + l);
    let bases: Vec<G1Projective> = folded[..INSTANCE].iter().map(|k| -*k).chain(private).collect();
    let mut bases = G1Projective::normalize_batch(&bases);
    bases.extend_from_slice(&key.ark.h_query);
    bases
}

fn to_integers(scalars: impl IndexedParallelIterator<Item = Fr>, integers: &mut [BigInteger256]) {
    let pairs = scalars.zip(integers).with_min_len(1024);
    pairs.for_each(|(scalar, integer)| *integer = scalar.into_bigint());
}
