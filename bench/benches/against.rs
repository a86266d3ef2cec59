//! `cargo bench -p poa-bench -- [rounds]`: every fast path beside what it replaces. `poa bench` prints the same table.

use std::path::PathBuf;

use poa_bench::{Options, SIZES, peak, run};

fn main() {
    let engine_cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("engines");
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(name) = arguments.iter().skip_while(|argument| *argument != "peak").nth(1) {
        let (_, settings) = SIZES.into_iter().find(|(size, _)| size == name).expect("the name of a setting");
        let peak = peak(&engine_cache, settings).expect("the compiled key is there");
        return println!("{}", peak.map_or_else(|| "unknown".to_owned(), |bytes| bytes.to_string()));
    }
    let rounds = arguments.iter().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(21);
    let peak_command = vec![arguments[0].clone(), "peak".to_owned()];
    let options = Options { rounds, leaves: 100_000, engine_cache, peak_command };
    println!("{}", run(&options, |group| eprintln!("{group} …")).expect("every row is measured"));
}
