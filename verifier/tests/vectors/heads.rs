//! Tree heads: whose, of which log and root, in which order.

use ark_bn254::Fr;
use poa_circuits::native::tree;
use poa_verifier::head::{self, HeadClaims};
use poa_verifier::report::Class::Presentation;
use poa_verifier::time;
use poa_verifier::trust::{KeyPurpose, KeyState, TrustKey};
use serde_json::{Value, json};

use crate::kit::*;
use crate::presentation::{drafted, presentation};
use crate::standing::{share_trust, share_world};
use crate::world::*;

pub fn family() -> Family {
    let comment = "Signed tree heads, in presentations and as one verifier meets them one after the other.";
    let mut family = Family::new("heads", comment, &[SIMULATED, WRITTEN]);
    share_world(&mut family);
    claims(&mut family);
    signatures(&mut family);
    keys(&mut family);
    histories(&mut family);
    sequences(&mut family);
    family
}

fn root(reason: &str) -> Expected {
    fails(Presentation, "root", reason)
}

fn claims(f: &mut Family) {
    let with = |edit: &dyn Fn(&mut HeadClaims)| drafted(|d| edit(&mut d.head));
    f.case(
        "issuer-other",
        "of another issuer",
        with(&|h| h.iss = "did:web:evil.example".parse().expect("a DID")),
        root("other_issuer"),
    );
    f.case("log-other", "of the issuer's other log", with(&|h| h.log = "sandbox".to_owned()), root("other_log"));
    f.case(
        "log-unlisted",
        "of a log that is not listed",
        with(&|h| h.log = "unlisted".to_owned()),
        root("unlisted_log"),
    );
    f.case(
        "log-malformed",
        "of a log with blanks in its name",
        with(&|h| h.log = "no such log".to_owned()),
        root("malformed"),
    );
    f.case(
        "root-other",
        "of another root than the proof's",
        with(&|h| h.root = scalar("another root")),
        root("other_root"),
    );
    f.case("root-zero", "a root of 0", with(&|h| h.root = Fr::from(0u64)), root("malformed"));
    f.case(
        "root-empty-head",
        "the empty tree's root for another proof",
        with(&|h| h.root = tree::empty_root()),
        root("other_root"),
    );
    f.case("life-other", "a life of other than seven days", with(&|h| h.exp += 1), root("malformed"));
    for (id, description, value) in [
        ("proof-root-empty", "a proof about the empty tree", tree::empty_root()),
        ("proof-root-zero", "a proof about the root 0", Fr::from(0u64)),
    ] {
        f.case(id, description, drafted(|d| d.public.root = value), root("empty_root"));
    }
    let sandbox = drafted(|d| d.public.schema = attestation_schema(&SHARED.issuer, "sandbox").field());
    f.case("leaf-of-sandbox", "a leaf of the sandbox under the main log's head", sandbox, root("other_log"));
}

fn with_head(jws: impl Into<Value>) -> Doc {
    let mut document = SHARED.presentation().present();
    document["verifiableCredential"][0]["proof"]["rootHead"] = jws.into();
    presentation(&document)
}

fn signed_by(typ: &str, kid: &str, name: &str, claims: &Value) -> Doc {
    with_head(compact_jws(typ, kid, claims, &signer(name)))
}

fn signatures(f: &mut Family) {
    let claims = serde_json::to_value(SHARED.head_claims(NOW - 60)).expect("claims");
    let (heads, credentials) = (SHARED.issuer.key_id("heads-1"), SHARED.issuer.key_id("credentials-1"));
    f.case(
        "signed-by-other",
        "the right name under another key's signature",
        signed_by(head::TYP, &heads, "credentials", &claims),
        root("head_signature"),
    );
    f.case(
        "key-for-credentials",
        "the issuer's key for credentials",
        signed_by(head::TYP, &credentials, "credentials", &claims),
        root("head_key"),
    );
    f.case(
        "key-of-other-issuer",
        "a key of another issuer",
        signed_by(head::TYP, "did:web:evil.example#heads-1", "heads", &claims),
        root("head_key"),
    );
    f.case("typ-other", "another type", signed_by("JWT", &heads, "heads", &claims), root("malformed"));
    f.case(
        "typ-credential",
        "the type of credentials",
        signed_by("vc+jwt", &heads, "heads", &claims),
        root("malformed"),
    );
    let mut surplus = claims.clone();
    surplus["nbf"] = 1.into();
    f.case("claim-added", "an unknown claim", signed_by(head::TYP, &heads, "heads", &surplus), root("malformed"));
    let mut short = claims.clone();
    crate::standing::remove(&mut short, "revocations");
    f.case(
        "claim-missing",
        "no counter of revocations",
        signed_by(head::TYP, &heads, "heads", &short),
        root("malformed"),
    );
    f.case("no-jws", "three letters", with_head("a.b.c"), root("malformed"));
    let good = SHARED.sign_head(&SHARED.head_claims(NOW - 60));
    f.case("signature-cut", "a signature cut short", with_head(&good[..good.len() - 4]), root("malformed"));
}

