//! Signed credentials: the issuer's word in both of its forms.

use poa_verifier::report::Class::{Other, Signed};
use poa_verifier::trust::KeyState;
use serde_json::{Value, json};

use crate::kit::*;
use crate::standing::{LISTS, remove, share_old_key, share_world};
use crate::world::*;

pub fn family() -> Family {
    let comment = "Signed credentials: one issuer's signature, eddsa-jcs-2022 or vc+jwt, and no Groth16 proof.";
    let mut family = Family::new("signed", comment, &[SIMULATED]);
    share_world(&mut family);
    data_integrity(&mut family);
    data_model(&mut family);
    requests(&mut family);
    jwts(&mut family);
    family
}

fn unsigned() -> Value {
    let mut document = SHARED.standing().issue();
    remove(&mut document, "proof");
    document
}

fn by(key: &str, name: &str, edit: impl FnOnce(&mut Value)) -> Value {
    let mut document = unsigned();
    edit(&mut document);
    document["proof"] = issuer_proof(&document, &SHARED.issuer.key_id(key), &signer(name), NOW - 60);
    document
}

fn signed(edit: impl FnOnce(&mut Value)) -> Value {
    by("credentials-1", "credentials", edit)
}

fn accepts() -> Value {
    json!({ "classes": ["signed"] })
}

fn doc(document: &Value) -> Doc {
    Doc::of(document).request(accepts()).lists(&LISTS)
}

fn data_integrity(f: &mut Family) {
    let good = signed(|_| {});
    f.case("good", "signed by the issuer; the request accepts the class", doc(&good), verified(Signed));
    f.case("without-request", "authentic without a request", Doc::of(&good).lists(&LISTS), authentic(Signed));
    let about_nobody = signed(|d| {
        d["type"] = json!(["VerifiableCredential"]);
        d["credentialSubject"] = json!({"name": "a thing"});
        remove(d, "credentialStatus");
        remove(d, "credentialSchema");
    });
    f.case(
        "about-nobody",
        "of another type it may name no agent, no list and no schema",
        doc(&about_nobody),
        verified(Signed),
    );
    let signature = |reason: &str| fails(Signed, "issuer_signature", reason);
    let mut edited = good.clone();
    edited["credentialSubject"]["reputation"]["atLeast"] = 9000.into();
    f.case("edited", "a better score than was signed", doc(&edited), signature("signature"));
    f.case(
        "signed-by-other",
        "the right name under another key's signature",
        doc(&by("credentials-1", "heads", |_| {})),
        signature("signature"),
    );
    f.case(
        "key-for-heads",
        "the issuer's key for tree heads",
        doc(&by("heads-1", "heads", |_| {})),
        signature("issuer_key"),
    );
    f.case(
        "issuer-other",
        "another issuer's credential",
        doc(&signed(|d| d["issuer"] = "did:web:evil.example".into())),
        signature("other_issuer"),
    );
    f.case(
        "not-vc-2",
        "a credential of another data model",
        doc(&signed(|d| d["@context"][0] = "https://www.w3.org/2018/credentials/v1".into())),
        fails(Signed, "class", "context_order"),
    );
    share_old_key(f, "compromised-key", KeyState::Compromised, None);
    share_old_key(f, "retired-key", KeyState::Retired, Some(NOW - 100 * DAY));
    let old = by("credentials-0", "old", |_| {});
    f.case(
        "key-compromised",
        "a compromised key verifies nothing",
        doc(&old).trust("compromised-key"),
        signature("key_compromised"),
    );
    f.case("key-retired", "a key that was retired before", doc(&old).trust("retired-key"), signature("issuer_key"));
    for (id, description, member, value) in [
        ("proof-purpose", "another purpose", "proofPurpose", "authentication"),
        ("proof-suite", "another cryptosuite", "cryptosuite", "eddsa-rdfc-2022"),
        ("proof-value", "no base58", "proofValue", "z0"),
        ("proof-challenge", "an unknown member", "challenge", "c"),
    ] {
        let mut document = good.clone();
        document["proof"][member] = value.into();
        f.case(id, description, doc(&document), signature("malformed"));
    }
    let mut future = unsigned();
    future["proof"] = issuer_proof(&future, &SHARED.issuer.key_id("credentials-1"), &signer("credentials"), NOW + 61);
    f.case("created-future", "signed 61 s from now", doc(&future), signature("future"));
    let subject = |reason: &str| fails(Signed, "subject", reason);
    f.case(
        "subject-list",
        "two subjects",
        doc(&signed(|d| d["credentialSubject"] = json!([{}, {}]))),
        subject("malformed"),
    );
    f.case(
        "subject-foreign-did",
        "a DID of another method",
        doc(&signed(|d| d["credentialSubject"]["id"] = "did:example:x".into())),
        subject("malformed"),
    );
    f.case(
        "subject-removed",
        "an AgentReputationCredential names its agent",
        doc(&signed(|d| remove(&mut d["credentialSubject"], "id"))),
        subject("anonymous"),
    );
    let foreign = SHARED.agent.to_string().replace("poa.example", "evil.example");
    f.case(
        "subject-of-other-host",
        "an agent of another issuer",
        doc(&signed(|d| d["credentialSubject"]["id"] = foreign.into())),
        subject("wrong_host"),
    );
    let status = |reason: &str| fails(Signed, "status", reason);
    f.case(
        "status-removed",
        "an AgentReputationCredential names its status lists",
        doc(&signed(|d| remove(d, "credentialStatus"))),
        status("missing"),
    );
    let schema = |reason: &str| fails(Signed, "schema", reason);
    f.case(
        "schema-unknown",
        "a schema that is not configured",
        doc(&signed(|d| d["credentialSchema"]["id"] = "https://poa.example/schemas/x/1".into())),
        schema("unknown_disclosure_schema"),
    );
    f.case(
        "schema-digest",
        "another digest",
        doc(&signed(|d| d["credentialSchema"]["digestSRI"] = "sha256-x".into())),
        schema("wrong_digest"),
    );
    let validity = |reason: &str| fails(Signed, "validity", reason);
    let dated = |from: &str, until: &str| {
        doc(&signed(|d| {
            d["validFrom"] = from.into();
            d["validUntil"] = until.into();
        }))
    };
    f.case(
        "expired",
        "a second after its end",
        dated("2027-01-01T00:00:00Z", "2027-01-15T07:59:59Z"),
        validity("expired"),
    );
    f.case(
        "not-yet",
        "from tomorrow",
        dated("2027-01-16T00:00:00Z", "2027-01-17T00:00:00Z"),
        validity("not_yet_valid"),
    );
    f.case(
        "date-malformed",
        "a date with an offset",
        dated("2027-01-15T07:00:00+00:00", "2027-01-17T00:00:00Z"),
        validity("malformed"),
    );
}

