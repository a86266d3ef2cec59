//! DID Resolution v1 over HTTP, one test per normative statement; DID documents by DID Core v1.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::envelope::assert_valid;
use crate::service::{Answer, HOST, Service, URL};

const NAMESPACE: &str = "https://www.w3.org/ns/did#";
const ED25519_DID_KEY: &str = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp";
/// `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, the key of RFC 8037.
const ED25519_DID_JWK: &str = "did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJFZDI1NTE5IiwieCI6IjExcVlBWUt4Q3JmVlNfN1R5V1FIT2c3aGN2UGFwaU1scndJYWFQY0hVUm8ifQ";

fn issuer() -> String {
    format!("did:web:{HOST}")
}

/// Percent-encodes as `encodeURIComponent` does.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

async fn resolve_as(service: &Service, path: &str, accept: &str) -> Answer {
    let request = Request::get(format!("/1.0/identifiers/{path}")).header("accept", accept);
    service.send(request.body(Body::empty()).unwrap()).await
}

async fn resolve(service: &Service, path: &str) -> Answer {
    service.get(&format!("/1.0/identifiers/{path}")).await
}

/// Asserts a refusal in the form of a resolution result.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, name: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/did-resolution");
    let result = answer.json();
    assert_valid("did-resolution-result", &result);
    let error = &result["didResolutionMetadata"]["error"];
    assert_eq!(error["type"], format!("{NAMESPACE}{name}"), "{result:#}");
    assert!(error["title"].is_string() && error["detail"].is_string());
    assert_eq!((&result["didDocument"], &result["didDocumentMetadata"]), (&Value::Null, &json!({})));
}

#[tokio::test]
async fn a_did_that_exists_resolves_with_status_200_to_a_document_with_that_id() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    for did in [agent.did.as_str(), &issuer(), ED25519_DID_KEY, ED25519_DID_JWK] {
        for path in [did.to_owned(), encoded(did), did.replace('%', "%25")] {
            let answer = resolve(&service, &path).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, "application/did-resolution"), "{path}");
            let result = answer.json();
            assert_valid("did-resolution-result", &result);
            assert_eq!(result["didDocument"]["id"], did);
            assert_eq!(result["didResolutionMetadata"], json!({ "contentType": "application/did" }));
            assert!(result["didDocumentMetadata"].is_object());
        }
    }
}

#[tokio::test]
async fn a_text_that_is_no_did_is_invalid_did_with_status_400() {
    let service = Service::start().await;
    for text in [
        "not-a-did",
        "did:example",
        "did:UPPER:x",
        "did:poa:a:b%20c",
        "%ff",
        "did%3Akey%3Az6Mk%20",
        "",
        "did:poa:127.0.0.1%3A8080:6F1E7A7E-3c0b-4d52-9a3c-0123456789ab",
        "did:poa:127.0.0.1%3A8080:00000000-0000-0000-0000-000000000000",
        "did:key:z6Mk",
        "did:jwk:e30",
        "did:web:a..b",
        "did:web:a%253A0",
        "did:web::path",
        "did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJFZDI1NTE5IiwieCI6IkFBIn0",
    ] {
        assert_refused(&resolve(&service, text).await, 400, "INVALID_DID");
    }
    assert_refused(&service.get("/1.0/identifiers").await, 400, "INVALID_DID");
}

#[tokio::test]
async fn a_did_that_does_not_exist_is_not_found_with_status_404() {
    let service = Service::start().await;
    let unknown = format!("did:poa:{HOST}:00000000-0000-4000-8000-000000000001");
    assert_refused(&resolve(&service, &unknown).await, 404, "NOT_FOUND");
    assert_refused(&resolve(&service, &format!("{}:agents:x", issuer())).await, 404, "NOT_FOUND");
}

#[tokio::test]
async fn another_spelling_of_our_own_did_is_not_found() {
    let service = Service::start().await;
    for did in [issuer().replace("%3A", "%3a"), issuer().to_uppercase().replace("DID:WEB:", "did:web:")] {
        if did != issuer() {
            assert_refused(&resolve(&service, &encoded(&did)).await, 404, "NOT_FOUND");
        }
    }
}

#[tokio::test]
async fn a_method_of_others_is_method_not_supported_with_status_501() {
    let service = Service::start().await;
    for did in ["did:unsupported:123456789abcdefghi", "did:ethr:0x1", "did:example:a"] {
        assert_refused(&resolve(&service, did).await, 501, "METHOD_NOT_SUPPORTED");
    }
}

