//! Verifiable Credentials Data Model 2.0, W3C Recommendation of 15 May 2025: §4 Basic Concepts, §5 Advanced Concepts,
//! §11.1 Language and Base Direction.

use poa_verifier::vc::{Contexts, ENVELOPED_CREDENTIAL, ENVELOPED_PRESENTATION, Reason, check_enveloped};
use serde_json::{Value, json};

use crate::support::*;

// §4.3 Contexts

#[test]
fn verifiable_credentials_and_presentations_must_include_a_context_property() {
    accepts(&credential());
    accepts_presentation(&presentation());
    refuses(&without(credential(), "/@context"), "/@context", Reason::ContextOrder);
    refuses_presentation(&without(presentation(), "/@context"), "/@context", Reason::ContextOrder);
}

#[test]
fn the_context_must_be_an_ordered_set_where_the_first_item_is_the_vc_2_context() {
    let first_is_not_the_base = [
        json!([]),
        json!(BASE),
        json!(null),
        json!({}),
        json!([EXAMPLES]),
        json!([EXAMPLES, BASE]),
        json!(["https://www.w3.org/2018/credentials/v1", BASE]),
        json!([{ "@vocab": "https://example.org/#" }, BASE]),
        json!(["https://www.w3.org/ns/credentials/v2/"]),
    ];
    for context in first_is_not_the_base {
        refuses(&with(credential(), "/@context", context.clone()), "/@context", Reason::ContextOrder);
        refuses_presentation(&with(presentation(), "/@context", context), "/@context", Reason::ContextOrder);
    }
    refuses(&with(credential(), "/@context", json!([BASE, EXAMPLES, EXAMPLES])), "/@context/2", Reason::Duplicate);
}

#[test]
fn subsequent_items_must_be_urls_or_objects_each_processable_as_a_json_ld_context() {
    for context in [json!(EXAMPLES), json!({ "Extra": "https://example.org/#Extra" }), json!({})] {
        accepts(&with(credential(), "/@context", json!([BASE, context])));
        accepts_presentation(&with(presentation(), "/@context", json!([BASE, context])));
    }
    for (context, reason) in [
        (json!(123_192_875), Reason::InvalidContext),
        (json!(true), Reason::InvalidContext),
        (json!("https ://not-a-url/contexts/example/v1"), Reason::InvalidContext),
        (json!("relative"), Reason::InvalidContext),
        (json!("https://example.org/contexts/nobody/knows/v1"), Reason::UnknownContext),
        (json!({ "term": 1 }), Reason::InvalidContext),
        (json!(null), Reason::ProtectedTerm),
    ] {
        refuses(&with(credential(), "/@context", json!([BASE, context])), "/@context", reason);
        refuses_presentation(&with(presentation(), "/@context", json!([BASE, context])), "/@context", reason);
    }
}

// §4.4 Identifiers

#[test]
fn if_present_the_id_must_be_a_single_url() {
    for id in ["https://example.org/1", "did:example:1", "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33"] {
        accepts(&with(credential(), "/id", id.into()));
        accepts(&with(credential(), "/credentialSubject/id", id.into()));
        accepts_presentation(&with(presentation(), "/id", id.into()));
    }
    for id in [
        json!("not-a-url"),
        json!("http ://a"),
        json!("_:blank"),
        json!(""),
        json!(1),
        json!(null),
        json!({}),
        json!(["did:example:1"]),
        json!(["did:example:1", "did:example:2"]),
    ] {
        refuses(&with(credential(), "/id", id.clone()), "/id", Reason::NotAUrl);
        refuses(&with(credential(), "/credentialSubject/id", id.clone()), "/credentialSubject/id", Reason::NotAUrl);
        refuses_presentation(&with(presentation(), "/id", id), "/id", Reason::NotAUrl);
    }
}

// §4.5 Types

