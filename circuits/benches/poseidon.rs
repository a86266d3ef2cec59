//! `cargo bench -p poa-circuits`: `H_2` and `H_12` against light-poseidon constructed once, in turns in one process,
//! and appending to the tree in memory. Prints medians with quartiles.

use std::array::from_fn;
use std::hint::black_box;
use std::time::Instant;

use light_poseidon::{Poseidon, PoseidonHasher};
use poa_circuits::native::field::F;
use poa_circuits::native::poseidon::{self, Inputs};
use poa_circuits::native::tree::Frontier;

const ROUNDS: usize = 61;

/// Times each of some functions once a round, in turns; gives nanoseconds per hash, sorted.
fn in_turns<const K: usize>(hashes: usize, mut work: [&mut dyn FnMut(); K]) -> [Vec<f64>; K] {
    let mut samples = [const { Vec::new() }; K];
    for _ in 0..ROUNDS {
        for (work, samples) in work.iter_mut().zip(&mut samples) {
            let start = Instant::now();
            work();
            samples.push(start.elapsed().as_nanos() as f64 / hashes as f64);
        }
    }
    samples.iter_mut().for_each(|samples| samples.sort_by(f64::total_cmp));
    samples
}

fn report(name: &str, samples: &[f64], against: f64) {
    let at = |share: f64| samples[(share * (samples.len() - 1) as f64) as usize];
    let (low, median, high) = (at(0.25), at(0.5), at(0.75));
    println!("{name:<32}{median:>9.0} ns ({low:.0} to {high:.0}), {:.2} x", against / median);
}

fn hashes<const N: usize>(count: usize)
where
    [F; N]: Inputs,
{
    let mut stock = Poseidon::<F>::new_circom(N).expect("circomlib has this width");
    let inputs: Vec<[F; N]> = (0..count as u64).map(|i| from_fn(|j| -F::from(i * 16 + j as u64))).collect();
    let [light, single, interleaved] = in_turns(
        count,
        [
            &mut || inputs.iter().for_each(|i| drop(black_box(stock.hash(black_box(i))))),
            &mut || inputs.iter().for_each(|i| _ = black_box(poseidon::hash(black_box(i)))),
            &mut || drop(black_box(poseidon::hash_many(black_box(&inputs)))),
        ],
    );
    let against = light[light.len() / 2];
    report(&format!("H_{N}, light-poseidon"), &light, against);
    report(&format!("H_{N}, one by one"), &single, against);
    report(&format!("H_{N}, four interleaved"), &interleaved, against);
}

fn appends() {
    let mut frontier = Frontier::default();
    let leaves: Vec<F> = (1..=10_000u64).map(F::from).collect();
    frontier.append(&leaves[..501]).expect("there is room");
    let [one] = in_turns(1, [&mut || drop(black_box(frontier.clone().append(&leaves[..1])))]);
    let [many] = in_turns(leaves.len(), [&mut || drop(black_box(frontier.clone().append(&leaves)))]);
    report("append one leaf", &one, one[one.len() / 2]);
    report("append 10,000 leaves, each", &many, one[one.len() / 2]);
}

fn main() {
    hashes::<2>(64);
    hashes::<12>(16);
    appends();
}
