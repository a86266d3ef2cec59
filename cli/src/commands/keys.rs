//! `poa keys`: the issuer's keys, for its operator. They are replaced while the service runs.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::args::{Global, OperatorAt};
use crate::client::{Auth, Client, OperatorToken};
use crate::confirm::{Act, ConfirmArgs};
use crate::exit::{Failure, Outcome};
use crate::named::Identity;
use crate::output::Answer;

/// Operations on issuer keys.
#[derive(Subcommand)]
pub enum KeysCommand {
    /// Show every key, what it signs and whether it still counts
    List(ListArgs),
    /// Let new keys sign from now on; what the old ones signed stays good
    Rotate(RotateArgs),
    /// Mark a key that leaked: nothing it ever signed verifies any more
    Compromise(CompromiseArgs),
    /// Show the documents to issue again because a key behind them is compromised
    Compromised(CompromisedArgs),
}

/// What to list.
#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    at: OperatorAt,
}

/// What to replace.
#[derive(Args)]
pub struct RotateArgs {
    #[command(flatten)]
    at: OperatorAt,
    /// What the key signs; all keys are replaced without it
    #[arg(long, value_enum)]
    purpose: Option<PurposeName>,
}

/// What leaked.
#[derive(Args)]
pub struct CompromiseArgs {
    #[command(flatten)]
    at: OperatorAt,
    /// The key's id, or what follows the # in it, for example credentials-1
    kid: String,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

/// Which page.
#[derive(Args)]
pub struct CompromisedArgs {
    #[command(flatten)]
    at: OperatorAt,
    /// Where to go on: `next` of the page before
    #[arg(long)]
    cursor: Option<String>,
    /// Documents on the page, 1 to 200
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
}

/// What a key signs.
#[derive(Clone, Copy, ValueEnum)]
enum PurposeName {
    /// Credentials and the trust document
    Credentials,
    /// Tree heads
    Heads,
    /// Status lists
    #[value(alias = "status-lists")]
    Status,
    /// Credentials that VC-API is asked for
    VcApi,
}

impl PurposeName {
    fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Heads => "heads",
            Self::Status => "status",
            Self::VcApi => "vc-api",
        }
    }
}

/// Runs the command.
pub fn run(command: &KeysCommand, global: &Global) -> Outcome<Answer> {
    match command {
        KeysCommand::List(args) => list(args, global),
        KeysCommand::Rotate(args) => rotate(args, global),
        KeysCommand::Compromise(args) => compromise(args, global),
        KeysCommand::Compromised(args) => compromised(args, global),
    }
}

fn list(args: &ListArgs, global: &Global) -> Outcome<Answer> {
    let (client, token) = args.at.open(global)?;
    let answer = client.get("/issuer-keys", Auth::Operator(&token))?;
    let lines: Vec<String> = entries(&answer, "keys").map(key_line).collect();
    let what = format!("{} keys of {}", lines.len(), text(&answer, "issuer"));
    let header = format!("{:<11}  KEY", "STATE");
    Ok(Answer::done(what, "", answer).with_details([header].into_iter().chain(lines)))
}

fn rotate(args: &RotateArgs, global: &Global) -> Outcome<Answer> {
    let (client, token) = args.at.open(global)?;
    let body = args.purpose.map_or_else(|| json!({}), |purpose| json!({ "purpose": purpose.as_str() }));
    let answer = client.post("/issuer-keys/rotate", &body, Auth::Operator(&token))?;
    let made: Vec<&str> = entries(&answer, "made").filter_map(Value::as_str).collect();
    let what = format!("signing from now on: {}", made.join(", "));
    let next = "publish the new fingerprint where the old one is: poa trust fetch URL";
    Ok(Answer::done(what, next, answer))
}

fn compromise(args: &CompromiseArgs, global: &Global) -> Outcome<Answer> {
    let (client, token) = args.at.open(global)?;
    let name = match args.kid.split_once('#') {
        None => args.kid.as_str(),
        Some((issuer, name)) => {
            let found = Identity::of(&client)?;
            if issuer != found.issuer().as_str() {
                let what = format!("{} is a key of {issuer}, and the service asked is of {}", args.kid, found.issuer());
                return Err(Failure::refused(what, "name the issuer's own service with --service"));
            }
            name
        }
    };
    crate::commands::path_part(name)?;
    args.confirm.agree(&Act {
        what: "nothing that this key ever signed verifies any more".to_owned(),
        service: client.base(),
        by: "the operator".to_owned(),
        to: key_in_question(&client, &token, name)?,
    })?;
    let answer = client.post(&format!("/issuer-keys/{name}/compromise"), &json!({}), Auth::Operator(&token))?;
    let what = format!("{} verifies nothing any more; {} signs", text(&answer, "kid"), text(&answer, "active"));
    let next = match text(&answer, "purpose") {
        "credentials" => "publish the new fingerprint, then issue again what poa keys compromised lists",
        _ => "issue again what poa keys compromised lists",
    };
    Ok(Answer::done(what, next, answer))
}

/// The line of the key that is meant, as `poa keys list` shows it.
fn key_in_question(client: &Client, token: &OperatorToken, name: &str) -> Outcome<Vec<String>> {
    let listed = client.get("/issuer-keys", Auth::Operator(token))?;
    let is_meant = |key: &&Value| text(key, "kid").rsplit('#').next() == Some(name);
    let line = entries(&listed, "keys").find(is_meant).map(|key| format!("key          {}", key_line(key)));
    Ok(vec![line.unwrap_or_else(|| format!("key          {name}, which the service does not list"))])
}

fn compromised(args: &CompromisedArgs, global: &Global) -> Outcome<Answer> {
    let (client, token) = args.at.open(global)?;
    let mut path = format!("/issuer-keys/compromised?limit={}", args.limit);
    if let Some(cursor) = &args.cursor {
        cursor.split('/').try_for_each(crate::commands::path_part)?;
        path.push_str(&format!("&cursor={cursor}"));
    }
    let answer = client.get(&path, Auth::Operator(&token))?;
    let lines: Vec<String> = entries(&answer, "documents").map(document_line).collect();
    let what = match lines.len() {
        0 => "nothing has to be issued again".to_owned(),
        count => format!("{count} documents to issue again; revoking one once that is done takes it off the list"),
    };
    let next = match answer["next"].as_str() {
        Some(cursor) => format!("there are more: poa keys compromised --cursor {cursor}"),
        None => String::new(),
    };
    Ok(Answer::done(what, next, answer).with_details(lines))
}

fn key_line(key: &Value) -> String {
    let since = ["compromised_at", "retired_at", "created_at"].iter().find_map(|name| key[*name].as_str());
    let published = if key["published"] == true { "" } else { "  not published any more" };
    let (state, since) = (text(key, "state"), since.unwrap_or_default());
    format!("{state:<11}  {}  since {since}{published}", text(key, "kid"))
}

fn document_line(document: &Value) -> String {
    let about = match document["credential_id"].as_str() {
        Some(id) => format!("credential {id}"),
        None => format!("agent {}", text(document, "agent")),
    };
    let until = document["expires_at"].as_str().unwrap_or("it is revoked");
    format!("{}  {}  {about}  until {until}", text(document, "kind"), text(document, "id"))
}

fn entries<'a>(answer: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    answer[name].as_array().into_iter().flatten()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