fn keys(f: &mut Family) {
    let good = || presentation(&SHARED.presentation().present());
    share_trust(f, "heads-retired", |t| {
        t.keys[1].state = KeyState::Retired;
        t.keys[1].retired_at = Some(time::format_utc(NOW - 3001).expect("a time"));
    });
    share_trust(f, "heads-retired-since", |t| {
        t.keys[1].state = KeyState::Retired;
        t.keys[1].retired_at = Some(time::format_utc(NOW - 3000).expect("a time"));
    });
    share_trust(f, "heads-compromised", |t| t.keys[1].state = KeyState::Compromised);
    share_trust(f, "heads-second-key", |t| {
        t.keys.push(TrustKey {
            id: t.issuer.key_id("heads-2"),
            purpose: KeyPurpose::Heads,
            state: KeyState::Active,
            retired_at: None,
            public_key_multibase: multikey(&signer("heads two")),
        });
    });
    f.case("key-retired", "a key that was retired a second before", good().trust("heads-retired"), root("head_key"));
    f.case(
        "key-retired-since",
        "a key that was retired when it signed this",
        good().trust("heads-retired-since"),
        verified(Presentation),
    );
    f.case(
        "key-compromised",
        "a compromised key verifies nothing",
        good().trust("heads-compromised"),
        root("key_compromised"),
    );
    let claims = serde_json::to_value(SHARED.head_claims(NOW - 60)).expect("claims");
    let second = SHARED.issuer.key_id("heads-2");
    let by = |name: &str| signed_by(head::TYP, &second, name, &claims).trust("heads-second-key");
    f.case("key-second", "a second active key", by("heads two"), verified(Presentation));
    f.case(
        "key-named-wrongly",
        "one active key's signature under the other's name",
        by("heads"),
        root("head_signature"),
    );
}

fn histories(f: &mut Family) {
    let first = text(&SHARED.presentation().present());
    let split = |d: &mut Draft<'_>| (d.head.root, d.public.root) = (scalar("split view"), scalar("split view"));
    f.case(
        "two-histories",
        "two roots under one number, one after the other",
        drafted(split).before(std::slice::from_ref(&first)),
        root("two_histories"),
    );
    f.case("one-history", "the second of them alone: nothing tells", drafted(split), verified(Presentation));
    let back = drafted(|d| {
        (d.head.seq, d.head.iat) = (16, NOW - 2000);
        d.head.exp = d.head.iat + head::LIFETIME_S;
    });
    f.case("order", "a lower number with a later time", back.before(&[first]), root("order"));
    let newest =
        |claims: HeadClaims| presentation(&SHARED.presentation().present()).heads(&[SHARED.sign_head(&claims)]);
    f.case(
        "newest-other-root",
        "a newest head of the caller with another root under the number",
        newest(HeadClaims { root: scalar("split view"), ..SHARED.head_claims(NOW) }),
        root("two_histories"),
    );
    f.case(
        "newest-next",
        "a newest head of the caller with the next number",
        newest(HeadClaims { seq: 18, root: scalar("next"), ..SHARED.head_claims(NOW) }),
        verified(Presentation),
    );
    f.case(
        "newest-emptied",
        "a newest head under which every leaf was revoked",
        newest(HeadClaims { seq: 18, root: tree::empty_root(), ..SHARED.head_claims(NOW) }),
        verified(Presentation),
    );
    let unlisted = HeadClaims { log: "unlisted".to_owned(), ..SHARED.head_claims(NOW) };
    f.case(
        "newest-unlisted",
        "a newest head of a log that is not the issuer's settles nothing",
        newest(unlisted),
        not_known(Presentation, "root", "bad_evidence"),
    );
    let junk = presentation(&SHARED.presentation().present()).heads(&["x.y.z".to_owned()]);
    f.case("newest-junk", "what is no head settles nothing", junk, not_known(Presentation, "root", "bad_evidence"));
}