#[tokio::test]
async fn dids_that_others_have_to_resolve_and_keys_that_are_not_ed25519_are_feature_not_supported() {
    let service = Service::start().await;
    for did in [
        "did:web:other.example",
        "did:web:other.example:with:path",
        // Good by did:web and DID Core §3.1, whatever our own names look like.
        "did:web:Example.com",
        "did:web:a_b.example",
        "did:web:xn--bcher-kva.example",
        "did:web:other.example.",
        "did:web:other.example%3A8443",
        "did:web:other.example%3a8443:path",
        "did:web:192.0.2.1%3a8080",
        "did:web:%5B%3A%3A1%5D%3A8080",
        // Other keys, and keys for encryption, in a DID that is itself fine.
        "did:jwk:eyJrdHkiOiJFQyIsImNydiI6IlAtMjU2IiwieCI6ImEiLCJ5IjoiYiJ9",
        "did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJFZDI1NTE5IiwieCI6IjExcVlBWUt4Q3JmVlNfN1R5V1FIT2c3aGN2UGFwaU1scndJYWFQY0hVUm8iLCJ1c2UiOiJlbmMifQ",
        "did:poa:other.example:00000000-0000-4000-8000-000000000001",
        "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
    ] {
        assert_refused(&resolve(&service, did).await, 501, "FEATURE_NOT_SUPPORTED");
    }
}

#[tokio::test]
async fn a_revoked_agents_did_is_deactivated_with_status_410_and_a_suspended_ones_is_not() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    assert_eq!(service.operator(Method::POST, &agent.path("/suspend"), &Value::Null).await.status, 200);
    assert_eq!(resolve(&service, &agent.did).await.status, 200);
    assert_eq!(service.operator(Method::POST, &agent.path("/revoke"), &json!({})).await.status, 200);
    for accept in ["*/*", "application/did-resolution", "application/did"] {
        let answer = resolve_as(&service, &agent.did, accept).await;
        assert_eq!((answer.status, answer.header("content-type")), (410, "application/did-resolution"));
        let result = answer.json();
        assert_valid("did-resolution-result", &result);
        assert_eq!(
            (&result["didDocument"], &result["didDocumentMetadata"]["deactivated"]),
            (&Value::Null, &json!(true))
        );
        assert!(result["didResolutionMetadata"].get("error").is_none());
    }
    let dereferenced = resolve_as(&service, &agent.did, "application/did-url-dereferencing").await;
    assert_eq!((dereferenced.status, &dereferenced.json()["contentStream"]), (410, &Value::Null));
    service.get(&format!("/did/{}", agent.did)).await.assert_problem(410, "gone");
}

#[tokio::test]
async fn a_representation_that_is_accepted_is_served_alone_with_its_content_type() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    for (accept, content_type) in [
        ("application/did", "application/did"),
        ("application/did+json", "application/did+json"),
        ("application/did+ld+json", "application/did+ld+json"),
        ("application/json", "application/json"),
        ("application/ld+json", "application/ld+json"),
        ("text/html, application/did;q=0.2, application/did+json;q=0.3", "application/did+json"),
    ] {
        for path in [format!("/1.0/identifiers/{}", agent.did), format!("/did/{}", agent.did)] {
            let request = Request::get(path).header("accept", accept).body(Body::empty()).unwrap();
            let answer = service.send(request).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, content_type), "{accept}");
            assert_eq!(answer.header("vary"), "accept");
            assert_eq!(answer.json()["id"], agent.did);
        }
    }
}

#[tokio::test]
async fn a_resolution_result_is_served_by_its_media_type_its_old_profile_and_by_wildcards() {
    let service = Service::start().await;
    let legacy = "application/ld+json;profile=\"https://w3id.org/did-resolution\"";
    for (accept, content_type) in [
        ("*/*", "application/did-resolution"),
        ("application/*", "application/did-resolution"),
        ("application/did;q=0.5, application/did-resolution", "application/did-resolution"),
        (legacy, legacy),
    ] {
        let answer = resolve_as(&service, ED25519_DID_KEY, accept).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, content_type));
        assert_eq!(answer.json()["didDocument"]["id"], ED25519_DID_KEY);
        let context = answer.json().get("@context").cloned();
        assert_eq!(context, (accept == legacy).then(|| json!("https://w3id.org/did-resolution/v1")));
    }
}

