//! Shapes of credentials and presentations, and the class a document falls in by its proofs (protocol §5).
//!
//! * **standing**: proof set of one `DataIntegrityProof` and one `Groth16Proof2024` without challenge;
//! * **presentation**: a `VerifiablePresentation` around one credential whose only proof is a `Groth16Proof2024` with
//!   challenge and domain;
//! * **signed**: one `DataIntegrityProof`, or a JWS of type `vc+jwt` whose payload has no `proof`;
//! * **agenthood**: a JWS of type `poa+jws` ([`crate::agenthood`]);
//! * anything else is **other**, also when a member of the shapes above is missing or unknown.

use serde_json::{Value, json};

use crate::json::{self, JsonError};
use crate::jws::{self, JwsError};
use crate::status::VC_CONTEXT;
use crate::zk_proof::{self, Purpose, ZkProof, ZkProofError};
use crate::{agenthood, data_integrity, report::Class};

/// Largest document that is verified, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024;

/// The second `type` of our credentials.
pub const CREDENTIAL_TYPE: &str = "AgentReputationCredential";
/// The `type` of the envelope.
pub const PRESENTATION_TYPE: &str = "VerifiablePresentation";
/// The `typ` of a credential signed as a JWS.
pub const VC_JWT_TYP: &str = "vc+jwt";

/// Members of a standing credential, all of them mandatory.
const STANDING: [&str; 10] = [
    "@context",
    "id",
    "type",
    "issuer",
    "credentialSubject",
    "credentialSchema",
    "credentialStatus",
    "validFrom",
    "validUntil",
    "proof",
];
/// Members of a derived credential, all of them mandatory.
const DERIVED: [&str; 6] = ["@context", "type", "issuer", "credentialSubject", "credentialSchema", "proof"];
/// Registered claims that other readers of a JWT would act upon (RFC 7519 §4.1; `vc`, `vp` of VC 1.1). A payload is the
/// credential itself, whose own members say all of it; one that says it twice could say two things. A `nonce` would be a
/// challenge that nothing here compares.
const JWT_CLAIMS: [&str; 10] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "vc", "vp"];
/// Members of the envelope, all of them mandatory.
const ENVELOPE: [&str; 3] = ["@context", "type", "verifiableCredential"];

/// `@context` of the credentials of the service at `url`.
pub fn contexts(url: &str) -> Value {
    json!([VC_CONTEXT, format!("{url}/contexts/poa/v1")])
}

/// `type` of the credentials.
pub fn types() -> Value {
    json!(["VerifiableCredential", CREDENTIAL_TYPE])
}

/// The unsigned envelope of a presentation.
pub fn presentation(derived_credential: Value) -> Value {
    json!({
        "@context": [VC_CONTEXT],
        "type": [PRESENTATION_TYPE],
        "verifiableCredential": [derived_credential],
    })
}

/// Why a document is of no class.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// Larger than [`MAX_DOCUMENT_BYTES`], or not strict JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Not a strict JWS.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// A malformed Groth16 proof object.
    #[error(transparent)]
    ZkProof(#[from] ZkProofError),
    /// A missing, unknown or wrong member.
    #[error("member {member:?} {reason}")]
    Member {
        /// The offending member.
        member: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The proofs are not those of any class.
    #[error("{0}")]
    Proofs(&'static str),
}

fn refused(member: &str, reason: &'static str) -> ShapeError {
    ShapeError::Member { member: member.to_owned(), reason }
}

/// A document of a known shape; nothing in it has been checked against anything.
pub(crate) enum Document {
    /// The credential, its issuer proof, its Groth16 proof.
    Standing { credential: Value, issuer_proof: Value, zk: Box<ZkProof> },
    /// The derived credential and its Groth16 proof.
    Presentation { credential: Value, zk: Box<ZkProof> },
    /// The credential and its issuer proof.
    Signed { credential: Value, issuer_proof: Value },
    /// The credential inside a JWS.
    SignedJwt { credential: Value, jws: jws::Unverified },
    /// A Proof of Agenthood; whether its payload is strict JSON shows when it is read.
    Agenthood { jws: jws::Unverified },
    /// A Groth16 proof object without a document.
    BareProof { zk: Box<ZkProof> },
}

impl Document {
    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Standing { .. } => Class::Standing,
            Self::Presentation { .. } => Class::Presentation,
            Self::Signed { .. } | Self::SignedJwt { .. } => Class::Signed,
            Self::Agenthood { .. } => Class::Agenthood,
            Self::BareProof { .. } => Class::Other,
        }
    }
}

