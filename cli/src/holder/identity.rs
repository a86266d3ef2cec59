//! Identities made by other tools: Semaphore v4 and `zk-kit` keep the same secret scalar on the same curve, so their
//! public key and identity commitment are ours.
//!
//! The scalar is taken, not the private key it was derived from: that derivation is theirs and of no use here.

use std::path::Path;

use poa_circuits::native::field;
use poa_circuits::native::holder::HolderSecret;
use serde::Deserialize;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::exit::{Failure, OrFail, Outcome};
use crate::system;

/// The members that are read, as those libraries name them.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Identity {
    secret_scalar: String,
    #[serde(default)]
    commitment: Option<String>,
}

/// Reads an identity's file; its commitment, when stated, must be the scalar's.
pub fn read(path: &Path) -> Outcome<HolderSecret> {
    let next = "write {\"secretScalar\": \"...\", \"commitment\": \"...\"}, both decimal, as the library shows them";
    let what = || format!("{} holds no identity", path.display());
    let text = system::read_secret(path)?;
    // What is wrong with it is not said: the text would be quoted.
    let identity: Identity = serde_json::from_str(&text).map_err(|_| Failure::error(what(), next))?;
    let scalar = decimal(&identity.secret_scalar).ok_or_else(|| Failure::error(what(), next))?;
    let secret = HolderSecret::from_bytes(&scalar).or_fail(
        "the identity's scalar is not below the order of the group",
        "reduce it modulo that order, as Semaphore v4 does",
    )?;
    let own = field::to_bytes_be(&secret.public().commitment());
    match identity.commitment.as_deref().map(decimal) {
        Some(stated) if stated.as_deref() != Some(&own) => Err(Failure::refused(
            "the stated commitment is not that of the scalar",
            "give the two of one identity of Semaphore v4; earlier versions made others",
        )),
        _ => Ok(secret),
    }
}

/// 32 bytes, big-endian, of a decimal number without leading zeros.
fn decimal(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    if text.is_empty() || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    let mut number = Zeroizing::new([0u8; 32]);
    for digit in text.bytes() {
        let mut carry = u16::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
        for byte in number.iter_mut().rev() {
            let product = u16::from(*byte) * 10 + carry;
            *byte = product.to_be_bytes()[1];
            carry = product >> 8;
        }
        if carry != 0 {
            return None;
        }
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use serde_json::{Value, json};

    use super::*;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../../test-vectors/identity/semaphore.json")).unwrap()
    }

    fn read_json(value: &Value) -> Outcome<HolderSecret> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("identity.json");
        std::fs::write(&path, value.to_string()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        read(&path)
    }

    #[test]
    fn every_identity_of_the_library_keeps_its_public_key_and_commitment() {
        for case in vectors()["cases"].as_array().unwrap() {
            let secret = read_json(&json!({ "secretScalar": case["secret_scalar_dec"] })).ok().unwrap();
            let key = secret.public();
            assert_eq!(json!([field::encode_hex(&key.x()), field::encode_hex(&key.y())]), case["public_key"]);
            assert_eq!(field::encode_hex(&key.commitment()), case["commitment"]);
        }
    }

    #[test]
    fn a_commitment_of_another_identity_and_other_forms_are_refused() {
        let scalar = |index: usize| vectors()["cases"][index]["secret_scalar_dec"].clone();
        let commitment = |text: &str| json!({ "secretScalar": scalar(0), "commitment": text });
        let own = "6027627088000560743613994042391496229461807188521792038697313592680155902219";
        assert!(read_json(&commitment(own)).is_ok());
        for other in ["6027627088000560743613994042391496229461807188521792038697313592680155902218", "x", ""] {
            assert!(read_json(&commitment(other)).is_err(), "{other}");
        }
        for other in [
            json!({}),
            json!({ "secretScalar": 1 }),
            json!({ "secretScalar": "0" }),
            json!({ "secretScalar": "01" }),
            json!({ "secretScalar": "-1" }),
            json!({ "secretScalar": "0x1" }),
            json!({ "secretScalar": "2736030358979909402780800718157159386076813972158567259200215660948447373041" }),
            json!({ "secretScalar": "9".repeat(78) }),
            json!({ "secretScalar": scalar(0), "privateKey": "" }),
        ] {
            assert!(read_json(&other).is_err(), "{other}");
        }
    }

    #[test]
    fn decimals_become_bytes() {
        let mut expected = [0u8; 32];
        (expected[30], expected[31]) = (1, 0);
        assert_eq!(decimal("256").as_deref(), Some(&expected));
        assert_eq!(decimal(&"9".repeat(78)), None, "beyond 2^256");
    }
}
