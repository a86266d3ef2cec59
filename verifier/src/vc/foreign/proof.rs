//! Data Integrity proofs of other issuers (Data Integrity 1.0 §2.1, §4.4–§4.6).

use serde_json::{Map, Value};

use super::suite::{begins_with, list};
use super::{Cryptosuite, Expected, ForeignVerifier, Kind, Purpose, Secured, is_by_party};
use crate::data_integrity;
use crate::ed25519::{Ed25519Error, PublicKey};
use crate::multibase;
use crate::steps::Steps;
use crate::vc::credential::party;
use crate::vc::iri::is_absolute_url;
use crate::vc::resolver::ResolveError;
use crate::vc::timestamp::{DateTime, DateTimeError};

/// Most proofs of one document that are looked at: each is hashed with the document.
const MAX_PROOFS: usize = 16;

/// Why a proof does not hold.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// A member is missing or has a wrong value.
    #[error("proof member {member:?}: {text}")]
    Member {
        /// Its name.
        member: &'static str,
        /// What is wrong with it.
        text: String,
    },
    /// Neither an object nor a list of a few.
    #[error("proof must be an object, or a list of 1 to {MAX_PROOFS}")]
    Form,
    /// A proof that nobody here understands.
    #[error("a proof of type {kind:?} with cryptosuite {cryptosuite:?} is not understood here")]
    UnknownSuite {
        /// Its `type`.
        kind: String,
        /// Its `cryptosuite`.
        cryptosuite: String,
    },
    /// Made for another purpose.
    #[error("made for the purpose {found:?}, not {expected}")]
    OtherPurpose {
        /// The proof's.
        found: String,
        /// The one it should be.
        expected: &'static str,
    },
    /// No key to check it with.
    #[error(transparent)]
    Key(#[from] ResolveError),
    /// `created` lies ahead.
    #[error("it was made in the future; check both clocks")]
    Future,
    /// `expires` has passed.
    #[error("it has expired")]
    Expired,
    /// Another challenge than the expected one, or none.
    #[error("it does not answer the challenge that was set")]
    Challenge,
    /// Another domain than the expected one, or none.
    #[error("it was not made for the domain that was asked for")]
    Domain,
    /// It builds on a proof that is not there.
    #[error("the proof {0:?}, on which it builds, is not in the document")]
    Previous(String),
    /// The proof's contexts are not those with which the document begins; with `eddsa-rdfc-2022`, not the document's.
    #[error("the document does not begin with the contexts that were signed")]
    Context,
    /// The document cannot be brought into the form that is hashed.
    #[error("the document cannot be canonicalised: {0}")]
    Transformation(String),
    /// Bringing it into the form that is hashed takes more work than one call may ask for.
    #[error("the document is too complex to verify: {0}")]
    TooComplex(String),
    /// Something before it failed.
    #[error("it was not looked at, because something before it failed")]
    NotReached,
    /// An envelope that cannot be read.
    #[error("envelope: {0}")]
    Envelope(String),
    /// The signature is not the key's over this document with these options.
    #[error(transparent)]
    Signature(#[from] Ed25519Error),
}

impl ProofError {
    /// The stable word.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Member { .. } | Self::Form | Self::Envelope(_) => "malformed",
            Self::UnknownSuite { .. } => "unknown_suite",
            Self::OtherPurpose { .. } => "other_purpose",
            Self::Key(ResolveError::Unknown(_)) => "unknown_key",
            Self::Key(_) => "bad_key",
            Self::Future => "future",
            Self::Expired => "expired",
            Self::Challenge => "wrong_challenge",
            Self::Domain => "wrong_domain",
            Self::Previous(_) => "missing_previous_proof",
            Self::Context => "other_context",
            Self::Transformation(_) => "transformation",
            Self::TooComplex(_) => "too_complex",
            Self::NotReached => "not_reached",
            Self::Signature(_) => "signature",
        }
    }

    /// The problem type of Data Integrity §4.7, or of the data model §7.2.
    pub fn problem_type(&self) -> &'static str {
        match self {
            Self::Challenge => "https://w3id.org/security#INVALID_CHALLENGE_ERROR",
            Self::Domain => "https://w3id.org/security#INVALID_DOMAIN_ERROR",
            Self::Transformation(_) | Self::TooComplex(_) => "https://w3id.org/security#PROOF_TRANSFORMATION_ERROR",
            Self::Envelope(_) => "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR",
            _ => "https://w3id.org/security#PROOF_VERIFICATION_ERROR",
        }
    }
}

