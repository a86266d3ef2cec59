//! From opening to the bytes of a proof that was verified.

use std::hint::black_box;

use poa_prover::Engine;
use poa_prover::oracle::prove_stock;

use super::Subjects;
use crate::measure::{Spread, in_turns};
use crate::table::{Row, Target};
use crate::{BenchError, os_rng};

const STOCK: &str = "Groth16::prove of stock ark-groth16 0.6, synthesis included";

/// With one thread, with two, and with small tables.
pub fn rows(subjects: &Subjects, rounds: usize) -> Result<[Row; 3], BenchError> {
    let [stock, full, small] = with_threads(subjects, 1, rounds)?;
    let [stock_2, full_2, _] = with_threads(subjects, 2, rounds)?;
    let row = |quantity, ours: Spread, stock: Spread, ratio| {
        Row::against(quantity, "ms", ours.scaled(1e3), (STOCK, stock.scaled(1e3)), Target::Ratio(ratio))
    };
    Ok([
        row("prove, 1 thread, from opening to verified bytes", full, stock, 2.2),
        row("prove, 2 threads, from opening to verified bytes", full_2, stock_2, 2.6),
        row("prove, 1 thread, 64 MiB setting, from opening to verified bytes", small, stock, 1.6),
    ])
}

/// Stock, full tables, small tables. Every side verifies its proof and writes its bytes.
fn with_threads(subjects: &Subjects, threads: usize, rounds: usize) -> Result<[Spread; 3], BenchError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| BenchError::Threads(error.to_string()))?;
    let sample = &subjects.sample;
    let stock = || {
        let (public, witness) = sample.statement();
        let proof = prove_stock(subjects.stock, &public, &witness, &mut os_rng()).expect("the statement holds");
        black_box(proof.to_bytes());
    };
    let ours = |engine: &Engine| {
        let (public, witness) = sample.statement();
        let proof = engine.prove(&public, &witness, &mut os_rng()).expect("the statement holds");
        black_box(proof.to_bytes());
    };
    let (full, small) = (|| ours(&subjects.full), || ours(&subjects.small));
    Ok(pool.install(|| in_turns(rounds, [&mut { stock }, &mut { full }, &mut { small }])))
}
