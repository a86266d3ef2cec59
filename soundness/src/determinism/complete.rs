//! A whole assignment from inputs and declared wires, by the steps that settle the others.

use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};

use super::{Determinism, Recipe};
use crate::r1cs::{F, Lc, R1cs, Row, Wire};

/// The steps as formulas, made once for many assignments.
pub struct Computation<'a> {
    system: &'a R1cs,
    steps: Vec<(&'a [Wire], Formula)>,
}

enum Formula {
    /// `−(Σ factor · A·B + known)`.
    Linear { products: Vec<(usize, F)>, known: Lc },
    /// The bits of what makes the constraint hold, over the scale.
    Bits { row: usize, scale: F },
    /// What makes the constraint hold from inside a factor.
    Division { row: usize },
}

impl Determinism {
    /// The formulas of all steps.
    pub fn computation<'a>(&'a self, system: &'a R1cs) -> Computation<'a> {
        let steps = self.steps.iter().map(|step| (step.wires.as_slice(), formula(system, &step.wires, &step.recipe)));
        Computation { system, steps: steps.collect() }
    }
}

fn formula(system: &R1cs, wires: &[Wire], recipe: &Recipe) -> Formula {
    match recipe {
        Recipe::Linear(sources) => linear(system, wires[0], sources),
        Recipe::Bits { row, scale } => Formula::Bits { row: *row, scale: *scale },
        Recipe::Division { row } => Formula::Division { row: *row },
    }
}

/// What stands beside the wire when the constraints are added up; wires settled later cancel out.
fn linear(system: &R1cs, wire: Wire, sources: &[(usize, F)]) -> Formula {
    let mut products = Vec::new();
    let mut sum = Lc::default();
    for (number, factor) in sources {
        let row = &system.rows[*number];
        match (row.a.as_constant(), row.b.as_constant()) {
            (_, Some(b)) => sum = sum.plus(*factor * b, &row.a),
            (Some(a), None) => sum = sum.plus(*factor * a, &row.b),
            (None, None) => products.push((*number, *factor)),
        }
        sum = sum.plus(-*factor, &row.c);
    }
    let itself = Lc::new(vec![(wire, sum.coefficient(wire))]);
    Formula::Linear { products, known: sum.plus(-F::ONE, &itself) }
}

impl Computation<'_> {
    /// Computes every settled wire of the assignment from the inputs and declared wires in it, which may be anything. Where
    /// a step has no solution (a number too long for its bits, a division by 0) its constraint is what breaks.
    ///
    /// `forced` wires are given these values instead, and what depends on them follows: a cheating prover's choice.
    pub fn complete(&self, assignment: &mut [F], forced: &[(Wire, F)]) {
        for (wires, formula) in &self.steps {
            match formula {
                Formula::Linear { products, known } => {
                    assignment[wires[0] as usize] = -self.sum(products, known, assignment);
                }
                Formula::Bits { row, scale } => bits(&self.system.rows[*row], *scale, wires, assignment),
                Formula::Division { row } => divide(&self.system.rows[*row], wires[0], assignment),
            }
            for (wire, value) in forced.iter().filter(|(wire, _)| wires.contains(wire)) {
                assignment[*wire as usize] = *value;
            }
        }
    }

    fn sum(&self, products: &[(usize, F)], known: &Lc, assignment: &[F]) -> F {
        let product = |(row, factor): &(usize, F)| {
            let row = &self.system.rows[*row];
            row.a.evaluate(assignment) * row.b.evaluate(assignment) * factor
        };
        products.iter().map(product).sum::<F>() + known.evaluate(assignment)
    }
}

fn bits(row: &Row, scale: F, wires: &[Wire], assignment: &mut [F]) {
    wires.iter().for_each(|wire| assignment[*wire as usize] = F::ZERO);
    // Not 0: it is a coefficient.
    let number = -row.residual(assignment) * scale.inverse().unwrap_or(F::ZERO);
    let number = number.into_bigint();
    for (i, wire) in wires.iter().enumerate() {
        assignment[*wire as usize] = F::from(number.get_bit(i));
    }
}

fn divide(row: &Row, wire: Wire, assignment: &mut [F]) {
    let (quotient, divisor) = if row.a.coefficient(wire) == F::ZERO { (&row.b, &row.a) } else { (&row.a, &row.b) };
    assignment[wire as usize] = F::ZERO;
    let rest = quotient.evaluate(assignment);
    let inverse = divisor.evaluate(assignment).inverse();
    let scale = quotient.coefficient(wire).inverse();
    if let (Some(inverse), Some(scale)) = (inverse, scale) {
        assignment[wire as usize] = (row.c.evaluate(assignment) * inverse - rest) * scale;
    }
}
