//! `/vc-api`: one test for each statement about it in `docs/vc-api.md`, named after it.

mod issue;
mod keys;
mod presentations;
mod status;
mod verify;

use axum::http::Method;
use ed25519_dalek::{Signer, SigningKey};
use poa_verifier::{data_integrity, time};
use serde_json::{Value, json};

use crate::envelope::assert_valid;
use crate::service::{Answer, HOST, Service};

const BASE: &str = "https://www.w3.org/ns/credentials/v2";

fn issuer() -> String {
    format!("did:web:{HOST}")
}

/// A conforming credential without issuer, id, status and proof, changed by `changes` (null removes a member).
fn credential(changes: Value) -> Value {
    let mut credential = json!({
        "@context": [BASE, "https://www.w3.org/ns/credentials/examples/v2"],
        "type": ["VerifiableCredential", "ExampleAlumniCredential"],
        "credentialSubject": { "id": "did:example:subject", "alumniOf": "Example University" },
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => credential.as_object_mut().unwrap().remove(name),
            value => credential.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    credential
}

async fn ask(service: &Service, credential: Value, options: Value) -> Answer {
    let body = json!({ "credential": credential, "options": options });
    service.operator(Method::POST, "/vc-api/credentials/issue", &body).await
}

/// Issues a credential and gives it.
async fn issued(service: &Service, credential: Value, options: Value) -> Value {
    assert_valid("vc-api-issue", &json!({ "credential": credential, "options": options }));
    let answer = ask(service, credential, options).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_valid("vc-api-issued", &answer.json());
    answer.json()["verifiableCredential"].clone()
}

async fn verify(service: &Service, credential: &Value) -> Answer {
    let body = json!({ "verifiableCredential": credential, "options": { "checks": ["proof"] } });
    assert_valid("vc-api-verify-credential", &body);
    service.post("/vc-api/credentials/verify", &body).await
}

async fn verify_presentation(service: &Service, presentation: &Value, options: Value) -> Answer {
    let body = json!({ "verifiablePresentation": presentation, "options": options });
    assert_valid("vc-api-verify-presentation", &body);
    service.post("/vc-api/presentations/verify", &body).await
}

#[track_caller]
fn assert_verified(answer: &Answer) {
    assert_eq!(answer.status, 200, "{:#}", answer.json());
    assert_valid("vc-api-verified", &answer.json());
}

/// 400 with the details; gives them as one text.
#[track_caller]
fn assert_not_verified(answer: &Answer) -> String {
    assert_eq!(answer.status, 400, "{:#}", answer.json());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let body = answer.json();
    assert_valid("vc-api-not-verified", &body);
    body["problemDetails"].to_string()
}

/// Somebody with a `did:key`.
struct Somebody(SigningKey);

impl Somebody {
    fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    fn did(&self) -> String {
        let key = poa_verifier::ed25519::PublicKey::from_bytes(&self.0.verifying_key().to_bytes()).unwrap();
        format!("did:key:{}", key.to_multikey())
    }

    fn key_id(&self) -> String {
        let did = self.did();
        format!("{did}#{}", did.strip_prefix("did:key:").unwrap())
    }

    /// The document with a proof for a purpose, with more members.
    fn sign(&self, document: &Value, purpose: &str, now: u64, more: Value) -> Value {
        let mut options = json!({
            "@context": document["@context"],
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-jcs-2022",
            "created": time::format_utc(now).unwrap(),
            "verificationMethod": self.key_id(),
            "proofPurpose": purpose,
        });
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let signature = self.0.sign(&data_integrity::signing_input(document, &options));
        let mut signed = document.clone();
        signed["proof"] = data_integrity::attach_signature(&options, &signature.to_bytes());
        signed
    }

    /// A JWS of the payload, its header's members first.
    fn jws(&self, typ: &str, payload: &Value, more: Value) -> String {
        let mut header = json!({ "alg": "EdDSA", "typ": typ, "kid": self.key_id() });
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        header.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let part = |value: &Value| poa_verifier::multibase::base64url(&poa_verifier::json::canonical(value));
        let input = format!("{}.{}", part(&header), part(payload));
        poa_verifier::jws::attach_signature(&input, &self.0.sign(input.as_bytes()).to_bytes())
    }

    /// A signed credential of this issuer, changed before it is signed.
    fn credential(&self, now: u64, changes: Value) -> Value {
        let mut document = credential(changes);
        document["issuer"] = self.did().into();
        self.sign(&document, "assertionMethod", now, json!({}))
    }
}
