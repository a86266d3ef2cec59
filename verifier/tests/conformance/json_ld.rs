//! What a name means: JSON-LD 1.1 Processing Algorithms and API, W3C Recommendation of 16 July 2020, §4.1, §4.2, §5.1,
//! and what is refused of it.

use poa_verifier::vc::Reason;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::support::*;

/// A credential with these contexts after the base, and this subject.
fn about(contexts: &[Value], subject: Value) -> Value {
    let mut all = vec![json!(BASE)];
    all.extend_from_slice(contexts);
    with(with(credential(), "/@context", Value::Array(all)), "/credentialSubject", subject)
}

fn subject_fails(context: Value, subject: Value, pointer: &str, reason: Reason) {
    refuses(&about(&[context], subject), &format!("/credentialSubject{pointer}"), reason);
}

fn context_fails(context: Value, reason: Reason) {
    refuses(&about(&[context], json!({ "id": "did:example:a" })), "/@context", reason);
}

fn passes(context: Value, subject: Value) {
    accepts(&about(&[context], subject));
}

/// A credential that uses every member of the data model, none of it through `@vocab`.
fn rich() -> Value {
    let kind = "https://example.org/#Kind";
    let nested = json!({ "id": "did:example:n", "type": kind, "https://example.org/#deep": { "https://example.org/#er": [1, { "name": "x" }] } });
    json!({
        "@context": [BASE, {
            "@protected": true,
            "ex": "https://example.org/#",
            "Degree": {
                "@id": "ex:Degree",
                "@context": { "@protected": true, "degree": "ex:degree", "year": { "@id": "ex:year", "@type": "ex:Year" } }
            },
            "labels": { "@id": "ex:labels", "@container": "@language" },
            "raw": { "@id": "ex:raw", "@type": "@json" },
            "known": { "@id": "ex:known", "@type": "@id" },
            "places": { "@id": "ex:places", "@container": "@index" },
            "steps": { "@id": "ex:steps", "@container": "@list" },
            "parts": { "@id": "ex:parts", "@context": { "part": "ex:part" } }
        }],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", kind],
        "name": { "@value": "a", "@language": "en" },
        "description": "b",
        "issuer": { "id": "did:example:issuer", "name": "c", "ex:office": nested },
        "validFrom": "2023-01-01T00:00:00Z",
        "validUntil": "2033-01-01T00:00:00Z",
        "credentialSubject": [
            {
                "id": "did:example:subject",
                "type": "Degree",
                "degree": { "ex:title": "d", "ex:of": nested },
                "year": "1999",
                "labels": { "en": "a", "fr": ["b", "c"] },
                "raw": { "anything": { "goes": null } },
                "known": ["did:example:friend", nested],
                "places": { "here": nested, "there": nested },
                "steps": [nested, "second"],
                "parts": { "part": nested }
            },
            nested
        ],
        "credentialSchema": { "id": "https://example.org/schema", "type": "JsonSchema" },
        "credentialStatus": { "type": kind, "ex:more": nested },
        "refreshService": { "type": kind },
        "termsOfUse": { "type": kind },
        "evidence": [{ "type": kind, "ex:more": nested }],
        "confidenceMethod": { "type": kind },
        "renderMethod": { "type": kind },
        "relatedResource": { "id": "https://example.org/image", "digestMultibase": "uEiAjCHMnK5-ayOIZLWo_TBoKYVvSAprlkYEjRlm19Cj0uw" },
        "proof": {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-jcs-2022",
            "created": "2023-01-01T00:00:00Z",
            "verificationMethod": "did:example:issuer#key",
            "proofPurpose": "assertionMethod",
            "proofValue": "z1"
        }
    })
}

/// Pointers to every object that stands for a thing: not contexts, JSON values, language maps or value objects.
fn nodes(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if !at.ends_with("/name") && !at.ends_with("/places") {
                found.push(at.to_owned());
            }
            let into = |name: &&String| !["@context", "raw", "labels"].contains(&name.as_str());
            for (name, value) in members.iter().filter(|(name, _)| into(name)) {
                nodes(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| nodes(item, &format!("{at}/{i}"), found)),
        _ => {}
    }
}