/// What is genuine but no credential of VC Data Model 2.0.
fn data_model(f: &mut Family) {
    let base = "https://www.w3.org/ns/credentials/v2";
    let unknown = "https://unknown.example/v1";
    for (id, description, pointer, value, check, reason) in [
        ("member-unmapped", "a member that no context explains", "/surplus", json!(1), "class", "unmapped_term"),
        (
            "type-unmapped",
            "a further type that no context explains",
            "/type",
            json!(["VerifiableCredential", "AgentReputationCredential", "Nothing"]),
            "class",
            "unmapped_type",
        ),
        (
            "context-unknown",
            "a context that is not known",
            "/@context",
            json!([base, unknown]),
            "class",
            "unknown_context",
        ),
        ("context-text", "a context that stands in no list", "/@context", json!(base), "class", "context_order"),
        (
            "type-missing",
            "no VerifiableCredential",
            "/type",
            json!(["AgentReputationCredential"]),
            "class",
            "missing_type",
        ),
        ("id-relative", "an id that is no URL", "/id", json!("credentials/1"), "class", "not_a_url"),
        (
            "evidence-untyped",
            "evidence without a type",
            "/evidence",
            json!({ "id": "did:example:e" }),
            "class",
            "missing_type",
        ),
        (
            "resource-undigested",
            "a related resource without a digest",
            "/relatedResource",
            json!({ "id": base }),
            "class",
            "missing_digest",
        ),
        (
            "subject-member-unmapped",
            "an attribute that no context explains",
            "/credentialSubject/surplus",
            json!(1),
            "subject",
            "unmapped_term",
        ),
        (
            "subject-type-unmapped",
            "a further type of subject that no context explains",
            "/credentialSubject/type",
            json!(["AgentAttributes", "Nothing"]),
            "subject",
            "unmapped_type",
        ),
    ] {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let document = signed(|d| d.pointer_mut(parent).expect("a place")[name] = value);
        f.case(id, description, doc(&document), fails(Signed, check, reason));
    }
}

