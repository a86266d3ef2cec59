//! Peak memory of a fresh process that loads a compiled key and proves.
#![cfg(target_os = "linux")]

use std::path::PathBuf;
use std::process::Command;

use poa_prover::crs::PROVING_KEY;
use poa_prover::measure::load_and_prove;
use poa_prover::{Engine, Settings};
use rand_core::UnwrapErr;

const MIB: u64 = 1 << 20;
/// Tells this program to be the process that is measured.
const MEASURED: &str = "POA_MEASURED_SETTINGS";

/// The directory of compiled keys that all tests share.
fn cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("engines")
}

/// Starts this program anew for one test on two threads, which prints its peak.
fn peak_mib(settings: &str) -> f64 {
    let this = std::env::current_exe().unwrap();
    let arguments = ["--exact", "the_process_that_is_measured", "--nocapture", "--test-threads=1"];
    let output =
        Command::new(this).args(arguments).env(MEASURED, settings).env("RAYON_NUM_THREADS", "2").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let peak = text.split_once("peak ").and_then(|(_, rest)| rest.split_whitespace().next()).unwrap();
    peak.parse::<u64>().unwrap() as f64 / MIB as f64
}

#[test]
fn the_process_that_is_measured() {
    let settings = match std::env::var(MEASURED).as_deref() {
        Ok("full") => Settings::FULL,
        Ok("small") => Settings::SMALL,
        _ => return,
    };
    let measured = load_and_prove(&cache(), settings, &mut UnwrapErr(getrandom::SysRng)).unwrap();
    println!("peak {} ", measured.peak_bytes.unwrap());
}

#[test]
fn full_tables_prove_within_256_mib_and_small_ones_within_64() {
    for (settings, name, most) in [(Settings::FULL, "full", 256.0), (Settings::SMALL, "small", 64.0)] {
        drop(
            Engine::load_or_compile(&cache(), PROVING_KEY, settings, &mut rand_core::UnwrapErr(getrandom::SysRng))
                .unwrap(),
        );
        let peak = peak_mib(name);
        println!("{name}: {peak:.1} MiB");
        assert!(peak <= most, "{name}: {peak:.1} MiB");
        assert!(peak >= most / 8.0, "{name}: {peak:.1} MiB cannot hold the tables");
    }
}
