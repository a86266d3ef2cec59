//! The JSON Schemas under `schemas/` accept what this crate accepts, and refuse what has another shape.

use serde_json::{Value, json};

use crate::world::*;

macro_rules! schema {
    ($name:literal) => {{
        let text = include_str!(concat!("../../../schemas/", $name, ".json"));
        let schema: Value = serde_json::from_str(text).unwrap();
        jsonschema::draft202012::meta::validate(&schema).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    }};
}

/// The schema takes the document, and no version of it with a member missing or added anywhere in its first level.
#[track_caller]
fn describes(schema: &jsonschema::Validator, document: &Value, optional: &[&str]) {
    let errors: Vec<_> = schema.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    for name in document.as_object().unwrap().keys().filter(|name| !optional.contains(&name.as_str())) {
        let mut without = document.clone();
        without.as_object_mut().unwrap().remove(name);
        assert!(!schema.is_valid(&without), "without {name}");
    }
    let mut surplus = document.clone();
    surplus["surplus"] = json!(1);
    assert!(!schema.is_valid(&surplus));
}

#[test]
fn documents_that_verify_have_their_schemas() {
    let world = World::new();
    let standing = world.standing().issue();
    describes(&schema!("zk-credential"), &standing, &[]);
    let presentation = world.presentation().present();
    describes(&schema!("presentation"), &presentation, &[]);
    assert!(!schema!("presentation").is_valid(&standing) && !schema!("zk-credential").is_valid(&presentation));
    describes(&schema!("poa-trust"), &signed_trust(&world.trust_document), &[]);
    let mut retired = world.trust_document.clone();
    retired.verifying_keys[0].state = poa_verifier::trust::KeyState::Retired;
    assert!(!schema!("poa-trust").is_valid(&signed_trust(&retired)));
    retired.verifying_keys[0].retired_at = Some("2027-01-01T00:00:00Z".to_owned());
    assert!(schema!("poa-trust").is_valid(&signed_trust(&retired)) && sign_trust(&retired).is_ok());
    retired.logs = (0..65).map(|i| i.to_string()).collect();
    assert!(!schema!("poa-trust").is_valid(&signed_trust(&retired)) && sign_trust(&retired).is_err());
    describes(&schema!("tree-head"), &serde_json::to_value(world.head_claims(NOW)).unwrap(), &[]);
    for list in world.lists() {
        describes(&schema!("status-list"), &list, &[]);
    }
    describes(&schema!("attestation-schema"), &world.attestation.to_value(), &[]);
    for disclosure in world.verifier.trusted().first().disclosure_schemas() {
        describes(&schema!("disclosure-schema"), &disclosure.to_value(), &[]);
    }
}

#[test]
fn reports_have_their_schema_whatever_the_verdict() {
    let world = World::new();
    let schema = schema!("verification-report");
    let mut edited = world.standing().issue();
    edited["credentialSubject"]["reputation"]["atLeast"] = 9000.into();
    let optional = ["proved", "development_key", "trust"];
    for (document, request) in [
        (world.standing().issue(), Some(world.request())),
        (world.presentation().present(), Some(world.challenge_request())),
        (world.presentation().present(), None),
        (edited, Some(world.request())),
        (json!({}), None),
    ] {
        let report = serde_json::to_value(world.verify(&document, request.as_ref())).unwrap();
        describes(&schema, &report, &optional);
    }
}

#[test]
fn requests_are_read_exactly_where_the_schema_takes_them() {
    let schema = schema!("verification-request");
    let read = |value: &Value| poa_verifier::Request::from_json(value);
    let world = World::new();
    for request in [world.request(), world.challenge_request(), poa_verifier::Request::default()] {
        assert!(schema.is_valid(&request.to_json()));
        assert_eq!(read(&request.to_json()), Ok(request));
    }
    for (value, good) in [
        (json!({}), true),
        (json!({"at_least": {"earnings_sats": "18446744073709551615"}}), true),
        (json!({"classes": ["signed"]}), true),
        (json!({"issuers": []}), false),
        (json!({"classes": ["other"]}), false),
        (json!({"at_least": {"earnings_sats": 5}}), false),
        (json!({"at_least": {"earnings_sats": "05"}}), false),
        (json!({"at_least": {"reputation": 10001}}), false),
        (json!({"at_least": {"reputation": "5"}}), false),
        (json!({"at_least": {"capabilities": []}}), false),
        (json!({"at_most": {"member_since": "2024-12-01"}}), false),
        (json!({"disclose": ["salary"]}), false),
        (json!({"challenge": "x"}), false),
        (json!({"domain": "x"}), false),
        (json!({"audience": "https://a.example"}), false),
        (json!({"audience": "https://a.example", "challenge": "c", "domain": "https://a.example"}), true),
        (json!({"challenge": "", "domain": "x"}), false),
        (json!({"max_root_age_s": 59}), false),
        (json!({"max_root_age_s": 604801}), false),
        (json!({"subject": "did:web:poa.example"}), false),
        (json!({"scope": "0x00"}), false),
        (json!({"keys": []}), false),
        (json!({"issuers": null}), false),
        (json!({"challenge": null, "domain": null}), false),
        (json!([]), false),
    ] {
        assert_eq!(schema.is_valid(&value), good, "schema: {value}");
        assert_eq!(read(&value).is_ok(), good, "reader: {value}");
    }
    // What a schema cannot say: forms of audiences, and that domain equals audience.
    for value in [
        json!({"audience": "not an origin"}),
        json!({"audience": "https://a.example", "challenge": "c", "domain": "https://b.example"}),
    ] {
        assert!(read(&value).is_err(), "{value}");
    }
}
