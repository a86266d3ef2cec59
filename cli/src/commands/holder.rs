//! `poa holder`: the holder's directory on this machine.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use poa_circuits::native::field;
use poa_verifier::did::{AgentDid, IssuerDid};
use serde_json::{Value, json};

use crate::args::{Global, SealArgs, ServiceArg, open_holder};
use crate::caller::Caller;
use crate::client::Client;
use crate::commands::{agent, read_json};
use crate::exit::{Failure, Outcome};
use crate::holder::contents::{AgentRef, Contents, Custody};
use crate::holder::identity;
use crate::holder::possession::{self, Challenge};
use crate::holder::prove;
use crate::holder::seal::Seal;
use crate::holder::store::HolderDir;
use crate::named::AgentName;
use crate::output::{Answer, pretty};
use crate::pinned::Pinned;
use crate::{keyfile, system};

/// Operations on the holder's directory.
#[derive(Subcommand)]
pub enum HolderCommand {
    /// Make the directory with fresh keys, sealed by a passphrase or a key file
    Init(InitArgs),
    /// Show its public parts
    Show(OpenArgs),
    /// Answer the operator's challenge: to register this holder's agent, or to replace an agent's lost keys
    Answer(AnswerArgs),
    /// Take note of the registration
    Adopt(AdoptArgs),
    /// Fetch the newest leaf opening
    Sync(SyncArgs),
    /// Write a sealed copy for another machine or a safe place
    Export(ExportArgs),
    /// Make the directory from a sealed copy
    Import(ImportArgs),
}

/// A new directory.
#[derive(Args)]
pub struct InitArgs {
    #[command(flatten)]
    seal: SealArgs,
    /// Who keeps the proving secrets
    #[arg(long, value_enum, default_value = "holder")]
    custody: Custody,
    /// File (mode 0600) with a Semaphore v4 or zk-kit identity, whose secret scalar becomes the holder key:
    /// {"secretScalar": "…", "commitment": "…"}, both decimal, the second optional and checked
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
}

/// An existing directory.
#[derive(Args)]
pub struct OpenArgs {
    #[command(flatten)]
    seal: SealArgs,
}