/// Names of the base context and of [`rich`]; random texts are not among them, but this says so.
fn is_a_term(name: &str, document: &Value) -> bool {
    let base = include_str!("../../contexts/credentials-v2.jsonld");
    let quoted = json!(name).to_string();
    base.contains(&quoted) || document.to_string().contains(&quoted)
}

/// Names that are no IRIs: those need no context.
fn names() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z][a-zA-Z0-9_-]{0,24}", "[^:]{1,24}", "@[a-zA-Z]{1,12}", Just(String::new())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn random_unmapped_terms_at_random_depth_are_all_refused(name in names(), place: Index, value in 0..5u8) {
        let document = rich();
        prop_assume!(!is_a_term(&name, &document) && name != "@context");
        let mut places = Vec::new();
        nodes(&document, "", &mut places);
        let place = place.get(&places);
        let mut edited = document.clone();
        let value = [json!("x"), json!(1), json!({}), json!([]), json!({ "@value": "x" })][usize::from(value)].clone();
        edited.pointer_mut(place).unwrap()[&name] = value;
        let error = judged(&edited).unwrap_err();
        let pointer = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
        prop_assert_eq!(&error.pointer, &pointer, "{}", error);
        prop_assert!(matches!(error.reason, Reason::UnmappedTerm | Reason::Unsupported), "{}", error);
    }

    #[test]
    fn random_unmapped_types_at_random_depth_are_all_refused(name in names(), place: Index) {
        let document = rich();
        prop_assume!(!is_a_term(&name, &document));
        let mut places = Vec::new();
        nodes(&document, "", &mut places);
        let place = place.get(&places);
        let mut edited = document.clone();
        let node = edited.pointer_mut(place).unwrap();
        let mut types = match node["type"].take() {
            Value::Array(types) => types,
            Value::Null => Vec::new(),
            one => vec![one],
        };
        types.push(name.into());
        node["type"] = types.into();
        let error = judged(&edited).unwrap_err();
        prop_assert_eq!(error.reason, Reason::UnmappedType, "{}", error);
    }

    #[test]
    fn unmapped_terms_are_found_under_any_number_of_mapped_ones(depth in 1usize..14, list: bool) {
        let mut subject = json!({ "unmapped": 1 });
        let mut pointer = "/unmapped".to_owned();
        for _ in 0..depth {
            subject = if list { json!({ "https://example.org/#p": [subject] }) } else { json!({ "https://example.org/#p": subject }) };
            pointer = format!("/https:~1~1example.org~1#p{}{pointer}", if list { "/0" } else { "" });
        }
        refuses(&about(&[], subject), &format!("/credentialSubject{pointer}"), Reason::UnmappedTerm);
    }

    #[test]
    fn random_contexts_never_panic(text in "[\\[{\"@a-z:,}\\]]{0,60}", name in names(), iri in "\\PC{0,20}") {
        if let Ok(context) = serde_json::from_str::<Value>(&text) { let _ = judged(&about(&[context], json!({}))); }
        let _ = judged(&about(&[json!({ name: { "@id": iri, "@container": "@set" } })], json!({ "id": "did:example:a" })));
    }
}

#[test]
fn every_member_of_the_data_model_is_mapped() {
    accepts(&rich());
}

// §4.1 Context Processing Algorithm

#[test]
fn a_context_that_is_neither_null_nor_a_url_nor_an_object_is_an_invalid_local_context() {
    for context in [json!(1), json!(true), json!([["https://www.w3.org/ns/credentials/examples/v2"]])] {
        context_fails(context, Reason::InvalidContext);
    }
}

#[test]
fn null_while_there_are_protected_terms_is_an_invalid_context_nullification() {
    context_fails(Value::Null, Reason::ProtectedTerm);
    subject_fails(
        json!({}),
        json!({ "@context": null, "https://example.org/#a": 1 }),
        "/@context",
        Reason::ProtectedTerm,
    );
}

#[test]
fn contexts_may_stand_in_any_node_and_reach_what_is_below() {
    let node = json!({ "@context": { "a": "https://example.org/#a" }, "a": { "a": 1 } });
    passes(json!({}), node.clone());
    subject_fails(
        json!({}),
        json!({ "https://example.org/#b": [node, { "a": 1 }] }),
        "/https:~1~1example.org~1#b/1/a",
        Reason::UnmappedTerm,
    );
}

