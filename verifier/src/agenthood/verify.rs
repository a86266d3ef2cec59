//! The order of verification (formats §3): issuer and key, its signature, the claims, times, status, what the nonce
//! commits to, the controller's own signature.
//!
//! | check | what of a Proof of Agenthood it reports |
//! |---|---|
//! | `class` | size, three canonical parts, header, strict JSON |
//! | `issuer_signature` | `iss` is configured and owns `kid`; the key's state; strict Ed25519 |
//! | `schema` | the claims, and in ours what we add to the published ones |
//! | `subject` | `sub` is the agent; addresses; the requested agent |
//! | `validity` | `iat`, `nbf`, `exp` |
//! | `attributes` | the controller who signed is the agent's; the block is the snapshot's |
//! | `context` | the nonce is the hash of details that agree with every claim |
//! | `status` | status lists; drift against the chain where the caller gives its state |
//! | `proof` | the controller's signature; `unknown` where this build cannot check its scheme |
//! | `policy` | the request demands nothing that only a ZK credential could show |
//!
//! Nothing after `issuer_signature` is looked at unless that passed; `proof` and `status` wait for all that stand above
//! them.

use serde_json::{Map, json};

use super::document::{self, Attestation, Reading};
use super::issuers::{AgenthoodIssuer, AgenthoodIssuers};
use super::message::Action;
use super::ss58::{Address, Network};
use super::wallet::{self, WalletError, WalletSignature};
use super::{native, status};
use crate::checks::{Checks, Refusal, because, refuse};
use crate::ed25519::PublicKey;
use crate::head::HeadMemory;
use crate::json::Node;
use crate::jws::Unverified;
use crate::report::{CheckName, Class, Proved, Report};
use crate::trust::{KeyPurpose, KeyUseError, Trust, TrustSet};
use crate::verifier::Inquiry;
use crate::zk;

/// Checks that only a ZK credential or a presentation could satisfy.
const NOT_APPLICABLE: [CheckName; 5] =
    [CheckName::Key, CheckName::Root, CheckName::RootAge, CheckName::Holder, CheckName::Nullifier];

/// Whose document it is.
pub(crate) enum Issuer<'a> {
    /// Of a trust document's issuer.
    Own(&'a Trust, OwnAgents),
    /// Of another configured one.
    Foreign(&'a AgenthoodIssuer),
}

/// What a verifier is told of the agents of its trust documents' issuers.
#[derive(Clone, Copy)]
pub(crate) struct OwnAgents {
    network: Network,
    snapshots: bool,
}

impl<'a> Issuer<'a> {
    /// The configured issuer of a name: one of the trust documents, else one of the file of other issuers.
    pub(crate) fn find(trusted: &'a TrustSet, issuers: &'a AgenthoodIssuers, iss: &str) -> Option<Self> {
        let Some(trust) = trusted.of(iss) else { return issuers.issuer(iss).map(Self::Foreign) };
        // That a chain is a fixture is said of one issuer; of several it would loosen what counts for the others.
        let snapshots = issuers.own_snapshots && trusted.iter().len() == 1;
        Some(Self::Own(trust, OwnAgents { network: issuers.network, snapshots }))
    }

    pub(crate) fn iss(&self) -> &'a str {
        match self {
            Self::Own(trust, _) => trust.issuer().as_str(),
            Self::Foreign(issuer) => issuer.iss(),
        }
    }

    /// How old a token status list may be that does not say it; ours say it.
    pub(crate) fn max_list_age_s(&self) -> Option<u64> {
        match self {
            Self::Own(..) => None,
            Self::Foreign(issuer) => Some(issuer.max_list_age_s()),
        }
    }

    pub(super) fn is_own(&self) -> bool {
        matches!(self, Self::Own(..))
    }

    pub(crate) fn key(&self, kid: &str, purpose: KeyPurpose, at: u64) -> Result<&'a PublicKey, KeyUseError> {
        match self {
            Self::Own(trust, _) => trust.key(kid, purpose, at),
            Self::Foreign(issuer) => issuer.key(kid, purpose, at),
        }
    }

    pub(super) fn network(&self) -> Network {
        match self {
            Self::Own(_, agents) => agents.network,
            Self::Foreign(issuer) => issuer.network(),
        }
    }

    pub(super) fn snapshots(&self) -> bool {
        match self {
            Self::Own(_, agents) => agents.snapshots,
            Self::Foreign(issuer) => issuer.snapshots(),
        }
    }

    pub(super) fn placeholder_addresses(&self) -> bool {
        match self {
            Self::Own(..) => false,
            Self::Foreign(issuer) => issuer.placeholder_addresses(),
        }
    }
}

/// Verifies a document.
pub(crate) fn verify(
    inquiry: &Inquiry<'_>,
    memory: &mut HeadMemory,
    mut checks: Checks,
    jws: &Unverified,
    claims: &Node<'_>,
) -> Report {
    for name in NOT_APPLICABLE {
        checks.not_applicable(name, "agenthood", "a signed document: nothing was proved in zero knowledge");
    }
    let issuer = checks.keep(CheckName::IssuerSignature, signature(inquiry, jws, claims));
    let mut proved = None;
    if let Some(issuer) = issuer {
        checks.pass(CheckName::IssuerSignature);
        challenge(inquiry, &mut checks);
        let reading = checks.keep(CheckName::Schema, document::read(claims, issuer.is_own()));
        if let Some(reading) = reading {
            checks.pass(CheckName::Schema);
            judge(inquiry, memory, &issuer, &reading, &mut checks);
            proved = Some(said(&reading));
        }
    }
    Report { proved, ..checks.finish(Class::Agenthood, inquiry.had_request) }
}

