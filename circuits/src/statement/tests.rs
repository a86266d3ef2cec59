//! Circuit and native reference agree, on honest statements and on lies. Whether rows are missing is asked of the
//! exported file, by `poa-soundness`.

use std::collections::BTreeSet;

use ark_ff::{AdditiveGroup, Field};
use proptest::prelude::*;

use super::circuit::synthesise;
use super::*;
use crate::native::tree::DEPTH;

mod assignment;
mod strategies;
mod tampering;
mod traps;
use strategies::{any_statement, statement};

fn first_broken_clause(public: &Public, witness: &Witness) -> Option<u8> {
    let system = synthesise(public, witness);
    system.first_broken().map(|row| system.constraints()[row].clause)
}

/// Every clause with a row that does not hold.
fn broken_clauses(public: &Public, witness: &Witness) -> BTreeSet<u8> {
    let system = synthesise(public, witness);
    let broken = |row: &&crate::gadgets::r1cs::Constraint| !row.holds(system.assignment());
    system.constraints().iter().filter(broken).map(|row| row.clause).collect()
}

#[test]
fn all_masks_disclose_exactly_their_slots() {
    for bits in 0..64 {
        let (public, witness) = statement(bits);
        for slot in Slot::ALL {
            let expected = if bits >> slot.index() & 1 == 1 { witness.attributes[slot.index()] } else { F::ZERO };
            assert_eq!(public.disclosed[slot.index()], expected);
        }
        assert_eq!(public.check(&witness), Ok(()));
        assert_eq!(first_broken_clause(&public, &witness), None, "mask {bits}");
    }
}

#[test]
fn every_public_input_plus_one_is_refused() {
    let (public, witness) = statement(0b010101);
    let context = INPUT_NAMES.iter().position(|n| *n == "context").unwrap();
    for (i, name) in INPUT_NAMES.iter().enumerate() {
        let mut inputs = public.to_inputs();
        inputs[i] += F::ONE;
        let system = synthesise(&public, &witness);
        // The same private wires under the moved input, as a replayed proof would have them.
        let mut assignment = system.assignment().to_vec();
        assignment[1 + i] = inputs[i];
        assert!(system.first_broken_under(&assignment).is_some(), "{name}");
        // And an honest synthesis of the moved statement: bounds may still hold, nothing else.
        let moved = Public::from_inputs(&inputs);
        assert_eq!(moved.check(&witness).is_ok(), first_broken_clause(&moved, &witness).is_none(), "{name}");
        if i == context {
            assert_eq!(first_broken_clause(&moved, &witness), None, "any context can be proved");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn honest_statements_are_accepted_by_both(recipe in any_statement()) {
        let (public, witness) = recipe.build();
        prop_assert_eq!(public.check(&witness), Ok(()));
        prop_assert_eq!(first_broken_clause(&public, &witness), None);
    }

    #[test]
    fn tampered_statements_are_refused_by_both(
        recipe in any_statement(),
        lie in tampering::any_lie(),
    ) {
        let (public, witness) = recipe.build();
        let (public, witness) = lie.apply(public, witness);
        let native = public.check(&witness);
        let clauses = broken_clauses(&public, &witness);
        prop_assert_eq!(native.is_ok(), clauses.is_empty(), "{:?} {:?} {:?}", lie, native, clauses);
        if let Err(broken) = native {
            prop_assert!(clauses.contains(&broken.clause()), "{:?} {:?}", broken, clauses);
        }
    }
}
