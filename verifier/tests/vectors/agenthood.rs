//! Proofs of Agenthood: the issuer's JWS, the claims, who agreed, and what became of it since.

use ed25519_dalek::Signer as _;
use poa_verifier::agenthood::claims::{AgentClaim, Attestation, SignedAttestation};
use poa_verifier::agenthood::hex32::{BlockHash, Seed};
use poa_verifier::agenthood::message::Action;
use poa_verifier::agenthood::wallet::Scheme;
use poa_verifier::report::Class::{Agenthood, Other};
use poa_verifier::status::token_list::{self, Entries, TokenStatus, TokenStatusClaims};
use poa_verifier::trust::{KeyPurpose, KeyState, TrustDocument};
use poa_verifier::{agenthood, multibase, time};
use serde_json::{Value, json};

use crate::agenthood_world::{self as world, DAY, INDEX, JTI, NOW, SHARED, TOKEN_LIST, address, compact, raw, signer};
use crate::kit::*;
use crate::standing::remove;

const SIGNED: (&str, &str) = (
    "signed",
    "Made by verifier/tests/vectors of this repository with Ed25519 keys from fixed words, for these files alone.",
);
const WALLETS: (&str, &str) = (
    "wallets",
    "A controller's signature of test-vectors/wallets/signatures.json, which @polkadot/keyring made, in a document of ours.",
);
const PEER: &str = "peer.example/poa";
const PEER_LIST: &str = "https://peer.example/poa/api/revoked";
const PLACEHOLDER: &str = "5HpG9w8E1nKDmtNHSZGHHKGsHDmtzpTAkrQ4yX5pWBz3K8nL";

pub fn family() -> Family {
    let comment = "Proofs of Agenthood: who stands behind an agent, as its issuer read it from a chain.";
    let mut family = Family::new("agenthood", comment, &[SIGNED, WALLETS]);
    share_trust(&mut family, "main", |_| {});
    share_list(&mut family, "clear", |_| {});
    keys(&mut family);
    headers(&mut family);
    claims(&mut family);
    attestations(&mut family);
    requests(&mut family);
    lists(&mut family);
    drift(&mut family);
    foreign(&mut family);
    peer_tokens(&mut family);
    wallets(&mut family);
    family
}

fn share_trust(f: &mut Family, name: &str, edit: impl FnOnce(&mut TrustDocument)) {
    let mut document = SHARED.trust_document.clone();
    edit(&mut document);
    let kid = document.keys[0].id.clone();
    let signed = world::signed_document(document.to_value(), &kid, &signer("credentials"), NOW - DAY);
    f.share("trust", name, text(&signed));
}

fn share_list(f: &mut Family, name: &str, edit: impl FnOnce(&mut TokenStatusClaims)) {
    let mut claims = SHARED.list_claims(Entries::new(131_072).expect("small"));
    edit(&mut claims);
    f.share("token_status_lists", name, SHARED.sign_list(&claims));
}

fn accepts() -> Value {
    json!({ "classes": ["agenthood"] })
}

/// A document of ours with a clear list.
fn doc(document: impl Into<String>) -> Doc {
    Doc::text(document).request(accepts()).token_lists(&["clear"])
}

fn edited(edit: impl FnOnce(&mut Value)) -> Doc {
    doc(SHARED.edited(edit))
}

fn of(check: &str, reason: &str) -> Expected {
    fails(Agenthood, check, reason)
}

