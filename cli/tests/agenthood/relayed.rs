//! Services that pass another one's challenge on: nothing is signed for them.

use serde_json::{Value, json};

use crate::rig::{ALICE, ALICE_KEY, Service, Users, Wallet};
use crate::support::stranger;

/// The answer of a service to a challenge's request.
fn challenge(service: &str, body: &str) -> Value {
    let mut answer =
        ureq::post(format!("{service}/poa/api/challenge")).content_type("application/json").send(body).unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

/// The relay has the user sign what revokes the document at the other service.
#[test]
fn a_challenge_of_another_service_is_not_signed() {
    let users = Users::new();
    let service = Service::start(&users.poa, "service", &[]);
    let agent = Wallet::new(1).address();
    service.register(&agent, ALICE);
    users.file("alice.json", ALICE_KEY);
    let at = ["--service", service.url.as_str()];
    users.ok(&[&["agenthood", "claim", &agent, "--key", "alice.json"], &at[..]].concat());

    let real = service.url.clone();
    let relay = stranger::serve(move |asked, _| challenge(&real, &asked.body).to_string());
    let act = |act: &str, more: &[&str]| {
        let args = ["agenthood", act, &agent, "--service", &relay];
        users.fails(&[&args[..], more].concat(), 1)
    };
    for name in ["claim", "revoke"] {
        let said = act(name, &["--key", "alice.json"]);
        let issuer = service.url.replace("http://", "did:web:").replace("127.0.0.1:", "127.0.0.1%3A");
        assert!(said.contains(&format!("is for the issuer {issuer}")), "{said}");
        assert!(act(name, &[]).contains("is for the issuer"), "nor shown to be signed by a wallet");
    }
    let said = act("revoke", &["--key", "alice.json", "--unbound", &relay]);
    assert!(said.contains("is for the issuer"), "where it says what it is for, that counts: {said}");

    // Asked for one thing, it has another one signed.
    let real = service.url.clone();
    let turned = stranger::serve(move |asked, _| {
        let mut body: Value = serde_json::from_str(&asked.body).unwrap();
        body["action"] = "revoke".into();
        challenge(&real, &body.to_string()).to_string()
    });
    let issuer = service.url.replace("http://", "did:web:").replace("127.0.0.1:", "127.0.0.1%3A");
    let claim = ["agenthood", "claim", &agent, "--key", "alice.json", "--service", &turned, "--issuer", &issuer];
    let said = users.fails(&claim, 1);
    assert!(said.contains("is for the action revoke"), "{said}");
    let other = Wallet::new(5).address();
    let claim = ["agenthood", "claim", &agent, "--controller", &other, at[0], at[1]];
    let said = users.fails(&claim, 1);
    assert!(said.contains("is for the controller"), "{said}");
}

#[test]
fn a_challenge_that_does_not_say_what_it_is_for_needs_the_services_name() {
    let users = Users::new();
    let agent = Wallet::new(1).address();
    users.file("alice.json", ALICE_KEY);
    let nonce = "0f".repeat(16);
    let named = agent.clone();
    let published = stranger::serve(move |asked, _| {
        let message = format!("poa:{named}:{nonce}");
        match asked.path.as_str() {
            "/poa/api/challenge" => json!({ "nonce": nonce, "agentId": named, "message": message, "expiresAt": 1 }),
            _ => json!({ "snapshot": {} }),
        }
        .to_string()
    });
    let show = |more: &[&str]| users.run(&[&["agenthood", "revoke", &agent, "--service", &published], more].concat());
    let refused = show(&["--key", "alice.json"]);
    assert_eq!(refused.status, 1, "{}", refused.stdout);
    assert!(refused.stdout.contains("--unbound"), "{}", refused.stdout);
    let elsewhere = show(&["--unbound", "https://published.example"]);
    assert_eq!(elsewhere.status, 1, "it names another service: {}", elsewhere.stdout);
    let named = show(&["--unbound", &format!("{}/", published.to_uppercase())]);
    assert_eq!((named.status, named.json()["nonce"].as_str()), (0, Some("0f".repeat(16).as_str())), "{}", named.stdout);
}

/// The binding is taken away on the way, so that a user who trusts the relay signs another service's nonce.
#[test]
fn a_relayed_challenge_without_its_binding_is_not_signed_for_a_service_that_is_named_either() {
    let users = Users::new();
    let service = Service::start(&users.poa, "service", &[]);
    let agent = Wallet::new(1).address();
    service.register(&agent, ALICE);
    users.file("alice.json", ALICE_KEY);
    let real = service.url.clone();
    let relay = stranger::serve(move |asked, _| {
        let mut answer = challenge(&real, &asked.body);
        answer.as_object_mut().unwrap().remove("binding");
        answer.to_string()
    });
    for act in ["claim", "revoke"] {
        let signed = ["agenthood", act, &agent, "--service", &relay, "--unbound", &relay, "--key", "alice.json"];
        let said = users.fails(&signed, 1);
        assert!(said.contains("the binding was taken away"), "{said}");
    }
}
