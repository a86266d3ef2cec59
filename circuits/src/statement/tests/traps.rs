//! The known traps of `docs/protocol.md` §7 that belong to the circuit, each breaking the clause it is about.

use super::strategies::{sentinels, statement, witness};
use super::*;

/// An honest statement whose attributes are these.
fn with_attributes(change: impl Fn(&mut [F; SLOTS])) -> (Public, Witness) {
    let (mut public, _) = statement(0);
    let mut attributes = sentinels();
    change(&mut attributes);
    let witness = witness(attributes, 0xa5a5_0001, 3);
    public.root = witness.path.root(&witness.leaf(public.schema).hash());
    (public, witness)
}

#[track_caller]
fn breaks_only(clause: u8, public: &Public, witness: &Witness) {
    assert!(public.check(witness).is_err());
    assert_eq!(broken_clauses(public, witness), BTreeSet::from([clause]));
}

#[test]
fn reputation_just_below_the_order_is_refused() {
    let (mut public, witness) = with_attributes(|a| a[0] = -F::ONE);
    public.lower[0] = F::ZERO;
    public.upper[0] = F::from(10_000u64);
    breaks_only(6, &public, &witness);
}

#[test]
fn reputation_above_ten_thousand_needs_an_upper_bound_that_verifiers_refuse() {
    for score in [10_001u64, 16_383] {
        let (mut public, witness) = with_attributes(|a| a[0] = F::from(score));
        public.lower[0] = F::ZERO;
        public.upper[0] = F::from(10_000u64);
        breaks_only(6, &public, &witness);
        public.upper[0] = F::from(16_383u64);
        assert_eq!(public.check(&witness), Ok(()), "the verifier refuses upper_0");
    }
    let (mut public, witness) = with_attributes(|a| a[0] = F::from(16_384u64));
    public.upper[0] = F::from(16_384u64);
    breaks_only(6, &public, &witness);
}

#[test]
fn a_lower_bound_below_zero_does_not_wrap() {
    let (mut public, witness) = with_attributes(|a| a[0] = F::ZERO);
    public.lower[0] = -F::from(5u64);
    public.upper[0] = F::from(10_000u64);
    breaks_only(6, &public, &witness);
}

#[test]
fn bounds_near_two_to_the_64_and_the_order_are_exact() {
    let max = F::from(u64::MAX);
    let (mut public, witness) = with_attributes(|a| a[1] = F::from(u64::MAX));
    (public.lower[1], public.upper[1]) = (max, max);
    assert_eq!(public.check(&witness), Ok(()));
    assert_eq!(first_broken_clause(&public, &witness), None);
    public.upper[1] = max + F::ONE;
    breaks_only(6, &public, &witness);
    public.upper[1] = -F::ONE;
    breaks_only(6, &public, &witness);
    let (mut public, witness) = with_attributes(|a| a[1] = max + F::ONE);
    (public.lower[1], public.upper[1]) = (F::ZERO, max);
    breaks_only(6, &public, &witness);
}

#[test]
fn masks_64_and_127_are_refused() {
    let (mut public, witness) = statement(63);
    for mask in [64u64, 127] {
        public.mask = F::from(mask);
        assert!(broken_clauses(&public, &witness).contains(&5));
        assert_eq!(public.check(&witness), Err(Broken::Mask));
    }
}

#[test]
fn hidden_values_are_zero_and_disclosed_zeros_are_shown() {
    let (mut public, witness) = statement(0);
    public.disclosed[2] = witness.attributes[2];
    breaks_only(5, &public, &witness);
    let (public, witness) = with_attributes(|a| a[2] = F::ZERO);
    let disclosed = Public { mask: F::from(4u64), lower: [F::ZERO; 4], ..public };
    assert_eq!(disclosed.check(&witness), Ok(()));
    assert_eq!(first_broken_clause(&disclosed, &witness), None);
}

