//! Weaker constraints: each term of each combination dropped or doubled, in turn.
//!
//! A mutant is found when a satisfying assignment of the whole system breaks it: then honest proofs would fail. Missing
//! constraints are [`crate::determinism::Deletions`]' business.

use ark_ff::AdditiveGroup;

use crate::r1cs::{F, Lc, R1cs, Row, Wire};

/// What happens to a term.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// It is left out.
    Dropped,
    /// Its coefficient is doubled.
    Doubled,
}

/// A changed constraint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Mutant {
    /// The constraint.
    pub row: usize,
    /// 0, 1, 2 for A, B, C.
    pub side: usize,
    /// The term's wire.
    pub wire: Wire,
    /// What happens to it.
    pub change: Change,
}

impl Mutant {
    /// The mutants of a constraint: two a term.
    pub fn of(system: &R1cs, row: usize) -> Vec<Mutant> {
        let sides = system.rows[row].sides().into_iter().enumerate();
        let terms = sides.flat_map(|(side, lc)| lc.terms().iter().map(move |(wire, _)| (side, *wire)));
        let mutants =
            |(side, wire)| [Change::Dropped, Change::Doubled].map(|change| Mutant { row, side, wire, change });
        terms.flat_map(mutants).collect()
    }

    /// The changed constraint.
    pub fn apply(&self, row: &Row) -> Row {
        let mut sides = row.sides().map(Clone::clone);
        let change = Lc::new(vec![(self.wire, self.difference(row))]);
        sides[self.side] = sides[self.side].plus(F::from(1u64), &change);
        let [a, b, c] = sides;
        Row { a, b, c }
    }

    fn difference(&self, row: &Row) -> F {
        let coefficient = row.sides()[self.side].coefficient(self.wire);
        match self.change {
            Change::Dropped => -coefficient,
            Change::Doubled => coefficient,
        }
    }

    /// Whether the mutant says the same as the constraint: one factor of a product that is to be 0, doubled.
    pub fn is_equivalent(&self, row: &Row) -> bool {
        self.change == Change::Doubled && row.c.terms().is_empty() && row.sides()[self.side].terms().len() == 1
    }
}

/// How many mutants these constraints have, and those that no assignment breaks and that say something else.
pub fn survivors(system: &R1cs, rows: impl IntoIterator<Item = usize>, samples: &[Vec<F>]) -> (usize, Vec<Mutant>) {
    let mut total = 0;
    let mut survivors = Vec::new();
    for row in rows {
        let values: Vec<[F; 3]> = samples.iter().map(|z| system.rows[row].sides().map(|lc| lc.evaluate(z))).collect();
        let mutants = Mutant::of(system, row);
        total += mutants.len();
        let unbroken = |mutant: &Mutant| {
            let difference = mutant.difference(&system.rows[row]);
            samples.iter().zip(&values).all(|(assignment, value)| {
                let mut value = *value;
                value[mutant.side] += difference * assignment[mutant.wire as usize];
                value[0] * value[1] - value[2] == F::ZERO
            })
        };
        survivors
            .extend(mutants.into_iter().filter(unbroken).filter(|mutant| !mutant.is_equivalent(&system.rows[row])));
    }
    (total, survivors)
}
