//! Holder keys against Semaphore v4, curve arithmetic against circomlibjs and zk-kit.

use ark_ff::{PrimeField, Zero};
use poa_circuits::native::babyjubjub::{self, Point, PointError, Scalar};
use poa_circuits::native::field::{self, F, FieldError};
use poa_circuits::native::holder::{HolderKey, HolderSecret};
use serde::Deserialize;

use crate::file::{self, Element};

#[derive(Deserialize)]
struct Identities {
    cases: Vec<Identity>,
}

#[derive(Deserialize)]
struct Identity {
    name: String,
    secret_scalar_dec: String,
    secret_scalar_hex: String,
    public_key: [Element; 2],
    commitment: Element,
}

#[derive(Deserialize)]
struct BabyJubJub {
    curve: Curve,
    bad_keys: Vec<BadKey>,
    cases: Vec<Multiple>,
}

#[derive(Deserialize)]
struct Curve {
    a_dec: String,
    d_dec: String,
    subgroup_order_dec: String,
    subgroup_order_hex: String,
    base8: [Element; 2],
}

#[derive(Deserialize)]
struct BadKey {
    name: String,
    point: [String; 2],
    reason: String,
}

#[derive(Deserialize)]
struct Multiple {
    name: String,
    scalar_dec: String,
    scalar_hex: String,
    point: [Element; 2],
}

/// The 32 bytes of `0x` and 64 digits, whatever number they are.
fn word(hex_text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    hex::decode_to_slice(&hex_text[2..], &mut bytes).expect("the schema admits hex digits alone");
    bytes
}

fn babyjubjub() -> BabyJubJub {
    file::read("identity/babyjubjub.json")
}

#[test]
fn keys_and_commitments_agree_with_semaphore() {
    let set: Identities = file::read("identity/semaphore.json");
    for case in &set.cases {
        file::assert_same_number(&case.secret_scalar_dec, &case.secret_scalar_hex);
        let secret = HolderSecret::from_bytes(&word(&case.secret_scalar_hex))
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let key = secret.public();
        assert_eq!(case.public_key, [key.x(), key.y()], "{}", case.name);
        assert_eq!(case.commitment, key.commitment(), "{}", case.name);
        let read = HolderKey::from_xy(case.public_key[0].0, case.public_key[1].0);
        assert_eq!(read, Ok(key), "{}", case.name);
    }
}

#[test]
fn curve_parameters_agree() {
    let curve = babyjubjub().curve;
    assert_eq!(curve.a_dec, babyjubjub::A.to_string());
    assert_eq!(curve.d_dec, babyjubjub::D.to_string());
    assert_eq!(curve.subgroup_order_dec, Scalar::MODULUS.to_string());
    file::assert_same_number(&curve.subgroup_order_dec, &curve.subgroup_order_hex);
    let base8 = Point::mul_base8(&Scalar::from(1u64)).expect("1 is not 0");
    assert_eq!(curve.base8, [base8.x(), base8.y()]);
}

#[test]
fn multiples_of_base8_agree() {
    for case in babyjubjub().cases {
        file::assert_same_number(&case.scalar_dec, &case.scalar_hex);
        // Base8 has order l, so the scalar may be reduced.
        let scalar = Scalar::from_be_bytes_mod_order(&word(&case.scalar_hex));
        match Point::mul_base8(&scalar) {
            Some(point) => assert_eq!(case.point, [point.x(), point.y()], "{}", case.name),
            None => {
                assert!(scalar.is_zero(), "{}", case.name);
                assert_eq!(case.point, [F::from(0u64), F::from(1u64)], "{}", case.name);
            }
        }
    }
}

/// A secret of `l` or more has a smaller twin with the same key; one form only is read.
#[test]
fn secret_scalars_are_read_when_from_1_to_l_minus_1_alone() {
    let set = babyjubjub();
    let order = word(&set.curve.subgroup_order_hex);
    for case in set.cases {
        let bytes = word(&case.scalar_hex);
        let secret = HolderSecret::from_bytes(&bytes);
        if bytes == [0; 32] || bytes >= order {
            assert_eq!(secret.err(), Some(FieldError::NotReduced), "{}", case.name);
        } else {
            let secret = secret.unwrap_or_else(|error| panic!("{}: {error}", case.name));
            assert_eq!(*secret.to_bytes(), bytes, "{}", case.name);
        }
    }
}

#[test]
fn bad_keys_are_refused_for_the_stated_reason() {
    for bad in babyjubjub().bad_keys {
        let coordinates = bad.point.each_ref().map(|text| field::decode_hex(text));
        let reason = match coordinates {
            [Ok(x), Ok(y)] => match HolderKey::from_xy(x, y) {
                Ok(_) => "none",
                Err(PointError::Identity) => "identity",
                Err(PointError::Subgroup) => "not-in-subgroup",
                Err(PointError::OffCurve) => "off-curve",
                Err(other) => panic!("{}: {other}", bad.name),
            },
            _ => "non-canonical",
        };
        assert_eq!(reason, bad.reason, "{}", bad.name);
    }
}
