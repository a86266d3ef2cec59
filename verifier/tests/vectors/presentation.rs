//! Presentations: challenge, audience and pseudonym, freshness of the root, replays.

use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ec::CurveGroup as _;
use ark_ff::Field as _;
use poa_circuits::native::field;
use poa_circuits::native::scope::Audience;
use poa_verifier::Proof;
use poa_verifier::head::LIFETIME_S;
use poa_verifier::report::Class::{Other, Presentation};
use poa_verifier::zk_proof::Purpose;
use serde_json::{Value, json};

use crate::kit::*;
use crate::standing::{remove, request, share_trust, share_world};
use crate::world::*;

/// What the drafts satisfy.
pub fn challenged() -> Value {
    let mut request = request();
    request["challenge"] = SHARED.binding.challenge.clone().into();
    request["domain"] = SHARED.binding.domain.clone().into();
    request
}

pub fn presentation(document: &Value) -> Doc {
    Doc::of(document).request(challenged())
}

fn edited(edit: impl FnOnce(&mut Value)) -> Doc {
    let mut document = SHARED.presentation().present();
    edit(&mut document["verifiableCredential"][0]);
    presentation(&document)
}

pub fn drafted(edit: impl FnOnce(&mut Draft<'_>)) -> Doc {
    let mut draft = SHARED.presentation();
    edit(&mut draft);
    presentation(&draft.present())
}

fn audience() -> Audience {
    Audience::new("https://verifier.example").expect("an origin")
}

/// The request with its audience: whose pseudonym is expected.
fn for_audience() -> Value {
    let mut request = challenged();
    request["audience"] = audience().as_str().into();
    request
}

/// An anonymous presentation that names its pseudonym.
fn pseudonymous() -> Draft<'static> {
    let mut draft = SHARED.presentation();
    draft.public.subject = 0u64.into();
    draft.public.scope = audience().scope();
    draft.credential["credentialSubject"] = json!({});
    draft
}

pub fn family() -> Family {
    let comment = "Presentations: a Groth16 proof for one verifier's challenge (docs/protocol.md §5).";
    let mut family = Family::new("presentation", comment, &[SIMULATED]);
    share_world(&mut family);
    accepted_ones(&mut family);
    challenges(&mut family);
    pseudonyms(&mut family);
    ages(&mut family);
    shapes(&mut family);
    edits(&mut family);
    family
}

fn accepted_ones(f: &mut Family) {
    let good = SHARED.presentation().present();
    f.case("good", "an answer to the request's challenge", presentation(&good), verified(Presentation));
    f.case(
        "anonymous",
        "about nobody, with the pseudonym of the audience",
        Doc::of(&pseudonymous().present()).request(for_audience()),
        verified(Presentation),
    );
    let mut newer = SHARED.presentation().present();
    newer["verifiableCredential"][0]["proof"]["rootHead"] = SHARED.sign_head(&SHARED.head_claims(NOW - 60)).into();
    f.case(
        "head-replaced",
        "a newer head of the same root may take the place of the one it was made with",
        presentation(&newer),
        verified(Presentation),
    );
    let head_at = |iat: u64| {
        drafted(move |d| {
            d.head.iat = iat;
            d.head.exp = iat + LIFETIME_S;
        })
    };
    f.case(
        "head-oldest",
        "a head as old as the default of two hours and 60 s of skew allow",
        head_at(NOW - 7260),
        verified(Presentation),
    );
    f.case("head-youngest", "a head 60 s from now", head_at(NOW + 60), verified(Presentation));
    f.case(
        "valid-at-earliest",
        "a leaf proved to live until 60 s ago",
        drafted(|d| d.public.valid_at = (NOW - 60).into()),
        verified(Presentation),
    );
    f.case(
        "valid-at-latest",
        "a leaf proved to live for 400 days",
        drafted(|d| d.public.valid_at = (NOW + 400 * DAY).into()),
        verified(Presentation),
    );
    share_trust(f, "sandbox-custody", |t| {
        t.attestation_schemas[0].custody = poa_verifier::schema::Custody::Issuer;
    });
    f.case(
        "same-log-other-schema",
        "the leaf's schema is another one of the same log and issuer: it is not configured",
        presentation(&good).trust("sandbox-custody"),
        fails(Presentation, "schema", "unknown_attestation_schema"),
    );
}

