//! Standing credentials: shape, what is shown, dates, keys, the issuer's signature.

use poa_circuits::statement::Public;
use poa_verifier::data_integrity;
use poa_verifier::head::LIFETIME_S;
use poa_verifier::report::Class::{Other, Standing};
use poa_verifier::time;
use poa_verifier::trust::{KeyPurpose, KeyState, TrustDocument, TrustKey};
use poa_verifier::zk_proof::Purpose;
use serde_json::{Value, json};

use crate::kit::*;
use crate::world::*;

pub const LISTS: [&str; 2] = ["revocation", "suspension"];
const OTHER_AGENT: &str = "did:poa:poa.example:00000000-0000-0000-0000-000000000001";
const BUILD: [u8; 32] = [0xab; 32];

/// What the drafts satisfy.
pub fn request() -> Value {
    json!({ "at_least": { "tasks_completed": "100", "reputation": 5000 } })
}

/// The trust document and both status lists of the world.
pub fn share_world(family: &mut Family) {
    family.share("trust", "main", text(&signed_trust(&SHARED.trust_document)));
    for (name, list) in LISTS.into_iter().zip(SHARED.lists()) {
        family.share("status_lists", name, list);
    }
}

/// Shares the world's trust document with an edit.
pub fn share_trust(family: &mut Family, name: &str, edit: impl FnOnce(&mut TrustDocument)) {
    let mut document = SHARED.trust_document.clone();
    edit(&mut document);
    family.share("trust", name, text(&signed_trust(&document)));
}

pub fn standing(document: &Value) -> Doc {
    Doc::of(document).request(request()).lists(&LISTS)
}

fn edited(edit: impl FnOnce(&mut Value)) -> Doc {
    let mut document = SHARED.standing().issue();
    edit(&mut document);
    standing(&document)
}