/// A document that was parsed and not judged yet: whose it says it is decides under which trust document that happens.
pub(crate) enum Parsed {
    /// JSON.
    Json(Value),
    /// A credential inside a JWS, or a Proof of Agenthood.
    Jws(Box<Document>),
}

impl Parsed {
    /// The issuer that the document names, where the forms of documents have it; nothing of it has been checked. A proof
    /// without its document has none.
    pub(crate) fn claimed_issuer(&self) -> Option<String> {
        let member = |credential: &Value| match &credential["issuer"] {
            Value::String(did) => Some(did.clone()),
            Value::Object(issuer) => issuer.get("id")?.as_str().map(str::to_owned),
            _ => None,
        };
        match self {
            Self::Json(document) => match document.get("verifiableCredential") {
                Some(Value::Array(credentials)) => credentials.first().and_then(member),
                Some(credential) => member(credential),
                None => member(document),
            },
            Self::Jws(document) => match document.as_ref() {
                Document::SignedJwt { credential, .. } => member(credential),
                Document::Agenthood { jws } => jws.node().ok()?.text("iss").map(str::to_owned),
                _ => None,
            },
        }
    }

    /// The document by its proofs. `context` is what `@context` has to be; without it that is not compared, for documents
    /// of issuers of whom nothing is known.
    pub(crate) fn classify(self, context: Option<&Value>) -> Result<Document, ShapeError> {
        match self {
            Self::Json(document) => classify(document, context),
            Self::Jws(document) => Ok(*document),
        }
    }
}

/// The issuer that a document names, from which nothing follows yet: for choosing what to fetch before it is verified.
pub fn claimed_issuer(document: &[u8]) -> Option<String> {
    parse(document).ok()?.claimed_issuer()
}

/// Parses a document: JSON when it begins with a brace, else a compact JWS.
pub(crate) fn parse(bytes: &[u8]) -> Result<Parsed, ShapeError> {
    let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
    if first == Some(&b'{') || bytes.len() > MAX_DOCUMENT_BYTES {
        return Ok(Parsed::Json(json::parse_bounded(bytes, MAX_DOCUMENT_BYTES)?));
    }
    parse_jws(bytes).map(|document| Parsed::Jws(Box::new(document)))
}

fn parse_jws(bytes: &[u8]) -> Result<Document, ShapeError> {
    let text = std::str::from_utf8(bytes.trim_ascii())
        .map_err(|_| ShapeError::Proofs("neither a JSON object nor a compact JWS"))?;
    let jws = jws::parse(text)?;
    if jws.typ() == agenthood::TYP {
        if text.len() > agenthood::MAX_BYTES {
            return Err(JwsError::TooLarge { bytes: text.len(), max: agenthood::MAX_BYTES }.into());
        }
        return Ok(Document::Agenthood { jws });
    }
    jws.expect_typ(VC_JWT_TYP)?;
    let credential = jws.claims()?;
    let Some(members) = credential.as_object() else {
        return Err(ShapeError::Proofs("the payload of the JWS is no credential: not an object"));
    };
    if members.contains_key("proof") {
        return Err(refused("proof", "must not stand inside a signed JWS"));
    }
    if let Some(claim) = JWT_CLAIMS.into_iter().find(|claim| members.contains_key(*claim)) {
        return Err(refused(claim, "is a JWT claim, which nothing here judges; the credential's own members say it"));
    }
    Ok(Document::SignedJwt { credential, jws })
}

fn classify(document: Value, context: Option<&Value>) -> Result<Document, ShapeError> {
    if document.get("type").and_then(Value::as_str) == Some(zk_proof::TYPE) {
        let zk = zk_proof::parse(&document, document.get("@context"))?;
        return Ok(Document::BareProof { zk: Box::new(zk) });
    }
    if has_type(&document, PRESENTATION_TYPE) || document.get("verifiableCredential").is_some() {
        return envelope(document, context);
    }
    let proofs = proofs(&document)?;
    match (of_type(&proofs, data_integrity::TYPE), of_type(&proofs, zk_proof::TYPE)) {
        ([issuer_proof], [zk]) if proofs.len() == 2 => standing(&document, issuer_proof, zk, context),
        ([issuer_proof], []) if proofs.len() == 1 => {
            Ok(Document::Signed { issuer_proof: (*issuer_proof).clone(), credential: document.clone() })
        }
        ([], [_]) => Err(ShapeError::Proofs(
            "a Groth16 proof alone: no issuer stands behind this credential and no challenge was answered",
        )),
        _ => Err(ShapeError::Proofs(
            "its proofs are not those of any class: one issuer proof, one Groth16 proof, or one of each",
        )),
    }
}

