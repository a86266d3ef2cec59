//! Several trusted issuers side by side, and issuers that replace their keys: what is pinned, followed and refused.

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::Value;
use support::cast::Cast;
use support::{Poa, Run};

/// A genuine credential of an issuer that no test service is, and that issuer's trust document.
const STANDING: &str = include_str!("../../test-vectors/groth16-proof-2024/standing.json");
const TRUST: &str = include_str!("../../test-vectors/groth16-proof-2024/trust.json");

/// A running `poa serve` in a directory of its own, killed when dropped.
struct Service(Child, String);

impl Service {
    fn start(poa: &Poa, directory: &str) -> Self {
        let args = ["--json", "--data-dir", directory, "serve", "--listen", "127.0.0.1:0"];
        let mut child = poa.command(&args).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Self(child, ready["url"].as_str().unwrap().to_owned())
    }

    /// The issuer's DID.
    fn did(&self) -> String {
        did_of(&self.1)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn did_of(url: &str) -> String {
    format!("did:web:{}", url.strip_prefix("http://").unwrap().replace(':', "%3A"))
}

fn run(poa: &Poa, args: &[&str]) -> Run {
    poa.run(&[&["--json", "--data-dir", "v"], args].concat())
}

fn ok(poa: &Poa, args: &[&str]) -> Value {
    let run = run(poa, args);
    assert_eq!(run.status, 0, "{args:?}: {}{}", run.stdout, run.stderr);
    run.json()
}

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()
}

fn issuers(poa: &Poa) -> Vec<String> {
    let list = ok(poa, &["trust", "list"]);
    list["issuers"].as_array().unwrap().iter().map(|entry| entry["issuer"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_second_issuer_is_trusted_beside_the_first_and_each_judges_its_own() {
    let poa = Poa::new();
    let (a, b) = (Service::start(&poa, "a"), Service::start(&poa, "b"));
    std::fs::write(poa.path("standing.json"), STANDING).unwrap();
    std::fs::write(poa.path("vectors.json"), TRUST).unwrap();
    let vectors: Value = serde_json::from_str(TRUST).unwrap();
    let theirs = vectors["issuer"].as_str().unwrap();

    ok(&poa, &["trust", "add", &a.1]);
    let mut both = vec![a.did(), b.did()];
    both.sort();
    ok(&poa, &["trust", "add", &b.1]);
    assert_eq!(issuers(&poa), both, "the second does not replace the first");
    let unnamed = run(&poa, &["trust", "show"]);
    assert_eq!(
        (unnamed.status, unnamed.json()["error"]["next"].as_str().unwrap().contains("poa trust list")),
        (2, true)
    );
    assert_eq!(ok(&poa, &["trust", "show", &a.1])["issuer"], a.did().as_str());
    assert_eq!(ok(&poa, &["trust", "show", &b.did()])["issuer"], b.did().as_str());

    // A genuine credential of an issuer that is not trusted: who issued it, and who is trusted.
    let refused = run(&poa, &["verify", "standing.json", "--request", "any", "--offline"]);
    assert_eq!(refused.status, 1, "{}", refused.stdout);
    let report = refused.json();
    let obstacle = check(&report, "issuer_signature");
    assert_eq!((&obstacle["outcome"], &obstacle["reason"]), (&"fail".into(), &"other_issuer".into()));
    let detail = obstacle["detail"].as_str().unwrap();
    assert!([theirs, &a.did(), &b.did()].iter().all(|name| detail.contains(*name)), "{detail}");
    let words = poa.run(&["--data-dir", "v", "verify", "standing.json", "--request", "any", "--offline"]);
    let lines: Vec<&str> = words.stdout.lines().collect();
    assert!(lines[0].contains("issuer_signature") && lines[1].contains("FAIL"), "{}", words.stdout);
    assert_eq!(words.stdout.matches("not_reached").count(), 0, "{}", words.stdout);
    assert!(words.stdout.contains("15 checks were not reached"), "{}", words.stdout);

    // Trusted beside the others, it is judged by its own trust document.
    let more = ["--trust", "vectors.json", "--trust"];
    for issuer in &both {
        ok(&poa, &["trust", "show", issuer]);
    }
    std::fs::write(poa.path("a.json"), served(&a.1)).unwrap();
    let verify = ["verify", "standing.json", "--request", "any", "--offline"];
    let report = run(&poa, &[&verify[..], &more, &["a.json"]].concat()).json();
    assert_eq!(report["trust"]["issuer"], theirs);
    assert_eq!(check(&report, "proof")["outcome"], "pass");
    let twice = run(&poa, &[&verify[..], &more, &["vectors.json"]].concat());
    assert_eq!(twice.status, 2, "two documents of one issuer");

    assert_eq!(run(&poa, &["trust", "remove", theirs]).status, 1, "it is not pinned");
    ok(&poa, &["trust", "remove", &a.1]);
    assert_eq!(issuers(&poa), [b.did()]);
    assert_eq!(ok(&poa, &["trust", "show"])["issuer"], b.did().as_str());
}

/// A service's trust document as it serves it.
fn served(url: &str) -> String {
    ureq::get(format!("{url}/.well-known/poa-trust.json")).call().unwrap().body_mut().read_to_string().unwrap()
}

#[test]
fn a_directory_with_one_trust_json_is_read_and_moves_on() {
    let poa = Poa::new();
    let service = Service::start(&poa, "s");
    let other = Service::start(&poa, "o");
    std::fs::create_dir(poa.path("v")).unwrap();
    std::fs::write(poa.path("v/trust.json"), served(&service.1)).unwrap();
    assert_eq!(issuers(&poa), [service.did()]);
    ok(&poa, &["trust", "add", &other.1]);
    assert_eq!(issuers(&poa).len(), 2);
    // Pinned anew, or removed, the old file does not speak for its issuer any more.
    ok(&poa, &["trust", "add", &service.1]);
    assert!(!poa.path("v/trust.json").exists());
    assert_eq!(issuers(&poa).len(), 2);
    std::fs::write(poa.path("v/trust.json"), served(&service.1)).unwrap();
    ok(&poa, &["trust", "remove", &service.did()]);
    assert_eq!(issuers(&poa), [other.did()]);
}

/// Rotates every key of the service.
fn rotate(cast: &Cast) {
    cast.ok("service", &["keys", "rotate"]);
}

fn fingerprint(cast: &Cast, directory: &str) -> String {
    cast.ok(directory, &["trust", "show"])["fingerprint"].as_str().unwrap().to_owned()
}

#[test]
fn verifiers_and_holders_go_on_through_rotations_and_say_what_they_followed() {
    let cast = Cast::new();
    let agent = cast.register_holder(&[]);
    cast.attest(&[&agent]);
    cast.wait_for_root(|root| root["size"].as_u64() >= Some(1));
    for verifier in ["verifier", "strict"] {
        cast.ok(verifier, &["trust", "add", &cast.service.url]);
    }
    let first = fingerprint(&cast, "verifier");
    let root = |directory: &str, more: &[&str]| cast.as_in(directory, &[&["root", "latest"], more].concat());

    // The key that signs now was published before it signed: even who follows nothing goes on. A leaked key of heads has
    // them all signed anew, by the one in force.
    rotate(&cast);
    cast.ok("service", &["keys", "compromise", "heads-1", "--yes"]);
    assert_eq!(root("strict", &["--pin-strict"]).status, 0);
    assert_eq!(fingerprint(&cast, "strict"), first);

    // After the second rotation the old pin does not know the key; the links lead to it.
    rotate(&cast);
    cast.ok("service", &["keys", "compromise", "heads-2", "--yes"]);
    let strict = root("strict", &["--pin-strict"]);
    assert_eq!(strict.status, 2, "{}", strict.stdout);
    let error = &strict.json()["error"];
    let advice = format!("poa trust update {}", cast.service.url);
    assert!(error["next"].as_str().unwrap().contains(&advice), "{error}");
    let followed = root("verifier", &[]);
    assert_eq!(followed.status, 0, "{}", followed.stdout);
    let now = fingerprint(&cast, "verifier");
    assert_ne!(now, first);
    assert!(followed.stderr.contains(&first) && followed.stderr.contains(&now), "{}", followed.stderr);
    assert_eq!(root("verifier", &[]).stderr, "", "it is said once");

    // The holder, which pinned before both, presents; and the verifier believes what is signed now.
    cast.ok(
        "verifier",
        &["request", "--domain", "https://v.example", "--at-least", "tasks_completed=100", "--out", "request.json"],
    );
    let out = ["--to", "https://v.example", "--request", "request.json", "--newest-root", "--out", "shown.json"];
    let present = cast.as_in("holder", &[&["present"], &out[..]].concat());
    assert_eq!(present.status, 0, "{}{}", present.stdout, present.stderr);
    assert!(present.stderr.contains(&first) && present.stderr.contains(&now), "{}", present.stderr);
    let verify = |directory: &str, more: &[&str]| {
        cast.as_in(directory, &[&["verify", "shown.json", "--request", "request.json"], more].concat())
    };
    assert_eq!(verify("verifier", &[]).status, 0);
    // What an update of the trust document would settle could not be checked; nobody says that it failed.
    let undecided = verify("strict", &["--pin-strict"]);
    assert_eq!(undecided.status, 2, "{}", undecided.stdout);
    let root_check = check(&undecided.json(), "root").clone();
    assert_eq!((&root_check["outcome"], &root_check["reason"]), (&"unknown".into(), &"unknown_key".into()));

    // Told to update, it does; with `--pin-strict` it only says what is shown.
    let refused = cast.as_in("strict", &["trust", "update", "--pin-strict"]);
    assert_eq!(refused.status, 1, "{}", refused.stdout);
    assert_eq!(cast.as_in("strict", &["trust", "add", &cast.service.url, "--pin-strict"]).status, 1);
    cast.ok("strict", &["trust", "update"]);
    assert_eq!(fingerprint(&cast, "strict"), now);
    assert_eq!(verify("strict", &["--pin-strict"]).status, 0);
}
