//! Wycheproof's vectors. Of Ed25519 our verdict is theirs on every one; of JSON Web Signatures they have none with an
//! algorithm that we take, and every one of another is refused.

use std::collections::BTreeMap;

use poa_verifier::ed25519::{Ed25519Error, PublicKey};
use poa_verifier::jws::{self, JwsError};
use serde_json::Value;

use crate::world::SHARED;

const ED25519: &str = include_str!("../../../test-vectors/wycheproof/ed25519_test.json");
const JSON_WEB_SIGNATURE: &str = include_str!("../../../test-vectors/wycheproof/json_web_signature_test.json");

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn ed25519_signatures_are_judged_as_wycheproof_judges_them() {
    let file: Value = serde_json::from_str(ED25519).unwrap();
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

/// What of a JWS was refused.
fn offence(text: &str) -> &'static str {
    match jws::parse(text) {
        Ok(_) => "nothing",
        Err(JwsError::Shape(_)) => "shape",
        Err(JwsError::Json { .. }) => "json",
        Err(JwsError::Header { member, .. }) => member,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn signatures_of_other_algorithms_are_refused_good_or_not() {
    let file: Value = serde_json::from_str(JSON_WEB_SIGNATURE).unwrap();
    let mut refused = BTreeMap::new();
    for group in file["testGroups"].as_array().unwrap() {
        let alg = group["private"]["alg"].as_str();
        assert!(!matches!(alg, Some("EdDSA" | "Ed25519")), "vectors to agree with: judge them");
        for case in group["tests"].as_array().unwrap() {
            let jws = case["jws"].as_str().unwrap();
            let offence = offence(jws);
            assert_ne!(offence, "nothing", "tcId {} {}", case["tcId"], case["comment"]);
            assert!(!SHARED.verify(jws).verified(), "tcId {}", case["tcId"]);
            // The header of 372 is valid to Wycheproof with a character in it that base64url does not have.
            let well_formed = case["result"] == "valid" && case["tcId"] != 372;
            assert!(!well_formed || offence == "alg", "tcId {}: {offence}", case["tcId"]);
            *refused.entry(offence).or_insert(0) += 1;
        }
    }
    assert_eq!(refused, BTreeMap::from([("alg", 373), ("json", 6), ("jwk", 1), ("shape", 21)]));
}