#[tokio::test]
async fn a_representation_that_there_is_not_is_refused_with_status_406() {
    let service = Service::start().await;
    for accept in ["application/x-unsupported", "text/html", "application/did-resolution;q=0"] {
        let answer = resolve_as(&service, ED25519_DID_KEY, accept).await;
        assert_refused(&answer, 406, "REPRESENTATION_NOT_SUPPORTED");
    }
    let request = Request::get(format!("/did/{ED25519_DID_KEY}")).header("accept", "text/html");
    service.send(request.body(Body::empty()).unwrap()).await.assert_problem(406, "not-acceptable");
}

#[tokio::test]
async fn options_and_parameters_that_are_not_ascii_are_invalid() {
    let service = Service::start().await;
    for name in ["service", "serviceType", "relativeRef", "versionId", "versionTime", "hl", "accept"] {
        for value in ["🔥💥🚫", "Привет", "こんにちは", "مرحبا", "foo\u{200B}bar"] {
            let path = format!("{ED25519_DID_KEY}?{name}={}", encoded(value));
            assert_refused(&resolve(&service, &path).await, 400, "INVALID_OPTIONS");
        }
    }
}

#[tokio::test]
async fn a_version_time_is_an_xml_date_time_in_utc_to_the_second() {
    let service = Service::start().await;
    for value in [
        "2025-10-07 12:30:45",
        "2025/10/07T12:30:45",
        "2025-13-07T12:30:45",
        "2025-10-32T12:30:45Z",
        "2025-10-07T25:00:00Z",
        "2025-10-07T12:30:60Z",
        "2025-10-07T12:30:45+24:00",
        "2025-10-07",
        "2025-10-07T12:30:45abc",
        "T12:30:45",
        "2025-10-07T00:00:00+02:00",
        "2025-10-07T00:00:00",
        "2025-10-07T00:00:00.123Z",
        "",
    ] {
        let path = format!("{ED25519_DID_KEY}?versionTime={}", encoded(value));
        assert_refused(&resolve(&service, &path).await, 400, "INVALID_OPTIONS");
    }
    let agent = service.register_managed("a").await;
    for did in [agent.did.as_str(), &issuer(), ED25519_DID_KEY] {
        let answer = resolve(&service, &format!("{did}?versionTime=2025-10-07T14:30:00Z")).await;
        assert_eq!((answer.status, &answer.json()["didDocument"]["id"]), (200, &json!(did)));
    }
}

#[tokio::test]
async fn a_relative_reference_is_percent_encoded() {
    let service = Service::start().await;
    for value in ["my path/file", "file#section", "dir/with?query=value"] {
        let path = format!("{ED25519_DID_KEY}?relativeRef={}", encoded(value));
        assert_refused(&resolve(&service, &path).await, 400, "INVALID_OPTIONS");
    }
    let path = format!("{ED25519_DID_KEY}?relativeRef={}", encoded("my%20path/file"));
    assert_eq!(resolve(&service, &path).await.status, 200);
}

#[tokio::test]
async fn options_that_are_unknown_or_stand_twice_are_refused() {
    let service = Service::start().await;
    let path = |query: &str| format!("{}?{query}", encoded(ED25519_DID_KEY));
    for query in ["option1=value1", "hl=abc"] {
        assert_refused(&resolve(&service, &path(query)).await, 501, "FEATURE_NOT_SUPPORTED");
    }
    for query in ["service=a&service=b", "versionId=1&versionTime=2025-10-07T14:30:00Z", "expandRelativeUrls=yes"] {
        assert_refused(&resolve(&service, &path(query)).await, 400, "INVALID_OPTIONS");
    }
    for query in ["service=linkedDomain", "serviceType=LinkedDomain", "expandRelativeUrls=true", ""] {
        assert_eq!(resolve(&service, &path(query)).await.status, 200, "{query}");
    }
}

