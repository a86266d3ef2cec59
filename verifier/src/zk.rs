//! Documents with a Groth16 proof: standing credentials and presentations.
//!
//! [`verify`] runs the stages; the native checks are in [`native`], what a request demands in [`policy`], heads,
//! lists and the issuer's proof in [`signatures`], the words of the report in [`words`].

mod dates;
mod native;
mod policy;
mod signatures;
mod words;

pub(crate) use dates::{not_in_future, period};
pub(crate) use signatures::{check_newest_heads, read_issuer_proof};

use poa_circuits::statement::Public;
use serde_json::Value;

use crate::checks::{Checks, Refusal, because, refuse};
use crate::context::context;
use crate::groth16::Proof;
use crate::head::{HeadClaims, HeadMemory};
use crate::report::{CheckName, Class, Report};
use crate::schema::Custody;
use crate::statement;
use crate::trust::{KeyState, TrustedVerifyingKey};
use crate::verifier::Inquiry;
use crate::zk_proof::ZkProof;

/// A document with its Groth16 proof, and the issuer's proof when it is a standing credential.
pub(crate) struct ZkDocument<'a> {
    pub(crate) credential: &'a Value,
    pub(crate) zk: &'a ZkProof,
    pub(crate) issuer_proof: Option<&'a Value>,
}

impl ZkDocument<'_> {
    fn class(&self) -> Class {
        if self.issuer_proof.is_some() { Class::Standing } else { Class::Presentation }
    }
}

/// Verifies a standing credential or a derived credential.
pub(crate) fn verify(
    inquiry: &Inquiry<'_>,
    memory: &mut HeadMemory,
    mut checks: Checks,
    document: &ZkDocument<'_>,
) -> Report {
    let mut proved = None;
    let facts = native::check(inquiry, document, &mut checks);
    inquiry.check_data_model(document.credential, CheckName::Attributes, &mut checks);
    if let Some(facts) = facts
        && !checks.failed()
        && checks.keep(CheckName::Context, check_context(document, &facts.public)).is_some()
    {
        checks.pass(CheckName::Context);
        signatures::check(inquiry, memory, document, &facts, &mut checks);
        let pairing = facts.key.key.verify(&facts.public.to_inputs(), &facts.proof);
        checks.take(CheckName::Proof, pairing.map_err(because("pairing")));
        holder(document, facts.schema.document().custody, &mut checks);
        proved = words::proved(inquiry, &facts, &checks);
    }
    let development_key = development_key(inquiry, document.zk, &checks);
    Report { proved, development_key, ..checks.finish(document.class(), inquiry.had_request) }
}

/// A proof without its document can pass `proof` and `key`, no more: nothing says what it was made for.
pub(crate) fn verify_bare(inquiry: &Inquiry<'_>, mut checks: Checks, zk: &ZkProof) -> Report {
    checks.fail(CheckName::Class, "bare_proof", "a proof without its document shows nothing; send the whole document");
    let key = checks.keep(CheckName::Key, named_key(inquiry, zk));
    let decoded = checks.keep(CheckName::Proof, decode(zk));
    if let (Some(key), Some((public, proof))) = (key, decoded) {
        checks.pass(CheckName::Key);
        let pairing = key.key.verify(&public.to_inputs(), &proof);
        checks.take(CheckName::Proof, pairing.map_err(because("pairing")));
    }
    let development_key = development_key(inquiry, zk, &checks);
    Report { development_key, ..checks.finish(Class::Other, inquiry.had_request) }
}

/// Whether the key was made by one party; nothing is said of a key that may not be used.
fn development_key(inquiry: &Inquiry<'_>, zk: &ZkProof, checks: &Checks) -> Option<bool> {
    let key = inquiry.trust.verifying_key(&zk.vk_sha256).filter(|_| checks.passed(CheckName::Key))?;
    Some(key.development)
}

/// The configured key the proof names.
fn named_key<'a>(inquiry: &Inquiry<'a>, zk: &ZkProof) -> Result<&'a TrustedVerifyingKey, Refusal> {
    match inquiry.trust.verifying_key(&zk.vk_sha256) {
        None => refuse("unknown_key", "the named verifying key is not configured; update the trust document"),
        Some(key) if key.state == KeyState::Compromised => {
            refuse("key_withdrawn", "the named verifying key was withdrawn; ask for a proof under a current key")
        }
        Some(key) => Ok(key),
    }
}

/// A retired key counts for proofs under heads that are not younger than its retirement: `created` is the prover's
/// word, the head's `iat` the issuer's.
fn in_force(key: &TrustedVerifyingKey, head: &HeadClaims) -> Result<(), Refusal> {
    match (key.state, key.retired_at) {
        (KeyState::Retired, Some(at)) if head.iat <= at => Ok(()),
        (KeyState::Retired, _) => refuse(
            "key_retired",
            "the named verifying key was retired before this tree head; ask for a proof under a current key",
        ),
        (KeyState::Active | KeyState::Compromised, _) => Ok(()),
    }
}

fn decode(zk: &ZkProof) -> Result<(Public, Proof), Refusal> {
    let public = statement::from_value(&zk.statement).map_err(because("statement_encoding"))?;
    let proof = Proof::from_multibase(&zk.proof_value).map_err(because("proof_encoding"))?;
    Ok((public, proof))
}

fn check_context(document: &ZkDocument<'_>, public: &Public) -> Result<(), Refusal> {
    if context(&document.zk.options, document.credential) == public.context {
        return Ok(());
    }
    refuse("edited", "the proof was made for another document, challenge or domain, or this one was edited since")
}

fn holder(document: &ZkDocument<'_>, custody: Custody, checks: &mut Checks) {
    match document.class() {
        Class::Presentation if checks.passed(CheckName::Proof) => {
            let who = match custody {
                Custody::Holder => "the holder itself, who alone has the leaf's secrets, answered this challenge",
                Custody::Issuer => "the service answered this challenge for a managed agent, whose secrets it holds",
            };
            checks.pass_with(CheckName::Holder, who);
        }
        Class::Presentation => {}
        _ => checks.not_applicable(
            CheckName::Holder,
            "not_proven",
            "a standing credential says something about its subject and nothing about who sends it",
        ),
    }
}