/// A challenge to answer.
#[derive(Args)]
pub struct AnswerArgs {
    #[command(flatten)]
    seal: SealArgs,
    /// File with the challenge (poa agent challenge --new --out FILE; with --replace: --agent AGENT)
    challenge: PathBuf,
    /// The keys of this directory shall replace those of the agent that the challenge names, which are lost. Its
    /// pseudonyms become others, unless this directory is a copy that has the old pseudonym secret
    #[arg(long)]
    replace: bool,
    /// The issuer that the challenge must be of [default: the one of the pinned trust document, where there is one]
    #[arg(long, value_name = "DID")]
    issuer: Option<IssuerDid>,
    /// File to write the answer to, for the operator
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// A registration to take note of.
#[derive(Args)]
pub struct AdoptArgs {
    #[command(flatten)]
    seal: SealArgs,
    #[command(flatten)]
    service: ServiceArg,
    /// The agent's DID
    agent: AgentDid,
}

/// A directory and its service.
#[derive(Args)]
pub struct SyncArgs {
    #[command(flatten)]
    seal: SealArgs,
    #[command(flatten)]
    service: ServiceArg,
}

/// Where a copy goes.
#[derive(Args)]
pub struct ExportArgs {
    #[command(flatten)]
    seal: SealArgs,
    /// File to make
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Seal the copy to this age key file instead (made when missing)
    #[arg(long, value_name = "FILE")]
    copy_key_file: Option<PathBuf>,
}

/// Where a copy comes from.
#[derive(Args)]
pub struct ImportArgs {
    #[command(flatten)]
    seal: SealArgs,
    /// The sealed copy
    file: PathBuf,
}

/// Runs the command.
pub fn run(command: &HolderCommand, global: &Global) -> Outcome<Answer> {
    match command {
        HolderCommand::Init(args) => init(args, global),
        HolderCommand::Show(args) => Ok(describe("opened", &open_holder(global, &args.seal)?, "")?),
        HolderCommand::Answer(args) => answer(args, global),
        HolderCommand::Adopt(args) => adopt(args, global),
        HolderCommand::Sync(args) => sync(args, global),
        HolderCommand::Export(args) => export(args, global),
        HolderCommand::Import(args) => import(args, global),
    }
}

fn init(args: &InitArgs, global: &Global) -> Outcome<Answer> {
    let directory = global.holder_dir();
    if HolderDir::exists(&directory) {
        // Before a passphrase is asked for or a key file made.
        return Err(Failure::refused(
            format!("{} already holds a holder's file", directory.display()),
            "name another directory with --data-dir",
        ));
    }
    let mut contents = Contents::generate(args.custody, &mut system::rng());
    if let Some(path) = &args.identity {
        let Some(proving) = &mut contents.proving else {
            return Err(Failure::error(
                "the service makes the keys that it keeps",
                "leave --identity or --custody out",
            ));
        };
        proving.holder = identity::read(path)?;
    }
    let dir = HolderDir::create(&directory, args.seal.fresh()?, contents)?;
    let next = "keep a copy elsewhere: poa holder export; then answer the operator's challenge: poa holder answer";
    describe("made", &dir, next)
}

fn describe(state: &str, dir: &HolderDir, next: &str) -> Outcome<Answer> {
    let contents = &dir.contents;
    let public = keyfile::multikey(&contents.signing_key)?;
    let agent = contents.agent.as_ref().map(|agent| agent.did.to_string());
    let trust = Pinned::of_holder(dir)?.map(|pinned| pinned.trust.fingerprint().to_owned());
    let value = json!({
        "data_dir": dir.path(),
        "custody": contents.custody().name(),
        "agent": &agent,
        "service": contents.agent.as_ref().map(|agent| agent.service.as_str()),
        "ed25519_public_key": public,
        "holder_key": contents.proving.as_ref().map(|p| possession::key_json(&p.holder.public())),
        "pseudonym_commitment": contents.proving.as_ref().map(|p| field::encode_hex(&p.pseudonym.commitment())),
        "openings": contents.openings.len(),
        "trust_fingerprint": trust,
    });
    let lines = vec![
        format!("agent        {}", agent.as_deref().unwrap_or("not registered yet")),
        format!("request key  {public}"),
        format!("custody      {}", contents.custody().name()),
        format!("openings     {}", contents.openings.len()),
        format!("trust        {}", trust.as_deref().unwrap_or("none pinned")),
    ];
    let what = format!("{state} the holder's directory {}", dir.path().display());
    Ok(Answer::done(what, next, value).with_details(lines))
}

fn answer(args: &AnswerArgs, global: &Global) -> Outcome<Answer> {
    let dir = open_holder(global, &args.seal)?;
    let challenge = Challenge::read(&read_json(&args.challenge)?, system::now_unix_s())?;
    let trusted = Pinned::of_holder_for(&dir, &challenge.issuer)?;
    let fingerprint = trusted.as_ref().map(|pinned| pinned.trust.fingerprint().to_owned());
    let known = [
        args.issuer.as_ref().map(|issuer| (issuer.clone(), "named with --issuer")),
        trusted.as_ref().map(|pinned| (pinned.trust.issuer().clone(), "pinned in this directory")),
        dir.contents.agent.as_ref().map(|agent| (agent.did.issuer(), "that of this directory's agent")),
    ];
    let known: Vec<_> = known.into_iter().flatten().collect();
    for (issuer, _) in &known {
        challenge.expect(None, Some(issuer))?;
    }
    if let Some(agent) = &dir.contents.agent {
        return Err(Failure::refused(
            format!("this directory is {}'s already", agent.did),
            "a new agent needs a directory of its own: --data-dir",
        ));
    }
    let (secrets, rng) = (dir.contents.proving()?, &mut system::rng());
    let ed25519_public_key = keyfile::multikey(&dir.contents.signing_key)?;
    let answer = if args.replace {
        let holder = possession::replacement(&challenge, secrets, rng);
        json!({ "ed25519_public_key": ed25519_public_key, "holder": holder })
    } else {
        let holder = possession::registration(&challenge, secrets, rng);
        json!({ "custody": Custody::Holder.name(), "ed25519_public_key": ed25519_public_key, "holder": holder })
    };
    system::write_out(&args.out, pretty(&answer).as_bytes())?;
    let compared = match known.first() {
        Some((_, how)) => format!("compared: it is the one {how}"),
        None => {
            "compared with nothing: this directory knows no issuer yet. Ask the operator for it by another way than the \
             challenge's; --issuer or a pinned trust document (poa trust add URL) compare it"
                .to_owned()
        }
    };
    let lines = [
        format!("issuer       {}", challenge.issuer),
        format!("fingerprint  {}", fingerprint.as_deref().unwrap_or("none pinned")),
        compared,
    ];
    let next = match args.replace {
        true => format!(
            "the operator replaces the keys: poa agent rotate --agent {} --answer FILE; then poa holder adopt",
            challenge.agent
        ),
        false => {
            "the operator registers it: poa agent register --name NAME --answer FILE; then poa holder adopt".to_owned()
        }
    };
    let mut value = answer;
    value["agent"] = json!(challenge.agent);
    value["issuer"] = json!(challenge.issuer);
    value["trust_fingerprint"] = json!(fingerprint);
    value["compared"] = (!known.is_empty()).into();
    let what = format!("answered for {} of {} in {}", challenge.agent, challenge.issuer, args.out.display());
    Ok(Answer::done(what, next, value).with_details(lines))
}

fn adopt(args: &AdoptArgs, global: &Global) -> Outcome<Answer> {
    let mut dir = open_holder(global, &args.seal)?;
    let client = args.service.client(None)?;
    let public = keyfile::multikey(&dir.contents.signing_key)?;
    let record = agent::fetch(&client, &AgentName::Did(args.agent.clone()))?;
    let custody = dir.contents.custody().name();
    for (name, found, own) in [
        ("ed25519_public_key", &record["ed25519_public_key"], &public),
        ("custody", &record["custody"], &custody.to_owned()),
    ] {
        if found != own {
            return Err(Failure::refused(
                format!("the service's record has {name} {found}, not {own}"),
                "give the DID that the operator registered with this directory's answer",
            ));
        }
    }
    dir.contents.agent = Some(AgentRef { did: args.agent.clone(), service: client.base().to_owned() });
    dir.save()?;
    describe("registered", &dir, "pin the service's trust: poa trust add URL")
}

fn sync(args: &SyncArgs, global: &Global) -> Outcome<Answer> {
    let caller = Caller::holder(open_holder(global, &args.seal)?)?;
    let client: Client = caller.client(&args.service)?;
    let Caller::Holder(mut dir, signer) = caller else { unreachable!("made as a holder above") };
    let opening = prove::fetch_opening(&mut dir, &signer, &client)?;
    let value: Value = json!({ "log": opening.log, "index": opening.index, "seq": opening.seq });
    Ok(Answer::done(
        format!("the leaf is number {} of log {}, since publication {}", opening.index, opening.log, opening.seq),
        "answer requests: poa present",
        value,
    ))
}

fn export(args: &ExportArgs, global: &Global) -> Outcome<Answer> {
    let dir = open_holder(global, &args.seal)?;
    let other = args.copy_key_file.as_ref().map(Seal::key_file).transpose()?;
    dir.export(&args.out, other.as_ref())?;
    Ok(Answer::done(
        format!("sealed copy in {}", args.out.display()),
        "on the other machine: poa holder import FILE; use one of the two directories only",
        json!({ "out": args.out }),
    ))
}

fn import(args: &ImportArgs, global: &Global) -> Outcome<Answer> {
    let dir = HolderDir::import(&global.holder_dir(), &args.file, args.seal.existing()?)?;
    describe("imported", &dir, "")
}
