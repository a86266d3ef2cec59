//! The 23 inputs in a document: encodings, ranges, hidden and disclosed values. Every other proof here satisfies the
//! pairing.

use ark_bn254::Fr;
use ark_ff::{BigInteger as _, PrimeField as _};
use poa_circuits::native::attributes::Slot;
use poa_circuits::native::field;
use poa_circuits::statement::Public;
use poa_verifier::report::Class::Standing;
use serde_json::{Value, json};

use crate::kit::*;
use crate::standing::{full_disclosure, remove, share_world, standing};
use crate::world::*;

pub fn family() -> Family {
    let comment =
        "The statement of a proof: 23 field elements, as standing credentials carry them (docs/protocol.md §4).";
    let mut family = Family::new("statements", comment, &[SIMULATED]);
    share_world(&mut family);
    aliases(&mut family);
    spellings(&mut family);
    counts(&mut family);
    raised(&mut family);
    masks(&mut family);
    ranges(&mut family);
    family
}

fn with_statement(edit: impl FnOnce(&mut Value)) -> Doc {
    let mut document = SHARED.standing().issue();
    edit(&mut document["proof"][1]["statement"]);
    standing(&document)
}

fn proved(edit: impl FnOnce(&mut Public)) -> Doc {
    let mut draft = SHARED.standing();
    edit(&mut draft.public);
    standing(&draft.issue())
}

fn encoding() -> Expected {
    fails(Standing, "proof", "statement_encoding")
}

/// Each input's place, with the check that a value one higher fails.
const PLACES: [(&str, &str, &str); 23] = [
    ("/root", "root", "other_root"),
    ("/context", "context", "edited"),
    ("/scope", "proof", "pairing"),
    ("/nullifier", "proof", "pairing"),
    ("/schema", "schema", "unknown_attestation_schema"),
    ("/subject", "subject", "wrong_subject"),
    ("/valid_at", "proof", "pairing"),
    ("/mask", "attributes", "out_of_range"),
    ("/disclosed/0", "attributes", "out_of_range"),
    ("/disclosed/1", "attributes", "out_of_range"),
    ("/disclosed/2", "attributes", "out_of_range"),
    ("/disclosed/3", "attributes", "out_of_range"),
    ("/disclosed/4", "attributes", "out_of_range"),
    ("/disclosed/5", "attributes", "out_of_range"),
    ("/lower/0", "attributes", "rendering"),
    ("/lower/1", "attributes", "rendering"),
    ("/lower/2", "attributes", "rendering"),
    ("/lower/3", "attributes", "rendering"),
    ("/upper/0", "attributes", "out_of_range"),
    ("/upper/1", "attributes", "out_of_range"),
    ("/upper/2", "attributes", "out_of_range"),
    ("/upper/3", "attributes", "out_of_range"),
    ("/required", "attributes", "rendering"),
];

fn at<'a>(statement: &'a mut Value, place: &str) -> &'a mut Value {
    statement.pointer_mut(place).expect("a place of the statement")
}

fn slug(place: &str) -> String {
    place[1..].replace(['/', '_'], "-")
}

/// The integer plus r, which still takes 32 bytes.
fn alias(element: &Value) -> Value {
    let mut value = field::decode_hex(element.as_str().expect("a text")).expect("canonical").into_bigint();
    assert!(!value.add_with_carry(&Fr::MODULUS));
    format!("0x{}", hex::encode(value.to_bytes_be())).into()
}

fn aliases(f: &mut Family) {
    for (place, ..) in PLACES {
        let doc = with_statement(|s| {
            let element = at(s, place);
            *element = alias(element);
        });
        f.case(
            &format!("alias-{}", slug(place)),
            "x + r in the place of x: the same element in another spelling",
            doc,
            encoding(),
        );
        f.flag("alias");
    }
}

fn spellings(f: &mut Family) {
    let root = field::encode_hex(&SHARED.public().root);
    for (id, description, value) in [
        ("upper-case", "hexadecimal in upper case", json!(root.to_uppercase().replace("0X", "0x"))),
        ("without-prefix", "no 0x", json!(root[2..])),
        ("too-long", "65 digits", json!(format!("{root}0"))),
        ("too-short", "a short form", json!("0x0")),
        ("negative", "a negative number", json!("-1")),
        ("decimal", "a decimal number", json!("12345")),
        ("number", "a JSON number", json!(1)),
        ("null", "null", Value::Null),
    ] {
        f.case(&format!("spelling-{id}"), description, with_statement(|s| s["root"] = value), encoding());
    }
}

