//! Every computed wire follows from inputs and declared wires; which constraints that takes, and what the others check.

use ark_ff::AdditiveGroup;
use poa_soundness::determinism::{Deletions, Determinism, Rule};
use poa_soundness::r1cs::F;

use super::claim::whole;
use super::layout::*;

#[test]
fn every_computed_wire_is_determined() {
    assert_eq!(SETTLED.unsettled(), []);
    let settled: usize = Rule::ALL.map(|rule| SETTLED.settled_by(rule)).iter().sum();
    assert_eq!(settled, CIRCUIT.wires - CIRCUIT.first_computed() as usize);
}

/// The table of `docs/soundness.md`.
#[test]
fn each_rule_settles_as_many_wires_as_documented() {
    assert_eq!(Rule::ALL.map(|rule| SETTLED.settled_by(rule)), [6_651, 2_841, 1_078, 2, 166]);
    assert_eq!(SETTLED.checking_rows().len(), 356);
}

/// All others settle wires. These restrict what inputs and declared wires may be: the statement, once the rest is
/// known to be computed.
#[test]
fn the_constraints_that_only_check_are_known() {
    let mut expected: Vec<usize> = KEY.chain(INDEX).map(boolean).collect();
    expected.extend([compares(ROOT), compares(NULLIFIER), subject_row()]);
    expected.extend((0..6).map(disclosed_row));
    expected.extend((0..64).map(subset_row));
    expected.sort_unstable();
    assert_eq!(SETTLED.checking_rows(), expected);
}

/// By clause: constraints, and the first one that settles a wire.
fn settling_row_of_clause(number: u8) -> usize {
    let checking = SETTLED.checking_rows();
    let mut settling = rows_of_clause(number).filter(|row| !checking.contains(row));
    settling.next().unwrap()
}

#[test]
fn a_constraint_missing_from_any_clause_leaves_a_wire_undetermined() {
    for number in 1..=9 {
        let mut gap = CIRCUIT.clone();
        gap.rows.remove(settling_row_of_clause(number));
        assert_ne!(Determinism::of(&gap).unsettled(), [], "clause {number}");
    }
}

/// What `mutation` relies on: trying again what the constraint took part in says what starting over says.
#[test]
fn one_deletion_tried_again_is_the_whole_question_asked_again() {
    let deletions = Deletions::new(&CIRCUIT, &SETTLED);
    for row in (0..CIRCUIT.rows.len()).step_by(if whole() { 97 } else { 1_201 }) {
        let mut gap = CIRCUIT.clone();
        gap.rows.remove(row);
        assert_eq!(deletions.unsettled_without(row), Determinism::of(&gap).unsettled(), "constraint {row}");
    }
}

/// A division that could be 0 by 0 is not settled: the law's constants are looked at.
#[test]
fn with_a_square_for_d_the_divisions_are_open() {
    let mut lax = CIRCUIT.clone();
    let [x, y] = [divisions()[0], divisions()[1]];
    let nine = F::from(9u64);
    for (row, sign) in [(x, nine), (y, -nine)] {
        let tau = lax.rows[row].b.wires().next().unwrap();
        let old = lax.rows[row].b.coefficient(tau);
        lax.rows[row].b = lax.rows[row].b.plus(sign - old, &wire(tau));
        assert_ne!(old, F::ZERO);
    }
    let quotients = [x, y].map(|row| lax.rows[row].a.as_wire().unwrap());
    let open = Determinism::of(&lax);
    assert!(quotients.iter().all(|wire| open.unsettled().contains(wire)));
}