fn requests(f: &mut Family) {
    let ask = |request: Value| doc(&signed(|_| {})).request(request);
    f.case(
        "class-by-default",
        "the default request accepts no signed credential",
        ask(json!({})),
        fails(Signed, "class", "class_not_accepted"),
    );
    let policy = |reason: &str| fails(Signed, "policy", reason);
    f.case(
        "needs-proof",
        "the issuer's word is no proof of a bound",
        ask(json!({ "classes": ["signed"], "at_least": { "reputation": 5000 } })),
        policy("needs_proof"),
    );
    f.case(
        "issuer-not-accepted",
        "another issuer is accepted only",
        ask(json!({ "classes": ["signed"], "issuers": ["did:web:other.example"] })),
        policy("issuer_not_accepted"),
    );
    let mut challenged = accepts();
    challenged["challenge"] = SHARED.binding.challenge.clone().into();
    challenged["domain"] = SHARED.binding.domain.clone().into();
    f.case(
        "challenge-stated",
        "a signed credential answers no challenge",
        ask(challenged),
        fails(Signed, "challenge", "missing"),
    );
    let other = json!({ "classes": ["signed"], "subject": "did:poa:poa.example:00000000-0000-0000-0000-000000000001" });
    f.case("other-subject", "the request names another agent", ask(other), fails(Signed, "subject", "other_subject"));
    let newest =
        poa_verifier::head::HeadClaims { seq: 18, revocations: 4, root: scalar("next"), ..SHARED.head_claims(NOW) };
    f.case(
        "list-lags",
        "its lists lag behind a tree head that the caller knows",
        ask(accepts()).heads(&[SHARED.sign_head(&newest)]),
        not_known(Signed, "status", "lagging_list"),
    );
    let unsigned_head = compact_jws(
        poa_verifier::head::TYP,
        &SHARED.issuer.key_id("heads-1"),
        &serde_json::to_value(SHARED.head_claims(NOW)).expect("claims"),
        &signer("nobody"),
    );
    f.case(
        "head-unsigned",
        "a head of the caller that the issuer did not sign settles nothing",
        ask(accepts()).heads(&[unsigned_head]),
        not_known(Signed, "status", "bad_evidence"),
    );
    let [one, two] = ["one", "two"].map(|root| {
        SHARED.sign_head(&poa_verifier::head::HeadClaims { root: scalar(root), ..SHARED.head_claims(NOW) })
    });
    let numbered = |seq: u64, iat: u64, root: &str| {
        let claims = poa_verifier::head::HeadClaims { seq, root: scalar(root), ..SHARED.head_claims(iat) };
        SHARED.sign_head(&claims)
    };
    let crossed = [numbered(18, NOW - 100, "eighteen"), numbered(17, NOW - 50, "seventeen")];
    f.case(
        "order",
        "a lower number with a later time among the caller's heads",
        ask(accepts()).heads(&crossed),
        fails(Signed, "status", "order"),
    );
    f.case(
        "two-histories",
        "two roots under one number among the caller's heads",
        ask(accepts()).heads(&[one, two]),
        fails(Signed, "status", "two_histories"),
    );
}

fn jwts(f: &mut Family) {
    let kid = SHARED.issuer.key_id("credentials-1");
    let jwt = |typ: &str, kid: &str, payload: &Value, name: &str| compact_jws(typ, kid, payload, &signer(name));
    let judged = |text: String| Doc::text(text).request(accepts()).lists(&LISTS);
    let good = jwt("vc+jwt", &kid, &unsigned(), "credentials");
    f.case("jwt-good", "the same credential inside a JWS", judged(good.clone()), verified(Signed));
    let thumbprint = poa_verifier::ed25519::PublicKey::from_bytes(&signer("credentials").verifying_key().to_bytes());
    let method = SHARED.issuer.key_id(&thumbprint.expect("an honest key").jwk_thumbprint());
    f.case(
        "jwt-kid-thumbprint",
        "its key named by the thumbprint of the JWK (RFC 7638)",
        judged(jwt("vc+jwt", &method, &unsigned(), "credentials")),
        verified(Signed),
    );
    f.case("jwt-blanks", "blanks around it are not part of it", judged(format!(" {good}\r\n")), verified(Signed));
    let signature = |reason: &str| fails(Signed, "issuer_signature", reason);
    f.case(
        "jwt-signed-by-other",
        "the right name under another key's signature",
        judged(jwt("vc+jwt", &kid, &unsigned(), "heads")),
        signature("signature"),
    );
    let heads = SHARED.issuer.key_id("heads-1");
    f.case(
        "jwt-key-for-heads",
        "the issuer's key for tree heads",
        judged(jwt("vc+jwt", &heads, &unsigned(), "heads")),
        signature("issuer_key"),
    );
    let class = |reason: &str| fails(Other, "class", reason);
    f.case("jwt-typ", "another type", judged(jwt("jwt", &kid, &unsigned(), "credentials")), class("malformed"));
    f.case(
        "jwt-tree-head",
        "a tree head is no credential",
        judged(SHARED.sign_head(&SHARED.head_claims(NOW))),
        class("malformed"),
    );
    let with = |member: &str, value: Value| {
        let mut payload = unsigned();
        payload[member] = value;
        judged(jwt("vc+jwt", &kid, &payload, "credentials"))
    };
    f.case("jwt-with-proof", "a second proof inside the payload", with("proof", json!({})), class("wrong_shape"));
    for claim in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "vc", "vp"] {
        f.case(
            &format!("jwt-claim-{claim}"),
            "a registered claim that would say a second time what the credential says",
            with(claim, json!(1)),
            class("wrong_shape"),
        );
    }
    let list = jwt("vc+jwt", &kid, &json!([]), "credentials");
    f.case("jwt-list", "a payload that is no object", judged(list), class("no_class"));
    let (input, _) = good.rsplit_once('.').expect("three parts");
    f.case("jwt-without-signature", "no signature", judged(format!("{input}.")), class("malformed"));
    let (header, rest) = good.split_once('.').expect("three parts");
    let none = poa_verifier::multibase::base64url(
        json!({ "alg": "none", "kid": kid, "typ": "vc+jwt" }).to_string().as_bytes(),
    );
    assert_ne!(header, none);
    f.case("jwt-alg-none", "the algorithm none", judged(format!("{none}.{rest}")), class("malformed"));
    f.flag("forgery");
}
