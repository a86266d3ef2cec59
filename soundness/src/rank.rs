//! The rank of the constraints' derivatives at a satisfying assignment, inputs and declared witness held.
//!
//! The derivative of `A·B − C` is `⟨B, z⟩·A + ⟨A, z⟩·B − C`. If those of the constraints that settle wires have full column
//! rank over the computed wires, none of these can move even infinitesimally, and no constraint that merely compares
//! is needed for it.
//!
//! Rows are taken, and columns ordered, as the wires were settled. That makes the matrix nearly triangular: a row is
//! reduced a few times at most, and 11,000 of them take milliseconds.

use std::collections::HashMap;

use ark_ff::{AdditiveGroup, Field};

use crate::determinism::Determinism;
use crate::r1cs::{F, R1cs, Row, Wire, collected};

/// The computed wires that are free to move: as many as the rank is short of their number.
pub fn free_wires(system: &R1cs, determinism: &Determinism, assignment: &[F]) -> Vec<Wire> {
    let columns = Columns::new(system, determinism);
    let mut pivots: HashMap<usize, Vec<Term>> = HashMap::new();
    for row in determinism.settling_rows() {
        let mut rest = columns.derivative(&system.rows[row], assignment);
        while let Some((column, value)) = rest.last().copied() {
            let Some(pivot) = pivots.get(&column) else {
                pivots.insert(column, rest);
                break;
            };
            rest = reduce(&rest, value, pivot);
        }
    }
    columns.wires.iter().enumerate().filter(|(column, _)| !pivots.contains_key(column)).map(|(_, wire)| *wire).collect()
}

/// A column and its entry; rows have them ascending, none 0.
type Term = (usize, F);

/// `row` less the multiple of `pivot` that removes their common last column.
fn reduce(row: &[Term], value: F, pivot: &[Term]) -> Vec<Term> {
    // Cannot be empty or 0: a pivot's last entry is why it is one.
    let divisor = pivot.last().and_then(|(_, last)| last.inverse()).unwrap_or(F::ZERO);
    let factor = -value * divisor;
    let mut sum = Vec::with_capacity(row.len() + pivot.len());
    let (mut left, mut right) = (row.iter().peekable(), pivot.iter().peekable());
    while let Some(column) = left.peek().into_iter().chain(right.peek()).map(|(column, _)| *column).min() {
        let here = |term: &&Term| term.0 == column;
        let mine = left.next_if(here).map_or(F::ZERO, |term| term.1);
        let theirs = right.next_if(here).map_or(F::ZERO, |term| term.1);
        let entry = mine + factor * theirs;
        if entry != F::ZERO {
            sum.push((column, entry));
        }
    }
    sum
}

/// The computed wires in the order in which they were settled, those that were not last.
struct Columns {
    wires: Vec<Wire>,
    column: Vec<Option<usize>>,
}

impl Columns {
    fn new(system: &R1cs, determinism: &Determinism) -> Self {
        let settled = determinism.steps().iter().flat_map(|step| step.wires.iter().copied());
        let wires: Vec<Wire> = settled.chain(determinism.unsettled().iter().copied()).collect();
        let mut column = vec![None; system.wires];
        for (position, wire) in wires.iter().enumerate() {
            column[*wire as usize] = Some(position);
        }
        Self { wires, column }
    }

    fn derivative(&self, row: &Row, assignment: &[F]) -> Vec<Term> {
        let (a, b) = (row.a.evaluate(assignment), row.b.evaluate(assignment));
        let weighted = [(&row.a, b), (&row.b, a), (&row.c, -F::ONE)];
        let terms = weighted.iter().flat_map(|(lc, factor)| lc.terms().iter().map(move |(w, c)| (*w, *factor * c)));
        collected(terms.filter_map(|(w, c)| self.column[w as usize].map(|at| (at, c))).collect())
    }
}
