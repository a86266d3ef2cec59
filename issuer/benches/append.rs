//! `cargo bench -p poa-issuer --bench append`: 100,000 leaves in batches of 1,000 into SQLite in memory and on disk.
//!
//! Every batch commits all that a restart needs of the log: openings, nodes, state, signed head. On disk a commit waits
//! for the disk (`synchronous = FULL`). The second figure includes hashing the openings.

use poa_issuer::domain::Appends;
use poa_issuer::measure;
use poa_issuer::store::Store;
use tokio::runtime::Runtime;

const LEAVES: usize = 100_000;
const BATCH: usize = 1_000;
const ROUNDS: usize = 5;

fn per_second(measured: &Appends, seconds: f64) -> f64 {
    measured.leaves as f64 / seconds
}

fn report(name: &str, mut figures: Vec<f64>) {
    figures.sort_by(f64::total_cmp);
    let (low, median, high) = (figures[0], figures[figures.len() / 2], figures[figures.len() - 1]);
    println!("{name:<44}{median:>9.0} leaves/s ({low:.0} to {high:.0})");
}

fn main() {
    let runtime = Runtime::new().expect("threads can be started");
    let mut figures = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        let directory = tempfile::tempdir().expect("there is room for a database");
        let path = directory.path().join("log.sqlite");
        for (place, on_disk) in [false, true].into_iter().enumerate() {
            let measured = runtime.block_on(async {
                let store = if on_disk { Store::open(&path).await } else { Store::open_in_memory().await };
                measure::appends(store.expect("the database opens"), LEAVES, BATCH).await.expect("leaves are appended")
            });
            figures[2 * place].push(per_second(&measured, measured.append.as_secs_f64()));
            let whole = measured.append + measured.leaf_hashes;
            figures[2 * place + 1].push(per_second(&measured, whole.as_secs_f64()));
        }
    }
    let names = ["in memory", "in memory, leaf hashes included", "on disk", "on disk, leaf hashes included"];
    names.into_iter().zip(figures).for_each(|(name, figures)| report(name, figures));
}
