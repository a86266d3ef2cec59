//! Documents to bend.

use poa_verifier::json;
use poa_verifier::vc::{Contexts, DataModelError, Reason, check_credential, check_presentation};
use serde_json::{Value, json};

pub const BASE: &str = "https://www.w3.org/ns/credentials/v2";
pub const EXAMPLES: &str = "https://www.w3.org/ns/credentials/examples/v2";

/// A credential with no more than it must have.
pub fn credential() -> Value {
    json!({
        "@context": [BASE],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": { "id": "did:example:subject" },
    })
}

pub fn presentation() -> Value {
    json!({ "@context": [BASE], "type": ["VerifiablePresentation"] })
}

/// The credential with a member set, `/`-separated path.
pub fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let name = &name.replace("~1", "/").replace("~0", "~");
    let parent = document.pointer_mut(parent).expect("its parent");
    match parent {
        Value::Array(items) => items[name.parse::<usize>().expect("an index")] = value,
        parent => parent[name] = value,
    }
    document
}

pub fn without(mut document: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    document.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object").remove(name).expect("the member");
    document
}

/// As it would arrive: through the strict reader.
fn arrived(document: &Value) -> Value {
    json::parse_strict(document.to_string().as_bytes()).expect("strict JSON")
}

pub fn judged(document: &Value) -> Result<(), DataModelError> {
    check_credential(&Contexts::published(), &arrived(document))
}

pub fn judged_presentation(document: &Value) -> Result<(), DataModelError> {
    check_presentation(&Contexts::published(), &arrived(document))
}

#[track_caller]
pub fn accepts(document: &Value) {
    assert_eq!(judged(document), Ok(()), "{document}");
}

#[track_caller]
pub fn refuses(document: &Value, pointer: &str, reason: Reason) {
    expect(judged(document), document, pointer, reason);
}

#[track_caller]
pub fn accepts_presentation(document: &Value) {
    assert_eq!(judged_presentation(document), Ok(()), "{document}");
}

#[track_caller]
pub fn refuses_presentation(document: &Value, pointer: &str, reason: Reason) {
    expect(judged_presentation(document), document, pointer, reason);
}

#[track_caller]
pub fn expect(judged: Result<(), DataModelError>, document: &Value, pointer: &str, reason: Reason) {
    match judged {
        Ok(()) => panic!("accepted: {document}"),
        Err(error) => {
            assert_eq!((error.pointer.as_str(), error.reason), (pointer, reason), "{error}: {document}");
        }
    }
}
