//! A verifier's request that waits at the service, answered by a holder in another process. The holder's identity was
//! made by Semaphore's own library.

mod support;

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use support::cast::Cast;
use support::stranger;

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

/// What a registered verifier's own software does: states its request, gets a token for the outcome.
fn state(cast: &Cast, tasks: &str) -> Value {
    let token = std::fs::read_to_string(cast.poa.path("shop.token")).unwrap();
    let request = json!({ "domain": VERIFIER, "audience": VERIFIER, "at_least": { "tasks_completed": tasks } });
    let mut answer = ureq::post(format!("{}/presentation-requests", cast.service.url))
        .content_type("application/json")
        .header("authorization", format!("Bearer {token}"))
        .send(json!({ "request": request }).to_string())
        .unwrap();
    assert_eq!(answer.status(), 201);
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

/// The operator vouches for the shop.
fn register_shop(cast: &Cast) {
    let added = cast.ok("service", &["verifier", "add", VERIFIER, "--token-out", "shop.token"]);
    assert!(added["token"].is_null(), "the token is in its file alone");
    let mode = std::fs::metadata(cast.poa.path("shop.token")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(cast.ok("service", &["verifier", "list"])["verifiers"][0]["origin"], VERIFIER);
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

    register_shop(&cast);
    let stated = state(&cast, "200");
    let url = format!("{}/presentation-requests/{}", cast.service.url, stated["id"].as_str().unwrap());
    let answer = ["present", "--to", VERIFIER, "--request-url", &url];
    let elsewhere = cast.as_in("holder", &answer);
    assert_eq!(elsewhere.status, 1, "the request is not at the verifier: {}", elsewhere.stdout);
    assert_eq!(outcome(&cast, &stated)["state"], "open", "nothing was sent");

    let via = ["--via", cast.service.url.as_str()];
    let shown = cast.ok("holder", &[&answer[..], &via].concat());
    assert_eq!((&shown["verified"], &shown["sent_to"]), (&json!(true), &json!(cast.service.url)));
    assert_eq!(shown["vouched_by"], "operator");
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

/// Posts a body to the service's presentation requests; its status and answer.
fn post(cast: &Cast, body: &Value) -> (u16, Value) {
    let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
    let url = format!("{}/presentation-requests", cast.service.url);
    let mut answer = agent.post(url).content_type("application/json").send(body.to_string()).unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&text).unwrap())
}

/// A verifier that publishes its key, and one that asks in its name.
#[test]
fn a_signed_request_is_answered_when_its_signature_is_the_verifiers() {
    let cast = Cast::new();
    let agent = cast.register_holder(&[]);
    cast.attest(&[&agent]);
    cast.wait_for_root(|head| head["size"] == 1);
    let key = cast.ok("verifier", &["attest", "keygen", "--key", "shop.jwk"])["ed25519_public_key"].clone();
    cast.ok("verifier", &["attest", "keygen", "--key", "thief.jwk"]);
    let shop = stranger::serve(move |_, own| {
        let did = own.replace("http://", "did:web:").replace("127.0.0.1:", "127.0.0.1%3A");
        let id = format!("{did}#key-1");
        let method = json!({ "id": id, "type": "Multikey", "controller": did, "publicKeyMultibase": key });
        json!({ "id": did, "verificationMethod": [method], "authentication": [id] }).to_string()
    });
    let sign = |with: &str, name: &str| {
        let (key, out, token) = (format!("{with}.jwk"), format!("{name}.json"), format!("{name}.token"));
        let request = ["request", "--domain", &shop, "--pseudonym", "--at-least", "tasks_completed=200"];
        let signing = ["--sign-key", &key, "--at", &cast.service.url, "--token-out", &token, "--out", &out];
        cast.ok("verifier", &[&request[..], &signing].concat());
        let body: Value = serde_json::from_slice(&std::fs::read(cast.poa.path(&out)).unwrap()).unwrap();
        let (status, stated) = post(&cast, &body);
        assert_eq!(status, 201, "{stated}");
        assert_eq!(post(&cast, &body).0, 409, "a signed request is stated once");
        stated
    };
    let url = |stated: &Value| format!("{}/presentation-requests/{}", cast.service.url, stated["id"].as_str().unwrap());
    let present = |url: &str| {
        let args = ["present", "--to", &shop, "--via", &cast.service.url, "--request-url", url];
        cast.as_in("holder", &args)
    };
    // Whoever is not the verifier has it signed with another key.
    let forged = sign("thief", "forged");
    let refused = present(&url(&forged));
    assert_eq!(refused.status, 1, "{}", refused.stdout);
    assert!(refused.stdout.contains("has not signed the request"), "{}", refused.stdout);
    // Or states it without a signature, which this service does not take.
    let plain = json!({ "request": { "domain": shop, "audience": shop } });
    assert_eq!(post(&cast, &plain).0, 422);

    let stated = sign("shop", "signed");
    let shown = present(&url(&stated));
    assert_eq!(shown.status, 0, "{}{}", shown.stdout, shown.stderr);
    assert_eq!((&shown.json()["verified"], &shown.json()["vouched_by"]), (&json!(true), &json!("signature")));
    let token = std::fs::read_to_string(cast.poa.path("signed.token")).unwrap();
    let fetched = ureq::get(format!("{}/outcome", url(&stated))).header("authorization", format!("Bearer {token}"));
    let outcome: Value = serde_json::from_str(&fetched.call().unwrap().body_mut().read_to_string().unwrap()).unwrap();
    assert_eq!((&outcome["state"], &outcome["verified"]), (&json!("answered"), &json!(true)));
}

/// A service that vouches for nobody, or says that it does for its own origin.
#[test]
fn a_request_that_nobody_vouches_for_is_not_answered() {
    let cast = Cast::new();
    cast.register_holder(&[]);
    let id = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    let request = json!({ "classes": ["presentation"], "challenge": "c", "domain": VERIFIER, "audience": VERIFIER });
    for vouched_by in [json!("service"), json!("signature"), Value::Null] {
        let request = request.clone();
        let answer = json!({ "id": id, "request": request, "vouched_by": vouched_by }).to_string();
        let stranger = stranger::serve(move |_, _| answer.clone());
        let url = format!("{stranger}/presentation-requests/{id}");
        let run = cast.as_in("holder", &["present", "--to", VERIFIER, "--via", &stranger, "--request-url", &url]);
        assert_eq!(run.status, 1, "{}", run.stdout);
        assert!(run.stdout.contains("nobody vouches"), "{}", run.stdout);
    }
}
