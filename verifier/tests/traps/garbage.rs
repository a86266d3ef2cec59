//! Arbitrary and mutated input: refused, never a panic.

use poa_verifier::{CheckName, Evidence, HeadMemory, Request, Trust};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::*;

fn verify(world: &World, bytes: &[u8]) -> poa_verifier::Report {
    let lists = world.lists();
    let evidence = Evidence { status_lists: &lists, ..Evidence::default() };
    world.verifier.verify(bytes, Some(&world.request()), &evidence, &mut HeadMemory::default(), NOW)
}

#[test]
fn what_is_no_document_fails_class_only() {
    let world = World::new();
    let good = world.standing().issue().to_string();
    let duplicate = good.replacen("\"issuer\":", "\"issuer\":\"did:web:evil.example\",\"issuer\":", 1);
    assert_ne!(good, duplicate);
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100), "]".repeat(100));
    let huge = format!("{}{}", good, " ".repeat(70_000));
    for bytes in [
        "".as_bytes(),
        b"{}",
        b"[]",
        b"null",
        b"\"x\"",
        b"{",
        b"\xff\xfe",
        b"a.b",
        b"a.b.c",
        b"....",
        duplicate.as_bytes(),
        deep.as_bytes(),
        huge.as_bytes(),
        b"{\"type\":\"Groth16Proof2024\"}",
        b"{\"type\":\"VerifiablePresentation\"}",
        b"{\"proof\":{}}",
        b"{\"proof\":[]}",
    ] {
        let report = verify(&world, bytes);
        assert_eq!(report.failed(), [CheckName::Class], "{:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(80)]));
        assert!(!report.verified() && report.proved.is_none());
    }
}

/// Paths to every value of a document.
fn paths(value: &Value, at: String, into: &mut Vec<String>) {
    into.push(at.clone());
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| paths(v, format!("{at}/{i}"), into)),
        Value::Object(members) => members
            .iter()
            .for_each(|(k, v)| paths(v, format!("{at}/{}", k.replace('~', "~0").replace('/', "~1")), into)),
        _ => {}
    }
}

/// Every value of both kinds of documents, exchanged for each of a few others, removed, or doubled: never verified.
#[test]
fn no_edit_of_any_single_value_is_accepted() {
    let world = World::new();
    let request = world.challenge_request();
    for (document, request) in [(world.standing().issue(), world.request()), (world.presentation().present(), request)]
    {
        verifies(&world.verify(&document, Some(&request)));
        let mut all = Vec::new();
        paths(&document, String::new(), &mut all);
        assert!(all.len() > 60);
        for path in &all {
            for other in [Value::Null, json!(""), json!(0), json!([]), json!({}), json!("x")] {
                let mut edited = document.clone();
                *edited.pointer_mut(path).unwrap() = other.clone();
                if edited == document {
                    continue;
                }
                let report = world.verify(&edited, Some(&request));
                assert!(!report.verified(), "{path} = {other}");
                assert!(!report.failed().is_empty(), "{path} = {other}");
            }
        }
    }
}

#[test]
fn no_member_can_be_added_anywhere() {
    let world = World::new();
    for (document, request) in
        [(world.standing().issue(), world.request()), (world.presentation().present(), world.challenge_request())]
    {
        let mut all = Vec::new();
        paths(&document, String::new(), &mut all);
        for path in &all {
            let mut edited = document.clone();
            let Some(members) = edited.pointer_mut(path).unwrap().as_object_mut() else { continue };
            members.insert("added".to_owned(), json!(1));
            let report = world.verify(&edited, Some(&request));
            assert_eq!(report.failed().len(), 1, "{path}: {report:#?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes_never_panic_and_never_verify(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in "\\{\\PC{0,200}\\}") {
        prop_assert!(!verify(&SHARED, &bytes).verified());
        prop_assert!(!verify(&SHARED, text.as_bytes()).verified());
        prop_assert!(Trust::from_json(&bytes).is_err() && Trust::from_json(text.as_bytes()).is_err());
    }

    #[test]
    fn a_changed_byte_of_a_document_never_verifies_as_something_else(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let good = SHARED.standing().issue().to_string().into_bytes();
        let mut bad = good.clone();
        bad[at.index(good.len())] = byte;
        let same = poa_verifier::json::parse_strict(&bad).ok() == poa_verifier::json::parse_strict(&good).ok();
        prop_assert_eq!(verify(&SHARED, &bad).verified(), same);
    }

    #[test]
    fn a_changed_byte_of_a_trust_document_is_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let good = signed_trust(&SHARED.trust_document).to_string().into_bytes();
        let mut bad = good.clone();
        bad[at.index(good.len())] = byte;
        let same = poa_verifier::json::parse_strict(&bad).ok() == poa_verifier::json::parse_strict(&good).ok();
        prop_assert_eq!(Trust::from_json(&bad).is_ok(), same);
    }

    #[test]
    fn random_json_is_a_request_only_when_it_says_so(name in "[a-z_]{1,16}", number in any::<i64>(), text in "\\PC{0,20}") {
        for value in [json!({ name.clone(): number }), json!({ name.clone(): text.clone() }), json!({ name.clone(): [text.clone()] }), json!({ name: { text: number } })] {
            if let Ok(request) = Request::from_json(&value) {
                prop_assert_eq!(Request::from_json(&request.to_json()), Ok(request));
            }
        }
    }
}