#[test]
fn verifiable_credentials_and_presentations_must_contain_a_type() {
    refuses(&without(credential(), "/type"), "/type", Reason::MissingType);
    refuses_presentation(&without(presentation(), "/type"), "/type", Reason::MissingType);
    for kind in [json!([]), json!(EXAMPLES), json!(null), json!("VerifiablePresentation")] {
        refuses(&with(credential(), "/type", kind), "/type", Reason::MissingType);
    }
    for kind in [json!([]), json!("VerifiableCredential"), json!(["verifiablepresentation"])] {
        refuses_presentation(&with(presentation(), "/type", kind), "/type", Reason::MissingType);
    }
    accepts(&with(credential(), "/type", json!("VerifiableCredential")));
}

#[test]
fn the_value_of_type_must_be_one_or_more_terms_or_absolute_url_strings() {
    let typed = |kind: Value| with(credential(), "/type", json!(["VerifiableCredential", kind]));
    let mapped = |iri: &str| with(typed(json!("Extra")), "/@context", json!([BASE, { "Extra": iri }]));
    accepts(&typed(json!("https://example.org/#Extra")));
    accepts(&mapped("https://example.org/#Extra"));
    accepts(&with(typed(json!("Extra")), "/@context", json!([BASE, EXAMPLES])));
    refuses(&mapped("https ://not-a-url#Extra"), "/@context", Reason::InvalidContext);
    refuses(&typed(json!("Extra")), "/type/1", Reason::UnmappedType);
    refuses(
        &with(typed(json!("Extra")), "/@context", json!([BASE, { "@vocab": null }])),
        "/type/1",
        Reason::UnmappedType,
    );
    refuses(&typed(json!("https ://not-a-url")), "/type/1", Reason::UnmappedType);
    refuses(&typed(json!("_:Extra")), "/type/1", Reason::UnmappedType);
    for wrong in [json!(2), json!(null), json!({}), json!(["Extra"])] {
        refuses(&typed(wrong), "/type", Reason::WrongValue);
    }
}

#[test]
fn if_more_than_one_type_is_provided_the_order_does_not_matter() {
    let (one, two) = ("https://example.org/#One", "https://example.org/#Two");
    accepts(&with(credential(), "/type", json!([one, "VerifiableCredential", two])));
    accepts(&with(credential(), "/type", json!([two, one, "VerifiableCredential"])));
    refuses(&with(credential(), "/type", json!(["VerifiableCredential", one, one])), "/type/2", Reason::Duplicate);
}

#[test]
fn objects_that_must_have_a_type_specified() {
    let kind = "https://example.org/#Kind";
    for member in [
        "credentialStatus",
        "termsOfUse",
        "evidence",
        "refreshService",
        "credentialSchema",
        "confidenceMethod",
        "renderMethod",
        "proof",
    ] {
        let pointer = format!("/{member}");
        let set = |value: Value| with(credential(), &pointer, value);
        let fine = json!({ "id": "did:example:1", "type": kind });
        let untyped = json!({ "id": "did:example:2" });
        accepts(&set(fine.clone()));
        accepts(&set(json!([fine, with(fine.clone(), "/id", json!("did:example:2"))])));
        refuses(&set(untyped.clone()), &format!("{pointer}/type"), Reason::MissingType);
        refuses(&set(json!([fine, untyped])), &format!("{pointer}/1/type"), Reason::MissingType);
        refuses(&set(json!({ "type": 2 })), &format!("{pointer}/type"), Reason::WrongValue);
        refuses(&set(json!({ "type": "Unmapped" })), &format!("{pointer}/type"), Reason::UnmappedType);
        refuses(&set(json!([])), &pointer, Reason::WrongValue);
        refuses(&set(json!("did:example:1")), &pointer, Reason::WrongValue);
        refuses(&set(json!(null)), &pointer, Reason::WrongValue);
        refuses(&set(with(fine.clone(), "/id", json!("not-a-url"))), &format!("{pointer}/id"), Reason::NotAUrl);
        refuses(&set(with(fine.clone(), "/id", json!(["did:example:1"]))), &format!("{pointer}/id"), Reason::NotAUrl);
    }
    refuses_presentation(&with(presentation(), "/termsOfUse", json!({})), "/termsOfUse/type", Reason::MissingType);
    refuses_presentation(&with(presentation(), "/proof", json!([{}])), "/proof/0/type", Reason::MissingType);
}