pub(super) fn wrong(member: &'static str, text: impl Into<String>) -> ProofError {
    ProofError::Member { member, text: text.into() }
}

/// What a proof is bound to and nobody compared. Such a document may have been made for somebody else: a verifier that
/// it reached can pass it on.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotCompared {
    /// `challenge`, or `nonce` of a JWS.
    #[error("the challenge (challenge, or nonce of a JWS) was not compared: the caller stated none")]
    Challenge,
    /// `domain`, or `aud` of a presentation as a JWS.
    #[error("the domain (domain, or aud of a JWS) was not compared: the caller stated none")]
    Domain,
    /// `aud` of a credential as a JWS.
    #[error("the audience (aud) was not compared: the credential is for somebody by name, who need not be the caller")]
    Audience,
}

/// How one proof fared.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProofReport {
    /// `cryptosuite`, or `vc+jwt` or `vp+jwt` for an envelope; empty when it says none.
    pub suite: String,
    /// The key that is said to have signed.
    pub verification_method: Option<String>,
    /// Who controls that key, once it was found.
    pub controller: Option<String>,
    /// When it is said to have been made.
    pub created: Option<DateTime>,
    /// What it says of whom and what it answers, and the caller stated nothing to compare with.
    pub not_compared: Vec<NotCompared>,
    /// Whether it holds.
    pub result: Result<(), ProofError>,
}

/// Verifies the proofs of a document until one fails: a set is proofs beside each other, a chain proofs that name
/// previous ones. First, what costs little: the forms and keys of all, and whether the party that the document names is
/// among their controllers. Without steps, because the data model is not kept, no more than that.
pub(super) fn verify_all(
    verifier: &ForeignVerifier<'_>,
    kind: Kind,
    document: &Value,
    expected: &Expected<'_>,
    steps: Option<&Steps>,
) -> Vec<ProofReport> {
    let Some(proofs) = document.get("proof") else { return Vec::new() };
    let Some(proofs) = listed(proofs) else { return vec![failed(ProofError::Form)] };
    let mut reports: Vec<_> = proofs.iter().map(unseen).collect();
    let mut candidates = Vec::with_capacity(proofs.len());
    for (proof, report) in proofs.iter().zip(&mut reports) {
        match prepare(verifier, kind, proof, expected, report) {
            Ok(candidate) => candidates.push(candidate),
            Err(error) => {
                report.result = Err(error);
                return reports;
            }
        }
    }
    let named_signed = reports.iter().any(|report| is_by_party(kind, document, report));
    let Some(steps) = steps.filter(|_| named_signed) else { return reports };
    let unsecured = Secured::new(data_integrity::without_proof(document));
    for (candidate, report) in candidates.iter().zip(&mut reports) {
        report.result = candidate.verify(&unsecured, proofs, steps);
        if report.result.is_err() {
            break;
        }
    }
    reports
}

/// The proofs, when there are as many as are looked at.
fn listed(proofs: &Value) -> Option<&[Value]> {
    match proofs {
        Value::Array(items) if (1..=MAX_PROOFS).contains(&items.len()) => Some(items),
        Value::Object(_) => Some(std::slice::from_ref(proofs)),
        _ => None,
    }
}

fn unseen(proof: &Value) -> ProofReport {
    let text = |name: &str| proof.get(name).and_then(Value::as_str).map(str::to_owned);
    ProofReport {
        suite: text("cryptosuite").unwrap_or_default(),
        verification_method: text("verificationMethod"),
        controller: None,
        created: None,
        not_compared: Vec::new(),
        result: Err(ProofError::NotReached),
    }
}

