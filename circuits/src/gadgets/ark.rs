//! Hands a synthesised system to arkworks, row for row, for its setup and its prover.

use ark_ff::AdditiveGroup;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, Result, Variable};

use super::r1cs::{ConstraintSystem, Lc};
use crate::native::field::F;

impl ConstraintSynthesizer<F> for &ConstraintSystem {
    fn generate_constraints(self, ark: ConstraintSystemRef<F>) -> Result<()> {
        let mut variables = vec![Variable::One];
        for (wire, value) in self.assignment().iter().enumerate().skip(1) {
            let variable = if wire <= self.public() {
                ark.new_input_variable(|| Ok(*value))?
            } else {
                ark.new_witness_variable(|| Ok(*value))?
            };
            variables.push(variable);
        }
        for row in self.constraints() {
            let convert = |lc: &Lc| combination(lc, &variables);
            ark.enforce_r1cs_constraint(|| convert(&row.a), || convert(&row.b), || convert(&row.c))?;
        }
        Ok(())
    }
}

fn combination(lc: &Lc, variables: &[Variable]) -> LinearCombination<F> {
    let term = |(wire, coefficient): &(u32, F)| {
        debug_assert_ne!(*coefficient, F::ZERO);
        (*coefficient, variables[*wire as usize])
    };
    LinearCombination(lc.terms().iter().map(term).collect())
}
