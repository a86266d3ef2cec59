//! From a verifier's challenge to the serialised presentation.

use std::hint::black_box;

use poa_prover::{PreparedPresentation, prepare};

use super::Subjects;
use crate::measure::{Spread, in_turns};
use crate::sample::{CHALLENGE, NOW};
use crate::table::{Row, Target};
use crate::{BenchError, os_rng};

/// A prepared presentation, finished on one thread; and one that is read from its stored form, which verifies it anew.
pub fn rows(subjects: &Subjects, rounds: usize) -> Result<[Row; 2], BenchError> {
    let sample = &subjects.sample;
    let key = subjects.full.verifying_key();
    let mut prepared = prepare(&subjects.full, &sample.material, &sample.showing(), &mut os_rng())?;
    let mut present = || {
        let presentation = prepared.present(key, CHALLENGE, NOW, &mut os_rng()).expect("it was prepared for this");
        black_box(presentation.to_string());
    };
    let stored = prepare(&subjects.full, &sample.material, &sample.showing(), &mut os_rng())?.to_bytes();
    let mut from_stored = || {
        let mut prepared = PreparedPresentation::restore(key, &stored, &mut os_rng()).expect("it was stored");
        let presentation = prepared.present(key, CHALLENGE, NOW, &mut os_rng()).expect("it was prepared for this");
        black_box(presentation.to_string());
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.map_err(|error| BenchError::Threads(error.to_string()))?;
    let [ours, from_stored] = pool.install(|| in_turns(rounds, [&mut present, &mut from_stored]));
    let row = |quantity, spread: Spread, target| Row::alone(quantity, "ms", spread.scaled(1e3), target);
    Ok([
        row("present, from challenge to serialised document", ours, Some(Target::AtMost(2.0))),
        row("the same from its stored form, verified anew", from_stored, None),
    ])
}
