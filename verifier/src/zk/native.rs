//! The native checks: independent of each other, each recorded under its own name.

use poa_circuits::native::field::F;
use poa_circuits::native::tree;
use poa_circuits::statement::Public;
use serde_json::Value;

use super::{ZkDocument, dates, in_force, named_key, policy, signatures};
use crate::checks::{Checks, Refusal, because, refuse};
use crate::did::AgentDid;
use crate::groth16::Proof;
use crate::head::HeadClaims;
use crate::report::{CheckName, Class};
use crate::schema::{AttestationSchema, DISCLOSURE_SCHEMA_TYPE, DisclosureSchema};
use crate::statement::{self, Statement, StatementError};
use crate::trust::TrustedVerifyingKey;
use crate::verifier::Inquiry;
use crate::zk_proof::ZkProof;
use crate::{json, render};

/// What the native checks established; made only when every one of its members could be read.
pub(super) struct Facts<'a> {
    pub(super) key: &'a TrustedVerifyingKey,
    pub(super) public: Public,
    pub(super) statement: Statement,
    pub(super) proof: Proof,
    pub(super) schema: &'a AttestationSchema,
    pub(super) disclosure: &'a DisclosureSchema,
    pub(super) head: signatures::Head<'a>,
    pub(super) subject: Option<AgentDid>,
    /// `credentialSubject` without `id`, rendered from the statement.
    pub(super) rendered: Value,
    /// The issuer's proof and the status entries of a standing credential.
    pub(super) standing: signatures::Standing<'a>,
}

/// Runs all native checks.
pub(super) fn check<'a>(inquiry: &Inquiry<'a>, document: &ZkDocument<'a>, checks: &mut Checks) -> Option<Facts<'a>> {
    let key = checks.keep(CheckName::Key, named_key(inquiry, document.zk));
    if key.is_some() {
        checks.pass(CheckName::Key);
    }
    challenge(inquiry, document.zk, checks);
    let standing = signatures::read_standing(inquiry, document, checks);
    let proof = checks
        .keep(CheckName::Proof, Proof::from_multibase(&document.zk.proof_value).map_err(because("proof_encoding")));
    let public = checks
        .keep(CheckName::Proof, statement::from_value(&document.zk.statement).map_err(because("statement_encoding")))?;

    nullifier(inquiry, document, &public, checks);
    let schema = checks.keep(CheckName::Schema, attestation_schema(inquiry, document, &public));
    let head = checks.keep(CheckName::Root, signatures::read_head(inquiry, document.zk, schema, &public));
    if let (Some(key), Some(head)) = (key, &head) {
        checks.keep(CheckName::Key, in_force(key, &head.claims));
    }
    dates::root_age(inquiry, document, head.as_ref().map(|head| &head.claims), checks);
    let subject = checks.keep(CheckName::Subject, subject(inquiry, document, &public));
    if subject.is_some() {
        checks.pass(CheckName::Subject);
    }
    let disclosure = checks.keep(CheckName::Schema, disclosure_schema(inquiry, document));
    let statement = typed_statement(&public, checks)?;
    let claims = head.as_ref().map(|head| &head.claims);
    dates::validity(inquiry, document, &statement, claims, disclosure, checks);
    // What follows judges what the document shows, so it needs a document that shows what was proved.
    let schema = schema?;
    let rendered = checks.keep(CheckName::Attributes, rendering(document, &statement, schema))?;
    checks.pass(CheckName::Attributes);
    policy::check(inquiry, &statement, schema, checks);
    let disclosure = disclosure?;
    checks.take(CheckName::Schema, disclosure.check(&statement).map_err(because("rule_broken")));
    Some(Facts {
        key: key?,
        public,
        statement,
        proof: proof?,
        schema,
        disclosure,
        head: head?,
        subject: subject?,
        rendered,
        standing: standing?,
    })
}

fn challenge(inquiry: &Inquiry<'_>, zk: &ZkProof, checks: &mut Checks) {
    let name = CheckName::Challenge;
    match (&inquiry.request.binding, &zk.binding) {
        (None, None) => checks.not_applicable(name, "none", "no challenge was asked for and none was answered"),
        (None, Some(_)) => checks.fail(
            name,
            "not_asked_for",
            "it answers a challenge that no request stated, so it may have been made for somebody else; \
             state your challenge and domain in the request",
        ),
        (Some(_), None) => {
            checks.fail(name, "missing", "the request states a challenge and the document answers none");
        }
        (Some(asked), Some(answered)) if asked.challenge != answered.challenge => {
            checks.fail(name, "wrong_challenge", "it answers another challenge; ask for a new presentation");
        }
        (Some(asked), Some(answered)) if asked.domain != answered.domain => {
            checks.fail(name, "wrong_domain", "it was made for another domain; ask for a new presentation");
        }
        (Some(_), Some(_)) => checks.pass(name),
    }
}

fn nullifier(inquiry: &Inquiry<'_>, document: &ZkDocument<'_>, public: &Public, checks: &mut Checks) {
    let name = CheckName::Nullifier;
    let Some(audience) = &inquiry.request.audience else {
        return checks.not_applicable(name, "not_requested", "no pseudonym was expected");
    };
    if document.class() == Class::Standing {
        checks.fail(
            name,
            "no_pseudonym",
            "a standing credential can be copied, so it names nobody who sends it; ask for a presentation",
        );
    } else if audience.scope() != public.scope {
        checks.fail(
            name,
            "wrong_scope",
            "the pseudonym is not for this audience; ask for a presentation that names it",
        );
    } else if inquiry.evidence.nullifier_seen.is_some_and(|seen| seen(&public.scope, &public.nullifier)) {
        checks.fail(name, "seen_before", "this holder was seen before in this scope");
    } else {
        checks.pass(name);
    }
}