// §4.6 Names and Descriptions, §11.1 Language and Base Direction

#[test]
fn name_and_description_must_be_a_string_or_a_language_value_object() {
    let issuer = with(credential(), "/issuer", json!({ "id": "did:example:issuer" }));
    for member in ["name", "description"] {
        for place in ["", "/issuer", "/credentialSubject"] {
            let pointer = format!("{place}/{member}");
            let set = |value: Value| with(issuer.clone(), &pointer, value);
            for fine in [
                json!("Example"),
                json!({ "@value": "Example", "@language": "en" }),
                json!({ "@value": "مثال", "@language": "ar-EG", "@direction": "rtl" }),
                json!({ "@value": "Example" }),
                json!([{ "@value": "Dog", "@language": "en" }, { "@value": "Chien", "@language": "fr" }, "Cane"]),
            ] {
                accepts(&set(fine));
            }
            for wrong in [json!(1), json!(true), json!(null), json!([]), json!([1]), json!([["a"]])] {
                let judged = judged(&set(wrong)).unwrap_err();
                assert!(judged.pointer.starts_with(&pointer), "{judged}");
                assert_eq!(judged.reason, Reason::LanguageValue, "{judged}");
            }
        }
    }
}

#[test]
fn a_language_value_object_must_have_no_other_members_than_value_language_and_direction() {
    let set = |value: Value| with(credential(), "/name", value);
    for (wrong, member) in [
        (json!({ "@value": "a", "@language": "en", "url": "did:example:1" }), "url"),
        (json!({ "@value": "a", "@type": "https://example.org/#T" }), "@type"),
        (json!({ "@value": "a", "name": "b" }), "name"),
        (json!({ "@language": "en" }), "@value"),
        (json!({}), "@value"),
        (json!({ "@value": 1 }), "@value"),
        (json!({ "@value": ["a"], "@language": "en" }), "@value"),
        (json!({ "@value": "a", "@language": 1 }), "@language"),
        (json!({ "@value": "a", "@language": "not a tag" }), "@language"),
        (json!({ "@value": "a", "@language": "" }), "@language"),
        (json!({ "@value": "a", "@direction": "up" }), "@direction"),
    ] {
        refuses(&set(wrong), &format!("/name/{member}"), Reason::LanguageValue);
    }
}

// §4.7 Issuer

#[test]
fn a_verifiable_credential_must_have_an_issuer_property() {
    refuses(&without(credential(), "/issuer"), "/issuer", Reason::Missing);
}

#[test]
fn the_issuer_must_be_a_url_or_an_object_containing_an_id_whose_value_is_a_url() {
    accepts(&with(credential(), "/issuer", json!("https://example.org/issuer")));
    accepts(&with(credential(), "/issuer", json!({ "id": "did:example:issuer", "name": "Somebody" })));
    for wrong in [json!("not-a-url"), json!(""), json!(["did:example:issuer", 1])] {
        assert_eq!(judged(&with(credential(), "/issuer", wrong)).unwrap_err().reason, Reason::NotAUrl);
    }
    refuses(&with(credential(), "/issuer", json!(["did:example:issuer"])), "/issuer", Reason::NotAUrl);
    refuses(&with(credential(), "/issuer", json!(123_456_789)), "/issuer", Reason::NotAUrl);
    refuses(&with(credential(), "/issuer", json!(null)), "/issuer", Reason::WrongValue);
    refuses(&with(credential(), "/issuer", json!({})), "/issuer/id", Reason::Missing);
    refuses(&with(credential(), "/issuer", json!({ "name": "Somebody" })), "/issuer/id", Reason::Missing);
    for wrong in [json!("not-a-url"), json!(1), json!(null), json!([])] {
        refuses(&with(credential(), "/issuer", json!({ "id": wrong })), "/issuer/id", Reason::NotAUrl);
    }
}

// §4.8 Credential Subject

#[test]
fn a_verifiable_credential_must_contain_a_credential_subject() {
    refuses(&without(credential(), "/credentialSubject"), "/credentialSubject", Reason::Missing);
}

