//! What is computed rather than judged: field elements, leaf, root, scope, pseudonym, context, messages.

use poa_circuits::native::field;
use poa_circuits::native::holder::HolderSecret;
use poa_circuits::native::tree::{self, DEPTH};
use poa_verifier::agenthood::hex32::Seed;
use poa_verifier::zk_proof::{self, Purpose};
use serde_json::{Value, json};

use crate::kit::*;
use crate::standing::remove;
use crate::world::*;
use crate::{agenthood_world, world};

const COMPUTED: (&str, &str) = (
    "computed",
    "Arguments are hashes of fixed words or written by hand, results computed by this crate. Poseidon, trees and identities \
     are those of test-vectors/poseidon, imt and identity, which circomlibjs and zk-kit made; check.py beside these files \
     computes every result here again, without code of this project.",
);

pub fn family() -> Family {
    let comment = "Derivations: what every implementation must compute alike (docs/protocol.md §1, §3, §5).";
    let mut family = Family::new("derivations", comment, &[COMPUTED]);
    hashes(&mut family);
    holders(&mut family);
    leaves(&mut family);
    documents(&mut family);
    messages(&mut family);
    family
}

fn case(f: &mut Family, id: &str, description: &str, arguments: Value) {
    judged(f, id, description, arguments, accepted());
}

fn judged(f: &mut Family, id: &str, description: &str, mut arguments: Value, expect: Expected) {
    arguments["kind"] = "derivation".into();
    f.case(id, description, arguments, expect);
}

fn element(name: &str) -> String {
    field::encode_hex(&scalar(name))
}

fn hashes(f: &mut Family) {
    for (id, tag, bytes) in [
        ("empty", "", ""),
        ("scope", "scope", "https://verifier.example"),
        ("other-tag", "schema", "https://verifier.example"),
        ("tag-boundary", "scop", "ehttps://verifier.example"),
    ] {
        case(
            f,
            &format!("to-field-{id}"),
            "to_field(tag, bytes): 31 bytes of SHA-256",
            json!({ "function": "to_field", "tag": tag, "bytes": hex::encode(bytes) }),
        );
    }
    for (id, digest) in [("zeros", [0; 32]), ("ones", [0xff; 32]), ("build", [0xab; 32])] {
        case(
            f,
            &format!("digest-to-field-{id}"),
            "H_2 of the two halves of a digest",
            json!({ "function": "digest_to_field", "sha256": hex::encode(digest) }),
        );
    }
    judged(
        f,
        "digest-to-field-short",
        "31 bytes are no digest",
        json!({ "function": "digest_to_field", "sha256": hex::encode([0; 31]) }),
        refused("derivation", "length"),
    );
    for audience in ["https://verifier.example", "did:web:verifier.example", "http://127.0.0.1:8080"] {
        let id = audience.replace("://", "-").replace([':', '.'], "-");
        case(
            f,
            &format!("scope-{id}"),
            "the scope of an audience",
            json!({ "function": "scope", "audience": audience }),
        );
    }
    judged(
        f,
        "scope-path",
        "an audience has no path",
        json!({ "function": "scope", "audience": "https://verifier.example/" }),
        refused("derivation", "form"),
    );
    for i in [0, 1, 10] {
        case(
            f,
            &format!("scope-in-period-{i}"),
            "one of N scopes of a period",
            json!({ "function": "scope_in_period", "audience": "https://verifier.example", "period": "2027-01-15T00:00:00Z", "i": i }),
        );
    }
    case(f, "agent-id", "the number of a UUID", json!({ "function": "agent_id_of", "did": SHARED.agent.to_string() }));
}

fn holders(f: &mut Family) {
    let one = format!("0x{}1", "0".repeat(63));
    case(
        f,
        "identity-one",
        "the key and the identity commitment of the scalar 1: the key is Base8",
        json!({ "function": "identity", "k": one }),
    );
    case(
        f,
        "identity-two",
        "of another scalar",
        json!({ "function": "identity", "k": format!("0x{}", hex::encode([3; 32]).replacen("0303", "0000", 1)) }),
    );
    judged(
        f,
        "identity-zero",
        "0 is no secret",
        json!({ "function": "identity", "k": format!("0x{}", "0".repeat(64)) }),
        refused("derivation", "scalar"),
    );
    let order = "0x060c89ce5c263405370a08b6d0302b0bab3eedb83920ee0a677297dc392126f1";
    judged(
        f,
        "identity-order",
        "the order of the subgroup is no secret: scalars are not reduced",
        json!({ "function": "identity", "k": order }),
        refused("derivation", "scalar"),
    );
    case(f, "pseudonym-commitment", "N = H_1(n)", json!({ "function": "pseudonym_commitment", "n": element("n") }));
    case(
        f,
        "nullifier",
        "H_2(scope, n)",
        json!({ "function": "nullifier", "n": element("n"), "scope": element("scope") }),
    );
    case(
        f,
        "nullifier-exchanged",
        "with its arguments exchanged: another one",
        json!({ "function": "nullifier", "n": element("scope"), "scope": element("n") }),
    );
    case(
        f,
        "salt",
        "H_2(ext, rho)",
        json!({ "function": "salt", "ext": format!("0x{}", "0".repeat(64)), "rho": element("rho") }),
    );
}

fn leaf(edit: impl FnOnce(&mut Value)) -> Value {
    let attributes: Vec<String> =
        [7001u64, 7002, u64::MAX, 1_733_011_200, 5, 6].map(|a| field::encode_hex(&a.into())).to_vec();
    let mut leaf = json!({
        "function": "leaf_hash", "identity": element("identity"), "pseudonym": element("pseudonym"),
        "agent": SHARED.agent.to_string(), "schema": field::encode_hex(&SHARED.attestation.field()),
        "attributes": attributes, "expires_at": NOW + 90 * DAY, "salt": element("salt"),
    });
    edit(&mut leaf);
    leaf
}

