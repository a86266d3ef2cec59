//! Signatures on their own: compact JWS and eddsa-jcs-2022, under one strict rule for Ed25519.

use curve25519_dalek::scalar::{Scalar, clamp_integer};
use ed25519_dalek::{Signer as _, SigningKey};
use poa_verifier::{jws, multibase};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

use crate::kit::*;
use crate::standing::remove;
use crate::world::*;

const W3C: (&str, &str) = (
    "vc-di-eddsa",
    "W3C Data Integrity EdDSA Cryptosuites v1.0, appendix B.2 (W3C Software and Document License): key, document and proof value.",
);

pub fn family() -> Family {
    let comment =
        "Signatures: compact JWS with Ed25519 (RFC 7515, 8037, 9864) and Data Integrity proofs (eddsa-jcs-2022).";
    let mut family = Family::new("signatures", comment, &[SIMULATED, W3C]);
    headers(&mut family);
    parts(&mut family);
    equations(&mut family);
    proofs(&mut family);
    family
}

fn key() -> SigningKey {
    signer("credentials")
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "kid": "k", "typ": "t" })
}

/// A JWS of a header and payload as they are written, honestly signed.
fn raw(header: &str, payload: &str) -> String {
    let input = format!("{}.{}", multibase::base64url(header.as_bytes()), multibase::base64url(payload.as_bytes()));
    jws::attach_signature(&input, &key().sign(input.as_bytes()).to_bytes())
}

