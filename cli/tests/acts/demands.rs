//! A verifier says what it means, and is told what nobody could answer.

use serde_json::{Value, json};

use crate::support::cast::Cast;
use crate::support::{Poa, Run};

fn request(poa: &Poa, args: &[&str]) -> Run {
    poa.run(&[&["--json", "request", "--domain", "https://shop.example"], args].concat())
}

/// What happened and what to do next, of a command that was refused.
#[track_caller]
fn refused(run: &Run) -> String {
    assert_ne!(run.status, 0, "{}", run.stdout);
    let error = &run.json()["error"];
    format!("{}; {}", error["what"].as_str().unwrap(), error["next"].as_str().unwrap())
}

#[test]
fn a_reputation_is_a_percentage_or_refused_with_both_readings() {
    let poa = Poa::new();
    for (written, hundredths) in [("80%", 8_000), ("8000", 8_000), ("0", 0), ("100%", 10_000)] {
        let made = request(&poa, &["--at-least", &format!("reputation={written}")]);
        assert_eq!(made.json()["at_least"]["reputation"], hundredths, "{}", made.stdout);
    }
    for (written, parts) in [
        ("80", &["0.80 %", "8000", "80%"][..]),
        ("83", &["0.83 %", "85 %"]),
        ("82%", &["80 %"]),
        ("8001", &["80.01 %", "80 %"]),
        ("20000", &["200 %", "more than 100 %"]),
        ("101%", &["more than 100 %"]),
        ("much", &["80%"]),
    ] {
        for side in ["--at-least", "--at-most"] {
            let said = refused(&request(&poa, &[side, &format!("reputation={written}")]));
            for part in parts {
                assert!(said.contains(part), "{written}: {part} in {said}");
            }
        }
    }
    // Where a credential is issued the same words mean the same.
    let issue = ["--json", "issue", "--schema", "task_completion/1", "--at-least", "reputation=80"];
    assert!(refused(&poa.run(&issue)).contains("0.80 %"));
}

#[test]
fn without_a_trust_document_names_and_ranges_are_checked() {
    let poa = Poa::new();
    for wrong in [
        &["--disclose", "age"][..],
        &["--at-least", "age=1"],
        &["--at-least", "tasks_completed=18446744073709551616"],
        &["--contains-all", "Open Source"],
        &["--issuer", "https://poa.example"],
        &["--class", "other"],
        &["--agent", "somebody"],
        &["--max-root-age-s", "1"],
        &["--at-least", "tasks_completed=200", "--at-most", "tasks_completed=100"],
    ] {
        refused(&request(&poa, wrong));
    }
    let out = ["request", "--domain", "https://shop.example", "--at-least", "tasks_completed=201", "--out", "r.json"];
    let made = poa.run(&out);
    assert!(made.status == 0 && made.stdout.contains("no trust is pinned"), "{}{}", made.stdout, made.stderr);
}

#[test]
fn every_demand_of_the_json_form_has_an_option() {
    let poa = Poa::new();
    let agent = "did:poa:poa.example:67e55044-10b1-426f-9247-bb680e5fe0c8";
    let made =
        request(&poa, &["--issuer", "did:web:poa.example,did:web:b.example", "--schema", "urn:x", "--agent", agent]);
    let made = made.json();
    assert_eq!(made["issuers"], json!(["did:web:poa.example", "did:web:b.example"]));
    assert_eq!(
        (&made["schemas"], &made["subject"], &made["classes"]),
        (&json!(["urn:x"]), &json!(agent), &json!(["presentation"]))
    );
    let address = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    let about = poa.run(&["--json", "request", "--class", "agenthood", "--agent", address]).json();
    assert_eq!(
        (&about["classes"], &about["agent"], &about["challenge"]),
        (&json!(["agenthood"]), &json!(address), &Value::Null)
    );
    let nobody = poa.run(&["--json", "request", "--class", "standing,presentation"]);
    assert!(refused(&nobody).contains("--domain"), "{}", nobody.stdout);
    assert_eq!(poa.run(&["request"]).status, 2, "nobody is named");
}

#[test]
fn with_a_pinned_trust_document_its_schemas_have_to_be_able_to_answer() {
    let cast = Cast::new();
    cast.ok("verifier", &["trust", "add", &cast.service.url]);
    let ask = |args: &[&str]| {
        cast.as_in("verifier", &[&["request", "--domain", "https://shop.example", "--out", "r.json"], args].concat())
    };
    for (wrong, parts) in [
        (&["--at-least", "tasks_completed=201"][..], &["tasks_completed 201", "200 and 500"][..]),
        (&["--at-most", "member_since=2024-12-02"], &["2024-12-01", "2025-01-01"]),
        (&["--contains-all", "flying"], &["flying"]),
        (&["--schema", "urn:x"], &["urn:x", "agent-attributes"]),
    ] {
        let said = refused(&ask(wrong));
        for part in parts {
            assert!(said.contains(part), "{wrong:?}: {part} in {said}");
        }
    }
    let shows_more = ["--disclose", "tasks_completed,reputation"];
    let args = ["--data-dir", "verifier", "request", "--domain", "https://shop.example", "--out", "r.json"];
    let run = cast.poa.run(&[&args[..], &shows_more].concat());
    assert!(run.status == 0 && run.stdout.contains("--schema full_disclosure/1"), "{}{}", run.stdout, run.stderr);
    for good in [
        &["--at-least", "tasks_completed=200"][..],
        &["--at-least", "tasks_completed=200", "--at-least", "reputation=50%"],
        &["--at-least", "tasks_completed=0"],
        &[],
    ] {
        let run = ask(good);
        assert_eq!(run.status, 0, "{good:?}: {}", run.stdout);
    }
}