#[test]
fn keywords_of_a_context_have_their_values() {
    for context in [
        json!({ "@version": 1.1 }),
        json!({ "@language": "en", "@direction": "ltr" }),
        json!({ "@language": null, "@direction": null }),
        json!({ "@protected": false, "@propagate": true }),
        json!({ "@type": { "@container": "@set", "@protected": true } }),
    ] {
        passes(context, json!({ "id": "did:example:a" }));
    }
    for context in [
        json!({ "@version": 1 }),
        json!({ "@version": "1.1" }),
        json!({ "@language": 1 }),
        json!({ "@direction": "up" }),
        json!({ "@protected": "true" }),
        json!({ "@propagate": 1 }),
        json!({ "@vocab": 1 }),
        json!({ "@vocab": "not an iri" }),
        json!({ "@type": { "@id": "https://example.org/#a" } }),
        json!({ "@type": "https://example.org/#a" }),
        json!({ "@id": "https://example.org/#a" }),
        json!({ "@unknown": "https://example.org/#a" }),
        json!({ "": "https://example.org/#a" }),
    ] {
        context_fails(context, Reason::InvalidContext);
    }
}

#[test]
fn a_vocabulary_maps_every_name_until_it_is_taken_away() {
    passes(json!({ "@vocab": "https://example.org/#" }), json!({ "type": "Any", "thing": { "goes": 1 } }));
    passes(json!({ "ex": "https://example.org/#", "@vocab": "https://example.org/ns/" }), json!({ "thing": 1 }));
    let taken = json!({ "thing": { "@context": { "@vocab": null }, "goes": 1 } });
    subject_fails(json!(EXAMPLES), taken, "/thing/goes", Reason::UnmappedTerm);
}

// §4.2 Create Term Definition

#[test]
fn compact_iris_and_prefixes_are_expanded() {
    let context = json!({ "ex": "https://example.org/#", "a": "ex:a", "b": { "@id": "ex:b", "@type": "ex:T" } });
    passes(context.clone(), json!({ "a": 1, "b": "x", "ex:c": 1, "type": "ex:T" }));
    // Whatever order: `z` is read before the prefix that it needs.
    passes(json!({ "a": "z:a", "z": "https://example.org/#" }), json!({ "a": 1 }));
    passes(json!({ "a": { "@id": "https://example.org/x", "@prefix": true } }), json!({ "a:b": 1 }));
    // A name with a colon is an IRI, whether its first part is a prefix or not.
    passes(context, json!({ "other:c": 1 }));
    // The expanded name is what counts: these two mean the same.
    subject_fails(
        json!({ "ex": "https://example.org/#", "a": "ex:a" }),
        json!({ "a": 1, "ex:a": 2 }),
        "/ex:a",
        Reason::Duplicate,
    );
}

#[test]
fn a_term_that_is_mapped_to_nothing_or_to_no_absolute_iri_maps_nothing() {
    for nothing in [json!(null), json!({ "@id": null })] {
        subject_fails(json!({ "a": nothing }), json!({ "a": 1 }), "/a", Reason::UnmappedTerm);
        // Even under a vocabulary.
        let both = about(&[json!(EXAMPLES), json!({ "a": nothing })], json!({ "a": 1 }));
        refuses(&both, "/credentialSubject/a", Reason::UnmappedTerm);
    }
    for iri in
        [json!("relative"), json!("_:blank"), json!("https ://example.org"), json!({}), json!({ "@id": 1 }), json!(1)]
    {
        context_fails(json!({ "a": iri }), Reason::InvalidContext);
    }
    passes(
        json!({ "https://example.org/#a": { "@type": "@id" } }),
        json!({ "https://example.org/#a": "did:example:b" }),
    );
    for other in ["https://example.org/#b", "@id", "@type"] {
        context_fails(json!({ "https://example.org/#a": other }), Reason::InvalidContext);
    }
}

#[test]
fn definitions_that_depend_on_each_other_are_a_cyclic_iri_mapping() {
    context_fails(json!({ "a": "b:x", "b": "a:y" }), Reason::InvalidContext);
    context_fails(json!({ "a": { "@id": "a:x" } }), Reason::InvalidContext);
}

