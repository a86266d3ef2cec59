//! Running the real binary in a directory of its own, with a bound on the time it may take.

// Each test target uses a part of this.
#![allow(dead_code)]

pub mod cast;
pub mod stranger;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// What a run answered.
pub struct Run {
    /// The exit status.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Standard output as the one JSON object it must be.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// A directory for one test, and the binary.
pub struct Poa {
    directory: tempfile::TempDir,
}

impl Poa {
    /// An empty directory.
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// A path below the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The same as text, for arguments.
    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// `poa ARGS`, with nothing of this machine's user in its environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_poa"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.directory.path())
            // Compiled by the first test that proves, and read by all others and by later runs.
            .env("POA_CACHE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/engine"))
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs `poa ARGS`, for a minute at most.
    pub fn run(&self, args: &[&str]) -> Run {
        self.run_within(args, &[], Duration::from_secs(60))
    }

    /// Runs `poa ARGS` with variables, for as long as `limit` at most.
    pub fn run_within(&self, args: &[&str], variables: &[(&str, &str)], limit: Duration) -> Run {
        let mut command = self.command(args);
        command.envs(variables.iter().copied());
        finish(command.spawn().unwrap(), limit)
    }
}

/// Waits for a process, reading what it says; kills it after `limit`.
pub fn finish(mut child: Child, limit: Duration) -> Run {
    let mut stdout = child.stdout.take().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let read_stdout = std::thread::spawn(move || std::io::read_to_string(&mut stdout).unwrap());
    let read_stderr = std::thread::spawn(move || std::io::read_to_string(&mut stderr).unwrap());
    let deadline = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("poa took longer than {limit:?}: {}", read_stderr.join().unwrap());
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    Run {
        status: status.code().expect("poa was not killed"),
        stdout: read_stdout.join().unwrap(),
        stderr: read_stderr.join().unwrap(),
    }
}
