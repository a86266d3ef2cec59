//! What the members of a trust document must be. Signatures and whole documents are tested in `tests/traps`.

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::json;

use super::*;

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

fn multikey(seed: u8) -> String {
    let key = SigningKey::from_bytes(&[seed; 32]).verifying_key();
    PublicKey::from_bytes(&key.to_bytes()).unwrap().to_multikey()
}

/// A small document: no schemas, no verifying keys.
fn document() -> Value {
    json!({
        "type": "PoaTrust",
        "version": 1,
        "issuer": "did:web:a.example",
        "url": "https://a.example",
        "issuedAt": "2027-01-01T00:00:00Z",
        "keys": [
            {"id": "did:web:a.example#c", "purpose": "credentials", "state": "active", "publicKeyMultibase": multikey(5)},
            {"id": "did:web:a.example#h", "purpose": "heads", "state": "retired", "retiredAt": "2027-01-01T00:00:00Z", "publicKeyMultibase": multikey(6)},
        ],
        "logs": ["main"],
        "attestationSchemas": [],
        "disclosureSchemas": [],
        "verifyingKeys": [],
        "statusLists": [{"id": "https://a.example/status-lists/revocation", "purpose": "revocation"}],
    })
}

fn sign(mut document: Value, key_id: &str) -> Vec<u8> {
    let options = data_integrity::options(&document, key_id, 1_800_000_000).unwrap();
    let signature = signer().sign(&data_integrity::signing_input(&document, &options)).to_bytes();
    document["proof"] = data_integrity::attach_signature(&options, &signature);
    json::canonical(&document)
}

fn read(document: Value) -> Result<Trust, TrustError> {
    Trust::from_json(&sign(document, "did:web:a.example#c"))
}

#[test]
fn a_signed_document_is_read_and_has_a_fingerprint_of_its_content() {
    let trust = read(document()).unwrap();
    assert_eq!(trust.issuer().as_str(), "did:web:a.example");
    assert_eq!(trust.fingerprint(), hex::encode(json::digest(&document())));
    assert_eq!(trust.document().to_value(), document());
}

#[test]
fn only_an_active_credentials_key_of_the_document_may_sign_it() {
    for key in ["did:web:a.example#h", "did:web:a.example#x", "did:web:b.example#c"] {
        let refused = Trust::from_json(&sign(document(), key)).unwrap_err();
        assert!(matches!(refused, TrustError::Member { member: "proof", .. }), "{refused}");
    }
    let mut edited: Value = serde_json::from_slice(&sign(document(), "did:web:a.example#c")).unwrap();
    edited["logs"] = json!(["other"]);
    assert!(matches!(Trust::from_json(&json::canonical(&edited)), Err(TrustError::Proof(_))));
    assert!(matches!(Trust::from_json(&json::canonical(&document())), Err(TrustError::Member { member: "proof", .. })));
}

#[test]
fn keys_are_judged_by_purpose_state_and_time() {
    let trust = read(document()).unwrap();
    let at = |text| time::parse_utc(text).unwrap();
    let (before, after) = (at("2027-01-01T00:00:00Z"), at("2027-01-01T00:00:01Z"));
    assert!(trust.key("did:web:a.example#c", KeyPurpose::Credentials, after).is_ok());
    let method = |seed| {
        let key = PublicKey::from_bytes(&SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes()).unwrap();
        format!("did:web:a.example#{}", key.jwk_thumbprint())
    };
    assert!(trust.jwk_method("did:web:a.example#c", KeyPurpose::Credentials, after).is_ok());
    assert!(trust.jwk_method(&method(5), KeyPurpose::Credentials, after).is_ok());
    assert_eq!(trust.jwk_method(&method(5), KeyPurpose::Heads, after), Err(KeyUseError::Purpose));
    assert_eq!(trust.jwk_method(&method(6), KeyPurpose::Heads, after), Err(KeyUseError::Retired));
    assert_eq!(trust.jwk_method(&method(7), KeyPurpose::Credentials, after), Err(KeyUseError::Unknown));
    assert_eq!(trust.key(&method(5), KeyPurpose::Credentials, after), Err(KeyUseError::Unknown));
    assert_eq!(trust.key("did:web:a.example#c", KeyPurpose::Heads, after), Err(KeyUseError::Purpose));
    assert_eq!(trust.key("did:web:b.example#c", KeyPurpose::Heads, after), Err(KeyUseError::Foreign));
    assert!(trust.key("did:web:a.example#h", KeyPurpose::Heads, before).is_ok());
    assert_eq!(trust.key("did:web:a.example#h", KeyPurpose::Heads, after), Err(KeyUseError::Retired));
    let mut compromised = document();
    compromised["keys"][1]["state"] = json!("compromised");
    compromised["keys"][1].as_object_mut().unwrap().remove("retiredAt");
    let trust = read(compromised).unwrap();
    assert_eq!(trust.key("did:web:a.example#h", KeyPurpose::Heads, 0), Err(KeyUseError::Compromised));
}

