//! Wycheproof's Ed25519 vectors: our verdict is theirs on every one.

use poa_verifier::ed25519::{Ed25519Error, PublicKey};
use serde_json::Value;

const VECTORS: &str = include_str!("../../../test-vectors/wycheproof/ed25519_test.json");

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn ed25519_signatures_are_judged_as_wycheproof_judges_them() {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let mut judged = [0, 0];
    for group in file["testGroups"].as_array().unwrap() {
        let key: [u8; 32] = bytes(&group["publicKey"]["pk"]).try_into().unwrap();
        let key = PublicKey::from_bytes(&key).unwrap();
        for case in group["tests"].as_array().unwrap() {
            let verdict = match <[u8; 64]>::try_from(bytes(&case["sig"])) {
                Ok(signature) => key.verify(&bytes(&case["msg"]), &signature),
                // A JWS with such a signature is refused before any key is looked at.
                Err(_) => Err(Ed25519Error::Signature),
            };
            let valid = case["result"] == "valid";
            assert_eq!(verdict.is_ok(), valid, "tcId {} {}", case["tcId"], case["comment"]);
            judged[usize::from(valid)] += 1;
        }
    }
    assert_eq!(judged, [63, 88], "invalid and valid ones");
}