/// The document with no other contexts than those that its party signed, and the credentials inside a presentation
/// likewise.
///
/// Proofs of one document may have signed contexts of different length, each the beginning of the next (vc-di-eddsa
/// §3.3.2 step 4). The party's count: anybody can add contexts and a proof of their own over them, or a proof over
/// fewer of them. Where no proof is by the party, which fails a credential anyhow, it is the shortest list.
pub(super) fn as_signed(verifier: &ForeignVerifier<'_>, kind: Kind, document: &Value) -> Value {
    let mut signed = document.clone();
    // Others than those with which it begins are refused with the proof.
    if let Some(context) = party_context(verifier, kind, document)
        && begins_with(document.get("@context"), context)
    {
        signed["@context"] = context.clone();
    }
    if kind == Kind::Presentation
        && let Some(credentials) = signed.get_mut("verifiableCredential")
    {
        let credentials = match credentials {
            Value::Array(items) => items.as_mut_slice(),
            one => std::slice::from_mut(one),
        };
        credentials.iter_mut().for_each(|one| *one = as_signed(verifier, Kind::Credential, one));
    }
    signed
}

fn party_context<'d>(verifier: &ForeignVerifier<'_>, kind: Kind, document: &'d Value) -> Option<&'d Value> {
    let proofs = document.get("proof").and_then(listed)?;
    let named = party(document.get(kind.party()));
    let by_party = |proof: &Value| {
        let method = proof.get("verificationMethod").and_then(Value::as_str);
        named.is_some() && method.and_then(|method| method.split_once('#')).map(|(did, _)| did) == named
    };
    let anybody = !proofs.iter().any(by_party);
    let signed = proofs.iter().filter(|proof| anybody || by_party(proof)).filter_map(|proof| {
        let name = proof.get("cryptosuite").and_then(Value::as_str)?;
        verifier.suites.iter().find(|suite| suite.name() == name)?.signed_context(proof)
    });
    signed.min_by_key(|context| list(context).len())
}

pub(super) fn failed(error: ProofError) -> ProofReport {
    ProofReport {
        suite: String::new(),
        verification_method: None,
        controller: None,
        created: None,
        not_compared: Vec::new(),
        result: Err(error),
    }
}

/// A proof of which everything but the signature is checked.
struct Candidate<'a> {
    suite: &'a dyn Cryptosuite,
    members: &'a Map<String, Value>,
    key: PublicKey,
    signature: [u8; 64],
}

/// Everything but the signature, cheapest first.
fn prepare<'a>(
    verifier: &ForeignVerifier<'a>,
    kind: Kind,
    proof: &'a Value,
    expected: &Expected<'_>,
    report: &mut ProofReport,
) -> Result<Candidate<'a>, ProofError> {
    let members = proof.as_object().ok_or(ProofError::Form)?;
    let kind_text = members.get("type").and_then(Value::as_str).unwrap_or_default();
    let suite = verifier.suites.iter().find(|suite| suite.name() == report.suite);
    let suite = suite
        .filter(|_| kind_text == data_integrity::TYPE)
        .ok_or_else(|| ProofError::UnknownSuite { kind: kind_text.to_owned(), cryptosuite: report.suite.clone() })?;
    check_forms(members)?;
    report.created = read_time(members, "created")?;
    if report.created.is_some_and(|created| created > verifier.soon()) {
        return Err(ProofError::Future);
    }
    if read_time(members, "expires")?.is_some_and(|expires| expires <= DateTime::from_unix_s(verifier.now_unix_s)) {
        return Err(ProofError::Expired);
    }
    let purpose = check_purpose(members, expected.purpose.unwrap_or(kind.purpose()))?;
    check_binding(members, expected)?;
    report.not_compared = not_compared(members, expected);
    let method = members.get("verificationMethod").and_then(Value::as_str);
    let method = method.ok_or_else(|| wrong("verificationMethod", "must be a URL"))?;
    let key = verifier.resolver.resolve(method, purpose)?;
    report.controller = Some(key.controller);
    Ok(Candidate { suite: *suite, members, key: key.key, signature: read_signature(members)? })
}

impl Candidate<'_> {
    fn verify(&self, unsecured: &Secured, proofs: &[Value], steps: &Steps) -> Result<(), ProofError> {
        let mut options = self.members.clone();
        options.remove("proofValue");
        let options = Value::Object(options);
        let input = match with_previous(unsecured.value(), proofs, self.members)? {
            None => self.suite.hash_data(unsecured, &options, steps)?,
            Some(chained) => self.suite.hash_data(&Secured::new(chained), &options, steps)?,
        };
        Ok(self.key.verify(&input, &self.signature)?)
    }
}

