//! DID documents and JWKS.
//!
//! A key that signs JWS stands in a DID document twice: as a Multikey, which Data Integrity wants, and as a JsonWebKey,
//! which VC-JOSE-COSE wants. Both are under ids of their own, for one method must not carry two forms of a key.

use poa_verifier::did::KeyDid;
use poa_verifier::ed25519::PublicKey;
use poa_verifier::trust::KeyState;
use serde_json::{Map, Value, json};

use crate::keys::{IssuerKeys, ListedKey, Purpose, SignError};

const DID_CONTEXT: &str = "https://www.w3.org/ns/did/v1";
const MULTIKEY_CONTEXT: &str = "https://w3id.org/security/multikey/v1";
const JWK_CONTEXT: &str = "https://w3id.org/security/jwk/v1";
/// The one that the did:jwk method specifies.
const JWS_2020_CONTEXT: &str = "https://w3id.org/security/suites/jws-2020/v1";

/// The issuer's DID document. Every key that still counts is listed, but only those that sign credentials and lists
/// assert: a verifier that goes by the DID document alone will not take a head's key for a credential's.
pub fn issuer_did(keys: &IssuerKeys, trust_url: &str) -> Result<Value, SignError> {
    let (mut methods, mut asserting) = (Vec::new(), Vec::new());
    for key in counting(keys) {
        let mut ids = vec![key.id.clone()];
        methods.push(multikey(&key.id, keys.issuer(), &key.public));
        if asserts(&key) {
            let jwk = key.jwk_method()?;
            methods.push(json_web_key(keys.issuer(), &jwk));
            ids.push(text(&jwk, "kid"));
            asserting.extend(ids);
        }
    }
    let did = keys.issuer();
    Ok(json!({
        "@context": [DID_CONTEXT, MULTIKEY_CONTEXT, JWK_CONTEXT],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": asserting,
        "service": [service(did, "trust", "TrustDocument", trust_url)],
    }))
}

/// Keys that verify something: a reader of JWKS or DID documents knows no state, so compromised ones are left out.
fn counting(keys: &IssuerKeys) -> Vec<ListedKey> {
    keys.listed().into_iter().filter(|key| key.state != KeyState::Compromised).collect()
}

/// Whether the key signs credentials or lists, and so stands among the assertion methods, in both forms.
fn asserts(key: &ListedKey) -> bool {
    matches!(key.purpose, Purpose::Credentials | Purpose::Status | Purpose::VcApi)
}

/// An agent's DID document: the key it signs requests with, and where its record is.
pub fn agent_did(did: &str, key: &PublicKey, record_url: &str) -> Value {
    let id = format!("{did}#{}", key.to_multikey());
    json!({
        "@context": [DID_CONTEXT, MULTIKEY_CONTEXT],
        "id": did,
        "verificationMethod": [multikey(&id, did, key)],
        "authentication": [id],
        "service": [service(did, "record", "AgentRecord", record_url)],
    })
}

/// The DID document of a DID that is its own key, as its method writes it. An Ed25519 key agrees on nothing, so there
/// is no `keyAgreement`.
pub fn key_did(did: &KeyDid) -> Value {
    let id = did.verification_method();
    let (context, method) = match did.jwk() {
        None => (MULTIKEY_CONTEXT, multikey(&id, did.as_str(), did.key())),
        Some(jwk) => (
            JWS_2020_CONTEXT,
            json!({ "id": id, "type": "JsonWebKey2020", "controller": did.as_str(), "publicKeyJwk": jwk }),
        ),
    };
    json!({
        "@context": [DID_CONTEXT, context],
        "id": did.as_str(),
        "verificationMethod": [method],
        "authentication": [id],
        "assertionMethod": [id],
        "capabilityInvocation": [id],
        "capabilityDelegation": [id],
    })
}

/// The issuer's public keys as a JWK set. The credentials key that signs now comes first. Keys that sign credentials
/// stand there again under the `kid` of a `vc+jwt`, after all others.
pub fn jwks(keys: &IssuerKeys) -> Result<Value, SignError> {
    let counting = counting(keys);
    let plain = counting.iter().map(ListedKey::public_jwk);
    let methods = counting.iter().filter(|key| asserts(key)).map(ListedKey::jwk_method);
    Ok(json!({ "keys": plain.chain(methods).collect::<Result<Vec<_>, _>>()? }))
}

/// The keys of documents of agenthood and of the lists they name, as a JWK set. The one that signs documents now comes
/// first, which is the one that published clients take.
pub fn agenthood_jwks(keys: &IssuerKeys) -> Result<Value, SignError> {
    let signs = |key: &&ListedKey| matches!(key.purpose, Purpose::Credentials | Purpose::Status);
    let keys = counting(keys).iter().filter(signs).map(ListedKey::public_jwk).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "keys": keys }))
}

fn multikey(id: &str, controller: &str, key: &PublicKey) -> Value {
    json!({
        "id": id,
        "type": "Multikey",
        "controller": controller,
        "publicKeyMultibase": key.to_multikey(),
    })
}

fn json_web_key(controller: &str, jwk: &Map<String, Value>) -> Value {
    json!({
        "id": jwk["kid"],
        "type": "JsonWebKey",
        "controller": controller,
        "publicKeyJwk": jwk,
    })
}

/// A service of a type of our own vocabulary.
fn service(did: &str, name: &str, kind: &str, endpoint: &str) -> Value {
    json!({ "id": format!("{did}#{name}"), "type": format!("urn:poa:vocab#{kind}"), "serviceEndpoint": endpoint })
}

fn text(jwk: &Map<String, Value>, member: &str) -> String {
    jwk.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
}
