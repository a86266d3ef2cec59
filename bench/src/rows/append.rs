//! Appending leaves to the log, storage included.
//!
//! Every batch commits all that a restart needs: openings, nodes, the log's state, a signed head. On disk a commit waits
//! for the disk. The leaves' own hashes are a row's first figure or not, as it says.

use poa_issuer::domain::Appends;
use poa_issuer::measure::appends;
use poa_issuer::store::{Store, StoreError};
use tokio::runtime::Runtime;

use crate::measure::Spread;
use crate::table::{Row, Target};
use crate::{BenchError, Options};

const BATCH: usize = 1_000;
/// Each round appends all leaves anew.
const ROUNDS: usize = 3;
/// Leaves a second that are demanded, in memory.
const LEAST: f64 = 40_000.0;

/// In memory, on disk, and in memory with the leaves' hashes.
pub fn rows(options: &Options) -> Result<[Row; 3], BenchError> {
    let failed = |error: &dyn std::fmt::Display| BenchError::Append(error.to_string());
    let runtime = Runtime::new().map_err(|error| failed(&error))?;
    let (mut memory, mut hashed, mut disk) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let measured = runtime.block_on(append(Store::open_in_memory(), options.leaves))?;
        memory.push(measured.append.as_secs_f64());
        hashed.push((measured.append + measured.leaf_hashes).as_secs_f64());
        let directory = tempfile::tempdir().map_err(|error| failed(&error))?;
        let path = directory.path().join("log.sqlite");
        disk.push(runtime.block_on(append(Store::open(&path), options.leaves))?.append.as_secs_f64());
    }
    let row = |quantity, seconds, target| {
        let rate = Spread::of(seconds).inverse().scaled(options.leaves as f64);
        Row::alone(quantity, "leaves/s", rate, target)
    };
    // The name of the target says how many.
    let in_memory = match options.leaves {
        100_000 => "append 100,000 leaves in batches of 1,000, storage included",
        _ => "append leaves in batches of 1,000, storage included",
    };
    Ok([
        row(in_memory, memory, Some(Target::AtLeast(LEAST))),
        row("the same, leaf hashes included", hashed, None),
        row("the same as the first, SQLite on disk", disk, None),
    ])
}

async fn append(store: impl Future<Output = Result<Store, StoreError>>, leaves: usize) -> Result<Appends, BenchError> {
    let store = store.await.map_err(|error| BenchError::Append(error.to_string()))?;
    appends(store, leaves, BATCH).await.map_err(|error| BenchError::Append(error.to_string()))
}
