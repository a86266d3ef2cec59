//! A service and everybody around it, as processes that log all they can, and all that they said.

use std::io::{BufRead, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Poa, Run};

const LIMIT: Duration = Duration::from_secs(300);
/// Every crate's every event, and all of a panic.
const NOISY: [(&str, &str); 2] = [("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")];

/// The cast, each with a directory of the same name.
pub struct Cast {
    pub poa: Poa,
    service: Child,
    /// What the service prints after its first line.
    printed: mpsc::Receiver<Vec<u8>>,
    pub url: String,
    /// The first line.
    pub first_line: String,
    /// What was said so far, by whom.
    pub said: Vec<(String, Vec<u8>)>,
}

impl Cast {
    pub fn new() -> Self {
        let poa = Poa::new();
        std::fs::write(poa.path("capabilities.txt"), "open-source\n").unwrap();
        let mut service = poa.command(&[
            "--json",
            "--data-dir",
            "service",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--publish-interval-s",
            "1",
            "--watch-interval-s",
            "1",
            "--capabilities",
            "capabilities.txt",
        ]);
        let log = std::fs::File::create(poa.path("service.log")).unwrap();
        let mut service = service.envs(NOISY).stderr(Stdio::from(log)).spawn().unwrap();
        let mut stdout = BufReader::new(service.stdout.take().unwrap());
        let mut first_line = String::new();
        stdout.read_line(&mut first_line).unwrap();
        let (send, printed) = mpsc::channel();
        std::thread::spawn(move || {
            let mut rest = Vec::new();
            stdout.read_to_end(&mut rest).unwrap();
            send.send(rest)
        });
        let ready: Value = serde_json::from_str(&first_line).unwrap();
        let url = ready["url"].as_str().unwrap().to_owned();
        Self { poa, service, printed, url, first_line, said: Vec::new() }
    }

    /// `poa` with a directory, noisy.
    pub fn run(&mut self, directory: &str, variables: &[(&str, &str)], args: &[&str]) -> Run {
        let args = [&["--json", "--data-dir", directory], args].concat();
        let variables = [&NOISY[..], &[("POA_SERVICE", &self.url)], variables].concat();
        let run = self.poa.run_within(&args, &variables, LIMIT);
        let said = [run.stdout.as_bytes(), run.stderr.as_bytes()].concat();
        self.said.push((format!("what `poa {}` said", args[3..].join(" ")), said));
        run
    }

    /// The same with the holder's key file, that succeeds.
    #[track_caller]
    pub fn ok(&mut self, directory: &str, args: &[&str]) -> Value {
        let run = self.run(directory, &[("POA_KEY_FILE", "holder.key")], args);
        assert_eq!(run.status, 0, "{args:?}: {}{}", run.stdout, run.stderr);
        run.json()
    }

    /// The same that does not succeed.
    #[track_caller]
    pub fn fails(&mut self, directory: &str, variables: &[(&str, &str)], args: &[&str]) {
        let run = self.run(directory, variables, args);
        assert_ne!(run.status, 0, "{args:?}: {}", run.stdout);
    }

    /// Runs until an answer fits.
    pub fn wait_for(&mut self, directory: &str, args: &[&str], fits: impl Fn(&Value) -> bool) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let run = self.run(directory, &[], args);
            if run.status == 0 && fits(&run.json()) {
                return;
            }
            assert!(Instant::now() < deadline, "{args:?}: {}", run.stdout);
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Writes a file that its owner alone can read.
    pub fn file(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::write(self.poa.path(name), text).unwrap();
        std::fs::set_permissions(self.poa.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.poa.path(name)).unwrap()
    }

    /// Ends the service, without the time to tidy up, and keeps what it said.
    pub fn stop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
        if let Ok(printed) = self.printed.recv_timeout(LIMIT) {
            self.said.push(("what the service printed".to_owned(), printed));
        }
    }
}

impl Drop for Cast {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}
