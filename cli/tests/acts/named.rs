//! The whole name counts: what is named by another service's DID or URL is not ours, although its UUID is.

use serde_json::Value;

use crate::support::cast::Cast;

/// A managed agent with a credential; their names.
fn ours(cast: &Cast) -> (String, String) {
    let public = cast.ok("agent", &["agent", "keygen", "--key", "agent.jwk"])["ed25519_public_key"].clone();
    let args = ["agent", "register", "--name", "managed", "--public-key", public.as_str().unwrap()];
    let agent = cast.ok("service", &args)["agent"].as_str().unwrap().to_owned();
    cast.attest(&[&agent]);
    cast.wait_for_root(|head| head["size"] == 1);
    let issue = ["issue", "--agent", &agent, "--key", "agent.jwk", "--schema", "task_completion/1"];
    let issued = cast.ok("agent", &[&issue[..], &["--at-least", "tasks_completed=200"]].concat());
    (agent, issued["id"].as_str().unwrap().to_owned())
}

fn uuid(name: &str) -> String {
    name[name.len() - 36..].to_owned()
}

fn status(cast: &Cast, agent: &str) -> Value {
    cast.ok("service", &["agent", "show", agent])["status"].clone()
}

#[test]
fn a_name_of_another_service_means_nothing_of_ours() {
    let cast = Cast::new();
    let (agent, credential) = ours(&cast);
    let (id, host) = (uuid(&agent), cast.service.url.replace("http://", ""));
    let other = format!("did:poa:other.example:{id}");
    for act in [
        &["agent", "show", &other][..],
        &["agent", "suspend", "--agent", &other],
        &["agent", "resume", "--agent", &other],
        &["agent", "revoke", "--agent", &other, "--yes"],
        &["revoke", "agent", "--agent", &other, "--yes"],
        &["agent", "challenge", "--agent", &other],
        &["agent", "rotate", "--agent", &other, "--public-key", "z6Mk", "--yes"],
        &["revoke", "credential", &format!("https://other.example/credentials/{}", uuid(&credential)), "--yes"],
        &["revoke", "credential", &format!("https://{host}/credentials/{}", uuid(&credential)), "--yes"],
        &["keys", "compromise", "did:web:other.example#heads-1", "--yes"],
    ] {
        let run = cast.as_in("service", act);
        assert_eq!(run.status, 1, "{act:?}: {}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("other.example") || run.stdout.contains("https://127.0.0.1"), "{}", run.stdout);
    }
    for no_name in [
        &["agent", "show", &format!("did:web:{}", &agent["did:poa:".len()..])][..],
        &["agent", "suspend", "--agent", &format!("{agent}#key-1")],
        &["agent", "suspend", "--agent", &format!("urn:uuid:{id}")],
        &["revoke", "credential", "cred.json", "--yes"],
        &["revoke", "credential", &agent, "--yes"],
        &["revoke", "credential", &format!("http://{host}/agents/{}", uuid(&credential)), "--yes"],
    ] {
        assert_eq!(cast.as_in("service", no_name).status, 2, "{no_name:?}");
    }
    let said = cast.as_in("service", &["revoke", "credential", "cred.json", "--yes"]);
    assert!(said.stdout.contains("credential's id"), "{}", said.stdout);
    assert_eq!(status(&cast, &agent), "active", "nothing was done to ours");

    // By its whole name, and by the UUID alone.
    cast.ok("service", &["agent", "suspend", "--agent", &agent]);
    assert_eq!(status(&cast, &id), "suspended");
    cast.ok("service", &["agent", "resume", "--agent", &id]);
    cast.ok("service", &["revoke", "credential", &credential, "--yes"]);
}
