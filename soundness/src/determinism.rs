//! Which wires are functions of the inputs and the declared witness, by rules that hold for *every* satisfying assignment.
//!
//! A wire is *settled* when all satisfying assignments that agree on inputs and declared wires agree on it. Those are
//! settled to begin with; the others by these rules, each of which needs settled wires and named constraints only:
//!
//! 1. **Product.** A and B are settled (or one is constant) and C (or the other) has one unsettled wire.
//! 2. **Elimination.** Several such constraints, linear in unsettled wires with constant coefficients, have a
//!    combination in which one is left.
//! 3. **Bits.** A linear constraint's unsettled wires all have `b·(b − 1) = 0` and coefficients `s·2^0, s·2^1, ..`, at most
//!    253 of them: there is one way to write a number below the field's order in so many bits.
//! 4. **Inverse.** `a·x = c` with `a` settled and `c` a constant other than 0: then `a` is not 0.
//! 5. **Edwards.** A division of the twisted Edwards addition law, whose denominator and numerator cannot both be 0; the
//!    proof stands with the rule, in `rules.rs`.
//!
//! A constraint that compares with a public input (a recomputed root with the stated one) is used by rule 3 alone: that a
//! wire *must* have a value to be accepted is not that it is computed so.
//!
//! The rules are monotone, so the order of their use does not matter and the result is one set.

mod complete;
mod deletions;
mod elimination;
mod rules;

use std::collections::VecDeque;

use ark_ff::Field;

use crate::r1cs::{F, Lc, R1cs, Wire};
pub use complete::Computation;
pub use deletions::Deletions;
use elimination::{Equation, Equations};
use rules::Index;

/// The rule by which a wire was settled.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Rule {
    /// One constraint, in which it stands alone.
    Product,
    /// A combination of several.
    Elimination,
    /// The decomposition of a number into bits.
    Bits,
    /// An inverse of what is not 0.
    Inverse,
    /// A division of the twisted Edwards law.
    Edwards,
}

impl Rule {
    /// All of them.
    pub const ALL: [Rule; 5] = [Rule::Product, Rule::Elimination, Rule::Bits, Rule::Inverse, Rule::Edwards];
}

/// Wires settled together.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which.
    pub wires: Vec<Wire>,
    /// By what.
    pub rule: Rule,
    /// From these constraints.
    pub rows: Vec<usize>,
    recipe: Recipe,
}

/// How the wires' values follow.
#[derive(Clone, Debug)]
enum Recipe {
    /// The wire is what makes `Σ factor · (A·B − C)` zero; it has coefficient 1 there.
    Linear(Vec<(usize, F)>),
    /// The wires are the bits, lowest first, of what makes this constraint hold, over the scale.
    Bits { row: usize, scale: F },
    /// The wire is in one factor of this constraint.
    Division { row: usize },
}

/// What the rules settle, and how.
#[derive(Clone, Debug)]
pub struct Determinism {
    steps: Vec<Step>,
    unsettled: Vec<Wire>,
    rows: usize,
}

impl Determinism {
    /// Applies the rules until none has anything to add.
    pub fn of(system: &R1cs) -> Self {
        let given = (0..system.wires as Wire).map(|wire| wire < system.first_computed()).collect();
        let index = Index::new(system);
        let (steps, known) = Propagation::new(system, &index, None, given).run();
        let unsettled = (0..system.wires as Wire).filter(|wire| !known[*wire as usize]).collect();
        Self { steps, unsettled, rows: system.rows.len() }
    }

    /// In the order of their use; a step uses wires of earlier ones.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The wires that no rule settles.
    pub fn unsettled(&self) -> &[Wire] {
        &self.unsettled
    }

    /// How many wires the rule settles.
    pub fn settled_by(&self, rule: Rule) -> usize {
        self.steps.iter().filter(|step| step.rule == rule).map(|step| step.wires.len()).sum()
    }

    /// The constraints that settle wires, in the order of their first use.
    pub fn settling_rows(&self) -> Vec<usize> {
        let mut seen = vec![false; self.rows];
        let rows = self.steps.iter().flat_map(|step| step.rows.iter().copied());
        rows.filter(|row| !std::mem::replace(&mut seen[*row], true)).collect()
    }

