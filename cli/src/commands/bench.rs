//! `poa bench`: how fast this machine proves, verifies and hashes, beside what could be used instead.

use std::io::{BufRead as _, Read as _};

use clap::Args;
use poa_bench::{Options, Prover, SIZES, peak};
use serde_json::json;

use crate::engine::EngineArgs;
use crate::exit::{Failure, OrFail, Outcome};
use crate::output::{Answer, note, print_line};

/// The longest line that asks for a proof.
const MAX_LINE_BYTES: u64 = 1024;

/// What to measure.
#[derive(Args)]
pub struct BenchArgs {
    /// How often each side of a row runs
    #[arg(long, default_value_t = 21, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    rounds: u16,
    /// Thousands of leaves to append; the target is for 100
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    thousand_leaves: u16,
    #[command(flatten)]
    engine: EngineArgs,
    /// Only load the compiled key with these tables, prove, and print the peak memory of this process in bytes
    #[arg(long, hide = true, value_name = "TABLES")]
    peak: Option<String>,
    /// Only prove the sample once for every line of standard input, and print the seconds each took
    #[arg(long, hide = true)]
    on_request: bool,
}

/// Runs the command.
pub fn run(args: &BenchArgs) -> Outcome<Answer> {
    match &args.peak {
        Some(tables) => print_peak(args, tables),
        None if args.on_request => prove_on_request(args),
        None => measure(args),
    }
}

fn measure(args: &BenchArgs) -> Outcome<Answer> {
    let cache_dir = args.engine.cache_dir();
    let program = std::env::current_exe().or_fail("this program's path", "start it by its full path")?;
    let command = ["bench", "--cache-dir", &cache_dir.to_string_lossy(), "--peak"].map(str::to_owned);
    let options = Options {
        rounds: args.rounds.into(),
        leaves: usize::from(args.thousand_leaves) * 1_000,
        engine_cache: cache_dir,
        peak_command: std::iter::once(program.to_string_lossy().into_owned()).chain(command).collect(),
    };
    let table =
        poa_bench::run(&options, |group| note(&format!("{group} …"))).or_fail("not measured", "please report it")?;
    let value = serde_json::to_value(&table).or_fail("the table", "please report it")?;
    Ok(Answer::document(table.to_string(), "", value))
}

fn print_peak(args: &BenchArgs, tables: &str) -> Outcome<Answer> {
    let settings = SIZES.into_iter().find(|(name, _)| *name == tables).map(|(_, settings)| settings);
    let settings = settings.ok_or_else(|| Failure::error(format!("no tables are called {tables}"), "full or small"))?;
    let bytes = peak(&args.engine.cache_dir(), settings).or_fail("not measured", "run poa bench")?;
    let text = bytes.map_or_else(|| "unknown".to_owned(), |bytes| bytes.to_string());
    Ok(Answer::done(text, "", json!({ "peak_bytes": bytes })))
}

/// For programs that take turns with this one.
fn prove_on_request(args: &BenchArgs) -> Outcome<Answer> {
    let prover = Prover::new(args.engine.load()?);
    let mut proofs = 0;
    let mut lines = std::io::stdin().lock();
    loop {
        let mut line = Vec::new();
        let next = "send a short line per proof";
        match lines.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line).or_fail("standard input", next)? {
            0 => break,
            _ if line.ends_with(b"\n") => {}
            _ => return Err(Failure::error("standard input is not a line", next)),
        }
        print_line(&prover.prove().as_secs_f64().to_string());
        proofs += 1;
    }
    Ok(Answer::done(format!("{proofs} proofs"), "", json!({ "proofs": proofs })))
}
