//! Rank-1 constraints with their assignment: `⟨A, z⟩ · ⟨B, z⟩ = ⟨C, z⟩`, wire 0 the constant 1.
//!
//! Wires 1 to `public` are the inputs in protocol order; the rest are private. Written by hand rather than on a
//! constraint library so that every row is one that the reader can find, and because a test can then take the
//! rows apart. [`super::ark`] hands the same rows to arkworks.

mod iden3;

use std::ops::{Add, AddAssign, Mul, Sub};

use ark_ff::{AdditiveGroup, Field};

use crate::native::field::F;

/// An index into the assignment.
pub type Wire = u32;

/// A linear combination of wires. Terms may repeat; a row has each wire once.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Lc(Vec<(Wire, F)>);

impl Lc {
    /// The terms: wire and coefficient.
    pub fn terms(&self) -> &[(Wire, F)] {
        &self.0
    }

    /// The value under an assignment.
    pub fn evaluate(&self, assignment: &[F]) -> F {
        self.0.iter().map(|(wire, coefficient)| assignment[*wire as usize] * coefficient).sum()
    }

    /// One term a wire, sorted, none with coefficient 0.
    fn compact(mut self) -> Self {
        self.0.sort_by_key(|(wire, _)| *wire);
        self.0.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        self.0.retain(|(_, coefficient)| *coefficient != F::ZERO);
        self
    }
}

/// A linear combination together with its value: what gadgets pass around. The value is a witness's: never printed.
#[derive(Clone)]
pub struct Num {
    value: F,
    lc: Lc,
}

impl Num {
    /// A constant: costs nothing.
    pub fn constant(value: F) -> Self {
        Self { value, lc: Lc(vec![(0, value)]) }
    }

    /// The value under the assignment being built.
    pub fn value(&self) -> F {
        self.value
    }

    /// The combination.
    pub fn lc(&self) -> &Lc {
        &self.lc
    }

    /// Σ coefficient · number.
    pub fn sum<'a>(terms: impl IntoIterator<Item = (F, &'a Num)>) -> Self {
        let mut total = Self::constant(F::ZERO);
        for (coefficient, number) in terms {
            total.add_scaled(coefficient, number);
        }
        total
    }

    fn add_scaled(&mut self, factor: F, other: &Num) {
        self.value += factor * other.value;
        let scaled = other.lc.0.iter().map(|(wire, c)| (*wire, *c * factor));
        self.lc.0.extend(scaled);
    }
}

impl Add<&Num> for &Num {
    type Output = Num;
    fn add(self, other: &Num) -> Num {
        let mut sum = self.clone();
        sum += other;
        sum
    }
}

impl AddAssign<&Num> for Num {
    fn add_assign(&mut self, other: &Num) {
        self.add_scaled(F::ONE, other);
    }
}

impl Sub<&Num> for &Num {
    type Output = Num;
    fn sub(self, other: &Num) -> Num {
        let mut difference = self.clone();
        difference.add_scaled(-F::ONE, other);
        difference
    }
}

impl Add<F> for &Num {
    type Output = Num;
    fn add(self, constant: F) -> Num {
        self + &Num::constant(constant)
    }
}

impl Mul<F> for &Num {
    type Output = Num;
    fn mul(self, factor: F) -> Num {
        let mut product = Num::constant(F::ZERO);
        product.add_scaled(factor, self);
        product
    }
}

/// One row, with the clause of the statement that it belongs to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Constraint {
    /// The clause's number in the header of [`crate::statement`].
    pub clause: u8,
    /// Left factor.
    pub a: Lc,
    /// Right factor.
    pub b: Lc,
    /// Product.
    pub c: Lc,
}

impl Constraint {
    /// Whether the row holds.
    pub fn holds(&self, assignment: &[F]) -> bool {
        self.a.evaluate(assignment) * self.b.evaluate(assignment) == self.c.evaluate(assignment)
    }
}

/// Rows and assignment of one synthesis.
#[derive(Clone)]
pub struct ConstraintSystem {
    assignment: Vec<F>,
    public: usize,
    declared: usize,
    clause: u8,
    constraints: Vec<Constraint>,
}

