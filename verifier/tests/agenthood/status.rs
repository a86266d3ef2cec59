//! Status lists in both encodings, and drift against the chain.

use poa_verifier::agenthood::claims::AgentClaim;
use poa_verifier::agenthood::instant::Instant;
use poa_verifier::agenthood::reasons::AgentNow;
use poa_verifier::report::{CheckName, Report};
use poa_verifier::status::token_list::{Entries, TokenListError, TokenStatus, TokenStatusClaims, TokenStatusList};
use poa_verifier::trust::{KeyPurpose, KeyState};
use poa_verifier::{Evidence, Outcome};
use serde_json::json;

use crate::world::*;

const STATUS: CheckName = CheckName::Status;

fn document() -> String {
    SHARED.sign(&SHARED.claims().to_value())
}

fn with_lists(lists: &[TokenStatusList]) -> Report {
    let evidence = Evidence { token_status_lists: lists, ..Evidence::default() };
    SHARED.verify_with(&document(), Some(&request()), &evidence)
}

fn list(edit: impl FnOnce(&mut TokenStatusClaims)) -> TokenStatusList {
    let mut claims = SHARED.list_claims(Entries::new(131_072).unwrap());
    edit(&mut claims);
    SHARED.read_list(&claims)
}

fn says(status: TokenStatus) -> TokenStatusList {
    list(|claims| claims.entries.set(INDEX, status).unwrap())
}

#[test]
fn the_list_decides() {
    verifies(&with_lists(&[list(|_| {})]));
    fails(&with_lists(&[says(TokenStatus::Invalid)]), STATUS, "revoked");
    fails(&with_lists(&[says(TokenStatus::Suspended)]), STATUS, "suspended");
    undecided(&with_lists(&[says(TokenStatus::Other(3))]), STATUS, "unknown_status");
    undecided(&with_lists(&[]), STATUS, "no_list");
    let short = |iat: u64| list(|c| (c.iat, c.entries) = (iat, Entries::new(100).unwrap()));
    fails(&with_lists(&[short(NOW - 60)]), STATUS, "index");
    // Lists grow: one from before the document, of NOW - 61, cannot know its index.
    undecided(&with_lists(&[short(NOW - 61)]), STATUS, "older_list");
    verifies(&with_lists(&[short(NOW - 61), list(|_| {})]));
}

#[test]
fn neighbours_say_nothing() {
    let neighbours = list(|claims| {
        claims.entries.set(INDEX - 1, TokenStatus::Invalid).unwrap();
        claims.entries.set(INDEX + 1, TokenStatus::Invalid).unwrap();
    });
    verifies(&with_lists(&[neighbours]));
}

/// Whoever knows a newer head is not shown a list from before it.
#[test]
fn a_list_that_lags_behind_the_callers_head_is_not_believed() {
    let mut world = World::new();
    let key = trust_key(&world.issuer, "heads-1", &signer("heads"), KeyPurpose::Heads);
    world.retrust(|trust| {
        trust.logs.push("main".to_owned());
        trust.keys.push(key);
    });
    let document = world.sign(&world.claims().to_value());
    let lists = [world.read_list(&world.list_claims(Entries::new(131_072).unwrap()))];
    let judged = |revocations: u64| {
        let claims = json!({
            "iss": world.issuer.to_string(), "log": "main", "iat": NOW, "exp": NOW + 7 * 86_400,
            "root": format!("0x{:064x}", 5), "size": 1, "seq": 1, "revocations": revocations, "anchor": false,
        });
        let heads = [compact("poa-root+jwt", &world.issuer.key_id("heads-1"), &claims, &signer("heads"))];
        let evidence = Evidence { token_status_lists: &lists, newest_heads: &heads, ..Evidence::default() };
        world.verify_with(&document, Some(&request()), &evidence)
    };
    verifies(&judged(3));
    undecided(&judged(4), STATUS, "lagging_list");
}

#[test]
fn only_a_fresh_list_passes() {
    undecided(&with_lists(&[list(|c| c.iat = NOW - 361)]), STATUS, "stale_list");
    verifies(&with_lists(&[list(|c| c.iat = NOW - 360)]));
    undecided(&with_lists(&[list(|c| c.exp = NOW - 61)]), STATUS, "stale_list");
    verifies(&with_lists(&[list(|c| c.exp = NOW - 60)]));
    undecided(&with_lists(&[list(|c| c.iat = NOW + 61)]), STATUS, "future_list");
    // What was revoked stays so, however old the list.
    let old = list(|c| {
        (c.iat, c.exp) = (NOW - 9 * DAY, NOW - 8 * DAY);
        c.entries.set(INDEX, TokenStatus::Invalid).unwrap();
    });
    fails(&with_lists(std::slice::from_ref(&old)), STATUS, "revoked");
    // No other list hides it.
    fails(&with_lists(&[list(|_| {}), old]), STATUS, "revoked");
    verifies(&with_lists(&[list(|c| c.iat = NOW - 999), list(|_| {})]));
    verifies(&with_lists(&[list(|_| {}), list(|c| c.iat = NOW - 999)]));
}

