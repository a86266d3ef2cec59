//! `poa agent`: the service's agents.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::args::{Global, OperatorArgs, ServiceArg};
use crate::caller::{Caller, CallerArgs, uuid_of};
use crate::client::{Auth, Client};
use crate::commands::read_json;
use crate::exit::{Failure, Outcome};
use crate::holder::contents::Custody;
use crate::holder::rotate;
use crate::output::{Answer, pretty};
use crate::{keyfile, system};

/// Operations on agents.
#[derive(Subcommand)]
pub enum AgentCommand {
    /// Make an Ed25519 key file for an agent whose proving secrets the service keeps
    Keygen(KeygenArgs),
    /// Get a challenge for a holder to answer (operator; or the agent for its own)
    Challenge(ChallengeArgs),
    /// Register an agent (operator)
    Register(RegisterArgs),
    /// List agents
    List(ListArgs),
    /// Show one agent's public record
    Show(AgentArgs),
    /// Replace an agent's keys: the holder its own, the operator a lost request key
    Rotate(RotateArgs),
    /// Revoke an agent and all its credentials, for good
    Revoke(ActArgs),
    /// Suspend an agent (operator)
    Suspend(ActArgs),
    /// Undo a suspension (operator)
    Resume(ActArgs),
}

/// Where a new key goes.
#[derive(Args)]
pub struct KeygenArgs {
    /// File to make (JWK, mode 0600)
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// For whom a challenge is.
#[derive(Args)]
pub struct ChallengeArgs {
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    caller: CallerArgs,
    /// For a new agent, which the service gives its UUID
    #[arg(long, conflicts_with = "agent")]
    new: bool,
    /// Write the challenge to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A new agent.
#[derive(Args)]
pub struct RegisterArgs {
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    operator: OperatorArgs,
    /// The agent's name
    #[arg(long)]
    name: String,
    /// The holder's answer to a challenge (`poa holder answer`): the holder keeps its secrets
    #[arg(long, value_name = "FILE", conflicts_with = "public_key")]
    answer: Option<PathBuf>,
    /// The agent's Ed25519 key (Multikey, z6Mk…): the service keeps the proving secrets
    #[arg(long, value_name = "MULTIKEY", required_unless_present = "answer")]
    public_key: Option<String>,
    /// Where the agent's source is
    #[arg(long, value_name = "URL")]
    source: Option<String>,
    /// JSON file describing the agent
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The agent's executable, whose SHA-256 is registered as its build
    #[arg(long, value_name = "FILE")]
    build: Option<PathBuf>,
}

/// Which part of the list.
#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    service: ServiceArg,
    /// Continue after an earlier page
    #[arg(long)]
    cursor: Option<String>,
    /// At most this many
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

/// One agent.
#[derive(Args)]
pub struct AgentArgs {
    #[command(flatten)]
    service: ServiceArg,
    /// DID or UUID
    agent: String,
}

/// New keys for an agent.
#[derive(Args)]
pub struct RotateArgs {
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    caller: CallerArgs,
    /// The new Ed25519 key; without it the holder's proving key is replaced
    #[arg(long, value_name = "MULTIKEY")]
    public_key: Option<String>,
    /// The old Ed25519 key leaked: it ends at once, instead of reading and presenting for another hour
    #[arg(long, requires = "public_key")]
    no_grace: bool,
}

/// One agent and who acts on it.
#[derive(Args)]
pub struct ActArgs {
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    caller: CallerArgs,
}

/// Runs the command.
pub fn run(command: &AgentCommand, global: &Global) -> Outcome<Answer> {
    match command {
        AgentCommand::Keygen(args) => keygen(args),
        AgentCommand::Challenge(args) => challenge(args, global),
        AgentCommand::Register(args) => register(args, global),
        AgentCommand::List(args) => list(args),
        AgentCommand::Show(args) => show(args),
        AgentCommand::Rotate(args) => rotate_keys(args, global),
        AgentCommand::Revoke(args) => super::revoke::agent(&args.service, &args.caller, global),
        AgentCommand::Suspend(args) => act(args, global, "suspend"),
        AgentCommand::Resume(args) => act(args, global, "resume"),
    }
}

fn keygen(args: &KeygenArgs) -> Outcome<Answer> {
    let key = keyfile::create(&args.key, &mut system::rng())?;
    let public = keyfile::multikey(&key)?;
    Ok(Answer::done(
        format!("made {} with the public key {public}", args.key.display()),
        format!("give the operator the public key: poa agent register --public-key {public}"),
        json!({ "key": args.key, "ed25519_public_key": public }),
    ))
}

fn challenge(args: &ChallengeArgs, global: &Global) -> Outcome<Answer> {
    let caller = Caller::find(&args.caller, global)?;
    let client = caller.client(&args.service)?;
    let path = if args.new {
        "/agents/challenge".to_owned()
    } else {
        format!("/agents/{}/challenge", uuid_of(&caller.agent(&args.caller)?)?)
    };
    let challenge = client.post(&path, &json!({}), caller.auth())?;
    let place = match &args.out {
        Some(out) => {
            system::write_out(out, pretty(&challenge).as_bytes())?;
            format!(" in {}", out.display())
        }
        None => String::new(),
    };
    let agent = challenge["agent"].as_str().unwrap_or_default();
    Ok(Answer::done(
        format!("a challenge for {agent}{place}, good for five minutes"),
        "the holder answers it: poa holder answer CHALLENGE --out ANSWER",
        challenge.clone(),
    ))
}

fn register(args: &RegisterArgs, global: &Global) -> Outcome<Answer> {
    let token = args.operator.token(global)?;
    let client = args.service.client(None)?;
    let mut body = match &args.answer {
        Some(path) => read_json(path)?.as_object().cloned().unwrap_or_default(),
        None => Map::from_iter([
            ("custody".into(), json!(Custody::Issuer.name())),
            ("ed25519_public_key".into(), json!(args.public_key)),
        ]),
    };
    body.insert("name".into(), json!(args.name));
    if let Some(source) = &args.source {
        body.insert("source".into(), json!(source));
    }
    if let Some(path) = &args.manifest {
        body.insert("manifest".into(), read_json(path)?);
    }
    if let Some(path) = &args.build {
        body.insert("build_sha256".into(), json!(hex::encode(system::sha256_of(path)?)));
    }
    let agent = client.post("/agents", &Value::Object(body), Auth::Operator(&token))?;
    let did = agent["agent"].as_str().unwrap_or_default();
    Ok(Answer::done(
        format!("registered {} as {did}", args.name),
        "its first receipts give it a leaf: poa attest make, sign, post",
        agent.clone(),
    ))
}

fn list(args: &ListArgs) -> Outcome<Answer> {
    let client = args.service.client(None)?;
    let mut path = format!("/agents?limit={}", args.limit);
    if let Some(cursor) = &args.cursor {
        if !cursor.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~".contains(c)) {
            let next = "give the cursor exactly as the last page named it";
            return Err(Failure::error("the cursor is malformed", next));
        }
        path.push_str(&format!("&cursor={cursor}"));
    }
    let page = client.get(&path, Auth::Nobody)?;
    let agents = page["agents"].as_array().cloned().unwrap_or_default();
    let lines: Vec<String> = agents.iter().map(line_of).collect();
    let next = match page["next"].as_str() {
        Some(cursor) => format!("more: poa agent list --cursor {cursor}"),
        None => String::new(),
    };
    Ok(Answer::done(format!("{} agents", lines.len()), next, page).with_details(lines))
}

/// One agent on one line, `status  did  name`.
fn line_of(agent: &Value) -> String {
    let text = |name: &str| agent[name].as_str().unwrap_or("?").to_owned();
    format!("{:9}  {}  {}", text("status"), text("agent"), text("name"))
}

fn show(args: &AgentArgs) -> Outcome<Answer> {
    let client = args.service.client(None)?;
    let agent = fetch(&client, &args.agent)?;
    let lines = pretty(&agent).lines().map(str::to_owned).collect::<Vec<_>>();
    Ok(Answer::done(line_of(&agent), "", agent).with_details(lines))
}

/// An agent's public record.
pub fn fetch(client: &Client, agent: &str) -> Outcome<Value> {
    client.get(&format!("/agents/{}", uuid_of(agent)?), Auth::Nobody)
}

fn rotate_keys(args: &RotateArgs, global: &Global) -> Outcome<Answer> {
    let mut caller = Caller::find(&args.caller, global)?;
    let client = caller.client(&args.service)?;
    let agent = caller.agent(&args.caller)?;
    if let Some(public_key) = &args.public_key {
        let path = format!("/agents/{}/keys", uuid_of(&agent)?);
        let mut body = json!({ "ed25519_public_key": public_key });
        if args.no_grace {
            body["grace"] = false.into();
        }
        let answer = client.post(&path, &body, caller.auth())?;
        let old_key = match (args.no_grace, &caller) {
            (false, Caller::Agent(_) | Caller::Holder(..)) => {
                "the old key reads and presents for one more hour; if it leaked, rotate again with --no-grace"
            }
            _ => "the old key is accepted no more",
        };
        return Ok(Answer::done(format!("{agent} now signs requests with {public_key}"), old_key, answer));
    }
    let Caller::Holder(dir, signer) = &mut caller else {
        return Err(Failure::error(
            "only the holder can replace its proving key",
            "run it with the holder's --data-dir, or give --public-key for the request key",
        ));
    };
    let answer = rotate::holder_key(dir, signer, &client)?;
    Ok(Answer::done(
        format!("{agent} has a new holder key; its pseudonyms stay the same"),
        "fetch the new leaf after the next publication: poa holder sync",
        answer,
    ))
}

fn act(args: &ActArgs, global: &Global, action: &str) -> Outcome<Answer> {
    let caller = Caller::find(&args.caller, global)?;
    let client = caller.client(&args.service)?;
    let agent = caller.agent(&args.caller)?;
    let path = format!("/agents/{}/{action}", uuid_of(&agent)?);
    let answer = client.post(&path, &json!({}), caller.auth())?;
    let status = answer["status"].as_str().unwrap_or_default();
    Ok(Answer::done(format!("{agent} is {status}, from the next publication on"), "", answer.clone()))
}