#[test]
fn keyword_aliases_stand_for_their_keyword() {
    let context = json!({ "a": "@id", "kind": "@type", "text": "@value", "lang": "@language" });
    passes(context.clone(), json!({ "a": "did:example:a", "kind": "https://example.org/#T" }));
    subject_fails(context.clone(), json!({ "a": "nobody" }), "/a", Reason::NotAUrl);
    subject_fails(context.clone(), json!({ "kind": "Unmapped" }), "/kind", Reason::UnmappedType);
    subject_fails(context.clone(), json!({ "id": "did:example:a", "a": "did:example:b" }), "/a", Reason::Duplicate);
    passes(context, json!({ "https://example.org/#p": { "text": "x", "lang": "en" } }));
    context_fails(json!({ "a": "@context" }), Reason::InvalidContext);
    context_fails(json!({ "a": "@graph" }), Reason::Unsupported);
}

#[test]
fn a_definition_has_known_members_with_their_values() {
    for definition in [
        json!({ "@id": "https://example.org/#a", "@unknown": 1 }),
        json!({ "@id": "https://example.org/#a", "@type": 1 }),
        json!({ "@id": "https://example.org/#a", "@type": "unmapped" }),
        json!({ "@id": "https://example.org/#a", "@type": "@graph" }),
        json!({ "@id": "https://example.org/#a", "@container": "@nothing" }),
        json!({ "@id": "https://example.org/#a", "@container": [] }),
        json!({ "@id": "https://example.org/#a", "@container": ["@list", "@set"] }),
        json!({ "@id": "https://example.org/#a", "@container": ["@language", "@graph"] }),
        json!({ "@id": "https://example.org/#a", "@protected": 1 }),
        json!({ "@id": "https://example.org/#a", "@prefix": 1 }),
        json!({ "@id": "https://example.org/#a", "@language": 1 }),
        json!({ "@id": "https://example.org/#a", "@direction": "up" }),
        json!({ "@id": "https://example.org/#a", "@context": 1 }),
        json!({ "@id": "https://example.org/#a", "@context": { "b": "unmapped" } }),
        json!({ "@id": "https://example.org/#a", "@context": { "@context": {} } }),
    ] {
        context_fails(json!({ "a": definition }), Reason::InvalidContext);
    }
    for prefix in [true, false] {
        context_fails(json!({ "x:a": { "@id": "x:a", "@prefix": prefix } }), Reason::InvalidContext);
        context_fails(json!({ "a": { "@id": "@type", "@prefix": prefix } }), Reason::InvalidContext);
    }
    context_fails(
        json!({ "a": { "@id": "https://example.org/#a", "@context": "https://example.org/unknown" } }),
        Reason::UnknownContext,
    );
}

// Scoped contexts

#[test]
fn a_type_scoped_context_is_for_its_node_and_not_for_those_below() {
    let context = json!({ "T": { "@id": "https://example.org/#T", "@context": { "a": "https://example.org/#a" } } });
    passes(context.clone(), json!({ "type": "T", "a": 1 }));
    subject_fails(context.clone(), json!({ "a": 1 }), "/a", Reason::UnmappedTerm);
    subject_fails(context, json!({ "type": "T", "a": { "a": 1 } }), "/a/a", Reason::UnmappedTerm);
    let inherited = json!({
        "T": { "@id": "https://example.org/#T", "@context": { "@propagate": true, "a": "https://example.org/#a" } }
    });
    passes(inherited, json!({ "type": "T", "a": { "a": 1 } }));
}

#[test]
fn a_property_scoped_context_is_for_the_values_of_its_term_and_may_redefine_protected_terms() {
    let context = json!({
        "p": {
            "@id": "https://example.org/#p",
            "@context": { "a": "https://example.org/#a", "name": "https://example.org/#name" }
        }
    });
    passes(context.clone(), json!({ "p": { "a": { "a": 1 }, "name": { "a": 1 } } }));
    subject_fails(context.clone(), json!({ "p": 1, "a": 1 }), "/a", Reason::UnmappedTerm);
    subject_fails(context, json!({ "p": 1, "name": 1 }), "/name", Reason::LanguageValue);
}