#[test]
fn weak_keys_and_wrong_members_are_refused() {
    let weak = crate::multibase::encode_base58(&[&[0xed, 1, 1][..], &[0; 31]].concat());
    let edits: [(&str, Value); 16] = [
        ("/type", json!("Trust")),
        ("/version", json!(2)),
        ("/issuer", json!("did:web:b.example")),
        ("/issuer", json!("did:key:z6Mk")),
        ("/url", json!("https://a.example/")),
        ("/issuedAt", json!("today")),
        ("/keys/0/publicKeyMultibase", json!(weak)),
        ("/keys/0/publicKeyMultibase", json!("z6Mk")),
        ("/keys/0/id", json!("did:web:b.example#c")),
        ("/keys/0/id", json!("did:web:a.example#")),
        ("/keys/0/purpose", json!("everything")),
        ("/keys/0/state", json!("retired")),
        ("/keys/1/id", json!("did:web:a.example#c")),
        ("/keys/1/state", json!("active")),
        ("/logs", json!(["main", "main"])),
        ("/statusLists/0/id", json!("https://b.example/status-lists/revocation")),
    ];
    for (pointer, value) in edits {
        let mut edited = document();
        *edited.pointer_mut(pointer).unwrap() = value.clone();
        assert!(read(edited).is_err(), "{pointer} = {value}");
    }
    let mut listed = document();
    listed["statusLists"][0] = json!(["https://a.example/status-lists/revocation", "revocation"]);
    assert!(matches!(read(listed), Err(TrustError::Shape(_))));
    for pointer in ["", "/keys/0", "/statusLists/0"] {
        let mut edited = document();
        edited.pointer_mut(pointer).unwrap()["surplus"] = json!(1);
        assert!(matches!(read(edited), Err(TrustError::Shape(_))), "{pointer}");
    }
}

/// A compromised key must not come back under another name, nor one purpose's key serve another.
#[test]
fn one_key_has_one_id_one_purpose_and_one_state() {
    for (purpose, state) in [("heads", "compromised"), ("heads", "active"), ("credentials", "active")] {
        let mut twice = document();
        twice["keys"].as_array_mut().unwrap().push(json!({
            "id": "did:web:a.example#again", "purpose": purpose, "state": state, "publicKeyMultibase": multikey(5),
        }));
        assert!(matches!(read(twice), Err(TrustError::Member { member: "keys", .. })), "{purpose} {state}");
    }
}

#[test]
fn lists_are_bounded_and_logs_are_names() {
    let with = |member: &str, value: Value| {
        let mut edited = document();
        edited[member] = value;
        read(edited)
    };
    let logs = |n: usize| (0..n).map(|i| json!(format!("{i}"))).collect::<Value>();
    assert!(with("logs", logs(MAX_LOGS)).is_ok());
    assert!(with("logs", logs(MAX_LOGS + 1)).is_err());
    for log in ["", "Main", "no such log", "a/b", "m\u{202e}"] {
        assert!(matches!(with("logs", json!([log])), Err(TrustError::Member { member: "logs", .. })), "{log:?}");
    }
    let list = |i: usize| json!({"id": format!("https://a.example/{i}"), "purpose": "revocation"});
    assert!(with("statusLists", (0..MAX_STATUS_LISTS).map(list).collect()).is_ok());
    assert!(with("statusLists", (0..=MAX_STATUS_LISTS).map(list).collect()).is_err());
    let key = |i: usize| json!({"id": format!("did:web:a.example#{i}"), "purpose": "heads", "state": "active", "publicKeyMultibase": multikey(6)});
    let many: Value = (0..=MAX_KEYS).map(key).collect();
    assert!(with("keys", many).unwrap_err().to_string().contains("at most 64"));
}

/// Building a verifying key costs pairings' worth of curve arithmetic: nobody unsigned makes a verifier do it.
#[test]
fn the_signature_is_checked_before_schemas_and_verifying_keys_are_built() {
    let mut edited = document();
    edited["verifyingKeys"] = json!([{
        "sha256": "0".repeat(64), "circuit": "poa/1", "state": "active", "development": false, "bytes": "uAAAA",
    }]);
    let mut unsigned: Value = serde_json::from_slice(&sign(document(), "did:web:a.example#c")).unwrap();
    unsigned["verifyingKeys"] = edited["verifyingKeys"].clone();
    assert!(matches!(Trust::from_json(&json::canonical(&unsigned)), Err(TrustError::Proof(_))));
    assert!(matches!(read(edited), Err(TrustError::VerifyingKey { .. })));
}

#[test]
fn members_have_one_spelling() {
    for (pointer, value) in [
        ("/keys/0/state", json!({"active": null})),
        ("/keys/0/purpose", json!({"credentials": null})),
        ("/statusLists/0/purpose", json!({"revocation": null})),
        (
            "/keys/0",
            json!({"id": "did:web:a.example#c", "purpose": "credentials", "state": "active", "retiredAt": null, "publicKeyMultibase": multikey(5)}),
        ),
    ] {
        let mut edited = document();
        *edited.pointer_mut(pointer).unwrap() = value;
        assert!(matches!(read(edited), Err(TrustError::Shape(_))), "{pointer}");
    }
}

#[test]
fn schemas_of_another_issuer_or_log_are_refused() {
    let schema = |issuer: &str, log: &str| {
        json!({
            "id": "https://a.example/schemas/x/1", "issuer": issuer, "log": log,
            "slots": crate::schema::AttestationSchemaDocument::slot_names(), "capabilities": [],
            "leaf_lifetime": 1, "revoke_on_supersede": false, "custody": "holder",
        })
    };
    let with = |schemas: Value| {
        let mut document = document();
        document["attestationSchemas"] = schemas;
        read(document)
    };
    assert!(with(json!([schema("did:web:a.example", "main")])).is_ok());
    assert!(with(json!([schema("did:web:b.example", "main")])).is_err());
    assert!(with(json!([schema("did:web:a.example", "sandbox")])).is_err());
    assert!(with(json!([schema("did:web:a.example", "main"), schema("did:web:a.example", "main")])).is_err());
}
