//! The family `circuit` of the conformance vectors: documents whose proofs the real prover made under the committed key.
//!
//! `UPDATE_VECTORS=1 cargo test --workspace --test vectors` rewrites the file, as it has to be after a change of the key,
//! the circuit or the form of the documents; without the variable the same test compares. The other families and their
//! README are `verifier/tests/vectors`'.

use std::path::Path;

use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ec::CurveGroup as _;
use ark_ff::Field as _;
use poa_circuits::native::field;
use poa_prover::crs::VERIFYING_KEY;
use poa_verifier::report::Class::{Other, Presentation, Standing};
use poa_verifier::{Proof, VerifyingKey, multibase, statement};
use serde_json::{Value, json};

#[path = "../compiled/mod.rs"]
#[allow(dead_code, reason = "other tests choose their settings")]
mod compiled;
#[path = "../../../verifier/tests/vectors/kit.rs"]
#[allow(dead_code, reason = "a part of what the verifier's families need")]
mod kit;
mod world;

use kit::*;
use world::*;

const PROVED: (&str, &str) = (
    "proved",
    "Made by prover/tests/vectors of this repository: the engine of the crate poa-prover under the key of crs/, whose \
     witnesses and blinding are hashes of fixed words. The issuer's keys are for these files alone.",
);
const NAMES: [&str; 4] = ["task_completion", "build_verification", "earnings_proof", "full_disclosure"];
const LISTS: [&str; 2] = ["revocation", "suspension"];

fn family() -> Family {
    let comment = "Documents with proofs of circuit poa/1 by the real prover, under the committed key; and what becomes of them when they are bent.";
    let mut family = Family::new("circuit", comment, &[PROVED]);
    let world = World::new();
    let f = &mut family;
    f.share("trust", "main", text(&world.trust("active")));
    f.share("trust", "withdrawn", text(&world.trust("compromised")));
    for (name, list) in LISTS.into_iter().zip(world.lists(false)) {
        f.share("status_lists", name, list);
    }
    f.share("status_lists", "revoked", world.lists(true)[0].clone());
    let standing: Vec<Value> = NAMES.iter().map(|name| world.standing(name)).collect();
    credentials(f, &standing);
    presentations(f, &world);
    bare(f, &standing[0]);
    family
}

fn any(document: &Value) -> Doc {
    Doc::of(document).request(json!({})).lists(&LISTS)
}

fn credentials(f: &mut Family, standing: &[Value]) {
    for (name, document) in NAMES.iter().zip(standing) {
        let id = format!("standing-{}", name.replace('_', "-"));
        f.case(
            &id,
            "a standing credential under one of the seeded disclosure schemas",
            any(document),
            verified(Standing),
        );
    }
    let good = &standing[0];
    f.case("without-request", "authentic without a request", Doc::of(good).lists(&LISTS), authentic(Standing));
    let edited = |edit: &dyn Fn(&mut Value)| {
        let mut document = good.clone();
        edit(&mut document);
        any(&document)
    };
    let score = edited(&|d| d["credentialSubject"]["reputation"]["atLeast"] = 9500.into());
    f.case("score-raised", "a better score than was proved", score, fails(Standing, "attributes", "rendering"));
    let id = edited(&|d| d["id"] = "https://poa.example/credentials/other".into());
    f.case("id-edited", "another id", id, fails(Standing, "context", "edited"));
    let pairing = || fails(Standing, "proof", "pairing");
    for place in ["/scope", "/nullifier", "/valid_at"] {
        let doc = edited(&|d| {
            let element = d["proof"][1]["statement"].pointer_mut(place).expect("a place");
            let raised = field::decode_hex(element.as_str().expect("a text")).expect("canonical") + Fr::from(1u64);
            *element = field::encode_hex(&raised).into();
        });
        f.case(&format!("raised-{}", place[1..].replace('_', "-")), "an input raised by one", doc, pairing());
    }
    let other = edited(&|d| d["proof"][1]["proofValue"] = standing[2]["proof"][1]["proofValue"].clone());
    f.case("proof-of-other", "the proof of another credential of the same agent", other, pairing());
    let revoked = any(good).lists(&["revoked", "suspension"]);
    f.case("revoked", "its bit is set", revoked, fails(Standing, "status", "revoked"));
    f.case(
        "key-withdrawn",
        "the key was withdrawn",
        any(good).trust("withdrawn"),
        fails(Standing, "key", "key_withdrawn"),
    );
}

