//! No secret of a whole run stands where it should not: everybody's part is played by processes that log every event of
//! every crate, and then every secret that was used is looked for in all that was written.
//!
//! # Looked for
//! The operator's token, the master key, issuer keys before and after a rotation, `k` and `n` and request keys of managed
//! agents and of the holder, before and after its rotation, attestor's and controller's keys, passphrases, the age key,
//! salts, prepared presentations and what they are prepared for. Blinding factors are drawn and dropped within a proof, and
//! cannot be looked for.
//!
//! # Looked in
//! Logs, standard output and error of every process, refusals among them, and every file that came to be, the database and
//! its write-ahead log among them. A secret may stand in the file that is there for it, and has to be found in it.
#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

mod cast;
mod kept;
mod search;

use std::path::Path;

use serde_json::json;

use cast::Cast;
use search::{Found, Secret, search};

const PASSPHRASE: &str = "seven unlikely words of a passphrase";
const WRONG_PASSPHRASE: &str = "another passphrase of many words";
/// The controller's seed, as nobody else has it.
const SEED: [u8; 32] = *b"\x91\x03\xd4\xfe\x5b\x0c\x77\xa8\x12\xe9\x40\xbd\x66\x2f\xcb\x35\x88\xf1\x04\x9d\x5e\xa7\x30\xc2\x6b\x19\xdf\x82\x47\xb0\x0e\x93";
const TO: [&str; 2] = ["--to", "https://shop.example"];
const BOUND: [&str; 2] = ["--at-least", "tasks_completed=200"];

/// Where a secret may stand, by the beginnings of both names.
const KEPT: [(&str, &str); 10] = [
    ("service/operator-token", "the operator's token"),
    ("service/master.key", "the master key"),
    ("agent.jwk", "agent.jwk"),
    ("attestor.jwk", "attestor.jwk"),
    ("broken.jwk", "agent.jwk"),
    ("controller.json", "the controller's seed"),
    ("broken.json", "the controller's seed"),
    ("holder.key", "holder.key"),
    ("passphrase.txt", "the passphrase"),
    // The issuer keeps every leaf's opening, as it must.
    ("service/poa.sqlite", "salt"),
];

#[test]
fn no_secret_of_a_whole_run_is_written_where_it_should_not_be() {
    let mut cast = Cast::new();
    for directory in ["agent", "attestor", "holder", "verifier", "user"] {
        std::fs::create_dir(cast.poa.path(directory)).unwrap();
    }
    let managed = register(&mut cast);
    prove(&mut cast, &managed);
    let mut secrets = kept::holder(&cast, "at first");
    agenthood(&mut cast);
    let before = kept::service(&cast);
    secrets.extend(before.sealed);
    rotate(&mut cast);
    secrets.extend(kept::holder(&cast, "in the end"));
    let after = kept::service(&cast);
    secrets.extend(after.sealed);
    passphrases(&mut cast);
    mistakes(&mut cast);
    cast.stop();

    secrets.extend([after.token, after.master]);
    secrets.extend(["agent.jwk", "attestor.jwk"].map(|name| kept::jwk(&cast, name)));
    secrets.push(kept::age_key(&cast, "holder.key"));
    secrets.push(Secret::bytes("the controller's seed", &SEED));
    secrets.push(Secret::text("the passphrase", PASSPHRASE));
    secrets.push(Secret::text("the wrong passphrase", WRONG_PASSPHRASE));
    check_that_all_were_collected(&secrets);

    let places = places(&cast);
    let (kept, leaked): (Vec<Found>, Vec<Found>) = search(&secrets, &places).into_iter().partition(is_kept);
    assert_eq!(leaked, [], "these leaked");
    for (place, secret) in KEPT {
        let there = kept.iter().any(|found| found.place.starts_with(place) && found.secret.starts_with(secret));
        assert!(there, "{secret} is not found in {place}, where it is");
    }
    planted_leaks_are_found(&cast, &secrets);
}

fn is_kept(found: &Found) -> bool {
    KEPT.iter().any(|(place, secret)| found.place.starts_with(place) && found.secret.starts_with(secret))
}

