//! The document forms of values, bounds and sets.

use poa_circuits::statement::Public;
use serde_json::json;

use super::*;
use crate::schema::{AttestationSchemaDocument, Custody};

fn schema() -> AttestationSchema {
    AttestationSchema::new(AttestationSchemaDocument {
        id: "https://a.example/schemas/x/1".to_owned(),
        issuer: "did:web:a.example".parse().unwrap(),
        log: "main".to_owned(),
        slots: AttestationSchemaDocument::slot_names(),
        capabilities: vec!["one".to_owned(), "two".to_owned()],
        leaf_lifetime: 1,
        revoke_on_supersede: false,
        custody: Custody::Issuer,
    })
    .unwrap()
}

fn render(edit: impl FnOnce(&mut Public), build: Option<&[u8; 32]>) -> Result<Value, RenderError> {
    let mut public = Public::default();
    edit(&mut public);
    credential_subject(&Statement::from_public(public).unwrap(), None, &schema(), build)
}

#[test]
fn nothing_to_say_is_only_the_type() {
    assert_eq!(render(|_| {}, None), Ok(json!({"type": "AgentAttributes"})));
}

#[test]
fn bounds_are_written_only_where_they_say_something() {
    let rendered = render(
        |p| {
            p.lower[0] = 500u64.into();
            p.upper[1] = 10u64.into();
            (p.lower[2], p.upper[2]) = (1u64.into(), 2u64.into());
            p.lower[3] = 1_733_011_200u64.into();
            p.required = 2u64.into();
        },
        None,
    );
    assert_eq!(
        rendered,
        Ok(json!({
            "type": "AgentAttributes",
            "reputation": {"atLeast": 500},
            "tasks_completed": {"atMost": "10"},
            "earnings_sats": {"atLeast": "1", "atMost": "2"},
            "member_since": {"atLeast": "2024-12-01T00:00:00Z"},
            "capabilities": {"containsAll": ["two"]},
        }))
    );
}

#[test]
fn a_build_hash_is_null_for_none_and_must_match_its_input() {
    let digest = [7; 32];
    let shown = |value: F, build| render(move |p| (p.mask, p.disclosed[5]) = (32u64.into(), value), build);
    assert_eq!(shown(F::from(0u64), None).unwrap()["build_hash"], Value::Null);
    assert_eq!(shown(field::digest_to_field(&digest), Some(&digest)).unwrap()["build_hash"], hex::encode(digest));
    assert_eq!(shown(F::from(0u64), Some(&digest)), Err(RenderError::BuildHash));
    assert_eq!(shown(F::from(1u64), None), Err(RenderError::BuildHash));
}

#[test]
fn what_cannot_be_written_is_refused() {
    assert!(matches!(render(|p| p.lower[3] = 253_402_300_800u64.into(), None), Err(RenderError::Time(_))));
    assert_eq!(render(|p| p.required = 4u64.into(), None), Err(RenderError::Capability));
}
