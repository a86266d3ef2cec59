//! Operator, attestor, agents, holder and verifier, each by commands alone, against a real service.

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::Run;
use support::cast::Cast;
use support::stranger;

fn register_managed(cast: &Cast) -> String {
    let public = cast.ok("agent", &["agent", "keygen", "--key", "agent.jwk"])["ed25519_public_key"].clone();
    let args = ["agent", "register", "--name", "managed", "--public-key", public.as_str().unwrap()];
    cast.ok("service", &args)["agent"].as_str().unwrap().to_owned()
}

fn verify(cast: &Cast, document: &str, request: &str, more: &[&str]) -> Run {
    cast.as_in("verifier", &[&["verify", document, "--request", request], more].concat())
}

#[test]
fn everybody_does_their_part_from_the_command_line() {
    let cast = Cast::new();
    let (managed, own) = (register_managed(&cast), cast.register_holder(&[]));
    cast.attest(&[&managed, &own]);
    cast.wait_for_root(|head| head["size"] == 2);
    let trust = cast.ok("verifier", &["trust", "fetch", &cast.service.url]);
    let wrong = cast.as_in("verifier", &["trust", "pin", &"0".repeat(64)]);
    assert_eq!(wrong.status, 1, "another fingerprint is not pinned");
    cast.ok("verifier", &["trust", "pin", trust["fingerprint"].as_str().unwrap()]);

    standing_credentials(&cast, &managed);
    presentations(&cast, &own);
    prepared_presentations(&cast);
    rotation_and_revocation(&cast, &own);
}

/// Issued by the service and by the holder, verified here and there, until one is revoked.
fn standing_credentials(cast: &Cast, managed: &str) {
    let bounds = ["--schema", "task_completion/1", "--at-least", "tasks_completed=200", "--out"];
    let by_agent = ["issue", "--agent", managed, "--key", "agent.jwk"];
    cast.ok("agent", &[&by_agent[..], &bounds, &["managed.json"]].concat());
    let issued = cast.ok("holder", &[&["issue"][..], &bounds, &["own.json"]].concat());
    assert!(issued["prove_us"].is_u64(), "proved on the holder's machine");
    for document in ["managed.json", "own.json"] {
        for place in [&[][..], &["--service", cast.service.url.as_str()]] {
            let run = verify(cast, document, "any", place);
            assert_eq!(run.status, 0, "{document}: {}", run.stdout);
            assert_eq!(run.json()["verified"], true);
        }
    }
    let unasked = cast.as_in("verifier", &["verify", "own.json"]);
    assert_eq!(unasked.status, 2, "authentic is not verified");
    assert_eq!(unasked.json()["authentic"], true);
    let offline = verify(cast, "own.json", "any", &["--offline"]);
    assert_eq!(offline.status, 2, "without a status list nothing is known: {}", offline.stdout);

    let too_much = [&["issue"][..], &["--schema", "task_completion/1", "--at-least", "tasks_completed=500"]].concat();
    assert_eq!(cast.as_in("holder", &too_much).status, 1, "300 tasks are not 500");
    let id = issued["id"].as_str().unwrap();
    let bare = cast.as_in("service", &["revoke", "credential", id]);
    assert_eq!(bare.status, 1, "nobody agreed: {}", bare.stdout);
    cast.ok("service", &["revoke", "credential", id, "--yes"]);
    cast.wait_for_root(|head| head["revocations"] == 1);
    let revoked = verify(cast, "own.json", "any", &[]);
    assert_eq!(revoked.status, 1);
    assert!(failed(&revoked.json()).contains(&"status".to_owned()));
}

