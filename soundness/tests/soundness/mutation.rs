//! Each constraint missing, and each of its terms dropped or doubled, is noticed.

use poa_soundness::determinism::{Deletions, Determinism};
use poa_soundness::mutation::{Mutant, survivors};
use poa_soundness::r1cs::F;

use super::claim::{Claim, Draw, every};
use super::forgery;
use super::layout::*;

/// All, or every so many-th.
fn some(rows: usize, step: usize) -> impl Iterator<Item = usize> {
    (0..rows).step_by(every(step))
}

/// Without the constraint a wire is undetermined, or a false claim satisfies all others.
#[test]
fn every_deleted_constraint_is_noticed() {
    let deletions = Deletions::new(&CIRCUIT, &SETTLED);
    let (mut undetermined, mut forged) = (0, 0);
    for row in some(CIRCUIT.rows.len(), 97) {
        let open = !deletions.unsettled_without(row).is_empty();
        let claim = forgery::against(row);
        if let Some(claim) = &claim {
            assert_eq!(claim.broken(), [row]);
        }
        assert!(open || claim.is_some(), "constraint {row} is not missed");
        undetermined += usize::from(open);
        forged += usize::from(claim.is_some());
    }
    println!("{undetermined} leave a wire undetermined, {forged} let a forged claim pass");
}

/// Honest assignments break the changed constraint, or a forged one passes it.
#[test]
fn every_weakened_constraint_is_noticed() {
    let mut samples: Vec<_> = (0..40).map(|number| sample(number).assignment).collect();
    samples.push(forgery::base().assignment);
    let (total, survivors) = survivors(&CIRCUIT, some(CIRCUIT.rows.len(), 5), &samples);
    let unnoticed: Vec<&Mutant> = survivors.iter().filter(|mutant| !lets_a_forgery_pass(mutant)).collect();
    println!("{total} mutants: {} pass honest assignments, {} are not noticed", survivors.len(), unnoticed.len());
    assert!(unnoticed.is_empty(), "{unnoticed:?}");
    // What honest assignments cannot tell: a factor left out of a product that is to be 0.
    let of_zero = |mutant: &Mutant| CIRCUIT.rows[mutant.row].c.terms().is_empty();
    assert!(survivors.iter().all(of_zero), "{survivors:?}");
}

/// A satisfying assignment; the first has all bits of the key, so that every product of bits is 1 once.
fn sample(number: usize) -> Claim {
    let mut claim = Claim::honest(&mut Draw::new("mutation", number));
    if number == 0 {
        KEY.for_each(|bit| claim.set(bit, F::from(1u64)));
    }
    claim.settle();
    claim.is_accepted();
    claim
}

fn lets_a_forgery_pass(mutant: &Mutant) -> bool {
    let changed = mutant.apply(&CIRCUIT.rows[mutant.row]);
    let passes = |claim: Claim| claim.broken() == [mutant.row] && changed.residual(&claim.assignment) == F::from(0u64);
    forgery::against(mutant.row).is_some_and(passes)
}

/// One constraint less in each clause: the determinism check and the forged claim both find it.
#[test]
fn a_planted_gap_in_any_clause_is_found_both_ways() {
    let deletions = Deletions::new(&CIRCUIT, &SETTLED);
    for number in 1..=9 {
        let found_twice =
            |row: &usize| forgery::against(*row).is_some() && !deletions.unsettled_without(*row).is_empty();
        let row = rows_of_clause(number).rev().find(found_twice).unwrap();
        let mut gap = CIRCUIT.clone();
        gap.rows.remove(row);
        assert_ne!(Determinism::of(&gap).unsettled(), [], "clause {number}");
        let forged = forgery::against(row).unwrap();
        assert_eq!(gap.broken(&forged.assignment), [], "clause {number}: the forged claim passes");
        assert_eq!(forged.broken(), [row], "clause {number}: and does not when the constraint is there");
    }
}