fn presentations(f: &mut Family, world: &World) {
    let asked = json!({ "challenge": CHALLENGE, "domain": DOMAIN, "at_least": { "tasks_completed": "500" } });
    let mut for_audience = asked.clone();
    for_audience["audience"] = DOMAIN.into();
    let (named, anonymous) = (world.presentation(false), world.presentation(true));
    f.case("presentation", "an answer to a challenge", Doc::of(&named).request(asked.clone()), verified(Presentation));
    let doc = || Doc::of(&anonymous).request(for_audience.clone());
    f.case("presentation-anonymous", "about nobody, with the pseudonym of the audience", doc(), verified(Presentation));
    let zk = &anonymous["verifiableCredential"][0]["proof"];
    let pair = json!([[zk["statement"]["scope"], zk["statement"]["nullifier"]]]);
    let again = rerandomised(zk["proofValue"].as_str().expect("a text"));
    let mut other = anonymous.clone();
    other["verifiableCredential"][0]["proof"]["proofValue"] = again.into();
    let doc = Doc::of(&other).request(for_audience.clone());
    f.case(
        "re-randomised",
        "other proof bytes of the same statement, without the witness",
        doc,
        verified(Presentation),
    );
    f.flag("re-randomised");
    let doc = Doc::of(&other).request(for_audience.clone()).seen(pair);
    let seen = fails(Presentation, "nullifier", "seen_before");
    f.case("re-randomised-replay", "remembering pseudonyms notices that it is the same presentation", doc, seen);
    f.flag("re-randomised");
    let doc = Doc::of(&named).request(for_audience);
    f.case(
        "no-pseudonym",
        "a pseudonym is expected and none was shown",
        doc,
        fails(Presentation, "nullifier", "wrong_scope"),
    );
    let mut challenged = asked.clone();
    challenged["challenge"] = "another challenge".into();
    let doc = Doc::of(&named).request(challenged.clone());
    f.case("replayed", "an answer to another challenge", doc, fails(Presentation, "challenge", "wrong_challenge"));
    f.flag("replay");
    let mut relabelled = named.clone();
    relabelled["verifiableCredential"][0]["proof"]["challenge"] = "another challenge".into();
    let doc = Doc::of(&relabelled).request(challenged);
    f.case(
        "replayed-relabelled",
        "the same with the asked challenge written over it",
        doc,
        fails(Presentation, "context", "edited"),
    );
    f.flag("replay");
    let mut more = asked;
    more["at_least"] = json!({ "tasks_completed": "501" });
    let doc = Doc::of(&named).request(more);
    f.case("too-low", "one more task than was proved", doc, fails(Presentation, "policy", "too_low"));
}

/// The proof without its document, and as bare Groth16.
fn bare(f: &mut Family, good: &Value) {
    let zk = &good["proof"][1];
    f.case("bare-proof", "the proof without its document", any(zk), fails(Other, "class", "bare_proof"));
    f.share("verifying_keys", "committed", multibase::encode_base64url(VERIFYING_KEY));
    let public = statement::from_value(&zk["statement"]).expect("a statement");
    let inputs: Vec<String> = public.to_inputs().iter().map(field::encode_hex).collect();
    let groth16 = |inputs: &[String]| json!({ "kind": "groth16", "verifying_key": "committed", "inputs": inputs, "proof": zk["proofValue"] });
    f.case("groth16", "key, inputs and proof alone", groth16(&inputs), accepted());
    for i in [1, 7, 22] {
        let mut other = inputs.clone();
        other[i] = field::encode_hex(&(public.to_inputs()[i] + Fr::from(1u64)));
        f.case(&format!("groth16-raised-{i}"), "one input raised by one", groth16(&other), refused("proof", "pairing"));
    }
}

/// `(A/s, s·B + s·t·delta, C + t·A)`: valid for the same inputs, all other bytes.
fn rerandomised(proof: &str) -> String {
    let old = Proof::from_multibase(proof).expect("a proof");
    let key = VerifyingKey::from_bytes(VERIFYING_KEY).expect("the committed key");
    let [s, t]: [Fr; 2] = ["s", "t"].map(|word| field::to_field("circuit vectors", word.as_bytes()));
    let delta = G2Projective::from(*key.delta_g2());
    let new = Proof::from_points(
        (*old.a() * s.inverse().expect("not 0")).into_affine(),
        (*old.b() * s + delta * (s * t)).into_affine(),
        (G1Projective::from(*old.c()) + *old.a() * t).into_affine(),
    );
    new.expect("points of the groups").to_multibase()
}

#[test]
fn the_file_is_what_the_prover_makes() {
    let (name, text, wrong) = family().finish();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../test-vectors/conformance/{name}.json"));
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(&path, text).expect("the file is written");
        return;
    }
    let committed = std::fs::read_to_string(&path).expect("the file");
    assert!(committed == text, "{} is of another key, circuit or form of documents; run {COMMAND}", path.display());
}
