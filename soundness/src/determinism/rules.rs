//! The rules that look at the shape of constraints.

use std::collections::HashMap;

use ark_ff::{AdditiveGroup, Field, LegendreSymbol};

use super::{Propagation, Recipe, Rule, Step};
use crate::r1cs::{F, Lc, R1cs, Wire};

/// A sum of more bits could exceed the field's order.
const MOST_BITS: usize = 253;

/// Where to find constraints.
pub(super) struct Index {
    /// By wire.
    pub(super) rows: Vec<Vec<usize>>,
    /// The constraint that makes the wire boolean.
    booleans: HashMap<Wire, usize>,
    /// The constraint whose C is the wire alone.
    products: HashMap<Wire, usize>,
}

impl Index {
    pub(super) fn new(system: &R1cs) -> Self {
        let numbered = || system.rows.iter().enumerate();
        let booleans = numbered().filter_map(|(number, row)| row.boolean().map(|wire| (wire, number))).collect();
        let is_product = |row: &&crate::r1cs::Row| row.a.as_constant().is_none() && row.b.as_constant().is_none();
        let products = numbered()
            .filter(|(_, row)| is_product(row) && row.boolean().is_none())
            .filter_map(|(number, row)| row.c.as_wire().map(|wire| (wire, number)))
            .collect();
        Self { rows: system.rows_by_wire(), booleans, products }
    }
}

impl Propagation<'_> {
    /// Rule 3.
    pub(super) fn bits(&self, row: usize, form: &Lc) -> Option<Step> {
        let (first, scale) = *form.terms().first()?;
        if form.terms().len() < 2 || form.terms().len() > MOST_BITS || !self.index.booleans.contains_key(&first) {
            return None;
        }
        let mut rows = Vec::with_capacity(form.terms().len() + 1);
        let mut power = scale;
        for (wire, coefficient) in form.terms() {
            let boolean = self.index.booleans.get(wire).filter(|row| self.is_there(**row))?;
            if *coefficient != power {
                return None;
            }
            rows.push(*boolean);
            power.double_in_place();
        }
        rows.push(row);
        let wires = form.terms().iter().map(|(wire, _)| *wire).collect();
        Some(Step { wires, rule: Rule::Bits, rows, recipe: Recipe::Bits { row, scale } })
    }

    /// Rules 4 and 5: the one unsettled wire is in a factor, and the other factor is not 0.
    pub(super) fn division(&self, number: usize) -> Option<Step> {
        let row = &self.system.rows[number];
        let (quotient, divisor) = if self.is_settled(&row.b) { (&row.a, &row.b) } else { (&row.b, &row.a) };
        let mut unsettled = quotient.wires().filter(|wire| !self.known[*wire as usize]);
        let (Some(wire), None) = (unsettled.next(), unsettled.next()) else {
            return None;
        };
        if !self.is_settled(divisor) || !self.is_settled(&row.c) {
            return None;
        }
        let (rule, mut rows) = match row.c.as_constant() {
            Some(constant) if constant != F::ZERO => (Rule::Inverse, Vec::new()),
            _ => (Rule::Edwards, self.edwards(divisor, &row.c)?),
        };
        rows.push(number);
        Some(Step { wires: vec![wire], rule, rows, recipe: Recipe::Division { row: number } })
    }

    /// Rule 5: the constraints that show that numerator and denominator are not both 0.
    ///
    /// With `β = X1·Y2`, `γ = Y1·X2`, `τ = β·γ`:
    /// - `(β + γ) / (1 + d·τ)`. Were both 0, then `γ = −β` and `1 = d·β²`, so `d` would be a square.
    /// - `(δ + a·β − γ) / (1 − d·τ)` with `δ = (Y1 − a·X1)·(X2 + Y2)`. The numerator is `v − a·u` with `u = X1·X2`,
    ///   `v = Y1·Y2`, and `τ = u·v`. Were both 0, then `v = a·u` and `1 = d·a·u²`, so `d·a` would be a square.
    ///
    /// Neither needs the operands to be on the curve. So with `d` and `d·a` non-squares the constraint has no solution
    /// where the denominator is 0, and one elsewhere.
    fn edwards(&self, denominator: &Lc, numerator: &Lc) -> Option<Vec<usize>> {
        let [(0, one), (tau, factor)] = *denominator.terms() else {
            return None;
        };
        if one != F::ONE {
            return None;
        }
        let (tau_row, left, right) = self.product(tau)?;
        let (left, right) = (left.as_wire()?, right.as_wire()?);
        if *numerator == wires(&[(left, F::ONE), (right, F::ONE)]) {
            return is_no_square(factor).then(|| vec![tau_row]);
        }
        let mut rows = self
            .edwards_y(-factor, numerator, left, right)
            .or_else(|| self.edwards_y(-factor, numerator, right, left))?;
        rows.push(tau_row);
        Some(rows)
    }

    /// The second quotient's β, γ and δ.
    fn edwards_y(&self, d: F, numerator: &Lc, beta: Wire, gamma: Wire) -> Option<Vec<usize>> {
        let a = numerator.coefficient(beta);
        let rest = numerator.plus(-a, &wires(&[(beta, F::ONE)])).plus(F::ONE, &wires(&[(gamma, F::ONE)]));
        let (delta_row, left, right) = self.product(rest.as_wire()?)?;
        let ((beta_row, x1, y2), (gamma_row, y1, x2)) = (self.product(beta)?, self.product(gamma)?);
        let is_delta = *left == y1.plus(-a, x1) && *right == x2.plus(F::ONE, y2);
        (is_delta && is_no_square(d * a)).then(|| vec![beta_row, gamma_row, delta_row])
    }

    /// The constraint that says the wire is a product, and the factors.
    fn product(&self, wire: Wire) -> Option<(usize, &Lc, &Lc)> {
        let number = *self.index.products.get(&wire).filter(|row| self.is_there(**row))?;
        let row = &self.system.rows[number];
        Some((number, &row.a, &row.b))
    }
}

fn wires(terms: &[(Wire, F)]) -> Lc {
    Lc::new(terms.to_vec())
}

fn is_no_square(value: F) -> bool {
    value.legendre() == LegendreSymbol::QuadraticNonResidue
}
