//! Documents of other issuers: as published, without `exp`, `status` or bound nonces.

use ed25519_dalek::Signer as _;
use poa_verifier::agenthood::issuers::AgenthoodIssuers;
use poa_verifier::agenthood::message::Action;
use poa_verifier::agenthood::revoked_list::RevokedList;
use poa_verifier::report::{CheckName, Report};
use poa_verifier::status::token_list::{self, Entries, TokenStatus, TokenStatusList};
use poa_verifier::{Evidence, Outcome, agenthood, multibase};
use serde_json::{Value, json};

use crate::world::*;

const ISS: &str = "peer.example/poa";
const LIST: &str = "https://peer.example/poa/api/revoked";

fn configured(edit: impl FnOnce(&mut Value)) -> World {
    let x = multibase::base64url(signer("peer").verifying_key().as_bytes());
    let mut file = json!({ "type": "PoaAgenthoodIssuers", "version": 1, "issuers": [{
        "issuer": ISS, "keys": [{ "kid": "poa-2026", "x": x }], "revocationList": LIST,
    }] });
    edit(&mut file["issuers"][0]);
    let mut world = World::new();
    let issuers = AgenthoodIssuers::from_json(file.to_string().as_bytes()).unwrap();
    world.verifier = world.verifier.with_agenthood(issuers);
    world
}

/// Exactly the published members.
fn published() -> Value {
    let (agent, controller) = (address(&signer("agent")).to_string(), signer("controller"));
    let nonce = "0123456789abcdef".repeat(2);
    let signature = controller.sign(Action::Issue.message(&agent, &nonce).as_bytes());
    let mut snapshot = SHARED.agent().to_value();
    snapshot.as_object_mut().unwrap().remove("zeroBalanceSince");
    for ours in ["fromBlock", "toBlock"] {
        snapshot["recentRuns"].as_object_mut().unwrap().remove(ours);
    }
    json!({
        "iss": ISS, "sub": agent, "jti": JTI, "iat": NOW - 400 * DAY,
        "attestation": {
            "kind": "controller-attested", "controller": address(&controller), "nonce": nonce,
            "controllerSig": format!("0x{}", hex::encode(signature.to_bytes())), "signedAt": (NOW - 400 * DAY) * 1000,
        },
        "agent": snapshot,
        "policy": { "revocationListUrl": LIST, "refreshHint": "event-driven" },
        "tokenBinding": { "standard": "x" },
    })
}

fn sign(claims: &Value) -> String {
    compact(agenthood::TYP, "poa-2026", claims, &signer("peer"))
}

fn revoked(entries: Value, fetched_at: u64) -> RevokedList {
    let text = json!({ "issuer": ISS, "generatedAt": fetched_at * 1000, "revoked": entries }).to_string();
    RevokedList::from_json(text.as_bytes(), LIST, fetched_at).unwrap()
}

fn verify(world: &World, claims: &Value, lists: &[RevokedList]) -> Report {
    let evidence = Evidence { revoked_lists: lists, ..Evidence::default() };
    world.verify_with(&sign(claims), Some(&request()), &evidence)
}

#[test]
fn a_published_document_verifies_once_its_issuer_is_configured() {
    let lists = [revoked(json!([]), NOW - 10)];
    let report = verify(&configured(|_| {}), &published(), &lists);
    // Nobody said which scheme: without the code for all of them the signature may be one of those, but it is not.
    verifies(&report);
    assert_eq!(report.outcome(CheckName::Context), Outcome::NotApplicable);
    assert_eq!(report.outcome(CheckName::Proof), Outcome::Pass);
    fails(&verify(&World::new(), &published(), &lists), CheckName::IssuerSignature, "other_issuer");
}

#[test]
fn each_issuers_keys_are_its_own() {
    let lists = [revoked(json!([]), NOW)];
    let mut claims = published();
    claims["iss"] = json!("did:web:poa.example");
    let evidence = Evidence { revoked_lists: &lists, ..Evidence::default() };
    let report = configured(|_| {}).verify_with(&sign(&claims), Some(&request()), &evidence);
    fails(&report, CheckName::IssuerSignature, "issuer_key");
    let ours = compact(agenthood::TYP, &SHARED.kid(), &published(), &signer("credentials"));
    let report = configured(|_| {}).verify_with(&ours, Some(&request()), &evidence);
    fails(&report, CheckName::IssuerSignature, "unknown_key");
}

