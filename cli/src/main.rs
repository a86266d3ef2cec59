//! `poa`: the one binary. Parses the command line, runs the command, prints its answer.

mod args;
mod caller;
mod client;
mod commands;
mod demo;
mod exit;
mod holder;
mod keyfile;
mod output;
mod pinned;
mod predicates;
mod receipt;
mod service;
mod snarkjs;
mod system;
mod verdict;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    log_to_stderr();
    match commands::run(&cli) {
        Ok(answer) => output::print_answer(&answer, cli.global.json),
        Err(failure) => output::print_failure(&failure, cli.global.json),
    }
    .into()
}

/// Warnings and errors of the service, unless `RUST_LOG` says otherwise.
fn log_to_stderr() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
