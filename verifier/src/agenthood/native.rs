//! The checks of a document that need neither a key nor a list: who it is about, when it counts, whether its parts
//! agree, and what the nonce commits to.

use super::binding::{self, Details, claims_digest_of};
use super::claims::SignedAttestation;
use super::document::{Attestation, Reading};
use super::hex32::{AbgHash, Nonce};
use super::message::Action;
use super::ss58::Address;
use super::verify::Issuer;
use super::{CHALLENGE_LIFETIME_S, MAX_LIFETIME_S};
use crate::checks::{Checks, Refusal, because, refuse};
use crate::report::CheckName;
use crate::time::SKEW_S;
use crate::verifier::Inquiry;

/// `sub` is the agent, its addresses are of the issuer's network, and it is the requested one.
pub(super) fn subject(inquiry: &Inquiry<'_>, issuer: &Issuer<'_>, reading: &Reading<'_>) -> Result<(), Refusal> {
    let agent = &reading.agent;
    if reading.sub != agent.agent_id {
        return refuse("other_subject", "sub is not agent.agentId");
    }
    if !issuer.placeholder_addresses() {
        for text in [Some(agent.agent_id), agent.controller].into_iter().flatten() {
            Address::parse(text, issuer.network()).map_err(because("address"))?;
        }
    }
    let request = inquiry.request;
    if request.subject.is_some() {
        return refuse("other_subject", "the request names an agent by its DID; this is about an account");
    }
    match &request.agent {
        Some(expected) if expected.to_string() != reading.sub => {
            refuse("other_subject", "it is not about the requested agent")
        }
        _ => Ok(()),
    }
}

/// `iat`, `nbf`, `exp`.
pub(super) fn times(inquiry: &Inquiry<'_>, own: bool, reading: &Reading<'_>) -> Result<(), Refusal> {
    let latest = inquiry.now.saturating_add(SKEW_S);
    if reading.iat > latest || reading.nbf.is_some_and(|nbf| nbf > latest) {
        return refuse("future", "it is from the future; check both clocks");
    }
    let Some(exp) = reading.exp else { return Ok(()) };
    if exp <= reading.iat {
        return refuse("malformed", "exp is not after iat");
    }
    if own && exp - reading.iat > MAX_LIFETIME_S {
        return refuse("too_long", "it is valid for more than 30 days");
    }
    if inquiry.now > exp {
        return refuse("expired", "it has expired; ask for a new one");
    }
    Ok(())
}

/// The parts agree with each other: who signed is who controls, and the block is the snapshot's.
pub(super) fn agreement(issuer: &Issuer<'_>, reading: &Reading<'_>) -> Result<(), Refusal> {
    let agent = &reading.agent;
    if let Some(chain) = &reading.chain {
        if chain.block != agent.snapshot_at_block {
            return refuse("other_block", "chain.block is not agent.snapshotAtBlock");
        }
        if !chain.finalized {
            return refuse("not_final", "it was read at a block that may still be undone");
        }
    }
    match &reading.attestation {
        Attestation::Snapshot if issuer.snapshots() => Ok(()),
        Attestation::Snapshot => refuse("unattested", "nobody behind the agent agreed to it: a snapshot"),
        Attestation::Signed { by_itself: true, signed, .. } => {
            if agent.sovereign && signed.controller == agent.agent_id {
                Ok(())
            } else {
                refuse("other_controller", "self-attested, but not by a sovereign agent's own account")
            }
        }
        Attestation::Signed { by_itself: false, signed, .. } => {
            if !agent.sovereign && agent.controller == Some(signed.controller) {
                Ok(())
            } else {
                refuse("other_controller", "attestation.controller is not agent.controller")
            }
        }
    }
}

/// The nonce stands for exactly these claims. Published documents of others carry no details: their nonce stands for
/// nothing but itself.
pub(super) fn binding(own: bool, reading: &Reading<'_>, checks: &mut Checks) {
    let name = CheckName::Context;
    match &reading.attestation {
        Attestation::Snapshot => checks.not_applicable(name, "snapshot", "nobody signed a nonce"),
        Attestation::Signed { signed, details: node, .. } => match (&signed.seed, &signed.details, node) {
            (Some(seed), Some(details), Some(node)) => {
                checks.take(name, bound(reading, signed, details, binding::nonce(seed, node)));
            }
            _ if own => checks.fail(name, "missing", "attestation has no seed and details"),
            _ => checks.not_applicable(name, "unbound", "the nonce commits to nothing: a published document"),
        },
    }
}

fn bound(
    reading: &Reading<'_>,
    signed: &SignedAttestation<&str, &str>,
    details: &Details<&str, &str>,
    nonce: Nonce,
) -> Result<(), Refusal> {
    let agent = &reading.agent;
    let genesis = reading.chain.as_ref().map(|chain| chain.genesis);
    for (agrees, member) in [
        (details.action == Action::Issue, "action"),
        (details.issuer == reading.iss, "issuer"),
        (details.agent == reading.sub, "agent"),
        (details.controller == signed.controller, "controller"),
        (Some(details.genesis) == genesis, "genesis"),
        (details.abg_version == agent.abg_version, "abgVersion"),
        (agent.abg_hash.parse() == Ok::<AbgHash, _>(details.abg_hash), "abgHash"),
        (details.claims == claims_digest_of(reading.agent_node), "claims"),
    ] {
        if !agrees {
            return refuse("other_details", format!("the signature was made for another {member}"));
        }
    }
    let open_until = details.issued_at.saturating_add(CHALLENGE_LIFETIME_S * 1000);
    if !(details.issued_at..=open_until).contains(&signed.signed_at) {
        return refuse("late", "the challenge was not answered within five minutes");
    }
    if (signed.signed_at / 1000).abs_diff(reading.iat) > SKEW_S {
        return refuse("other_time", "attestation.signedAt is more than a minute from iat");
    }
    if signed.nonce.parse() == Ok(nonce) {
        Ok(())
    } else {
        refuse("other_nonce", "the nonce is not the hash of seed and details")
    }
}