fn leaves(f: &mut Family) {
    case(f, "leaf", "H_12 of an opening; the attributes in slot order", leaf(|_| {}));
    case(
        f,
        "leaf-attributes-exchanged",
        "two attributes exchanged: another leaf",
        leaf(|l| {
            let first = l["attributes"][0].take();
            l["attributes"][0] = l["attributes"][1].take();
            l["attributes"][1] = first;
        }),
    );
    case(f, "leaf-later", "a second later: another leaf", leaf(|l| l["expires_at"] = (NOW + 90 * DAY + 1).into()));
    let siblings: Vec<String> = (0..DEPTH).map(|level| field::encode_hex(&tree::zero(level))).collect();
    let root = |index: u32, siblings: &[String]| json!({ "function": "root", "leaf": element("leaf"), "index": index, "siblings": siblings });
    case(f, "root-alone", "a leaf alone in its tree", root(0, &siblings));
    case(f, "root-last", "a leaf at the last index", root(u32::MAX, &siblings));
    let mixed: Vec<String> = (0..DEPTH).map(|level| element(&format!("sibling {level}"))).collect();
    case(f, "root-path", "a path through 32 siblings", root(0xa5a5_a5a5, &mixed));
    judged(f, "root-short", "31 siblings are no path", root(0, &siblings[..31]), refused("derivation", "count"));
    case(
        f,
        "root-empty",
        "the leaf 0 alone: the root of the empty tree, under which nothing is accepted",
        json!({ "function": "root", "leaf": format!("0x{}", "0".repeat(64)), "index": 0, "siblings": siblings }),
    );
}

fn documents(f: &mut Family) {
    let schema = SHARED.attestation.to_value();
    case(
        f,
        "schema",
        "the field element of an attestation schema",
        json!({ "function": "schema_field", "document": schema }),
    );
    let mut other = schema.clone();
    other["custody"] = "issuer".into();
    case(
        f,
        "schema-custody",
        "in other custody: another schema",
        json!({ "function": "schema_field", "document": other }),
    );
    other["slots"].as_array_mut().expect("a list").reverse();
    judged(
        f,
        "schema-slots",
        "slots in another order are no schema",
        json!({ "function": "schema_field", "document": other }),
        refused("derivation", "schema"),
    );
    let disclosure = SHARED.disclosure("task_completion/1").to_value();
    case(
        f,
        "disclosure-digest",
        "digestSRI of a disclosure schema",
        json!({ "function": "disclosure_digest", "document": disclosure }),
    );
    let standing = SHARED.standing().issue();
    let mut options = standing["proof"][1].clone();
    ["proofValue", "statement", "rootHead"].iter().for_each(|member| remove(&mut options, member));
    let mut document = standing.clone();
    remove(&mut document, "proof");
    case(
        f,
        "context-standing",
        "the context of a standing credential",
        json!({ "function": "context", "options": options, "document": document }),
    );
    let mut presented = SHARED.presentation().present()["verifiableCredential"][0].clone();
    remove(&mut presented, "proof");
    let options =
        zk_proof::options(&presented, Purpose::Authentication, &SHARED.key.sha256(), Some(&SHARED.binding), NOW)
            .expect("a time");
    case(
        f,
        "context-presentation",
        "the context of a presentation, with challenge and domain",
        json!({ "function": "context", "options": options, "document": presented }),
    );
    let unordered = json!({ "function": "context", "options": { "b": [1, 0.5, "\u{20ac}"], "a": { "\u{fb33}": 1, "\u{1f600}": 2 } }, "document": { "z": null, "a": true } });
    case(f, "context-order", "members sort by UTF-16 code units", unordered);
    let key = poa_verifier::multibase::encode_base64url(&SHARED.key.to_bytes());
    case(f, "verifying-key", "the name of a verifying key", json!({ "function": "key_digest", "verifying_key": key }));
}

fn messages(f: &mut Family) {
    let mut bytes = [7; 32];
    bytes[0] = 0;
    let key = HolderSecret::from_bytes(&bytes).expect("below l").public();
    let message = |action: &str, key: Value| {
        json!({
            "function": "holder_message", "action": action, "agent": SHARED.agent.to_string(),
            "issuer": SHARED.issuer.as_str(), "key": key, "pseudonym": element("pseudonym"), "nonce": hex::encode([9; 32]), "exp": NOW + 300,
        })
    };
    let point = json!([field::encode_hex(&key.x()), field::encode_hex(&key.y())]);
    for action in ["register", "rotate", "revoke"] {
        case(
            f,
            &format!("holder-message-{action}"),
            "what a holder signs with its key",
            message(action, point.clone()),
        );
    }
    judged(
        f,
        "holder-message-action",
        "an action that is none",
        message("resume", point),
        refused("derivation", "action"),
    );
    let zero = format!("0x{}", "0".repeat(64));
    let identity = json!([zero, format!("0x{}1", "0".repeat(63))]);
    judged(
        f,
        "holder-message-identity",
        "the neutral element is nobody's key",
        message("register", identity),
        refused("derivation", "key"),
    );
    let agents = &agenthood_world::SHARED;
    let agent = agents.agent();
    case(
        f,
        "agenthood-claims",
        "SHA-256 of an agent claim",
        json!({ "function": "agent_claim_digest", "agent": agent.to_value() }),
    );
    let details = agents.details(&agent);
    case(
        f,
        "agenthood-nonce",
        "the nonce that stands for details",
        json!({ "function": "agenthood_nonce", "seed": Seed::new([9; 32]), "details": details }),
    );
    assert_eq!(world::NOW, agenthood_world::NOW);
}
