//! Signed credentials: the issuer's word, without a Groth16 proof.
//!
//! Checked: the signature, status where present (mandatory for an `AgentReputationCredential`), dates, subject, and
//! that a disclosure schema it names is configured (not its rule: there is no statement to judge). A request that needs something *proved* (attributes, bounds, a pseudonym,
//! a challenge, an attestation schema) is not satisfied by this class.

use serde_json::{Map, Value};

use crate::checks::{Checks, Refusal, because, refuse};
use crate::credential::{self, CREDENTIAL_TYPE};
use crate::did::AgentDid;
use crate::head::HeadMemory;
use crate::jws;
use crate::report::{CheckName, Class, Proved, Report};
use crate::status_check::{self, Issued};
use crate::trust::KeyPurpose;
use crate::verifier::Inquiry;
use crate::zk;

/// Checks that only a Groth16 proof could satisfy.
const NOT_APPLICABLE: [CheckName; 8] = [
    CheckName::Proof,
    CheckName::Key,
    CheckName::Root,
    CheckName::RootAge,
    CheckName::Context,
    CheckName::Attributes,
    CheckName::Nullifier,
    CheckName::Holder,
];

/// How it is signed.
pub(crate) enum Signature<'a> {
    /// `eddsa-jcs-2022`.
    DataIntegrity(&'a Value),
    /// `vc+jwt`.
    Jws(&'a jws::Unverified),
}

/// Verifies a signed credential.
pub(crate) fn verify(
    inquiry: &Inquiry<'_>,
    memory: &mut HeadMemory,
    mut checks: Checks,
    credential: &Value,
    signature: &Signature<'_>,
) -> Report {
    for name in NOT_APPLICABLE {
        checks.not_applicable(name, "signed", "the issuer's word: no zero-knowledge proof");
    }
    checks.take(CheckName::Validity, zk::period(inquiry, credential).map(drop));
    let subject = checks.keep(CheckName::Subject, subject(inquiry, credential));
    match &subject {
        Some(Some(_)) => checks.pass(CheckName::Subject),
        Some(None) => checks.not_applicable(CheckName::Subject, "none", "it names no agent as its subject"),
        None => {}
    }
    schema(inquiry, credential, &mut checks);
    challenge(inquiry, &mut checks);
    policy(inquiry, &mut checks);
    let entries = checks.keep(CheckName::Status, entries(inquiry, credential));
    let issuer = checks.keep(CheckName::IssuerSignature, issuer(inquiry, credential));
    inquiry.check_data_model(credential, CheckName::Subject, &mut checks);
    let mut proved = None;
    if !checks.failed() && issuer.is_some() {
        checks.take(CheckName::IssuerSignature, check_signature(inquiry, credential, signature));
        zk::check_newest_heads(inquiry, memory, CheckName::Status, &mut checks);
        match entries.as_deref() {
            Some([]) => checks.not_applicable(CheckName::Status, "none", "it names no status list"),
            Some(entries) => {
                let issued = Issued::credential(credential, revocations_seen(inquiry, memory));
                status_check::check(inquiry, entries, issued, &mut checks);
            }
            None => {}
        }
        if checks.passed(CheckName::IssuerSignature) {
            proved = Some(said(inquiry, credential, subject.flatten()));
        }
    }
    Report { proved, ..checks.finish(Class::Signed, inquiry.had_request) }
}

/// The highest counter of any of the issuer's logs: a signed credential names none.
pub(crate) fn revocations_seen(inquiry: &Inquiry<'_>, memory: &HeadMemory) -> u64 {
    let trust = inquiry.trust;
    trust.document().logs.iter().filter_map(|log| memory.revocations(trust.issuer(), log)).max().unwrap_or(0)
}

/// A credential of the configured issuer.
fn issuer(inquiry: &Inquiry<'_>, credential: &Value) -> Result<(), Refusal> {
    if credential["issuer"] != inquiry.trust.issuer().as_str() {
        return refuse("other_issuer", "its issuer is not the trusted one, written as a DID alone");
    }
    Ok(())
}

/// The agent it is about; `None` inside where a credential of another type names none.
fn subject(inquiry: &Inquiry<'_>, credential: &Value) -> Result<Option<AgentDid>, Refusal> {
    let Some(subject) = credential["credentialSubject"].as_object() else {
        return refuse("malformed", "credentialSubject must be one object");
    };
    let did = match subject.get("id") {
        None if credential::has_type(credential, CREDENTIAL_TYPE) => {
            return refuse("anonymous", "an AgentReputationCredential must name its subject");
        }
        None => None,
        Some(Value::String(text)) => Some(text.parse::<AgentDid>().map_err(because("malformed"))?),
        Some(_) => return refuse("malformed", "credentialSubject.id must be a text"),
    };
    if did.as_ref().is_some_and(|did| !did.is_of(inquiry.trust.issuer())) {
        return refuse("wrong_host", "credentialSubject.id is not an agent of this issuer");
    }
    if inquiry.request.subject.is_some() && inquiry.request.subject != did {
        return refuse("other_subject", "it is not about the requested agent");
    }
    Ok(did)
}

fn schema(inquiry: &Inquiry<'_>, credential: &Value, checks: &mut Checks) {
    let name = CheckName::Schema;
    let Some(reference) = credential.get("credentialSchema") else {
        return checks.not_applicable(name, "none", "it names no schema");
    };
    match reference["id"].as_str().and_then(|id| inquiry.trust.disclosure_schema(id)) {
        None => {
            let detail = "credentialSchema names a schema that is not configured; update the trust document";
            checks.fail(name, "unknown_disclosure_schema", detail);
        }
        Some(schema) if reference["digestSRI"] != schema.digest_sri() => {
            checks.fail(name, "wrong_digest", "credentialSchema: digestSRI is not that of the configured schema");
        }
        Some(_) => checks.pass(name),
    }
}

fn challenge(inquiry: &Inquiry<'_>, checks: &mut Checks) {
    if inquiry.request.binding.is_some() {
        checks.fail(
            CheckName::Challenge,
            "missing",
            "the request states a challenge; a signed credential answers none",
        );
    } else {
        checks.not_applicable(CheckName::Challenge, "none", "no challenge was asked for and none was answered");
    }
}

fn policy(inquiry: &Inquiry<'_>, checks: &mut Checks) {
    let request = inquiry.request;
    let accepted = request.issuers.as_ref().is_none_or(|accepted| accepted.contains(inquiry.trust.issuer()));
    if !inquiry.had_request {
        checks.unknown(CheckName::Policy, "no_request", "state what you need in a request to have it checked");
    } else if request.needs_proof() {
        checks.fail(CheckName::Policy, "needs_proof", "the request needs something proved; this is only signed");
    } else if !accepted {
        let asked: Vec<_> = request.issuers.iter().flatten().map(ToString::to_string).collect();
        let detail = format!("issuer: shown {}, asked {}", inquiry.trust.issuer(), asked.join(", "));
        checks.fail(CheckName::Policy, "issuer_not_accepted", detail);
    } else {
        checks.pass(CheckName::Policy);
    }
}

fn entries(inquiry: &Inquiry<'_>, credential: &Value) -> Result<Vec<crate::status::StatusEntry>, Refusal> {
    match credential.get("credentialStatus") {
        Some(status) => status_check::read_entries(inquiry.trust, &status.into()),
        None if credential::has_type(credential, CREDENTIAL_TYPE) => {
            refuse("missing", "an AgentReputationCredential must name its status lists")
        }
        None => Ok(Vec::new()),
    }
}

fn check_signature(inquiry: &Inquiry<'_>, credential: &Value, signature: &Signature<'_>) -> Result<(), Refusal> {
    match signature {
        Signature::DataIntegrity(proof) => {
            let (proof, key) = zk::read_issuer_proof(inquiry, credential, proof)?;
            proof.verify(credential, key).map_err(because("signature"))
        }
        Signature::Jws(jws) => {
            let (from, _) = zk::period(inquiry, credential)?;
            let key = inquiry
                .trust
                .jwk_method(jws.kid(), KeyPurpose::Credentials, from)
                .map_err(|error| error.refusal("issuer_key"))?;
            jws.verify(key).map_err(because("signature"))
        }
    }
}

/// What the issuer said.
fn said(inquiry: &Inquiry<'_>, credential: &Value, subject: Option<AgentDid>) -> Proved {
    let mut shown: Map<String, Value> = credential["credentialSubject"].as_object().cloned().unwrap_or_default();
    shown.remove("id");
    shown.remove("type");
    Proved {
        issuer: Some(inquiry.trust.issuer().to_string()),
        subject: subject.map(|did| did.to_string()),
        statement: vec!["The issuer says so and signed it; nothing was proved in zero knowledge.".to_owned()],
        shown,
        ..Proved::default()
    }
}
