//! A service with an agent on its registry, controllers, and users who each have a directory.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use ed25519_dalek::{Signer as _, SigningKey};
use poa_verifier::agenthood::ss58::{AccountId, Address, Network};
use serde_json::{Value, json};

use crate::support::{Poa, Run};

pub const LIMIT: Duration = Duration::from_secs(120);
/// The development account Alice, sr25519, as `subkey inspect //Alice` prints it.
pub const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
pub const ALICE_KEY: &str =
    r#"{"scheme": "sr25519", "seed": "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a"}"#;

/// An account that signs elsewhere, as a wallet does.
pub struct Wallet(SigningKey);

impl Wallet {
    pub fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    pub fn address(&self) -> String {
        let account = AccountId::new(self.0.verifying_key().to_bytes()).unwrap();
        Address::new(Network::SUBSTRATE, account).to_string()
    }

    pub fn sign(&self, message: &str) -> String {
        format!("0x{}", hex::encode(self.0.sign(message.as_bytes()).to_bytes()))
    }
}

/// A running `poa serve`, killed when the test ends.
pub struct Service {
    child: Child,
    pub url: String,
    token: String,
}

impl Service {
    /// Starts one in a directory of its own.
    pub fn start(poa: &Poa, directory: &str, more: &[&str]) -> Self {
        let serve = ["serve", "--listen", "127.0.0.1:0", "--publish-interval-s", "1", "--watch-interval-s", "1"];
        let args = [&["--json", "--data-dir", directory], &serve[..], &["--prepared", "0"], more].concat();
        let mut child = poa.command(&args).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let text = |member: &str| ready[member].as_str().unwrap().to_owned();
        let token = std::fs::read_to_string(text("operator_token_file")).unwrap().trim_end().to_owned();
        Self { child, url: text("url"), token }
    }

    /// A call of the operator's to the registry.
    pub fn registry(&self, path: &str, body: &Value) {
        let call = ureq::post(format!("{}/poa/registry/agents{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token));
        call.header("content-type", "application/json").send(body.to_string()).unwrap();
    }

    /// Registers a funded agent.
    pub fn register(&self, agent: &str, controller: &str) {
        let abg = json!({ "models": ["m-1"], "tools": ["hash"], "intentTypes": ["witness"] });
        let body = json!({
            "agentId": agent, "name": "Notary", "abg": abg, "controller": controller, "seusBalance": "200000000000",
        });
        self.registry("", &body);
    }

    pub fn get(&self, path: &str) -> String {
        ureq::get(format!("{}{path}", self.url)).call().unwrap().body_mut().read_to_string().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Users of services.
pub struct Users {
    pub poa: Poa,
}

impl Users {
    pub fn new() -> Self {
        Self { poa: Poa::new() }
    }

    /// Writes a file that its owner alone can read.
    pub fn file(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.poa.path(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// `poa ARGS` of a user without a service of theirs.
    pub fn run(&self, args: &[&str]) -> Run {
        self.poa.run_within(&[&["--json", "--data-dir", "user"], args].concat(), &[], LIMIT)
    }

    /// The same that succeeds.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> Value {
        let run = self.run(args);
        assert_eq!(run.status, 0, "{args:?}: {}{}", run.stdout, run.stderr);
        run.json()
    }

    /// The same that is refused (1) or not possible (2). Gives the service's code, or what was said.
    #[track_caller]
    pub fn fails(&self, args: &[&str], status: i32) -> String {
        let run = self.run(args);
        assert_eq!(run.status, status, "{args:?}: {}{}", run.stdout, run.stderr);
        let error = run.json()["error"].clone();
        assert!(!error["next"].as_str().unwrap().is_empty(), "what to do next");
        error["code"].as_str().or(error["what"].as_str()).unwrap().to_owned()
    }

    /// Runs until the exit status is this one.
    pub fn wait_for(&self, args: &[&str], status: i32) -> Value {
        let deadline = Instant::now() + LIMIT;
        loop {
            let run = self.run(args);
            if run.status == status {
                return run.json();
            }
            assert!(Instant::now() < deadline, "{args:?} stays {}: {}", run.status, run.stdout);
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// The outcome and reason of a check.
pub fn check(report: &Value, name: &str) -> (String, String) {
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name).unwrap();
    let text = |member: &str| check[member].as_str().unwrap_or_default().to_owned();
    (text("outcome"), text("reason"))
}