#[tokio::test]
async fn post_takes_options_in_its_body() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    let path = format!("/1.0/identifiers/{}", agent.did);
    let post = async |body: &str| service.send(Request::post(&path).body(Body::from(body.to_owned())).unwrap()).await;
    for body in ["", "{}", r#"{"expandRelativeUrls": true, "versionId": "1"}"#] {
        let answer = post(body).await;
        assert_eq!((answer.status, &answer.json()["didDocument"]["id"]), (200, &json!(agent.did)), "{body}");
    }
    assert_refused(&post(r#"{"versionId": "2"}"#).await, 404, "NOT_FOUND");
    for body in ["[]", "{", r#"{"versionId": 1}"#, r#"{"versionTime": "x"}"#] {
        assert_refused(&post(body).await, 400, "INVALID_OPTIONS");
    }
}

#[tokio::test]
async fn versions_of_an_agents_document_follow_its_keys() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    let first = resolve(&service, &agent.did).await.json();
    assert_eq!(first["didDocumentMetadata"], json!({ "created": "2026-01-15T10:20:00Z", "versionId": "1" }));
    service.clock.advance(100);
    let next = crate::service::Attestor::random();
    let body = json!({ "ed25519_public_key": next.multikey() });
    let rotated = service.operator(Method::POST, &agent.path("/keys"), &body).await;
    assert_eq!(rotated.status, 200, "{rotated:?}");
    let second = resolve(&service, &agent.did).await.json();
    let expected = json!({ "created": "2026-01-15T10:20:00Z", "updated": "2026-01-15T10:21:40Z", "versionId": "2" });
    assert_eq!(second["didDocumentMetadata"], expected);
    assert_eq!(second["didDocument"]["verificationMethod"][0]["publicKeyMultibase"], next.multikey());
    for query in ["versionId=1", "versionTime=2026-01-15T10:21:39Z", "versionTime=2020-01-01T00:00:00Z"] {
        let old = resolve(&service, &format!("{}?{query}", encoded(&agent.did))).await.json();
        assert_valid("did-resolution-result", &old);
        assert_eq!(old["didDocument"], first["didDocument"], "{query}");
        let metadata = &old["didDocumentMetadata"];
        assert_eq!((&metadata["nextVersionId"], &metadata["nextUpdate"]), (&json!("2"), &expected["updated"]));
    }
    for query in ["versionId=2", "versionTime=2026-01-15T10:21:40Z", "versionTime=2030-01-01T00:00:00Z"] {
        let new = resolve(&service, &format!("{}?{query}", encoded(&agent.did))).await.json();
        assert_eq!(new["didDocument"], second["didDocument"], "{query}");
    }
    assert_refused(&resolve(&service, &format!("{}?versionId=3", agent.did)).await, 404, "NOT_FOUND");
    assert_refused(&resolve(&service, &format!("{}?versionId=1", issuer())).await, 501, "FEATURE_NOT_SUPPORTED");
}

const DEREFERENCING: &str = "application/did-url-dereferencing";

#[tokio::test]
async fn a_did_url_dereferences_to_the_document_or_the_part_it_names() {
    let service = Service::start().await;
    let whole = resolve_as(&service, &issuer(), DEREFERENCING).await;
    assert_eq!((whole.status, whole.header("content-type")), (200, DEREFERENCING));
    let whole = whole.json();
    assert_eq!(whole["dereferencingMetadata"], json!({ "contentType": "application/did" }));
    assert_eq!(
        (&whole["contentStream"]["id"], &whole["contentMetadata"]["created"]),
        (&json!(issuer()), &json!("2026-01-15T10:20:00Z"))
    );
    for method in whole["contentStream"]["verificationMethod"].as_array().unwrap() {
        let answer = resolve(&service, &encoded(method["id"].as_str().unwrap())).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, DEREFERENCING));
        assert_valid("did-url-dereferencing-result", &answer.json());
        let mut expected = method.clone();
        expected["@context"] = whole["contentStream"]["@context"].clone();
        assert_eq!(answer.json()["contentStream"], expected);
    }
    let alone = resolve_as(&service, &encoded(&format!("{}#trust", issuer())), "application/did").await;
    assert_eq!(
        (alone.status, &alone.json()["serviceEndpoint"]),
        (200, &json!(format!("{URL}/.well-known/poa-trust.json")))
    );
    for (url, status, name) in [
        (format!("{}#none", issuer()), 404, "NOT_FOUND"),
        (format!("{}/path", issuer()), 404, "NOT_FOUND"),
        (format!("{}?unknown=1", issuer()), 501, "FEATURE_NOT_SUPPORTED"),
        (format!("did:poa:{HOST}:00000000-0000-4000-8000-000000000001#k"), 404, "NOT_FOUND"),
        (format!("{}?service=a&service=b", issuer()), 400, "INVALID_DID_URL"),
    ] {
        let answer = resolve_as(&service, &encoded(&url), DEREFERENCING).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, DEREFERENCING), "{url}");
        let result = answer.json();
        assert_valid("did-url-dereferencing-result", &result);
        assert_eq!(result["dereferencingMetadata"]["error"]["type"], format!("{NAMESPACE}{name}"));
        assert_eq!((&result["contentStream"], &result["contentMetadata"]), (&Value::Null, &json!({})));
    }
}

