//! A holder's directory whose request key is replaced goes on signing.

use serde_json::{Value, json};

use crate::support::cast::Cast;

fn key_in_force(cast: &Cast, agent: &str) -> Value {
    cast.ok("service", &["agent", "show", agent])["ed25519_public_key"].clone()
}

/// Something that only the newest key may ask for.
fn issues(cast: &Cast) -> i32 {
    let issue = ["issue", "--schema", "task_completion/1", "--at-least", "tasks_completed=200"];
    cast.as_in("holder", &issue).status
}

#[test]
fn a_holders_new_request_key_is_in_its_directory() {
    let cast = Cast::new();
    let agent = cast.register_holder(&[]);
    cast.attest(&[&agent]);
    cast.wait_for_root(|head| head["size"] == 1);
    let first = key_in_force(&cast, &agent);

    let elsewhere = cast.ok("agent", &["agent", "keygen", "--key", "new.jwk"])["ed25519_public_key"].clone();
    let half = cast.as_in("holder", &["agent", "rotate", "--public-key", elsewhere.as_str().unwrap()]);
    assert_eq!(half.status, 2, "the directory would sign with a key that is gone: {}", half.stdout);
    assert!(half.json()["error"]["next"].as_str().unwrap().contains("--request-key"), "{}", half.stdout);
    assert_eq!(key_in_force(&cast, &agent), first, "nothing was replaced");

    cast.ok("holder", &["agent", "rotate", "--request-key"]);
    let made = key_in_force(&cast, &agent);
    assert_ne!(made, first);
    assert_eq!(cast.ok("holder", &["holder", "show"])["ed25519_public_key"], made);
    assert_eq!(issues(&cast), 0);

    cast.ok("holder", &["agent", "rotate", "--new-key", "new.jwk", "--no-grace"]);
    assert_eq!(key_in_force(&cast, &agent), elsewhere);
    assert_eq!(cast.ok("holder", &["holder", "show"])["ed25519_public_key"], elsewhere);
    assert_eq!(issues(&cast), 0);
    let both = cast.as_in("holder", &["agent", "rotate", "--new-key", "new.jwk", "--request-key"]);
    assert_eq!(both.status, 2);
}

/// The answer is lost after the service took the key: the next command finds that out.
#[test]
fn a_request_key_whose_acceptance_was_not_heard_is_found_in_force() {
    let cast = Cast::new();
    let agent = cast.register_holder(&[]);
    let lost = lose_the_answer(&cast);
    let run = cast.as_in("holder", &["agent", "rotate", "--request-key", "--service", &lost]);
    assert_ne!(run.status, 0, "{}", run.stdout);
    let in_force = key_in_force(&cast, &agent);
    cast.ok("holder", &["agent", "challenge"]);
    assert_eq!(cast.ok("holder", &["holder", "show"])["ed25519_public_key"], in_force);
}

/// A service in between that has the directory's new key accepted, as the operator would, and answers with an error.
fn lose_the_answer(cast: &Cast) -> String {
    let (url, token) = (cast.service.url.clone(), cast.poa.path("service/operator-token"));
    crate::support::stranger::serve(move |asked, _| {
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        let taken = ureq::post(format!("{url}{}", asked.path))
            .header("authorization", format!("Bearer {}", std::fs::read_to_string(&token).unwrap().trim()))
            .content_type("application/json")
            .send(json!({ "ed25519_public_key": body["ed25519_public_key"] }).to_string());
        assert_eq!(taken.unwrap().status(), 200);
        "the answer is cut".to_owned()
    })
}