fn keys(f: &mut Family) {
    let signature = |reason: &str| of("issuer_signature", reason);
    let good = SHARED.sign(&SHARED.claims().to_value());
    f.case("good", "a controller agreed, the issuer signed, the list is clear", doc(good.clone()), verified(Agenthood));
    f.case(
        "without-request",
        "authentic without a request",
        Doc::text(good).token_lists(&["clear"]),
        authentic(Agenthood),
    );
    f.case(
        "members-unknown",
        "members that nobody knows are kept",
        edited(|c| {
            c["tokenBinding"] = json!({ "kind": "x" });
            c["chain"]["more"] = 1.into();
        }),
        verified(Agenthood),
    );
    let by = |kid: &str, key: &str| doc(compact(agenthood::TYP, kid, &SHARED.claims().to_value(), &signer(key)));
    f.case(
        "signed-by-other",
        "the right name under another key's signature",
        by(&SHARED.kid(), "thief"),
        signature("signature"),
    );
    f.case(
        "kid-unknown",
        "a key that is not configured",
        by("did:web:poa.example#credentials-2", "credentials"),
        signature("unknown_key"),
    );
    f.case(
        "kid-of-other-issuer",
        "a key's name under another issuer",
        by("did:web:thief.example#credentials-1", "credentials"),
        signature("issuer_key"),
    );
    f.case(
        "key-for-lists",
        "the issuer's key for status lists",
        by(&SHARED.issuer.key_id("status-1"), "status"),
        signature("issuer_key"),
    );
    f.case(
        "issuer-other",
        "an issuer that is not configured",
        edited(|c| c["iss"] = "did:web:thief.example".into()),
        signature("other_issuer"),
    );
    f.case("issuer-missing", "no issuer", edited(|c| remove(c, "iss")), signature("malformed"));
    f.case("iat-missing", "no time", edited(|c| remove(c, "iat")), signature("malformed"));
    let second = |state: KeyState, at: Option<u64>| {
        move |trust: &mut TrustDocument| {
            let mut key =
                world::trust_key(&trust.issuer, "credentials-2", &signer("credentials-2"), KeyPurpose::Credentials);
            key.state = state;
            key.retired_at = at.map(|at| time::format_utc(at).expect("a time"));
            trust.keys.push(key);
        }
    };
    share_trust(f, "compromised", second(KeyState::Compromised, None));
    share_trust(f, "retired-since", second(KeyState::Retired, Some(NOW - 61)));
    share_trust(f, "retired", second(KeyState::Retired, Some(NOW - 62)));
    let by_second = || by(&SHARED.issuer.key_id("credentials-2"), "credentials-2");
    f.case(
        "key-compromised",
        "a compromised key verifies nothing, whatever the date",
        by_second().trust("compromised"),
        signature("key_compromised"),
    );
    f.case(
        "key-retired",
        "a key that was retired a second before",
        by_second().trust("retired"),
        signature("issuer_key"),
    );
    f.case(
        "key-retired-since",
        "a key that was retired when it signed this",
        by_second().trust("retired-since"),
        verified(Agenthood),
    );
}

