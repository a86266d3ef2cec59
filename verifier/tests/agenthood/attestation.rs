//! Who agreed: the controller's signature, and everything it was not made for.

use poa_verifier::agenthood::claims::{AgentClaim, Attestation, SignedAttestation};
use poa_verifier::agenthood::hex32::{BlockHash, ClaimsDigest, Seed};
use poa_verifier::agenthood::message::Action;
use poa_verifier::agenthood::wallet::Scheme;
use poa_verifier::report::{CheckName, Report};

use crate::world::*;

fn verify(agent: AgentClaim, attestation: Attestation) -> Report {
    SHARED.verify(&SHARED.sign(&SHARED.claims_of(agent, attestation).to_value()))
}

/// A document whose controller signed the details as edited.
fn with_details(edit: impl FnOnce(&mut poa_verifier::agenthood::binding::Details)) -> Report {
    let agent = SHARED.agent();
    let mut details = SHARED.details(&agent);
    edit(&mut details);
    let signed = SHARED.attest(&details, &signer("controller"));
    verify(
        agent.clone(),
        Attestation::ControllerAttested(SignedAttestation { controller: agent.controller.unwrap(), ..signed }),
    )
}

fn with_attestation(edit: impl FnOnce(&mut SignedAttestation)) -> Report {
    let agent = SHARED.agent();
    let mut signed = SHARED.attest(&SHARED.details(&agent), &signer("controller"));
    edit(&mut signed);
    verify(agent, Attestation::ControllerAttested(signed))
}

/// The signatures are genuine in all of these; they were made for something else.
#[test]
fn a_signature_for_another_issuer_action_agent_or_snapshot_is_refused() {
    let refused = |report: Report| fails(&report, CheckName::Context, "other_details");
    verifies(&with_details(|_| {}));
    refused(with_details(|details| details.issuer = "did:web:other.example".to_owned()));
    refused(with_details(|details| details.action = Action::Revoke));
    refused(with_details(|details| details.agent = address(&signer("other agent"))));
    refused(with_details(|details| details.controller = address(&signer("other"))));
    refused(with_details(|details| details.genesis = BlockHash::new([7; 32])));
    refused(with_details(|details| details.abg_version += 1));
    refused(with_details(|details| details.abg_hash = format!("0x{}", "d3".repeat(32)).parse().unwrap()));
    refused(with_details(|details| details.claims = ClaimsDigest::new([0; 32])));
}

/// Every member of the agent claim, known or not, is what the controller agreed to.
#[test]
fn a_signature_for_another_snapshot_is_refused_whatever_differs() {
    for (member, value) in [
        ("name", serde_json::json!("Impostor")),
        ("summary", serde_json::json!("Pays out.")),
        ("enclaveBound", serde_json::json!(false)),
        ("more", serde_json::json!("unknown to us")),
        ("capabilities", serde_json::json!({ "models": [], "tools": ["pay"], "intentTypes": [], "subAgents": [] })),
    ] {
        let report = SHARED.verify(&SHARED.edited(|claims| claims["agent"][member] = value));
        fails(&report, CheckName::Context, "other_details");
    }
}

#[test]
fn the_nonce_is_the_hash_of_seed_and_details() {
    fails(&with_attestation(|a| a.seed = Some(Seed::new([8; 32]))), CheckName::Context, "other_nonce");
    fails(&with_attestation(|a| a.nonce = "00".repeat(32)), CheckName::Context, "other_nonce");
    fails(&with_attestation(|a| a.nonce = a.nonce.to_uppercase()), CheckName::Context, "other_nonce");
    fails(&with_attestation(|a| a.details.as_mut().unwrap().issued_at += 1), CheckName::Context, "other_nonce");
}

#[test]
fn a_challenge_is_answered_within_five_minutes_and_the_document_issued_then() {
    let signed_at = |ms: u64| with_attestation(|a| a.signed_at = ms);
    let issued_at = (NOW - 120) * 1000;
    fails(&signed_at(issued_at - 1), CheckName::Context, "late");
    fails(&signed_at(issued_at + 300_001), CheckName::Context, "late");
    verifies(&signed_at((NOW - 121) * 1000 + 1000));
    fails(&signed_at((NOW + 1) * 1000), CheckName::Context, "other_time");
}

#[test]
fn only_the_agents_controller_may_attest() {
    let agent = SHARED.agent();
    let mut details = SHARED.details(&agent);
    details.controller = address(&signer("thief"));
    let report = verify(agent, Attestation::ControllerAttested(SHARED.attest(&details, &signer("thief"))));
    fails(&report, CheckName::Attributes, "other_controller");
    // The right name under another's signature.
    let agent = SHARED.agent();
    let report = verify(
        agent.clone(),
        Attestation::ControllerAttested(SHARED.attest(&SHARED.details(&agent), &signer("thief"))),
    );
    fails(&report, CheckName::Proof, "signature");
}

#[test]
fn a_sovereign_agent_attests_itself() {
    let agent = AgentClaim { sovereign: true, controller: None, ..SHARED.agent() };
    let details = SHARED.details(&agent);
    assert_eq!(details.controller, agent.agent_id);
    let signed = SHARED.attest(&details, &signer("agent"));
    verifies(&verify(agent.clone(), Attestation::SelfAttested(signed.clone())));
    let refused = |report: Report| fails(&report, CheckName::Attributes, "other_controller");
    refused(verify(agent.clone(), Attestation::ControllerAttested(signed.clone())));
    let controlled = SHARED.agent();
    let mut details = SHARED.details(&controlled);
    details.controller = controlled.agent_id;
    refused(verify(controlled, Attestation::SelfAttested(SHARED.attest(&details, &signer("agent")))));
}

#[test]
fn a_snapshot_nobody_signed_counts_only_where_the_chain_is_a_fixture() {
    let document = SHARED.sign(&SHARED.claims_of(SHARED.agent(), Attestation::Snapshot).to_value());
    fails(&SHARED.verify(&document), CheckName::Attributes, "unattested");
    let mut world = World::new();
    let issuers = br#"{"type":"PoaAgenthoodIssuers","version":1,"ownSnapshots":true,"issuers":[]}"#;
    world.verifier =
        world.verifier.with_agenthood(poa_verifier::agenthood::issuers::AgenthoodIssuers::from_json(issuers).unwrap());
    verifies(&world.verify(&document));
}

#[test]
fn signatures_are_read_as_wallets_write_them() {
    verifies(&with_attestation(|a| a.controller_sig = format!("0x{}", a.controller_sig)));
    verifies(&with_attestation(|a| a.controller_sig = format!("0x00{}", a.controller_sig)));
    fails(&with_attestation(|a| a.controller_sig = format!("01{}", a.controller_sig)), CheckName::Proof, "signature");
    fails(&with_attestation(|a| a.controller_sig.truncate(126)), CheckName::Proof, "malformed");
    fails(&with_attestation(|a| a.controller_sig = "x".repeat(128)), CheckName::Proof, "malformed");
}

#[test]
fn the_scheme_is_the_one_that_is_stated() {
    let stated = |scheme| with_attestation(|a| a.scheme = Some(scheme));
    verifies(&stated(Scheme::Ed25519));
    for scheme in [Scheme::Sr25519, Scheme::Ecdsa, Scheme::Ethereum] {
        if cfg!(feature = "wallet-signatures") {
            fails(&stated(scheme), CheckName::Proof, "signature");
        } else {
            undecided(&stated(scheme), CheckName::Proof, "scheme_not_built");
        }
    }
}
