//! DID documents and JWKS.

use poa_verifier::ed25519::PublicKey;
use serde_json::{Value, json};

use crate::keys::{IssuerKey, IssuerKeys, Purpose, SignError};

const DID_CONTEXT: [&str; 2] = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"];

/// The issuer's DID document. Every key is listed, but only those that sign credentials assert: a
/// verifier that goes by the DID document alone will not take a head's key for a credential's.
pub fn issuer_did(keys: &IssuerKeys) -> Value {
    let asserts = |key: &&IssuerKey| matches!(key.purpose(), Purpose::Credentials | Purpose::Status);
    let method = |key: &IssuerKey| multikey(key.id(), keys.issuer(), key.public());
    json!({
        "@context": DID_CONTEXT,
        "id": keys.issuer(),
        "verificationMethod": keys.all().map(method),
        "assertionMethod": keys.all().into_iter().filter(asserts).map(IssuerKey::id).collect::<Vec<_>>(),
    })
}

/// An agent's DID document: the key it signs requests with.
pub fn agent_did(did: &str, key: &PublicKey) -> Value {
    let id = format!("{did}#{}", key.to_multikey());
    json!({
        "@context": DID_CONTEXT,
        "id": did,
        "verificationMethod": [multikey(&id, did, key)],
        "authentication": [id],
    })
}

/// The issuer's public keys as a JWK set.
pub fn jwks(keys: &IssuerKeys) -> Result<Value, SignError> {
    let keys = keys.all().map(IssuerKey::public_jwk).into_iter().collect::<Result<Vec<_>, _>>()?;
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
