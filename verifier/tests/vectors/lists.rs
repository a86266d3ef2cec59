//! Status lists in both encodings: whose, how fresh, how far behind, and what they say.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use poa_verifier::head::HeadClaims;
use poa_verifier::multibase;
use poa_verifier::report::Class::Standing;
use poa_verifier::status::token_list::{self, Entries, TokenStatus, TokenStatusClaims};
use poa_verifier::status::{Bits, MAX_INFLATED_BYTES, MIN_ENTRIES, StatusList};
use poa_verifier::trust::{KeyState, ListPurpose};
use serde_json::{Value, json};

use crate::kit::*;
use crate::standing::{LISTS, remove, request, share_trust, share_world, standing};
use crate::world::*;

/// Examples that specifications publish.
const PUBLISHED: (&str, &str) = (
    "specification",
    "Published example: draft-ietf-oauth-status-list §4 (IETF Trust, code components under the Revised BSD License) or \
     W3C Bitstring Status List v1.0 (W3C Software and Document License).",
);

pub fn family() -> Family {
    let comment = "Status lists: the lists a standing credential names, and the readers of both encodings.";
    let mut family = Family::new("lists", comment, &[SIMULATED, WRITTEN, PUBLISHED]);
    share_world(&mut family);
    bits(&mut family);
    freshness(&mut family);
    ownership(&mut family);
    entries(&mut family);
    encodings(&mut family);
    tokens(&mut family);
    family
}

fn doc(lists: &[&str]) -> Doc {
    Doc::of(&SHARED.standing().issue()).request(request()).lists(lists)
}

/// Shares the list of a purpose with an edit before it is signed.
fn share(f: &mut Family, name: &str, purpose: ListPurpose, edit: impl FnOnce(&mut StatusList)) {
    let mut list = SHARED.status_list(purpose);
    edit(&mut list);
    f.share("status_lists", name, SHARED.sign_list(&list));
}

fn status(reason: &str) -> Expected {
    fails(Standing, "status", reason)
}

fn unknown(reason: &str) -> Expected {
    not_known(Standing, "status", reason)
}

fn bits(f: &mut Family) {
    let set = |bit: u64| move |l: &mut StatusList| l.bits.set(bit, true).expect("in range");
    share(f, "revoked", ListPurpose::Revocation, set(STATUS_INDEX));
    share(f, "suspended", ListPurpose::Suspension, set(STATUS_INDEX));
    share(f, "neighbours", ListPurpose::Revocation, |l| {
        set(STATUS_INDEX - 1)(l);
        set(STATUS_INDEX + 1)(l);
    });
    share(f, "revoked-long-ago", ListPurpose::Revocation, |l| {
        set(STATUS_INDEX)(l);
        l.valid_from = NOW - DAY;
    });
    share(f, "suspended-long-ago", ListPurpose::Suspension, |l| {
        set(STATUS_INDEX)(l);
        l.valid_from = NOW - DAY;
    });
    f.case("clear", "both lists, both clear", doc(&LISTS), verified(Standing));
    f.case("revoked", "its bit is set in the list of revocations", doc(&["revoked", "suspension"]), status("revoked"));
    f.case(
        "suspended",
        "its bit is set in the list of suspensions",
        doc(&["revocation", "suspended"]),
        status("suspended"),
    );
    f.case("neighbours", "the bits beside it are set", doc(&["neighbours", "suspension"]), verified(Standing));
    f.case(
        "revoked-hidden",
        "a clear list beside the one that revokes",
        doc(&["revocation", "revoked", "suspension"]),
        status("revoked"),
    );
    f.case(
        "revoked-long-ago",
        "an old list revokes: it is for good",
        doc(&["revocation", "revoked-long-ago", "suspension"]),
        status("revoked"),
    );
    f.case(
        "suspended-long-ago",
        "an old list suspends no more",
        doc(&["revocation", "suspension", "suspended-long-ago"]),
        verified(Standing),
    );
}