fn sequences(f: &mut Family) {
    let base = HeadClaims { anchor: false, ..SHARED.head_claims(NOW - 60) };
    let value = |claims: &HeadClaims| serde_json::to_value(claims).expect("claims");
    let head = |seq: u64, iat: u64, root: &str| {
        value(&HeadClaims { seq, iat, exp: iat + head::LIFETIME_S, root: scalar(root), ..base.clone() })
    };
    let mut case = |id: &str, description: &str, heads: Vec<Value>, expect: Expected| {
        let input = json!({ "kind": "head_sequence", "heads": heads, "now": NOW });
        f.case_from("written", &format!("sequence-{id}"), description, input, expect);
    };
    let wrong = |reason: &str| refused("head", reason);
    case(
        "good",
        "three numbers in their order",
        vec![head(1, NOW - 30, "a"), head(2, NOW - 20, "b"), head(3, NOW - 10, "c")],
        accepted(),
    );
    case(
        "signed-anew",
        "one number signed anew with a later time",
        vec![head(1, NOW - 30, "a"), head(1, NOW - 20, "a")],
        accepted(),
    );
    case(
        "older-first-seen-later",
        "an older head that is met later",
        vec![head(2, NOW - 20, "b"), head(1, NOW - 30, "a")],
        accepted(),
    );
    case("future", "61 s from now", vec![head(1, NOW + 61, "a")], wrong("future"));
    case("skew", "60 s from now", vec![head(1, NOW + 60, "a")], accepted());
    case(
        "two-roots",
        "two roots under one number",
        vec![head(1, NOW - 30, "a"), head(1, NOW - 20, "b")],
        wrong("two_histories"),
    );
    case(
        "back-in-time",
        "a higher number with an earlier time",
        vec![head(1, NOW - 20, "a"), head(2, NOW - 30, "b")],
        wrong("order"),
    );
    case(
        "ahead-in-time",
        "a lower number with a later time",
        vec![head(2, NOW - 30, "b"), head(1, NOW - 20, "a")],
        wrong("order"),
    );
    let sized = |seq: u64, size: u64, revocations: u64| {
        value(&HeadClaims { seq, size, revocations, root: scalar(&seq.to_string()), ..base.clone() })
    };
    case("shrinks", "a log that shrinks", vec![sized(1, 10, 0), sized(2, 9, 0)], wrong("order"));
    case("unrevokes", "a counter of revocations that falls", vec![sized(1, 10, 5), sized(2, 10, 4)], wrong("order"));
    case(
        "other-size",
        "one number and root with two sizes",
        vec![sized(1, 10, 0), sized(1, 11, 0)],
        wrong("two_histories"),
    );
    anchors(&mut case, &base);
    let mut zero = head(1, NOW, "a");
    zero["root"] = format!("0x{}", "0".repeat(64)).into();
    case("root-zero", "no tree has the root 0", vec![zero], wrong("empty_root"));
    let mut alias = head(1, NOW, "a");
    alias["root"] = "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000002".into();
    case("root-beyond", "a root of r + 1", vec![alias], wrong("claims"));
    let mut long = head(1, NOW, "a");
    long["exp"] = (NOW + 8 * DAY).into();
    case("eight-days", "a life of eight days", vec![long], wrong("lifetime"));
    let mut listed = head(1, NOW, "a");
    listed["anchor"] = Value::Null;
    case("anchor-null", "null is not false", vec![listed], wrong("claims"));
    let mut wraps = head(1, NOW, "a");
    (wraps["iat"], wraps["exp"]) = (u64::MAX.into(), 604_799.into());
    case("time-wraps", "times whose sum wraps around 2^64", vec![wraps], wrong("lifetime"));
}

/// Adds a case: name, comment, heads in order, what each does.
type Add<'a> = dyn FnMut(&str, &str, Vec<Value>, Expected) + 'a;

/// Two anchors of one hour: the second could be for a single holder, whom its time then names.
fn anchors(case: &mut Add<'_>, base: &HeadClaims) {
    let anchor = |seq: u64, iat: u64, edit: &dyn Fn(&mut HeadClaims)| {
        let exp = iat + head::LIFETIME_S;
        let mut claims = HeadClaims { seq, iat, exp, anchor: true, root: scalar("a"), ..base.clone() };
        edit(&mut claims);
        serde_json::to_value(&claims).expect("claims")
    };
    let (first, second) = (NOW - 3000, NOW - 2000);
    let mut two = |id: &str, description: &str, other: Value, expect: Expected| {
        case(id, description, vec![anchor(7, first, &|_| ()), other], expect);
    };
    let wrong = || refused("head", "two_histories");
    two("anchor-again", "the same anchor again", anchor(7, first, &|_| ()), accepted());
    two("anchor-iat", "two anchors of one hour: another time alone", anchor(7, second, &|_| ()), wrong());
    two("anchor-seq", "two anchors of one hour: another number", anchor(8, second, &|_| ()), wrong());
    two("anchor-root", "two anchors of one hour: another root", anchor(8, second, &|h| h.root = scalar("b")), wrong());
    two("anchor-size", "two anchors of one hour: another size", anchor(8, first, &|h| h.size += 1), wrong());
    two(
        "anchor-later-head",
        "a head that is no anchor, later in the hour",
        anchor(8, second, &|h| h.anchor = false),
        accepted(),
    );
    two("anchor-next-hour", "the anchor of the next hour", anchor(8, NOW, &|_| ()), accepted());
}
