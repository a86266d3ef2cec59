//! What the issuer signed: tree heads, its own proof on a standing credential, status lists.
//!
//! Reading and looking up keys is native; verifying happens in [`check`], once every native check passed.

use poa_circuits::statement::Public;

use super::ZkDocument;
use super::dates::not_in_future;
use super::native::{Facts, check_root};
use crate::checks::{Checks, Refusal, because, refuse};
use crate::data_integrity;
use crate::ed25519::PublicKey;
use crate::head::{self, HeadClaims, HeadError, HeadMemory};
use crate::jws;
use crate::report::CheckName;
use crate::schema::AttestationSchema;
use crate::status::StatusEntry;
use crate::status_check::{self, Issued};
use crate::time;
use crate::trust::{KeyPurpose, Trust};
use crate::verifier::Inquiry;
use crate::zk_proof::ZkProof;

/// A head with the key that is said to have signed it.
pub(super) struct Head<'a> {
    pub(super) claims: HeadClaims,
    jws: jws::Unverified,
    key: &'a PublicKey,
}

/// What only a standing credential has; empty in a presentation.
#[derive(Default)]
pub(super) struct Standing<'a> {
    issuer_proof: Option<(data_integrity::Unverified, &'a PublicKey)>,
    entries: Vec<StatusEntry>,
}

/// Reads a head of the trusted issuer; its signature is still to be checked.
fn read<'a>(trust: &'a Trust, text: &str) -> Result<Head<'a>, Refusal> {
    let jws = jws::parse(text).map_err(because("malformed"))?;
    jws.expect_typ(head::TYP).map_err(because("malformed"))?;
    let claims = jws.claims().map_err(because("malformed"))?;
    let claims = HeadClaims::from_value(&claims).map_err(because("malformed"))?;
    if claims.iss != *trust.issuer() {
        return refuse("other_issuer", "the tree head is of another issuer; fetch one of this issuer");
    }
    if !trust.document().logs.contains(&claims.log) {
        return refuse("unlisted_log", "the tree head is of a log that the trust document does not list; update it");
    }
    let key = trust.key(jws.kid(), KeyPurpose::Heads, claims.iat).map_err(|error| error.refusal("head_key"))?;
    Ok(Head { claims, jws, key })
}

/// The head of the document: of its issuer, of the log of its attestation schema, of the proof's root.
pub(super) fn read_head<'a>(
    inquiry: &Inquiry<'a>,
    zk: &ZkProof,
    schema: Option<&AttestationSchema>,
    public: &Public,
) -> Result<Head<'a>, Refusal> {
    let head = read(inquiry.trust, &zk.root_head)?;
    if schema.is_some_and(|schema| schema.document().log != head.claims.log) {
        return refuse("other_log", "the tree head is of another log than the leaf's attestation schema");
    }
    check_root(&head.claims, public)?;
    Ok(head)
}

/// Reads the issuer's proof and the status entries of a standing credential.
pub(super) fn read_standing<'a>(
    inquiry: &Inquiry<'a>,
    document: &ZkDocument<'_>,
    checks: &mut Checks,
) -> Option<Standing<'a>> {
    let Some(proof) = document.issuer_proof else {
        checks.not_applicable(
            CheckName::IssuerSignature,
            "presentation",
            "the issuer stands behind the tree head instead",
        );
        checks.not_applicable(CheckName::Status, "presentation", "a presentation is revoked by its root");
        return Some(Standing::default());
    };
    let issuer_proof = checks.keep(CheckName::IssuerSignature, read_issuer_proof(inquiry, document.credential, proof));
    let entries = status_check::read_entries(inquiry.trust, &(&document.credential["credentialStatus"]).into());
    let entries = checks.keep(CheckName::Status, entries);
    Some(Standing { issuer_proof: Some(issuer_proof?), entries: entries? })
}

/// Parses the issuer's proof and finds its key.
pub(crate) fn read_issuer_proof<'a>(
    inquiry: &Inquiry<'a>,
    credential: &serde_json::Value,
    proof: &serde_json::Value,
) -> Result<(data_integrity::Unverified, &'a PublicKey), Refusal> {
    let proof = data_integrity::parse(proof, credential).map_err(because("malformed"))?;
    not_in_future(inquiry, proof.created_unix_s()).map_err(|refusal| Refusal { reason: "future", ..refusal })?;
    // The signer chooses `created`; a credential that is valid from later was not signed before. Without a readable
    // `validFrom` it fails `validity`.
    let valid_from = credential["validFrom"].as_str().and_then(|text| time::parse_utc(text).ok()).unwrap_or(0);
    let signed_at = proof.created_unix_s().max(valid_from);
    let key = inquiry
        .trust
        .key(proof.verification_method(), KeyPurpose::Credentials, signed_at)
        .map_err(|error| error.refusal("issuer_key"))?;
    Ok((proof, key))
}

/// Verifies heads, the issuer's proof and the status lists.
pub(super) fn check(
    inquiry: &Inquiry<'_>,
    memory: &mut HeadMemory,
    document: &ZkDocument<'_>,
    facts: &Facts<'_>,
    checks: &mut Checks,
) {
    check_newest_heads(inquiry, memory, CheckName::Root, checks);
    checks.take(CheckName::Root, accept(memory, &facts.head, inquiry.now));
    let Some((proof, key)) = &facts.standing.issuer_proof else { return };
    checks.take(CheckName::IssuerSignature, proof.verify(document.credential, key).map_err(because("signature")));
    let head = &facts.head.claims;
    let seen = memory.revocations(&head.iss, &head.log).unwrap_or(0).max(head.revocations);
    status_check::check(inquiry, &facts.standing.entries, Issued::credential(document.credential, seen), checks);
}

fn accept(memory: &mut HeadMemory, head: &Head<'_>, now: u64) -> Result<(), Refusal> {
    head.jws.verify(head.key).map_err(because("head_signature"))?;
    memory
        .accept(&head.claims, now)
        .map_err(|error| Refusal { reason: reason(&error), detail: error.to_string().into() })
}

/// The caller's own newest heads go into the memory first; one that cannot be used leaves the check they are for
/// undecided (`root`, and `status` of a signed credential, which has no root).
pub(crate) fn check_newest_heads(inquiry: &Inquiry<'_>, memory: &mut HeadMemory, name: CheckName, checks: &mut Checks) {
    for text in inquiry.evidence.newest_heads.iter().filter(|text| !inquiry.is_of_another(text)) {
        let accepted = read(inquiry.trust, text).and_then(|head| accept(memory, &head, inquiry.now));
        match accepted {
            Ok(()) => {}
            Err(Refusal { reason: reason @ ("two_histories" | "order"), detail }) => {
                checks.fail(name, reason, detail);
            }
            Err(Refusal { detail, .. }) => {
                checks.unknown(name, "bad_evidence", format!("a newest head given by the caller: {detail}"));
            }
        }
    }
}

fn reason(error: &HeadError) -> &'static str {
    match error {
        HeadError::Equivocation { .. } | HeadError::TwoAnchors { .. } => "two_histories",
        HeadError::Order { .. } => "order",
        HeadError::Future { .. } => "future",
        HeadError::Claims(_) | HeadError::Lifetime | HeadError::EmptyRoot => "malformed",
    }
}
