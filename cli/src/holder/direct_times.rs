//! How long this holder's direct answers took, for answers that were prepared to be kept back as long.

use std::path::PathBuf;
use std::time::Instant;

use poa_issuer::level_timing::DirectTimes;

use super::store::HolderDir;
use crate::engine::EngineArgs;
use crate::exit::{Failure, OrFail, Outcome};
use crate::system;

/// The file in the holder's directory. It holds durations alone.
const FILE: &str = "direct-times.json";

/// The times, as kept between commands.
pub struct Times {
    path: PathBuf,
    times: DirectTimes,
}

/// When a direct answer began.
#[derive(Clone, Copy)]
pub struct Began {
    at: Instant,
    /// Whether it compiles the proving key first, which none after it does.
    compiles: bool,
}

impl Began {
    /// Now, with this engine.
    pub fn now(engine: &EngineArgs) -> Self {
        Self { at: Instant::now(), compiles: !engine.is_cached() }
    }
}

impl Times {
    /// Reads them; none yet is none.
    pub fn of(dir: &HolderDir) -> Outcome<Self> {
        let path = dir.path().join(FILE);
        let times = match path.exists() {
            true => serde_json::from_slice(&system::read(&path)?)
                .or_fail(format!("{} is damaged", path.display()), "remove it; it is learned again")?,
            false => DirectTimes::default(),
        };
        Ok(Self { path, times })
    }

    /// Whether a direct answer was timed.
    pub fn known(&self) -> bool {
        self.times.level().is_some()
    }

    /// Notes a direct answer. One that compiled the proving key took longer than any will again, and is not noted.
    pub fn note(&mut self, began: Began) -> Outcome<()> {
        if began.compiles {
            return Ok(());
        }
        self.times.note(began.at.elapsed());
        let bytes = serde_json::to_vec(&self.times).or_fail(FILE, "please report it")?;
        system::write_own(&self.path, &bytes)
    }

    /// Sleeps until a direct answer that began then would be there.
    pub fn keep_back(&self, began: Began) {
        if let Some(level) = self.times.level() {
            std::thread::sleep(level.saturating_sub(began.at.elapsed()));
        }
    }

    /// The refusal of a prepared answer that nothing is known to keep back for.
    pub fn unknown() -> Failure {
        Failure::refused(
            "how long a direct answer takes is not known yet, so a prepared one cannot be kept back as long",
            "answer once without --prepared, or prepare again: both are timed",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_compiled_the_key_is_not_noted() {
        let base = tempfile::tempdir().unwrap();
        let mut times = Times { path: base.path().join(FILE), times: DirectTimes::default() };
        let at = Instant::now();
        times.note(Began { at, compiles: true }).unwrap();
        assert!(!times.known() && !times.path.exists());
        times.note(Began { at, compiles: false }).unwrap();
        assert!(times.known() && times.path.exists());
    }
}
