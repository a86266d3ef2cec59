//! `cargo bench -p poa-verifier --bench groth16 -- [rounds]`: this verifier against stock ark-groth16.
//!
//! Both sides take the same proofs under the same key in the same process, in turns, so that whatever else the machine
//! does falls on both. The proofs are those of `test-vectors/snarkjs/`. Prints medians with quartiles, and how much
//! faster than the first row each is.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use ark_bn254::{Bn254, Fr};
use ark_ff::UniformRand;
use ark_groth16::{Groth16, PreparedVerifyingKey, prepare_verifying_key};
use ark_serialize::CanonicalDeserialize;
use poa_verifier::groth16::{Claim, INPUTS, InputTables, Proof};
use poa_verifier::key::VerifyingKey;
use poa_verifier::snarkjs::{read_inputs, read_proof};
use rand_core::UnwrapErr;

const PROOFS: [&str; 5] =
    ["build_verification-1", "earnings_proof-1", "full_disclosure-1", "presentation", "task_completion-1"];
const BATCH: usize = 64;

/// What is measured, how often it does its thing per run, and the run.
type Contestant<'a> = (&'static str, usize, Box<dyn FnMut() + 'a>);

/// Runs every contestant once a round and prints what each took per thing.
fn in_turns(title: &str, rounds: usize, mut contestants: Vec<Contestant>) {
    let mut times = vec![Vec::with_capacity(rounds); contestants.len()];
    contestants.iter_mut().for_each(|(_, _, run)| run());
    for _ in 0..rounds {
        for ((_, things, run), times) in contestants.iter_mut().zip(&mut times) {
            let start = Instant::now();
            run();
            times.push(start.elapsed().as_secs_f64() * 1e6 / *things as f64);
        }
    }
    println!("\n{title}, µs: median [quartiles], ratio");
    let mut first = None;
    for ((name, _, _), times) in contestants.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        let quantile = |of_four: usize| times[(rounds - 1) * of_four / 4];
        let median = quantile(2);
        let ratio = *first.get_or_insert(median) / median;
        println!("  {name:<36} {median:>9.1} [{:.1} .. {:.1}] {ratio:>6.2}", quantile(1), quantile(3));
    }
}

/// Takes a result so that its computation is not left out.
fn done<T>(result: T) {
    let _ = black_box(result);
}

fn read(name: &str) -> serde_json::Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/snarkjs").join(name);
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).expect("a vector is JSON")
}

struct Bench {
    stock: PreparedVerifyingKey<Bn254>,
    keys: Vec<(&'static str, VerifyingKey)>,
    proofs: Vec<([Fr; INPUTS], Proof)>,
}

impl Bench {
    fn new() -> Self {
        let bytes = include_bytes!("../../crs/verifying_key.bin");
        let key = VerifyingKey::from_bytes(bytes).expect("the committed key is good");
        let stock = ark_groth16::VerifyingKey::deserialize_uncompressed(&bytes[..]).expect("the same bytes");
        let sizes =
            [("small tables", InputTables::Small), ("medium", InputTables::Medium), ("large", InputTables::Large)];
        let vector = |name: &&str| {
            let inputs = read_inputs(&read(&format!("{name}/public.json"))).expect("a vector has 23 inputs");
            (inputs, read_proof(&read(&format!("{name}/proof.json"))).expect("a vector has a proof"))
        };
        Self {
            stock: prepare_verifying_key(&stock),
            keys: sizes.map(|(name, size)| (name, key.clone().with_tables(size))).to_vec(),
            proofs: PROOFS.iter().map(vector).collect(),
        }
    }

    fn stock<'a>(&'a self, inputs: &'a [Fr; INPUTS], proof: &Proof) -> Contestant<'a> {
        let proof = ark_groth16::Proof::<Bn254> { a: *proof.a(), b: *proof.b(), c: *proof.c() };
        let run = move || done(Groth16::<Bn254>::verify_proof(&self.stock, &proof, black_box(inputs)));
        ("stock ark-groth16, prepared key", 1, Box::new(run))
    }

    fn one(&self, title: &str, inputs: &[Fr; INPUTS], proof: &Proof, rounds: usize) {
        let mut contestants = vec![self.stock(inputs, proof)];
        for (name, key) in &self.keys {
            contestants.push((name, 1, Box::new(move || done(key.verify(black_box(inputs), proof)))));
        }
        in_turns(title, rounds, contestants);
    }

    fn batch(&self, rounds: usize) {
        let (inputs, proof) = &self.proofs[3];
        let claims: Vec<Claim> = self.proofs.iter().cycle().take(BATCH).map(|(i, proof)| (i, proof)).collect();
        let mut contestants = vec![self.stock(inputs, proof)];
        for (name, key) in &self.keys {
            let claims = &claims;
            let run = move || key.verify_batch(black_box(claims), &mut UnwrapErr(getrandom::SysRng)).expect("all hold");
            contestants.push((name, BATCH, Box::new(run)));
        }
        in_turns("verify 64 in a batch, per proof", rounds, contestants);
    }

    fn decode(&self, rounds: usize) {
        let bytes = self.proofs[3].1.to_bytes();
        let stock = || done(ark_groth16::Proof::<Bn254>::deserialize_compressed(&black_box(bytes)[..]));
        let ours = || done(Proof::from_bytes(&black_box(bytes)));
        let contestants: Vec<Contestant> = vec![("stock", 1, Box::new(stock)), ("ours", 1, Box::new(ours))];
        in_turns("decode a proof with all checks", rounds, contestants);
    }

    fn load(&self, rounds: usize) {
        let bytes = self.keys[0].1.to_bytes();
        let load = |size| {
            let bytes = &bytes;
            move || done(VerifyingKey::from_bytes(bytes).map(|key| key.with_tables(size)))
        };
        let contestants: Vec<Contestant> = vec![
            ("medium tables", 1, Box::new(load(InputTables::Medium))),
            ("large tables", 1, Box::new(load(InputTables::Large))),
        ];
        in_turns("load a key with all checks", rounds, contestants);
    }
}

fn main() {
    let rounds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(201);
    let bench = Bench::new();
    for (name, (inputs, proof)) in PROOFS.iter().zip(&bench.proofs).skip(2).take(2) {
        bench.keys.iter().for_each(|(_, key)| key.verify(inputs, proof).expect("a vector holds"));
        bench.one(&format!("verify one, decoded: {name}"), inputs, proof, rounds);
    }
    let full_size: [Fr; INPUTS] = std::array::from_fn(|_| Fr::rand(&mut ark_std::test_rng()));
    bench.one("verify one, decoded: 23 full-size inputs, refused", &full_size, &bench.proofs[3].1, rounds);
    bench.batch(rounds.div_ceil(10));
    bench.decode(rounds);
    bench.load(rounds.div_ceil(20));
}