fn standing(
    document: &Value,
    issuer_proof: &Value,
    zk: &Value,
    context: Option<&Value>,
) -> Result<Document, ShapeError> {
    check_members(document, &STANDING)?;
    check_header(document, context)?;
    let zk = zk_proof::parse(zk, document.get("@context"))?;
    if zk.purpose != Purpose::AssertionMethod {
        return Err(refused("proofPurpose", "must be assertionMethod in a standing credential"));
    }
    if zk.binding.is_some() {
        return Err(ShapeError::Proofs("a standing credential carries no challenge; a presentation no issuer proof"));
    }
    Ok(Document::Standing { credential: document.clone(), issuer_proof: issuer_proof.clone(), zk: Box::new(zk) })
}

fn envelope(document: Value, context: Option<&Value>) -> Result<Document, ShapeError> {
    check_members(&document, &ENVELOPE)?;
    if document["@context"] != json!([VC_CONTEXT]) {
        return Err(refused("@context", "must be the VC 2.0 context alone: nobody signs the envelope"));
    }
    if document["type"] != json!([PRESENTATION_TYPE]) && document["type"] != PRESENTATION_TYPE {
        return Err(refused("type", "must be VerifiablePresentation"));
    }
    let Some([credential]) = document["verifiableCredential"].as_array().map(Vec::as_slice) else {
        return Err(refused("verifiableCredential", "must be a list of one credential; verify several one by one"));
    };
    check_members(credential, &DERIVED)?;
    check_header(credential, context)?;
    let [proof] = proofs(credential)?[..] else {
        return Err(ShapeError::Proofs("a derived credential carries exactly one proof"));
    };
    let zk = zk_proof::parse(proof, credential.get("@context"))?;
    if zk.binding.is_none() {
        return Err(ShapeError::Proofs("no challenge was answered: whoever copied this could have sent it"));
    }
    if zk.purpose != Purpose::Authentication {
        return Err(refused("proofPurpose", "must be authentication in a presentation"));
    }
    Ok(Document::Presentation { credential: credential.clone(), zk: Box::new(zk) })
}

fn proofs(document: &Value) -> Result<Vec<&Value>, ShapeError> {
    match document.get("proof") {
        Some(Value::Array(items)) => Ok(items.iter().collect()),
        Some(proof @ Value::Object(_)) => Ok(vec![proof]),
        Some(_) => Err(refused("proof", "must be an object or a list of them")),
        None => Err(ShapeError::Proofs("it carries no proof at all")),
    }
}

/// The first two proofs of a type, enough to tell one from several.
fn of_type<'a, 'b>(proofs: &'b [&'a Value], kind: &str) -> &'b [&'a Value] {
    let is_kind = |proof: &&Value| proof.get("type").and_then(Value::as_str) == Some(kind);
    match (proofs.iter().position(is_kind), proofs.iter().rposition(is_kind)) {
        (Some(first), Some(last)) => &proofs[first..=last],
        _ => &[],
    }
}

fn check_members(document: &Value, names: &[&str]) -> Result<(), ShapeError> {
    let members = document.as_object().ok_or(ShapeError::Proofs("a credential must be an object"))?;
    if let Some(unknown) = members.keys().find(|name| !names.contains(&name.as_str())) {
        return Err(refused(unknown, "does not belong into a document of this class"));
    }
    match names.iter().find(|name| !members.contains_key(**name)) {
        Some(missing) => Err(refused(missing, "is missing")),
        None => Ok(()),
    }
}

fn check_header(credential: &Value, context: Option<&Value>) -> Result<(), ShapeError> {
    if context.is_some_and(|context| credential["@context"] != *context) {
        return Err(refused("@context", "is not the VC 2.0 context and the issuer's own"));
    }
    if credential["type"] != types() {
        return Err(refused("type", "must be VerifiableCredential, AgentReputationCredential"));
    }
    if !credential["credentialSubject"].is_object() {
        return Err(refused("credentialSubject", "must be an object"));
    }
    Ok(())
}

pub(crate) fn has_type(document: &Value, kind: &str) -> bool {
    match document.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(many)) => many.iter().any(|value| value == kind),
        _ => false,
    }
}
