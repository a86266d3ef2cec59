//! Encodings round-trip and the native reading refuses what is out of range.

use poa_circuits::native::field::F;
use proptest::prelude::*;

use super::*;

fn public() -> Public {
    Public { valid_at: F::from(1_800_000_000u64), ..Public::default() }
}

#[test]
fn the_json_form_has_exactly_the_23_inputs() {
    let value = to_value(&public());
    let members = value.as_object().unwrap();
    assert_eq!(members.len(), 12);
    let lists: usize = ["disclosed", "lower", "upper"].iter().map(|n| members[*n].as_array().unwrap().len()).sum();
    assert_eq!(lists + 9, poa_circuits::statement::INPUTS);
    assert_eq!(from_value(&value), Ok(public()));
}

#[test]
fn nothing_is_shown_by_default() {
    let statement = Statement::from_public(public()).unwrap();
    assert!(statement.says_nothing());
    assert!(Slot::ALL.iter().all(|slot| statement.shown(*slot) == Shown::Hidden));
}

#[test]
fn what_is_out_of_range_is_named() {
    let refused = |edit: &dyn Fn(&mut Public)| {
        let mut public = public();
        edit(&mut public);
        Statement::from_public(public).unwrap_err()
    };
    let beyond = F::from(u64::MAX) + F::from(1u64);
    assert_eq!(refused(&|p| p.mask = 64u64.into()), StatementError::Mask);
    assert_eq!(refused(&|p| p.mask = beyond), StatementError::Mask);
    assert_eq!(refused(&|p| p.disclosed[2] = 1u64.into()), StatementError::Hidden("earnings_sats"));
    assert_eq!(refused(&|p| p.upper[0] = 10_001u64.into()), StatementError::Range("reputation"));
    assert_eq!(refused(&|p| p.required = beyond), StatementError::Range("capabilities"));
    let crossed = |p: &mut Public| (p.lower[1], p.upper[1]) = (5u64.into(), 4u64.into());
    assert_eq!(refused(&crossed), StatementError::Bounds("tasks_completed"));
    let both = |p: &mut Public| (p.mask, p.lower[1]) = (2u64.into(), 5u64.into());
    assert_eq!(refused(&both), StatementError::BoundsOnDisclosed("tasks_completed"));
    assert_eq!(refused(&|p| p.valid_at = F::from(1u64 << 40)), StatementError::ValidAt);
}

proptest! {
    #[test]
    fn statements_round_trip(bytes in any::<[[u8; 31]; 23]>()) {
        let inputs = bytes.map(|b| field::to_field("test", &b));
        let public = Public::from_inputs(&inputs);
        prop_assert_eq!(from_value(&to_value(&public)), Ok(public));
    }
}
