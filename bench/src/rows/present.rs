//! From a verifier's challenge to the serialised presentation.

use std::hint::black_box;

use poa_prover::prepare;

use super::Subjects;
use crate::measure::in_turns;
use crate::sample::{CHALLENGE, NOW};
use crate::table::{Row, Target};
use crate::{BenchError, os_rng};

/// A prepared presentation, finished on one thread.
pub fn row(subjects: &Subjects, rounds: usize) -> Result<Row, BenchError> {
    let sample = &subjects.sample;
    let key = subjects.full.verifying_key();
    let mut prepared = prepare(&subjects.full, &sample.material, &sample.showing(), &mut os_rng())?;
    let mut present = || {
        let presentation = prepared.present(key, CHALLENGE, NOW, &mut os_rng()).expect("it was prepared for this");
        black_box(presentation.to_string());
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.map_err(|error| BenchError::Threads(error.to_string()))?;
    let [ours] = pool.install(|| in_turns(rounds, [&mut present]));
    Ok(Row::alone("present, from challenge to document", "ms", ours.scaled(1e3), Some(Target::AtMost(2.0))))
}
