//! One matrix of the circuit as sparse rows, and its product with an assignment.

use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use ark_relations::gr1cs::Matrix;
use rayon::prelude::*;
use zeroize::Zeroizing;

/// Sparse rows, end to end.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Rows {
    /// Where each row starts, and one more.
    starts: Vec<u32>,
    wires: Vec<u32>,
    coefficients: Vec<Fr>,
}

impl Rows {
    /// The rows of a matrix.
    pub fn new(matrix: &Matrix<Fr>) -> Self {
        let mut rows = Self { starts: vec![0], wires: Vec::new(), coefficients: Vec::new() };
        for row in matrix {
            rows.push(row.iter().copied());
        }
        rows
    }

    /// Adds a row.
    pub fn push(&mut self, terms: impl IntoIterator<Item = (Fr, usize)>) {
        for (coefficient, wire) in terms {
            self.coefficients.push(coefficient);
            self.wires.push(wire as u32);
        }
        self.starts.push(self.wires.len() as u32);
    }

    /// Puts stored rows together; none when the parts do not fit together or name a wire beyond the last.
    pub fn from_parts(starts: Vec<u32>, wires: Vec<u32>, coefficients: Vec<Fr>, wire_count: usize) -> Option<Self> {
        let spans = starts.first() == Some(&0) && starts.is_sorted() && starts.last() == Some(&(wires.len() as u32));
        let fits = spans && wires.len() == coefficients.len() && wires.iter().all(|w| (*w as usize) < wire_count);
        fits.then_some(Self { starts, wires, coefficients })
    }

    /// Starts, wires and coefficients.
    pub fn parts(&self) -> (&[u32], &[u32], &[Fr]) {
        (&self.starts, &self.wires, &self.coefficients)
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The product with an assignment, filled with zeros up to `size` rows. Secret.
    pub fn evaluate(&self, assignment: &[Fr], size: usize) -> Zeroizing<Vec<Fr>> {
        let mut values = Zeroizing::new(vec![Fr::ZERO; size]);
        values[..self.len()].par_iter_mut().enumerate().with_min_len(1024).for_each(|(row, value)| {
            *value = self.terms(row).map(|(coefficient, wire)| assignment[wire] * coefficient).sum();
        });
        values
    }

    fn terms(&self, row: usize) -> impl Iterator<Item = (&Fr, usize)> {
        let span = self.starts[row] as usize..self.starts[row + 1] as usize;
        self.coefficients[span.clone()].iter().zip(self.wires[span].iter().map(|wire| *wire as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_groth16::r1cs_to_qap::evaluate_constraint;

    #[test]
    fn a_product_is_row_by_row_arkworks() {
        let f = Fr::from(1u64);
        let matrix: Matrix<Fr> = vec![vec![(f, 0), (-f, 2)], vec![], vec![(f + f, 1), (f, 0), (-f, 1)]];
        let assignment = [3u64, 5, 11].map(Fr::from);
        let values = Rows::new(&matrix).evaluate(&assignment, 4);
        let expected: Vec<Fr> = matrix.iter().map(|row| evaluate_constraint(row, &assignment)).collect();
        assert_eq!(values[..3], expected);
        assert_eq!(values[3], Fr::ZERO);
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let one = Fr::from(1u64);
        let from = |starts: &[u32], wires: &[u32], count: usize| {
            Rows::from_parts(starts.to_vec(), wires.to_vec(), vec![one; count], 3).is_some()
        };
        assert!(from(&[0, 1, 2], &[0, 2], 2));
        assert!(!from(&[0, 1, 2], &[0, 3], 2), "a wire beyond the last");
        assert!(!from(&[0, 2, 1], &[0, 2], 2), "rows that run backwards");
        assert!(!from(&[0, 1], &[0, 2], 2), "terms in no row");
        assert!(!from(&[0, 1, 2], &[0, 2], 1), "a term without coefficient");
        assert!(!from(&[], &[], 0));
    }
}