impl ConstraintSystem {
    /// A system with these public inputs; gives their numbers too.
    pub fn new(inputs: &[F]) -> (Self, Vec<Num>) {
        let mut system =
            Self { assignment: vec![F::ONE], public: inputs.len(), declared: 0, clause: 0, constraints: Vec::new() };
        let numbers = inputs.iter().map(|value| system.allocate(*value)).collect();
        (system, numbers)
    }

    /// From here on rows belong to this clause.
    pub fn clause(&mut self, number: u8) {
        self.clause = number;
    }

    /// A new private wire.
    pub fn allocate(&mut self, value: F) -> Num {
        let wire = self.assignment.len() as Wire;
        self.assignment.push(value);
        Num { value, lc: Lc(vec![(wire, F::ONE)]) }
    }

    /// A new private wire that the prover is asked for, as opposed to one computed from others.
    /// All of them come before any other private wire.
    pub fn declare(&mut self, value: F) -> Num {
        debug_assert_eq!(self.assignment.len(), 1 + self.public + self.declared);
        self.declared += 1;
        self.allocate(value)
    }

    /// Adds the row `a · b = c`.
    pub fn enforce(&mut self, a: &Num, b: &Num, c: &Num) {
        let row = |number: &Num| number.lc.clone().compact();
        self.constraints.push(Constraint { clause: self.clause, a: row(a), b: row(b), c: row(c) });
    }

    /// Adds the row `a · 1 = b`. Equality of two constants is a row too, which never holds when they differ.
    pub fn enforce_equal(&mut self, a: &Num, b: &Num) {
        self.enforce(a, &Num::constant(F::ONE), b);
    }

    /// A new wire for `a · b`: one row.
    pub fn multiply(&mut self, a: &Num, b: &Num) -> Num {
        let product = self.allocate(a.value * b.value);
        self.enforce(a, b, &product);
        product
    }

    /// Enforces that the number is not 0, by its inverse: one row.
    pub fn enforce_not_zero(&mut self, a: &Num) {
        let inverse = self.allocate(a.value.inverse().unwrap_or(F::ZERO));
        self.enforce(a, &inverse, &Num::constant(F::ONE));
    }

    /// The constant 1, the inputs, the private wires.
    pub fn assignment(&self) -> &[F] {
        &self.assignment
    }

    /// The rows, in clause order.
    pub fn constraints(&self) -> &[Constraint] {
        &self.constraints
    }

    /// The number of public inputs, the constant not counted.
    pub fn public(&self) -> usize {
        self.public
    }

    /// The number of private wires that the prover is asked for; they follow the inputs.
    pub fn declared(&self) -> usize {
        self.declared
    }

    /// The index of the first row that does not hold.
    pub fn first_broken(&self) -> Option<usize> {
        self.first_broken_under(&self.assignment)
    }

    /// The same for another assignment of the same length.
    pub fn first_broken_under(&self, assignment: &[F]) -> Option<usize> {
        self.constraints.iter().position(|row| !row.holds(assignment))
    }

    /// The rows as an iden3 `.r1cs` file.
    pub fn to_iden3(&self) -> Vec<u8> {
        iden3::r1cs(self)
    }
}

/// A whole assignment as an iden3 `.wtns` file. It tells every secret in it.
pub fn witness_to_iden3(assignment: &[F]) -> Vec<u8> {
    iden3::wtns(assignment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_of_two_different_constants_does_not_hold() {
        let (mut system, _) = ConstraintSystem::new(&[]);
        system.enforce_equal(&Num::constant(F::ONE), &Num::constant(F::from(2u64)));
        assert_eq!(system.first_broken(), Some(0));
    }

    #[test]
    fn equal_terms_are_merged_and_cancelled() {
        let (mut system, inputs) = ConstraintSystem::new(&[F::from(5u64)]);
        let x = &inputs[0];
        let zero = &(x + x) - &(x * F::from(2u64));
        system.enforce_equal(&zero, &Num::constant(F::ZERO));
        assert_eq!(system.constraints()[0].a.terms(), &[]);
        assert_eq!(system.first_broken(), None);
    }

    #[test]
    fn zero_has_no_inverse() {
        let (mut system, inputs) = ConstraintSystem::new(&[F::ZERO]);
        system.enforce_not_zero(&inputs[0]);
        assert_eq!(system.first_broken(), Some(0));
    }
}