/// Agents, one that the service keeps the secrets of and one that does itself, with attestations.
fn register(cast: &mut Cast) -> String {
    let public = cast.ok("agent", &["agent", "keygen", "--key", "agent.jwk"])["ed25519_public_key"].clone();
    let register = ["agent", "register", "--name", "managed", "--public-key", public.as_str().unwrap()];
    let managed = cast.ok("service", &register)["agent"].as_str().unwrap().to_owned();

    let url = cast.url.clone();
    cast.ok("holder", &["holder", "init"]);
    cast.ok("holder", &["trust", "add", &url]);
    cast.ok("verifier", &["trust", "add", &url]);
    cast.ok("service", &["agent", "challenge", "--new", "--out", "challenge.json"]);
    cast.ok("holder", &["holder", "answer", "challenge.json", "--out", "answer.json"]);
    let own = cast.ok("service", &["agent", "register", "--name", "own", "--answer", "answer.json"])["agent"].clone();
    let own = own.as_str().unwrap();
    cast.ok("holder", &["holder", "adopt", own]);

    let public = cast.ok("attestor", &["attest", "keygen", "--key", "attestor.jwk"])["ed25519_public_key"].clone();
    cast.ok("service", &["attest", "register", "--name", "board", "--public-key", public.as_str().unwrap()]);
    for agent in [&managed, own] {
        let counts =
            ["--attempted", "500", "--completed", "300", "--capabilities", "open-source", "--out", "claims.json"];
        cast.ok("attestor", &[&["attest", "make", "--subject", agent], &counts[..]].concat());
        cast.ok("attestor", &["attest", "sign", "--key", "attestor.jwk", "claims.json", "--out", "receipt.jws"]);
        cast.ok("attestor", &["attest", "post", "receipt.jws"]);
    }
    cast.wait_for("service", &["root", "latest"], |head| head["size"] == 2);
    managed
}