#[test]
fn each_credential_subject_must_be_an_object_with_one_or_more_claims() {
    let set = |value: Value| with(credential(), "/credentialSubject", value);
    let subject = json!({ "id": "did:example:subject" });
    accepts(&set(json!([subject, { "id": "did:example:other:subject" }])));
    refuses(&set(json!({})), "/credentialSubject", Reason::WrongValue);
    refuses(&set(json!([])), "/credentialSubject", Reason::WrongValue);
    refuses(&set(json!([subject, {}])), "/credentialSubject/1", Reason::WrongValue);
    refuses(&set(json!("did:example:subject")), "/credentialSubject", Reason::WrongValue);
    refuses(&set(json!([subject, "did:example:subject"])), "/credentialSubject/1", Reason::WrongValue);
    refuses(&set(json!(1)), "/credentialSubject", Reason::NotAUrl);
    refuses(&set(json!(null)), "/credentialSubject", Reason::WrongValue);
}

// §4.9 Validity Period, §5.8 (time values)

#[test]
fn valid_from_and_valid_until_must_be_date_time_stamps() {
    for member in ["validFrom", "validUntil"] {
        let pointer = format!("/{member}");
        for fine in [
            "2023-02-26T00:16:15Z",
            "2023-02-26T00:16:15.123Z",
            "2023-02-26T00:16:15+05:30",
            "2023-02-26T00:16:15.5-13:59",
            "2100-02-26T24:00:00Z",
        ] {
            accepts(&with(credential(), &pointer, fine.into()));
        }
        for wrong in [
            json!("2023-02-26"),
            json!("2023-02-26T00:16:15"),
            json!("2023-02-30T00:16:15Z"),
            json!("Feb 26, 2023"),
            json!(""),
            json!(1_677_370_575),
            json!(["2023-02-26T00:16:15Z"]),
        ] {
            refuses(&with(credential(), &pointer, wrong), &pointer, Reason::BadDate);
        }
        refuses(&with(credential(), &pointer, json!(null)), &pointer, Reason::WrongValue);
    }
}

#[test]
fn valid_from_must_be_temporally_the_same_or_earlier_than_valid_until() {
    let set =
        |from: &str, until: &str| with(with(credential(), "/validFrom", from.into()), "/validUntil", until.into());
    accepts(&set("2023-01-01T00:00:00Z", "2023-01-01T00:00:00Z"));
    accepts(&set("2023-01-01T00:00:00Z", "2023-01-01T01:00:00+01:00"));
    accepts(&set("2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z"));
    refuses(&set("2023-01-01T00:00:00Z", "2022-12-31T23:59:59Z"), "/validUntil", Reason::Period);
    refuses(&set("2023-01-01T00:00:00.001Z", "2023-01-01T00:00:00Z"), "/validUntil", Reason::Period);
    refuses(&set("2023-01-01T00:00:00Z", "2023-01-01T00:59:59+01:00"), "/validUntil", Reason::Period);
}

// §4.10 Status

#[test]
fn a_status_must_have_a_type_and_if_present_an_id_that_is_a_url() {
    let entry = json!({
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": "https://example.org/status/3",
    });
    accepts(&with(credential(), "/credentialStatus", entry.clone()));
    accepts(&with(
        credential(),
        "/credentialStatus",
        with(entry.clone(), "/id", json!("https://example.org/status/3#1")),
    ));
    let not_a_url = with(entry, "/statusListCredential", json!("status/3"));
    refuses(
        &with(credential(), "/credentialStatus", not_a_url),
        "/credentialStatus/statusListCredential",
        Reason::NotAUrl,
    );
}

// §4.11 Data Schemas