fn drafted(edit: impl FnOnce(&mut Draft<'_>)) -> Doc {
    let mut draft = SHARED.standing();
    edit(&mut draft);
    standing(&draft.issue())
}

pub fn remove(value: &mut Value, member: &str) {
    value.as_object_mut().expect("an object").remove(member);
}

/// All six attributes disclosed.
pub fn full_disclosure(edit: impl FnOnce(&mut Public)) -> Value {
    let mut draft = SHARED.standing();
    draft.public.lower = [0u64.into(); 4];
    draft.public.mask = 63u64.into();
    draft.public.disclosed = [7001u64, 7002, u64::MAX, 1_733_011_200, 5, 0].map(Into::into);
    draft.public.disclosed[5] = poa_circuits::native::field::digest_to_field(&BUILD);
    draft.credential["credentialSchema"] = SHARED.schema_reference("full_disclosure/1");
    draft.credential["credentialSubject"]["build_hash"] = hex::encode(BUILD).into();
    edit(&mut draft.public);
    draft.issue()
}

pub fn family() -> Family {
    let comment = "Standing credentials: an issuer's proof and a Groth16 proof, no challenge (docs/protocol.md §5).";
    let mut family = Family::new("standing", comment, &[SIMULATED]);
    share_world(&mut family);
    accepted_ones(&mut family);
    edits_of_what_is_shown(&mut family);
    edits_of_what_is_bound(&mut family);
    schemas(&mut family);
    shapes(&mut family);
    dates(&mut family);
    issuer_proofs(&mut family);
    verifying_keys(&mut family);
    requests(&mut family);
    family
}

fn accepted_ones(f: &mut Family) {
    let good = SHARED.standing().issue();
    f.case("good", "bounds on two attributes, one minute old", standing(&good), verified(Standing));
    f.case(
        "without-request",
        "without a request it is authentic, never verified",
        Doc::of(&good).lists(&LISTS),
        authentic(Standing),
    );
    f.case(
        "any-request",
        "a request that demands nothing accepts what is proved",
        Doc::of(&good).lists(&LISTS).request(json!({})),
        verified(Standing),
    );
    let mut reordered = good.clone();
    reordered["proof"] = json!([good["proof"][1], good["proof"][0]]);
    f.case("proofs-reordered", "a proof set has no order", standing(&reordered), verified(Standing));
    let any = |document: &Value| Doc::of(document).lists(&LISTS).request(json!({}));
    f.case(
        "full-disclosure",
        "six different values, each in its place; an amount near 2^64 as a string",
        any(&full_disclosure(|_| {})),
        verified(Standing),
    );
    let mut zeros = SHARED.standing();
    zeros.public.lower = [0u64.into(); 4];
    zeros.public.mask = 63u64.into();
    zeros.credential["credentialSchema"] = SHARED.schema_reference("full_disclosure/1");
    f.case("disclosed-zeros", "a disclosed 0 is shown as 0, no build as null", any(&zeros.issue()), verified(Standing));
    let mut build = SHARED.standing();
    build.public.lower = [0u64.into(); 4];
    build.public.mask = 32u64.into();
    build.public.disclosed[5] = poa_circuits::native::field::digest_to_field(&BUILD);
    build.public.required = 0b10u64.into();
    build.credential["credentialSchema"] = SHARED.schema_reference("build_verification/1");
    build.credential["credentialSubject"]["build_hash"] = hex::encode(BUILD).into();
    let needs = json!({ "disclose": ["build_hash"], "contains_all": ["open-source"] });
    f.case(
        "build-and-capability",
        "a build's digest in full, whose field element the verifier computes, and a capability contained",
        any(&build.issue()).request(needs),
        verified(Standing),
    );
    let mut since = SHARED.standing();
    since.public.lower = [0u64.into(); 4];
    since.public.lower[2] = 1_000_000u64.into();
    since.public.upper[3] = 1_733_011_200u64.into();
    since.credential["credentialSchema"] = SHARED.schema_reference("earnings_proof/1");
    f.case(
        "earnings-and-date",
        "a lower bound in satoshi, an upper one on a date",
        any(&since.issue()),
        verified(Standing),
    );
    let last = standing_of(NOW - DAY, NOW, NOW + 40 * DAY, NOW - DAY + 3600);
    f.case(
        "last-second",
        "now equals validUntil, and the head is exactly an hour from validFrom",
        last,
        verified(Standing),
    );
    let own = json!({ "subject": SHARED.agent.to_string() });
    f.case("requested-subject", "the request names the agent", any(&good).request(own), verified(Standing));
}

fn edits_of_what_is_shown(f: &mut Family) {
    let rendering = || fails(Standing, "attributes", "rendering");
    let mut subject = |id: &str, description: &str, edit: &dyn Fn(&mut Value)| {
        f.case(id, description, edited(|d| edit(&mut d["credentialSubject"])), rendering());
    };
    subject("score-raised", "a better score than was proved", &|s| s["reputation"]["atLeast"] = 9000.into());
    subject("count-raised", "more tasks than were proved", &|s| s["tasks_completed"]["atLeast"] = "1000".into());
    subject("count-as-number", "a count is a decimal string", &|s| s["tasks_completed"]["atLeast"] = 100.into());
    subject("bound-added", "a bound that was not proved", &|s| s["earnings_sats"] = json!({"atLeast": "1"}));
    subject("bound-removed", "a bound that was proved is not shown", &|s| remove(s, "reputation"));
    subject("trivial-bound-written", "a bound that says nothing is left out", &|s| {
        s["reputation"]["atMost"] = 10000.into()
    });
    subject("member-added", "a member that no statement renders", &|s| s["name"] = "x".into());
    subject("type-exchanged", "another type of subject", &|s| s["type"] = "Agent".into());
    subject("type-removed", "no type of subject", &|s| remove(s, "type"));
    let full = full_disclosure(|_| {});
    for (id, description, value) in [
        ("build-exchanged", "another build's digest", json!(hex::encode([0xac; 32]))),
        ("build-upper-case", "the digest in upper case", json!(hex::encode(BUILD).to_uppercase())),
        ("build-null", "no digest though one was proved", Value::Null),
    ] {
        let mut document = full.clone();
        document["credentialSubject"]["build_hash"] = value;
        let any = standing(&document).request(json!({}));
        f.case(id, description, any, fails(Standing, "attributes", "not_rendered"));
    }
    let wrong = |reason: &str| fails(Standing, "subject", reason);
    let named = |id: Value| edited(|d| d["credentialSubject"]["id"] = id);
    f.case("subject-exchanged", "another agent of the same issuer", named(OTHER_AGENT.into()), wrong("wrong_subject"));
    let foreign = SHARED.agent.to_string().replace("poa.example", "evil.example");
    f.case("subject-of-other-host", "the same UUID at another issuer", named(foreign.into()), wrong("wrong_host"));
    f.case("subject-null", "no text", named(Value::Null), wrong("malformed"));
    f.case(
        "subject-upper-case",
        "a DID has one spelling",
        named(SHARED.agent.to_string().to_uppercase().into()),
        wrong("malformed"),
    );
    f.case(
        "subject-removed",
        "the agent's name removed",
        edited(|d| remove(&mut d["credentialSubject"], "id")),
        wrong("wrong_subject"),
    );
    let anonymous = drafted(|d| {
        d.public.subject = 0u64.into();
        d.credential["credentialSubject"] = json!({});
    });
    f.case("anonymous", "a proof about nobody: a standing credential names its subject", anonymous, wrong("anonymous"));
}

fn edits_of_what_is_bound(f: &mut Family) {
    let bound = || fails(Standing, "context", "edited");
    f.case("id-edited", "another id", edited(|d| d["id"] = format!("{URL}/credentials/2").into()), bound());
    f.case("end-edited", "another end", edited(|d| d["validUntil"] = "2027-02-01T00:00:00Z".into()), bound());
    f.case("start-edited", "another start", edited(|d| d["validFrom"] = "2027-01-15T07:59:30Z".into()), bound());
    let moved = edited(|d| {
        for entry in d["credentialStatus"].as_array_mut().expect("a list") {
            entry["statusListIndex"] = "1".into();
            remove(entry, "id");
        }
    });
    f.case("status-moved", "status entries moved to a bit that nobody revokes", moved, bound());
    f.case(
        "created-edited",
        "another time of proving",
        edited(|d| d["proof"][1]["created"] = "2027-01-15T07:00:00Z".into()),
        bound(),
    );
    let mut other = SHARED.standing();
    other.credential["id"] = format!("{URL}/credentials/2").into();
    let mut swapped = other.issue();
    let own_context = swapped["proof"][1]["statement"]["context"].clone();
    swapped["proof"][1] = SHARED.standing().issue()["proof"][1].clone();
    f.case("proof-of-other-document", "the proof of another credential", standing(&swapped), bound());
    swapped["proof"][1]["statement"]["context"] = own_context;
    f.case(
        "context-exchanged",
        "the proof of another credential with this one's context written over it",
        standing(&swapped),
        fails(Standing, "proof", "pairing"),
    );
    let mut document = SHARED.standing().issue();
    let mut other = SHARED.standing();
    other.public.nullifier = scalar("another");
    document["proof"][1]["proofValue"] = other.issue()["proof"][1]["proofValue"].clone();
    f.case(
        "proof-of-other-inputs",
        "a valid proof of another nullifier",
        standing(&document),
        fails(Standing, "proof", "pairing"),
    );
    for (id, description, value) in [
        ("proof-empty", "no bytes", "u".to_owned()),
        ("proof-short", "127 bytes", shortened(&document)),
        ("proof-other-base", "base58 instead of base64url", "z1".to_owned()),
    ] {
        let doc = edited(|d| d["proof"][1]["proofValue"] = value.into());
        f.case(id, description, doc, fails(Standing, "proof", "proof_encoding"));
    }
}

fn shortened(document: &Value) -> String {
    let value = document["proof"][1]["proofValue"].as_str().expect("a text");
    let bytes = poa_verifier::multibase::decode_base64url(value).expect("base64url");
    poa_verifier::multibase::encode_base64url(&bytes[..127])
}

fn schemas(f: &mut Family) {
    let of = |reason: &str| fails(Standing, "schema", reason);
    let schema = |edit: &dyn Fn(&mut Value)| edited(|d| edit(&mut d["credentialSchema"]));
    f.case(
        "schema-exchanged",
        "a schema whose rule it breaks",
        schema(&|s| *s = SHARED.schema_reference("earnings_proof/1")),
        of("rule_broken"),
    );
    f.case("schema-digest", "another digest", schema(&|s| s["digestSRI"] = "sha256-x".into()), of("wrong_digest"));
    f.case(
        "schema-unknown",
        "a schema that is not configured",
        schema(&|s| s["id"] = format!("{URL}/schemas/other/1").into()),
        of("unknown_disclosure_schema"),
    );
    f.case("schema-member-added", "a fourth member", schema(&|s| s["extra"] = 1.into()), of("wrong_shape"));
    f.case(
        "issuer-exchanged",
        "another issuer's name",
        edited(|d| d["issuer"] = "did:web:evil.example".into()),
        fails(Standing, "issuer_signature", "other_issuer"),
    );
    f.case(
        "issuer-as-object",
        "the issuer's DID inside an object: it has one spelling",
        edited(|d| d["issuer"] = json!({ "id": SHARED.issuer.to_string() })),
        of("wrong_issuer"),
    );
    let mut foreign = SHARED.standing();
    foreign.public.schema = attestation_schema(&"did:web:evil.example".parse().expect("a DID"), "main").field();
    f.case(
        "leaf-of-other-issuer",
        "a leaf made under another issuer's attestation schema",
        standing(&foreign.issue()),
        of("unknown_attestation_schema"),
    );
    let other = json!({ "schemas": [format!("{URL}/schemas/agent-attributes-sandbox/1")] });
    f.case(
        "schema-not-requested",
        "the request accepts another attestation schema only",
        edited(|_| {}).request(other),
        of("schema_not_accepted"),
    );
    let broken = |schema: &str, edit: &dyn Fn(&mut Public)| {
        let mut draft = SHARED.standing();
        draft.public.lower = [0u64.into(); 4];
        draft.credential["credentialSchema"] = SHARED.schema_reference(schema);
        edit(&mut draft.public);
        standing(&draft.issue()).request(json!({}))
    };
    f.case(
        "bound-off-grid",
        "a bound off the schema's grid: repeated, such are a binary search",
        broken("task_completion/1", &|p| p.lower[0] = 5001u64.into()),
        of("rule_broken"),
    );
    f.case(
        "date-off-grid",
        "a date that is no first of a month",
        broken("earnings_proof/1", &|p| p.upper[3] = 1_733_011_201u64.into()),
        of("rule_broken"),
    );
    f.case(
        "predicate-not-allowed",
        "an upper bound where the schema has a lower one alone",
        broken("task_completion/1", &|p| p.upper[1] = 500u64.into()),
        of("rule_broken"),
    );
    f.case(
        "other-mask",
        "five of six attributes where the schema shows all",
        broken("full_disclosure/1", &|p| p.mask = 31u64.into()),
        of("rule_broken"),
    );
    f.case(
        "build-zero",
        "a build is shown that is not there",
        broken("build_verification/1", &|p| p.mask = 32u64.into()),
        of("rule_broken"),
    );
}

fn shapes(f: &mut Family) {
    let shape = |reason: &str| fails(Other, "class", reason);
    let good = SHARED.standing().issue();
    let (issuer, zk) = (good["proof"][0].clone(), good["proof"][1].clone());
    for member in
        ["@context", "id", "type", "issuer", "credentialSubject", "credentialSchema", "credentialStatus", "validFrom"]
    {
        let id = format!("without-{}", member.trim_start_matches('@').to_lowercase());
        f.case(&id, "a mandatory member is missing", edited(|d| remove(d, member)), shape("wrong_shape"));
    }
    f.case(
        "member-unknown",
        "a member that does not belong there",
        edited(|d| d["name"] = "x".into()),
        shape("wrong_shape"),
    );
    f.case(
        "context-added",
        "a further @context could redefine every member",
        edited(|d| d["@context"].as_array_mut().expect("a list").push("https://evil.example/context".into())),
        shape("wrong_shape"),
    );
    f.case(
        "type-added",
        "a further type",
        edited(|d| d["type"].as_array_mut().expect("a list").push("Other".into())),
        shape("wrong_shape"),
    );
    for (id, description, proof, reason) in [
        ("proof-groth16-alone", "stripped of the issuer's proof", json!([zk]), "no_class"),
        ("proofs-two-groth16", "two Groth16 proofs", json!([zk, zk]), "no_class"),
        ("proofs-two-issuer", "two issuer's proofs", json!([issuer, issuer]), "no_class"),
        ("proofs-three", "two Groth16 proofs around the issuer's", json!([zk, issuer, zk]), "no_class"),
        ("proofs-none", "an empty proof set", json!([]), "no_class"),
        ("proof-text", "a text for a proof", json!("x"), "wrong_shape"),
    ] {
        f.case(id, description, edited(|d| d["proof"] = proof), shape(reason));
    }
    f.case("proof-removed", "no proof at all", edited(|d| remove(d, "proof")), shape("no_class"));
    let stripped = edited(|d| {
        d["proof"] = zk.clone();
        remove(d, "credentialStatus");
    });
    f.case(
        "stripped",
        "issuer's proof and status removed: no shape that could be left out decides the class",
        stripped,
        shape("no_class"),
    );
    let mut answered = SHARED.standing();
    answered.binding = Some(SHARED.binding.clone());
    f.case("with-challenge", "a challenge in a standing credential", standing(&answered.issue()), shape("no_class"));
    let mut other_purpose = SHARED.standing();
    other_purpose.purpose = Purpose::Authentication;
    f.case(
        "purpose-authentication",
        "the purpose of presentations",
        standing(&other_purpose.issue()),
        shape("wrong_shape"),
    );
    for (id, description, member, value) in [
        ("zk-circuit", "another circuit", "circuit", json!("poa/2")),
        ("zk-key-name", "a key's name of another form", "verificationMethod", json!("urn:poa:vk:sha256:00")),
        ("zk-created", "no time", "created", json!("yesterday")),
        (
            "zk-context",
            "an @context that is not the document's",
            "@context",
            json!(["https://www.w3.org/ns/credentials/v2"]),
        ),
        ("zk-member-unknown", "an unknown member of the proof", "nonce", json!("x")),
        ("zk-domain-alone", "a domain without a challenge", "domain", json!("https://verifier.example")),
    ] {
        f.case(id, description, edited(|d| d["proof"][1][member] = value), shape("wrong_shape"));
    }
    f.case(
        "zk-type",
        "an unknown type of proof",
        edited(|d| d["proof"][1]["type"] = "Groth16Proof2025".into()),
        shape("no_class"),
    );
    let bare = fails(Other, "class", "bare_proof");
    f.case("bare-proof", "the proof without its document passes proof and key and nothing more", standing(&zk), bare);
    let duplicate = text(&good).replacen("\"issuer\":", "\"issuer\":\"did:web:evil.example\",\"issuer\":", 1);
    let raw = |document: String| Doc::text(document).request(request()).lists(&LISTS);
    f.case("member-twice", "two issuers: readers differ in which one they see", raw(duplicate), shape("malformed"));
    f.case("too-large", "more than 64 KiB", raw(format!("{}{}", text(&good), " ".repeat(65_536))), shape("malformed"));
    f.case("bytes-after", "bytes after the document", raw(format!("{}{{}}", text(&good))), shape("malformed"));
    let amount = text(&full_disclosure(|p| p.disclosed[2] = 9_007_199_254_740_993u64.into()));
    let number = amount.replace("\"9007199254740993\"", "9007199254740993");
    f.case(
        "amount-as-number",
        "an amount beyond 2^53 as a number, which a double would round",
        raw(number),
        shape("malformed"),
    );
    let rounded = amount.replace("\"9007199254740993\"", "\"9007199254740992\"");
    f.case(
        "amount-rounded",
        "the amount that a double would make of it",
        raw(rounded).request(json!({})),
        fails(Standing, "attributes", "rendering"),
    );
    f.case(
        "not-utf8",
        "bytes that are no UTF-8",
        Doc::bytes(b"{\"a\":\"\xff\"}").request(json!({})),
        shape("malformed"),
    );
    f.case("empty", "nothing", raw(String::new()), shape("malformed"));
    f.case("empty-object", "an object without members", raw("{}".to_owned()), shape("no_class"));
}

fn standing_of(from: u64, until: u64, valid_at: u64, head: u64) -> Doc {
    drafted(|d| {
        d.credential["validFrom"] = time::format_utc(from).expect("a time").into();
        d.credential["validUntil"] = time::format_utc(until).expect("a time").into();
        d.public.valid_at = valid_at.into();
        d.head.iat = head;
        d.head.exp = head + LIFETIME_S;
    })
}

fn dates(f: &mut Family) {
    let leaf = NOW + 40 * DAY;
    for (id, description, doc, reason) in [
        ("expired", "a second after its end", standing_of(NOW - DAY, NOW - 1, leaf, NOW - DAY), "expired"),
        (
            "not-yet",
            "61 s before its start; 60 s of skew are granted",
            standing_of(NOW + 61, NOW + DAY, leaf, NOW),
            "not_yet_valid",
        ),
        (
            "outlives-leaf",
            "valid for longer than the leaf was proved to live",
            standing_of(NOW - DAY, NOW + DAY, NOW + DAY - 1, NOW - DAY),
            "outlives_leaf",
        ),
        (
            "head-too-late",
            "a head more than an hour after its start",
            standing_of(NOW - DAY, NOW + DAY, leaf, NOW - DAY + 3601),
            "other_head",
        ),
        (
            "head-too-early",
            "a head more than an hour before its start",
            standing_of(NOW - DAY, NOW + DAY, leaf, NOW - DAY - 3601),
            "other_head",
        ),
        (
            "too-long",
            "valid for longer than its disclosure schema allows",
            standing_of(NOW - DAY, NOW + 30 * DAY, leaf, NOW - DAY),
            "too_long",
        ),
        ("ends-before-start", "an end before its start", standing_of(NOW, NOW - 1, leaf, NOW), "malformed"),
        (
            "valid-at-41-bits",
            "a time that takes 41 bits",
            drafted(|d| d.public.valid_at = (1u64 << 40).into()),
            "out_of_range",
        ),
        (
            "valid-at-near-r",
            "r - 1 for a time",
            drafted(|d| d.public.valid_at = -ark_bn254::Fr::from(1u64)),
            "out_of_range",
        ),
        (
            "created-in-future",
            "a proof made tomorrow",
            edited(|d| d["proof"][1]["created"] = "2027-01-16T08:00:00Z".into()),
            "not_yet_valid",
        ),
    ] {
        f.case(id, description, doc, fails(Standing, "validity", reason));
    }
    let relative = drafted(|d| d.credential["id"] = "credentials/1".into());
    f.case(
        "id-relative",
        "proved and signed, and yet no credential of the data model",
        relative,
        fails(Standing, "class", "not_a_url"),
    );
    let future = standing_of(NOW, NOW + DAY, leaf, NOW + 61);
    f.case("head-from-future", "a tree head 61 s from now", future, fails(Standing, "root", "future"));
}

/// A credential with an issuer's proof by this key, dated so.
pub fn signed_by(key: &str, name: &str, created: u64) -> Value {
    let mut document = SHARED.standing().issue();
    document["proof"][0] = issuer_proof(&document, &SHARED.issuer.key_id(key), &signer(name), created);
    document
}

/// The trust document with a second credentials key `credentials-0` in a state.
pub fn share_old_key(f: &mut Family, name: &str, state: KeyState, retired_at: Option<u64>) {
    share_trust(f, name, |t| {
        t.keys.push(TrustKey {
            id: t.issuer.key_id("credentials-0"),
            purpose: KeyPurpose::Credentials,
            state,
            retired_at: retired_at.map(|at| time::format_utc(at).expect("a time")),
            public_key_multibase: multikey(&signer("old")),
        });
    });
}

fn issuer_proofs(f: &mut Family) {
    let of = |reason: &str| fails(Standing, "issuer_signature", reason);
    let proof = |member: &str, value: Value| edited(|d| d["proof"][0][member] = value);
    let other = poa_verifier::multibase::encode_base58(&[1; 64]);
    f.case("issuer-signature-other", "64 other bytes", proof("proofValue", other.into()), of("signature"));
    f.case(
        "issuer-created-edited",
        "another time than was signed",
        proof("created", "2027-01-15T07:59:01Z".into()),
        of("signature"),
    );
    f.case(
        "issuer-key-for-heads",
        "the issuer's key for tree heads",
        proof("verificationMethod", SHARED.issuer.key_id("heads-1").into()),
        of("issuer_key"),
    );
    f.case(
        "issuer-key-unknown",
        "a key that is not configured",
        proof("verificationMethod", "did:web:evil.example#credentials-1".into()),
        of("issuer_key"),
    );
    f.case(
        "issuer-suite-other",
        "another cryptosuite",
        proof("cryptosuite", "eddsa-rdfc-2022".into()),
        of("malformed"),
    );
    f.case("issuer-signature-short", "a signature of one byte", proof("proofValue", "z1".into()), of("malformed"));
    f.case(
        "issuer-member-added",
        "an unknown member",
        proof("expires", "2027-01-16T08:00:00Z".into()),
        of("malformed"),
    );
    f.case(
        "issuer-created-future",
        "signed 61 s from now",
        standing(&signed_by("credentials-1", "credentials", NOW + 61)),
        of("future"),
    );
    f.case(
        "issuer-signed-by-other",
        "the right name under another key's signature",
        standing(&signed_by("credentials-1", "heads", NOW - 60)),
        of("signature"),
    );
    share_old_key(f, "retired-key", KeyState::Retired, Some(NOW - 100 * DAY));
    share_old_key(f, "retired-just-now", KeyState::Retired, Some(NOW - 30));
    share_old_key(f, "compromised-key", KeyState::Compromised, None);
    let backdated = signed_by("credentials-0", "old", NOW - 200 * DAY);
    f.case(
        "issuer-key-retired",
        "a stolen retired key dates its proof back: it is valid from later, so was signed later",
        standing(&backdated).trust("retired-key"),
        of("issuer_key"),
    );
    let in_time = signed_by("credentials-0", "old", NOW - 60);
    f.case(
        "issuer-key-retired-since",
        "what a key signed before it was retired counts",
        standing(&in_time).trust("retired-just-now"),
        verified(Standing),
    );
    f.case(
        "issuer-key-compromised",
        "a compromised key verifies nothing, whatever the date",
        standing(&in_time).trust("compromised-key"),
        of("key_compromised"),
    );
    let mut document = SHARED.standing().issue();
    let proof = document["proof"][0].clone();
    document["issuer"] = "did:web:evil.example".into();
    document["proof"][0] = data_integrity::attach_signature(&without_value(&proof), &[7; 64]);
    f.case(
        "issuer-and-signature",
        "another issuer's name and signature: whom it names is decided first",
        standing(&document),
        fails(Standing, "issuer_signature", "other_issuer"),
    );
}

fn without_value(proof: &Value) -> Value {
    let mut options = proof.clone();
    remove(&mut options, "proofValue");
    options
}

fn verifying_keys(f: &mut Family) {
    let of = |reason: &str| fails(Standing, "key", reason);
    let unknown = format!("urn:poa:vk:sha256:{}", "0".repeat(64));
    f.case(
        "vk-unknown",
        "a verifying key that is not configured",
        edited(|d| d["proof"][1]["verificationMethod"] = unknown.into()),
        of("unknown_key"),
    );
    let state = |state: KeyState, at: Option<u64>| {
        move |t: &mut TrustDocument| {
            t.verifying_keys[0].state = state;
            t.verifying_keys[0].retired_at = at.map(|at| time::format_utc(at).expect("a time"));
        }
    };
    share_trust(f, "vk-retired-before", state(KeyState::Retired, Some(NOW - 61)));
    share_trust(f, "vk-retired-since", state(KeyState::Retired, Some(NOW - 60)));
    share_trust(f, "vk-withdrawn", state(KeyState::Compromised, None));
    let good = SHARED.standing().issue();
    f.case(
        "vk-retired",
        "the verifying key was retired before the tree head",
        standing(&good).trust("vk-retired-before"),
        of("key_retired"),
    );
    f.case(
        "vk-retired-since",
        "it was retired at the head's time: the proof counts",
        standing(&good).trust("vk-retired-since"),
        verified(Standing),
    );
    f.case("vk-withdrawn", "a withdrawn verifying key", standing(&good).trust("vk-withdrawn"), of("key_withdrawn"));
}

fn requests(f: &mut Family) {
    let good = || standing(&SHARED.standing().issue());
    let bound = json!({ "challenge": SHARED.binding.challenge, "domain": SHARED.binding.domain });
    f.case(
        "challenge-stated",
        "the request states a challenge, the credential answers none",
        good().request(bound.clone()),
        fails(Standing, "challenge", "missing"),
    );
    f.case(
        "class-not-accepted",
        "the request accepts presentations alone",
        good().request(json!({ "classes": ["presentation"] })),
        fails(Standing, "class", "class_not_accepted"),
    );
    f.case(
        "agent-requested",
        "the request names an agent by its account",
        good().request(json!({ "agent": "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY" })),
        fails(Standing, "class", "class_not_accepted"),
    );
    f.case(
        "other-subject",
        "the request names another agent",
        good().request(json!({ "subject": OTHER_AGENT })),
        fails(Standing, "subject", "other_subject"),
    );
}