#[test]
fn its_published_list_decides() {
    let world = configured(|_| {});
    let clear = revoked(json!([{ "jti": "another", "reason": "abg-changed", "at": 1 }]), NOW);
    verifies(&verify(&world, &published(), std::slice::from_ref(&clear)));
    let hit = revoked(json!([{ "jti": JTI, "reason": "abg-changed", "at": 1 }]), NOW - 9 * DAY);
    let report = verify(&world, &published(), &[clear, hit]);
    fails(&report, CheckName::Status, "revoked");
    assert!(report.check(CheckName::Status).unwrap().detail.contains("abg-changed"));
    undecided(&verify(&world, &published(), &[]), CheckName::Status, "no_list");
    let text = json!({ "issuer": "other", "generatedAt": NOW * 1000, "revoked": [] }).to_string();
    let other = RevokedList::from_json(text.as_bytes(), LIST, NOW).unwrap();
    undecided(&verify(&world, &published(), &[other]), CheckName::Status, "foreign_list");
    let none = configured(|issuer| drop(issuer.as_object_mut().unwrap().remove("revocationList")));
    undecided(&verify(&none, &published(), &[revoked(json!([]), NOW)]), CheckName::Status, "no_list");
}

/// The reason says which list and how old, so that its reader knows what to fetch.
#[test]
fn only_a_fresh_list_passes() {
    let world = configured(|_| {});
    verifies(&verify(&world, &published(), &[revoked(json!([]), NOW - 300)]));
    let report = verify(&world, &published(), &[revoked(json!([]), NOW - 301)]);
    undecided(&report, CheckName::Status, "stale_list");
    let detail = &report.check(CheckName::Status).unwrap().detail;
    assert!(detail.contains(LIST) && detail.contains("301 s old") && detail.contains("300 s"), "{detail}");
    // An old copy that was fetched just now is old all the same.
    let stale = |generated_at: u64| {
        let text = json!({ "issuer": ISS, "generatedAt": generated_at * 1000, "revoked": [] }).to_string();
        verify(&world, &published(), &[RevokedList::from_json(text.as_bytes(), LIST, NOW).unwrap()])
    };
    undecided(&stale(NOW - 301), CheckName::Status, "stale_list");
    verifies(&stale(NOW - 300));
    undecided(&verify(&world, &published(), &[revoked(json!([]), NOW + 61)]), CheckName::Status, "future_list");
    let patient = configured(|issuer| issuer["maxListAgeS"] = json!(600));
    verifies(&verify(&patient, &published(), &[revoked(json!([]), NOW - 600)]));
    let both = [revoked(json!([]), NOW - 900), revoked(json!([]), NOW)];
    verifies(&verify(&world, &published(), &both));
}

/// An issuer with signed status lists, as another service of ours is.
#[test]
fn its_signed_status_list_decides_too() {
    let uri = "https://peer.example/status-lists/token";
    let status = multibase::base64url(signer("peer-status").verifying_key().as_bytes());
    let world = configured(|issuer| {
        let keys = issuer["keys"].as_array_mut().unwrap();
        keys.push(json!({ "kid": "lists", "x": status, "purpose": "status" }));
        issuer["tokenStatusList"] = json!(uri);
        issuer.as_object_mut().unwrap().remove("revocationList");
    });
    let mut claims = published();
    claims["status"] = json!({ "status_list": { "idx": INDEX, "uri": uri } });
    let list = |status: TokenStatus, iat: u64, key: &str| {
        let mut list = SHARED.list_claims(Entries::new(131_072).unwrap());
        (list.iss, list.uri, list.iat) = (ISS.to_owned(), uri.to_owned(), iat);
        list.entries.set(INDEX, status).unwrap();
        let jwt = compact(token_list::TYP, "lists", &list.to_value(), &signer(key));
        world.verifier.token_status_list(&jwt)
    };
    let judged = |lists: &[TokenStatusList]| {
        let evidence = Evidence { token_status_lists: lists, ..Evidence::default() };
        world.verify_with(&sign(&claims), Some(&request()), &evidence)
    };
    let good = |status, iat| [list(status, iat, "peer-status").unwrap()];
    verifies(&judged(&good(TokenStatus::Valid, NOW - 30)));
    fails(&judged(&good(TokenStatus::Invalid, NOW - 9 * DAY)), CheckName::Status, "revoked");
    let report = judged(&good(TokenStatus::Valid, NOW - 400));
    undecided(&report, CheckName::Status, "stale_list");
    let detail = &report.check(CheckName::Status).unwrap().detail;
    assert!(detail.contains(uri) && detail.contains("400 s old"), "{detail}");
    undecided(&judged(&[]), CheckName::Status, "no_list");
    undecided(&judged(&[SHARED.list()]), CheckName::Status, "no_list");
    assert!(list(TokenStatus::Valid, NOW, "peer").is_err(), "the key for documents signs no lists");
}

