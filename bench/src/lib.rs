//! What this project's fast paths take on a machine, beside what its users could pick instead.
//!
//! `cargo bench -p poa-bench` and `poa bench` print the same [`Table`]. Both sides of a row run the same circuit, key,
//! profile, thread pool and process, in turns ([`measure`]); arkworks has its `parallel` feature on. One file a group of
//! rows under `rows/`. snarkjs and rapidsnark are measured by `scripts/snarkjs/bench.sh` on exported files.
#![deny(missing_docs)]

pub mod measure;
mod prover;
mod rows;
mod sample;
mod table;

use std::path::PathBuf;

use poa_prover::crs::PROVING_KEY;
use poa_prover::measure::MeasureError;
use poa_prover::{Engine, PresentError, ProveError, ProvingKeyError, Settings};
use rand_core::{CryptoRng, UnwrapErr};

pub use prover::Prover;
pub use rows::memory::{SIZES, peak};
pub use table::{Row, Table, Target};

use rows::Subjects;

/// What to measure with.
#[derive(Clone, Debug)]
pub struct Options {
    /// How often each side of a row runs, at least 1. Rows of microseconds run that many bunches.
    pub rounds: usize,
    /// How many leaves are appended, a multiple of 1,000. The targets are for 100,000.
    pub leaves: usize,
    /// The directory of compiled keys.
    pub engine_cache: PathBuf,
    /// A command that runs [`peak`] for the settings named by its last argument in a process of its own, and prints the
    /// bytes.
    pub peak_command: Vec<String>,
}

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The built-in proving key.
    #[error("proving key: {0}")]
    Key(#[from] ProvingKeyError),
    /// Proving.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// Presenting.
    #[error(transparent)]
    Present(#[from] PresentError),
    /// The process whose memory is measured.
    #[error("peak memory: {0}")]
    Memory(#[from] MeasureError),
    /// The process whose memory is measured could not be started or printed no number.
    #[error("peak memory: {0}")]
    Process(String),
    /// The log that leaves are appended to.
    #[error("append: {0}")]
    Append(String),
    /// Threads could not be started.
    #[error("threads: {0}")]
    Threads(String),
}

/// Measures every row; some minutes. `progress` is told the name of each group before it is measured.
///
/// # Errors
/// [`BenchError`]; a slow figure is none.
pub fn run(options: &Options, mut progress: impl FnMut(&str)) -> Result<Table, BenchError> {
    progress("compiling keys");
    let load = |settings| Engine::load_or_compile(&options.engine_cache, PROVING_KEY, settings, &mut os_rng());
    let subjects = Subjects::new(load(Settings::FULL)?.0, load(Settings::SMALL)?.0);
    let rounds = options.rounds;
    let mut rows = Vec::new();
    progress("witness");
    rows.push(rows::witness::row(&subjects, rounds));
    progress("prove");
    rows.extend(rows::prove::rows(&subjects, rounds)?);
    progress("batch");
    rows.push(rows::batch::row(&subjects, rounds)?);
    progress("peak memory");
    rows.extend(rows::memory::rows(options)?);
    progress("present");
    rows.extend(rows::present::rows(&subjects, rounds)?);
    progress("load");
    rows.push(rows::load::row(&subjects, options));
    progress("verify");
    rows.extend(rows::verify::rows(&subjects, rounds)?);
    progress("hash");
    rows.push(rows::hash::row(rounds));
    progress("append");
    rows.extend(rows::append::rows(options)?);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Table { processor: processor(), threads, rounds, rows })
}

/// The operating system's randomness: what is measured here is what runs elsewhere with the same.
fn os_rng() -> impl CryptoRng {
    UnwrapErr(getrandom::SysRng)
}

/// The processor's name, where Linux tells.
fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("model name"));
    line.and_then(|line| line.split_once(": ")).map_or("unknown processor", |(_, name)| name).to_owned()
}
