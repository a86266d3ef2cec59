//! The direct assignment is the circuit's, wire for wire, on true statements and on false ones.

use super::super::assignment::{WIRES, derive};
use super::strategies::{any_statement, statement};
use super::tampering::any_lie;
use super::*;

/// The first wire that differs, so that a failure names it.
fn first_difference(public: &Public, witness: &Witness) -> Option<usize> {
    let (direct, system) = (derive(public, witness), synthesise(public, witness));
    assert_eq!(direct.len(), system.assignment().len());
    direct.iter().zip(system.assignment()).position(|(a, b)| a != b)
}

#[test]
fn the_number_of_wires_is_the_stated_one() {
    let (public, witness) = statement(63);
    assert_eq!(synthesise(&public, &witness).assignment().len(), WIRES);
}

#[test]
fn every_mask_has_the_synthesised_assignment() {
    for mask in 0..64 {
        let (public, witness) = statement(mask);
        assert_eq!(first_difference(&public, &witness), None, "mask {mask}");
    }
}

#[test]
fn extreme_numbers_are_decomposed_alike() {
    let (mut public, mut witness) = statement(0);
    witness.expires_at = u64::MAX;
    witness.path.index = u32::MAX;
    public.lower = [-F::ONE; ORDERED_SLOTS];
    public.required = -F::from(2u64);
    public.mask = F::from(1u64 << 40);
    assert_eq!(first_difference(&public, &witness), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn honest_statements_have_the_synthesised_assignment(recipe in any_statement()) {
        let (public, witness) = recipe.build();
        prop_assert_eq!(first_difference(&public, &witness), None);
    }

    #[test]
    fn false_statements_have_it_too(recipe in any_statement(), lie in any_lie()) {
        let (public, witness) = recipe.build();
        let (public, witness) = lie.apply(public, witness);
        prop_assert_eq!(first_difference(&public, &witness), None);
    }
}
