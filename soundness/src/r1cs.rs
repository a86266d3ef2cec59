//! Constraints `⟨A, z⟩ · ⟨B, z⟩ = ⟨C, z⟩` and their linear combinations.

use ark_ff::{AdditiveGroup, Field};

/// The scalar field of BN254.
pub use ark_bn254::Fr as F;

/// An index into the assignment.
pub type Wire = u32;

/// Terms in ascending order of what they stand at: equal ones added, and what cancels dropped.
pub(crate) fn collected<K: Copy + Ord>(mut terms: Vec<(K, F)>) -> Vec<(K, F)> {
    terms.sort_by_key(|(at, _)| *at);
    terms.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    terms.retain(|(_, coefficient)| *coefficient != F::ZERO);
    terms
}

/// A linear combination: ascending wires, each once, no coefficient 0.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Lc(Vec<(Wire, F)>);

impl Lc {
    /// Sorts the terms, adds equal wires and drops what cancels.
    pub fn new(terms: Vec<(Wire, F)>) -> Self {
        Self(collected(terms))
    }

    /// The terms.
    pub fn terms(&self) -> &[(Wire, F)] {
        &self.0
    }

    /// The wires but the constant.
    pub fn wires(&self) -> impl Iterator<Item = Wire> + '_ {
        self.0.iter().map(|(wire, _)| *wire).filter(|wire| *wire != 0)
    }

    /// The value if no wire takes part.
    pub fn as_constant(&self) -> Option<F> {
        match self.0[..] {
            [] => Some(F::ZERO),
            [(0, value)] => Some(value),
            _ => None,
        }
    }

    /// The wire if this is one wire, with coefficient 1.
    pub fn as_wire(&self) -> Option<Wire> {
        match self.0[..] {
            [(wire, one)] if wire != 0 && one == F::ONE => Some(wire),
            _ => None,
        }
    }

    /// The coefficient of a wire.
    pub fn coefficient(&self, wire: Wire) -> F {
        self.0.binary_search_by_key(&wire, |(known, _)| *known).map_or(F::ZERO, |at| self.0[at].1)
    }

    /// The value under an assignment.
    pub fn evaluate(&self, assignment: &[F]) -> F {
        self.0.iter().map(|(wire, coefficient)| assignment[*wire as usize] * coefficient).sum()
    }

    /// `self + factor · other`.
    #[must_use]
    pub fn plus(&self, factor: F, other: &Lc) -> Lc {
        let scaled = other.0.iter().map(|(wire, coefficient)| (*wire, factor * coefficient));
        Lc::new(self.0.iter().copied().chain(scaled).collect())
    }
}

/// One constraint.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Row {
    /// Left factor.
    pub a: Lc,
    /// Right factor.
    pub b: Lc,
    /// Product.
    pub c: Lc,
}

impl Row {
    /// The three combinations.
    pub fn sides(&self) -> [&Lc; 3] {
        [&self.a, &self.b, &self.c]
    }

    /// Every wire that takes part but the constant, ascending, each once.
    pub fn wires(&self) -> Vec<Wire> {
        let mut wires: Vec<Wire> = self.sides().into_iter().flat_map(Lc::wires).collect();
        wires.sort_unstable();
        wires.dedup();
        wires
    }

    /// `A·B − C` under an assignment: 0 when the constraint holds.
    pub fn residual(&self, assignment: &[F]) -> F {
        self.a.evaluate(assignment) * self.b.evaluate(assignment) - self.c.evaluate(assignment)
    }

    /// The wire `w` if the constraint says `w·(w − 1) = 0`, however it is written.
    pub fn boolean(&self) -> Option<Wire> {
        let wires = self.wires();
        let [wire] = wires[..] else {
            return None;
        };
        let [(a0, a1), (b0, b1), (c0, c1)] = self.sides().map(|lc| (lc.coefficient(0), lc.coefficient(wire)));
        let (constant, linear, square) = (a0 * b0 - c0, a0 * b1 + a1 * b0 - c1, a1 * b1);
        (constant == F::ZERO && square != F::ZERO && linear == -square).then_some(wire)
    }
}

/// A constraint system: wire 0, then `inputs` public wires, then `declared` private inputs, then the computed wires.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct R1cs {
    /// All wires, the constant included.
    pub wires: usize,
    /// Public wires.
    pub inputs: usize,
    /// Private wires that the prover is asked for.
    pub declared: usize,
    /// The constraints.
    pub rows: Vec<Row>,
}

impl R1cs {
    /// The first wire that is to follow from the others.
    pub fn first_computed(&self) -> Wire {
        (1 + self.inputs + self.declared) as Wire
    }

    /// The numbers of the constraints that do not hold.
    pub fn broken(&self, assignment: &[F]) -> Vec<usize> {
        let broken = |row: &usize| self.rows[*row].residual(assignment) != F::ZERO;
        (0..self.rows.len()).filter(broken).collect()
    }

    /// Whether the constraint only compares something linear with one public input, like a recomputed root with the
    /// stated one.
    pub fn compares(&self, row: usize) -> bool {
        let row = &self.rows[row];
        let input = matches!(row.c.as_wire(), Some(wire) if wire as usize <= self.inputs);
        input && (row.a.as_constant().is_some() || row.b.as_constant().is_some())
    }

    /// For each wire the constraints that it takes part in.
    pub fn rows_by_wire(&self) -> Vec<Vec<usize>> {
        let mut rows = vec![Vec::new(); self.wires];
        for (number, row) in self.rows.iter().enumerate() {
            for wire in row.wires() {
                rows[wire as usize].push(number);
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lc(terms: &[(Wire, i64)]) -> Lc {
        Lc::new(terms.iter().map(|(wire, c)| (*wire, F::from(*c))).collect())
    }

    #[test]
    fn booleans_are_known_in_every_spelling_and_nothing_else_is() {
        let row = |a: &[(Wire, i64)], b: &[(Wire, i64)], c: &[(Wire, i64)]| Row { a: lc(a), b: lc(b), c: lc(c) };
        assert_eq!(row(&[(5, 1)], &[(5, 1)], &[(5, 1)]).boolean(), Some(5));
        assert_eq!(row(&[(5, 1)], &[(0, -1), (5, 1)], &[]).boolean(), Some(5));
        assert_eq!(row(&[(0, 1), (5, -1)], &[(5, 3)], &[]).boolean(), Some(5));
        assert_eq!(row(&[(5, 1)], &[(5, 1)], &[(5, 2)]).boolean(), None, "0 or 2");
        assert_eq!(row(&[(5, 1)], &[(5, 1)], &[(0, 1)]).boolean(), None, "1 or -1");
        assert_eq!(row(&[(5, 1)], &[(0, 1)], &[(5, 1)]).boolean(), None, "anything");
        assert_eq!(row(&[(5, 1)], &[(6, 1)], &[(5, 1)]).boolean(), None);
    }
}
