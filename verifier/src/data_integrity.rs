//! Data Integrity proofs with the cryptosuite `eddsa-jcs-2022`.
//!
//! The signature is over `SHA-256(JCS(options)) ‖ SHA-256(JCS(document without "proof"))`, the options being the proof
//! object without `proofValue`. Our options have exactly the members `type`, `cryptosuite`, `created`,
//! `verificationMethod`, `proofPurpose`, and `@context` exactly when the document has one, equal to it.
//!
//! Source: W3C Data Integrity EdDSA Cryptosuites v1.0 §3.3.

use serde_json::{Map, Value, json};

use crate::ed25519::{Ed25519Error, PublicKey};
use crate::time::{self, TimeError};
use crate::{json, multibase};

/// The proof's `type`.
pub const TYPE: &str = "DataIntegrityProof";
/// The proof's `cryptosuite`.
pub const CRYPTOSUITE: &str = "eddsa-jcs-2022";
/// The only purpose a document of an issuer is signed for.
pub const PURPOSE: &str = "assertionMethod";

const MEMBERS: [&str; 7] =
    ["@context", "type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"];

/// Why a Data Integrity proof was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataIntegrityError {
    /// A member is missing, unknown or has the wrong value.
    #[error("issuer proof member {member:?}: {reason}")]
    Member {
        /// Its name.
        member: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// `created` is no time.
    #[error("issuer proof member \"created\": {0}")]
    Created(#[from] TimeError),
    /// The key did not sign this document with these options.
    #[error(transparent)]
    Signature(#[from] Ed25519Error),
}

/// A parsed proof whose signature has not been checked yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unverified {
    options: Value,
    verification_method: String,
    created_unix_s: u64,
    signature: [u8; 64],
}

/// The options of a new proof over `document`: the proof object without its `proofValue`.
///
/// # Errors
/// [`TimeError`] when `created_unix_s` cannot be written.
pub fn options(document: &Value, key_id: &str, created_unix_s: u64) -> Result<Value, TimeError> {
    let mut options = json!({
        "type": TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": time::format_utc(created_unix_s)?,
        "verificationMethod": key_id,
        "proofPurpose": PURPOSE,
    });
    if let Some(context) = document.get("@context") {
        options["@context"] = context.clone();
    }
    Ok(options)
}

/// The 64 bytes to sign. A `proof` member of `document` is left out of it.
pub fn signing_input(document: &Value, options: &Value) -> [u8; 64] {
    let mut input = [0; 64];
    input[..32].copy_from_slice(&json::digest(options));
    input[32..].copy_from_slice(&json::digest(&without_proof(document)));
    input
}

/// The finished proof object of some options and the signature over their [`signing_input`].
pub fn attach_signature(options: &Value, signature: &[u8; 64]) -> Value {
    let mut proof = options.clone();
    proof["proofValue"] = multibase::encode_base58(signature).into();
    proof
}

/// The document without its `proof` member.
pub fn without_proof(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(members) = document.as_object_mut() {
        members.remove("proof");
    }
    document
}

/// Parses a proof object found in `document`.
///
/// # Errors
/// [`DataIntegrityError`] when it has not exactly the members of the module header.
pub fn parse(proof: &Value, document: &Value) -> Result<Unverified, DataIntegrityError> {
    let refused = |member: &str, reason| DataIntegrityError::Member { member: member.to_owned(), reason };
    let members = proof.as_object().ok_or_else(|| refused("proof", "is no object"))?;
    if let Some(name) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(refused(name, "is unknown"));
    }
    if members.get("@context") != document.get("@context") {
        return Err(refused("@context", "differs from the document's"));
    }
    for (member, value) in [("type", TYPE), ("cryptosuite", CRYPTOSUITE), ("proofPurpose", PURPOSE)] {
        if text(members, member) != Some(value) {
            return Err(refused(member, "is not the expected one"));
        }
    }
    let required = |member| text(members, member).ok_or_else(|| refused(member, "must be a text"));
    let signature = multibase::decode_base58(required("proofValue")?)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| refused("proofValue", "is not z + base58btc of 64 bytes"))?;
    let mut options = members.clone();
    options.remove("proofValue");
    Ok(Unverified {
        verification_method: required("verificationMethod")?.to_owned(),
        created_unix_s: time::parse_utc(required("created")?)?,
        options: Value::Object(options),
        signature,
    })
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