#[test]
fn path_bits_that_are_no_bits_are_refused() {
    let (public, witness) = statement(0);
    let system = synthesise(&public, &witness);
    let first_index_bit = 1 + INPUTS + system.declared() - DEPTH;
    for level in 0..DEPTH {
        let wire = first_index_bit + level;
        let mut assignment = system.assignment().to_vec();
        assignment[wire] = F::from(2u64);
        let row = &system.constraints()[system.first_broken_under(&assignment).unwrap()];
        assert_eq!(row.clause, 2);
        let bit = [(wire as u32, F::ONE)];
        assert_eq!([row.a.terms(), row.b.terms(), row.c.terms()], [&bit; 3], "level {level}: b·b = b is what breaks");
    }
}

#[test]
fn the_zero_leaf_cannot_be_opened() {
    // A prover that claims the leaf 0 must show an inverse of 0.
    let (public, witness) = statement(0);
    let system = synthesise(&public, &witness);
    let inverses: Vec<_> =
        system.constraints().iter().filter(|row| row.clause == 2 && row.c.terms() == [(0, F::ONE)]).collect();
    assert_eq!(inverses.len(), 1);
    let leaf = witness.leaf(public.schema).hash();
    assert_eq!(inverses[0].a.evaluate(system.assignment()), leaf, "leaf · inverse = 1");
    let mut empty = public;
    empty.root = crate::native::tree::empty_root();
    assert_eq!(empty.check(&witness), Err(Broken::Membership));
    assert!(broken_clauses(&empty, &witness).contains(&2));
}

/// Depth and arity keep nodes apart: a leaf one level too high or too low does not lie under the root.
#[test]
fn an_inner_node_is_no_leaf() {
    let (mut public, mut witness) = statement(0);
    let leaf = witness.leaf(public.schema).hash();
    let nodes = witness.path.nodes(&leaf);
    let honest = public.root;
    public.root = nodes[DEPTH - 1];
    breaks_only(2, &public, &witness);
    // The leaf stands where its parent should: the path from there has 31 siblings, and any 32nd misses the root.
    public.root = honest;
    witness.path.index >>= 1;
    witness.path.siblings.rotate_left(1);
    breaks_only(2, &public, &witness);
}

#[test]
fn a_leaf_of_another_schema_is_not_under_the_root() {
    let (mut public, witness) = statement(0);
    public.schema += F::ONE;
    breaks_only(2, &public, &witness);
}

#[test]
fn another_agents_name_and_pseudonym_are_refused() {
    let (mut public, witness) = statement(0);
    public.subject += F::ONE;
    breaks_only(4, &public, &witness);
    let (mut public, witness) = statement(0);
    public.nullifier += F::ONE;
    breaks_only(3, &public, &witness);
}

#[test]
fn an_agent_of_zero_cannot_be_named_anonymous() {
    let (mut public, witness) = statement(0);
    public.subject = F::ZERO;
    let system = synthesise(&public, &witness);
    assert_eq!(system.first_broken(), None);
    let agent = 1 + INPUTS + 251 + 1;
    let mut assignment = system.assignment().to_vec();
    assignment[agent] = F::ZERO;
    let broken: Vec<_> = system.constraints().iter().filter(|row| row.clause == 4 && !row.holds(&assignment)).collect();
    // `subject · (subject − agent)` is 0 whatever the agent is; only the inverse stands in the way.
    assert_eq!(broken.len(), 1);
    assert_eq!(broken[0].a.terms(), [(agent as u32, F::ONE)]);
    assert_eq!(broken[0].c.terms(), [(0, F::ONE)]);
}

#[test]
fn a_missing_capability_is_refused() {
    let (mut public, witness) = statement(0);
    public.required = F::from(0x8000_0000_0000_0007u64);
    breaks_only(7, &public, &witness);
    public.required = F::from(u64::MAX) + F::ONE;
    breaks_only(7, &public, &witness);
}

#[test]
fn an_expired_leaf_is_refused_and_times_do_not_wrap() {
    let (mut public, witness) = statement(0);
    public.valid_at = F::from(witness.expires_at + 1);
    breaks_only(8, &public, &witness);
    public.valid_at = -F::ONE;
    breaks_only(8, &public, &witness);
    public.valid_at = F::from(witness.expires_at);
    assert_eq!(public.check(&witness), Ok(()));
}
