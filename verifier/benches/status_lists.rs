//! `cargo bench -p poa-verifier --bench status_lists -- [rounds]`: encoding and decoding ten million entries.
//!
//! Entries are set at random, as indices are handed out; a tenth is what compresses slowest. Prints the median and the
//! slowest of each act in milliseconds, and the size of the text.

use std::hint::black_box;
use std::time::Instant;

use poa_verifier::status::Bits;
use poa_verifier::status::token_list::Entries;

const ENTRIES: u64 = 10_000_000;

fn main() {
    let rounds = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(5);
    for per_cent in [0, 1, 10, 50] {
        let (revoked, suspended) = (random_bits(per_cent, 1), random_bits(per_cent / 10, 2));
        let token = Entries::from_bits(&revoked, &suspended).expect("of one length").to_value();
        let (bitstring, lst) = (revoked.encode(), token["lst"].as_str().expect("a text").len());
        println!("{per_cent} % revoked");
        act(rounds, &format!("bitstring encoded, {} bytes", bitstring.len()), || revoked.encode());
        act(rounds, &format!("token list encoded, {lst} bytes"), || {
            Entries::from_bits(&revoked, &suspended).expect("of one length").to_value()
        });
        act(rounds, "bitstring decoded", || Bits::decode(&bitstring).expect("what was encoded"));
        act(rounds, "token list decoded", || Entries::from_value(&token).expect("what was encoded"));
    }
}

fn act<T>(rounds: usize, name: &str, mut run: impl FnMut() -> T) {
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            let begun = Instant::now();
            black_box(run());
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("  {:8.1} ms, slowest {:8.1} ms  {name}", times[rounds / 2], times[rounds - 1]);
}

/// Indices by a xorshift generator: they only have to be spread.
fn random_bits(per_cent: u64, seed: u64) -> Bits {
    let mut bits = Bits::new(ENTRIES as usize).expect("within what readers take");
    let mut state = 0x9e37_79b9_7f4a_7c15 ^ seed;
    for _ in 0..ENTRIES / 100 * per_cent {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bits.set(state % ENTRIES, true).expect("below the length");
    }
    bits
}
