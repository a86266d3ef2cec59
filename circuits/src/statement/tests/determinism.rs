//! Missing rows, found by rank: with inputs and declared witness held fixed, no other wire can move.
//!
//! At a satisfying assignment `z` each row `⟨A, z⟩·⟨B, z⟩ = ⟨C, z⟩` has the derivative `⟨B, z⟩·A + ⟨A, z⟩·B − C`. If those
//! derivatives, restricted to the computed wires, have full column rank, then no computed wire has even an
//! infinitesimal freedom. Rows that only compare with a public input are left out. The declared bits, which the rank holds fixed, must each have their own row `b·b = b`.

use std::collections::{BTreeMap, HashMap};

use super::strategies::statement;
use super::*;
use crate::gadgets::poseidon;
use crate::gadgets::r1cs::{Constraint, ConstraintSystem, Num};

type Row = BTreeMap<u32, F>;

/// The derivative of a row at an assignment, over the wires from `first` on.
fn derivative(row: &Constraint, assignment: &[F], first: u32) -> Row {
    let (a, b) = (row.a.evaluate(assignment), row.b.evaluate(assignment));
    let mut sum = Row::new();
    for (lc, factor) in [(&row.a, b), (&row.b, a), (&row.c, -F::ONE)] {
        for (wire, coefficient) in lc.terms().iter().filter(|(wire, _)| *wire >= first) {
            *sum.entry(*wire).or_default() += factor * coefficient;
        }
    }
    sum.retain(|_, coefficient| *coefficient != F::ZERO);
    sum
}

/// How many of the wires from `first` on are free to move: their number less the rank.
fn freedom<'a>(rows: impl Iterator<Item = &'a Constraint>, assignment: &[F], first: u32) -> usize {
    let mut pivots: HashMap<u32, Row> = HashMap::new();
    for row in rows {
        let mut rest = derivative(row, assignment, first);
        while let Some((wire, coefficient)) = rest.last_key_value().map(|(wire, c)| (*wire, *c)) {
            let Some(pivot) = pivots.get(&wire) else {
                let inverse = coefficient.inverse().unwrap();
                rest.values_mut().for_each(|value| *value *= inverse);
                pivots.insert(wire, rest);
                break;
            };
            for (wire, value) in pivot {
                *rest.entry(*wire).or_default() -= coefficient * value;
            }
            rest.retain(|_, value| *value != F::ZERO);
        }
    }
    assignment.len() - first as usize - pivots.len()
}

fn first_computed(system: &ConstraintSystem) -> u32 {
    (1 + system.public() + system.declared()) as u32
}

/// Rows that compare with a public input, like the root's: they would hide a missing row behind them.
fn compares(row: &Constraint) -> bool {
    matches!(row.c.terms(), [(wire, one)] if (1..=INPUTS as u32).contains(wire) && *one == F::ONE)
}

fn is_boolean(row: &Constraint) -> bool {
    matches!(row.a.terms(), [(_, one)] if *one == F::ONE) && row.a == row.b && row.b == row.c
}

#[test]
fn no_computed_wire_is_free() {
    for (mask, named) in [(0b100111, true), (0, false)] {
        let (mut public, witness) = statement(mask);
        if !named {
            public.subject = F::ZERO;
        }
        let system = synthesise(&public, &witness);
        assert_eq!(system.first_broken(), None);
        let first = first_computed(&system);
        let computing = system.constraints().iter().filter(|row| !compares(row));
        assert_eq!(freedom(computing, system.assignment(), first), 0, "mask {mask}");
    }
}

/// The test above would notice: without any one group of rows some wire is free.
#[test]
fn without_its_rows_a_wire_is_free() {
    let (public, witness) = statement(0b100111);
    let system = synthesise(&public, &witness);
    let first = first_computed(&system);
    let free_without = |dropped: &dyn Fn(usize, &Constraint) -> bool| {
        let kept = system.constraints().iter().enumerate().filter(|(i, row)| !compares(row) && !dropped(*i, row));
        freedom(kept.map(|(_, row)| row), system.assignment(), first)
    };
    assert!(free_without(&|_, row| is_boolean(row)) > 0);
    for clause in 1..=9 {
        assert!(free_without(&|_, row| row.clause == clause) > 0, "clause {clause}");
    }
    // A single row of the leaf's hash is enough.
    let s_box = system.constraints().iter().position(|row| row.clause == 2).unwrap();
    assert_eq!(free_without(&|i, _| i == s_box), 1);
}

#[test]
fn every_declared_bit_has_its_row() {
    let (public, witness) = statement(0);
    let system = synthesise(&public, &witness);
    let declared = 1 + INPUTS;
    let index_bits = declared + system.declared() - DEPTH;
    for wire in (declared..declared + 251).chain(index_bits..index_bits + DEPTH) {
        let bit = [(wire as u32, F::ONE)];
        let held = system.constraints().iter().any(|row| is_boolean(row) && row.a.terms() == bit);
        assert!(held, "wire {wire}");
    }
}

#[test]
fn no_wire_of_a_hash_is_free() {
    for n in [1usize, 2, 12] {
        let inputs: Vec<F> = (0..n as u64).map(|i| F::from(3 + i).square()).collect();
        let (mut system, inputs): (_, Vec<Num>) = ConstraintSystem::new(&inputs);
        let hash = poseidon::hash(&mut system, &inputs);
        let before = freedom(system.constraints().iter(), system.assignment(), 1 + n as u32);
        assert_eq!(before, 0, "{n} inputs, hash {:?}", hash.value());
    }
}