fn attestation_schema<'a>(
    inquiry: &Inquiry<'a>,
    document: &ZkDocument<'_>,
    public: &Public,
) -> Result<&'a AttestationSchema, Refusal> {
    let Some(schema) = inquiry.trust.attestation_schema(&public.schema) else {
        return refuse(
            "unknown_attestation_schema",
            "the leaf was made under an attestation schema that is not configured; update the trust document",
        );
    };
    if document.credential["issuer"] != schema.document().issuer.as_str() {
        return refuse("wrong_issuer", "issuer is not the issuer of the leaf's attestation schema");
    }
    match &inquiry.request.schemas {
        Some(accepted) if !accepted.contains(&schema.document().id) => {
            let (shown, asked) =
                (&schema.document().id, accepted.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
            refuse("schema_not_accepted", format!("attestation schema: shown {shown}, asked {asked}"))
        }
        _ => Ok(schema),
    }
}

fn disclosure_schema<'a>(inquiry: &Inquiry<'a>, document: &ZkDocument<'_>) -> Result<&'a DisclosureSchema, Refusal> {
    let reference = &document.credential["credentialSchema"];
    let members = reference.as_object().map_or(0, serde_json::Map::len);
    if members != 3 || reference["type"] != DISCLOSURE_SCHEMA_TYPE {
        return refuse("wrong_shape", "credentialSchema must have exactly id, type AgentDisclosureSchema, digestSRI");
    }
    let id = reference["id"].as_str().unwrap_or_default();
    let Some(schema) = inquiry.trust.disclosure_schema(id) else {
        return refuse(
            "unknown_disclosure_schema",
            "credentialSchema names a schema that is not configured; update the trust document",
        );
    };
    if reference["digestSRI"] != schema.digest_sri() {
        return refuse("wrong_digest", "credentialSchema: digestSRI is not that of the configured schema");
    }
    Ok(schema)
}

/// The subject's DID; `None` inside for an anonymous presentation.
fn subject(inquiry: &Inquiry<'_>, document: &ZkDocument<'_>, public: &Public) -> Result<Option<AgentDid>, Refusal> {
    let did = match document.credential["credentialSubject"].get("id") {
        None => None,
        Some(Value::String(text)) => Some(text.parse::<AgentDid>().map_err(because("malformed"))?),
        Some(_) => return refuse("malformed", "credentialSubject.id must be a text"),
    };
    let proved = did.as_ref().map_or(F::from(0u64), |did| did.agent_id().to_field());
    if proved != public.subject {
        return refuse("wrong_subject", "credentialSubject.id is not the agent the proof is about");
    }
    if did.as_ref().is_some_and(|did| !did.is_of(inquiry.trust.issuer())) {
        return refuse("wrong_host", "credentialSubject.id is not an agent of this issuer");
    }
    if did.is_none() && document.class() == Class::Standing {
        return refuse("anonymous", "a standing credential must name its subject");
    }
    if inquiry.request.subject.is_some() && inquiry.request.subject != did {
        return refuse("other_subject", "it is not about the requested agent");
    }
    Ok(did)
}

fn typed_statement(public: &Public, checks: &mut Checks) -> Option<Statement> {
    match Statement::from_public(public.clone()) {
        Ok(statement) => Some(statement),
        Err(error @ StatementError::ValidAt) => {
            checks.fail(CheckName::Validity, "out_of_range", error.to_string());
            None
        }
        Err(error) => {
            checks.fail(CheckName::Attributes, "out_of_range", error.to_string());
            None
        }
    }
}

/// `credentialSubject` as the statement renders it, `id` left to the check `subject`.
fn rendering(document: &ZkDocument<'_>, statement: &Statement, schema: &AttestationSchema) -> Result<Value, Refusal> {
    let mut shown = document.credential["credentialSubject"].clone();
    if let Some(members) = shown.as_object_mut() {
        members.remove("id");
    }
    let build = render::build_sha256(&shown);
    let rendered =
        render::credential_subject(statement, None, schema, build.as_ref()).map_err(because("not_rendered"))?;
    if json::canonical(&rendered) == json::canonical(&shown) {
        return Ok(rendered);
    }
    let differs = |name: &&str| shown.get(name) != rendered.get(name);
    let members = ["type"].into_iter().chain(poa_circuits::native::attributes::Slot::ALL.map(|slot| slot.name()));
    let member = members.into_iter().find(differs).unwrap_or("an unknown member");
    refuse("rendering", format!("credentialSubject differs from what was proved: {member}"))
}

/// The root of an accepted head is a tree's, and not the empty one's.
pub(super) fn check_root(head: &HeadClaims, public: &Public) -> Result<(), Refusal> {
    if public.root == F::from(0u64) || public.root == tree::empty_root() {
        return refuse("empty_root", "the root is 0 or the empty tree's");
    }
    if head.root != public.root {
        return refuse("other_root", "rootHead attests another root than the proof's");
    }
    Ok(())
}