fn with_header(edit: impl FnOnce(&mut Value)) -> String {
    let mut header = header();
    edit(&mut header);
    raw(&text(&header), r#"{"a":1}"#)
}

fn input(jws: String) -> Value {
    json!({ "kind": "jws", "jws": jws, "typ": "t", "public_key_multibase": multikey(&key()) })
}

fn wrong(reason: &str) -> Expected {
    refused("jws", reason)
}

fn headers(f: &mut Family) {
    f.case("jws-good", "alg EdDSA", input(with_header(|_| {})), accepted());
    f.case(
        "jws-good-ed25519",
        "alg Ed25519, the same algorithm in RFC 9864",
        input(with_header(|h| h["alg"] = "Ed25519".into())),
        accepted(),
    );
    f.case(
        "jws-header-member",
        "an unknown member of the header means nothing",
        input(with_header(|h| h["note"] = 1.into())),
        accepted(),
    );
    for alg in [
        json!("none"),
        json!("None"),
        json!("HS256"),
        json!("RS256"),
        json!("ES256"),
        json!("Ed448"),
        json!("eddsa"),
        json!(["EdDSA"]),
        Value::Null,
    ] {
        let id = format!("jws-alg-{}", alg.as_str().unwrap_or(if alg.is_null() { "null" } else { "list" }));
        let id = if id == "jws-alg-None" { "jws-alg-none-capital".to_owned() } else { id.to_lowercase() };
        f.case(&id, "another algorithm", input(with_header(|h| h["alg"] = alg)), wrong("header:alg"));
    }
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": multibase::base64url(signer("thief").verifying_key().as_bytes()) });
    for (member, value) in [
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("jwk", jwk),
        ("jku", json!("https://thief.example/jwks")),
        ("x5u", json!("https://thief.example/x5")),
        ("x5c", json!(["AA"])),
        ("x5t", json!("AA")),
        ("x5t#S256", json!("AA")),
    ] {
        let id = format!("jws-{}", member.replace('#', "-").to_lowercase());
        f.case(
            &id,
            "a member that brings a key or changes what is signed",
            input(with_header(|h| h[member] = value)),
            wrong(&format!("header:{member}")),
        );
    }
    f.case("jws-typ", "another type", input(with_header(|h| h["typ"] = "T".into())), wrong("header:typ"));
    f.case("jws-without-typ", "no type", input(with_header(|h| remove(h, "typ"))), wrong("header:typ"));
    f.case("jws-without-kid", "no key's name", input(with_header(|h| remove(h, "kid"))), wrong("header:kid"));
    f.case("jws-kid-empty", "an empty name", input(with_header(|h| h["kid"] = "".into())), wrong("header:kid"));
    let twice = raw(r#"{"alg":"none","alg":"EdDSA","kid":"k","typ":"t"}"#, "{}");
    f.case("jws-alg-twice", "an algorithm twice", input(twice), wrong("json:header"));
    f.case("jws-header-list", "a header that is a list", input(raw("[]", "{}")), wrong("shape"));
}

fn parts(f: &mut Family) {
    let good = with_header(|_| {});
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    for (id, description, jws) in [
        ("two-parts", "two parts", format!("{header}.{payload}")),
        ("four-parts", "four parts", format!("{good}.{signature}")),
        ("five-parts", "five parts, as an encrypted one has", format!("{good}.{signature}.{signature}")),
        ("signature-empty", "an empty signature", format!("{header}.{payload}.")),
        ("signature-padded", "base64 padding", format!("{good}==")),
        ("signature-cut", "a signature cut short", good[..good.len() - 4].to_owned()),
        ("signature-long", "a signature of 66 bytes", format!("{header}.{payload}.{signature}AA")),
        ("signature-surplus-bits", "another spelling of the last digit", surplus(&good)),
        ("blank-before", "a blank before it", format!(" {good}")),
        ("line-break", "a line break in it", format!("{header}.\n{payload}.{signature}")),
        ("other-alphabet", "a digit of the other alphabet", format!("{header}.+{payload}.{signature}")),
    ] {
        f.case(&format!("jws-{id}"), description, input(jws), wrong("shape"));
    }
    f.case(
        "jws-payload-twice",
        "a claim twice",
        input(raw(&text(&self::header()), r#"{"a":1,"a":2}"#)),
        wrong("json:payload"),
    );
    f.case(
        "jws-payload-number",
        "a number beyond 2^53",
        input(raw(&text(&self::header()), r#"{"a":9007199254740992}"#)),
        wrong("json:payload"),
    );
    f.case("jws-too-large", "more than 64 KiB", input("a".repeat(65_537)), wrong("too_large"));
    let mut edited = payload.to_owned();
    edited.replace_range(.., &multibase::base64url(br#"{"a":2}"#));
    f.case(
        "jws-payload-edited",
        "another payload",
        input(format!("{header}.{edited}.{signature}")),
        wrong("signature"),
    );
    let thief = {
        let input = format!("{header}.{payload}");
        jws::attach_signature(&input, &signer("thief").sign(input.as_bytes()).to_bytes())
    };
    f.case("jws-signed-by-other", "another key's signature", input(thief), wrong("signature"));
}

/// 64 bytes leave four bits over in the last of 86 digits.
fn surplus(jws: &str) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = jws.as_bytes().to_vec();
    let last = bytes.last_mut().expect("digits");
    let digit = alphabet.iter().position(|d| d == last).expect("a digit");
    *last = alphabet[digit + 1];
    String::from_utf8(bytes).expect("ASCII")
}

/// Signatures that lax code takes: `S + l`, and `R` the neutral element.
fn equations(f: &mut Family) {
    let good = with_header(|_| {});
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    let mut bytes = multibase::from_base64url(signature).expect("base64url");
    let l = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").expect("hexadecimal");
    let mut carry = 0u16;
    for (s, l) in bytes[32..].iter_mut().zip(l) {
        carry += u16::from(*s) + u16::from(l);
        *s = carry as u8;
        carry >>= 8;
    }
    let unreduced = format!("{signed}.{}", multibase::base64url(&bytes));
    f.case(
        "jws-s-unreduced",
        "S + l in the place of S: a second signature for anybody to make",
        input(unreduced),
        wrong("signature"),
    );
    f.flag("alias");
    let mut neutral = [0u8; 32];
    neutral[0] = 1;
    let expanded: [u8; 64] = Sha512::digest(key().as_bytes()).into();
    let secret = Scalar::from_bytes_mod_order(clamp_integer(expanded[..32].try_into().expect("32 bytes")));
    let hash = Sha512::new()
        .chain_update(neutral)
        .chain_update(key().verifying_key().as_bytes())
        .chain_update(signed)
        .finalize();
    let s = Scalar::from_bytes_mod_order_wide(&hash.into()) * secret;
    let small = [neutral, s.to_bytes()].concat();
    f.case(
        "jws-r-neutral",
        "R the neutral element, which the bare equation takes",
        input(format!("{signed}.{}", multibase::base64url(&small))),
        wrong("signature"),
    );
}

fn proofs(f: &mut Family) {
    let w3c = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "AlumniCredential"],
        "name": "Alumni Credential",
        "description": "A minimum viable example of an Alumni Credential.",
        "issuer": "https://vc.example/issuers/5678",
        "validFrom": "2023-01-01T00:00:00Z",
        "credentialSubject": { "id": "did:example:abcdefgh", "alumniOf": "The School of Examples" },
        "proof": {
            "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
            "type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "created": "2023-02-24T23:36:38Z",
            "verificationMethod": "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
            "proofPurpose": "assertionMethod",
            "proofValue": "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX",
        },
    });
    let key = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
    let mut case = |id: &str, description: &str, edit: &dyn Fn(&mut Value), expect: Expected| {
        let mut document = w3c.clone();
        edit(&mut document);
        let input = json!({ "kind": "data_integrity", "document": text(&document), "public_key_multibase": key });
        f.case_from("vc-di-eddsa", &format!("di-{id}"), description, input, expect);
    };
    let member = |name: &str| refused("data_integrity", &format!("member:{name}"));
    case("published", "the published example", &|_| {}, accepted());
    case(
        "document-edited",
        "another name",
        &|d| d["name"] = "Alumni credential".into(),
        refused("data_integrity", "signature"),
    );
    case(
        "created-edited",
        "another time",
        &|d| d["proof"]["created"] = "2023-02-24T23:36:39Z".into(),
        refused("data_integrity", "signature"),
    );
    case(
        "method-edited",
        "another key's name",
        &|d| d["proof"]["verificationMethod"] = "did:key:z".into(),
        refused("data_integrity", "signature"),
    );
    case(
        "created-malformed",
        "no time",
        &|d| d["proof"]["created"] = "now".into(),
        refused("data_integrity", "created"),
    );
    case(
        "context-differs",
        "an @context that is not the document's",
        &|d| d["proof"]["@context"] = json!([]),
        member("@context"),
    );
    case("context-missing", "no @context", &|d| remove(&mut d["proof"], "@context"), member("@context"));
    case(
        "suite",
        "another cryptosuite",
        &|d| d["proof"]["cryptosuite"] = "ecdsa-jcs-2019".into(),
        member("cryptosuite"),
    );
    case(
        "purpose",
        "another purpose",
        &|d| d["proof"]["proofPurpose"] = "authentication".into(),
        member("proofPurpose"),
    );
    case("type", "an older type", &|d| d["proof"]["type"] = "Ed25519Signature2020".into(), member("type"));
    case(
        "member-unknown",
        "an unknown member",
        &|d| d["proof"]["previousProof"] = "urn:x".into(),
        member("previousProof"),
    );
    case("value-base", "another base", &|d| d["proof"]["proofValue"] = "uAA".into(), member("proofValue"));
    case("value-short", "a signature of one byte", &|d| d["proof"]["proofValue"] = "z1".into(), member("proofValue"));
    case("list", "a list of proofs", &|d| d["proof"] = json!([d["proof"]]), member("proof"));
}