#[test]
fn type_scoped_contexts_apply_in_the_order_of_their_names_and_types_are_read_by_the_context_before() {
    let context = json!({
        "A": { "@id": "https://example.org/#A", "@context": { "B": "https://example.org/#OtherB" } },
        "B": { "@id": "https://example.org/#B", "@context": { "b": "https://example.org/#b" } }
    });
    passes(context.clone(), json!({ "type": ["B", "A"], "b": 1 }));
    let protected = json!({
        "A": { "@id": "https://example.org/#A", "@context": { "@protected": true, "x": "https://example.org/#x" } },
        "B": { "@id": "https://example.org/#B", "@context": { "x": "https://example.org/#y" } }
    });
    subject_fails(protected, json!({ "type": ["B", "A"], "x": 1 }), "", Reason::ProtectedTerm);
}

#[test]
fn a_scoped_context_that_cannot_be_applied_is_refused_where_it_stands_used_or_not() {
    let bad = json!({ "T": { "@id": "https://example.org/#T", "@context": { "x": "https ://bad" } } });
    context_fails(bad.clone(), Reason::InvalidContext);
    context_fails(json!({ "p": { "@id": "https://example.org/#p", "@context": bad } }), Reason::InvalidContext);
}

// §5.1 Expansion

#[test]
fn json_values_are_not_looked_into() {
    let context = json!({ "raw": { "@id": "https://example.org/#raw", "@type": "@json" } });
    passes(context, json!({ "raw": { "unmapped": [null, { "@type": 1 }] } }));
}

#[test]
fn language_maps_have_language_tags_and_texts() {
    let context = json!({ "labels": { "@id": "https://example.org/#labels", "@container": "@language" } });
    passes(context.clone(), json!({ "labels": { "en": "a", "de-AT": ["b"], "@none": "c" } }));
    passes(context.clone(), json!({ "labels": "a" }));
    subject_fails(
        context.clone(),
        json!({ "labels": { "not a tag": "a" } }),
        "/labels/not a tag",
        Reason::LanguageValue,
    );
    subject_fails(context, json!({ "labels": { "en": { "unmapped": 1 } } }), "/labels/en", Reason::LanguageValue);
}

#[test]
fn lists_sets_and_indexes_are_looked_into() {
    let context = json!({
        "places": { "@id": "https://example.org/#places", "@container": ["@index", "@set"] },
        "steps": { "@id": "https://example.org/#steps", "@container": "@list" }
    });
    passes(
        context.clone(),
        json!({ "places": { "any name": { "id": "did:example:a" } }, "steps": [[{ "name": "x" }]] }),
    );
    subject_fails(
        context.clone(),
        json!({ "places": { "any name": { "unmapped": 1 } } }),
        "/places/any name/unmapped",
        Reason::UnmappedTerm,
    );
    subject_fails(context, json!({ "steps": [[{ "unmapped": 1 }]] }), "/steps/0/0/unmapped", Reason::UnmappedTerm);
}

#[test]
fn a_literal_in_a_graph_is_lost_and_so_refused() {
    let context = json!({ "graph": { "@id": "https://example.org/#graph", "@container": "@graph" } });
    passes(context.clone(), json!({ "graph": [{ "name": "x" }, { "id": "did:example:a" }] }));
    for literal in [json!("x"), json!(1), json!([{}, true]), json!({ "@value": "x" })] {
        let error = judged(&about(std::slice::from_ref(&context), json!({ "graph": literal }))).unwrap_err();
        assert_eq!(error.reason, Reason::WrongValue);
    }
}

#[test]
fn value_objects_hold_a_value_with_a_type_or_a_language() {
    let set = |value: Value| json!({ "https://example.org/#p": value });
    for fine in [
        json!({ "@value": "x" }),
        json!({ "@value": 1 }),
        json!({ "@value": "1", "@type": "https://example.org/#T" }),
        json!({ "@value": { "any": 1 }, "@type": "@json" }),
        json!({ "@value": "x", "@language": "en", "@direction": "ltr" }),
    ] {
        passes(json!({}), set(fine));
    }
    for wrong in [
        json!({ "@value": "x", "name": "y" }),
        json!({ "@value": "x", "@type": "https://example.org/#T", "@language": "en" }),
        json!({ "@value": "x", "@type": "Unmapped" }),
        json!({ "@value": 1, "@language": "en" }),
        json!({ "@value": {} }),
        json!({ "@value": null }),
        json!({ "@value": ["x"] }),
    ] {
        assert!(judged(&about(&[], set(wrong.clone()))).is_err(), "{wrong}");
    }
}