#[test]
fn a_list_of_another_address_settles_nothing() {
    undecided(&with_lists(&[list(|c| c.uri = "https://poa.example/status-lists/other".to_owned())]), STATUS, "no_list");
    let report = SHARED.verify(&SHARED.edited(|claims| {
        claims["status"] = json!({ "status_list": { "idx": INDEX, "uri": "https://poa.example.thief.example/list" } });
    }));
    fails(&report, STATUS, "foreign_list");
}

#[test]
fn a_list_is_signed_by_the_issuers_key_for_lists() {
    let claims = SHARED.list_claims(Entries::new(131_072).unwrap());
    let typ = poa_verifier::status::token_list::TYP;
    let kid = SHARED.issuer.key_id("status-1");
    let read = |jwt: &str| SHARED.verifier.token_status_list(jwt).map(drop);
    assert_eq!(read(&compact(typ, &kid, &claims.to_value(), &signer("status"))), Ok(()));
    assert!(matches!(read(&compact(typ, &kid, &claims.to_value(), &signer("thief"))), Err(TokenListError::Jws(_))));
    assert!(matches!(read(&compact("JWT", &kid, &claims.to_value(), &signer("status"))), Err(TokenListError::Jws(_))));
    let credentials = compact(typ, &SHARED.kid(), &claims.to_value(), &signer("credentials"));
    assert!(matches!(read(&credentials), Err(TokenListError::Key(_))));
    let mut foreign = claims.clone();
    foreign.iss = "did:web:other.example".to_owned();
    assert!(matches!(read(&SHARED.sign_list(&foreign)), Err(TokenListError::Key(_))));
}

#[test]
fn a_list_whose_key_was_given_up_since_settles_nothing() {
    let lists = [SHARED.list()];
    let mut world = World::new();
    world.retrust(|trust| trust.keys[1].state = KeyState::Compromised);
    let evidence = Evidence { token_status_lists: &lists, ..Evidence::default() };
    undecided(&world.verify_with(&document(), Some(&request()), &evidence), STATUS, "list_key");
}

#[test]
fn the_bitstring_lists_say_the_same() {
    let with = |lists: &[serde_json::Value]| {
        let evidence = Evidence { status_lists: lists, ..Evidence::default() };
        SHARED.verify_with(&document(), Some(&request()), &evidence)
    };
    verifies(&with(&SHARED.bitstrings(false)));
    fails(&with(&SHARED.bitstrings(true)), STATUS, "revoked");
    // The suspension list alone does not do.
    undecided(&with(&SHARED.bitstrings(false)[1..]), STATUS, "no_list");
    // One encoding that says "revoked" is enough.
    let (bitstrings, tokens) = (SHARED.bitstrings(true), [SHARED.list()]);
    let evidence = Evidence { status_lists: &bitstrings, token_status_lists: &tokens, ..Evidence::default() };
    fails(&SHARED.verify_with(&document(), Some(&request()), &evidence), STATUS, "revoked");
}

#[test]
fn both_encodings_name_one_index() {
    let report = SHARED.verify(&SHARED.edited(|claims| claims["status"]["status_list"]["idx"] = json!(INDEX + 1)));
    fails(&report, STATUS, "malformed");
}

#[test]
fn a_revoked_document_still_shows_who_signed() {
    let report = with_lists(&[says(TokenStatus::Invalid)]);
    assert_eq!(report.outcome(CheckName::Proof), Outcome::Pass);
    assert_eq!(report.outcome(CheckName::IssuerSignature), Outcome::Pass);
}

fn drifted(edit: impl FnOnce(&mut AgentClaim), collectable: bool) -> Report {
    let mut agent = SHARED.agent();
    edit(&mut agent);
    let lists = [SHARED.list()];
    let agent_now = Some(AgentNow::Registered { agent: &agent, collectable });
    let evidence = Evidence { token_status_lists: &lists, agent_now, ..Evidence::default() };
    SHARED.verify_with(&document(), Some(&request()), &evidence)
}

#[test]
fn a_chain_that_says_otherwise_fails_the_document_for_the_published_reason() {
    verifies(&drifted(|_| {}, false));
    verifies(&drifted(|agent| agent.funding.seus_balance.0 -= 1, false));
    let rotated = |agent: &mut AgentClaim| agent.controller = Some(address(&signer("next")));
    fails(&drifted(rotated, false), STATUS, "controller-rotated");
    fails(&drifted(|agent| agent.sovereign = true, false), STATUS, "sovereignty-flipped");
    fails(&drifted(|agent| agent.abg_version += 1, false), STATUS, "abg-changed");
    fails(&drifted(|_| {}, true), STATUS, "balance-zero-90d");
    let empty_since = |days: u64| {
        move |agent: &mut AgentClaim| {
            agent.zero_balance_since = Some(Instant::from_unix_ms((NOW - days * DAY) * 1000).unwrap());
        }
    };
    verifies(&drifted(empty_since(89), false));
    fails(&drifted(empty_since(90), false), STATUS, "balance-zero-90d");
    let lists = [SHARED.list()];
    let evidence = Evidence { token_status_lists: &lists, agent_now: Some(AgentNow::Gone), ..Evidence::default() };
    fails(&SHARED.verify_with(&document(), Some(&request()), &evidence), STATUS, "agent-deregistered");
}