#[test]
fn each_credential_schema_must_specify_its_type_and_an_id_that_is_a_url() {
    let schema = json!({ "id": "https://example.org/schema.json", "type": "JsonSchema" });
    let set = |value: Value| with(credential(), "/credentialSchema", value);
    accepts(&set(schema.clone()));
    accepts(&set(json!([schema, with(schema.clone(), "/id", json!("https://example.org/other.json"))])));
    refuses(&set(without(schema.clone(), "/id")), "/credentialSchema/id", Reason::Missing);
    refuses(&set(without(schema.clone(), "/type")), "/credentialSchema/type", Reason::MissingType);
    refuses(&set(with(schema.clone(), "/id", json!(123))), "/credentialSchema/id", Reason::NotAUrl);
    refuses(&set(with(schema, "/id", json!("schema.json"))), "/credentialSchema/id", Reason::NotAUrl);
}

// §4.13 Verifiable Presentations

fn presented(credentials: Value) -> Value {
    with(presentation(), "/verifiableCredential", credentials)
}

fn secured() -> Value {
    with(credential(), "/proof", json!({ "type": "https://example.org/#Proof" }))
}

fn enveloped() -> Value {
    json!({ "@context": BASE, "type": ENVELOPED_CREDENTIAL, "id": "data:application/vc+jwt,eyJh.eyJh.c2ln" })
}

#[test]
fn the_values_of_verifiable_credential_must_be_credentials_or_enveloped_ones_and_no_other_values() {
    accepts_presentation(&presented(secured()));
    accepts_presentation(&presented(json!([secured(), enveloped(), secured()])));
    for wrong in [json!("https://example.org/1"), json!([secured(), "did:example:1"])] {
        assert_eq!(judged_presentation(&presented(wrong)).unwrap_err().reason, Reason::WrongValue);
    }
    refuses_presentation(&presented(json!(1)), "/verifiableCredential", Reason::WrongValue);
    refuses_presentation(&presented(json!([])), "/verifiableCredential", Reason::WrongValue);
    refuses_presentation(&presented(json!(null)), "/verifiableCredential", Reason::WrongValue);
    let untyped = with(secured(), "/type", json!(["https://example.org/#Other"]));
    refuses_presentation(&presented(json!([secured(), untyped])), "/verifiableCredential/1/type", Reason::MissingType);
}

#[test]
fn the_credentials_of_a_presentation_must_conform_themselves() {
    refuses_presentation(
        &presented(json!([without(secured(), "/@context")])),
        "/verifiableCredential/0/@context",
        Reason::ContextOrder,
    );
    refuses_presentation(
        &presented(json!([with(secured(), "/issuer", json!("nobody"))])),
        "/verifiableCredential/0/issuer",
        Reason::NotAUrl,
    );
    refuses_presentation(
        &presented(json!([with(secured(), "/unmapped", json!(1))])),
        "/verifiableCredential/0/unmapped",
        Reason::UnmappedTerm,
    );
    // A context of the presentation does not reach its credentials.
    let examples =
        with(presented(json!([with(secured(), "/unmapped", json!(1))])), "/@context", json!([BASE, EXAMPLES]));
    refuses_presentation(&examples, "/verifiableCredential/0/unmapped", Reason::UnmappedTerm);
}

#[test]
fn the_holder_must_be_a_url_or_an_object_containing_an_id() {
    for fine in [json!("did:example:holder"), json!({ "id": "did:example:holder" })] {
        accepts_presentation(&with(presentation(), "/holder", fine));
    }
    refuses_presentation(&with(presentation(), "/holder", json!("holder")), "/holder", Reason::NotAUrl);
    refuses_presentation(&with(presentation(), "/holder", json!({})), "/holder/id", Reason::Missing);
    refuses_presentation(&with(presentation(), "/holder", json!({ "id": 1 })), "/holder/id", Reason::NotAUrl);
}