fn freshness(f: &mut Family) {
    f.case("none", "no list", doc(&[]), unknown("no_list"));
    f.case("one-missing", "the list of suspensions is missing", doc(&["revocation"]), unknown("no_list"));
    let mut aged = |id: &str, description: &str, edit: fn(&mut StatusList), expect: Expected| {
        share(f, id, ListPurpose::Revocation, edit);
        f.case(id, description, doc(&[id, "suspension"]), expect);
    };
    aged(
        "stale",
        "a second beyond its ttl of 300 s and 60 s of skew",
        |l| l.valid_from = NOW - 361,
        unknown("stale_list"),
    );
    aged("just-fresh", "exactly at its ttl and 60 s of skew", |l| l.valid_from = NOW - 360, verified(Standing));
    aged("expired", "beyond its validUntil", |l| l.valid_until = NOW - 61, unknown("stale_list"));
    aged("future", "61 s from now", |l| l.valid_from = NOW + 61, unknown("future_list"));
    aged(
        "ttl-of-years",
        "a ttl of years counts as a day",
        |l| {
            (l.valid_from, l.valid_until, l.ttl_ms) =
                (NOW - DAY - 61, NOW + 3000 * DAY, poa_verifier::json::MAX_NUMBER);
        },
        unknown("stale_list"),
    );
    aged("lagging", "a counter of revocations behind the head's", |l| l.revocations -= 1, unknown("lagging_list"));
    aged("ahead", "a counter ahead of the head's: revocations happen", |l| l.revocations += 1, verified(Standing));
    let newest = HeadClaims { seq: 18, revocations: 4, root: scalar("next"), ..SHARED.head_claims(NOW) };
    f.case(
        "lagging-newest",
        "behind a newer head that the caller knows",
        doc(&LISTS).heads(&[SHARED.sign_head(&newest)]),
        unknown("lagging_list"),
    );
}

fn ownership(f: &mut Family) {
    share(f, "foreign", ListPurpose::Revocation, |l| l.issuer = "did:web:evil.example".parse().expect("a DID"));
    share(f, "other-purpose", ListPurpose::Revocation, |l| l.purpose = ListPurpose::Suspension);
    let unsigned = SHARED.status_list(ListPurpose::Revocation).to_value().expect("a list");
    let mut by = |name: &str, key: &str, who: &str, created: u64| {
        let mut list = unsigned.clone();
        list["proof"] = issuer_proof(&list, &SHARED.issuer.key_id(key), &signer(who), created);
        f.share("status_lists", name, list);
    };
    by("by-credentials-key", "credentials-1", "credentials", NOW - 30);
    by("by-nobody", "status-1", "nobody", NOW - 30);
    by("from-tomorrow", "status-1", "status", NOW + DAY);
    let mut edited = SHARED.lists()[0].clone();
    edited["credentialSubject"]["revocations"] = 99.into();
    f.share("status_lists", "edited", edited.clone());
    edited["credentialSubject"]["encodedList"] = "uH4sI".into();
    f.share("status_lists", "garbled", edited.clone());
    edited["credentialSubject"]["encodedList"] = gzip(MIN_ENTRIES / 8 - 1).into();
    f.share("status_lists", "short", edited);
    share_trust(f, "status-compromised", |t| t.keys[2].state = KeyState::Compromised);
    for (id, description, reason) in [
        ("foreign", "another issuer's list of that name", "foreign_list"),
        ("other-purpose", "a list of suspensions of that name", "wrong_purpose"),
        ("by-credentials-key", "signed by the issuer's key for credentials", "list_key"),
        ("by-nobody", "signed by nobody that is known", "list_signature"),
        ("edited", "edited after it was signed", "list_signature"),
        ("garbled", "a list that does not inflate", "malformed_list"),
        ("short", "a list of fewer than 131,072 entries", "list_length"),
        ("from-tomorrow", "a proof dated tomorrow", "future_list"),
    ] {
        f.case(id, description, doc(&[id, "suspension"]), unknown(reason));
    }
    f.case(
        "beside-garbled",
        "what settles nothing takes nothing from the list beside it",
        doc(&["garbled", "by-nobody", "revocation", "suspension"]),
        verified(Standing),
    );
    f.case(
        "key-compromised",
        "a compromised key's lists settle nothing",
        doc(&LISTS).trust("status-compromised"),
        unknown("key_compromised"),
    );
}

