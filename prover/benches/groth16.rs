//! `cargo bench -p poa-prover`: prove from statement to verified bytes, and verify one decoded proof.

use criterion::{Criterion, criterion_group, criterion_main};

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/compiled/mod.rs"]
mod compiled;
use compiled::ENGINE;

fn groth16(criterion: &mut Criterion) {
    let (public, witness) = common::statement(0b000101);
    let mut rng = common::os_rng();
    let proof = ENGINE.prove(&public, &witness, &mut rng).expect("the statement holds");
    let inputs = public.to_inputs();
    let mut group = criterion.benchmark_group("groth16");
    group.sample_size(20);
    group.bench_function("prove", |b| b.iter(|| ENGINE.prove(&public, &witness, &mut rng)));
    group.bench_function("verify", |b| b.iter(|| ENGINE.verifying_key().verify(&inputs, &proof)));
    group.finish();
}

criterion_group!(benches, groth16);
criterion_main!(benches);
