//! A holder answers a challenge of the issuer it means, and of no other.

use serde_json::{Value, json};

use crate::support::cast::Cast;

/// The issuer of a service by its URL.
fn issuer(cast: &Cast) -> String {
    cast.service.url.replace("http://", "did:web:").replace("127.0.0.1:", "127.0.0.1%3A")
}

fn challenge(cast: &Cast, args: &[&str]) -> Value {
    cast.ok("service", &[&["agent", "challenge", "--out", "challenge.json"], args].concat())
}

/// The challenge as another issuer would have made it.
fn of_another(cast: &Cast) {
    let text = std::fs::read_to_string(cast.poa.path("challenge.json")).unwrap();
    let host = issuer(cast).replace("did:web:", "");
    std::fs::write(cast.poa.path("other.json"), text.replace(&host, "other.example")).unwrap();
}

#[test]
fn a_holder_that_knows_no_issuer_is_told_that_nothing_was_compared() {
    let cast = Cast::new();
    cast.ok("holder", &["holder", "init"]);
    challenge(&cast, &["--new"]);
    let answered = cast.ok("holder", &["holder", "answer", "challenge.json", "--out", "answer.json"]);
    assert_eq!((&answered["compared"], &answered["trust_fingerprint"]), (&json!(false), &Value::Null));
    assert_eq!(answered["issuer"], issuer(&cast));
    let args = ["--data-dir", "holder", "holder", "answer", "challenge.json", "--out", "answer.json"];
    let shown = cast.poa.run_within(&args, &[("POA_KEY_FILE", "holder.key")], std::time::Duration::from_secs(60));
    assert!(
        shown.stdout.contains("compared with nothing") && shown.stdout.contains(&issuer(&cast)),
        "{}",
        shown.stdout
    );

    let named =
        cast.ok("holder", &["holder", "answer", "challenge.json", "--out", "answer.json", "--issuer", &issuer(&cast)]);
    assert_eq!(named["compared"], true);
    let trust = cast.ok("holder", &["trust", "add", &cast.service.url]);
    let pinned = cast.ok("holder", &["holder", "answer", "challenge.json", "--out", "answer.json"]);
    assert_eq!((&pinned["compared"], &pinned["trust_fingerprint"]), (&json!(true), &trust["fingerprint"]));
    of_another(&cast);
    let refused = cast.as_in("holder", &["holder", "answer", "other.json", "--out", "answer.json"]);
    assert_eq!(refused.status, 1, "{}", refused.stdout);
    assert!(refused.stdout.contains("is for the issuer did:web:other.example"), "{}", refused.stdout);
}

/// A directory that was registered knows its agent's issuer, also where no trust is pinned.
#[test]
fn a_directory_with_an_agent_names_the_issuer_that_a_challenge_is_not_of() {
    let cast = Cast::new();
    cast.ok("holder", &["holder", "init"]);
    challenge(&cast, &["--new"]);
    cast.ok("holder", &["holder", "answer", "challenge.json", "--out", "answer.json"]);
    let agent = cast.ok("service", &["agent", "register", "--name", "own", "--answer", "answer.json"]);
    cast.ok("holder", &["holder", "adopt", agent["agent"].as_str().unwrap()]);
    challenge(&cast, &["--new"]);
    of_another(&cast);
    let said = |file: &str| {
        let run = cast.as_in("holder", &["holder", "answer", file, "--out", "answer.json"]);
        assert_eq!(run.status, 1, "{}", run.stdout);
        run.json()["error"]["what"].as_str().unwrap().to_owned()
    };
    assert!(said("other.json").contains("is for the issuer did:web:other.example"));
    assert!(said("challenge.json").contains("already"));
}

/// The holder's directory is gone: operator and holder replace the agent's keys by commands alone.
#[test]
fn an_agent_whose_holder_lost_its_keys_gets_new_ones() {
    let cast = Cast::new();
    let agent = cast.register_holder(&[]);
    cast.attest(&[&agent]);
    cast.wait_for_root(|head| head["size"] == 1);
    let before = cast.ok("service", &["agent", "show", &agent]);

    std::fs::remove_dir_all(cast.poa.path("holder")).unwrap();
    std::fs::create_dir(cast.poa.path("holder")).unwrap();
    let made = cast.ok("holder", &["holder", "init"]);
    cast.ok("holder", &["trust", "add", &cast.service.url]);
    challenge(&cast, &["--agent", &agent]);
    let answered = cast.ok("holder", &["holder", "answer", "--replace", "challenge.json", "--out", "answer.json"]);
    assert_eq!(answered["agent"], agent);
    let by_itself = cast.as_in("holder", &["agent", "rotate", "--agent", &agent, "--answer", "answer.json"]);
    assert_ne!(by_itself.status, 0, "only the operator does: {}", by_itself.stdout);
    let replace = ["agent", "rotate", "--agent", &agent, "--answer", "answer.json"];
    assert_eq!(cast.as_in("service", &replace).status, 1, "nobody agreed");
    cast.ok("service", &[&replace[..], &["--yes"]].concat());
    let again = cast.as_in("service", &[&replace[..], &["--yes"]].concat());
    assert_eq!(again.status, 1, "a challenge serves once: {}", again.stdout);
    cast.ok("holder", &["holder", "adopt", &agent]);

    let after = cast.ok("service", &["agent", "show", &agent]);
    assert_eq!(after["ed25519_public_key"], made["ed25519_public_key"]);
    assert_ne!(after["ed25519_public_key"], before["ed25519_public_key"]);
    cast.wait_for_root(|head| head["size"] == 2);
    cast.ok("holder", &["holder", "sync"]);
}
