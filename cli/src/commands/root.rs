//! `poa root`: the log's signed tree heads.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::args::{Global, OperatorArgs, ServiceArg};
use crate::client::Auth;
use crate::exit::{Failure, Outcome};
use crate::output::Answer;
use crate::pinned::{Pinned, TrustArgs};
use crate::system;

/// Which root.
#[derive(Subcommand)]
pub enum RootCommand {
    /// The newest
    Latest(RootArgs),
    /// The hour's anchor, under which presentations are made
    Anchor(RootArgs),
    /// One by its value
    Get(GetArgs),
    /// Delete heads that a wrong clock dated into the future, and mark the keys that signed them compromised
    Recover(RecoverArgs),
}

/// Which service, and who asks.
#[derive(Args)]
pub struct RecoverArgs {
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    operator: OperatorArgs,
}

/// Where to ask.
#[derive(Args)]
pub struct RootArgs {
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    trust: TrustArgs,
}

/// A root by value.
#[derive(Args)]
pub struct GetArgs {
    #[command(flatten)]
    place: RootArgs,
    /// 0x and 64 lower-case hex digits
    root: String,
}

/// Runs the command.
pub fn run(command: &RootCommand, global: &Global) -> Outcome<Answer> {
    let (place, path) = match command {
        RootCommand::Latest(args) => (args, "/roots/latest".to_owned()),
        RootCommand::Anchor(args) => (args, "/roots/anchor".to_owned()),
        RootCommand::Get(args) => {
            poa_circuits::native::field::decode_hex(&args.root).map_err(|error| {
                let what = format!("`{}` is no root: {error}", args.root);
                Failure::error(what, "give 0x and 64 lower-case hex digits")
            })?;
            (&args.place, format!("/roots/{}", args.root))
        }
        RootCommand::Recover(args) => return recover(args, global),
    };
    let pinned = Pinned::find(global, &place.trust)?;
    let client = place.service.client(pinned.as_ref().map(Pinned::url))?;
    let head = client.get(&path, Auth::Nobody)?;
    let (signature, next) = match &pinned {
        Some(pinned) => {
            let jws = head["head"].as_str().unwrap_or_default();
            pinned.check_head(jws, system::now_unix_s())?;
            ("its signature verifies under the pinned trust", String::new())
        }
        None => (
            "its signature was not checked: no trust is pinned",
            format!("pin the service's trust: poa trust add {}", client.base()),
        ),
    };
    let text = |name: &str| match &head[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let what = format!(
        "root {} of {} leaves, publication {}, {} revocations; {signature}",
        text("root"),
        text("size"),
        text("seq"),
        text("revocations"),
    );
    Ok(Answer::done(what, next, head))
}

fn recover(args: &RecoverArgs, global: &Global) -> Outcome<Answer> {
    let (client, token) = (args.service.client(None)?, args.operator.token(global)?);
    let done = client.post("/roots/recover", &json!({}), Auth::Operator(&token))?;
    let keys: Vec<_> = done["keys"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let what = format!(
        "deleted {} heads dated up to {}; the log goes on from publication {}; compromised: {}",
        done["heads_deleted"],
        done["latest"].as_str().unwrap_or_default(),
        done["seq"],
        keys.join(", "),
    );
    let next = "tell verifiers to fetch the trust document again (poa trust add URL), and issue again what poa keys \
                compromised lists";
    Ok(Answer::done(what, next, done))
}
