//! One service as the chain of another, each a process of its own.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::rig::{ALICE, ALICE_KEY, LIMIT, Service, Users, Wallet, check};

#[test]
fn a_controller_rotated_at_the_chain_sets_the_bit_at_the_service() {
    let users = Users::new();
    let chain = Service::start(&users.poa, "chain", &[]);
    let contract = format!("{}/poa/chain/v1", chain.url);
    let service = Service::start(&users.poa, "service", &["--chain-url", &contract]);
    let agent = Wallet::new(1).address();
    chain.register(&agent, ALICE);
    users.file("alice.json", ALICE_KEY);
    let at = ["--service", service.url.as_str()];
    let claim = [&["agenthood", "claim", &agent, "--key", "alice.json", "--out", "doc.jws"], &at[..]].concat();
    let jti = users.ok(&claim)["jti"].clone();
    users.ok(&["trust", "add", &service.url]);

    // By the service's signed list alone.
    let published = |status: i32| -> Value {
        let deadline = Instant::now() + LIMIT;
        loop {
            std::fs::write(users.poa.path("list.jwt"), service.get("/status-lists/token")).unwrap();
            let run = users.run(&["agenthood", "verify", "doc.jws", "--offline", "--token-list", "list.jwt"]);
            if run.status == status {
                return run.json();
            }
            assert!(Instant::now() < deadline, "it stays {}: {}", run.status, run.stdout);
            std::thread::sleep(Duration::from_millis(200));
        }
    };
    published(0);
    chain.registry(&format!("/{agent}/controller"), &json!({ "controller": Wallet::new(5).address() }));
    assert_eq!(check(&published(1), "status"), ("fail".to_owned(), "revoked".to_owned()));
    let list: Value = serde_json::from_str(&service.get("/poa/api/revoked")).unwrap();
    let revoked = &list["revoked"][0];
    assert_eq!((&revoked["jti"], &revoked["reason"]), (&jti, &json!("controller-rotated")));
}