fn challenges(f: &mut Family) {
    let of = |reason: &str| fails(Presentation, "challenge", reason);
    let proof = |member: &str, value: Value| edited(|c| c["proof"][member] = value);
    f.case(
        "challenge-other",
        "an answer to another challenge",
        proof("challenge", "another challenge".into()),
        of("wrong_challenge"),
    );
    f.case(
        "domain-other",
        "made for another domain",
        proof("domain", "https://other.example".into()),
        of("wrong_domain"),
    );
    let good = SHARED.presentation().present();
    f.case(
        "challenge-not-stated",
        "the request states no challenge: it may have been made for somebody else",
        Doc::of(&good).request(request()),
        of("not_asked_for"),
    );
    f.flag("replay");
    f.case("without-request", "without a request nobody stated the challenge", Doc::of(&good), of("not_asked_for"));
    f.flag("replay");
    let replayed = drafted(|d| d.binding.as_mut().expect("a challenge").challenge = "of somebody else".to_owned());
    f.case("replayed", "a presentation made for another verifier's challenge", replayed, of("wrong_challenge"));
    f.flag("replay");
    let mut draft = SHARED.presentation();
    draft.binding.as_mut().expect("a challenge").challenge = "of somebody else".to_owned();
    let mut relabelled = draft.present();
    relabelled["verifiableCredential"][0]["proof"]["challenge"] = SHARED.binding.challenge.clone().into();
    f.case(
        "replayed-relabelled",
        "the same with the asked challenge written over its own",
        presentation(&relabelled),
        fails(Presentation, "context", "edited"),
    );
    f.flag("replay");
    let shape = || fails(Other, "class", "wrong_shape");
    f.case("challenge-empty", "an empty challenge", proof("challenge", "".into()), shape());
    f.case("domain-too-long", "a domain of 513 bytes", proof("domain", "x".repeat(513).into()), shape());
    f.case("challenge-number", "a challenge that is no text", proof("challenge", 7.into()), shape());
    f.case("domain-removed", "a challenge without a domain", edited(|c| remove(&mut c["proof"], "domain")), shape());
    let neither = edited(|c| {
        remove(&mut c["proof"], "challenge");
        remove(&mut c["proof"], "domain");
    });
    f.case(
        "challenge-removed",
        "neither: whoever copied it could have sent it",
        neither,
        fails(Other, "class", "no_class"),
    );
    f.flag("replay");
}

fn pseudonyms(f: &mut Family) {
    let of = |reason: &str| fails(Presentation, "nullifier", reason);
    let good = SHARED.presentation().present();
    f.case(
        "scope-random",
        "a pseudonym is expected, the scope is a random one",
        Doc::of(&good).request(for_audience()),
        of("wrong_scope"),
    );
    let draft = pseudonymous();
    let pair = json!([field::encode_hex(&draft.public.scope), field::encode_hex(&draft.public.nullifier)]);
    let document = draft.present();
    let seen = || Doc::of(&document).request(for_audience()).seen(json!([pair]));
    f.case("seen-before", "the caller remembers this pseudonym", seen(), of("seen_before"));
    f.flag("replay");
    let elsewhere = json!([[field::encode_hex(&scalar("scope")), pair[1]]]);
    f.case(
        "seen-elsewhere",
        "the same number in another scope is another pseudonym",
        Doc::of(&document).request(for_audience()).seen(elsewhere),
        verified(Presentation),
    );
    let randomised = rerandomised(&document);
    f.case(
        "re-randomised",
        "other proof bytes for the same statement, which anybody can make: as good as the first",
        Doc::of(&randomised).request(for_audience()),
        verified(Presentation),
    );
    f.flag("re-randomised");
    let again = Doc::of(&randomised).request(for_audience()).seen(json!([pair]));
    f.case(
        "re-randomised-replay",
        "remembering pseudonyms, not proof bytes, notices that it is the same presentation",
        again,
        of("seen_before"),
    );
    f.flag("re-randomised");
    let mut other = pseudonymous();
    other.public.scope = Audience::new("https://other.example").expect("an origin").scope();
    f.case(
        "scope-of-other",
        "the pseudonym that another verifier was shown",
        Doc::of(&other.present()).request(for_audience()),
        of("wrong_scope"),
    );
    let mut document = pseudonymous().present();
    document["verifiableCredential"][0]["proof"]["statement"]["nullifier"] = field::encode_hex(&scalar("mine")).into();
    f.case(
        "nullifier-exchanged",
        "another pseudonym written over the proved one",
        Doc::of(&document).request(for_audience()),
        fails(Presentation, "proof", "pairing"),
    );
}

