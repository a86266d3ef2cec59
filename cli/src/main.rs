//! `poa`: the one binary. Parses the command line, runs the command, prints its answer.

// They panic when the stream cannot be written, and print what others wrote as it is: [`output`] prints everything.
#![deny(clippy::print_stderr, clippy::print_stdout)]

mod answerable;
mod args;
mod asked;
mod caller;
mod client;
mod commands;
mod confirm;
mod demo;
mod did_web;
mod engine;
mod exit;
mod follow;
mod foreign;
mod holder;
mod keyfile;
mod log;
mod named;
mod outbound;
mod output;
mod parties;
mod pinned;
mod predicates;
mod receipt;
mod requested;
mod service;
mod snarkjs;
mod system;
mod tls;
mod usage;
mod verdict;
mod wallet;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    system::make_files_private();
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(stop) => return output::finish(usage::print(&stop)),
    };
    log::to_stderr(matches!(cli.command, args::Command::Demo(_)));
    output::finish(match commands::run(&cli) {
        Ok(answer) => output::print_answer(&answer, cli.global.json),
        Err(failure) => output::print_failure(&failure, cli.global.json),
    })
}