fn entries(f: &mut Family) {
    let with = |edit: &dyn Fn(&mut Vec<Value>)| {
        let mut draft = SHARED.standing();
        edit(draft.credential["credentialStatus"].as_array_mut().expect("a list"));
        standing(&draft.issue())
    };
    f.case("entry-revocation-missing", "no entry for revocations", with(&|e| drop(e.remove(0))), status("incomplete"));
    f.case("entry-suspension-missing", "no entry for suspensions", with(&|e| drop(e.remove(1))), status("incomplete"));
    f.case("entries-none", "an empty list of entries", with(&|e| e.clear()), status("malformed"));
    f.case("entry-twice", "an entry twice", with(&|e| e.push(e[0].clone())), status("malformed"));
    f.case(
        "entry-foreign",
        "a list at another address",
        with(&|e| {
            e[0]["statusListCredential"] = "https://evil.example/list".into();
            remove(&mut e[0], "id");
        }),
        status("foreign_list"),
    );
    f.case(
        "entry-unlisted",
        "a list of the issuer's that the trust document does not name: a newer one may",
        with(&|e| {
            e[0]["statusListCredential"] = "https://poa.example/status-lists/newer".into();
            remove(&mut e[0], "id");
        }),
        status("unlisted_list"),
    );
    f.case(
        "entry-purposes-exchanged",
        "the purposes exchanged",
        with(&|e| {
            e[0]["statusPurpose"] = "suspension".into();
            e[1]["statusPurpose"] = "revocation".into();
        }),
        status("wrong_purpose"),
    );
    let indexed = |index: &'static str| {
        with(&move |e: &mut Vec<Value>| {
            e[0]["statusListIndex"] = index.into();
            remove(&mut e[0], "id");
        })
    };
    for (id, index) in
        [("negative", "-1"), ("zeros", "01"), ("fraction", "1.0"), ("65-bits", "18446744073709551616"), ("empty", "")]
    {
        f.case(
            &format!("index-{id}"),
            "an index that is no decimal number in its one spelling",
            indexed(index),
            status("malformed"),
        );
    }
    f.case("index-beyond", "an index beyond the list", indexed("131072"), status("index"));
    for (id, at) in [("older", NOW - 61), ("same-second", NOW - 60)] {
        share(f, &format!("revocation-{id}"), ListPurpose::Revocation, |list| list.valid_from = at);
        f.case(
            &format!("index-beyond-{id}"),
            "an index beyond a list that is not younger than the credential: lists grow",
            indexed("131072").lists(&[&format!("revocation-{id}"), "suspension"]),
            unknown("older_list"),
        );
    }
    f.case(
        "entry-id-other",
        "an id that names another bit",
        with(&|e| e[0]["id"] = format!("{REVOCATION_LIST}#1").into()),
        status("malformed"),
    );
    f.case("entry-member-added", "an unknown member", with(&|e| e[0]["extra"] = 1.into()), status("malformed"));
}

fn reader(f: &mut Family, source: &str, id: &str, description: &str, reader: &str, text: &str, expect: Expected) {
    f.case_from(source, id, description, json!({ "kind": "text", "reader": reader, "text": text }), expect);
}

/// `encodedList` of so many zero bytes.
fn gzip(bytes: usize) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; bytes]).expect("a Vec takes every write");
    multibase::encode_base64url(&encoder.finish().expect("a Vec takes every write"))
}