    /// The other constraints: they restrict inputs and declared wires, which is what a statement is made of.
    pub fn checking_rows(&self) -> Vec<usize> {
        let mut checking = vec![true; self.rows];
        self.settling_rows().into_iter().for_each(|row| checking[row] = false);
        (0..self.rows).filter(|row| checking[*row]).collect()
    }
}

/// The rules at work.
struct Propagation<'a> {
    system: &'a R1cs,
    index: &'a Index,
    removed: Option<usize>,
    known: Vec<bool>,
    equations: Equations,
    /// Constraints that are in the equations, or were and turned out to follow from others.
    linear: Vec<bool>,
    queue: VecDeque<usize>,
    queued: Vec<bool>,
    steps: Vec<Step>,
}

impl<'a> Propagation<'a> {
    /// Without the removed constraint, and beginning with the known wires.
    fn new(system: &'a R1cs, index: &'a Index, removed: Option<usize>, known: Vec<bool>) -> Self {
        let rows = system.rows.len();
        let is_open = |row: usize| system.rows[row].sides().into_iter().flat_map(Lc::wires).any(|w| !known[w as usize]);
        let queued: Vec<bool> = (0..rows).map(|row| Some(row) != removed && is_open(row)).collect();
        let queue = (0..rows).filter(|row| queued[*row]).collect();
        let equations = Equations::default();
        Self { system, index, removed, known, equations, linear: vec![false; rows], queue, queued, steps: Vec::new() }
    }

    /// The steps, and the wires known at the end.
    fn run(mut self) -> (Vec<Step>, Vec<bool>) {
        while let Some(row) = self.queue.pop_front() {
            self.queued[row] = false;
            if let Some(step) = self.examine(row) {
                self.settle(step);
            }
            while let Some((wire, sources)) = self.equations.solved() {
                self.settle(linear_step(wire, sources));
            }
        }
        (self.steps, self.known)
    }

    fn examine(&mut self, row: usize) -> Option<Step> {
        if self.linear[row] && self.is_product(row) {
            return None;
        }
        let Some(form) = self.linear_form(row) else {
            return self.division(row);
        };
        if form.terms().is_empty() {
            return None;
        }
        if let Some(step) = self.bits(row, &form) {
            return Some(step);
        }
        if !self.linear[row] && !self.system.compares(row) {
            self.linear[row] = true;
            self.equations.insert(Equation::new(form, row));
        }
        None
    }

    /// The unsettled part of `A·B − C`, when it is linear in unsettled wires with constant coefficients.
    fn linear_form(&self, row: usize) -> Option<Lc> {
        let row = &self.system.rows[row];
        let unsettled = |lc: &Lc| lc.terms().iter().copied().filter(|(w, _)| !self.known[*w as usize]).collect();
        let factor = match (row.a.as_constant(), row.b.as_constant()) {
            (_, Some(b)) => Lc::default().plus(b, &row.a),
            (Some(a), None) => Lc::default().plus(a, &row.b),
            (None, None) if self.is_settled(&row.a) && self.is_settled(&row.b) => Lc::default(),
            (None, None) => return None,
        };
        Some(Lc::new(unsettled(&factor)).plus(-F::ONE, &Lc::new(unsettled(&row.c))))
    }

    /// Whether neither factor is a constant. Once in the equations such a constraint has nothing else to say.
    fn is_product(&self, row: usize) -> bool {
        let row = &self.system.rows[row];
        row.a.as_constant().is_none() && row.b.as_constant().is_none()
    }

    fn is_settled(&self, lc: &Lc) -> bool {
        lc.wires().all(|wire| self.known[wire as usize])
    }

    fn is_there(&self, row: usize) -> bool {
        self.removed != Some(row)
    }

    fn settle(&mut self, step: Step) {
        for wire in &step.wires {
            self.known[*wire as usize] = true;
            self.equations.settle(*wire);
            for row in &self.index.rows[*wire as usize] {
                if self.is_there(*row) && !self.queued[*row] {
                    self.queued[*row] = true;
                    self.queue.push_back(*row);
                }
            }
        }
        self.steps.push(step);
    }
}

fn linear_step(wire: Wire, sources: Vec<(usize, F)>) -> Step {
    let rule = if sources.len() == 1 { Rule::Product } else { Rule::Elimination };
    let rows = sources.iter().map(|(row, _)| *row).collect();
    Step { wires: vec![wire], rule, rows, recipe: Recipe::Linear(sources) }
}
