//! Many proofs at once, through the service's own queue.

use std::hint::black_box;
use std::sync::Arc;
use std::thread::available_parallelism;

use poa_issuer::proving::{Lane, LaneSize, Principal, WorkerPool};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::Subjects;
use crate::measure::{Spread, in_turns};
use crate::table::{Row, Target};
use crate::{BenchError, os_rng};

/// Proofs in a batch.
const PROOFS: usize = 16;
const ONE_BY_ONE: &str = "the same proofs one after the other in the lane of single requests, each on all cores";

/// What a proof of a batch takes, beside one that has the machine to itself.
pub fn row(subjects: &Subjects, rounds: usize) -> Result<Row, BenchError> {
    let failed = |error: std::io::Error| BenchError::Threads(error.to_string());
    let runtime = Runtime::new().map_err(failed)?;
    let lane = |workers| LaneSize { workers, queue: PROOFS, network: PROOFS, share: PROOFS };
    let cores = available_parallelism().map_or(1, usize::from);
    let pool = Arc::new(WorkerPool::start("measured", lane(1), lane(cores)).map_err(failed)?);
    let mut batch = || runtime.block_on(prove_all(&pool, Lane::Batch, subjects));
    let mut single = || runtime.block_on(prove_all(&pool, Lane::Single, subjects));
    let [batch, single] = in_turns(rounds.div_ceil(4), [&mut batch, &mut single]);
    let per_proof = |spread: Spread| spread.scaled(1e3 / PROOFS as f64);
    let theirs = (ONE_BY_ONE, per_proof(single));
    Ok(Row::against("prove 16 in a batch, per proof", "ms", per_proof(batch), theirs, Target::Ratio(1.0)))
}

async fn prove_all(pool: &Arc<WorkerPool>, lane: Lane, subjects: &Subjects) {
    let mut proofs = JoinSet::new();
    for _ in 0..PROOFS {
        let (engine, public, witness) = (Arc::clone(&subjects.full), subjects.public.clone(), subjects.witness.clone());
        let prove = move || engine.prove(&public, &witness, &mut os_rng()).expect("the statement holds").to_bytes();
        let pool = Arc::clone(pool);
        proofs.spawn(async move { pool.run_in(lane, Principal::Operator, prove).await });
    }
    while let Some(proof) = proofs.join_next().await {
        black_box(proof.expect("no panic").expect("the queue has a place for each"));
    }
}
