//! `poa attest`: work receipts, from claims to the service.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use poa_issuer::domain::receipts::FULL;
use poa_verifier::did::AgentDid;
use poa_verifier::percent;
use serde_json::{Map, Value, json};

use crate::args::{Global, OperatorAt, ServiceArg};
use crate::client::{Auth, Client};
use crate::commands::read_json;
use crate::confirm::{Act, ConfirmArgs};
use crate::exit::{Exit, Failure, OrFail, Outcome};
use crate::output::{Answer, pretty};
use crate::{keyfile, receipt, system};

/// The service takes at most this many receipts in one request.
const MAX_BATCH: usize = 500;

/// Receipts and who may sign them.
#[derive(Subcommand)]
pub enum AttestCommand {
    /// Make an attestor's Ed25519 key file
    Keygen(KeyArgs),
    /// Register an attestor (operator)
    Register(RegisterArgs),
    /// Let an attestor sign no more (operator)
    Retire(RetireArgs),
    /// Write the claims of a receipt
    Make(Box<MakeArgs>),
    /// Sign claims
    Sign(SignArgs),
    /// Post signed receipts to the service
    Post(PostArgs),
}

/// A key file.
#[derive(Args)]
pub struct KeyArgs {
    /// File to make (JWK, mode 0600)
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// A new attestor.
#[derive(Args)]
pub struct RegisterArgs {
    #[command(flatten)]
    at: OperatorAt,
    /// The attestor's name
    #[arg(long)]
    name: String,
    /// Its public key (Multikey, z6Mk…)
    #[arg(long, value_name = "MULTIKEY")]
    public_key: String,
}

/// An attestor to retire.
#[derive(Args)]
pub struct RetireArgs {
    #[command(flatten)]
    at: OperatorAt,
    /// Its did:key
    attestor: String,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

/// What a receipt says.
#[derive(Args)]
pub struct MakeArgs {
    /// The agent's DID
    #[arg(long, value_name = "DID")]
    subject: AgentDid,
    /// Tasks the agent was given
    #[arg(long)]
    attempted: u64,
    /// Tasks it completed
    #[arg(long)]
    completed: u64,
    /// End of the period reported, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    period_end: Option<String>,
    /// Names from the service's capability registry
    #[arg(long, value_delimiter = ',')]
    capabilities: Vec<String>,
    /// How good the work was, for example 95%
    #[arg(long, value_name = "PERCENT", value_parser = share)]
    quality: Option<u64>,
    /// The agent's own forecast of completed / attempted, for example 80%
    #[arg(long, value_name = "PERCENT", value_parser = share)]
    confidence: Option<u64>,
    /// Whether the work was disputed
    #[arg(long, value_name = "true|false")]
    disputed: Option<bool>,
    /// What the agent earned, in satoshi
    #[arg(long, value_name = "SATS")]
    earned_sats: Option<u64>,
    /// What was at stake at the time, in satoshi
    #[arg(long, value_name = "SATS")]
    stake_sats: Option<u64>,
    /// The executable that did the work, whose SHA-256 is named as its build
    #[arg(long, value_name = "FILE", conflicts_with = "build_sha256")]
    build: Option<PathBuf>,
    /// The SHA-256 of the build that did the work, 64 hex digits
    #[arg(long, value_name = "HEX")]
    build_sha256: Option<String>,
    /// The digest of a parent task's receipt, 64 hex digits
    #[arg(long, value_name = "HEX")]
    parent: Option<String>,
    /// Where anyone can check
    #[arg(long, value_name = "URL")]
    evidence: Option<String>,
    /// Earlier receipt (its jti) that this one corrects
    #[arg(long, value_name = "JTI")]
    replaces: Option<String>,
    /// This receipt's own name [default: random]
    #[arg(long)]
    jti: Option<String>,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Claims to sign.
#[derive(Args)]
pub struct SignArgs {
    /// The attestor's key file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// File with the claims (JSON)
    claims: PathBuf,
    /// File to write the receipt to
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Receipts to post.
#[derive(Args)]
pub struct PostArgs {
    #[command(flatten)]
    service: ServiceArg,
    /// Files with signed receipts, one compact JWS a line
    #[arg(required = true)]
    receipts: Vec<PathBuf>,
}

/// Runs the command.
pub fn run(command: &AttestCommand, global: &Global) -> Outcome<Answer> {
    match command {
        AttestCommand::Keygen(args) => keygen(args),
        AttestCommand::Register(args) => register(args, global),
        AttestCommand::Retire(args) => retire(args, global),
        AttestCommand::Make(args) => make(args),
        AttestCommand::Sign(args) => sign(args),
        AttestCommand::Post(args) => post(args),
    }
}

fn keygen(args: &KeyArgs) -> Outcome<Answer> {
    let key = keyfile::create(&args.key, &mut system::rng())?;
    let public = keyfile::multikey(&key)?;
    Ok(Answer::done(
        format!("made {} with the public key {public}", args.key.display()),
        format!("the operator registers it: poa attest register --name NAME --public-key {public}"),
        json!({ "key": args.key, "ed25519_public_key": public, "id": keyfile::did_key(&key)? }),
    ))
}

fn register(args: &RegisterArgs, global: &Global) -> Outcome<Answer> {
    let (client, token) = args.at.open(global)?;
    let body = json!({ "name": args.name, "ed25519_public_key": args.public_key });
    let answer = client.post("/attestors", &body, Auth::Operator(&token))?;
    let id = answer["id"].as_str().unwrap_or_default();
    Ok(Answer::done(
        format!("{} may sign receipts as {id}", args.name),
        "it signs with `poa attest sign` and posts with `poa attest post`",
        answer.clone(),
    ))
}

fn retire(args: &RetireArgs, global: &Global) -> Outcome<Answer> {
    let (client, token) = args.at.open(global)?;
    if !args.attestor.starts_with("did:key:z") || !args.attestor[8..].chars().all(char::is_alphanumeric) {
        let what = format!("`{}` is no attestor", args.attestor);
        return Err(Failure::error(what, "give its did:key:z…"));
    }
    args.confirm.agree(&Act {
        what: "this attestor signs no more receipts".to_owned(),
        service: client.base(),
        by: "the operator".to_owned(),
        to: vec![format!("attestor     {}", args.attestor)],
    })?;
    client.delete(&format!("/attestors/{}", args.attestor), Auth::Operator(&token))?;
    Ok(Answer::done(
        format!("{} may sign no more", args.attestor),
        "receipts it signed before still count",
        json!({ "retired": args.attestor }),
    ))
}

fn make(args: &MakeArgs) -> Outcome<Answer> {
    let now = system::now_unix_s();
    let period_end = match &args.period_end {
        Some(text) => {
            poa_verifier::time::parse_utc(text).or_fail("--period-end", "write it like 2024-12-01T00:00:00Z")?
        }
        None => now,
    };
    if args.completed > args.attempted {
        let what = "more tasks completed than attempted";
        return Err(Failure::refused(what, "correct --attempted or --completed"));
    }
    let mut claims = Map::from_iter([
        ("sub".into(), json!(args.subject)),
        ("iat".into(), json!(now)),
        ("jti".into(), json!(args.jti.clone().unwrap_or_else(system::random_hex))),
        ("period_end".into(), json!(period_end)),
        ("attempted".into(), json!(args.attempted)),
        ("completed".into(), json!(args.completed)),
    ]);
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims.insert(name.into(), value);
        }
    };
    let capabilities = (!args.capabilities.is_empty()).then(|| json!(args.capabilities));
    put("capabilities", capabilities);
    put("quality", args.quality.map(Value::from));
    put("confidence", args.confidence.map(Value::from));
    put("disputed", args.disputed.map(Value::from));
    // Amounts are decimal strings, as in every document.
    put("earned_sats", args.earned_sats.map(|sats| sats.to_string().into()));
    put("stake_sats", args.stake_sats.map(|sats| sats.to_string().into()));
    let built = args.build.as_deref().map(system::sha256_of).transpose()?.map(hex::encode);
    put("build_sha256", built.or(args.build_sha256.clone()).map(Value::from));
    put("parent", args.parent.clone().map(Value::from));
    put("evidence", args.evidence.clone().map(Value::from));
    put("replaces", args.replaces.clone().map(Value::from));
    write_or_show(Value::Object(claims), args.out.as_ref(), "claims", "sign them: poa attest sign")
}

/// A share, written with its sign: 95 alone would be 0.95 % on the wire.
fn share(text: &str) -> Result<u64, String> {
    let share = percent::read(text).filter(|share| *share <= FULL);
    share.ok_or_else(|| format!("expected a percentage up to 100%, like 95%; found {text}"))
}

fn sign(args: &SignArgs) -> Outcome<Answer> {
    let claims = read_json(&args.claims)?;
    let Some(claims) = claims.as_object() else {
        let what = format!("{} is no JSON object", args.claims.display());
        return Err(Failure::error(what, "make one with `poa attest make`"));
    };
    let jws = receipt::sign(claims, &keyfile::read(&args.key)?, system::now_unix_s())?;
    let next = "post it: poa attest post FILE";
    match &args.out {
        Some(out) => {
            system::write_out(out, format!("{jws}\n").as_bytes())?;
            let what = format!("signed receipt in {}", out.display());
            Ok(Answer::done(what, next, json!({ "receipt": jws })))
        }
        None => Ok(Answer::done(jws.clone(), "", json!({ "receipt": jws }))),
    }
}

fn post(args: &PostArgs) -> Outcome<Answer> {
    let (mut receipts, mut places) = (Vec::new(), Vec::new());
    for path in &args.receipts {
        let bytes = system::read(path)?;
        let text = std::str::from_utf8(&bytes).or_fail(path.display(), "give files with one compact JWS a line")?;
        for (index, line) in text.lines().enumerate() {
            for receipt in line.split_whitespace() {
                receipts.push(receipt.to_owned());
                places.push(format!("{}, line {}", path.display(), index + 1));
            }
        }
    }
    let client = args.service.client(None)?;
    let posted = post_all(&client, &receipts)?;
    let place = |index: &usize| places.get(*index).map_or("a receipt that was not sent", String::as_str);
    let lines = posted.refused.iter().map(|(index, why)| format!("refused: {}: {why}", place(index)));
    let mut answer = Answer::done(
        format!("{} stored, {} known before, {} refused", posted.stored, posted.known, posted.refused.len()),
        "attributes and leaf follow with the next publication",
        json!({ "results": posted.results }),
    )
    .with_details(lines);
    if !posted.refused.is_empty() {
        answer.exit = Exit::Refused;
        answer.next = "correct the refused receipts; the others are stored".into();
    }
    Ok(answer)
}

/// What became of posted receipts.
#[derive(Default)]
pub struct Posted {
    /// New ones.
    pub stored: usize,
    /// Ones the service had already.
    pub known: usize,
    /// Which others were refused, in the order they were given, and why.
    pub refused: Vec<(usize, String)>,
    /// The service's own words, in order.
    pub results: Vec<Value>,
}

/// Posts receipts in batches.
pub fn post_all(client: &Client, receipts: &[String]) -> Outcome<Posted> {
    let mut posted = Posted::default();
    for batch in receipts.chunks(MAX_BATCH) {
        let answer = client.post("/attestations", &json!({ "attestations": batch }), Auth::Nobody)?;
        for result in answer["results"].as_array().into_iter().flatten() {
            match result["status"].as_str() {
                Some("stored") => posted.stored += 1,
                Some("known") => posted.known += 1,
                _ => {
                    let problem = &result["problem"];
                    let said = problem["detail"].as_str().or(problem["title"].as_str());
                    let index = posted.results.len();
                    posted.refused.push((index, said.unwrap_or("without a reason").to_owned()));
                }
            }
            posted.results.push(result.clone());
        }
    }
    Ok(posted)
}

fn write_or_show(value: Value, out: Option<&PathBuf>, name: &str, next: &str) -> Outcome<Answer> {
    match out {
        Some(out) => {
            system::write_out(out, pretty(&value).as_bytes())?;
            Ok(Answer::done(format!("{name} in {}", out.display()), next, value))
        }
        None => Ok(Answer::document(pretty(&value), "", value)),
    }
}
