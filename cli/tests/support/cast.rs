//! A service, its operator, an attestor, agents, a holder and a verifier, by commands alone.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Poa, Run};

const LIMIT: Duration = Duration::from_secs(300);

/// A running `poa serve`, killed when the test ends.
pub struct Service {
    child: Child,
    /// Where it answers.
    pub url: String,
}

impl Service {
    /// Starts one in the directory `service`.
    pub fn start(poa: &Poa) -> Self {
        std::fs::write(poa.path("capabilities.txt"), "open-source\n").unwrap();
        let args = ["--json", "--data-dir", "service", "serve", "--listen", "127.0.0.1:0", "--publish-interval-s", "1"];
        let args = [&args[..], &["--capabilities", "capabilities.txt"]].concat();
        let mut child = poa.command(&args).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(ready["event"], "listening");
        let token = std::fs::read_to_string(ready["operator_token_file"].as_str().unwrap()).unwrap();
        assert!(ready["operator_token_is_new"] == true && !line.contains(token.trim_end()), "its file alone has it");
        Self { child, url: ready["url"].as_str().unwrap().to_owned() }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The cast: everybody runs `poa` with a directory of their own.
pub struct Cast {
    /// The binary and its directory.
    pub poa: Poa,
    /// The service.
    pub service: Service,
}

impl Cast {
    /// Everybody with an empty directory, and a service.
    pub fn new() -> Self {
        let poa = Poa::new();
        for directory in ["service", "agent", "attestor", "holder", "verifier"] {
            std::fs::create_dir(poa.path(directory)).unwrap();
        }
        let service = Service::start(&poa);
        Self { poa, service }
    }

    /// Runs a command in a directory of its own.
    pub fn as_in(&self, directory: &str, args: &[&str]) -> Run {
        let args = [&["--json", "--data-dir", directory], args].concat();
        self.poa.run_within(&args, &[("POA_SERVICE", &self.service.url), ("POA_KEY_FILE", "holder.key")], LIMIT)
    }

    /// The same, for a command that must succeed.
    pub fn ok(&self, directory: &str, args: &[&str]) -> Value {
        let run = self.as_in(directory, args);
        assert_eq!(run.status, 0, "{args:?}: {}{}", run.stdout, run.stderr);
        run.json()
    }

    /// Waits until the newest root satisfies something.
    pub fn wait_for_root(&self, fits: impl Fn(&Value) -> bool) {
        let deadline = Instant::now() + LIMIT;
        loop {
            // Before the first publication there is no root, which is status 2.
            let run = self.as_in("service", &["root", "latest"]);
            if run.status == 0 && fits(&run.json()) {
                return;
            }
            assert!(Instant::now() < deadline, "no such root was published: {}", run.stdout);
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Receipts for agents, made, signed and posted by an attestor.
    pub fn attest(&self, agents: &[&str]) {
        let public = self.ok("attestor", &["attest", "keygen", "--key", "attestor.jwk"])["ed25519_public_key"].clone();
        let public = public.as_str().unwrap();
        self.ok("service", &["attest", "register", "--name", "board", "--public-key", public]);
        for (index, agent) in agents.iter().enumerate() {
            let (claims, receipt) = (format!("claims-{index}.json"), format!("receipt-{index}.jws"));
            let counts = ["--attempted", "500", "--completed", "300", "--capabilities", "open-source"];
            let make = ["attest", "make", "--subject", agent, "--out", &claims];
            self.ok("attestor", &[&make[..], &counts].concat());
            self.ok("attestor", &["attest", "sign", "--key", "attestor.jwk", &claims, "--out", &receipt]);
        }
        let receipts: Vec<String> = (0..agents.len()).map(|index| format!("receipt-{index}.jws")).collect();
        let mut post = vec!["attest", "post"];
        post.extend(receipts.iter().map(String::as_str));
        self.ok("attestor", &post);
        let again = self.ok("attestor", &post);
        assert!(again["results"].as_array().unwrap().iter().all(|result| result["status"] == "known"));
    }

    /// A holder in self-custody, its directory made with more options, and the agent's DID.
    pub fn register_holder(&self, init: &[&str]) -> String {
        self.ok("holder", &[&["holder", "init"], init].concat());
        self.ok("holder", &["trust", "add", &self.service.url]);
        self.ok("service", &["agent", "challenge", "--new", "--out", "challenge.json"]);
        self.ok("holder", &["holder", "answer", "challenge.json", "--out", "answer.json"]);
        let agent = self.ok("service", &["agent", "register", "--name", "own", "--answer", "answer.json"]);
        let agent = agent["agent"].as_str().unwrap().to_owned();
        let replay = self.as_in("service", &["agent", "register", "--name", "own", "--answer", "answer.json"]);
        assert_eq!(replay.status, 1, "a challenge serves once");
        self.ok("holder", &["holder", "adopt", &agent]);
        agent
    }
}
