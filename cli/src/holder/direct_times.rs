//! How long this holder's direct answers took, for answers that were prepared to be kept back as long.

use std::path::PathBuf;
use std::time::Instant;

use poa_issuer::level_timing::DirectTimes;

use super::store::HolderDir;
use crate::exit::{Failure, OrFail, Outcome};
use crate::system;

/// The file in the holder's directory. It holds durations alone.
const FILE: &str = "direct-times.json";

/// The times, as kept between commands.
pub struct Times {
    path: PathBuf,
    times: DirectTimes,
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

    /// Notes a direct answer that began at `began`.
    pub fn note(&mut self, began: Instant) -> Outcome<()> {
        self.times.note(began.elapsed());
        let bytes = serde_json::to_vec(&self.times).or_fail(FILE, "please report it")?;
        system::write_own(&self.path, &bytes)
    }

    /// Sleeps until a direct answer that began at `began` would be there.
    pub fn keep_back(&self, began: Instant) {
        if let Some(level) = self.times.level() {
            std::thread::sleep(level.saturating_sub(began.elapsed()));
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