/// `(A/s, s·B + s·t·delta, C + t·A)`: valid for the same inputs, all other bytes. Source: eprint 2020/811, §2.
pub fn rerandomised(document: &Value) -> Value {
    let mut document = document.clone();
    let value = &mut document["verifiableCredential"][0]["proof"]["proofValue"];
    let old = Proof::from_multibase(value.as_str().expect("a text")).expect("a proof");
    let (s, t): (Fr, Fr) = (scalar("s"), scalar("t"));
    let delta = G2Projective::from(*SHARED.key.delta_g2());
    let new = Proof::from_points(
        (*old.a() * s.inverse().expect("not 0")).into_affine(),
        (*old.b() * s + delta * (s * t)).into_affine(),
        (G1Projective::from(*old.c()) + *old.a() * t).into_affine(),
    );
    *value = new.expect("points of the groups").to_multibase().into();
    document
}

fn ages(f: &mut Family) {
    let head_at = |iat: u64| {
        drafted(move |d| {
            d.head.iat = iat;
            d.head.exp = iat + LIFETIME_S;
        })
    };
    let age = |reason: &str| fails(Presentation, "root_age", reason);
    f.case("head-too-old", "a second older than two hours and 60 s", head_at(NOW - 7261), age("too_old"));
    let mut strict = challenged();
    strict["max_root_age_s"] = 60.into();
    f.case(
        "head-older-than-requested",
        "the request accepts heads of a minute",
        head_at(NOW - 121).request(strict),
        age("too_old"),
    );
    f.case("head-from-future", "a head 61 s from now", head_at(NOW + 61), age("future"));
    f.case(
        "head-far-future",
        "a head thirty thousand years from now: no arithmetic wraps",
        head_at(NOW + (1 << 40)),
        age("future"),
    );
    f.case("head-at-zero", "a head of 1970, judged in 2027", head_at(0), age("too_old"));
    let valid_at = |t: u64| drafted(move |d| d.public.valid_at = t.into());
    let validity = |reason: &str| fails(Presentation, "validity", reason);
    f.case("leaf-expired", "a leaf proved to live until 61 s ago", valid_at(NOW - 61), validity("expired"));
    f.case("leaf-at-zero", "a leaf proved to live until 1970", valid_at(0), validity("expired"));
    f.case(
        "leaf-too-far",
        "a leaf proved to live for 400 days and a second",
        valid_at(NOW + 400 * DAY + 1),
        validity("too_far"),
    );
    f.case("created-in-future", "made tomorrow", drafted(|d| d.created = NOW + DAY), validity("not_yet_valid"));
}

