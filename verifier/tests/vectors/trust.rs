//! Trust documents: what a verifier pins, and what may follow from it.

use poa_verifier::trust::{KeyState, succession};
use poa_verifier::{multibase, time};
use serde_json::{Value, json};

use crate::kit::*;
use crate::standing::remove;
use crate::world::*;

pub fn family() -> Family {
    let comment = "Trust documents: everything that a verifier is configured with, and whether a new one follows from a pinned one.";
    let mut family = Family::new("trust", comment, &[SIMULATED]);
    members(&mut family);
    keys(&mut family);
    verifying_keys(&mut family);
    schemas(&mut family);
    proofs(&mut family);
    successions(&mut family);
    family
}

/// The world's document with edits, signed by a key of it.
fn signed_by(key: &str, name: &str, edit: impl FnOnce(&mut Value)) -> String {
    let mut document = SHARED.trust_document.to_value();
    edit(&mut document);
    document["proof"] = issuer_proof(&document, &SHARED.issuer.key_id(key), &signer(name), NOW - DAY);
    text(&document)
}

fn signed(edit: impl FnOnce(&mut Value)) -> String {
    signed_by("credentials-1", "credentials", edit)
}

fn at(place: &str, value: Value) -> String {
    signed(|d| *d.pointer_mut(place).expect("a place of the document") = value)
}

fn input(text: String) -> Value {
    json!({ "kind": "trust", "text": text })
}

fn wrong(reason: &str) -> Expected {
    refused("trust", reason)
}

