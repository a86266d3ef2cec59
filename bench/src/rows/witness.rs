//! From statement to assignment.

use std::hint::black_box;

use poa_circuits::statement::{assignment, circuit};

use super::Subjects;
use crate::measure::in_turns;
use crate::table::{Row, Target};

const SYNTHESIS: &str = "constraint synthesis of the same circuit";

/// Direct derivation beside constraint synthesis.
pub fn row(subjects: &Subjects, rounds: usize) -> Row {
    let Subjects { public, witness, .. } = subjects;
    let mut synthesise = || drop(black_box(circuit::synthesise(public, witness)));
    let mut derive = || drop(black_box(assignment::derive(public, witness)));
    let [theirs, ours] = in_turns(rounds, [&mut synthesise, &mut derive]);
    Row::against("witness", "ms", ours.scaled(1e3), (SYNTHESIS, theirs.scaled(1e3)), Target::AtMost(1.0))
}