fn shapes(f: &mut Family) {
    let shape = || fails(Other, "class", "wrong_shape");
    let good = SHARED.presentation().present();
    let derived = good["verifiableCredential"][0].clone();
    let enveloped = |edit: &dyn Fn(&mut Value)| {
        let mut document = good.clone();
        edit(&mut document);
        presentation(&document)
    };
    f.case(
        "derived-alone",
        "the derived credential without its envelope",
        presentation(&derived),
        fails(Other, "class", "no_class"),
    );
    for (id, description, list) in [
        ("no-credential", "an empty list", json!([])),
        ("two-credentials", "two credentials: each is verified by itself", json!([derived, derived])),
        ("credential-not-listed", "a credential that stands in no list", derived.clone()),
    ] {
        f.case(id, description, enveloped(&|d| d["verifiableCredential"] = list.clone()), shape());
    }
    f.case(
        "envelope-holder",
        "a holder in the envelope, which nobody signs",
        enveloped(&|d| d["holder"] = "did:example:x".into()),
        shape(),
    );
    f.case(
        "envelope-context",
        "a context in the envelope that could redefine what it says",
        enveloped(&|d| d["@context"] = json!(["https://www.w3.org/ns/credentials/v2", "https://evil.example/context"])),
        shape(),
    );
    f.case(
        "envelope-type",
        "another type of envelope",
        enveloped(&|d| d["type"] = json!(["VerifiablePresentation", "Other"])),
        shape(),
    );
    for member in ["id", "credentialStatus", "validFrom", "validUntil", "evidence"] {
        let id = format!("with-{}", member.to_lowercase());
        f.case(
            &id,
            "a member that derived credentials do not have, proved along",
            drafted(|d| d.credential[member] = "x".into()),
            shape(),
        );
    }
    for member in ["issuer", "credentialSchema", "credentialSubject"] {
        let id = format!("without-{}", member.to_lowercase());
        f.case(&id, "a mandatory member is missing", edited(|c| remove(c, member)), shape());
    }
    f.case(
        "purpose-assertion",
        "the purpose of standing credentials",
        drafted(|d| d.purpose = Purpose::AssertionMethod),
        shape(),
    );
    let both = edited(|c| c["proof"] = json!([c["proof"], c["proof"]]));
    f.case("two-proofs", "two proofs", both, fails(Other, "class", "no_class"));
    let mut standing = SHARED.standing().issue();
    let zk = standing["proof"][1].clone();
    for member in ["id", "credentialStatus", "validFrom", "validUntil"] {
        remove(&mut standing, member);
    }
    standing["proof"] = zk;
    let wrapped = poa_verifier::credential::presentation(standing);
    f.case(
        "standing-wrapped",
        "a standing credential cut down and wrapped answers no challenge",
        presentation(&wrapped),
        fails(Other, "class", "no_class"),
    );
    f.flag("replay");
}

fn edits(f: &mut Family) {
    let attributes = || fails(Presentation, "attributes", "rendering");
    f.case(
        "score-raised",
        "a better score than was proved",
        edited(|c| c["credentialSubject"]["reputation"]["atLeast"] = 5500.into()),
        attributes(),
    );
    f.case(
        "score-fraction",
        "a score that is no whole number",
        edited(|c| c["credentialSubject"]["reputation"]["atLeast"] = json!(5000.5)),
        attributes(),
    );
    let subject = |reason: &str| fails(Presentation, "subject", reason);
    f.case(
        "subject-removed",
        "the agent's name removed",
        edited(|c| remove(&mut c["credentialSubject"], "id")),
        subject("wrong_subject"),
    );
    f.case(
        "subject-malformed",
        "a DID without a UUID",
        edited(|c| c["credentialSubject"]["id"] = "did:poa:poa.example:x".into()),
        subject("malformed"),
    );
    let mut named = pseudonymous();
    named.credential["credentialSubject"] = json!({ "id": SHARED.agent.to_string() });
    f.case(
        "subject-claimed",
        "an anonymous proof under an agent's name",
        Doc::of(&named.present()).request(for_audience()),
        subject("wrong_subject"),
    );
    f.case(
        "issuer-exchanged",
        "another issuer's name",
        edited(|c| c["issuer"] = "did:web:evil.example".into()),
        fails(Presentation, "issuer_signature", "other_issuer"),
    );
    f.case(
        "created-edited",
        "another time of proving",
        edited(|c| c["proof"]["created"] = "2027-01-15T07:00:00Z".into()),
        fails(Presentation, "context", "edited"),
    );
    f.case(
        "nothing-shown",
        "mask 0 and trivial bounds: a proof of nothing",
        drafted(|d| d.public.lower = [0u64.into(); 4]),
        fails(Presentation, "policy", "says_nothing"),
    );
    let mut bare = SHARED.presentation().present();
    let bare = bare["verifiableCredential"][0]["proof"].take();
    f.case(
        "bare-proof",
        "the proof without its document: nothing says what it was made for",
        presentation(&bare),
        fails(Other, "class", "bare_proof"),
    );
}
