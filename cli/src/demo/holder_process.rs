//! The holder of the demo: another process of this program, with its own directory and key file.
//!
//! The demo hands it files and reads its public answers. `k`, `n` and the opening never leave that
//! process and its sealed file.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::engine::EngineArgs;
use crate::exit::{Failure, OrFail, Outcome};

/// The longest one command of the holder may take.
const LIMIT: Duration = Duration::from_secs(120);
/// The longest answer of one command.
const MAX_ANSWER_BYTES: u64 = 16 << 20;
/// What to do about a failure.
const NEXT: &str = "read the holder's own words above; `poa demo` starts afresh";
/// How often its end is looked for.
const POLL: Duration = Duration::from_millis(5);

/// The holder's side.
pub struct HolderProcess {
    program: PathBuf,
    data_dir: PathBuf,
    key_file: PathBuf,
    engine: EngineArgs,
    /// For the files that pass between the two sides.
    exchange: PathBuf,
}

impl HolderProcess {
    /// A holder below `base`, which exists; its directory is made by `holder init`.
    pub fn new(base: &Path, engine: &EngineArgs) -> Outcome<Self> {
        let program = std::env::current_exe()
            .or_fail("this program does not know its own path", "run it from an ordinary file")?;
        let exchange = base.join("exchange");
        crate::system::make_private_dir(&exchange)?;
        Ok(Self {
            program,
            data_dir: base.join("holder"),
            key_file: base.join("holder-key.txt"),
            engine: engine.clone(),
            exchange,
        })
    }

    /// A file that both sides read and write.
    pub fn exchange(&self, name: &str) -> PathBuf {
        self.exchange.join(name)
    }

    /// Runs `poa ARGS` as the holder and gives its JSON answer.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Outcome<Value> {
        self.answer(args)?.map_err(|refused| Self::failed(&refused))
    }

    /// The failure that an answer of [`HolderProcess::answer`] tells of.
    pub fn failed(refused: &Value) -> Failure {
        let what = refused["error"]["what"].as_str().unwrap_or("no reason given");
        Failure::error(format!("the holder's process failed: {what}"), NEXT)
    }

    /// The same; what the holder's command refuses is an answer too.
    pub fn answer<S: AsRef<OsStr>>(&self, args: &[S]) -> Outcome<Result<Value, Value>> {
        let next = NEXT;
        let mut child = Command::new(&self.program)
            .arg("--json")
            .arg("--data-dir")
            .arg(&self.data_dir)
            .args(args)
            .arg("--key-file")
            .arg(&self.key_file)
            .envs(self.engine.variables())
            .env_remove("POA_OPERATOR_TOKEN")
            .env_remove("POA_PASSPHRASE")
            .env_remove("POA_SERVICE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .or_fail("the holder's process does not start", next)?;
        // Read on a thread of its own: a full pipe would keep the child from ending.
        let mut stdout = child.stdout.take();
        let reader = std::thread::spawn(move || {
            let pipe = stdout.as_mut().ok_or(std::io::ErrorKind::BrokenPipe)?;
            poa_files::read_all(pipe, MAX_ANSWER_BYTES).map_err(std::io::Error::other)
        });
        let deadline = Instant::now() + LIMIT;
        let status = loop {
            if let Some(status) = child.try_wait().or_fail("the holder's process is lost", next)? {
                break status;
            }
            if Instant::now() > deadline {
                // It may end by itself in between, which is as good.
                let _ = child.kill();
                let _ = child.wait();
                return Err(Failure::error("the holder's process takes too long", next));
            }
            std::thread::sleep(POLL);
        };
        let text = reader
            .join()
            .unwrap_or_else(|_| Err(std::io::ErrorKind::Other.into()))
            .or_fail("the holder's answer cannot be read", next)?;
        let answer: Value = serde_json::from_slice(&text).or_fail("the holder's answer is no JSON", next)?;
        Ok(if status.success() { Ok(answer) } else { Err(answer) })
    }
}
