//! No computed wire has even an infinitesimal freedom at random satisfying assignments.

use poa_soundness::r1cs::Row;
use poa_soundness::rank;

use super::claim::{Claim, Draw, whole};
use super::layout::*;

#[test]
fn the_derivatives_have_full_column_rank() {
    for number in 0..if whole() { 100 } else { 3 } {
        let claim = Claim::honest(&mut Draw::new("rank", number));
        assert_eq!(rank::free_wires(&CIRCUIT, &SETTLED, &claim.assignment), [], "statement {number}");
    }
}

/// The rank would notice: without a clause's constraints as many wires are free as they settle.
#[test]
fn without_a_clause_its_wires_are_free() {
    let claim = Claim::honest(&mut Draw::new("rank", 0));
    for number in 1..=9 {
        let mut gap = CIRCUIT.clone();
        gap.rows[rows_of_clause(number)].fill(Row::default());
        let settled = SETTLED.steps().iter().filter(|step| step.rows.iter().all(|row| clause(*row) == number));
        let settled: usize = settled.map(|step| step.wires.len()).sum();
        assert_eq!(rank::free_wires(&gap, &SETTLED, &claim.assignment).len(), settled, "clause {number}");
    }
}
