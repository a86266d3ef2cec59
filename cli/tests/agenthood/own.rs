//! The life of a document, by commands alone.

use serde_json::{Value, json};

use crate::rig::{ALICE, ALICE_KEY, Service, Users, Wallet, check};

/// A controller with a key file here.
#[test]
fn a_key_file_claims_and_revokes() {
    let users = Users::new();
    let service = Service::start(&users.poa, "service", &[]);
    let (agent, at) = (Wallet::new(1).address(), ["--service", service.url.as_str()]);
    service.register(&agent, ALICE);
    users.file("alice.json", ALICE_KEY);
    let claim = [&["agenthood", "claim", &agent, "--key", "alice.json", "--out", "first.jws"], &at[..]].concat();
    let first = users.ok(&claim)["jti"].as_str().unwrap().to_owned();
    let shown = users.ok(&[&["agenthood", "show", &first], &at[..]].concat());
    assert_eq!((&shown["jti"], &shown["revoked"]), (&json!(first), &json!(false)));
    assert_eq!(std::fs::read_to_string(users.poa.path("first.jws")).unwrap(), shown["jws"].as_str().unwrap());
    let snapshot = users.ok(&[&["agenthood", "show", &agent], &at[..]].concat());
    // The registry's head carries the time of asking, so the time alone may differ.
    let untimed = |claim: &Value| {
        let mut claim = claim.clone();
        claim.as_object_mut().unwrap().remove("snapshotAtTime").unwrap();
        claim
    };
    assert_eq!(untimed(&snapshot["snapshot"]), untimed(&shown["claims"]["agent"]));

    users.ok(&["trust", "add", &service.url]);
    everywhere(&users, &service, &agent);

    let revoke = [&["agenthood", "revoke", &agent, "--key", "alice.json", "--yes"], &at[..]].concat();
    assert_eq!(users.ok(&revoke)["reason"], "operator-revoked");
    let report = users.wait_for(&["agenthood", "verify", "first.jws"], 1);
    assert_eq!(check(&report, "status"), ("fail".to_owned(), "revoked".to_owned()));
    assert_eq!(check(&report, "proof").0, "pass", "its controller signed all the same");
    assert_eq!(users.fails(&revoke, 1), "already-revoked");
    assert!(users.ok(&[&["agenthood", "show", &first], &at[..]].concat())["revoked"].is_object());

    // Another controller; the old key signs nothing more for the agent, and nothing is sent with it.
    let next = [&["agenthood", "claim", &agent, "--key", "alice.json", "--out", "second.jws"], &at[..]].concat();
    users.ok(&next);
    service.registry(&format!("/{agent}/controller"), &json!({ "controller": Wallet::new(5).address() }));
    std::fs::write(users.poa.path("state.json"), service.get(&format!("/poa/chain/v1/agents/{agent}"))).unwrap();
    let drifted = users.run(&["agenthood", "verify", "second.jws", "--chain-state", "state.json"]);
    assert_eq!(drifted.status, 1, "{}", drifted.stdout);
    assert_eq!(check(&drifted.json(), "status").1, "controller-rotated");
    assert!(users.fails(&next, 1).contains("not the controller's"));
    users.wait_for(&["agenthood", "verify", "second.jws"], 1);
}

