//! The same question for the system less one constraint.

use super::rules::Index;
use super::{Determinism, Propagation, Step};
use crate::r1cs::{R1cs, Wire};

/// What a step needs: the settled wires, other than given ones, that stand in its constraints.
fn needs(system: &R1cs, steps: &[Step]) -> Vec<Vec<Wire>> {
    let mut settled = vec![false; system.wires];
    let mut needs = Vec::with_capacity(steps.len());
    for step in steps {
        let mut wires: Vec<Wire> = step.rows.iter().flat_map(|row| system.rows[*row].wires()).collect();
        wires.retain(|wire| settled[*wire as usize]);
        wires.sort_unstable();
        wires.dedup();
        needs.push(wires);
        step.wires.iter().for_each(|wire| settled[*wire as usize] = true);
    }
    needs
}

/// Answers for any one constraint.
pub struct Deletions<'a> {
    system: &'a R1cs,
    index: Index,
    whole: &'a Determinism,
    needs: Vec<Vec<Wire>>,
}

impl<'a> Deletions<'a> {
    /// Prepares for many questions about one system.
    pub fn new(system: &'a R1cs, whole: &'a Determinism) -> Self {
        Self { system, index: Index::new(system), whole, needs: needs(system, &whole.steps) }
    }

    /// The wires that the rules no longer settle without this constraint.
    ///
    /// What was settled without it, directly and indirectly, stays so; only the rest is tried again.
    pub fn unsettled_without(&self, row: usize) -> Vec<Wire> {
        let mut known = vec![true; self.system.wires];
        self.whole.unsettled.iter().for_each(|wire| known[*wire as usize] = false);
        for (step, needs) in self.whole.steps.iter().zip(&self.needs) {
            if step.rows.contains(&row) || needs.iter().any(|wire| !known[*wire as usize]) {
                step.wires.iter().for_each(|wire| known[*wire as usize] = false);
            }
        }
        let (_, known) = Propagation::new(self.system, &self.index, Some(row), known).run();
        (0..self.system.wires as Wire).filter(|wire| !known[*wire as usize]).collect()
    }
}