fn members(f: &mut Family) {
    f.case(
        "good",
        "a document signed by its own active credentials key; the output is its fingerprint",
        input(signed(|_| {})),
        accepted(),
    );
    f.case(
        "twice",
        "a member twice",
        input(signed(|_| {}).replacen("{", r#"{"issuer":"did:web:evil.example","#, 1)),
        wrong("json:malformed"),
    );
    f.case("member-unknown", "an unknown member", input(signed(|d| d["more"] = 1.into())), wrong("shape"));
    f.case("member-missing", "no logs", input(signed(|d| remove(d, "logs"))), wrong("shape"));
    f.case("null", "null for a member left out", input(at("/keys/0", json!({ "id": "did:web:poa.example#credentials-1", "purpose": "credentials", "state": "active", "retiredAt": null, "publicKeyMultibase": multikey(&signer("credentials")) }))), wrong("shape"));
    for (id, description, place, value, reason) in [
        ("type", "another type", "/type", json!("Trust"), "member:type"),
        ("version", "another version", "/version", json!(2), "member:type"),
        (
            "issuer",
            "an issuer that is not the DID of the url",
            "/issuer",
            json!("did:web:evil.example"),
            "member:issuer",
        ),
        ("url-path", "a url with a path", "/url", json!("https://poa.example/"), "member:url"),
        ("issued-at", "no time", "/issuedAt", json!("today"), "member:issuedAt"),
        (
            "list-foreign",
            "a status list under another url",
            "/statusLists/0/id",
            json!("https://evil.example/status-lists/revocation"),
            "member:statusLists",
        ),
        ("list-twice", "a status list twice", "/statusLists/1/id", json!(REVOCATION_LIST), "member:statusLists"),
        ("log-twice", "a log twice", "/logs", json!(["main", "sandbox", "main"]), "member:logs"),
        ("purpose", "an unknown purpose", "/keys/0/purpose", json!("everything"), "shape"),
    ] {
        f.case(id, description, input(at(place, value)), wrong(reason));
    }
    let many: Vec<String> = (0..65).map(|i| format!("log-{i}")).collect();
    f.case(
        "logs-65",
        "more logs than are read",
        input(signed(|d| {
            let logs = d["logs"].as_array_mut().expect("a list");
            logs.extend(many.iter().map(|log| Value::from(log.as_str())));
        })),
        wrong("member:logs"),
    );
}

fn keys(f: &mut Family) {
    let weak = multibase::encode_base58(&[&[0xed, 1, 1][..], &[0; 31]].concat());
    let unreduced = multibase::encode_base58(&[&[0xed, 1, 0xee][..], &[0xff; 30], &[0x7f]].concat());
    for (id, description, place, value, reason) in [
        (
            "key-weak",
            "a key of small order: anybody signs under it",
            "/keys/1/publicKeyMultibase",
            json!(weak),
            "issuer_key:weak",
        ),
        (
            "key-unreduced",
            "a key with an unreduced coordinate",
            "/keys/1/publicKeyMultibase",
            json!(unreduced),
            "issuer_key:point",
        ),
        ("key-cut", "a key cut short", "/keys/1/publicKeyMultibase", json!("z6Mk"), "issuer_key:encoding"),
        (
            "key-of-other-issuer",
            "a key's id under another issuer",
            "/keys/1/id",
            json!("did:web:evil.example#heads-1"),
            "member:keys",
        ),
        ("key-name-empty", "a key's id without a name", "/keys/1/id", json!("did:web:poa.example#"), "member:keys"),
        ("key-id-twice", "two keys of one id", "/keys/1/id", json!("did:web:poa.example#status-1"), "member:keys"),
        (
            "key-twice",
            "one key under two ids",
            "/keys/1/publicKeyMultibase",
            json!(multikey(&signer("status"))),
            "member:keys",
        ),
        ("key-retired-when", "retired, and nobody says when", "/keys/1/state", json!("retired"), "member:keys"),
    ] {
        f.case(id, description, input(at(place, value)), wrong(reason));
        if id == "key-weak" {
            f.flag("forgery");
        }
    }
    let active = signed(|d| d["keys"][1]["retiredAt"] = "2027-01-01T00:00:00Z".into());
    f.case("key-active-retired-at", "active, and yet retired at a time", input(active), wrong("member:keys"));
    let compromised = signed(|d| d["keys"][1]["state"] = "compromised".into());
    f.case("key-compromised", "a compromised key may be listed; it verifies nothing", input(compromised), accepted());
}

fn verifying_keys(f: &mut Family) {
    let entry = &SHARED.trust_document.verifying_keys[0];
    f.case(
        "vk-twice",
        "a verifying key twice",
        input(signed(|d| {
            let first = d["verifyingKeys"][0].clone();
            d["verifyingKeys"].as_array_mut().expect("a list").push(first);
        })),
        wrong("member:verifyingKeys"),
    );
    let other = "0".repeat(64);
    for (id, description, member, value, reason) in [
        ("vk-digest", "a digest that is another key's", "sha256", json!(other), "member:verifyingKeys"),
        (
            "vk-digest-upper-case",
            "a digest in upper case",
            "sha256",
            json!(entry.sha256.to_uppercase()),
            "member:verifyingKeys",
        ),
        ("vk-circuit", "another circuit", "circuit", json!("poa/2"), "member:verifyingKeys"),
        ("vk-base", "another base", "bytes", json!(format!("z{}", &entry.bytes[1..])), "member:verifyingKeys"),
        ("vk-cut", "a key cut short", "bytes", json!(entry.bytes[..401]), "verifying_key:length"),
        ("vk-retired-when", "retired, and nobody says when", "state", json!("retired"), "member:verifyingKeys"),
    ] {
        f.case(id, description, input(at(&format!("/verifyingKeys/0/{member}"), value)), wrong(reason));
    }
    let gamma = scalar("gamma");
    let t = Trapdoor { delta: gamma, ..Trapdoor::new() };
    let ic: Vec<_> = t.ic.iter().map(|x| g1(*x)).collect();
    let bytes = crate::keys::key_bytes(g1(t.alpha), g2(t.beta), g2(gamma), g2(gamma), ic);
    f.case(
        "vk-forgeable",
        "delta = gamma: whoever configures this key believes everybody",
        input(at("/verifyingKeys/0/bytes", json!(multibase::encode_base64url(&bytes)))),
        wrong("verifying_key:delta_is_gamma"),
    );
    f.flag("forgery");
}

fn schemas(f: &mut Family) {
    for (id, description, place, value, reason) in [
        (
            "schema-issuer",
            "an attestation schema of another issuer",
            "/attestationSchemas/0/issuer",
            json!("did:web:evil.example"),
            "member:attestationSchemas",
        ),
        (
            "schema-log",
            "of a log that is not listed",
            "/attestationSchemas/0/log",
            json!("other"),
            "member:attestationSchemas",
        ),
        (
            "schema-slots",
            "with its slots in another order",
            "/attestationSchemas/0/slots",
            json!(["tasks_completed", "reputation", "earnings_sats", "member_since", "capabilities", "build_hash"]),
            "schema:slots",
        ),
        (
            "schema-capability-twice",
            "with a capability twice",
            "/attestationSchemas/0/capabilities",
            json!(["a", "a"]),
            "schema:capabilities",
        ),
        (
            "schema-lifetime",
            "with leaves that live no time",
            "/attestationSchemas/0/leaf_lifetime",
            json!(0),
            "schema:leaf_lifetime",
        ),
        (
            "schema-twice",
            "two attestation schemas of one id",
            "/attestationSchemas/0/id",
            json!(format!("{URL}/schemas/agent-attributes-sandbox/1")),
            "member:attestationSchemas",
        ),
        ("schema-custody", "in nobody's custody", "/attestationSchemas/0/custody", json!("nobody"), "shape"),
        (
            "disclosure-slot",
            "a disclosure schema that shows what does not exist",
            "/disclosureSchemas/3/disclose/0",
            json!("karma"),
            "schema:disclose",
        ),
        (
            "disclosure-nothing",
            "one that shows nothing",
            "/disclosureSchemas/0/predicates",
            json!({}),
            "schema:disclose",
        ),
        (
            "disclosure-years",
            "one valid for years",
            "/disclosureSchemas/0/valid_for_s",
            json!(401 * DAY),
            "schema:valid_for_s",
        ),
        (
            "disclosure-version",
            "one whose id names another version",
            "/disclosureSchemas/0/version",
            json!(2),
            "schema:version",
        ),
    ] {
        f.case(id, description, input(at(place, value)), wrong(reason));
    }
    let many: Vec<String> = (0..65).map(|i| format!("c{i}")).collect();
    f.case(
        "schema-capabilities-65",
        "a capability beyond the 64th",
        input(at("/attestationSchemas/0/capabilities", json!(many))),
        wrong("schema:capabilities"),
    );
}

fn proofs(f: &mut Family) {
    f.case("unsigned", "no proof", input(text(&SHARED.trust_document.to_value())), wrong("member:proof"));
    f.case(
        "signed-by-heads",
        "signed by its key for tree heads",
        input(signed_by("heads-1", "heads", |_| {})),
        wrong("member:proof"),
    );
    f.case(
        "signed-by-unknown",
        "signed by a key that it does not list",
        input(signed_by("credentials-2", "credentials", |_| {})),
        wrong("member:proof"),
    );
    f.case(
        "signed-by-other",
        "the right name under another key's signature",
        input(signed_by("credentials-1", "nobody", |_| {})),
        wrong("proof:signature"),
    );
    f.case(
        "signed-by-compromised",
        "signed by a key that it calls compromised",
        input(signed(|d| d["keys"][0]["state"] = "compromised".into())),
        wrong("member:proof"),
    );
    let edited = signed(|_| {}).replace("\"main\",\"sandbox\"", "\"main\",\"sandboy\"");
    f.case("edited", "edited after it was signed", input(edited), wrong("proof:signature"));
    let mut document: Value = serde_json::from_str(&signed(|_| {})).expect("JSON");
    document["proof"]["cryptosuite"] = "eddsa-rdfc-2022".into();
    f.case("suite", "another cryptosuite", input(text(&document)), wrong("proof:member:cryptosuite"));
    document["proof"] = json!([]);
    f.case("proof-list", "a list of no proofs", input(text(&document)), wrong("proof:member:proof"));
}

fn link(old: &str, by: &str, new: &str, name: &str) -> String {
    let claims = json!({ "iss": SHARED.issuer.as_str(), "sub": SHARED.issuer.key_id(new), "iat": NOW, "publicKeyMultibase": multikey(&signer(name)) });
    compact_jws(succession::TYP, &SHARED.issuer.key_id(old), &claims, &signer(by))
}

/// A later document whose credentials key is `credentials-2`, with these links, and the first key in a state.
fn successor(first: Option<KeyState>, links: &[String], edit: impl FnOnce(&mut Value)) -> String {
    signed_by("credentials-2", "credentials two", |d| {
        let mut old = d["keys"][0].clone();
        d["keys"][0]["id"] = SHARED.issuer.key_id("credentials-2").into();
        d["keys"][0]["publicKeyMultibase"] = multikey(&signer("credentials two")).into();
        if let Some(state) = first {
            old["state"] = serde_json::to_value(state).expect("a word");
            if state == KeyState::Retired {
                old["retiredAt"] = time::format_utc(NOW - DAY).expect("a time").into();
            }
            d["keys"].as_array_mut().expect("a list").push(old);
        }
        d["issuedAt"] = time::format_utc(NOW).expect("a time").into();
        if !links.is_empty() {
            d["succession"] = json!(links);
        }
        edit(d);
    })
}

fn successions(f: &mut Family) {
    let pinned = signed(|_| {});
    let after = |pinned: &str, text: String| json!({ "kind": "trust", "text": text, "pinned": pinned });
    let good = link("credentials-1", "credentials", "credentials-2", "credentials two");
    let unlinked = || wrong("succession:unlinked");
    f.case("follows-itself", "the pinned document again", after(&pinned, pinned.clone()), accepted());
    f.case(
        "follows-linked",
        "the old key vouches for the new one",
        after(&pinned, successor(Some(KeyState::Retired), std::slice::from_ref(&good), |_| {})),
        accepted(),
    );
    f.case(
        "follows-unlinked",
        "the pinned keys listed beside an own one",
        after(&pinned, successor(Some(KeyState::Retired), &[], |_| {})),
        unlinked(),
    );
    let forged = link("credentials-1", "credentials two", "credentials-2", "credentials two");
    f.case(
        "follows-forged-link",
        "a link in the old key's name by the new key",
        after(&pinned, successor(None, &[forged], |_| {})),
        unlinked(),
    );
    let other = link("credentials-1", "credentials", "credentials-2", "somebody");
    f.case(
        "follows-link-for-other-key",
        "a link for another key under the new one's name",
        after(&pinned, successor(None, &[other], |_| {})),
        unlinked(),
    );
    f.case(
        "follows-compromised-link",
        "the key that vouches is compromised since",
        after(&pinned, successor(Some(KeyState::Compromised), std::slice::from_ref(&good), |_| {})),
        unlinked(),
    );
    let older = successor(None, std::slice::from_ref(&good), |d| {
        d["issuedAt"] = time::format_utc(NOW - 2 * DAY).expect("a time").into()
    });
    f.case(
        "follows-older",
        "an older document, which may trust a key that leaked since",
        after(&pinned, older),
        wrong("succession:older"),
    );
    let leaked = signed(|d| d["keys"][2]["state"] = "compromised".into());
    f.case(
        "follows-reinstated",
        "a compromised key counts again",
        after(&leaked, pinned.clone()),
        wrong("succession:reinstated"),
    );
    let foreign = after(&pinned, foreign_document());
    f.case("follows-foreign", "another issuer's document", foreign, wrong("succession:issuer"));
    f.case(
        "link-junk",
        "a link that is no JWS",
        input(signed(|d| d["succession"] = json!(["x.y.z"]))),
        wrong("member:succession"),
    );
}

/// The document of another issuer, whole.
fn foreign_document() -> String {
    let whole = SHARED.trust_document.to_value().to_string().replace("poa.example", "peer.example");
    let mut document: Value = serde_json::from_str(&whole).expect("JSON");
    let key = "did:web:peer.example#credentials-1";
    document["proof"] = issuer_proof(&document, key, &signer("credentials"), NOW - DAY);
    text(&document)
}