#[test]
fn identifiers_are_absolute_and_null_says_nothing() {
    let context = json!({ "knows": { "@id": "https://example.org/#knows", "@type": "@id" } });
    passes(context.clone(), json!({ "knows": ["did:example:a", { "id": "did:example:b" }] }));
    subject_fails(context.clone(), json!({ "knows": "somebody" }), "/knows", Reason::NotAUrl);
    subject_fails(context.clone(), json!({ "knows": ["did:example:a", 1] }), "/knows/1", Reason::NotAUrl);
    subject_fails(context, json!({ "knows": null }), "/knows", Reason::WrongValue);
    let vocabulary =
        json!({ "kind": { "@id": "https://example.org/#kind", "@type": "@vocab" }, "K": "https://example.org/#K" });
    passes(vocabulary.clone(), json!({ "kind": ["K", "https://example.org/#L"] }));
    subject_fails(vocabulary, json!({ "kind": "Unmapped" }), "/kind", Reason::UnmappedTerm);
}

// What is refused of JSON-LD

#[test]
fn features_that_are_not_needed_to_read_names_are_refused() {
    for context in [
        json!({ "@import": EXAMPLES }),
        json!({ "@base": "https://example.org/" }),
        json!({ "a": { "@reverse": "https://example.org/#a" } }),
        json!({ "a": { "@id": "https://example.org/#a", "@nest": "b" } }),
        json!({ "a": { "@id": "https://example.org/#a", "@container": "@index", "@index": "b" } }),
        json!({ "a": { "@id": "https://example.org/#a", "@container": "@id" } }),
        json!({ "a": { "@id": "https://example.org/#a", "@container": ["@type", "@set"] } }),
    ] {
        context_fails(context, Reason::Unsupported);
    }
    for keyword in ["@graph", "@included", "@reverse", "@nest", "@index", "@language", "@list", "@set"] {
        let subject = json!({ "id": "did:example:a", keyword: {} });
        refuses(&about(&[], json!([subject])), &format!("/credentialSubject/0/{keyword}"), Reason::Unsupported);
    }
}

#[test]
fn a_small_document_cannot_ask_for_much_work() {
    let terms: serde_json::Map<String, Value> =
        (0..200).map(|i| (format!("t{i}"), json!(format!("https://example.org/#{i}")))).collect();
    let context = json!({ "p": { "@id": "https://example.org/#p", "@context": terms } });
    let subject = json!({ "p": vec![json!({ "t1": 1 }); 200] });
    assert_eq!(judged(&about(&[context], subject)).unwrap_err().reason, Reason::TooComplex);
    let refused = |document: &Value| assert_eq!(judged(document).unwrap_err().reason, Reason::TooComplex);
    // Many contexts at one place, with nothing in them or by many types.
    refused(&about(&vec![json!({}); 100], json!({ "id": "did:example:a" })));
    refused(&about(&vec![json!({ "@vocab": "https://example.org/#" }); 20_000], json!({ "id": "did:example:a" })));
    let types: Vec<_> = (0..1000).map(|i| format!("T{i}")).collect();
    let scoped = |(i, name): (usize, &String)| {
        (name.clone(), json!({ "@id": format!("https://example.org/#{i}"), "@context": {} }))
    };
    let context: serde_json::Map<_, _> = types.iter().enumerate().map(scoped).collect();
    refused(&about(&[context.into()], json!({ "type": types })));
    let mut nested = json!({});
    for _ in 0..10 {
        nested = json!({ "T": { "@id": "https://example.org/#T", "@context": nested } });
    }
    refused(&about(&[nested], json!({ "id": "did:example:a" })));
}

#[test]
fn long_lists_and_objects_take_no_longer_than_their_length() {
    let many: serde_json::Map<String, Value> = (0..60_000).map(|i| (format!("a{i}"), json!(1))).collect();
    passes(json!(EXAMPLES), many.into());
    let types: Vec<_> = (0..60_000).map(|i| format!("T{i}")).collect();
    passes(json!(EXAMPLES), json!({ "type": types }));
}