/// Members that need not be there but have a form (§2.1).
fn check_forms(members: &Map<String, Value>) -> Result<(), ProofError> {
    if members.get("id").is_some_and(|id| !id.as_str().is_some_and(is_absolute_url)) {
        return Err(wrong("id", "must be an absolute URL"));
    }
    for member in ["challenge", "nonce"] {
        if members.get(member).is_some_and(|value| !value.is_string()) {
            return Err(wrong(member, "must be a text"));
        }
    }
    if members.get("domain").is_some_and(|domain| texts(domain).is_none()) {
        return Err(wrong("domain", "must be a text or a list of texts"));
    }
    if members.get("previousProof").is_some_and(|previous| texts(previous).is_none_or(|names| names.is_empty())) {
        return Err(wrong("previousProof", "must be a text or a list of texts"));
    }
    Ok(())
}

/// One text or a list of texts.
fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn read_time(members: &Map<String, Value>, member: &'static str) -> Result<Option<DateTime>, ProofError> {
    let Some(value) = members.get(member) else { return Ok(None) };
    let text = value.as_str().unwrap_or_default();
    DateTime::parse_or_utc(text).map(Some).map_err(|error: DateTimeError| wrong(member, error.to_string()))
}

fn check_purpose(members: &Map<String, Value>, expected: Purpose) -> Result<Purpose, ProofError> {
    let found = members.get("proofPurpose").and_then(Value::as_str);
    let found = found.ok_or_else(|| wrong("proofPurpose", "must be a text"))?;
    match Purpose::from_text(found) {
        Some(purpose) if purpose == expected => Ok(purpose),
        _ => Err(ProofError::OtherPurpose { found: found.to_owned(), expected: expected.as_str() }),
    }
}

/// §4.4 steps 7 and 8: what the caller states is what the proof says, a list of domains read as a set.
fn check_binding(members: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), ProofError> {
    let challenge = members.get("challenge").and_then(Value::as_str);
    if expected.challenge.is_some() && expected.challenge != challenge {
        return Err(ProofError::Challenge);
    }
    let domains = members.get("domain").and_then(texts).unwrap_or_default();
    match expected.domain {
        Some(domain) if domains.is_empty() || domains.iter().any(|found| *found != domain) => Err(ProofError::Domain),
        _ => Ok(()),
    }
}

/// What of §4.4 steps 7 and 8 the caller left open.
fn not_compared(members: &Map<String, Value>, expected: &Expected<'_>) -> Vec<NotCompared> {
    let open = [
        (NotCompared::Challenge, members.contains_key("challenge") && expected.challenge.is_none()),
        (NotCompared::Domain, members.contains_key("domain") && expected.domain.is_none()),
    ];
    open.into_iter().filter(|(_, open)| *open).map(|(what, _)| what).collect()
}

fn read_signature(members: &Map<String, Value>) -> Result<[u8; 64], ProofError> {
    let text = members.get("proofValue").and_then(Value::as_str).unwrap_or_default();
    let bytes = multibase::decode_base58(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| wrong("proofValue", "must be z + base58btc of 64 bytes"))
}

/// The document that a proof of a chain is about: with the proofs it names (§4.6 step 4). None when it names none.
fn with_previous(
    unsecured: &Value,
    proofs: &[Value],
    members: &Map<String, Value>,
) -> Result<Option<Value>, ProofError> {
    let Some(previous) = members.get("previousProof") else { return Ok(None) };
    let names = texts(previous).filter(|names| !names.is_empty());
    let names = names.ok_or_else(|| wrong("previousProof", "must be a text or a list of texts"))?;
    let mut named = Vec::with_capacity(names.len());
    for name in names {
        let of_that_name = |proof: &&Value| proof.get("id").and_then(Value::as_str) == Some(name);
        let mut found = proofs.iter().filter(of_that_name);
        match (found.next(), found.next()) {
            (Some(proof), None) => named.push(proof.clone()),
            _ => return Err(ProofError::Previous(name.to_owned())),
        }
    }
    let mut secured = unsecured.clone();
    secured["proof"] = Value::Array(named);
    Ok(Some(secured))
}
