//! Receipts that a lenient JWS library would take.

use axum::body::Body;
use axum::http::{Method, Request};
use ed25519_dalek::Signer;
use poa_verifier::multibase::base64url;
use serde_json::{Value, json};

use super::Case;
use super::world::{Sender, World};
use crate::service::Attestor;

/// Header and payload as raw texts, signed by the registered attestor.
fn signed(attestor: &Attestor, header: &str, payload: &[u8]) -> String {
    let input = format!("{}.{}", base64url(header.as_bytes()), base64url(payload));
    format!("{input}.{}", base64url(&attestor.0.sign(input.as_bytes()).to_bytes()))
}

pub fn cases(world: &World) -> Vec<Case> {
    let attestor = &world.attestor;
    let claims = attestor.claims(&world.managed.did, world.service.now(), json!({}));
    let payload = claims.to_string().into_bytes();
    let kid = attestor.did();
    let good = attestor.receipt(&world.managed.did, world.service.now(), json!({}));
    let [header, body, signature] = good.split('.').collect::<Vec<_>>()[..] else { unreachable!() };
    let header_with = |more: Value| {
        let mut header = json!({ "alg": "EdDSA", "typ": "poa-attestation+jwt", "kid": kid });
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        signed(attestor, &header.to_string(), &payload)
    };
    let mut list: Vec<(String, String)> = [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "eddsa" }),
        json!({ "alg": null }),
        json!({ "typ": "JWT" }),
        json!({ "typ": "poa-root+jwt" }),
        json!({ "kid": Attestor::random().did() }),
        json!({ "kid": 1 }),
        json!({ "crit": ["exp"] }),
        json!({ "crit": [] }),
        json!({ "b64": false, "crit": ["b64"] }),
        json!({ "jwk": { "kty": "OKP", "crv": "Ed25519", "x": "AA" } }),
        json!({ "jku": "https://elsewhere.example/jwks.json" }),
        json!({ "x5u": "https://elsewhere.example/" }),
        json!({ "x5c": [] }),
        json!({ "zip": "DEF" }),
    ]
    .map(|more| (format!("header {more}"), header_with(more)))
    .to_vec();
    let twice = format!(r#"{{"alg":"none","alg":"EdDSA","typ":"poa-attestation+jwt","kid":"{kid}"}}"#);
    let plain = format!(r#"{{"alg":"EdDSA","typ":"poa-attestation+jwt","kid":"{kid}"}}"#);
    let text = String::from_utf8(payload.clone()).unwrap();
    for (name, receipt) in [
        ("header members twice", signed(attestor, &twice, &payload)),
        ("header no object", signed(attestor, "[]", &payload)),
        ("payload no object", signed(attestor, &plain, b"[]")),
        ("payload not JSON", signed(attestor, &plain, b"{")),
        ("payload not UTF-8", signed(attestor, &plain, b"{\"iss\":\"\xff\"}")),
        ("payload members twice", signed(attestor, &plain, text.replacen('{', "{\"jti\":\"x\",", 1).as_bytes())),
        ("payload beyond 2^53", signed(attestor, &plain, text.replace(":150", ":9007199254740993").as_bytes())),
        ("no signature", format!("{header}.{body}.")),
        ("two parts", format!("{header}.{body}")),
        ("four parts", format!("{good}.{signature}")),
        ("padding", format!("{header}.{body}.{signature}==")),
        ("white space", format!("{header}.{body}\n.{signature}")),
        ("standard base64", format!("{header}.{body}.{}", "+/".repeat(43))),
        ("spare bits set", format!("{header}.{body}.{}", spare_bit(signature))),
        ("signature of zeros", format!("{header}.{body}.{}", base64url(&[0; 64]))),
        ("signature cut short", format!("{header}.{body}.{}", &signature[..80])),
        ("another payload", format!("{header}.{}.{signature}", base64url(text.replace("120", "121").as_bytes()))),
        ("empty", String::new()),
        ("dots", "..".to_owned()),
        ("huge", "A".repeat(70_000)),
    ] {
        list.push((name.to_owned(), receipt));
    }
    list.into_iter().flat_map(|(name, receipt)| both_ways(world, &name, &receipt)).collect()
}

/// The last letter of 64 bytes in base64url has four spare bits.
fn spare_bit(signature: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (head, last) = signature.split_at(signature.len() - 1);
    let value = LETTERS.iter().position(|letter| [*letter] == last.as_bytes()).unwrap();
    format!("{head}{}", LETTERS[value | 1] as char)
}

fn both_ways(world: &World, name: &str, receipt: &str) -> [Case; 2] {
    let body = json!({ "attestations": [receipt] });
    let raw = Request::post("/attestations")
        .header("content-type", "application/jose")
        .body(Body::from(receipt.to_owned()))
        .unwrap();
    [
        Case::new(
            format!("receipt in a list: {name}"),
            world.request_as(Sender::Nobody, Method::POST, "/attestations", &body),
        ),
        Case::new(format!("raw receipt: {name}"), raw),
    ]
}