fn counts(f: &mut Family) {
    for member in ["root", "context", "nullifier", "mask", "disclosed", "required"] {
        f.case(&format!("without-{member}"), "an input is missing", with_statement(|s| remove(s, member)), encoding());
    }
    let zero = field::encode_hex(&Fr::from(0u64));
    for list in ["disclosed", "lower", "upper"] {
        let short = with_statement(|s| drop(s[list].as_array_mut().expect("a list").pop()));
        f.case(&format!("{list}-short"), "an element too few", short, encoding());
        let long = with_statement(|s| s[list].as_array_mut().expect("a list").push(zero.clone().into()));
        f.case(&format!("{list}-long"), "an element too many: verifiers that zip would drop it", long, encoding());
    }
    f.case("member-added", "a 24th input", with_statement(|s| s["extra"] = zero.clone().into()), encoding());
    f.case("empty", "no inputs", with_statement(|s| *s = json!({})), encoding());
    f.case("list", "a list of inputs without names", with_statement(|s| *s = json!([])), encoding());
}

fn raised(f: &mut Family) {
    for (place, check, reason) in PLACES {
        let doc = with_statement(|s| {
            let element = at(s, place);
            let raised = field::decode_hex(element.as_str().expect("a text")).expect("canonical") + Fr::from(1u64);
            *element = field::encode_hex(&raised).into();
        });
        f.case(&format!("raised-{}", slug(place)), "one input raised by one", doc, fails(Standing, check, reason));
    }
}

fn masks(f: &mut Family) {
    let range = || fails(Standing, "attributes", "out_of_range");
    for mask in [64u64, 127, 256, u64::MAX] {
        f.case(&format!("mask-{mask}"), "a mask of more than six bits", proved(|p| p.mask = mask.into()), range());
    }
    f.case("mask-near-r", "r - 1 for a mask", proved(|p| p.mask = -Fr::from(1u64)), range());
    for slot in Slot::ALL {
        let doc = proved(|p| p.disclosed[slot.index()] = 7u64.into());
        f.case(
            &format!("hidden-{}", slot.index()),
            "a hidden attribute with a value: hidden ones are 0 and not shown as 0",
            doc,
            range(),
        );
    }
    let any = |document: &Value| standing(document).request(json!({}));
    f.case(
        "disclosed-with-lower",
        "a disclosed attribute with a lower bound of its own",
        any(&full_disclosure(|p| p.lower[0] = 500u64.into())),
        range(),
    );
    f.case(
        "disclosed-with-upper",
        "a disclosed attribute with an upper bound of its own",
        any(&full_disclosure(|p| p.upper[3] = 2_000_000_000u64.into())),
        range(),
    );
    f.case(
        "disclosed-with-required",
        "disclosed capabilities with a required set",
        any(&full_disclosure(|p| p.required = 1u64.into())),
        range(),
    );
    let mut lie = SHARED.standing();
    lie.render = false;
    lie.credential["credentialSubject"] = json!({
        "id": SHARED.agent.to_string(), "type": "AgentAttributes", "earnings_sats": "0",
        "tasks_completed": {"atLeast": "100"}, "reputation": {"atLeast": 5000},
    });
    f.case(
        "hidden-shown-as-zero",
        "a hidden amount shown as 0",
        standing(&lie.issue()),
        fails(Standing, "attributes", "rendering"),
    );
}

fn ranges(f: &mut Family) {
    let range = || fails(Standing, "attributes", "out_of_range");
    let any = |document: &Value| standing(document).request(json!({}));
    for (id, value) in [("10001", Fr::from(10_001u64)), ("16383", Fr::from(16_383u64)), ("near-r", -Fr::from(1u64))] {
        f.case(
            &format!("score-{id}"),
            "a score beyond 100 %, disclosed",
            any(&full_disclosure(|p| p.disclosed[0] = value)),
            range(),
        );
        f.case(&format!("score-lower-{id}"), "a lower bound beyond 100 %", proved(|p| p.lower[0] = value), range());
        f.case(&format!("score-upper-{id}"), "an upper bound beyond 100 %", proved(|p| p.upper[0] = value), range());
    }
    let beyond = Fr::from(u64::MAX) + Fr::from(1u64);
    for (id, value) in [("2-to-64", beyond), ("near-r", -Fr::from(5u64))] {
        f.case(
            &format!("count-lower-{id}"),
            "a lower bound of more than 64 bits",
            proved(|p| p.lower[1] = value),
            range(),
        );
        f.case(
            &format!("amount-upper-{id}"),
            "an upper bound of more than 64 bits",
            proved(|p| p.upper[2] = value),
            range(),
        );
    }
    f.case("required-2-to-64", "a capability beyond the 64th", proved(|p| p.required = beyond), range());
    f.case("lower-above-upper", "an empty interval", proved(|p| p.upper[1] = 99u64.into()), range());
    let rendered = || fails(Standing, "attributes", "not_rendered");
    f.case(
        "date-after-9999",
        "a date that RFC 3339 cannot write",
        any(&full_disclosure(|p| p.disclosed[3] = 253_402_300_800u64.into())),
        rendered(),
    );
    f.case(
        "capability-unknown",
        "a capability beyond the registry",
        any(&full_disclosure(|p| p.disclosed[4] = 8u64.into())),
        rendered(),
    );
}
