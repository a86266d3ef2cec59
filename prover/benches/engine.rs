//! `cargo bench -p poa-prover --bench engine -- [rounds]`: the engine against the stock prover.
//!
//! All sides prove the same statement with the same key in the same process and thread pool, in turns, so that whatever
//! else the machine does falls on all. Prints medians with quartiles, and how much faster than the first row each is.

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use poa_circuits::statement::{Public, Witness, assignment, circuit};
use poa_prover::crs::PROVING_KEY;
use poa_prover::oracle::{prove, prove_stock};
use poa_prover::{Engine, ProvingKey, Settings};

#[path = "../tests/common/mod.rs"]
mod common;
use common::os_rng;

type Contestant<'a> = (&'static str, Box<dyn FnMut() + Send + 'a>);

/// Runs every contestant once a round and prints what each took.
fn in_turns(title: &str, rounds: usize, mut contestants: Vec<Contestant>) {
    let mut times = vec![Vec::with_capacity(rounds); contestants.len()];
    contestants.iter_mut().for_each(|(_, run)| run());
    for _ in 0..rounds {
        for ((_, run), times) in contestants.iter_mut().zip(&mut times) {
            let start = Instant::now();
            run();
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    println!("\n{title}, ms: median [quartiles], ratio");
    let mut first = None;
    for ((name, _), times) in contestants.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        let quantile = |of_four: usize| times[(rounds - 1) * of_four / 4];
        let median = quantile(2);
        let ratio = *first.get_or_insert(median) / median;
        println!("  {name:<36} {median:>9.3} [{:.3} .. {:.3}] {ratio:>6.2}", quantile(1), quantile(3));
    }
}

struct Bench {
    key: &'static ProvingKey,
    full: Engine,
    small: Engine,
    public: Public,
    witness: Witness,
}

impl Bench {
    fn prove(&self, threads: usize, rounds: usize) {
        let (public, witness) = (&self.public, &self.witness);
        let contestants: Vec<Contestant> = vec![
            (
                "stock, synthesis included",
                Box::new(|| {
                    black_box(prove_stock(self.key, public, witness, &mut os_rng()).expect("the statement holds"));
                }),
            ),
            (
                "stock, matrices kept",
                Box::new(|| {
                    black_box(prove(self.key, public, witness, &mut os_rng()).expect("the statement holds"));
                }),
            ),
            (
                "engine, small tables",
                Box::new(|| {
                    black_box(self.small.prove(public, witness, &mut os_rng()).expect("the statement holds"));
                }),
            ),
            (
                "engine, full tables",
                Box::new(|| {
                    black_box(self.full.prove(public, witness, &mut os_rng()).expect("the statement holds"));
                }),
            ),
        ];
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
        pool.install(|| in_turns(&format!("prove, {threads} threads"), rounds, contestants));
    }

    fn present(&self, rounds: usize) {
        let prepared = self.full.prepare(&self.public, &self.witness, &mut os_rng()).expect("the statement holds");
        let context = self.public.context;
        let contestants: Vec<Contestant> = vec![(
            "present, to multibase",
            Box::new(|| {
                let proof =
                    prepared.finish(self.full.verifying_key(), context, &mut os_rng()).expect("the key is the same");
                black_box(proof.to_multibase());
            }),
        )];
        in_turns("prepared proof, from its context", rounds, contestants);
    }

    fn assign(&self, rounds: usize) {
        let (public, witness) = (&self.public, &self.witness);
        let contestants: Vec<Contestant> = vec![
            (
                "assignment by synthesis",
                Box::new(|| {
                    black_box(circuit::synthesise(public, witness));
                }),
            ),
            (
                "assignment, direct",
                Box::new(|| {
                    black_box(assignment::derive(public, witness));
                }),
            ),
            (
                "native check of the statement",
                Box::new(|| {
                    black_box(public.check(witness)).expect("the statement holds");
                }),
            ),
        ];
        in_turns("witness", rounds, contestants);
    }

    fn load(&self, rounds: usize) {
        let load = |name: &'static str, settings| -> Contestant {
            (
                name,
                Box::new(move || {
                    let engine = Engine::load(&cache(), PROVING_KEY, settings).expect("it was stored above");
                    black_box(engine.prove(&self.public, &self.witness, &mut os_rng()).expect("the statement holds"));
                }),
            )
        };
        let contestants = vec![load("full tables", Settings::FULL), load("small tables", Settings::SMALL)];
        in_turns("from disk to first proof", rounds, contestants);
    }
}

fn cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("engines")
}

fn main() {
    let rounds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(11);
    let engine = |settings| {
        let start = Instant::now();
        let engine = Engine::load_or_compile(&cache(), PROVING_KEY, settings).expect("the key is this circuit's");
        println!("{settings:?}: {:?} in {:.2} s", engine.1, start.elapsed().as_secs_f64());
        engine.0
    };
    let (public, witness) = common::statement(0b000101);
    let bench = Bench {
        key: ProvingKey::development(),
        full: engine(Settings::FULL),
        small: engine(Settings::SMALL),
        public,
        witness,
    };
    bench.assign(4 * rounds);
    bench.present(4 * rounds);
    bench.prove(1, rounds);
    bench.prove(2, rounds);
    bench.load(rounds);
}
