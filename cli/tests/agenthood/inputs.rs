//! Wrong inputs: what they are told, and with which status.

use std::os::unix::fs::PermissionsExt as _;

use crate::rig::{ALICE, ALICE_KEY, Service, Users, Wallet};

#[test]
fn what_is_wrong_is_said_and_has_its_status() {
    let users = Users::new();
    let service = Service::start(&users.poa, "service", &[]);
    let (agent, at) = (Wallet::new(1).address(), ["--service", service.url.as_str()]);
    service.register(&agent, ALICE);
    let fails = |args: &[&str], status: i32| users.fails(&[&["agenthood"], args, &at[..]].concat(), status);

    // The service refuses.
    users.file("alice.json", ALICE_KEY);
    let absent = Wallet::new(9).address();
    assert_eq!(fails(&["claim", &absent, "--key", "alice.json"], 1), "agent-not-registered");
    assert_eq!(fails(&["claim", &agent[1..], "--key", "alice.json"], 1), "agentId-invalid-format");
    assert_eq!(fails(&["revoke", &agent, "--key", "alice.json", "--yes"], 1), "no-active-credential");
    assert_eq!(fails(&["show", "01JTZ6Q9XN4M2V8K3B7C5D1EFG"], 1), "not-found");
    assert_eq!(fails(&["show", &absent], 1), "agent-not-registered");
    assert_eq!(fails(&["show", "5NoAddress"], 1), "agentId-invalid-format");
    assert!(fails(&["show", "../../health"], 2).contains("is no identifier"));

    // The key file is not used.
    users.file("other.json", &ALICE_KEY.replace("0xe5", "0xe6"));
    assert!(fails(&["claim", &agent, "--key", "other.json"], 1).contains("not the controller's"));
    users.file("ed25519.json", &ALICE_KEY.replace("sr25519", "ed25519"));
    assert!(fails(&["claim", &agent, "--key", "ed25519.json"], 1).contains("not the controller's"));
    users.file("rsa.json", &ALICE_KEY.replace("sr25519", "rsa"));
    let said = fails(&["claim", &agent, "--key", "rsa.json"], 2);
    assert!(said.contains("unknown scheme") && !said.contains("e5be9a"), "{said}");
    users.file("no.json", "{}");
    fails(&["claim", &agent, "--key", "no.json"], 2);
    fails(&["claim", &agent, "--key", "absent.json"], 2);
    std::fs::set_permissions(users.poa.path("alice.json"), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(fails(&["claim", &agent, "--key", "alice.json"], 1).contains("can be read by others"));

    // The command line is wrong.
    for args in [
        &["claim"][..],
        &["claim", &agent, "--signature", "00"],
        &["claim", &agent, "--nonce", "00"],
        &["claim", &agent, "--key", "alice.json", "--signature", "00", "--nonce", "00"],
        &["verify", "x.jws", "--revoked-list", "list.json"],
        &["verify", "x.jws", "--agenthood-issuers", "peers.json"],
        &["burn", &agent],
    ] {
        let run = users.run(&[&["agenthood"], args, &at[..]].concat());
        assert!(run.status == 2 && run.stdout.contains("--help"), "{args:?}: {}", run.stdout);
    }

    let run = users.run(&["agenthood", "verify", "x.jws", "--revoked-list", "list.json"]);
    assert!(run.status == 2 && run.stdout.contains("--agenthood-issuers"), "{}", run.stdout);

    // There is nothing to verify with, or nothing that could be verified.
    std::fs::write(users.poa.path("x.jws"), "no document").unwrap();
    assert!(users.fails(&["agenthood", "verify", "x.jws"], 2).contains("no trust is pinned"));
    users.ok(&["trust", "add", &service.url]);
    assert_eq!(users.run(&["agenthood", "verify", "x.jws"]).status, 1);
    users.fails(&["agenthood", "verify", "absent.jws"], 2);
    std::fs::write(users.poa.path("peers.json"), r#"{"type": "PoaAgenthoodIssuers", "version": 9}"#).unwrap();
    let issuers = ["agenthood", "verify", "x.jws", "--agenthood-issuers", "peers.json"];
    assert!(users.fails(&issuers, 2).contains("peers.json is refused"));

    // Nobody answers.
    let url = service.url.clone();
    drop(service);
    assert!(users.fails(&["agenthood", "show", &agent, "--service", &url], 2).contains("cannot be reached"));
    users.fails(&["agenthood", "show", &agent], 2);
    users.fails(&["agenthood", "show", &agent, "--service", "http://poa.example"], 1);
}

#[test]
fn a_service_does_not_start_on_lists_it_may_not_or_cannot_read() {
    let users = Users::new();
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let serve = ["serve", "--listen", "127.0.0.1:0", "--agenthood-issuers", "peers.json"];
    for url in ["http://peer.example/revoked", "https://peer.example/revoked?token=secret"] {
        let peers = format!(
            r#"{{"type": "PoaAgenthoodIssuers", "version": 1, "issuers": [{{"issuer": "peer.example",
                "keys": [{{"kid": "k", "x": "{x}"}}], "revocationList": "{url}"}}]}}"#
        );
        std::fs::write(users.poa.path("peers.json"), peers).unwrap();
        let said = users.fails(&serve, 2);
        assert!(said.contains("a list of peer.example cannot be fetched") && !said.contains("secret"), "{said}");
    }
    let files = [&serve[..], &["--agenthood-lists", "nowhere"]].concat();
    assert!(users.fails(&files, 2).contains("no directory"));
}
