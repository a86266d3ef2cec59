//! Holder signatures against circomlibjs and zk-kit: what both accept, and what we refuse and why.

use poa_circuits::native::babyjubjub::PointError;
use poa_circuits::native::eddsa::{HolderSignature, SignatureError};
use poa_circuits::native::field::{self, F};
use poa_circuits::native::holder::{HolderKey, HolderSecret};
use serde::Deserialize;

use crate::file;

#[derive(Deserialize)]
struct Set {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    expect: String,
    reason: Option<String>,
    secret_scalar_dec: Option<String>,
    secret_scalar_hex: Option<String>,
    public_key: [String; 2],
    message: String,
    signature: Signature,
    s_dec: String,
}

#[derive(Deserialize)]
struct Signature {
    r: [String; 2],
    s: String,
}

impl Case {
    /// Every part as a canonical field element, in the order key, message, R, S.
    fn elements(&self) -> Option<([F; 2], F, [F; 2], F)> {
        let one = |text: &String| field::decode_hex(text).ok();
        let two = |texts: &[String; 2]| Some([one(&texts[0])?, one(&texts[1])?]);
        Some((two(&self.public_key)?, one(&self.message)?, two(&self.signature.r)?, one(&self.signature.s)?))
    }

    /// The first rule the case breaks, none when the signature verifies.
    fn broken_rule(&self) -> Option<&'static str> {
        let Some((key, message, r, s)) = self.elements() else {
            return Some("non-canonical");
        };
        let key = match HolderKey::from_xy(key[0], key[1]) {
            Ok(key) => key,
            Err(PointError::Identity) => return Some("key-identity"),
            Err(PointError::Subgroup) => return Some("key-not-in-subgroup"),
            Err(PointError::OffCurve) => return Some("key-off-curve"),
            Err(other) => panic!("{}: {other}", self.name),
        };
        let signature = match HolderSignature::from_parts(r, &field::to_bytes_be(&s)) {
            Ok(signature) => signature,
            Err(SignatureError::R(PointError::Identity)) => return Some("r-identity"),
            Err(SignatureError::R(PointError::Subgroup)) => return Some("r-not-in-subgroup"),
            Err(SignatureError::R(PointError::OffCurve)) => return Some("r-off-curve"),
            Err(SignatureError::S(_)) => return Some("s-not-reduced"),
            Err(other) => panic!("{}: {other}", self.name),
        };
        match signature.verify(&key, &message) {
            Ok(()) => None,
            Err(SignatureError::Mismatch) => Some("equation"),
            Err(other) => panic!("{}: {other}", self.name),
        }
    }
}

#[test]
fn what_the_libraries_sign_verifies() {
    for case in file::read::<Set>("eddsa/accept.json").cases {
        assert_eq!(case.expect, "accept", "{}", case.name);
        assert_eq!(case.broken_rule(), None, "{}", case.name);
        file::assert_same_number(&case.s_dec, &case.signature.s);
    }
}

#[test]
fn the_public_key_is_that_of_the_secret_scalar() {
    for case in file::read::<Set>("eddsa/accept.json").cases {
        let decimal = case.secret_scalar_dec.expect("an accepted case names its scalar");
        let scalar = case.secret_scalar_hex.expect("an accepted case names its scalar");
        file::assert_same_number(&decimal, &scalar);
        let scalar = field::decode_hex(&scalar).expect("the scalar is below l, hence below r");
        let secret = HolderSecret::from_bytes(&field::to_bytes_be(&scalar))
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let key = secret.public();
        let written = [key.x(), key.y()].map(|c| field::encode_hex(&c));
        assert_eq!(written, case.public_key, "{}", case.name);
    }
}

#[test]
fn bad_signatures_are_refused_for_the_stated_reason() {
    for case in file::read::<Set>("eddsa/reject.json").cases {
        assert_eq!(case.expect, "reject", "{}", case.name);
        assert_eq!(case.broken_rule(), case.reason.as_deref(), "{}", case.name);
        file::assert_same_number(&case.s_dec, &case.signature.s);
    }
}
