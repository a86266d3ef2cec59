//! The commands, one file each. Each takes its arguments and gives an [`crate::output::Answer`].

pub mod agent;
pub mod agenthood;
pub mod attest;
pub mod bench;
pub mod clock;
pub mod crs;
pub mod holder;
pub mod issue;
pub mod keys;
pub mod prepare;
pub mod present;
pub mod request;
pub mod revoke;
pub mod root;
pub mod schema;
pub mod selftest;
pub mod serve;
mod serve_agenthood;
pub mod trust;
pub mod verifier;
pub mod verify;

use std::path::Path;

use serde_json::Value;

use crate::args::{Cli, Command};
use crate::exit::{Failure, OrFail, Outcome};
use crate::output::Answer;
use crate::system;

/// Runs the command that was given.
pub fn run(cli: &Cli) -> Outcome<Answer> {
    let global = &cli.global;
    if let Some(path) = &global.ca_file {
        crate::tls::trust_file(path)?;
    }
    match &cli.command {
        Command::Demo(args) => crate::demo::run(args, global),
        Command::Serve(args) => serve::run(args, global),
        Command::Agent(command) => agent::run(command, global),
        Command::Agenthood(command) => agenthood::run(command, global),
        Command::Attest(command) => attest::run(command, global),
        Command::Issue(args) => issue::run(args, global),
        Command::Prepare(args) => prepare::run(args, global),
        Command::Present(args) => present::run(args, global),
        Command::Request(args) => request::run(args, global),
        Command::Verify(args) => verify::run(args, global),
        Command::Revoke(command) => revoke::run(command, global),
        Command::Root(command) => root::run(command, global),
        Command::Schema(command) => schema::run(command, global),
        Command::Verifier(command) => verifier::run(command, global),
        Command::Trust(command) => trust::run(command, global),
        Command::Clock(command) => clock::run(command, global),
        Command::Keys(command) => keys::run(command, global),
        Command::Bench(args) => bench::run(args),
        Command::Selftest(args) => selftest::run(args),
        Command::Crs(command) => crs::run(command),
        Command::Holder(command) => holder::run(command, global),
    }
}

/// Reads a JSON file strictly: no duplicate members, no trailing bytes.
pub fn read_json(path: &Path) -> Outcome<Value> {
    poa_verifier::json::parse_strict(&system::read(path)?)
        .or_fail(format!("{} is not acceptable JSON", path.display()), "correct the file and try again")
}

/// Refuses what would not stay one part of a path or query: anything but letters, digits, hyphens, dots, underscores.
pub fn path_part(text: &str) -> Outcome<()> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) {
        return Ok(());
    }
    Err(Failure::error(format!("`{text}` is no identifier"), "copy it as it was printed"))
}
