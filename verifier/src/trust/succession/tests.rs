//! Documents that follow from a pinned one, and those that only look like it.

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use super::*;
use crate::data_integrity;

const ISSUER: &str = "did:web:a.example";

fn signer(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn multikey(seed: u8) -> String {
    PublicKey::from_bytes(&signer(seed).verifying_key().to_bytes()).unwrap().to_multikey()
}

fn id(seed: u8) -> String {
    format!("{ISSUER}#credentials-{seed}")
}

/// A credentials key of a document: its seed and state.
type Key = (u8, &'static str);

/// A document issued in this hour, with these keys, signed by the first.
fn document(hour: u8, keys: &[Key], succession: &[String]) -> Value {
    let keys = keys.iter().map(|(seed, state)| {
        let mut key =
            json!({ "id": id(*seed), "purpose": "credentials", "state": state, "publicKeyMultibase": multikey(*seed) });
        if *state == "retired" {
            key["retiredAt"] = "2027-01-01T00:00:00Z".into();
        }
        key
    });
    let mut document = json!({
        "type": "PoaTrust", "version": 1, "issuer": ISSUER, "url": "https://a.example",
        "issuedAt": format!("2027-01-01T{hour:02}:00:00Z"),
        "keys": keys.collect::<Vec<_>>(), "logs": ["main"], "attestationSchemas": [], "disclosureSchemas": [],
        "verifyingKeys": [], "statusLists": [],
    });
    if !succession.is_empty() {
        document["succession"] = json!(succession);
    }
    document
}

fn read(mut document: Value) -> Result<Trust, TrustError> {
    let first = document["keys"][0]["id"].as_str().unwrap().to_owned();
    let seed: u8 = first.rsplit('-').next().unwrap().parse().unwrap();
    let options = data_integrity::options(&document, &first, 1_800_000_000).unwrap();
    let signature = signer(seed).sign(&data_integrity::signing_input(&document, &options)).to_bytes();
    document["proof"] = data_integrity::attach_signature(&options, &signature);
    Trust::from_json(&json::canonical(&document))
}

fn trust(hour: u8, keys: &[Key], succession: &[String]) -> Trust {
    read(document(hour, keys, succession)).unwrap()
}

fn claims(new: u8) -> Value {
    json!({ "iss": ISSUER, "sub": id(new), "iat": 1_800_000_000u64, "publicKeyMultibase": multikey(new) })
}

/// A link that names `old` as its signer and is signed by `by`.
fn signed(old: u8, by: u8, claims: &Value, typ: &str) -> String {
    let input = jws::signing_input(typ, &id(old), claims);
    jws::attach_signature(&input, &signer(by).sign(input.as_bytes()).to_bytes())
}

fn link(old: u8, new: u8) -> String {
    signed(old, old, &claims(new), TYP)
}

#[test]
fn a_document_follows_from_itself_and_from_one_with_the_same_signer() {
    let pinned = trust(1, &[(1, "active")], &[]);
    assert_eq!(pinned.follows(&pinned), Ok(()));
    assert_eq!(trust(2, &[(1, "active"), (2, "active")], &[]).follows(&pinned), Ok(()));
}

#[test]
fn links_lead_from_a_pinned_key_to_the_signer_also_when_the_keys_between_are_gone() {
    let pinned = trust(1, &[(1, "active")], &[]);
    let once = trust(2, &[(2, "active"), (1, "retired")], &[link(1, 2)]);
    assert_eq!(once.follows(&pinned), Ok(()));
    let thrice = trust(3, &[(4, "active")], &[link(1, 2), link(2, 3), link(3, 4)]);
    assert_eq!(thrice.follows(&pinned), Ok(()));
    assert_eq!(thrice.follows(&once), Ok(()));
}

#[test]
fn listing_the_pinned_keys_beside_an_own_one_is_not_enough() {
    let pinned = trust(1, &[(1, "active")], &[]);
    let unlinked = Err(SuccessionError::Unlinked(id(9)));
    for succession in [
        vec![],
        vec![link(9, 9)],
        vec![link(2, 9)],
        // Named after the pinned key, signed by another.
        vec![signed(1, 9, &claims(9), TYP)],
        // For another key under the same name.
        vec![signed(1, 1, &json!({ "publicKeyMultibase": multikey(8), "iss": ISSUER, "sub": id(9), "iat": 1 }), TYP)],
        // Backwards.
        vec![link(2, 9), link(1, 2)],
    ] {
        let taken_over = trust(2, &[(9, "active"), (1, "retired")], &succession);
        assert_eq!(taken_over.follows(&pinned), unlinked, "{succession:?}");
    }
    assert_eq!(trust(2, &[(9, "active")], &[link(1, 9)]).follows(&pinned), Ok(()), "only this link is missing");
}

#[test]
fn a_compromised_key_vouches_for_nobody() {
    let pinned = trust(1, &[(1, "active")], &[]);
    let next = trust(2, &[(2, "active"), (1, "compromised")], &[link(1, 2)]);
    assert_eq!(next.follows(&pinned), Err(SuccessionError::Unlinked(id(2))));
    let later = trust(3, &[(3, "active"), (2, "compromised"), (1, "retired")], &[link(1, 2), link(2, 3)]);
    assert_eq!(later.follows(&pinned), Err(SuccessionError::Unlinked(id(3))));
    // Who pinned after the key was replaced is not concerned.
    let between = trust(2, &[(2, "active"), (1, "retired")], &[link(1, 2)]);
    assert_eq!(next.follows(&between), Ok(()));
    // A retired key is no beginning either: its thief would name a successor of his own.
    let stolen = trust(3, &[(9, "active"), (2, "retired"), (1, "retired")], &[link(1, 9)]);
    assert_eq!(stolen.follows(&between), Err(SuccessionError::Unlinked(id(9))));
}

#[test]
fn older_documents_and_reinstated_keys_are_refused() {
    let pinned = trust(2, &[(2, "active"), (1, "compromised")], &[]);
    let older = trust(1, &[(2, "active"), (1, "retired")], &[]);
    assert!(matches!(older.follows(&pinned), Err(SuccessionError::Older { .. })));
    for state in ["active", "retired"] {
        let again = trust(3, &[(2, "active"), (1, state)], &[]);
        assert_eq!(again.follows(&pinned), Err(SuccessionError::Reinstated(id(1))));
    }
    assert_eq!(trust(3, &[(2, "active")], &[]).follows(&pinned), Ok(()), "dropping it is no reinstatement");
}

#[test]
fn another_issuers_document_does_not_follow() {
    let pinned = trust(1, &[(1, "active")], &[]);
    let text = document(2, &[(1, "active")], &[]).to_string().replace("a.example", "b.example");
    let other = read(serde_json::from_str(&text).unwrap()).unwrap();
    assert_eq!(other.follows(&pinned), Err(SuccessionError::Issuer));
}

#[test]
fn malformed_links_make_no_document() {
    let mut surplus = claims(2);
    surplus["exp"] = json!(1);
    let mut foreign = claims(2);
    foreign["iss"] = json!("did:web:b.example");
    let mut outside = claims(2);
    outside["sub"] = json!("did:web:b.example#credentials-2");
    let mut weak = claims(2);
    weak["publicKeyMultibase"] = json!("z6Mk");
    for bad in [
        "a.b.c".to_owned(),
        signed(1, 1, &claims(2), "poa-root+jwt"),
        signed(1, 1, &surplus, TYP),
        signed(1, 1, &foreign, TYP),
        signed(1, 1, &outside, TYP),
        signed(1, 1, &weak, TYP),
    ] {
        let refused = read(document(1, &[(1, "active")], std::slice::from_ref(&bad))).unwrap_err();
        assert!(matches!(refused, TrustError::Member { member: "succession", .. }), "{bad}: {refused}");
    }
    let many = vec![link(1, 2); MAX_LINKS + 1];
    assert!(read(document(1, &[(1, "active")], &many)).is_err());
    let mut empty = document(1, &[(1, "active")], &[]);
    empty["succession"] = json!([]);
    assert!(matches!(read(empty), Err(TrustError::Shape(_))), "absence has one spelling");
}
