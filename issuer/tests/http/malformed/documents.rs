//! Documents to verify: a standing credential and a presentation with each member changed, removed or aliased,
//! and proofs exchanged between documents. Every one fails a check.

use axum::http::Method;
use serde_json::{Value, json};

use super::Case;
use super::mutations::{element_aliases, pointers, removed, replaced};
use super::world::{CHALLENGE, DOMAIN, Sender, World};

pub fn cases(world: &World) -> Vec<Case> {
    let asked = json!({ "challenge": CHALLENGE, "domain": DOMAIN, "audience": DOMAIN });
    let mut cases = of(world, "credential", &world.credential, &json!({}));
    cases.extend(of(world, "presentation", &world.presentation, &asked));
    cases.extend(swaps(world, &asked));
    cases
}

fn case(world: &World, name: String, document: &Value, request: &Value) -> Case {
    let body = json!({ "document": document, "request": request });
    Case::new(name, world.request_as(Sender::Nobody, Method::POST, "/verify", &body))
}

fn of(world: &World, kind: &str, document: &Value, request: &Value) -> Vec<Case> {
    let mut spoiled = Vec::new();
    for pointer in pointers(document) {
        let value = document.pointer(&pointer).unwrap();
        spoiled.push((format!("without {pointer}"), removed(document, &pointer)));
        // The envelope is unsigned and may carry further contexts.
        let open = kind == "presentation" && pointer == "/@context";
        for other in other_values(value).into_iter().filter(|other| !(open && other.is_array())) {
            spoiled.push((format!("{pointer} = {other}"), replaced(document, &pointer, other)));
        }
        if value.is_object() {
            let mut more = document.clone();
            more.pointer_mut(&pointer).unwrap()["unknown"] = 1.into();
            spoiled.push((format!("{pointer} with an unknown member"), more));
        }
    }
    spoiled.into_iter().map(|(what, document)| case(world, format!("{kind}: {what}"), &document, request)).collect()
}

/// Null, a neighbouring value of the same type, and every alias of a field element.
fn other_values(value: &Value) -> Vec<Value> {
    let mut others = vec![Value::Null];
    match value {
        Value::String(text) => {
            others.push(format!("{text}x").into());
            let (head, last) = text.split_at(text.len().saturating_sub(1));
            others.push(format!("{head}{}", if last == "0" { "1" } else { "0" }).into());
            others.extend(element_aliases(text));
        }
        Value::Number(number) => others.push((number.as_u64().unwrap() + 500).into()),
        Value::Array(items) => others.push([items.as_slice(), items.as_slice()].concat().into()),
        _ => {}
    }
    others
}

/// Proofs under documents they were not made for, and classes turned into each other.
fn swaps(world: &World, asked: &Value) -> Vec<Case> {
    let (standing, presentation) = (&world.credential, &world.presentation);
    let derived = &presentation["verifiableCredential"][0];
    let zk = &standing["proof"][1];
    let none = json!({});
    let bare = |proof: &Value| proof.clone();
    let truncated = |pointer: &str, length: usize| {
        let value = standing.pointer(pointer).unwrap().as_str().unwrap();
        replaced(standing, pointer, value[..length].into())
    };
    let list: [(&str, Value, &Value); 16] = [
        (
            "proof value of the presentation",
            replaced(standing, "/proof/1/proofValue", derived["proof"]["proofValue"].clone()),
            &none,
        ),
        (
            "statement of the presentation",
            replaced(standing, "/proof/1/statement", derived["proof"]["statement"].clone()),
            &none,
        ),
        ("proof of the presentation", replaced(standing, "/proof/1", derived["proof"].clone()), &none),
        ("proof of the credential", replaced(presentation, "/verifiableCredential/0/proof", zk.clone()), asked),
        ("proofs in the other order twice", replaced(standing, "/proof", json!([zk, zk])), &none),
        ("issuer proof stripped", replaced(standing, "/proof", json!([zk])), &none),
        ("issuer proof alone, not asked for", replaced(standing, "/proof", standing["proof"][0].clone()), &none),
        ("no proof", replaced(standing, "/proof", json!([])), &none),
        ("a bare proof", bare(zk), &none),
        ("a bare proof of a presentation", bare(&derived["proof"]), asked),
        ("a derived credential without its envelope", derived.clone(), asked),
        ("a credential in an envelope", replaced(presentation, "/verifiableCredential/0", standing.clone()), asked),
        ("two derived credentials", replaced(presentation, "/verifiableCredential", json!([derived, derived])), asked),
        ("a challenge nobody set", presentation.clone(), &none),
        ("a proof cut short", truncated("/proof/1/proofValue", 100), &none),
        ("an issuer proof cut short", truncated("/proof/0/proofValue", 40), &none),
    ];
    let mut cases: Vec<Case> =
        list.into_iter().map(|(name, document, request)| case(world, name.to_owned(), &document, request)).collect();
    let other_audience = json!({ "challenge": CHALLENGE, "domain": "https://elsewhere.example", "audience": "https://elsewhere.example" });
    cases.push(case(world, "another audience".to_owned(), presentation, &other_audience));
    let other_challenge = json!({ "challenge": "bm90IHRoaXMgY2hhbGxlbmdlIQ", "domain": DOMAIN });
    cases.push(case(world, "another challenge".to_owned(), presentation, &other_challenge));
    cases
}
