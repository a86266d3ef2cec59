//! The `Groth16Proof2024` object of a document.
//!
//! Options: `@context` (the document's), `type`, `created`, `proofPurpose` (`assertionMethod` in a standing credential,
//! `authentication` in a presentation), `verificationMethod` (`urn:poa:vk:sha256:…`), `circuit` (`poa/1`), and
//! `challenge` with `domain`, both or neither, 1 to 512 bytes each. Beside them stand `proofValue`, `statement`,
//! `rootHead`, which the context leaves out: they authenticate themselves by the pairing, as its inputs, and by the
//! issuer's signature. No other member is read.

use poa_circuits::statement::{CIRCUIT, Public};
use serde_json::{Map, Value, json};

use crate::groth16::Proof;
use crate::key::{self, URN_PREFIX};
use crate::statement;
use crate::time::{self, TimeError};

/// The object's `type`.
pub const TYPE: &str = "Groth16Proof2024";

/// Longest challenge or domain, in bytes.
pub const MAX_BINDING_BYTES: usize = 512;

const OPTIONS: [&str; 8] =
    ["@context", "type", "created", "proofPurpose", "verificationMethod", "circuit", "challenge", "domain"];
const SELF_AUTHENTICATING: [&str; 3] = ["proofValue", "statement", "rootHead"];

/// What a proof is made for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// A standing credential.
    AssertionMethod,
    /// A presentation.
    Authentication,
}

impl Purpose {
    /// The text in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AssertionMethod => "assertionMethod",
            Self::Authentication => "authentication",
        }
    }
}

/// The verifier's challenge and domain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Binding {
    /// At least 128 random bits, as text.
    pub challenge: String,
    /// Who asked: an origin or DID.
    pub domain: String,
}

/// Whether a text can be a challenge or domain.
pub fn is_binding_text(text: &str) -> bool {
    (1..=MAX_BINDING_BYTES).contains(&text.len())
}

/// The options of a new proof over `document`.
///
/// # Errors
/// [`TimeError`] when `created_unix_s` cannot be written.
pub fn options(
    document: &Value,
    purpose: Purpose,
    vk_sha256: &[u8; 32],
    binding: Option<&Binding>,
    created_unix_s: u64,
) -> Result<Value, TimeError> {
    let mut options = json!({
        "type": TYPE,
        "created": time::format_utc(created_unix_s)?,
        "proofPurpose": purpose.as_str(),
        "verificationMethod": key::urn(vk_sha256),
        "circuit": CIRCUIT,
    });
    if let Some(context) = document.get("@context") {
        options["@context"] = context.clone();
    }
    if let Some(binding) = binding {
        options["challenge"] = binding.challenge.clone().into();
        options["domain"] = binding.domain.clone().into();
    }
    Ok(options)
}

/// The finished object: options, proof, its 23 inputs, and the signed tree head of their root.
pub fn attach_proof(options: &Value, proof: &Proof, public: &Public, head_jws: &str) -> Value {
    let mut object = options.clone();
    object["proofValue"] = proof.to_multibase().into();
    object["statement"] = statement::to_value(public);
    object["rootHead"] = head_jws.into();
    object
}

/// A proof object that has the right members; nothing in it has been checked against anything.
#[derive(Clone, Debug)]
pub struct ZkProof {
    /// The hashed part.
    pub options: Value,
    /// What the proof is made for.
    pub purpose: Purpose,
    /// When it was said to be made, Unix seconds.
    pub created_unix_s: u64,
    /// The digest of the key it names.
    pub vk_sha256: [u8; 32],
    /// Challenge and domain.
    pub binding: Option<Binding>,
    /// Still encoded.
    pub proof_value: String,
    /// Still encoded.
    pub statement: Value,
    /// Still encoded: a compact JWS.
    pub root_head: String,
}

/// Why an object is no `Groth16Proof2024`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Groth16 proof member {member:?}: {reason}")]
pub struct ZkProofError {
    /// The offending member.
    pub member: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

fn refused(member: &str, reason: &'static str) -> ZkProofError {
    ZkProofError { member: member.to_owned(), reason }
}

/// Reads a proof object found in a document with this `@context`.
///
/// # Errors
/// [`ZkProofError`] with the offending member.
pub fn parse(object: &Value, document_context: Option<&Value>) -> Result<ZkProof, ZkProofError> {
    let members = object.as_object().ok_or_else(|| refused("proof", "is no object"))?;
    let known = |name: &str| OPTIONS.contains(&name) || SELF_AUTHENTICATING.contains(&name);
    if let Some(name) = members.keys().find(|name| !known(name)) {
        return Err(refused(name, "is unknown"));
    }
    if members.get("@context") != document_context {
        return Err(refused("@context", "differs from the document's"));
    }
    if text(members, "type")? != TYPE {
        return Err(refused("type", "is not Groth16Proof2024"));
    }
    if text(members, "circuit")? != CIRCUIT {
        return Err(refused("circuit", "is not poa/1"));
    }
    let mut options = members.clone();
    SELF_AUTHENTICATING.iter().for_each(|name| drop(options.remove(*name)));
    Ok(ZkProof {
        options: Value::Object(options),
        purpose: purpose(members)?,
        created_unix_s: time::parse_utc(text(members, "created")?)
            .map_err(|_| refused("created", "is no RFC 3339 time in UTC"))?,
        vk_sha256: vk_sha256(text(members, "verificationMethod")?)
            .ok_or_else(|| refused("verificationMethod", "is not urn:poa:vk:sha256: and 64 lower-case hex digits"))?,
        binding: binding(members)?,
        proof_value: text(members, "proofValue")?.to_owned(),
        statement: members.get("statement").cloned().ok_or_else(|| refused("statement", "is missing"))?,
        root_head: text(members, "rootHead")?.to_owned(),
    })
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, ZkProofError> {
    members.get(name).and_then(Value::as_str).ok_or_else(|| refused(name, "must be a text"))
}

fn purpose(members: &Map<String, Value>) -> Result<Purpose, ZkProofError> {
    match text(members, "proofPurpose")? {
        "assertionMethod" => Ok(Purpose::AssertionMethod),
        "authentication" => Ok(Purpose::Authentication),
        _ => Err(refused("proofPurpose", "is neither assertionMethod nor authentication")),
    }
}

fn vk_sha256(urn: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    hex::decode_to_slice(urn.strip_prefix(URN_PREFIX)?, &mut digest).ok()?;
    (key::urn(&digest) == urn).then_some(digest)
}

fn binding(members: &Map<String, Value>) -> Result<Option<Binding>, ZkProofError> {
    let part = |name| match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if is_binding_text(text) => Ok(Some(text.clone())),
        Some(_) => Err(refused(name, "is no text of 1 to 512 bytes")),
    };
    match (part("challenge")?, part("domain")?) {
        (Some(challenge), Some(domain)) => Ok(Some(Binding { challenge, domain })),
        (None, None) => Ok(None),
        (None, Some(_)) => Err(refused("challenge", "is missing though there is a domain")),
        (Some(_), None) => Err(refused("domain", "is missing though there is a challenge")),
    }
}