fn headers(f: &mut Family) {
    let header = json!({ "alg": "EdDSA", "typ": "poa+jws", "kid": SHARED.kid() });
    let payload = text(&SHARED.claims().to_value());
    let with = |member: &str, value: Value| {
        let mut header = header.clone();
        header[member] = value;
        doc(raw(&text(&header), &payload, &signer("credentials")))
    };
    let class = || fails(Other, "class", "malformed");
    f.case("alg-ed25519", "the algorithm's name in RFC 9864", with("alg", "Ed25519".into()), verified(Agenthood));
    f.case("alg-none", "the algorithm none", with("alg", "none".into()), class());
    f.flag("forgery");
    f.case("alg-hs256", "a MAC, whose key could be the public one", with("alg", "HS256".into()), class());
    f.flag("forgery");
    f.case("crit", "a critical extension", with("crit", json!(["exp"])), class());
    f.case("jwk", "a key of its own", with("jwk", json!({ "kty": "OKP" })), class());
    f.case("typ", "another type", with("typ", "JWT".into()), class());
    let twice = payload.replacen("{", r#"{"sub":"x","#, 1);
    f.case("claim-twice", "a claim twice", doc(raw(&text(&header), &twice, &signer("credentials"))), class());
    let of_size = |bytes: usize| SHARED.edited(|c| c["context"] = "x".repeat(bytes).into());
    let most = (agenthood::MAX_BYTES - of_size(0).len()) * 3 / 4;
    f.case("too-large", "more than 32 KiB", doc(of_size(most + 4)), class());
}

fn claims(f: &mut Family) {
    let schema = |reason: &str| of("schema", reason);
    for (id, description, parent, member, value, reason) in [
        ("jti-missing", "no id", "", "jti", Value::Null, "malformed"),
        ("jti-other", "an id that is no ULID", "", "jti", json!("not a ULID"), "missing"),
        ("exp-missing", "no end", "", "exp", Value::Null, "missing"),
        ("status-missing", "no status list", "", "status", Value::Null, "missing"),
        ("chain-missing", "no chain", "", "chain", Value::Null, "missing"),
        ("policy-missing", "no address of a revocation list", "", "policy", Value::Null, "missing"),
        (
            "audience",
            "an audience, which nothing here judges",
            "",
            "aud",
            json!("https://verifier.example"),
            "audience",
        ),
        ("attestation-kind", "an unknown kind of attestation", "attestation", "kind", json!("else"), "malformed"),
        ("attestation-seed", "no seed", "attestation", "seed", Value::Null, "missing"),
        ("attestation-scheme", "an unknown scheme", "attestation", "scheme", json!("rsa"), "malformed"),
        (
            "attestation-details",
            "details with members missing",
            "attestation",
            "details",
            json!({ "action": "issue" }),
            "malformed",
        ),
        ("agent-abg-hash", "a hash of other form", "agent", "abgHash", json!("d2"), "missing"),
        ("agent-abg-version", "a negative version", "agent", "abgVersion", json!(-1), "malformed"),
        ("agent-sovereign", "a text for a truth value", "agent", "sovereign", json!("false"), "malformed"),
        (
            "agent-controller-missing",
            "no controller: null is to be said",
            "agent",
            "controller",
            Value::Null,
            "malformed",
        ),
        (
            "agent-balance",
            "a balance as a number",
            "agent",
            "funding",
            json!({ "seusBalance": 5, "active": true }),
            "malformed",
        ),
        ("agent-capabilities", "capabilities as a list", "agent", "capabilities", json!([[], [], [], []]), "malformed"),
        ("chain-genesis", "a short hash", "chain", "genesis", json!("0x00"), "malformed"),
    ] {
        let doc = edited(|c| {
            let parent = if parent.is_empty() { c } else { &mut c[parent] };
            if value.is_null() { remove(parent, member) } else { parent[member] = value }
        });
        f.case(id, description, doc, schema(reason));
    }
    let validity = |reason: &str| of("validity", reason);
    let dated = |member: &str, at: u64| edited(|c| c[member] = at.into());
    f.case("last-second", "now equals exp", dated("exp", NOW), verified(Agenthood));
    f.case("expired", "a second after exp", dated("exp", NOW - 1), validity("expired"));
    f.case("exp-before-iat", "an end that is not after the start", dated("exp", NOW - 61), validity("malformed"));
    f.case("longest", "valid for 30 days", dated("exp", NOW - 61 + 30 * DAY), verified(Agenthood));
    f.case("too-long", "valid for 30 days and a second", dated("exp", NOW - 60 + 30 * DAY), validity("too_long"));
    f.case("nbf", "not before 61 s from now", dated("nbf", NOW + 61), validity("future"));
    let attributes = |reason: &str| of("attributes", reason);
    f.case(
        "block-other",
        "another block than the snapshot's",
        edited(|c| c["chain"]["block"] = 1_200_001.into()),
        attributes("other_block"),
    );
    f.case(
        "block-not-final",
        "a block that may still be undone",
        edited(|c| c["chain"]["finalized"] = false.into()),
        attributes("not_final"),
    );
}

fn attested(edit: impl FnOnce(&mut SignedAttestation)) -> Doc {
    let agent = SHARED.agent();
    let mut signed = SHARED.attest(&SHARED.details(&agent), &signer("controller"));
    edit(&mut signed);
    of_agent(agent, Attestation::ControllerAttested(signed))
}

fn of_agent(agent: AgentClaim, attestation: Attestation) -> Doc {
    doc(SHARED.sign(&SHARED.claims_of(agent, attestation).to_value()))
}

/// The controller signed the details as edited.
fn with_details(edit: impl FnOnce(&mut poa_verifier::agenthood::binding::Details)) -> Doc {
    let agent = SHARED.agent();
    let mut details = SHARED.details(&agent);
    edit(&mut details);
    let signed = SHARED.attest(&details, &signer("controller"));
    let controller = agent.controller.expect("a controller");
    of_agent(agent, Attestation::ControllerAttested(SignedAttestation { controller, ..signed }))
}

fn attestations(f: &mut Family) {
    let other = || of("context", "other_details");
    f.case(
        "signed-for-other-issuer",
        "signed for another issuer",
        with_details(|d| d.issuer = "did:web:other.example".to_owned()),
        other(),
    );
    f.flag("replay");
    f.case("signed-to-revoke", "signed to revoke", with_details(|d| d.action = Action::Revoke), other());
    f.case(
        "signed-for-other-agent",
        "signed for another agent",
        with_details(|d| d.agent = address(&signer("other agent"))),
        other(),
    );
    f.case(
        "signed-on-other-chain",
        "signed on another chain",
        with_details(|d| d.genesis = BlockHash::new([7; 32])),
        other(),
    );
    f.case(
        "signed-for-other-version",
        "signed for another behaviour graph",
        with_details(|d| d.abg_version += 1),
        other(),
    );
    for (id, member, value) in [
        ("name", "name", json!("Impostor")),
        ("tools", "capabilities", json!({ "models": [], "tools": ["pay"], "intentTypes": [], "subAgents": [] })),
        ("unknown-member", "more", json!("x")),
    ] {
        f.case(
            &format!("snapshot-{id}"),
            "the issuer changed what the controller agreed to",
            edited(|c| c["agent"][member] = value),
            other(),
        );
    }
    let context = |reason: &str| of("context", reason);
    f.case(
        "seed-other",
        "another seed than the nonce's",
        attested(|a| a.seed = Some(Seed::new([8; 32]))),
        context("other_nonce"),
    );
    f.case("nonce-other", "another nonce", attested(|a| a.nonce = "00".repeat(32)), context("other_nonce"));
    f.case(
        "nonce-upper-case",
        "a nonce in upper case",
        attested(|a| a.nonce = a.nonce.to_uppercase()),
        context("other_nonce"),
    );
    let issued_at = (NOW - 120) * 1000;
    f.case(
        "answered-early",
        "answered before the challenge was made",
        attested(|a| a.signed_at = issued_at - 1),
        context("late"),
    );
    f.case(
        "answered-late",
        "answered after five minutes",
        attested(|a| a.signed_at = issued_at + 300_001),
        context("late"),
    );
    f.case(
        "issued-late",
        "issued more than a minute after it was signed",
        attested(|a| a.signed_at = (NOW + 1) * 1000),
        context("other_time"),
    );
    let attributes = |reason: &str| of("attributes", reason);
    let agent = SHARED.agent();
    let mut details = SHARED.details(&agent);
    details.controller = address(&signer("thief"));
    let stolen = SHARED.attest(&details, &signer("thief"));
    f.case(
        "controller-other",
        "somebody else than the agent's controller signed",
        of_agent(agent, Attestation::ControllerAttested(stolen)),
        attributes("other_controller"),
    );
    let sovereign = AgentClaim { sovereign: true, controller: None, ..SHARED.agent() };
    let own = SHARED.attest(&SHARED.details(&sovereign), &signer("agent"));
    f.case(
        "sovereign",
        "a sovereign agent signs for itself",
        of_agent(sovereign.clone(), Attestation::SelfAttested(own.clone())),
        verified(Agenthood),
    );
    f.case(
        "sovereign-controlled",
        "a sovereign agent has no controller",
        of_agent(sovereign, Attestation::ControllerAttested(own)),
        attributes("other_controller"),
    );
    let snapshot = || of_agent(SHARED.agent(), Attestation::Snapshot);
    f.case("snapshot", "nobody signed", snapshot(), attributes("unattested"));
    f.share(
        "agenthood_issuers",
        "fixture",
        r#"{"type":"PoaAgenthoodIssuers","version":1,"ownSnapshots":true,"issuers":[]}"#,
    );
    f.case(
        "snapshot-fixture",
        "nobody signed, and the configuration says that the chain is a fixture",
        snapshot().issuers("fixture"),
        verified(Agenthood),
    );
    let proof = |reason: &str| of("proof", reason);
    let agent = SHARED.agent();
    let thief = SHARED.attest(&SHARED.details(&agent), &signer("thief"));
    f.case(
        "controller-signature-other",
        "the controller's name under another's signature",
        of_agent(agent, Attestation::ControllerAttested(thief)),
        proof("signature"),
    );
    f.case(
        "controller-signature-0x",
        "a signature after 0x, as some wallets write it",
        attested(|a| a.controller_sig = format!("0x{}", a.controller_sig)),
        verified(Agenthood),
    );
    f.case(
        "controller-signature-marked",
        "a signature behind the byte of its scheme",
        attested(|a| a.controller_sig = format!("0x00{}", a.controller_sig)),
        verified(Agenthood),
    );
    f.case(
        "controller-signature-other-mark",
        "a signature behind another scheme's byte",
        attested(|a| a.controller_sig = format!("01{}", a.controller_sig)),
        proof("signature"),
    );
    f.case(
        "controller-signature-cut",
        "a signature cut short",
        attested(|a| a.controller_sig.truncate(126)),
        proof("malformed"),
    );
    f.case(
        "controller-signature-no-hex",
        "no hexadecimal",
        attested(|a| a.controller_sig = "x".repeat(128)),
        proof("malformed"),
    );
    for scheme in [Scheme::Sr25519, Scheme::Ecdsa, Scheme::Ethereum] {
        let id = format!("scheme-{}", scheme.as_str());
        f.case(
            &id,
            "an ed25519 signature under another scheme's name",
            attested(|a| a.scheme = Some(scheme)),
            proof("signature"),
        );
        f.needs("wallet-signatures");
    }
}

fn requests(f: &mut Family) {
    let good = || doc(SHARED.sign(&SHARED.claims().to_value()));
    f.case(
        "class-by-default",
        "the default request accepts no Proof of Agenthood",
        good().request(json!({})),
        of("class", "class_not_accepted"),
    );
    let ask = |member: &str, value: Value| {
        let mut request = accepts();
        request[member] = value;
        good().request(request)
    };
    f.case(
        "issuer-accepted",
        "the issuer is among the accepted ones",
        ask("issuers", json!(["did:web:poa.example"])),
        verified(Agenthood),
    );
    f.case(
        "issuer-not-accepted",
        "another issuer is accepted only",
        ask("issuers", json!(["did:web:other.example"])),
        of("policy", "issuer_not_accepted"),
    );
    f.case(
        "needs-proof",
        "a bound that only a proof could show",
        ask("at_least", json!({ "reputation": 1 })),
        of("policy", "needs_proof"),
    );
    let challenged = json!({ "classes": ["agenthood"], "challenge": "c", "domain": "https://v.example" });
    f.case("challenge-stated", "it answers no challenge", good().request(challenged), of("challenge", "missing"));
    f.case(
        "agent-requested",
        "the requested agent",
        ask("agent", json!(address(&signer("agent")))),
        verified(Agenthood),
    );
    f.case(
        "agent-other",
        "another agent is requested",
        ask("agent", json!(address(&signer("other")))),
        of("subject", "other_subject"),
    );
    let foreign = json!({ "type": "PoaAgenthoodIssuers", "version": 1, "network": 0, "issuers": [] });
    f.share("agenthood_issuers", "other-network", text(&foreign));
    f.case(
        "network-other",
        "addresses of another network than the configured one",
        good().issuers("other-network"),
        of("subject", "address"),
    );
}

fn lists(f: &mut Family) {
    let good = || doc(SHARED.sign(&SHARED.claims().to_value()));
    let status = |reason: &str| of("status", reason);
    let unknown = |reason: &str| not_known(Agenthood, "status", reason);
    let says = |status: TokenStatus| move |c: &mut TokenStatusClaims| c.entries.set(INDEX, status).expect("in range");
    share_list(f, "revoked", says(TokenStatus::Invalid));
    share_list(f, "suspended", says(TokenStatus::Suspended));
    share_list(f, "unheard-of", says(TokenStatus::Other(3)));
    share_list(f, "short", |c| c.entries = Entries::new(100).expect("small"));
    share_list(f, "short-older", |c| (c.iat, c.entries) = (NOW - 61, Entries::new(100).expect("small")));
    share_list(f, "stale", |c| c.iat = NOW - 361);
    share_list(f, "future", |c| c.iat = NOW + 61);
    share_list(f, "elsewhere", |c| c.uri = format!("{}/other", world::URL));
    share_list(f, "revoked-long-ago", |c| {
        (c.iat, c.exp) = (NOW - 9 * DAY, NOW - 8 * DAY);
        c.entries.set(INDEX, TokenStatus::Invalid).expect("in range");
    });
    for (id, description, names, expect) in [
        ("list-revoked", "its entry says revoked", &["revoked"][..], status("revoked")),
        ("list-suspended", "its entry says suspended", &["suspended"], status("suspended")),
        (
            "list-unheard-of",
            "its entry says what the specification leaves open",
            &["unheard-of"],
            unknown("unknown_status"),
        ),
        ("list-short", "an index beyond the list", &["short"], status("index")),
        (
            "list-short-older",
            "an index beyond a list that is not younger than the document: lists grow",
            &["short-older"],
            unknown("older_list"),
        ),
        ("list-none", "no list", &[], unknown("no_list")),
        ("list-stale", "a second beyond its ttl and skew", &["stale"], unknown("stale_list")),
        ("list-future", "61 s from now", &["future"], unknown("future_list")),
        ("list-elsewhere", "a list of another address", &["elsewhere"], unknown("no_list")),
        (
            "list-revoked-hidden",
            "a clear list beside an old one that revokes",
            &["clear", "revoked-long-ago"],
            status("revoked"),
        ),
    ] {
        f.case(id, description, good().token_lists(names), expect);
    }
    let named = |status: Value| edited(|c| c["status"] = status);
    f.case(
        "list-foreign",
        "a list under another address than the issuer's",
        named(json!({ "status_list": { "idx": INDEX, "uri": "https://poa.example.thief.example/list" } })),
        status("foreign_list"),
    );
    f.case(
        "indices-differ",
        "two encodings that name two indices",
        edited(|c| c["status"]["status_list"]["idx"] = (INDEX + 1).into()),
        status("malformed"),
    );
    for (name, revoked) in [("bits-clear", false), ("bits-revoked", true)] {
        for (suffix, list) in ["revocation", "suspension"].into_iter().zip(SHARED.bitstrings(revoked)) {
            f.share("status_lists", &format!("{name}-{suffix}"), list);
        }
    }
    let bits = |names: &[&str]| good().token_lists(&[]).lists(names);
    f.case(
        "bitstrings-clear",
        "the same index in the bitstring lists",
        bits(&["bits-clear-revocation", "bits-clear-suspension"]),
        verified(Agenthood),
    );
    f.case(
        "bitstrings-revoked",
        "its bit is set",
        bits(&["bits-revoked-revocation", "bits-revoked-suspension"]),
        status("revoked"),
    );
    f.case(
        "bitstrings-one-missing",
        "the list of revocations is missing",
        bits(&["bits-clear-suspension"]),
        unknown("no_list"),
    );
    assert!(TOKEN_LIST.starts_with(world::URL));
}

fn drift(f: &mut Family) {
    let good = || doc(SHARED.sign(&SHARED.claims().to_value()));
    let agent = |edit: &dyn Fn(&mut Value)| {
        let mut agent = SHARED.agent().to_value();
        edit(&mut agent);
        json!({ "agent": agent, "collectable": false })
    };
    f.case("chain-same", "the chain says the same", good().agent_now(agent(&|_| {})), verified(Agenthood));
    f.case(
        "chain-poorer",
        "a smaller balance",
        good().agent_now(agent(&|a| a["funding"]["seusBalance"] = "1".into())),
        verified(Agenthood),
    );
    let next = address(&signer("next"));
    let empty_since = |days: u64| {
        let at = time::format_utc(NOW - days * DAY).expect("a time").replace('Z', ".000Z");
        agent(&move |a| a["zeroBalanceSince"] = at.clone().into())
    };
    for (id, description, state, reason) in [
        ("chain-controller", "another controller", agent(&|a| a["controller"] = json!(next)), "controller-rotated"),
        ("chain-sovereign", "it became sovereign", agent(&|a| a["sovereign"] = true.into()), "sovereignty-flipped"),
        ("chain-abg", "another behaviour graph", agent(&|a| a["abgVersion"] = 4.into()), "abg-changed"),
        ("chain-empty", "no balance for ninety days", empty_since(90), "balance-zero-90d"),
        ("chain-gone", "the chain knows it no more", json!({}), "agent-deregistered"),
    ] {
        f.case(id, description, good().agent_now(state), of("status", reason));
    }
    f.case("chain-empty-lately", "no balance for 89 days", good().agent_now(empty_since(89)), verified(Agenthood));
    let collectable = json!({ "agent": SHARED.agent().to_value(), "collectable": true });
    f.case(
        "chain-collectable",
        "the chain would collect it",
        good().agent_now(collectable),
        of("status", "balance-zero-90d"),
    );
}

/// Exactly the published members, by another issuer.
fn published() -> Value {
    let (agent, controller) = (address(&signer("agent")).to_string(), signer("controller"));
    let nonce = "0123456789abcdef".repeat(2);
    let signature = controller.sign(Action::Issue.message(&agent, &nonce).as_bytes());
    let mut snapshot = SHARED.agent().to_value();
    remove(&mut snapshot, "zeroBalanceSince");
    ["fromBlock", "toBlock"].iter().for_each(|ours| remove(&mut snapshot["recentRuns"], ours));
    json!({
        "iss": PEER, "sub": agent, "jti": JTI, "iat": NOW - 400 * DAY,
        "attestation": {
            "kind": "controller-attested", "controller": address(&controller), "nonce": nonce,
            "controllerSig": format!("0x{}", hex::encode(signature.to_bytes())), "signedAt": (NOW - 400 * DAY) * 1000,
        },
        "agent": snapshot,
        "policy": { "revocationListUrl": PEER_LIST, "refreshHint": "event-driven" },
    })
}

fn share_peer(f: &mut Family, name: &str, edit: impl FnOnce(&mut Value)) {
    let x = multibase::base64url(signer("peer").verifying_key().as_bytes());
    let mut issuer = json!({ "issuer": PEER, "keys": [{ "kid": "poa-2026", "x": x }], "revocationList": PEER_LIST });
    edit(&mut issuer);
    f.share(
        "agenthood_issuers",
        name,
        text(&json!({ "type": "PoaAgenthoodIssuers", "version": 1, "issuers": [issuer] })),
    );
}

fn foreign_doc(claims: &Value) -> Doc {
    let document = compact(agenthood::TYP, "poa-2026", claims, &signer("peer"));
    Doc::text(document).request(accepts()).issuers("peer").revoked_lists(&["peer-clear"])
}

fn foreign(f: &mut Family) {
    share_peer(f, "peer", |_| {});
    share_peer(f, "peer-snapshots", |i| i["snapshots"] = true.into());
    share_peer(f, "peer-lenient", |i| {
        i["snapshots"] = true.into();
        i["placeholderAddresses"] = true.into();
    });
    let mut list = |name: &str, issuer: &str, entries: Value, at: u64| {
        let text = text(&json!({ "issuer": issuer, "generatedAt": at * 1000, "revoked": entries }));
        f.share("revoked_lists", name, json!({ "text": text, "url": PEER_LIST, "fetched_at": NOW }));
    };
    list("peer-clear", PEER, json!([]), NOW - 10);
    list("peer-revoked", PEER, json!([{ "jti": JTI, "reason": "abg-changed", "at": 1 }]), NOW - 9 * DAY);
    list("peer-stale", PEER, json!([]), NOW - 301);
    list("peer-future", PEER, json!([]), NOW + 120);
    list("peer-foreign", "other", json!([]), NOW - 10);
    f.case(
        "peer-good",
        "a published document of another, configured issuer",
        foreign_doc(&published()),
        verified(Agenthood),
    );
    let unconfigured = Doc::text(compact(agenthood::TYP, "poa-2026", &published(), &signer("peer"))).request(accepts());
    f.case(
        "peer-not-configured",
        "the same without the configuration",
        unconfigured,
        of("issuer_signature", "other_issuer"),
    );
    let mut ours = published();
    ours["iss"] = "did:web:poa.example".into();
    f.case(
        "peer-in-our-name",
        "another issuer's key under our name",
        foreign_doc(&ours),
        of("issuer_signature", "issuer_key"),
    );
    let unknown = |reason: &str| not_known(Agenthood, "status", reason);
    f.case(
        "peer-revoked",
        "its published list, however old, revokes",
        foreign_doc(&published()).revoked_lists(&["peer-clear", "peer-revoked"]),
        of("status", "revoked"),
    );
    f.case("peer-list-none", "no list", foreign_doc(&published()).revoked_lists(&[]), unknown("no_list"));
    f.case(
        "peer-list-stale",
        "a list of 301 s, fetched just now",
        foreign_doc(&published()).revoked_lists(&["peer-stale"]),
        unknown("stale_list"),
    );
    f.case(
        "peer-list-foreign",
        "the list of another issuer at its address",
        foreign_doc(&published()).revoked_lists(&["peer-foreign"]),
        unknown("foreign_list"),
    );
    let mut thief = published();
    thief["attestation"]["controller"] = json!(address(&signer("thief")));
    f.case(
        "peer-controller-other",
        "somebody else than the agent's controller",
        foreign_doc(&thief),
        of("attributes", "other_controller"),
    );
    let mut placeholder = published();
    placeholder["sub"] = PLACEHOLDER.into();
    placeholder["agent"]["agentId"] = PLACEHOLDER.into();
    placeholder["agent"]["sovereign"] = true.into();
    placeholder["agent"]["controller"] = Value::Null;
    placeholder["attestation"] = json!({ "kind": "snapshot" });
    f.case(
        "peer-placeholder",
        "an address without a valid checksum",
        foreign_doc(&placeholder).issuers("peer-snapshots"),
        of("subject", "address"),
    );
    f.case(
        "peer-placeholder-configured",
        "the same where addresses are configured to be mere names",
        foreign_doc(&placeholder).issuers("peer-lenient"),
        verified(Agenthood),
    );
    let mut named = published();
    named["agent"]["controller"] = PLACEHOLDER.into();
    named["attestation"]["controller"] = PLACEHOLDER.into();
    f.case(
        "peer-placeholder-signer",
        "a name cannot sign: a key stands behind a controller's address",
        foreign_doc(&named).issuers("peer-lenient"),
        of("proof", "address"),
    );
}

/// The URL of another issuer's signed list.
const PEER_TOKENS: &str = "https://peer.example/status/1";

/// A token status list of another issuer as the draft allows it: `iss`, `exp` and `ttl` may be missing. It is then the
/// list of the issuer that is configured with its `sub`, no older than that configuration says.
fn peer_tokens(f: &mut Family) {
    let lists = multibase::base64url(signer("peer-lists").verifying_key().as_bytes());
    let key = json!({ "kid": "lists", "x": lists, "purpose": "status" });
    share_peer(f, "peer-tokens", |issuer| {
        remove(issuer, "revocationList");
        issuer["keys"].as_array_mut().expect("a list").push(key.clone());
        issuer["tokenStatusList"] = PEER_TOKENS.into();
    });
    let claims = |edit: &dyn Fn(&mut Value)| {
        let mut entries = Entries::new(INDEX as usize + 4).expect("small");
        entries.set(INDEX + 1, TokenStatus::Invalid).expect("in range");
        let mut claims = json!({ "sub": PEER_TOKENS, "iat": NOW - 300, "status_list": entries.to_value() });
        edit(&mut claims);
        compact(token_list::TYP, "lists", &claims, &signer("peer-lists"))
    };
    let document = |index: u64| {
        let mut claims = published();
        claims["status"] = json!({ "status_list": { "idx": index, "uri": PEER_TOKENS } });
        let document = compact(agenthood::TYP, "poa-2026", &claims, &signer("peer"));
        Doc::text(document).request(accepts()).issuers("peer-tokens")
    };
    let stale = || not_known(Agenthood, "status", "stale_list");
    for (name, description, index, edit, expect) in [
        (
            "bare",
            "no iss, exp and ttl, 300 s old",
            INDEX,
            (&|_: &mut Value| {}) as &dyn Fn(&mut Value),
            verified(Agenthood),
        ),
        (
            "bare-revoked",
            "the same list, an entry that is revoked",
            INDEX + 1,
            &|_: &mut Value| {},
            of("status", "revoked"),
        ),
        (
            "bare-old",
            "older than the configured limit and skew",
            INDEX,
            &|c: &mut Value| c["iat"] = (NOW - 361).into(),
            stale(),
        ),
        (
            "bare-expired",
            "no ttl, and an exp that has passed",
            INDEX,
            &|c: &mut Value| c["exp"] = (NOW - 61).into(),
            stale(),
        ),
        (
            "ttl-longer",
            "its own ttl, longer than the configured limit",
            INDEX,
            &|c: &mut Value| (c["iat"], c["ttl"]) = ((NOW - 361).into(), 600.into()),
            verified(Agenthood),
        ),
        ("ttl-shorter", "its own ttl, shorter", INDEX, &|c: &mut Value| c["ttl"] = 60.into(), stale()),
        ("named", "with iss", INDEX, &|c: &mut Value| c["iss"] = PEER.into(), verified(Agenthood)),
    ] {
        let shared = format!("peer-{name}");
        f.share("token_status_lists", &shared, claims(edit));
        f.case(&format!("peer-tokens-{name}"), description, document(index).token_lists(&[&shared]), expect);
    }
    let read = |jwt: String| json!({ "kind": "token_list", "trust": "main", "agenthood_issuers": "peer-tokens", "jwt": jwt, "index": 0 });
    let refused = |reason: &str| refused("token_list", reason);
    for (id, description, edit, reason) in [
        (
            "sub-other",
            "no iss, and a sub that nobody is configured with",
            (&|c: &mut Value| c["sub"] = "https://peer.example/status/2".into()) as &dyn Fn(&mut Value),
            "key",
        ),
        ("iss-other", "an iss that is not configured", &|c: &mut Value| c["iss"] = "other.example".into(), "key"),
        ("iss-null", "an iss that is null", &|c: &mut Value| c["iss"] = Value::Null, "claims"),
        ("ttl-null", "a ttl that is null", &|c: &mut Value| c["ttl"] = Value::Null, "claims"),
        ("exp-text", "an exp that is a text", &|c: &mut Value| c["exp"] = "2027-01-15T08:00:00Z".into(), "claims"),
        ("iat-none", "no iat", &|c: &mut Value| remove(c, "iat"), "claims"),
    ] {
        f.case(&format!("peer-tokens-{id}"), description, read(claims(edit)), refused(reason));
    }
    let thief = claims(&|_: &mut Value| {}).rsplit_once('.').map(|(input, _)| input.to_owned()).expect("three parts");
    let thief = poa_verifier::jws::attach_signature(&thief, &signer("thief").sign(thief.as_bytes()).to_bytes());
    f.case("peer-tokens-forged", "no iss, signed by nobody that is known", read(thief), refused("jws:signature"));
}

/// One accepted and one refused signature of each of the wallets' schemes.
fn wallets(f: &mut Family) {
    let file: Value =
        serde_json::from_str(include_str!("../../../test-vectors/wallets/signatures.json")).expect("JSON");
    let cases = file["cases"].as_array().expect("a list");
    for scheme in Scheme::ALL.map(Scheme::as_str) {
        for (action, suffix) in [("poa", "issue"), ("poa-revoke", "revoke")] {
            let of_scheme = |case: &&Value| {
                case["scheme"] == scheme
                    && case["message"].as_str().is_some_and(|m| m.split(':').next() == Some(action))
            };
            let Some(case) = cases.iter().find(of_scheme) else { panic!("{scheme} {action}") };
            let message: Vec<&str> = case["message"].as_str().expect("a text").split(':').collect();
            let [_, agent, nonce] = message[..] else { panic!("a message of three parts") };
            let mut claims = published();
            claims["sub"] = agent.into();
            claims["agent"]["agentId"] = agent.into();
            claims["agent"]["controller"] = case["account"].clone();
            claims["attestation"]["controller"] = case["account"].clone();
            claims["attestation"]["nonce"] = nonce.into();
            claims["attestation"]["controllerSig"] = case["signature"].clone();
            claims["attestation"]["scheme"] = scheme.into();
            let (description, expect) = match suffix {
                "issue" => ("a controller's signature by its wallet", verified(Agenthood)),
                _ => ("a signature that a controller made to revoke", of("proof", "signature")),
            };
            f.case_from("wallets", &format!("wallet-{scheme}-{suffix}"), description, foreign_doc(&claims), expect);
            if scheme != "ed25519" {
                f.needs("wallet-signatures");
            }
        }
    }
}