/// The issuer, once its key verified the bytes.
fn signature<'a>(inquiry: &Inquiry<'a>, jws: &Unverified, claims: &Node<'_>) -> Result<Issuer<'a>, Refusal> {
    let Some(iss) = claims.text("iss") else { return refuse("malformed", "iss is missing") };
    let Some(issuer) = Issuer::find(inquiry.trusted, inquiry.agenthood, iss) else {
        return Err(inquiry.untrusted(iss));
    };
    let Some(iat) = claims.whole_number("iat") else { return refuse("malformed", "iat is missing") };
    let key = issuer.key(jws.kid(), KeyPurpose::Credentials, iat).map_err(|error| error.refusal("issuer_key"))?;
    jws.verify(key).map_err(because("signature"))?;
    Ok(issuer)
}

fn judge(
    inquiry: &Inquiry<'_>,
    memory: &mut HeadMemory,
    issuer: &Issuer<'_>,
    reading: &Reading<'_>,
    checks: &mut Checks,
) {
    checks.take(CheckName::Subject, native::subject(inquiry, issuer, reading));
    checks.take(CheckName::Validity, native::times(inquiry, issuer.is_own(), reading));
    checks.take(CheckName::Attributes, native::agreement(issuer, reading));
    native::binding(issuer.is_own(), reading, checks);
    policy(inquiry, reading, checks);
    if !checks.failed() {
        controller_signature(issuer, reading, checks);
        if issuer.is_own() {
            // A list must not lag behind a head that the caller knows.
            zk::check_newest_heads(inquiry, memory, CheckName::Status, checks);
        }
        status::check(inquiry, memory, issuer, reading, checks);
    }
}

/// The attestation's own signature.
fn controller_signature(issuer: &Issuer<'_>, reading: &Reading<'_>, checks: &mut Checks) {
    let name = CheckName::Proof;
    let Attestation::Signed { signed, .. } = &reading.attestation else {
        return checks.not_applicable(name, "snapshot", "nobody behind the agent signed");
    };
    let message = Action::Issue.message(reading.sub, signed.nonce);
    let parsed = Address::parse(signed.controller, issuer.network()).map_err(because("address"));
    let signature = WalletSignature::from_hex(signed.controller_sig).map_err(because("malformed"));
    let (Some(controller), Some(signature)) = (checks.keep(name, parsed), checks.keep(name, signature)) else {
        return;
    };
    let result = match signed.scheme {
        Some(scheme) => wallet::verify(scheme, controller.account(), &message, &signature),
        None => wallet::detect(controller.account(), &message, &signature).map(drop),
    };
    match result {
        Ok(()) => checks.pass(name),
        Err(error @ WalletError::NotBuilt(_)) => checks.unknown(name, "scheme_not_built", error.to_string()),
        Err(_) => checks.fail(name, "signature", "the controller did not sign this; ask for another document"),
    }
}

fn challenge(inquiry: &Inquiry<'_>, checks: &mut Checks) {
    if inquiry.request.binding.is_some() {
        checks.fail(
            CheckName::Challenge,
            "missing",
            "the request states a challenge; a Proof of Agenthood answers none",
        );
    } else {
        checks.not_applicable(CheckName::Challenge, "none", "no challenge was asked for and none was answered");
    }
}

fn policy(inquiry: &Inquiry<'_>, reading: &Reading<'_>, checks: &mut Checks) {
    let accepted = |issuers: &Vec<crate::did::IssuerDid>| issuers.iter().any(|did| did.as_str() == reading.iss);
    if !inquiry.had_request {
        checks.unknown(CheckName::Policy, "no_request", "state what you need in a request to have it checked");
    } else if inquiry.request.needs_proof() {
        checks.fail(CheckName::Policy, "needs_proof", "the request needs something proved; this is only signed");
    } else if !inquiry.request.issuers.as_ref().is_none_or(accepted) {
        let asked: Vec<_> = inquiry.request.issuers.iter().flatten().map(ToString::to_string).collect();
        let detail = format!("issuer: shown {}, asked {}", reading.iss, asked.join(", "));
        checks.fail(CheckName::Policy, "issuer_not_accepted", detail);
    } else {
        checks.pass(CheckName::Policy);
    }
}

/// What the issuer said.
fn said(reading: &Reading<'_>) -> Proved {
    let agent = &reading.agent;
    let behind = match &reading.attestation {
        Attestation::Snapshot => "nobody behind it agreed".to_owned(),
        Attestation::Signed { by_itself: true, .. } => "it is sovereign and signed for itself".to_owned(),
        Attestation::Signed { signed, .. } => format!("its controller {} signed", signed.controller),
    };
    let statement = format!(
        "{} says of agent {} at block {}: {behind}; behaviour graph {} version {}.",
        reading.iss, reading.sub, agent.snapshot_at_block, agent.abg_hash, agent.abg_version
    );
    let shown =
        Map::from_iter([("jti".to_owned(), json!(reading.jti)), ("agent".to_owned(), reading.agent_node.to_value())]);
    Proved {
        issuer: Some(reading.iss.to_owned()),
        subject: Some(reading.sub.to_owned()),
        statement: vec![statement],
        shown,
        ..Proved::default()
    }
}