fn encodings(f: &mut Family) {
    reader(
        f,
        "specification",
        "bitstring-published",
        "the specification's list of 131,072 zeros",
        "bitstring",
        "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA",
        accepted(),
    );
    let mut bits = Bits::new(0).expect("small");
    [0, 1, 8, 94_567, 131_071].into_iter().for_each(|index| bits.set(index, true).expect("in range"));
    reader(
        f,
        "written",
        "bitstring-order",
        "the most significant bit comes first",
        "bitstring",
        &bits.encode(),
        accepted(),
    );
    let good = bits.encode();
    let mut stream = multibase::decode_base64url(&good).expect("base64url");
    stream.push(0);
    let short = gzip(MIN_ENTRIES / 8 - 1);
    for (id, description, text, reason) in [
        ("prefix", "without the multibase prefix", good[1..].to_owned(), "encoding"),
        ("cut", "a stream cut short", good[..good.len() - 4].to_owned(), "encoding"),
        ("bytes-after", "a byte after the stream", multibase::encode_base64url(&stream), "encoding"),
        ("empty", "nothing", "u".to_owned(), "encoding"),
        ("short", "fewer than 131,072 entries: a short list tells whom it is about", short, "length"),
        ("bomb", "more than 16,777,216 entries out of two kilobytes", gzip(MAX_INFLATED_BYTES + 1), "length"),
        ("padded", "base64 padding", format!("{good}="), "encoding"),
    ] {
        let expect = refused("bitstring", reason);
        reader(f, "written", &format!("bitstring-{id}"), description, "bitstring", &text, expect);
    }
    reader(
        f,
        "specification",
        "token-one-bit",
        "the draft's list with one bit for each entry",
        "token_entries",
        r#"{"bits":1,"lst":"eNrbuRgAAhcBXQ"}"#,
        accepted(),
    );
    reader(
        f,
        "specification",
        "token-two-bits",
        "the draft's list with two bits for each entry",
        "token_entries",
        r#"{"bits":2,"lst":"eNo76fITAAPfAgc"}"#,
        accepted(),
    );
    for (id, description, text) in [
        ("three-bits", "three bits for each entry", r#"{"bits":3,"lst":"eNrbuRgAAhcBXQ"}"#),
        ("padded", "base64 padding", r#"{"bits":1,"lst":"eNrbuRgAAhcBXQ=="}"#),
        ("bytes-after", "a byte after the stream", r#"{"bits":1,"lst":"eNrbuRgAAhcBXQA"}"#),
        ("checksum", "a wrong checksum", r#"{"bits":1,"lst":"eNrbuRgAAhcBXA"}"#),
        ("not-zlib", "no stream", r#"{"bits":1,"lst":"AAAA"}"#),
    ] {
        reader(
            f,
            "written",
            &format!("token-{id}"),
            description,
            "token_entries",
            text,
            refused("token_entries", "encoding"),
        );
    }
}

fn token_claims() -> TokenStatusClaims {
    TokenStatusClaims {
        iss: SHARED.issuer.to_string(),
        uri: format!("{URL}/status-lists/token"),
        iat: NOW - 30,
        exp: NOW + 3600,
        ttl_s: 300,
        revocations: 3,
        entries: Entries::new(131_072).expect("small"),
    }
}

fn tokens(f: &mut Family) {
    let kid = SHARED.issuer.key_id("status-1");
    let mut claims = token_claims();
    claims.entries.set(1, TokenStatus::Invalid).expect("in range");
    claims.entries.set(2, TokenStatus::Suspended).expect("in range");
    let good = claims.to_value();
    let input = |typ: &str, kid: &str, claims: &Value, name: &str, index: u64| json!({ "kind": "token_list", "trust": "main", "jwt": compact_jws(typ, kid, claims, &signer(name)), "index": index });
    for (index, word) in [(0u64, "valid"), (1, "invalid"), (2, "suspended"), (131_071, "valid")] {
        f.case(
            &format!("jwt-{index}"),
            &format!("a token status list whose entry says {word}"),
            input(token_list::TYP, &kid, &good, "status", index),
            accepted(),
        );
    }
    f.case(
        "jwt-index",
        "an index beyond the list",
        input(token_list::TYP, &kid, &good, "status", 131_072),
        refused("token_list", "index"),
    );
    let wrong = |reason: &str| refused("token_list", reason);
    f.case(
        "jwt-signed-by-other",
        "signed by nobody that is known",
        input(token_list::TYP, &kid, &good, "nobody", 0),
        wrong("jws:signature"),
    );
    f.case("jwt-typ", "another type", input("JWT", &kid, &good, "status", 0), wrong("jws:header:typ"));
    f.case(
        "jwt-key-for-credentials",
        "the issuer's key for credentials",
        input(token_list::TYP, &SHARED.issuer.key_id("credentials-1"), &good, "credentials", 0),
        wrong("key"),
    );
    let mut foreign = good.clone();
    foreign["iss"] = "did:web:evil.example".into();
    f.case(
        "jwt-issuer-other",
        "another issuer's list",
        input(token_list::TYP, &kid, &foreign, "status", 0),
        wrong("key"),
    );
    for (id, member) in [("sub", "sub"), ("exp", "exp"), ("ttl", "ttl"), ("list", "status_list")] {
        let mut short = good.clone();
        remove(&mut short, member);
        f.case(
            &format!("jwt-without-{id}"),
            "a mandatory claim is missing",
            input(token_list::TYP, &kid, &short, "status", 0),
            wrong("claims"),
        );
    }
    let mut bits = good.clone();
    bits["status_list"]["bits"] = 3.into();
    f.case(
        "jwt-three-bits",
        "three bits for each entry",
        input(token_list::TYP, &kid, &bits, "status", 0),
        wrong("claims"),
    );
}