/// Asserts a refusal in the form of a dereferencing result.
#[track_caller]
fn assert_not_dereferenced(answer: &Answer, status: u16, name: &str) {
    assert_eq!((answer.status, answer.header("content-type")), (status, DEREFERENCING), "{}", answer.text());
    let result = answer.json();
    assert_valid("did-url-dereferencing-result", &result);
    assert_eq!(result["dereferencingMetadata"]["error"]["type"], format!("{NAMESPACE}{name}"));
    assert_eq!((&result["contentStream"], &result["contentMetadata"]), (&Value::Null, &json!({})));
}

/// DID Resolution §5, step 1: what is asked for decides on the form of the answer, whatever is wrong with the text.
#[tokio::test]
async fn a_malformed_did_url_gets_a_dereferencing_result() {
    let service = Service::start().await;
    for text in ["not-a-did", "did:example", "did:UPPER:x", "did:web:a b", "did:a:b:", "%ff", ""] {
        assert_not_dereferenced(&resolve_as(&service, &encoded(text), DEREFERENCING).await, 400, "INVALID_DID_URL");
        assert_refused(&resolve(&service, &encoded(text)).await, 400, "INVALID_DID");
    }
    // A text with more than a DID can only be a DID URL.
    for text in ["did:example#key", "did:UPPER:x/path", "not-a-did?service=x", "did:a:b#c#d", "did:web:a.example#é"] {
        for accept in [DEREFERENCING, "*/*", "application/did"] {
            assert_not_dereferenced(&resolve_as(&service, &encoded(text), accept).await, 400, "INVALID_DID_URL");
        }
    }
    // So is one that cannot be given in the form that is asked for, or has options that cannot be read.
    let key = encoded(&format!("{}#credentials-1", issuer()));
    let other = resolve_as(&service, &key, "text/plain").await;
    assert_not_dereferenced(&other, 406, "REPRESENTATION_NOT_SUPPORTED");
    let twice = encoded(&format!("{}?service=a&service=b", issuer()));
    assert_not_dereferenced(&resolve_as(&service, &twice, "application/did").await, 400, "INVALID_DID_URL");
}

#[tokio::test]
async fn a_did_url_that_selects_a_service_redirects_to_it_with_status_303() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    let record = format!("{URL}{}", agent.path(""));
    let reference = "?service=record&relativeRef=%2Fsome%2Fpath%3Fquery#frag";
    for (url, place) in [
        (format!("{}?service=record", agent.did), record.clone()),
        (format!("{}?service=%23record", agent.did), record.clone()),
        (format!("{}?serviceType=urn:poa:vocab%23AgentRecord", agent.did), record.clone()),
        (format!("{}{reference}", agent.did), format!("{URL}/some/path?query#frag")),
    ] {
        for accept in [DEREFERENCING, "text/uri-list", "*/*"] {
            let answer = resolve_as(&service, &encoded(&url), accept).await;
            assert_eq!(
                (answer.status, answer.header("location"), answer.text().as_str()),
                (303, place.as_str(), ""),
                "{url}"
            );
        }
    }
    let unencoded = resolve_as(&service, &format!("{}?service=record", agent.did), DEREFERENCING).await;
    assert_eq!((unencoded.status, unencoded.header("location")), (303, record.as_str()));
    let document =
        resolve_as(&service, &encoded(&format!("{}?service=none", agent.did)), "application/did").await.json();
    assert_eq!((&document["id"], &document["service"]), (&json!(agent.did), &json!([])));
    for (query, status) in [("service=none", 404), ("service=record&relativeRef=%2F%2Fevil.example", 400)] {
        let answer = resolve_as(&service, &encoded(&format!("{}?{query}", agent.did)), DEREFERENCING).await;
        assert_eq!((answer.status, answer.header("location")), (status, ""), "{query}");
    }
}

#[tokio::test]
async fn a_verification_relationship_that_is_asked_for_is_enforced() {
    let service = Service::start().await;
    let ask = async |fragment: &str, relationship: &str| {
        let url = encoded(&format!("{}#{fragment}", issuer()));
        resolve_as(&service, &format!("{url}?verificationRelationship={relationship}"), DEREFERENCING).await
    };
    assert_eq!(ask("credentials-1", "assertionMethod").await.status, 200);
    for (fragment, relationship, name) in [
        ("heads-1", "assertionMethod", "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"),
        ("credentials-1", "authentication", "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"),
        ("trust", "assertionMethod", "INVALID_VERIFICATION_METHOD"),
    ] {
        let answer = ask(fragment, relationship).await;
        let error = &answer.json()["dereferencingMetadata"]["error"]["type"];
        assert_eq!((answer.status, error), (500, &json!(format!("https://w3id.org/security#{name}"))));
    }
}

