//! Peak memory, in a process that does nothing but load a compiled key and prove.

use std::path::Path;
use std::process::Command;

use poa_prover::Settings;
use poa_prover::measure::{MeasureError, load_and_prove};

use crate::measure::Spread;
use crate::table::{Row, Target};
use crate::{BenchError, Options, os_rng};

const MIB: f64 = (1 << 20) as f64;
/// The settings by the names that [`Options::peak_command`] is given.
pub const SIZES: [(&str, Settings); 2] = [("full", Settings::FULL), ("small", Settings::SMALL)];

/// The peak memory of this process in bytes, after loading a compiled key and proving; none where the system does not
/// tell. For a process started for this alone.
///
/// # Errors
/// [`MeasureError`].
pub fn peak(engine_cache: &Path, settings: Settings) -> Result<Option<u64>, MeasureError> {
    Ok(load_and_prove(engine_cache, settings, &mut os_rng())?.peak_bytes)
}

/// Both settings, on two threads, each of which takes some memory of its own; none where the system does not tell a process's peak.
pub fn rows(options: &Options) -> Result<Vec<Row>, BenchError> {
    let quantities = ["peak memory of a process that proves, with tables", "the same, 64 MiB setting"];
    let mut rows = Vec::new();
    for ((quantity, (name, _)), most) in quantities.into_iter().zip(SIZES).zip([256.0, 64.0]) {
        if let Some(bytes) = measure(&options.peak_command, name)? {
            rows.push(Row::alone(quantity, "MiB", Spread::once(bytes as f64 / MIB), Some(Target::AtMost(most))));
        }
    }
    Ok(rows)
}

fn measure(command: &[String], name: &str) -> Result<Option<u64>, BenchError> {
    let failed = |reason: &dyn std::fmt::Display| BenchError::Process(reason.to_string());
    let (program, arguments) = command.split_first().ok_or_else(|| failed(&"no command"))?;
    let output = Command::new(program)
        .args(arguments)
        .arg(name)
        .env("RAYON_NUM_THREADS", "2")
        .output()
        .map_err(|error| failed(&error))?;
    if !output.status.success() {
        return Err(failed(&String::from_utf8_lossy(&output.stderr)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    match text.trim() {
        "unknown" => Ok(None),
        bytes => bytes.parse().map(Some).map_err(|_| failed(&"the process printed no number of bytes")),
    }
}