/// The draft asks for `sub` and `iat` alone: the rest is configured.
#[test]
fn a_signed_list_without_iss_exp_and_ttl_is_its_configured_owners_and_ages_by_iat() {
    let uri = "https://peer.example/status/1";
    let status = multibase::base64url(signer("peer-status").verifying_key().as_bytes());
    let owner = |issuer: &mut Value| {
        let keys = issuer["keys"].as_array_mut().unwrap();
        keys.push(json!({ "kid": "lists", "x": status, "purpose": "status" }));
        issuer["tokenStatusList"] = json!(uri);
        issuer.as_object_mut().unwrap().remove("revocationList");
    };
    let mut claims = published();
    claims["status"] = json!({ "status_list": { "idx": INDEX, "uri": uri } });
    let jwt = |edit: &dyn Fn(&mut Value)| {
        let entries = Entries::new(131_072).unwrap().to_value();
        let mut list = json!({ "sub": uri, "iat": NOW - 300, "status_list": entries });
        edit(&mut list);
        compact(token_list::TYP, "lists", &list, &signer("peer-status"))
    };
    let judged = |world: &World, jwt: &str| {
        let lists = [world.verifier.token_status_list(jwt).unwrap()];
        let evidence = Evidence { token_status_lists: &lists, ..Evidence::default() };
        world.verify_with(&sign(&claims), Some(&request()), &evidence)
    };
    let world = configured(owner);
    verifies(&judged(&world, &jwt(&|_| {})));
    let stale = |edit: &dyn Fn(&mut Value)| undecided(&judged(&world, &jwt(edit)), CheckName::Status, "stale_list");
    stale(&|list| list["iat"] = json!(NOW - 361));
    stale(&|list| list["exp"] = json!(NOW - 61));
    stale(&|list| list["ttl"] = json!(60));
    verifies(&judged(&world, &jwt(&|list| (list["iat"], list["ttl"]) = (json!(NOW - 361), json!(600)))));
    let patient = configured(|issuer| {
        owner(issuer);
        issuer["maxListAgeS"] = json!(900);
    });
    verifies(&judged(&patient, &jwt(&|list| list["iat"] = json!(NOW - 900))));
    // Nobody's, another's key, and what cannot say whose it is.
    let refused = |world: &World, jwt: &str| world.verifier.token_status_list(jwt).unwrap_err().to_string();
    assert!(refused(&world, &jwt(&|list| list["sub"] = json!("https://peer.example/status/2"))).contains("no iss"));
    assert!(refused(&configured(|_| {}), &jwt(&|_| {})).contains("no iss"));
    assert!(refused(&world, &jwt(&|list| list["iss"] = Value::Null)).contains("iss"));
    // Our own lists say all of it.
    for member in ["iss", "exp", "ttl"] {
        let mut own = SHARED.list_claims(Entries::new(131_072).unwrap()).to_value();
        own.as_object_mut().unwrap().remove(member);
        let own = compact(token_list::TYP, &SHARED.issuer.key_id("status-1"), &own, &signer("status"));
        assert!(SHARED.verifier.token_status_list(&own).is_err(), "{member}");
    }
}

/// A list that might be either's says nothing about the documents of one.
#[test]
fn a_list_without_iss_at_an_address_of_two_issuers_is_nobodys() {
    let key = |name: &str| multibase::base64url(signer(name).verifying_key().as_bytes());
    let issuer = |iss: &str, name: &str| {
        json!({ "issuer": iss, "keys": [{ "kid": "lists", "x": key(name), "purpose": "status" }],
            "tokenStatusList": "https://peer.example/status/1" })
    };
    let file = json!({ "type": "PoaAgenthoodIssuers", "version": 1, "issuers": [issuer("a", "a"), issuer("b", "b")] });
    let mut world = World::new();
    world.verifier = world.verifier.with_agenthood(AgenthoodIssuers::from_json(file.to_string().as_bytes()).unwrap());
    let entries = Entries::new(131_072).unwrap().to_value();
    let mut list = json!({ "sub": "https://peer.example/status/1", "iat": NOW, "status_list": entries });
    let read = |list: &Value| world.verifier.token_status_list(&compact(token_list::TYP, "lists", list, &signer("a")));
    assert!(read(&list).is_err());
    list["iss"] = json!("a");
    assert!(read(&list).is_ok());
}

