//! Pins of circuit `poa/1`: a change here is a new circuit version and a new CRS.
//!
//! `UPDATE_PINS=1 cargo test -p poa-circuits --features gadgets --test pins` prints the new values; review decides.
#![cfg(feature = "gadgets")]

use poa_circuits::native::field::F;
use poa_circuits::statement::circuit::shape;
use poa_circuits::statement::{INPUT_NAMES, INPUTS, Public};
use sha2::{Digest, Sha256};

const CONSTRAINTS: usize = 11_116;
const WIRES: usize = 11_087;
const DECLARED: usize = 325;
/// SHA-256 of the iden3 `.r1cs` file.
const R1CS_SHA256: &str = "234b29ef6e98128a2c6df9c41b4bcddec11c2a74e44ac331acbf705836e7f239";

#[test]
fn the_constraint_system_is_the_pinned_one() {
    let system = shape();
    let digest = hex::encode(Sha256::digest(system.to_iden3()));
    let found = (system.constraints().len(), system.assignment().len(), system.declared(), digest.as_str());
    if std::env::var_os("UPDATE_PINS").is_some() {
        println!("{found:?}");
    }
    assert_eq!(found, (CONSTRAINTS, WIRES, DECLARED, R1CS_SHA256));
    assert!(system.constraints().len() <= 11_400);
    assert!(system.constraints().len() + INPUTS < 1 << 14);
}

#[test]
fn rows_stand_in_clause_order() {
    let clauses: Vec<u8> = shape().constraints().iter().map(|row| row.clause).collect();
    assert!(clauses.is_sorted());
    for clause in 1..=9 {
        assert!(clauses.contains(&clause), "clause {clause} has rows");
    }
}

#[test]
fn the_public_inputs_are_in_protocol_order() {
    let names = [
        "root",
        "context",
        "scope",
        "nullifier",
        "schema",
        "subject",
        "valid_at",
        "mask",
        "disclosed_0",
        "disclosed_1",
        "disclosed_2",
        "disclosed_3",
        "disclosed_4",
        "disclosed_5",
        "lower_0",
        "lower_1",
        "lower_2",
        "lower_3",
        "upper_0",
        "upper_1",
        "upper_2",
        "upper_3",
        "required",
    ];
    assert_eq!(INPUT_NAMES, names);
    let inputs: [F; INPUTS] = std::array::from_fn(|i| F::from(i as u64));
    let public = Public::from_inputs(&inputs);
    assert_eq!(public.to_inputs(), inputs);
    let by_name = |i: u64| F::from(i);
    assert_eq!(
        [
            public.root,
            public.context,
            public.scope,
            public.nullifier,
            public.schema,
            public.subject,
            public.valid_at,
            public.mask,
        ],
        std::array::from_fn(|i| by_name(i as u64))
    );
    assert_eq!(public.disclosed, std::array::from_fn(|i| by_name(8 + i as u64)));
    assert_eq!(public.lower, std::array::from_fn(|i| by_name(14 + i as u64)));
    assert_eq!(public.upper, std::array::from_fn(|i| by_name(18 + i as u64)));
    assert_eq!(public.required, by_name(22));
}