impl Unverified {
    /// The id of the key that is said to have signed.
    pub fn verification_method(&self) -> &str {
        &self.verification_method
    }

    /// When it was said to be signed, Unix seconds.
    pub fn created_unix_s(&self) -> u64 {
        self.created_unix_s
    }

    /// Checks the signature over `document` (its `proof` member left out) under a configured key.
    ///
    /// The caller got `document` from [`crate::json::parse_strict`] or passed it through [`crate::json::check`].
    ///
    /// # Errors
    /// [`DataIntegrityError::Signature`].
    pub fn verify(&self, document: &Value, key: &PublicKey) -> Result<(), DataIntegrityError> {
        Ok(key.verify(&signing_input(document, &self.options), &self.signature)?)
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;

    /// W3C vc-di-eddsa v1.0, appendix B.2 "Representation: eddsa-jcs-2022": key pair, document and proof value.
    #[test]
    fn the_published_example_verifies_and_its_hashes_agree() {
        let document = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
            "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
            "type": ["VerifiableCredential", "AlumniCredential"],
            "name": "Alumni Credential",
            "description": "A minimum viable example of an Alumni Credential.",
            "issuer": "https://vc.example/issuers/5678",
            "validFrom": "2023-01-01T00:00:00Z",
            "credentialSubject": { "id": "did:example:abcdefgh", "alumniOf": "The School of Examples" }
        });
        let key = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
        let mut proof = options(&document, &format!("did:key:{key}#{key}"), 1_677_281_798).unwrap();
        assert_eq!(
            hex::encode(json::digest(&document)),
            "59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19"
        );
        assert_eq!(proof["created"], "2023-02-24T23:36:38Z");
        assert_eq!(
            hex::encode(json::digest(&proof)),
            "66ab154f5c2890a140cb8388a22a160454f80575f6eae09e5a097cabe539a1db"
        );
        proof["proofValue"] =
            "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX".into();
        let public = PublicKey::from_multikey(key).unwrap();
        assert_eq!(parse(&proof, &document).unwrap().verify(&document, &public), Ok(()));
        let mut edited = document.clone();
        edited["name"] = "Alumni credential".into();
        assert!(parse(&proof, &edited).unwrap().verify(&edited, &public).is_err());
    }

    #[test]
    fn unknown_missing_and_changed_members_are_refused() {
        let signer = SigningKey::from_bytes(&[9; 32]);
        let key = PublicKey::from_bytes(&signer.verifying_key().to_bytes()).unwrap();
        let document = json!({"@context": ["c"], "a": "b"});
        let options = options(&document, "did:web:a#k", 0).unwrap();
        let proof = attach_signature(&options, &signer.sign(&signing_input(&document, &options)).to_bytes());
        assert_eq!(parse(&proof, &document).unwrap().verify(&document, &key), Ok(()));
        for member in MEMBERS {
            let mut without = proof.clone();
            without.as_object_mut().unwrap().remove(member);
            assert!(parse(&without, &document).is_err(), "without {member}");
            let mut changed = proof.clone();
            changed[member] = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp".into();
            let accepted = parse(&changed, &document).and_then(|p| p.verify(&document, &key));
            assert!(accepted.is_err(), "changed {member}");
        }
        for member in ["challenge", "domain", "expires", "previousProof", "nonce", "id"] {
            let mut surplus = proof.clone();
            surplus[member] = "x".into();
            assert!(matches!(parse(&surplus, &document), Err(DataIntegrityError::Member { .. })), "{member}");
        }
    }
}
