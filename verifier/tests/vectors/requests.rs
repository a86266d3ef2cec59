//! What requests demand, and how they are written.

use poa_verifier::report::Class::{Presentation, Standing};
use serde_json::{Value, json};

use crate::kit::*;
use crate::presentation::drafted;
use crate::standing::{LISTS, full_disclosure, share_world};
use crate::world::*;

pub fn family() -> Family {
    let comment = "Requests: what a verifier demands must follow from what was proved, and a request has one form.";
    let mut family = Family::new("requests", comment, &[SIMULATED, WRITTEN]);
    share_world(&mut family);
    bounds(&mut family);
    values(&mut family);
    logs(&mut family);
    forms(&mut family);
    family
}

fn bounds(f: &mut Family) {
    let document = SHARED.standing().issue();
    let ask = |request: Value| Doc::of(&document).lists(&LISTS).request(request);
    for (id, description, request) in [
        (
            "implied",
            "bounds weaker than the proved ones",
            json!({"at_least": {"tasks_completed": "99", "reputation": 0}}),
        ),
        (
            "trivial-amount",
            "at least 0, which an unconstrained amount satisfies",
            json!({"at_least": {"earnings_sats": "0"}}),
        ),
        ("trivial-score", "at most 10000, which every score satisfies", json!({"at_most": {"reputation": 10000}})),
        ("long-enough", "a leaf that outlives the requested time", json!({"valid_at_least": "2027-02-01T00:00:00Z"})),
        (
            "issuer-and-log",
            "issuer and log are among the accepted ones",
            json!({"issuers": ["did:web:other.example", "did:web:poa.example"], "logs": ["main"]}),
        ),
    ] {
        f.case(id, description, ask(request), verified(Standing));
    }
    for (id, description, request, reason) in [
        ("too-low", "a lower bound above the proved one", json!({"at_least": {"tasks_completed": "101"}}), "too_low"),
        ("not-shown", "a bound on an amount that is not shown", json!({"at_least": {"earnings_sats": "1"}}), "too_low"),
        (
            "too-high",
            "an upper bound on a date that is not shown",
            json!({"at_most": {"member_since": "2024-12-01T00:00:00Z"}}),
            "too_high",
        ),
        (
            "not-disclosed",
            "a bound is shown, the value is asked for",
            json!({"disclose": ["tasks_completed"]}),
            "not_disclosed",
        ),
        (
            "capability-missing",
            "a capability that is not proved",
            json!({"contains_all": ["open-source"]}),
            "capability_missing",
        ),
        (
            "capability-unknown",
            "a capability that the registry does not know",
            json!({"contains_all": ["no-such-capability"]}),
            "unknown_capability",
        ),
        (
            "too-short",
            "a leaf that is not proved to live long enough",
            json!({"valid_at_least": "2027-03-01T00:00:00Z"}),
            "too_short",
        ),
        (
            "issuer-other",
            "another issuer is accepted only",
            json!({"issuers": ["did:web:other.example"]}),
            "issuer_not_accepted",
        ),
    ] {
        f.case(id, description, ask(request), fails(Standing, "policy", reason));
    }
    let mut nothing = SHARED.standing();
    nothing.public.lower = [0u64.into(); 4];
    let doc = Doc::of(&nothing.issue()).lists(&LISTS);
    f.case(
        "nothing-shown",
        "mask 0 and trivial bounds are never verified, whatever is asked",
        doc.request(json!({})),
        fails(Standing, "policy", "says_nothing"),
    );
}

fn values(f: &mut Family) {
    let document = full_disclosure(|_| {});
    let ask = |request: Value| Doc::of(&document).lists(&LISTS).request(request);
    let implied = json!({
        "at_least": { "reputation": 7001 }, "at_most": { "tasks_completed": "7002", "member_since": "2024-12-01T00:00:00Z" },
        "contains_all": ["swe-bench-lite", "logs-published"],
        "disclose": ["reputation", "tasks_completed", "earnings_sats", "member_since", "capabilities", "build_hash"],
    });
    f.case("value-implies", "a disclosed value implies the bounds it satisfies", ask(implied), verified(Standing));
    for (id, request, reason) in [
        ("value-too-low", json!({"at_least": {"reputation": 7002}}), "too_low"),
        ("value-too-high", json!({"at_most": {"tasks_completed": "7001"}}), "too_high"),
        ("value-lacks-capability", json!({"contains_all": ["open-source"]}), "capability_missing"),
    ] {
        f.case(
            id,
            "a disclosed value that does not satisfy the bound",
            ask(request),
            fails(Standing, "policy", reason),
        );
    }
}

fn logs(f: &mut Family) {
    let sandbox = || {
        drafted(|d| {
            d.public.schema = attestation_schema(&SHARED.issuer, "sandbox").field();
            d.head.log = "sandbox".to_owned();
        })
    };
    f.case("sandbox", "a leaf of the issuer's other log under that log's head", sandbox(), verified(Presentation));
    let mut main_only = crate::presentation::challenged();
    main_only["logs"] = json!(["main"]);
    f.case(
        "log-not-accepted",
        "the request accepts the main log alone",
        sandbox().request(main_only),
        fails(Presentation, "policy", "log_not_accepted"),
    );
    let mut schema_only = crate::presentation::challenged();
    schema_only["schemas"] = json!([SHARED.attestation.document().id]);
    f.case(
        "schema-not-accepted",
        "the request accepts the main log's schema alone",
        sandbox().request(schema_only),
        fails(Presentation, "schema", "schema_not_accepted"),
    );
}

