//! DID documents and JWKS.

use poa_verifier::ed25519::PublicKey;
use poa_verifier::trust::KeyState;
use serde_json::{Value, json};

use crate::keys::{IssuerKeys, ListedKey, Purpose, SignError};

const DID_CONTEXT: [&str; 2] = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"];

/// The issuer's DID document. Every key that still counts is listed, but only those that sign credentials and lists
/// assert: a verifier that goes by the DID document alone will not take a head's key for a credential's.
pub fn issuer_did(keys: &IssuerKeys) -> Value {
    let counting = counting(keys);
    let asserts = |key: &&ListedKey| matches!(key.purpose, Purpose::Credentials | Purpose::Status);
    let method = |key: &ListedKey| multikey(&key.id, keys.issuer(), &key.public);
    json!({
        "@context": DID_CONTEXT,
        "id": keys.issuer(),
        "verificationMethod": counting.iter().map(method).collect::<Vec<_>>(),
        "assertionMethod": counting.iter().filter(asserts).map(|key| &key.id).collect::<Vec<_>>(),
    })
}

/// Keys that verify something: a reader of JWKS or DID documents knows no state, so compromised ones are left out.
fn counting(keys: &IssuerKeys) -> Vec<ListedKey> {
    keys.listed().into_iter().filter(|key| key.state != KeyState::Compromised).collect()
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

/// The issuer's public keys as a JWK set. The credentials key that signs now comes first.
pub fn jwks(keys: &IssuerKeys) -> Result<Value, SignError> {
    let keys = counting(keys).iter().map(ListedKey::public_jwk).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "keys": keys }))
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
