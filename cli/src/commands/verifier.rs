//! `poa verifier`: the verifiers whose presentation requests the operator vouches for.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use poa_verifier::origin::Origin;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::args::{Global, OperatorAt};
use crate::client::Auth;
use crate::confirm::{Act, ConfirmArgs};
use crate::exit::{Failure, Outcome};
use crate::output::Answer;
use crate::{parties, system};

/// Operations on registered verifiers.
#[derive(Subcommand)]
pub enum VerifierCommand {
    /// Register a verifier (operator): with its token it states requests for its own origin
    Add(AddArgs),
    /// List the registered verifiers (operator)
    List(ListArgs),
    /// Remove a verifier (operator): its token states nothing more
    Remove(RemoveArgs),
}

/// A new verifier.
#[derive(Args)]
pub struct AddArgs {
    #[command(flatten)]
    at: OperatorAt,
    /// Its origin, https://HOST or https://HOST:PORT; make sure that it is theirs
    #[arg(value_parser = parties::origin)]
    origin: Origin,
    /// For people [default: the origin]
    #[arg(long)]
    name: Option<String>,
    /// File to make (mode 0600) with the verifier's token, for the verifier alone
    #[arg(long, value_name = "FILE")]
    token_out: PathBuf,
}

/// What to list.
#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    at: OperatorAt,
}

/// Whom to remove.
#[derive(Args)]
pub struct RemoveArgs {
    #[command(flatten)]
    at: OperatorAt,
    /// Its origin or id
    verifier: String,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

/// Runs the command.
pub fn run(command: &VerifierCommand, global: &Global) -> Outcome<Answer> {
    match command {
        VerifierCommand::Add(args) => add(args, global),
        VerifierCommand::List(args) => list(args, global),
        VerifierCommand::Remove(args) => remove(args, global),
    }
}

fn add(args: &AddArgs, global: &Global) -> Outcome<Answer> {
    if args.token_out.exists() {
        let what = format!("{} exists already", args.token_out.display());
        return Err(Failure::refused(what, "name another file; a token is never overwritten"));
    }
    let (client, token) = args.at.open(global)?;
    let mut body = json!({ "origin": args.origin.to_string() });
    if let Some(name) = &args.name {
        body["name"] = name.as_str().into();
    }
    let mut answer = client.post("/verifiers", &body, Auth::Operator(&token))?;
    let Some(Value::String(secret)) = answer.as_object_mut().and_then(|members| members.remove("token")) else {
        return Err(Failure::error("the service told no token", "check that the URL is that of a poa service"));
    };
    let secret = Zeroizing::new(secret);
    system::write_new(&args.token_out, secret.as_bytes())?;
    Ok(Answer::done(
        format!("registered {}; its token is in {}", args.origin, args.token_out.display()),
        "hand the file over privately; the verifier sends the token with POST /presentation-requests",
        answer,
    ))
}

fn list(args: &ListArgs, global: &Global) -> Outcome<Answer> {
    let (client, token) = args.at.open(global)?;
    let answer = client.get("/verifiers", Auth::Operator(&token))?;
    let verifiers = answer["verifiers"].as_array().cloned().unwrap_or_default();
    let lines: Vec<_> = verifiers.iter().map(line).collect();
    Ok(Answer::done(format!("{} verifiers", lines.len()), "", answer).with_details(lines))
}

/// One verifier on one line, `id  origin  name`.
fn line(verifier: &Value) -> String {
    let text = |member: &str| verifier[member].as_str().unwrap_or("?");
    format!("{}  {}  {}", text("id"), text("origin"), text("name"))
}

fn remove(args: &RemoveArgs, global: &Global) -> Outcome<Answer> {
    let (client, token) = args.at.open(global)?;
    let answer = client.get("/verifiers", Auth::Operator(&token))?;
    let verifiers = answer["verifiers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let origin = parties::origin(&args.verifier).ok();
    let named = |v: &&Value| {
        let same = |origin: &Origin| v["origin"].as_str().and_then(|text| text.parse().ok()).as_ref() == Some(origin);
        v["id"] == args.verifier.as_str() || origin.as_ref().is_some_and(same)
    };
    let found = verifiers.iter().find(named);
    let Some((found, id)) = found.and_then(|verifier| Some((verifier, verifier["id"].as_str()?))) else {
        let what = format!("{} is not registered", args.verifier);
        return Err(Failure::refused(what, "see who is: poa verifier list"));
    };
    super::path_part(id)?;
    args.confirm.agree(&Act {
        what: "this verifier's token states nothing more, and its open requests are gone".to_owned(),
        service: client.base(),
        by: "the operator".to_owned(),
        to: vec![format!("verifier     {}", line(found))],
    })?;
    client.delete(&format!("/verifiers/{id}"), Auth::Operator(&token))?;
    let value = json!({ "id": id, "removed": true });
    Ok(Answer::done(format!("{} is removed; its token states nothing more", args.verifier), "", value))
}
