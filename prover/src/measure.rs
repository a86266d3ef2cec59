//! What a process that proves takes of its machine, measured in a process of its own.
//!
//! Peak memory belongs to a process, not to a function: whoever wants the figure starts one that calls
//! [`load_and_prove`] and nothing else.

use std::path::Path;
use std::time::{Duration, Instant};

use rand_core::CryptoRng;

use crate::crs;
use crate::engine::{CacheError, Engine, Settings};
use crate::prove::ProveError;

/// What one process took.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Measured {
    /// Its peak resident memory in bytes, program text and embedded key included; none where the system does not tell.
    pub peak_bytes: Option<u64>,
    /// From the compiled key on disk to an engine.
    pub load: Duration,
    /// From there to the end of the self-test's three proofs, each verified.
    pub three_proofs: Duration,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// There is no compiled key: compile it in another process, which takes more memory than proving.
    #[error("compile the key beforehand: {0}")]
    Cache(#[from] CacheError),
    /// The proofs.
    #[error(transparent)]
    Prove(#[from] ProveError),
}

/// Loads the compiled development key from a directory of caches, proves [`crs::self_test`]'s statements, and reads the
/// process's peak memory.
///
/// # Errors
/// [`MeasureError`].
pub fn load_and_prove(
    directory: &Path,
    settings: Settings,
    rng: &mut impl CryptoRng,
) -> Result<Measured, MeasureError> {
    let start = Instant::now();
    let engine = Engine::load(directory, crs::PROVING_KEY, settings)?;
    let load = start.elapsed();
    crs::self_test(&engine, rng)?;
    Ok(Measured { peak_bytes: peak_bytes(), load, three_proofs: start.elapsed() - load })
}

/// The peak resident memory of this process so far, in bytes: `VmHWM`, on Linux.
pub fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kibibytes.checked_mul(1024)
}