/// Credentials and presentations in every way, until one of the managed agent is kept ready.
fn prove(cast: &mut Cast, managed: &str) {
    let by_agent = ["--agent", managed, "--key", "agent.jwk"];
    let issue = [&["issue", "--schema", "task_completion/1", "--out", "credential.json"], &BOUND[..]].concat();
    cast.ok("agent", &[&issue[..], &by_agent].concat());
    cast.ok("holder", &issue);
    cast.ok("verifier", &["verify", "credential.json", "--request", "any"]);
    let request = ["request", "--domain", "https://shop.example", "--out", "request.json"];
    cast.ok("verifier", &[&request[..], &BOUND].concat());
    let present = [&["present", "--request", "request.json", "--out", "shown.json"], &TO[..]].concat();
    cast.ok("agent", &[&present[..], &by_agent, &["--schema", "task_completion/1"]].concat());
    // Its leaf may be newer than the hour's anchor.
    cast.ok("holder", &[&present[..], &["--newest-root"]].concat());
    cast.ok("verifier", &["verify", "shown.json", "--request", "request.json"]);
    let with_pseudonym = ["request", "--domain", "https://shop.example", "--out", "known.json", "--pseudonym"];
    cast.ok("verifier", &[&with_pseudonym[..], &BOUND].concat());
    cast.ok("holder", &[&["prepare", "--newest-root", "--like", "known.json"], &TO[..]].concat());
    let known = ["present", "--request", "known.json", "--out", "shown.json", "--prepared", "--newest-root"];
    cast.ok("holder", &[&known[..], &TO].concat());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(120);
    while !kept::service(cast).sealed.iter().any(|secret| secret.name.starts_with("prepared presentation")) {
        assert!(std::time::Instant::now() < deadline, "nothing of the managed agent's is kept ready");
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
}

/// A controller claims an agent and revokes that.
fn agenthood(cast: &mut Cast) {
    use ed25519_dalek::SigningKey;
    use poa_verifier::agenthood::ss58::{AccountId, Address, Network};
    let account = |seed: [u8; 32]| {
        let public = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        Address::new(Network::SUBSTRATE, AccountId::new(public).unwrap()).to_string()
    };
    let (agent, controller) = (account([7; 32]), account(SEED));
    let abg = json!({ "models": ["m-1"], "tools": ["hash"], "intentTypes": ["witness"] });
    let body = json!({
        "agentId": agent, "name": "Notary", "abg": abg, "controller": controller, "seusBalance": "200000000000",
    });
    ureq::post(format!("{}/poa/registry/agents", cast.url))
        .header("authorization", format!("Bearer {}", cast.read("service/operator-token").trim()))
        .header("content-type", "application/json")
        .send(body.to_string())
        .unwrap();
    cast.file("controller.json", &json!({ "scheme": "ed25519", "seed": hex::encode(SEED) }).to_string());
    cast.ok("user", &["trust", "add", &cast.url.clone()]);
    cast.ok("user", &["agenthood", "claim", &agent, "--key", "controller.json", "--out", "document.jws"]);
    cast.ok("user", &["agenthood", "verify", "document.jws"]);
    cast.ok("user", &["agenthood", "revoke", &agent, "--key", "controller.json", "--yes"]);
}

/// New keys of the issuer's and of the holder's, a leak that is told, and the end of an agent.
fn rotate(cast: &mut Cast) {
    cast.ok("service", &["keys", "rotate"]);
    cast.ok("service", &["keys", "compromise", "credentials-1", "--yes"]);
    cast.ok("holder", &["agent", "rotate"]);
    cast.wait_for("service", &["root", "latest"], |head| head["size"] == 3);
    cast.ok("holder", &["trust", "show"]);
}

/// A directory under a passphrase, opened with it, with another, and from a file.
fn passphrases(cast: &mut Cast) {
    cast.file("passphrase.txt", PASSPHRASE);
    let passphrase = [("POA_PASSPHRASE", PASSPHRASE)];
    let made = cast.run("sealed", &passphrase, &["holder", "init"]);
    assert_eq!(made.status, 0, "{}", made.stdout);
    cast.fails("sealed", &[("POA_PASSPHRASE", WRONG_PASSPHRASE)], &["holder", "show"]);
    let shown = cast.run("sealed", &[], &["holder", "show", "--passphrase-file", "passphrase.txt"]);
    assert_eq!(shown.status, 0, "{}", shown.stdout);
}

/// What people do with secrets that must not be quoted back to them.
fn mistakes(cast: &mut Cast) {
    let token = cast.read("service/operator-token");
    let token = token.trim();
    cast.fails("nowhere", &[("POA_OPERATOR_TOKEN", &format!("{token}x"))], &["keys", "rotate"]);
    cast.fails("nowhere", &[("POA_OPERATOR_TOKEN", &format!("{token}\n{token}"))], &["keys", "rotate"]);
    cast.file("broken.jwk", &cast.read("agent.jwk").replace('}', ""));
    cast.fails(
        "agent",
        &[],
        &[
            "present",
            "--agent",
            "did:poa:x.example:67e55044-10b1-426f-9247-bb680e5fe0c8",
            "--key",
            "broken.jwk",
            "--request",
            "request.json",
        ],
    );
    cast.file("broken.jwk", &cast.read("agent.jwk").replace("\"OKP\"", "7"));
    cast.fails("attestor", &[], &["attest", "sign", "--key", "broken.jwk", "claims.json"]);
    cast.file("broken.json", &json!({ "scheme": hex::encode(SEED), "seed": hex::encode(SEED) }).to_string());
    cast.fails("user", &[], &["agenthood", "claim", "x", "--key", "broken.json"]);
    // A second service that is given the first one's key, cut short, over its data.
    let master = cast.read("service/master.key");
    let cut = &master.trim()[..60];
    cast.fails("other", &[("POA_MASTER_KEY", cut)], &["serve", "--listen", "127.0.0.1:0"]);
}

/// What the run is about was there to be collected.
fn check_that_all_were_collected(secrets: &[Secret]) {
    let number = |name: &str| secrets.iter().filter(|secret| secret.name.starts_with(name)).count();
    assert!(number("issuer key") >= 6, "three and their successors");
    assert_eq!((number("k of managed"), number("n of managed")), (2, 2), "collected twice");
    for name in ["signing_key", "k", "n"] {
        assert_eq!(number(&format!("the holder's {name} ")), 2, "{name}, twice");
    }
    for name in ["salt", "prepared presentation", "the holder's prepared-", "what a managed agent shows"] {
        assert!(number(name) > 0, "{name}");
    }
}

/// Everything that was written: by processes, and to files.
fn places(cast: &Cast) -> Vec<(String, Vec<u8>)> {
    let mut places = cast.said.clone();
    places.push(("the first line of the service".to_owned(), cast.first_line.clone().into_bytes()));
    files(&cast.poa.path("."), Path::new(""), &mut places);
    let length = |name: &str| places.iter().find(|(place, _)| place == name).map_or(0, |(_, bytes)| bytes.len());
    let (log, database) = (length("service.log"), length("service/poa.sqlite"));
    assert!(log > 15_000 && database > 0, "{log} bytes of log, {database} of database");
    let noisy = cast.said.iter().filter(|(_, said)| said.windows(6).any(|word| word == b"TRACE ")).count();
    assert!(noisy > 20, "commands say no more than usual");
    places
}

fn files(root: &Path, below: &Path, places: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(root.join(below)).unwrap() {
        let name = below.join(entry.unwrap().file_name());
        match std::fs::read(root.join(&name)) {
            Ok(bytes) => places.push((name.to_str().unwrap().to_owned(), bytes)),
            Err(_) => files(root, &name, places),
        }
    }
}

/// One line too many in the log, and one column in the clear.
fn planted_leaks_are_found(cast: &Cast, secrets: &[Secret]) {
    use std::io::Write as _;
    let token = cast.read("service/operator-token");
    let mut log = std::fs::OpenOptions::new().append(true).open(cast.poa.path("service.log")).unwrap();
    writeln!(log, "TRACE request{{headers={{\"authorization\": \"Bearer {}\"}}}}", token.trim()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut database = kept::open_database(cast).await;
        let plain = sqlx::query("INSERT INTO signature_nonces (key_id, nonce, expires_at) VALUES ('planted', ?, 1)");
        plain.bind(SEED.escape_ascii().to_string()).execute(&mut database).await.unwrap();
    });
    let found = search(secrets, &places(cast));
    let leaked: Vec<_> = found.iter().filter(|found| !is_kept(found)).map(|f| (f.place.as_str(), f.form)).collect();
    assert!(leaked.contains(&("service.log", "text")), "{leaked:?}");
    assert!(
        leaked.iter().any(|(place, form)| place.starts_with("service/poa.sqlite") && *form == "escaped"),
        "{leaked:?}"
    );
}
