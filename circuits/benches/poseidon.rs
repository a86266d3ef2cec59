//! `cargo bench -p poa-circuits`: `H_2`, and appending to the tree in memory.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use poa_circuits::native::field::F;
use poa_circuits::native::poseidon;
use poa_circuits::native::tree::Frontier;

fn hash(criterion: &mut Criterion) {
    let inputs = [F::from(1u64), F::from(2u64)];
    criterion.bench_function("H_2", |b| b.iter(|| poseidon::hash(black_box(&inputs))));
}

fn append(criterion: &mut Criterion) {
    let mut frontier = Frontier::default();
    let leaves: Vec<F> = (1..=10_000u64).map(F::from).collect();
    frontier.append(&leaves[..5_001]).expect("there is room");
    let mut group = criterion.benchmark_group("frontier");
    group.bench_function("append_1", |b| {
        b.iter_batched(|| frontier.clone(), |mut tree| tree.append(&leaves[..1]), BatchSize::SmallInput);
    });
    group.sample_size(10);
    group.bench_function("append_10000", |b| {
        b.iter_batched(|| frontier.clone(), |mut tree| tree.append(&leaves), BatchSize::SmallInput);
    });
    group.finish();
}

criterion_group!(benches, hash, append);
criterion_main!(benches);
