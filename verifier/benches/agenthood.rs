//! `cargo bench -p poa-verifier --features wallet-signatures --bench agenthood -- [rounds]`: a Proof of Agenthood
//! against the one Ed25519 verification that it cannot do without.
//!
//! Keys are parsed and the status list decoded beforehand. All sides run in turns in one process, so that whatever else
//! the machine does falls on all. Prints medians with quartiles, and each as a multiple of the first row.

use std::hint::black_box;
use std::time::Instant;

use ed25519_dalek::Signature;
use poa_verifier::agenthood::claims::Attestation;
use poa_verifier::{CheckName, Evidence, Outcome, multibase};

#[allow(dead_code, reason = "the tests' world; a bench needs part of it")]
#[path = "../tests/agenthood/world.rs"]
mod world;
use world::{SHARED, World, request, signer};

type Contestant<'a> = (&'static str, Box<dyn FnMut() + 'a>);

/// Verifications per measurement, so that reading the clock does not show.
const BATCH: usize = 20;

fn in_turns(rounds: usize, mut contestants: Vec<Contestant>) {
    let mut times = vec![Vec::with_capacity(rounds); contestants.len()];
    contestants.iter_mut().for_each(|(_, run)| (0..BATCH).for_each(|_| run()));
    for _ in 0..rounds {
        for ((_, run), times) in contestants.iter_mut().zip(&mut times) {
            let start = Instant::now();
            (0..BATCH).for_each(|_| run());
            times.push(start.elapsed().as_secs_f64() * 1e6 / BATCH as f64);
        }
    }
    println!("µs: median [quartiles], multiple of the first row");
    let mut first = None;
    for ((name, _), times) in contestants.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        let quantile = |of_four: usize| times[(rounds - 1) * of_four / 4];
        let median = quantile(2);
        let ratio = median / *first.get_or_insert(median);
        println!("  {name:<52} {median:>8.2} [{:.2} .. {:.2}] {ratio:>5.2}", quantile(1), quantile(3));
    }
}

fn main() {
    let rounds = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(200);
    let world: &World = &SHARED;
    let attested = world.sign(&world.claims().to_value());
    // The same claims and the same checks but for the last: a wallet's signature is not looked at in a snapshot.
    let issuers = br#"{"type":"PoaAgenthoodIssuers","version":1,"ownSnapshots":true,"issuers":[]}"#;
    let issuers = poa_verifier::agenthood::issuers::AgenthoodIssuers::from_json(issuers).expect("a good file");
    let fixture = world.verifier.clone().with_agenthood(issuers);
    let snapshot = world.sign(&world.claims_of(world.agent(), Attestation::Snapshot).to_value());

    let lists = [world.list()];
    let evidence = Evidence { token_status_lists: &lists, ..Evidence::default() };
    let request = request();
    // A signature of another length ends that check before any curve arithmetic and leaves every other one as it was.
    let unsigned = world.edited(|claims| claims["attestation"]["controllerSig"] = "00".repeat(66).into());
    let key = signer("credentials").verifying_key();
    let (input, signature) = attested.rsplit_once('.').expect("three parts");
    let signature = Signature::from_slice(&multibase::from_base64url(signature).expect("base64url")).expect("64 bytes");

    let verify = |document: &str| world.verify_with(document, Some(&request), &evidence);
    assert!(verify(&attested).verified());
    let report = verify(&unsigned);
    assert_eq!(report.failed(), [CheckName::Proof]);
    for name in [CheckName::IssuerSignature, CheckName::Context, CheckName::Status] {
        assert_eq!(report.outcome(name), Outcome::Pass, "{name}");
    }
    println!("document of {} bytes, snapshot of {}", attested.len(), snapshot.len());
    in_turns(
        rounds,
        vec![
            (
                "verify_strict on the same bytes",
                Box::new(|| {
                    black_box(key.verify_strict(black_box(input.as_bytes()), &signature)).expect("it is good");
                }),
            ),
            (
                "document, without the controller's signature",
                Box::new(|| {
                    black_box(verify(black_box(&unsigned)));
                }),
            ),
            (
                "document, with it (ed25519)",
                Box::new(|| {
                    assert!(black_box(verify(black_box(&attested))).verified());
                }),
            ),
            (
                "snapshot",
                Box::new(|| {
                    let memory = &mut poa_verifier::HeadMemory::default();
                    let report = fixture.verify(snapshot.as_bytes(), Some(&request), &evidence, memory, world::NOW);
                    assert!(black_box(report).verified());
                }),
            ),
        ],
    );
}