/// Here with fetched lists, here with files alone, and by the service.
fn everywhere(users: &Users, service: &Service, agent: &str) {
    let verify = ["agenthood", "verify", "first.jws"];
    assert_eq!(users.ok(&verify)["verified"], true);
    assert_eq!(users.ok(&["verify", "first.jws", "--request", "any"])["verified"], true, "any is any class");
    assert_eq!(users.ok(&[&verify[..], &["--about", agent]].concat())["verified"], true);
    let other = users.run(&[&verify[..], &["--about", ALICE]].concat());
    assert_eq!((other.status, check(&other.json(), "subject").0.as_str()), (1, "fail"));
    assert_eq!(users.ok(&[&verify[..], &["--service", &service.url]].concat())["verified"], true);

    let blind = users.run(&[&verify[..], &["--offline"]].concat());
    assert_eq!((blind.status, check(&blind.json(), "status").0.as_str()), (2, "unknown"));
    std::fs::write(users.poa.path("list.jwt"), service.get("/status-lists/token")).unwrap();
    let lists = ["--offline", "--token-list", "list.jwt"];
    assert_eq!(users.ok(&[&verify[..], &lists].concat())["verified"], true);
    std::fs::write(users.poa.path("spoiled.jwt"), "e30.e30.AA").unwrap();
    assert!(users.fails(&[&verify[..], &["--token-list", "spoiled.jwt"]].concat(), 2).contains("spoiled.jwt"));

    std::fs::write(users.poa.path("state.json"), service.get(&format!("/poa/chain/v1/agents/{agent}"))).unwrap();
    users.ok(&[&verify[..], &["--chain-state", "state.json"]].concat());
    strange_states(users, service, agent);

    // The general command takes it where the request does.
    users.file("request.json", r#"{"classes": ["agenthood"]}"#);
    users.ok(&["verify", "first.jws", "--request", "request.json"]);
    users.file("presentation.json", r#"{"classes": ["presentation"]}"#);
    assert_eq!(users.run(&["verify", "first.jws", "--request", "presentation.json"]).status, 1, "not its class");
    assert_eq!(users.run(&["verify", "first.jws"]).status, 2, "authentic, but nothing was asked");
}

/// States that say nothing about the document: they neither end it nor pass for one of its agent.
fn strange_states(users: &Users, service: &Service, agent: &str) {
    let answer = service.get(&format!("/poa/chain/v1/agents/{agent}"));
    let state: Value = serde_json::from_str(&answer).unwrap();
    let refused = |state: &Value, why: &str| {
        std::fs::write(users.poa.path("strange.json"), state.to_string()).unwrap();
        let said = users.fails(&["agenthood", "verify", "first.jws", "--chain-state", "strange.json"], 2);
        assert!(said.contains(why), "{said}");
    };
    let edited = |pointer: &str, value: Value| {
        let mut state = state.clone();
        *state.pointer_mut(pointer).unwrap() = value;
        state
    };
    refused(&edited("/agent/agentId", json!(Wallet::new(8).address())), "of another agent");
    refused(&edited("/agent/snapshotAtBlock", json!(0)), "the agent's block is not the snapshot's");
    refused(&edited("/block/finalized", json!(false)), "not finalised");
    let elsewhere = json!(format!("0x{}", "ab".repeat(32)));
    refused(&edited("/chain/genesis", elsewhere.clone()), "of another chain");
    // Gone, says a chain that never had it, or one that has not got as far.
    let mut gone = edited("/agent", Value::Null);
    gone["chain"]["genesis"] = elsewhere;
    refused(&gone, "of another chain");
    let mut gone = edited("/agent", Value::Null);
    gone["block"]["number"] = json!(0);
    refused(&gone, "older than the document's");
    std::fs::write(users.poa.path("gone.json"), edited("/agent", Value::Null).to_string()).unwrap();
    let run = users.run(&["agenthood", "verify", "first.jws", "--chain-state", "gone.json"]);
    assert_eq!((run.status, check(&run.json(), "status").1.as_str()), (1, "agent-deregistered"), "{}", run.stdout);
}

/// A controller whose wallet is elsewhere: one run shows what to sign, the next hands it in.
#[test]
fn a_pasted_signature_claims_and_revokes() {
    let users = Users::new();
    let service = Service::start(&users.poa, "service", &[]);
    let (agent, wallet, at) = (Wallet::new(1).address(), Wallet::new(2), ["--service", service.url.as_str()]);
    service.register(&agent, &wallet.address());
    let asked = |act: &str| -> (String, String) {
        let challenge = users.ok(&[&["agenthood", act, &agent], &at[..]].concat());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&challenge["nonce"]), text(&challenge["message"]))
    };
    let answer = |act: &str, nonce: &str, signature: &str| -> Vec<String> {
        let args = ["agenthood", act, &agent, "--nonce", nonce, "--signature", signature, at[0], at[1]];
        args.map(str::to_owned).to_vec()
    };
    let done = |args: Vec<String>| users.ok(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let refused = |args: Vec<String>| users.fails(&args.iter().map(String::as_str).collect::<Vec<_>>(), 1);

    let (nonce, message) = asked("claim");
    assert_eq!(message, format!("poa:{agent}:{nonce}"));
    let text = users.poa.run(&["--data-dir", "user", "agenthood", "claim", &agent, at[0], at[1]]);
    assert!(text.stdout.contains("to be signed: poa:") && text.stdout.contains("--nonce"), "{}", text.stdout);
    let stranger = Wallet::new(3).sign(&message);
    assert_eq!(refused(answer("claim", &nonce, &stranger)), "invalid-controller-signature");
    assert_eq!(refused(answer("claim", &nonce, &wallet.sign(&message))), "challenge-expired-or-unknown", "it is burnt");
    let (nonce, message) = asked("claim");
    assert_eq!(refused(answer("claim", &nonce, "0x12")), "controllerSig-malformed");
    let wrapped = wallet.sign(&format!("<Bytes>{message}</Bytes>"));
    let jti = done(answer("claim", &nonce, &wrapped))["jti"].as_str().unwrap().to_owned();

    let (nonce, message) = asked("revoke");
    assert_eq!(message, format!("poa-revoke:{agent}:{nonce}"));
    assert_eq!(refused(answer("revoke", &nonce, &wallet.sign(&format!("poa:{agent}:{nonce}")))), "signature-invalid");
    let (nonce, message) = asked("revoke");
    let revoked = done(answer("revoke", &nonce, &wallet.sign(&message)));
    assert_eq!((&revoked["jti"], &revoked["reason"]), (&json!(jti), &json!("operator-revoked")));
    let (nonce, message) = asked("revoke");
    assert_eq!(refused(answer("revoke", &nonce, &wallet.sign(&message))), "already-revoked");
}
