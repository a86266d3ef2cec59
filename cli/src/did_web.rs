//! The keys that may sign for a verifier's domain: those of its `did:web`, fetched by the holder itself.

use poa_verifier::did::IssuerDid;
use poa_verifier::ed25519::PublicKey;
use poa_verifier::{json, multibase, signed_request};
use serde_json::Value;

use crate::exit::{Failure, Outcome};
use crate::outbound::{self, Reach};

/// Ed25519 keys by their ids, of a DID's verification relationship `authentication`.
#[derive(Debug)]
pub struct AuthenticationKeys(Vec<(String, PublicKey)>);

impl AuthenticationKeys {
    /// Fetches the DID's document: over https from the public network, or over http from this machine for a DID that
    /// names it.
    pub fn fetch(did: &IssuerDid) -> Outcome<Self> {
        let host = did.encoded_host().replacen("%3A", ":", 1);
        let (scheme, reach) = match signed_request::is_loopback(did) {
            true => ("http", Reach::Loopback),
            false => ("https", Reach::Public),
        };
        let url = format!("{scheme}://{host}/.well-known/did.json");
        Self::read(&outbound::fetch(&url, reach)?, did)
            .map_err(|why| Failure::refused(format!("{url} {why}"), "ask the verifier to correct its DID document"))
    }

    /// Reads a DID document.
    fn read(bytes: &[u8], did: &IssuerDid) -> Result<Self, String> {
        let document = json::parse_strict(bytes).map_err(|error| format!("is not acceptable JSON: {error}"))?;
        if document["id"] != did.as_str() {
            return Err(format!("is not the document of {did}"));
        }
        let list = |member: &str| document[member].as_array().map(Vec::as_slice).unwrap_or_default();
        let absolute = |id: &str| if id.starts_with('#') { format!("{did}{id}") } else { id.to_owned() };
        let id_of = |method: &Value| method["id"].as_str().map(absolute);
        let methods = list("verificationMethod");
        let mut keys = Vec::new();
        for entry in list("authentication") {
            let method = match entry.as_str() {
                Some(id) => methods.iter().find(|method| id_of(method) == Some(absolute(id))),
                None => Some(entry),
            };
            // Keys of other kinds stand there too; they sign nothing here.
            let key = method.filter(|method| method["controller"] == did.as_str()).and_then(public_key);
            if let (Some(id), Some(key)) = (method.and_then(id_of), key) {
                keys.push((id, key));
            }
        }
        Ok(Self(keys))
    }

    /// The key of this id.
    pub fn key(&self, kid: &str) -> Outcome<&PublicKey> {
        let found = self.0.iter().find(|(id, _)| id == kid);
        found.map(|(_, key)| key).ok_or_else(|| {
            let what = format!("{kid} is not an Ed25519 key that authenticates its DID");
            Failure::refused(what, "somebody may be asking in the verifier's name: do not answer")
        })
    }
}

/// An Ed25519 key as Multikey or as JWK.
fn public_key(method: &Value) -> Option<PublicKey> {
    if let Some(text) = method["publicKeyMultibase"].as_str() {
        return PublicKey::from_multikey(text).ok();
    }
    let jwk = &method["publicKeyJwk"];
    if jwk["kty"] != "OKP" || jwk["crv"] != "Ed25519" {
        return None;
    }
    let bytes = multibase::from_base64url(jwk["x"].as_str()?).ok()?;
    PublicKey::from_bytes(&bytes.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use serde_json::json;

    use super::*;

    const DID: &str = "did:web:shop.example";

    fn multikey(seed: u8) -> String {
        let key = SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes();
        PublicKey::from_bytes(&key).unwrap().to_multikey()
    }

    fn method(name: &str, seed: u8) -> Value {
        let id = format!("{DID}#{name}");
        json!({ "id": id, "type": "Multikey", "controller": DID, "publicKeyMultibase": multikey(seed) })
    }

    fn ids(document: &Value) -> Vec<String> {
        let keys = AuthenticationKeys::read(document.to_string().as_bytes(), &DID.parse().unwrap()).unwrap();
        keys.0.into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn keys_that_authenticate_are_found_in_every_form() {
        let x = multibase::base64url(SigningKey::from_bytes(&[3; 32]).verifying_key().as_bytes());
        let jwk = json!({
            "id": "#jwk", "type": "JsonWebKey", "controller": DID,
            "publicKeyJwk": { "kty": "OKP", "crv": "Ed25519", "x": x },
        });
        let document = json!({
            "id": DID,
            "verificationMethod": [method("one", 1), jwk, method("assertion", 4)],
            "authentication": [format!("{DID}#one"), "#jwk", method("inside", 2)],
            "assertionMethod": [format!("{DID}#assertion")],
        });
        let found = ids(&document);
        assert_eq!(found, ["one", "jwk", "inside"].map(|name| format!("{DID}#{name}")));
    }

    #[test]
    fn other_keys_and_other_documents_sign_nothing() {
        let mut foreign = method("foreign", 1);
        foreign["controller"] = "did:web:other.example".into();
        let mut weak = method("weak", 1);
        weak["publicKeyMultibase"] = "z6Mk".into();
        let p256 = json!({ "id": "#p", "controller": DID, "publicKeyJwk": { "kty": "EC", "crv": "P-256", "x": "AA" } });
        let document = json!({ "id": DID, "authentication": [foreign, weak, p256, "#absent", 1, null] });
        assert_eq!(ids(&document), Vec::<String>::new());
        assert_eq!(ids(&json!({ "id": DID })), Vec::<String>::new());
        for bad in [json!({ "id": "did:web:other.example" }), json!({}), json!([])] {
            let read = AuthenticationKeys::read(bad.to_string().as_bytes(), &DID.parse().unwrap());
            assert!(read.is_err(), "{bad}");
        }
    }
}
