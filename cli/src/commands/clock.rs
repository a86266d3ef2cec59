//! `poa clock`: the clock of the service's machine, for its operator.

use clap::{Args, Subcommand};
use poa_verifier::time;
use serde_json::{Value, json};

use crate::args::{Global, OperatorAt, ServiceArg};
use crate::client::Auth;
use crate::exit::{Failure, OrFail, Outcome};
use crate::output::Answer;
use crate::system;

/// What to do.
#[derive(Subcommand)]
pub enum ClockCommand {
    /// Say whether the service believes its clock
    Show(ShowArgs),
    /// Confirm the clock: it is right, although it disagrees with the time since the machine started
    Confirm(ConfirmArgs),
}

/// Where to ask.
#[derive(Args)]
pub struct ShowArgs {
    #[command(flatten)]
    service: ServiceArg,
}

/// Which time is right.
#[derive(Args)]
pub struct ConfirmArgs {
    #[command(flatten)]
    at: OperatorAt,
    /// The time by a clock that you trust, like 2027-01-15T08:00:00Z [default: the time of the machine that this command
    /// runs on, which is no second opinion when it is the service's own]
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
}

/// Runs the command.
pub fn run(command: &ClockCommand, global: &Global) -> Outcome<Answer> {
    match command {
        ClockCommand::Show(args) => show(args),
        ClockCommand::Confirm(args) => confirm(args, global),
    }
}

fn show(args: &ShowArgs) -> Outcome<Answer> {
    let health = args.service.client(None)?.get("/health", Auth::Nobody)?;
    let clock = health["clock"].clone();
    if clock["believed"] == true {
        return Ok(Answer::done("the service believes its clock", "", clock));
    }
    let what = format!(
        "the service does not believe its clock, which is {} s ahead of what it should say; nothing is signed",
        clock["offset_s"]
    );
    let next = "set the machine's clock right; or, if it is right, poa clock confirm";
    Ok(Answer::done(what, next, clock))
}

fn confirm(args: &ConfirmArgs, global: &Global) -> Outcome<Answer> {
    let now = match &args.time {
        Some(text) => {
            time::parse_utc(text).or_fail(format!("`{text}` is no time"), "write it like 2027-01-15T08:00:00Z")?
        }
        None => system::now_unix_s(),
    };
    let text =
        time::format_utc(now).map_err(|error| Failure::error(error.to_string(), "check this machine's clock"))?;
    let (client, token) = args.at.open(global)?;
    let clock: Value = client.post("/clock/confirm", &json!({ "now": text }), Auth::Operator(&token))?;
    let next = "look at /ready; if heads lie in the future now: poa root recover";
    Ok(Answer::done(format!("the service believes its clock, which shows {text}"), next, clock))
}
