//! A verifier's request that waits at the service, answered by a holder in another process. The holder's identity was
//! made by Semaphore's own library.

mod support;

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use support::cast::Cast;

const VERIFIER: &str = "https://shop.example";

/// An identity as `@semaphore-protocol/identity` made it.
fn semaphore_identity() -> Value {
    let vectors: Value = serde_json::from_str(include_str!("../../test-vectors/identity/semaphore.json")).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    cases.iter().find(|case| case["private_key_hex"].as_str().is_some_and(|key| key.len() == 64)).unwrap().clone()
}

fn write_identity(cast: &Cast, identity: &Value) {
    let path = cast.poa.path("identity.json");
    std::fs::write(&path, json!({ "secretScalar": identity["secret_scalar_dec"] }).to_string()).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// What a verifier's own software does: states its request, gets a token.
fn state(cast: &Cast, tasks: &str) -> Value {
    let request = json!({ "domain": VERIFIER, "audience": VERIFIER, "at_least": { "tasks_completed": tasks } });
    let mut answer = ureq::post(format!("{}/presentation-requests", cast.service.url))
        .content_type("application/json")
        .send(json!({ "request": request }).to_string())
        .unwrap();
    assert_eq!(answer.status(), 201);
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

fn outcome(cast: &Cast, stated: &Value) -> Value {
    let url = format!("{}/presentation-requests/{}/outcome", cast.service.url, stated["id"].as_str().unwrap());
    let token = format!("Bearer {}", stated["token"].as_str().unwrap());
    let mut answer = ureq::get(url).header("authorization", token).call().unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

#[test]
fn a_semaphore_identity_answers_a_request_that_waits_at_the_service() {
    let cast = Cast::new();
    let identity = semaphore_identity();
    write_identity(&cast, &identity);
    let agent = cast.register_holder(&["--identity", "identity.json"]);
    assert_eq!(cast.ok("holder", &["holder", "show"])["holder_key"], identity["public_key"]);
    cast.attest(&[&agent]);
    cast.wait_for_root(|head| head["size"] == 1);

    let stated = state(&cast, "200");
    let url = format!("{}/presentation-requests/{}", cast.service.url, stated["id"].as_str().unwrap());
    let answer = ["present", "--to", VERIFIER, "--request-url", &url];
    let elsewhere = cast.as_in("holder", &answer);
    assert_eq!(elsewhere.status, 1, "the request is not at the verifier: {}", elsewhere.stdout);
    assert_eq!(outcome(&cast, &stated)["state"], "open", "nothing was sent");

    let via = ["--via", cast.service.url.as_str()];
    let shown = cast.ok("holder", &[&answer[..], &via].concat());
    assert_eq!((&shown["verified"], &shown["sent_to"]), (&json!(true), &json!(cast.service.url)));
    let outcome = outcome(&cast, &stated);
    assert_eq!((&outcome["state"], &outcome["verified"]), (&json!("answered"), &json!(true)));
    assert_eq!(outcome["report"]["proved"]["pseudonym"], shown["report"]["proved"]["pseudonym"]);
    assert!(outcome["report"]["proved"]["pseudonym"]["nullifier"].is_string());
    let again = cast.as_in("holder", &[&answer[..], &via].concat());
    assert_eq!(again.status, 1, "a challenge is used once: {}", again.stdout);
    assert_eq!(again.json()["error"]["code"], "gone");

    let refused = state(&cast, "500");
    let url = format!("{}/presentation-requests/{}", cast.service.url, refused["id"].as_str().unwrap());
    let answer = ["present", "--to", VERIFIER, "--request-url", &url];
    assert_eq!(cast.as_in("holder", &[&answer[..], &via].concat()).status, 1, "300 tasks are not 500");
    assert_eq!(self::outcome(&cast, &refused)["state"], "open", "what would not verify is not sent");
}

#[test]
fn an_identity_of_another_form_makes_no_directory() {
    let cast = Cast::new();
    write_identity(&cast, &json!({ "secret_scalar_dec": "0" }));
    let run = cast.as_in("holder", &["holder", "init", "--identity", "identity.json"]);
    assert_eq!(run.status, 2, "{}", run.stdout);
    assert!(!run.stdout.contains("secretScalar\\\":\\\"0"), "the secret is not quoted");
    assert_eq!(cast.as_in("holder", &["holder", "show"]).status, 2);
    let both = ["holder", "init", "--identity", "identity.json", "--custody", "issuer"];
    assert_eq!(cast.as_in("holder", &both).status, 2, "the service makes the keys that it keeps");
}
