//! Linear equations in unsettled wires, kept fully reduced: a wire that they determine stands alone in one of them.

use ark_ff::Field;

use crate::r1cs::{F, Lc, Wire};

/// `form = known`, where `form` is that of a combination of constraints.
#[derive(Clone, Debug)]
pub(super) struct Equation {
    form: Lc,
    /// Constraints and their factors, ascending.
    sources: Lc,
}

impl Equation {
    /// The equation of one constraint.
    pub(super) fn new(form: Lc, row: usize) -> Self {
        Self { form, sources: Lc::new(vec![(row as u32, F::ONE)]) }
    }

    fn add(&mut self, factor: F, other: &Equation) {
        self.form = self.form.plus(factor, &other.form);
        self.sources = self.sources.plus(factor, &other.sources);
    }

    /// Removes the other's pivot, which has coefficient 1 there.
    fn reduce(&mut self, pivot: Wire, other: &Equation) {
        let coefficient = self.form.coefficient(pivot);
        if coefficient != F::from(0u64) {
            self.add(-coefficient, other);
        }
    }
}

/// In reduced echelon form: each has a pivot, with coefficient 1, that no other has.
#[derive(Clone, Debug, Default)]
pub(super) struct Equations(Vec<(Wire, Equation)>);

impl Equations {
    /// Reduces it by the others and them by it. One that says nothing new is dropped.
    pub(super) fn insert(&mut self, mut equation: Equation) {
        for (pivot, known) in &self.0 {
            equation.reduce(*pivot, known);
        }
        let Some((pivot, inverse)) = last_term(&equation.form) else {
            return;
        };
        equation.form = Lc::default().plus(inverse, &equation.form);
        equation.sources = Lc::default().plus(inverse, &equation.sources);
        for (_, known) in &mut self.0 {
            known.reduce(pivot, &equation);
        }
        self.0.push((pivot, equation));
    }

    /// Takes out an equation with one wire left: the wire, and the constraints with factors that give it.
    pub(super) fn solved(&mut self) -> Option<(Wire, Vec<(usize, F)>)> {
        let at = self.0.iter().position(|(_, equation)| equation.form.terms().len() == 1)?;
        let (wire, equation) = self.0.swap_remove(at);
        let sources = equation.sources.terms().iter().map(|(row, factor)| (*row as usize, *factor)).collect();
        Some((wire, sources))
    }

    /// The wire is settled: it is no unknown any more.
    pub(super) fn settle(&mut self, wire: Wire) {
        let mut orphans = Vec::new();
        self.0.retain_mut(|(pivot, equation)| {
            let coefficient = equation.form.coefficient(wire);
            if coefficient == F::from(0u64) {
                return true;
            }
            equation.form = equation.form.plus(-F::ONE, &Lc::new(vec![(wire, coefficient)]));
            if *pivot == wire {
                orphans.push(equation.clone());
            }
            *pivot != wire
        });
        orphans.into_iter().for_each(|equation| self.insert(equation));
    }
}

/// The last wire and the inverse of its coefficient.
fn last_term(form: &Lc) -> Option<(Wire, F)> {
    form.terms().last().and_then(|(wire, coefficient)| coefficient.inverse().map(|inverse| (*wire, inverse)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equation(row: usize, terms: &[(Wire, u64)]) -> Equation {
        Equation::new(Lc::new(terms.iter().map(|(wire, c)| (*wire, F::from(*c))).collect()), row)
    }

    #[test]
    fn a_wire_is_solved_exactly_when_the_equations_determine_it() {
        let mut equations = Equations::default();
        equations.insert(equation(0, &[(5, 1), (3, 1), (1, 1)]));
        assert_eq!(equations.solved(), None);
        equations.insert(equation(1, &[(3, 2), (1, 2)]));
        let (wire, sources) = equations.solved().unwrap();
        assert_eq!(wire, 5);
        assert_eq!(sources.len(), 2, "the first less half the second");
        assert_eq!(equations.solved(), None, "3 and 1 are known by their sum alone");
        equations.settle(3);
        assert_eq!(equations.solved().unwrap().0, 1);
    }

    #[test]
    fn what_follows_from_others_says_nothing_new() {
        let mut equations = Equations::default();
        equations.insert(equation(0, &[(1, 1), (2, 1)]));
        equations.insert(equation(1, &[(1, 3), (2, 3)]));
        assert_eq!(equations.0.len(), 1);
    }
}