#[test]
fn an_enveloped_credential_must_have_the_context_the_type_and_a_data_url() {
    let contexts = Contexts::published();
    let check = |document: &Value| check_enveloped(&contexts, document, ENVELOPED_CREDENTIAL);
    assert_eq!(check(&enveloped()), Ok(()));
    assert_eq!(check(&with(enveloped(), "/@context", json!([BASE, EXAMPLES]))), Ok(()));
    assert_eq!(check(&with(enveloped(), "/type", json!([ENVELOPED_CREDENTIAL]))), Ok(()));
    for context in [json!([]), json!(EXAMPLES), json!([EXAMPLES]), json!(null)] {
        let document = with(enveloped(), "/@context", context);
        expect(check(&document), &document, "/@context", Reason::ContextOrder);
        refuses_presentation(&presented(document), "/verifiableCredential/@context", Reason::ContextOrder);
    }
    let bare = without(enveloped(), "/@context");
    expect(check(&bare), &bare, "/@context", Reason::ContextOrder);
    for id in [
        "eyJh.eyJh.c2ln",
        "data:application/vc+jwt",
        "data:,eyJh",
        "data:application/vc+jwt,",
        "data:application/vc+jwt,a b",
    ] {
        let document = with(enveloped(), "/id", id.into());
        expect(check(&document), &document, "/id", Reason::NotAUrl);
    }
    let other = with(enveloped(), "/id", json!("data:text/html,eyJh"));
    expect(check(&other), &other, "/id", Reason::WrongValue);
    for kind in [json!("VerifiableCredential"), json!([]), json!(ENVELOPED_PRESENTATION)] {
        let document = with(enveloped(), "/type", kind);
        expect(check(&document), &document, "/type", Reason::MissingType);
    }
    let both = with(enveloped(), "/type", json!([ENVELOPED_CREDENTIAL, "VerifiableCredential"]));
    expect(check(&both), &both, "/type", Reason::WrongValue);
    let more = with(enveloped(), "/unmapped", json!(1));
    expect(check(&more), &more, "/unmapped", Reason::UnmappedTerm);
}

#[test]
fn an_enveloped_presentation_must_have_the_context_the_type_and_a_data_url() {
    let contexts = Contexts::published();
    let check = |document: &Value| check_enveloped(&contexts, document, ENVELOPED_PRESENTATION);
    let document = json!({ "@context": [BASE], "type": ENVELOPED_PRESENTATION, "id": "data:application/vp+jwt,a.b.c" });
    assert_eq!(check(&document), Ok(()));
    let cases = [
        ("/@context", json!([]), Reason::ContextOrder),
        ("/@context", json!([EXAMPLES]), Reason::ContextOrder),
        ("/type", json!(["VerifiablePresentation"]), Reason::MissingType),
        ("/id", json!("a.b.c"), Reason::NotAUrl),
        ("/id", json!("data:application/vc+jwt,a.b.c"), Reason::WrongValue),
    ];
    for (pointer, value, reason) in cases {
        let document = with(document.clone(), pointer, value);
        expect(check(&document), &document, pointer, reason);
    }
}

#[test]
fn a_presentation_with_a_credential_that_only_it_secures_must_include_a_holder() {
    let own = presented(json!([credential()]));
    refuses_presentation(&own, "/verifiableCredential/0", Reason::Unsecured);
    accepts_presentation(&with(own, "/holder", json!("did:example:issuer")));
}

#[test]
fn the_issuer_of_a_credential_that_only_the_presentation_secures_must_be_its_holder() {
    let own = presented(json!([secured(), credential()]));
    accepts_presentation(&with(own.clone(), "/holder", json!({ "id": "did:example:issuer" })));
    refuses_presentation(
        &with(own, "/holder", json!("did:example:acme")),
        "/verifiableCredential/1",
        Reason::Unsecured,
    );
}

// §5.2 Extensibility

#[test]
fn a_context_that_redefines_a_term_of_the_active_context_is_an_error() {
    let set = |context: Value| with(credential(), "/@context", context);
    for redefined in ["VerifiableCredential", "id", "type", "name", "DataIntegrityProof"] {
        refuses(&set(json!([BASE, { redefined: "https://example.org/#Bad" }])), "/@context", Reason::ProtectedTerm);
    }
    let protected = json!({ "@protected": true, "Extra": "https://example.org/#Extra" });
    refuses(
        &set(json!([BASE, protected, { "Extra": "https://example.org/#Bad" }])),
        "/@context",
        Reason::ProtectedTerm,
    );
    accepts(&set(json!([BASE, protected, { "Extra": "https://example.org/#Extra" }])));
    accepts(&set(json!([BASE, { "Extra": "https://example.org/#Extra" }, { "Extra": "https://example.org/#Other" }])));
}

