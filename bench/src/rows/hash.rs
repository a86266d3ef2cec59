//! Poseidon with two inputs.

use std::hint::black_box;

use light_poseidon::{Poseidon, PoseidonHasher};
use poa_circuits::native::field::F;
use poa_circuits::native::poseidon;

use crate::measure::in_turns;
use crate::table::{Row, Target};

/// Hashes per measurement.
const BUNCH: usize = 1_000;
const LIGHT: &str = "light-poseidon 0.5, constructed once";

/// Four interleaved.
pub fn row(rounds: usize) -> Row {
    let mut light = Poseidon::<F>::new_circom(2).expect("circomlib has two inputs");
    let inputs: Vec<[F; 2]> = (0..BUNCH as u64).map(|i| [-F::from(i), -F::from(i * i)]).collect();
    let mut theirs = || {
        for pair in &inputs {
            black_box(light.hash(black_box(pair)).expect("two inputs"));
        }
    };
    let mut ours = || drop(black_box(poseidon::hash_many(black_box(&inputs))));
    let [theirs, ours] = in_turns(rounds, [&mut theirs, &mut ours]);
    let per_hash = 1e6 / BUNCH as f64;
    Row::against(
        "H_2, four interleaved",
        "µs",
        ours.scaled(per_hash),
        (LIGHT, theirs.scaled(per_hash)),
        Target::Ratio(2.0),
    )
}
