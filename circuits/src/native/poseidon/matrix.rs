//! Small dense matrices over the field, for deriving constants.

use ark_ff::{AdditiveGroup, Field};

use crate::native::field::F;

/// Rows of equal length.
pub(crate) type Matrix = Vec<Vec<F>>;

pub(super) fn identity(n: usize) -> Matrix {
    (0..n).map(|i| (0..n).map(|j| F::from(u64::from(i == j))).collect()).collect()
}

pub(super) fn dot(a: &[F], b: &[F]) -> F {
    a.iter().zip(b).map(|(a, b)| *a * b).sum()
}

/// `matrix · column`.
pub(super) fn apply(matrix: &[Vec<F>], column: &[F]) -> Vec<F> {
    matrix.iter().map(|row| dot(row, column)).collect()
}

/// `row · matrix`.
pub(super) fn apply_row(row: &[F], matrix: &[Vec<F>]) -> Vec<F> {
    (0..matrix[0].len()).map(|j| row.iter().zip(matrix).map(|(factor, other)| *factor * other[j]).sum()).collect()
}

pub(super) fn product(a: &[Vec<F>], b: &[Vec<F>]) -> Matrix {
    a.iter().map(|row| apply_row(row, b)).collect()
}

/// The inverse of an invertible matrix, by Gauss and Jordan.
pub(crate) fn invert(matrix: &[Vec<F>]) -> Matrix {
    let n = matrix.len();
    let mut rows: Matrix = matrix.to_vec();
    for (row, unit) in rows.iter_mut().zip(identity(n)) {
        row.extend(unit);
    }
    for column in 0..n {
        // Cannot fail: the matrices inverted here depend on published parameters alone, and tests invert them all.
        let pivot = (column..n).find(|i| rows[*i][column] != F::ZERO).expect("the matrix is invertible");
        rows.swap(column, pivot);
        let scale = rows[column][column].inverse().expect("a pivot is not zero");
        rows[column].iter_mut().for_each(|value| *value *= scale);
        let pivot_row = rows[column].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(i, _)| *i != column) {
            let factor = row[column];
            for (value, above) in row.iter_mut().zip(&pivot_row) {
                *value -= factor * above;
            }
        }
    }
    rows.into_iter().map(|row| row[n..].to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_also_of_a_matrix_that_needs_a_swap() {
        let matrix: Matrix = [[0u64, 2, 1], [3, 0, 0], [5, 7, 9]].map(|row| row.map(F::from).to_vec()).to_vec();
        assert_eq!(product(&matrix, &invert(&matrix)), identity(3));
        assert_eq!(product(&invert(&matrix), &matrix), identity(3));
    }
}