#[test]
fn a_term_of_the_data_model_cannot_be_given_another_name() {
    let context = json!([BASE, { "until": "https://www.w3.org/2018/credentials#validUntil" }]);
    let document = with(with(credential(), "/@context", context), "/until", json!("2020-01-01T00:00:00Z"));
    refuses(&document, "/until", Reason::ProtectedTerm);
    refuses(
        &with(credential(), "/https:~1~1www.w3.org~12018~1credentials#issuer", json!("did:example:other")),
        "/https:~1~1www.w3.org~12018~1credentials#issuer",
        Reason::ProtectedTerm,
    );
}

// §5.3 Integrity of Related Resources

/// The digests that VC Data Model 2.0 B.1 and the working group's test suite give for the base context.
const SRI: &str = "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU";
const MULTIBASE: &str = "uWZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ";

fn related(resource: Value) -> Value {
    with(credential(), "/relatedResource", resource)
}

#[test]
fn related_resource_must_be_one_or_more_objects() {
    let one = json!({ "id": BASE, "digestSRI": SRI, "digestMultibase": MULTIBASE, "mediaType": "application/ld+json" });
    accepts(&related(one.clone()));
    accepts(&related(
        json!([one, { "id": "https://example.org/image", "digestMultibase": "uEiAjCHMnK5-ayOIZLWo_TBoKYVvSAprlkYEjRlm19Cj0uw" }]),
    ));
    for wrong in [json!("https://example.org/image"), json!([one, "https://example.org/image"]), json!([])] {
        assert_eq!(judged(&related(wrong)).unwrap_err().reason, Reason::WrongValue);
    }
    refuses(&related(with(one, "/mediaType", json!("nonsense"))), "/relatedResource/mediaType", Reason::WrongValue);
}

#[test]
fn the_identifier_of_a_related_resource_is_required_and_unique() {
    refuses(&related(json!({ "digestSRI": SRI })), "/relatedResource/id", Reason::Missing);
    refuses(&related(json!({ "id": "context", "digestSRI": SRI })), "/relatedResource/id", Reason::NotAUrl);
    let twice = json!([{ "id": BASE, "digestSRI": SRI }, { "id": BASE, "digestMultibase": MULTIBASE }]);
    refuses(&related(twice), "/relatedResource/1/id", Reason::Duplicate);
}

#[test]
fn each_related_resource_must_contain_at_least_a_digest_sri_or_a_digest_multibase() {
    refuses(&related(json!([{ "id": BASE }, { "id": EXAMPLES }])), "/relatedResource/0", Reason::MissingDigest);
    for (member, digest) in [
        ("digestSRI", "sha256-ca3d163bab055381827226140568f3bef634ac187cebd76878e0b63e9e442356"),
        ("digestSRI", "md5-1B2M2Y8AsgTpgAmY7PhCfg=="),
        ("digestMultibase", "uZTQ0MjM1NiAgcmVwb3J0cc5jZWxhdGVkLXJlc291cmNlLmpzb24K"),
        ("digestMultibase", "WZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ"),
    ] {
        let resource = json!({ "id": "https://example.org/image", member: digest });
        refuses(&related(resource), &format!("/relatedResource/{member}"), Reason::BadDigest);
    }
}

#[test]
fn a_digest_that_does_not_match_the_resource_must_produce_an_error() {
    let other = "sha384-NSOcNpmdIVUxIJGvGUoe22FjTWrXiaXlsZ8q6912LdnR3KraQO2n75Ica4wK4Qeg";
    refuses(&related(json!({ "id": BASE, "digestSRI": other })), "/relatedResource/digestSRI", Reason::WrongDigest);
    let other = "uJKGMkOmFbVJhEfKTduMC2XCyvRAYLjOVmZWwIH1wQ7k";
    let resource = json!({ "id": BASE, "digestSRI": SRI, "digestMultibase": other });
    refuses(&related(resource), "/relatedResource/digestMultibase", Reason::WrongDigest);
}
