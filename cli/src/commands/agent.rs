//! `poa agent`: the service's agents.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use poa_verifier::did::AgentDid;
use serde_json::{Map, Value, json};

use crate::args::{Global, OperatorAt, ServiceArg};
use crate::caller::{Caller, CallerArgs};
use crate::client::{Auth, Client};
use crate::commands::read_json;
use crate::confirm::{Act, ConfirmArgs};
use crate::exit::{Failure, Outcome};
use crate::holder::contents::Custody;
use crate::holder::rotate;
use crate::named::{AgentName, did_in};
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
    /// Replace an agent's keys: the holder its own, the operator lost ones
    Rotate(RotateArgs),
    /// Revoke an agent and all its credentials, for good
    Revoke(super::revoke::AgentArgs),
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
    at: OperatorAt,
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
    agent: AgentName,
}

/// New keys for an agent.
#[derive(Args)]
pub struct RotateArgs {
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    caller: CallerArgs,
    #[command(flatten)]
    new: NewKeyArgs,
    /// The old Ed25519 key leaked: it ends at once, instead of reading and presenting for another hour
    #[arg(long, requires = "NewKeyArgs")]
    no_grace: bool,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

/// The new key; without any, the holder's proving key is replaced by a fresh one.
#[derive(Args)]
#[group(multiple = false)]
struct NewKeyArgs {
    /// The new Ed25519 request key's public half, whose file is kept elsewhere (operator, or agent with --key)
    #[arg(long, value_name = "MULTIKEY")]
    public_key: Option<String>,
    /// Key file (JWK) with the new Ed25519 request key; a holder's directory takes it over
    #[arg(long, value_name = "FILE")]
    new_key: Option<PathBuf>,
    /// Replace the request key of a holder's directory by a fresh one, made and kept there
    #[arg(long)]
    request_key: bool,
    /// The answer of the agent's holder with new keys, when the old ones are lost (poa holder answer --replace; operator)
    #[arg(long, value_name = "FILE")]
    answer: Option<PathBuf>,
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
        AgentCommand::Revoke(args) => super::revoke::agent(args, global),
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
        format!("/agents/{}/challenge", caller.agent(&args.caller, &client)?.uuid())
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
    let (client, token) = args.at.open(global)?;
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
    let (what, next) = match page["next"].as_str() {
        Some(cursor) => {
            (format!("{} agents, and there are more", lines.len()), format!("more: poa agent list --cursor {cursor}"))
        }
        None if args.cursor.is_some() => (format!("{} more agents, the last", lines.len()), String::new()),
        None => (format!("{} agents", lines.len()), String::new()),
    };
    Ok(Answer::done(what, next, page).with_details(lines))
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

/// The public record of the agent that was named: one of another service does not answer for it.
pub fn fetch(client: &Client, agent: &AgentName) -> Outcome<Value> {
    let record = client.get(&format!("/agents/{}", agent.uuid()), Auth::Nobody)?;
    let found = did_in(&record["agent"])?;
    if agent.is(&found) {
        return Ok(record);
    }
    Err(Failure::refused(
        format!("{agent} is not an agent of {}, whose agent of this UUID is {found}", client.base()),
        "name the agent's own service with --service",
    ))
}

/// Lines about an agent, for whoever is asked to agree to an act on it.
pub fn introduce(client: &Client, agent: &AgentDid) -> Outcome<Vec<String>> {
    let record = fetch(client, &AgentName::Did(agent.clone()))?;
    let text = |name: &str| record[name].as_str().unwrap_or("?").to_owned();
    Ok(vec![
        format!("agent        {agent}"),
        format!("name         {}", text("name")),
        format!("status       {}", text("status")),
    ])
}

fn rotate_keys(args: &RotateArgs, global: &Global) -> Outcome<Answer> {
    let mut caller = Caller::find(&args.caller, global)?;
    let client = caller.client(&args.service)?;
    let agent = caller.agent(&args.caller, &client)?;
    if let Caller::Operator(_) = caller {
        // Whoever holds the old key is out, at once.
        let what = "this agent's keys are replaced, and the old ones are accepted no more".to_owned();
        let to = introduce(&client, &agent)?;
        args.confirm.agree(&Act { what, service: client.base(), by: caller.words(), to })?;
    }
    let NewKeyArgs { public_key, new_key, request_key, answer } = &args.new;
    if let Some(path) = answer {
        return replace_lost_keys(path, &agent, &caller, &client);
    }
    let given = new_key.as_deref().map(keyfile::read).transpose()?;
    match (&mut caller, public_key) {
        (Caller::Holder(..), Some(_)) => Err(Failure::error(
            "a holder's directory needs the whole new key, or it could sign no more requests",
            "let it make one with --request-key, or give the key's file with --new-key",
        )),
        (Caller::Holder(dir, signer), None) if *request_key || given.is_some() => {
            let answer = rotate::request_key(dir, signer, &client, given, !args.no_grace)?;
            let public = keyfile::multikey(&signer.key)?;
            Ok(rotated(args, &agent, &public, true, answer))
        }
        (Caller::Holder(dir, signer), None) => {
            let answer = rotate::holder_key(dir, signer, &client)?;
            Ok(Answer::done(
                format!("{agent} has a new holder key; its pseudonyms stay the same"),
                "fetch the new leaf after the next publication: poa holder sync",
                answer,
            ))
        }
        (caller, public_key) => {
            let public = match given {
                Some(key) => Some(keyfile::multikey(&key)?),
                None => public_key.clone(),
            };
            let public = public.ok_or_else(|| {
                Failure::error(
                    "only a holder's directory makes keys for itself",
                    "run it with the holder's --data-dir, or give --public-key or --new-key for the request key",
                )
            })?;
            let mut body = json!({ "ed25519_public_key": public });
            if args.no_grace {
                body["grace"] = false.into();
            }
            let answer = client.post(&format!("/agents/{}/keys", agent.uuid()), &body, caller.auth())?;
            Ok(rotated(args, &agent, &public, matches!(caller, Caller::Agent(_)), answer))
        }
    }
}

/// `by_agent`: the agent itself replaced its key, which gives the old one its hour of grace.
fn rotated(args: &RotateArgs, agent: &AgentDid, public: &str, by_agent: bool, answer: Value) -> Answer {
    let old_key = match by_agent && !args.no_grace {
        true => "the old key reads and presents for one more hour; if it leaked, rotate again with --no-grace",
        false => "the old key is accepted no more",
    };
    Answer::done(format!("{agent} now signs requests with {public}"), old_key, answer)
}

/// The operator's rescue of an agent whose holder lost its keys.
fn replace_lost_keys(path: &Path, agent: &AgentDid, caller: &Caller, client: &Client) -> Outcome<Answer> {
    if !matches!(caller, Caller::Operator(_)) {
        return Err(Failure::error(
            "only the operator replaces keys that are lost",
            "who still has the old key rotates with it: poa agent rotate, with the holder's --data-dir",
        ));
    }
    let answer = client.post(&format!("/agents/{}/keys", agent.uuid()), &read_json(path)?, caller.auth())?;
    Ok(Answer::done(
        format!("{agent} has the keys of the answer; the old ones are accepted no more"),
        "its holder takes note: poa holder adopt; and fetches the new leaf after the next publication: poa holder sync",
        answer,
    ))
}

fn act(args: &ActArgs, global: &Global, action: &str) -> Outcome<Answer> {
    let caller = Caller::find(&args.caller, global)?;
    let client = caller.client(&args.service)?;
    let agent = caller.agent(&args.caller, &client)?;
    let path = format!("/agents/{}/{action}", agent.uuid());
    let answer = client.post(&path, &json!({}), caller.auth())?;
    let status = answer["status"].as_str().unwrap_or_default();
    Ok(Answer::done(format!("{agent} is {status}, from the next publication on"), "", answer.clone()))
}
