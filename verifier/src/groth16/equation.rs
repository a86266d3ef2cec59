//! The pairing equation of one proof, over what a key has ready.

use std::sync::Arc;

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ff::Field;

use super::tables::{InputTables, Tables};
use super::{INPUTS, Proof, ProofError};
use crate::pairing::{AtPoint, FixedLines, Fp12, G1Sum, Walk, pairing_product};

/// What verification derives from a key's points when the key is loaded.
#[derive(Clone)]
pub(crate) struct Equation {
    /// `e(alpha, beta)`.
    pub(super) alpha_beta: Fp12,
    pub(super) alpha: G1Affine,
    pub(super) beta: Arc<FixedLines>,
    pub(super) gamma: Arc<FixedLines>,
    pub(super) delta: Arc<FixedLines>,
    pub(super) tables: Arc<Tables>,
}

impl Equation {
    /// For points of prime order, none the identity.
    pub fn new(alpha: &G1Affine, [beta, gamma, delta]: [&G2Affine; 3], inputs: &[G1Affine; INPUTS + 1]) -> Self {
        let beta = FixedLines::new(beta);
        let [at_alpha] = at(&[G1Sum::from(alpha)]);
        let value = at_alpha.and_then(|alpha| pairing_product(&mut [], &[(&beta, alpha)]));
        Self {
            // Cannot fail: the points are in their groups and alpha is not the identity.
            alpha_beta: value.expect("the pairing of two points of prime order has a value"),
            alpha: *alpha,
            beta: Arc::new(beta),
            gamma: Arc::new(FixedLines::new(gamma)),
            delta: Arc::new(FixedLines::new(delta)),
            tables: Arc::new(Tables::new(inputs, InputTables::default())),
        }
    }

    /// The same with tables of another size.
    pub fn with_tables(self, inputs: &[G1Affine; INPUTS + 1], size: InputTables) -> Self {
        if self.tables.size() == size { self } else { Self { tables: Arc::new(Tables::new(inputs, size)), ..self } }
    }

    /// The size of the tables.
    pub fn tables(&self) -> InputTables {
        self.tables.size()
    }

    /// `e(A, B) · e(−S, gamma) · e(−C, delta) = e(alpha, beta)`, with `S` the inputs' sum.
    ///
    /// # Errors
    /// [`ProofError::Unsatisfied`].
    pub fn check(&self, inputs: &[Fr; INPUTS], proof: &Proof) -> Result<(), ProofError> {
        let mut scalars = [Fr::ONE; INPUTS + 1];
        scalars[1..].copy_from_slice(inputs);
        let sums = [G1Sum::from(&proof.a), self.tables.sum(&scalars), G1Sum::from(&proof.c)];
        let [a, statement, c] = at(&sums);
        let a = a.ok_or(ProofError::Unsatisfied)?;
        let mut moving = [(Walk::new(&proof.b), a)];
        // A pair with the identity contributes 1: it is left out.
        let fixed = [(&*self.gamma, statement), (&*self.delta, c)];
        let fixed: Vec<_> = fixed.into_iter().filter_map(|(lines, point)| Some((lines, point?.neg()))).collect();
        match pairing_product(&mut moving, &fixed) {
            Some(product) if product == self.alpha_beta => Ok(()),
            _ => Err(ProofError::Unsatisfied),
        }
    }
}

/// The form for lines of a fixed number of points, by one inversion.
fn at<const N: usize>(sums: &[G1Sum; N]) -> [Option<AtPoint>; N] {
    let mut points = G1Sum::at_points(sums).into_iter();
    std::array::from_fn(|_| points.next().flatten())
}