#[test]
fn its_controllers_signature_is_checked_all_the_same() {
    let lists = [revoked(json!([]), NOW)];
    let mut claims = published();
    claims["attestation"]["nonce"] = json!("ff".repeat(16));
    let report = verify(&configured(|_| {}), &claims, &lists);
    if cfg!(feature = "wallet-signatures") {
        fails(&report, CheckName::Proof, "signature");
    } else {
        undecided(&report, CheckName::Proof, "scheme_not_built");
    }
    let mut claims = published();
    claims["attestation"]["controller"] = json!(address(&signer("thief")));
    fails(&verify(&configured(|_| {}), &claims, &lists), CheckName::Attributes, "other_controller");
}

#[test]
fn snapshots_and_placeholder_addresses_are_taken_only_where_configured() {
    // As the published fixtures have it: an address without a valid checksum, sovereign, attested by nobody.
    let placeholder = "5HpG9w8E1nKDmtNHSZGHHKGsHDmtzpTAkrQ4yX5pWBz3K8nL";
    let mut claims = published();
    claims["sub"] = json!(placeholder);
    claims["agent"]["agentId"] = json!(placeholder);
    claims["agent"]["sovereign"] = json!(true);
    claims["agent"]["controller"] = Value::Null;
    claims["attestation"] = json!({ "kind": "snapshot" });
    let lists = [revoked(json!([]), NOW)];
    let report = verify(&configured(|_| {}), &claims, &lists);
    assert_eq!(report.failed(), [CheckName::Subject, CheckName::Attributes]);
    let report = verify(&configured(|issuer| issuer["snapshots"] = json!(true)), &claims, &lists);
    fails(&report, CheckName::Subject, "address");
    let lenient = configured(|issuer| {
        issuer["snapshots"] = json!(true);
        issuer["placeholderAddresses"] = json!(true);
    });
    verifies(&verify(&lenient, &claims, &lists));
    // A key stands behind a controller's signature, so its address is a real one all the same.
    let mut claims = published();
    claims["agent"]["controller"] = json!(placeholder);
    claims["attestation"]["controller"] = json!(placeholder);
    fails(&verify(&lenient, &claims, &lists), CheckName::Proof, "address");
}

#[test]
fn another_network_is_refused() {
    let lists = [revoked(json!([]), NOW)];
    let report = verify(&configured(|issuer| issuer["network"] = json!(0)), &published(), &lists);
    fails(&report, CheckName::Subject, "address");
}

/// Controllers of every scheme, as the wallet library signed for them.
#[cfg(feature = "wallet-signatures")]
#[test]
fn controllers_with_any_wallet_verify() {
    let file: Value = serde_json::from_str(include_str!("../../../test-vectors/wallets/signatures.json")).unwrap();
    let (world, lists) = (configured(|_| {}), [revoked(json!([]), NOW)]);
    let mut verified = 0;
    for case in file["cases"].as_array().unwrap() {
        let message: Vec<&str> = case["message"].as_str().unwrap().split(':').collect();
        let [action, agent, nonce] = message[..] else { panic!("a message of three parts") };
        let mut claims = published();
        claims["sub"] = json!(agent);
        claims["agent"]["agentId"] = json!(agent);
        claims["agent"]["controller"] = case["account"].clone();
        claims["attestation"]["controller"] = case["account"].clone();
        claims["attestation"]["nonce"] = json!(nonce);
        claims["attestation"]["controllerSig"] = case["signature"].clone();
        let report = verify(&world, &claims, &lists);
        if action == "poa" {
            verifies(&report);
            claims["attestation"]["scheme"] = case["scheme"].clone();
            verifies(&verify(&world, &claims, &lists));
            verified += 1;
        } else {
            // Signed to have a document revoked; it issues none.
            fails(&report, CheckName::Proof, "signature");
        }
    }
    assert_eq!(verified, 20);
}