/// Anonymous, for one challenge; useless for another.
fn presentations(cast: &Cast, own: &str) {
    let ask = ["request", "--domain", "https://shop.example", "--at-least", "tasks_completed=200", "--out"];
    cast.ok("verifier", &[&ask[..], &["first.json"]].concat());
    cast.ok("verifier", &[&ask[..], &["second.json"]].concat());
    let present = ["present", "--to", "https://shop.example", "--request", "first.json", "--out", "shown.json"];
    cast.ok("holder", &present);
    assert!(!std::fs::read_to_string(cast.poa.path("shown.json")).unwrap().contains(own), "anonymous");
    let run = verify(cast, "shown.json", "first.json", &["--export-snarkjs", "snarkjs"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert!(cast.poa.path("snarkjs/shown/proof.json").exists());
    let replayed = verify(cast, "shown.json", "second.json", &[]);
    assert_eq!((replayed.status, failed(&replayed.json())), (1, vec!["challenge".to_owned()]));
    never_more_than_asked(cast);
}

/// A bound off the grid cannot be proved; it must not end in disclosing the attribute instead, or all six.
fn never_more_than_asked(cast: &Cast) {
    // Who made them has another tool: ours refuses the first.
    for demand in [json!({ "at_least": { "tasks_completed": "201" } }), json!({ "disclose": ["tasks_completed"] })] {
        let mut request = json!({ "classes": ["presentation"], "challenge": "c", "domain": "https://shop.example" });
        request.as_object_mut().unwrap().extend(demand.as_object().unwrap().clone());
        std::fs::write(cast.poa.path("greedy.json"), request.to_string()).unwrap();
        let answer =
            ["present", "--to", "https://shop.example", "--request", "greedy.json", "--out", "greedy-answer.json"];
        assert_eq!(cast.as_in("holder", &answer).status, 1, "{demand:?}");
        assert!(!cast.poa.path("greedy-answer.json").exists());
    }
}

/// Proved before the request is there: once without a pseudonym, every time with one, never when too old or altered.
fn prepared_presentations(cast: &Cast) {
    /// Of nobody.
    const DID: &str = "did:poa:x.example:67e55044-10b1-426f-9247-bb680e5fe0c8";
    const TO: [&str; 2] = ["--to", "https://shop.example"];
    not_just_before_ten_to();
    let bound = ["--at-least", "tasks_completed=200"];
    let request = |name: &str, more: &[&str]| {
        let ask = ["request", "--domain", "https://shop.example", "--out", name];
        cast.ok("verifier", &[&ask[..], &bound, more].concat());
    };
    let present = |request: &str, more: &[&str]| {
        let args = ["present", "--request", request, "--out", "prepared-shown.json"];
        cast.as_in("holder", &[&args[..], &TO, more].concat())
    };
    request("anonymous.json", &[]);
    let nothing = present("anonymous.json", &["--prepared"]);
    assert_eq!(nothing.status, 1, "nothing is prepared: {}", nothing.stdout);
    assert!(nothing.json()["error"]["next"].as_str().unwrap().contains("poa prepare"));

    let prepared = cast.ok("holder", &[&["prepare"][..], &TO, &bound].concat());
    assert_eq!((&prepared["single_use"], prepared_files(cast).len()), (&Value::Bool(true), 1));
    let run = present("anonymous.json", &["--prepared"]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let (taken, proved) = (&run.json()["present_us"], &run.json()["prove_us"]);
    assert!(taken.as_u64().unwrap() < 1_000_000 && proved.is_null(), "{taken} {proved}");
    assert_eq!(verify(cast, "prepared-shown.json", "anonymous.json", &[]).status, 0);
    assert!(prepared_files(cast).is_empty(), "it served its one challenge");
    let root = run.json()["root"].clone();
    assert_eq!(root, "anchor", "the crowd is everybody of the hour");

    // Kept back, it takes as long as the proof that `prepare` made.
    let prepared = cast.ok("holder", &[&["prepare"][..], &TO, &bound].concat());
    let began = std::time::Instant::now();
    let levelled = present("anonymous.json", &["--prepared", "--level-timing"]);
    assert_eq!((levelled.status, &levelled.json()["prepared"]), (0, &Value::Bool(true)), "{}", levelled.stdout);
    let direct = Duration::from_micros(prepared["prepare_us"].as_u64().unwrap());
    assert!(began.elapsed() >= direct, "{:?} against {direct:?}", began.elapsed());

    // Of its own accord, and by an earlier request of the same kind.
    request("pseudonymous.json", &["--pseudonym"]);
    cast.ok("holder", &[&["prepare"][..], &TO, &["--like", "pseudonymous.json"]].concat());
    for request_file in ["pseudonymous.json", "again.json"] {
        request(request_file, &["--pseudonym"]);
        let run = present(request_file, &[]);
        assert_eq!((run.status, &run.json()["prepared"]), (0, &Value::Bool(true)), "{}", run.stdout);
        assert_eq!(verify(cast, "prepared-shown.json", request_file, &[]).status, 0);
    }
    let another = present("anonymous.json", &[]).json();
    assert_eq!(another["prepared"], false, "another kind is proved now");

    // Another's file under this name opens, and is not taken for it.
    let pseudonymous = prepared_files(cast).remove(0);
    cast.ok("holder", &[&["prepare"][..], &TO, &bound].concat());
    let anonymous = prepared_files(cast).into_iter().find(|file| *file != pseudonymous).unwrap();
    std::fs::copy(&pseudonymous, &anonymous).unwrap();
    assert_eq!(present("anonymous.json", &["--prepared"]).status, 1);
    assert!(!anonymous.exists() && pseudonymous.exists());
    std::fs::write(&pseudonymous, "altered").unwrap();
    assert_eq!(present("pseudonymous.json", &["--prepared"]).status, 2);
    cast.ok("holder", &[&["prepare"][..], &TO, &["--like", "pseudonymous.json"]].concat());
    let managed = cast.as_in("agent", &[&["prepare", "--agent", DID, "--key", "agent.jwk"][..], &TO, &bound].concat());
    assert_eq!(managed.status, 2, "the service does that: {}", managed.stdout);
}

/// At ten to the hour the next hour's statements begin, and what was prepared before is of no more use.
fn not_just_before_ten_to() {
    let second = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() % 3_600;
    if (2_940..=3_000).contains(&second) {
        std::thread::sleep(Duration::from_secs(3_001 - second));
    }
}

/// What waits in the holder's directory.
fn prepared_files(cast: &Cast) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(cast.poa.path("holder")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("prepared-")).collect()
}

/// A new holder key keeps the agent; revoking ends it.
fn rotation_and_revocation(cast: &Cast, own: &str) {
    let before = cast.ok("holder", &["holder", "show"]);
    cast.ok("holder", &["agent", "rotate"]);
    let after = cast.ok("holder", &["holder", "show"]);
    assert!(prepared_files(cast).is_empty(), "what the old key prepared is gone");
    assert_ne!(before["holder_key"], after["holder_key"]);
    assert_eq!(before["pseudonym_commitment"], after["pseudonym_commitment"]);
    cast.wait_for_root(|head| head["size"] == 3);
    cast.ok("holder", &["holder", "sync"]);
    newest_root(cast);
    cast.ok("holder", &["agent", "revoke", "--yes"]);
    assert_eq!(cast.ok("service", &["agent", "show", own])["status"], "revoked");
}

/// The new leaf is newer than the hour's anchor: few others would present under the newest root.
fn newest_root(cast: &Cast) {
    let present = |more: &[&str]| {
        let args = ["present", "--to", "https://shop.example", "--request", "anonymous.json", "--out", "newest.json"];
        cast.as_in("holder", &[&args[..], more].concat())
    };
    let refused = present(&[]);
    if refused.status == 0 {
        // The hour turned while this test ran.
        assert_eq!(refused.json()["root"], "anchor");
        return;
    }
    assert_eq!(refused.status, 1, "{}", refused.stdout);
    let next = refused.json()["error"]["next"].as_str().unwrap().to_owned();
    assert!(next.contains(":00:00Z") && next.contains("--newest-root"), "{next}");
    a_head_that_is_no_anchor_is_not_taken_for_one(cast);
    let agreed = present(&["--newest-root"]);
    assert_eq!(agreed.status, 0, "{}", agreed.stdout);
    assert_eq!(agreed.json()["root"], "newest");
    assert!(agreed.json()["shown"].to_string().contains("the crowd is small"), "{}", agreed.stdout);
    assert_eq!(verify(cast, "newest.json", "anonymous.json", &[]).status, 0);
}

/// A service that gives each holder a root of its own as the hour's anchor could tell them apart.
fn a_head_that_is_no_anchor_is_not_taken_for_one(cast: &Cast) {
    let honest = cast.service.url.clone();
    let lying = stranger::serve(move |asked, _| {
        let path = if asked.path == "/roots/anchor" { "/roots/latest" } else { &asked.path };
        ureq::get(format!("{honest}{path}")).call().unwrap().body_mut().read_to_string().unwrap()
    });
    let args = ["present", "--to", "https://shop.example", "--request", "anonymous.json", "--service", &lying];
    for more in [&[][..], &["--newest-root"]] {
        let run = cast.as_in("holder", &[&args[..], more].concat());
        assert_eq!(run.status, 1, "{}", run.stdout);
        let what = run.json()["error"]["what"].to_string();
        assert!(what.contains("is another head"), "{what}");
    }
}

fn failed(report: &Value) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap().iter();
    let failed = checks.filter(|check| check["outcome"] == "fail");
    failed.map(|check| check["name"].as_str().unwrap().to_owned()).collect()
}