/// DID Core §5: what every property of a document must be.
#[tokio::test]
async fn every_document_is_a_did_core_document() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    for did in [agent.did.as_str(), &issuer(), ED25519_DID_KEY, ED25519_DID_JWK] {
        let document = resolve(&service, did).await.json()["didDocument"].clone();
        assert_eq!(document["@context"][0], "https://www.w3.org/ns/did/v1");
        assert_eq!(document["id"], did);
        let methods = document["verificationMethod"].as_array().unwrap();
        let ids: Vec<_> = methods.iter().map(|method| method["id"].as_str().unwrap()).collect();
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len(), "no id stands twice");
        for method in methods {
            assert!(method["id"].as_str().unwrap().starts_with(&format!("{did}#")));
            assert_eq!(method["controller"], did);
            match method["type"].as_str().unwrap() {
                "Multikey" => assert!(method["publicKeyMultibase"].as_str().unwrap().starts_with("z6Mk")),
                "JsonWebKey" | "JsonWebKey2020" => {
                    assert_eq!(method["publicKeyJwk"]["crv"], "Ed25519");
                    assert!(method["publicKeyJwk"].get("d").is_none());
                }
                other => panic!("{other}"),
            }
            let forms = ["publicKeyMultibase", "publicKeyJwk"].iter().filter(|form| method.get(form).is_some());
            assert_eq!(forms.count(), 1, "one form of the key per method");
        }
        for relationship in ["authentication", "assertionMethod", "capabilityInvocation", "capabilityDelegation"] {
            for id in document[relationship].as_array().into_iter().flatten() {
                assert!(ids.contains(&id.as_str().unwrap()), "{relationship}: {id}");
            }
        }
        for entry in document["service"].as_array().into_iter().flatten() {
            assert!(entry["id"].as_str().unwrap().starts_with(&format!("{did}#")));
            assert!(entry["type"].is_string() && entry["serviceEndpoint"].as_str().unwrap().starts_with(URL));
        }
    }
}

/// did:jwk method specification, "Read": one method with the fragment 0, in every relationship of a signing key.
#[tokio::test]
async fn did_jwk_and_did_key_documents_are_as_their_methods_say() {
    let service = Service::start().await;
    for (did, kind, fragment) in [
        (ED25519_DID_JWK, "JsonWebKey2020", "0"),
        (ED25519_DID_KEY, "Multikey", "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"),
    ] {
        let document = resolve(&service, did).await.json()["didDocument"].clone();
        let id = format!("{did}#{fragment}");
        assert_eq!(
            (&document["verificationMethod"][0]["id"], &document["verificationMethod"][0]["type"]),
            (&json!(id), &json!(kind))
        );
        for relationship in ["authentication", "assertionMethod", "capabilityInvocation", "capabilityDelegation"] {
            assert_eq!(document[relationship], json!([id]));
        }
        assert!(document.get("keyAgreement").is_none());
    }
}

#[tokio::test]
async fn answers_are_open_to_other_origins_carry_a_tag_and_have_a_head() {
    let service = Service::start().await;
    let path = format!("/1.0/identifiers/{}", issuer());
    let request = Request::get(&path).header("origin", "https://a.example").body(Body::empty()).unwrap();
    let answer = service.send(request).await;
    assert_eq!(
        (answer.header("access-control-allow-origin"), answer.header("cache-control")),
        ("*", "public, no-cache")
    );
    let etag = answer.header("etag").to_owned();
    let again = Request::get(&path).header("if-none-match", &etag).body(Body::empty()).unwrap();
    assert_eq!(service.send(again).await.status, 304);
    let other = resolve_as(&service, &issuer(), "application/did").await;
    assert_ne!(other.header("etag"), etag);
    let head = service.send(Request::head(&path).body(Body::empty()).unwrap()).await;
    assert_eq!((head.status, head.header("etag"), head.text().as_str()), (200, etag.as_str(), ""));
    let answer = service.send(Request::delete(&path).body(Body::empty()).unwrap()).await;
    answer.assert_problem(405, "method-not-allowed");
}