fn forms(f: &mut Family) {
    let mut form = |id: &str, description: &str, text: String, expect: Expected| {
        f.case_from("written", &format!("form-{id}"), description, json!({ "kind": "request", "text": text }), expect);
    };
    let bound = r#""challenge": "hFvSqVkrQ8CZ2dIuCv5tZg", "domain": "https://verifier.example""#;
    form("empty", "a request that demands nothing", "{}".to_owned(), accepted());
    form(
        "whole",
        "every kind of member",
        format!(
            r#"{{{bound}, "audience": "https://verifier.example", "classes": ["presentation"], "max_root_age_s": 60, "disclose": ["build_hash"]}}"#
        ),
        accepted(),
    );
    for (id, description, text, reason) in [
        (
            "unknown-member",
            "an unknown member would demand what nobody checks",
            r#"{"at_leasts": {}}"#.to_owned(),
            "shape",
        ),
        ("null", "null is not a member left out", r#"{"classes": null}"#.to_owned(), "shape"),
        ("twice", "a member twice", r#"{"classes": ["signed"], "classes": ["standing"]}"#.to_owned(), "json:malformed"),
        ("list", "a list", "[]".to_owned(), "shape"),
        ("class-unknown", "a class that does not exist", r#"{"classes": ["any"]}"#.to_owned(), "member:classes"),
        (
            "class-other",
            "the class of what is never verified",
            r#"{"classes": ["other"]}"#.to_owned(),
            "member:classes",
        ),
        ("classes-empty", "no class at all", r#"{"classes": []}"#.to_owned(), "member:classes"),
        ("issuers-empty", "no issuer at all", r#"{"issuers": []}"#.to_owned(), "member:issuers"),
        (
            "slot-unknown",
            "an attribute that does not exist",
            r#"{"disclose": ["karma"]}"#.to_owned(),
            "member:disclose",
        ),
        (
            "score-beyond",
            "a score beyond 100 %",
            r#"{"at_least": {"reputation": 10001}}"#.to_owned(),
            "member:at_least",
        ),
        (
            "count-number",
            "a count that is no decimal string",
            r#"{"at_least": {"tasks_completed": 100}}"#.to_owned(),
            "member:at_least",
        ),
        ("count-zeros", "a leading zero", r#"{"at_least": {"tasks_completed": "0100"}}"#.to_owned(), "member:at_least"),
        (
            "count-65-bits",
            "an amount of 65 bits",
            r#"{"at_most": {"earnings_sats": "18446744073709551616"}}"#.to_owned(),
            "member:at_most",
        ),
        (
            "date-offset",
            "a time with an offset",
            r#"{"at_most": {"member_since": "2024-12-01T00:00:00+00:00"}}"#.to_owned(),
            "member:at_most",
        ),
        (
            "bound-on-set",
            "a bound on the set of capabilities",
            r#"{"at_least": {"capabilities": "1"}}"#.to_owned(),
            "member:at_least",
        ),
        ("challenge-alone", "a challenge without a domain", r#"{"challenge": "c"}"#.to_owned(), "member:domain"),
        (
            "domain-alone",
            "a domain without a challenge",
            r#"{"domain": "https://verifier.example"}"#.to_owned(),
            "member:challenge",
        ),
        (
            "audience-alone",
            "an audience without a challenge: whoever copied a document could show its pseudonym",
            r#"{"audience": "https://verifier.example"}"#.to_owned(),
            "member:challenge",
        ),
        (
            "audience-other",
            "an audience that is not the domain",
            format!(r#"{{{bound}, "audience": "https://other.example"}}"#),
            "member:domain",
        ),
        (
            "audience-path",
            "an audience with a path",
            format!(r#"{{{bound}, "audience": "https://verifier.example/"}}"#),
            "member:audience",
        ),
        (
            "challenge-empty",
            "an empty challenge",
            r#"{"challenge": "", "domain": "https://verifier.example"}"#.to_owned(),
            "member:challenge",
        ),
        (
            "age-59",
            "heads are signed anew each minute: none is asked to be younger",
            r#"{"max_root_age_s": 59}"#.to_owned(),
            "member:max_root_age_s",
        ),
        (
            "age-8-days",
            "heads expire after seven days",
            r#"{"max_root_age_s": 691200}"#.to_owned(),
            "member:max_root_age_s",
        ),
        ("age-negative", "a negative age", r#"{"max_root_age_s": -1}"#.to_owned(), "shape"),
        (
            "subject-malformed",
            "a subject that is no agent's DID",
            r#"{"subject": "did:poa:poa.example:0"}"#.to_owned(),
            "shape",
        ),
        (
            "scope-given",
            "a request carries no field element",
            format!(r#"{{"scope": "0x{}"}}"#, "0".repeat(64)),
            "shape",
        ),
        ("key-given", "nor a key", r#"{"verifying_key": "u"}"#.to_owned(), "shape"),
        (
            "time-lower-case",
            "a time in lower case",
            r#"{"valid_at_least": "2027-03-01t00:00:00z"}"#.to_owned(),
            "member:valid_at_least",
        ),
    ] {
        form(id, description, text, refused("request", reason));
    }
}
