//! From the compiled key on disk to the first proof.

use std::hint::black_box;

use poa_prover::crs::PROVING_KEY;
use poa_prover::{Engine, Settings};

use super::Subjects;
use crate::measure::in_turns;
use crate::table::{Row, Target};
use crate::{Options, os_rng};

/// With full tables, the larger file.
pub fn row(subjects: &Subjects, options: &Options) -> Row {
    let Subjects { public, witness, .. } = subjects;
    let mut load = || {
        let engine = Engine::load(&options.engine_cache, PROVING_KEY, Settings::FULL).expect("it was stored before");
        black_box(engine.prove(public, witness, &mut os_rng()).expect("the statement holds"));
    };
    let [ours] = in_turns(options.rounds, [&mut load]);
    Row::alone("load a compiled key from disk to first proof", "s", ours, Some(Target::AtMost(0.5)))
}
