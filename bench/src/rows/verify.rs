//! Verifying proofs that are decoded: one, and 64 in a batch.

use std::hint::black_box;

use ark_bn254::Bn254;
use ark_groth16::{Groth16, prepare_verifying_key};
use ark_serialize::CanonicalDeserialize;
use poa_verifier::groth16::{Claim, Proof};

use super::Subjects;
use crate::measure::{Spread, in_turns};
use crate::table::{Row, Target};
use crate::{BenchError, os_rng};

const BATCH: usize = 64;
/// Runs per measurement: one takes too short.
const BUNCH: usize = 16;
const STOCK: &str = "Groth16::verify_proof of stock ark-groth16 0.6, prepared key, one proof";

/// One after the other, and together.
pub fn rows(subjects: &Subjects, rounds: usize) -> Result<[Row; 2], BenchError> {
    let Subjects { public, witness, full, .. } = subjects;
    let prepared = prepare_verifying_key(&stock_key(subjects));
    let key = full.verifying_key();
    let prove = |_| full.prove(public, witness, &mut os_rng());
    let proofs: Vec<Proof> = (0..BATCH).map(prove).collect::<Result<_, _>>()?;
    let inputs = public.to_inputs();
    let claims: Vec<Claim<'_>> = proofs.iter().map(|proof| (&inputs, proof)).collect();
    let stock_proofs: Vec<_> = proofs
        .iter()
        .map(|proof| ark_groth16::Proof::<Bn254> { a: *proof.a(), b: *proof.b(), c: *proof.c() })
        .collect();
    let mut stock = || {
        for proof in &stock_proofs[..BUNCH] {
            assert!(Groth16::<Bn254>::verify_proof(&prepared, black_box(proof), &inputs).expect("23 inputs"));
        }
    };
    let mut single = || {
        for proof in &proofs[..BUNCH] {
            key.verify(&inputs, black_box(proof)).expect("the proof is good");
        }
    };
    let mut batch = || key.verify_batch(black_box(&claims), &mut os_rng()).expect("all proofs are good");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.map_err(|error| BenchError::Threads(error.to_string()))?;
    let [stock, single, batch] = pool.install(|| in_turns(rounds, [&mut stock, &mut single, &mut batch]));
    let row = |quantity, ours: Spread, runs: usize, ratio| {
        let theirs = (STOCK, stock.scaled(1e6 / BUNCH as f64));
        Row::against(quantity, "µs", ours.scaled(1e6 / runs as f64), theirs, Target::Ratio(ratio))
    };
    Ok([row("verify one, decoded", single, BUNCH, 1.4), row("verify 64 in a batch, per proof", batch, BATCH, 4.5)])
}

/// The same key for arkworks.
fn stock_key(subjects: &Subjects) -> ark_groth16::VerifyingKey<Bn254> {
    let bytes = subjects.full.verifying_key().to_bytes();
    CanonicalDeserialize::deserialize_uncompressed(bytes.as_slice()).expect("the same encoding")
}
