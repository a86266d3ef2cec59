//! `poa revoke`: one credential, or an agent with everything made from it. Neither can be undone, so both ask.

use clap::{Args, Subcommand};
use serde_json::json;

use super::agent::introduce;
use crate::args::{Global, ServiceArg};
use crate::caller::{Caller, CallerArgs};
use crate::client::{Auth, Client};
use crate::confirm::{Act, ConfirmArgs};
use crate::exit::Outcome;
use crate::holder::possession::{self, Challenge};
use crate::holder::prepared;
use crate::named::CredentialName;
use crate::output::Answer;
use crate::system;

/// What to revoke.
#[derive(Subcommand)]
pub enum RevokeCommand {
    /// One credential's status; the agent itself stays
    Credential(CredentialArgs),
    /// An agent and every credential made from it, for good (operator, or its holder by signature)
    Agent(AgentArgs),
}

/// One credential.
#[derive(Args)]
pub struct CredentialArgs {
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    caller: CallerArgs,
    /// The credential's id (its page's URL), or its UUID
    credential: CredentialName,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

/// One agent.
#[derive(Args)]
pub struct AgentArgs {
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    caller: CallerArgs,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

/// Runs the command.
pub fn run(command: &RevokeCommand, global: &Global) -> Outcome<Answer> {
    match command {
        RevokeCommand::Credential(args) => credential(args, global),
        RevokeCommand::Agent(args) => agent(args, global),
    }
}

fn credential(args: &CredentialArgs, global: &Global) -> Outcome<Answer> {
    let caller = Caller::find(&args.caller, global)?;
    let client = caller.client(&args.service)?;
    let credential = args.credential.at(&client)?;
    args.confirm.agree(&Act {
        what: "this credential is revoked".to_owned(),
        service: client.base(),
        by: caller.words(),
        to: describe(&client, &credential),
    })?;
    let id = credential.uuid().to_string();
    let reply = client.delete(&format!("/zk-credentials/{id}"), caller.auth())?;
    if reply.status == 204 {
        return Ok(Answer::done(
            format!("credential {id} waited for its holder's proof and is given up"),
            "",
            json!({ "id": id, "given_up": true }),
        ));
    }
    let answer = reply.json()?;
    Ok(Answer::done(
        format!("credential {id} is revoked, from the next publication on"),
        "whoever distrusts the agent revokes the agent: poa revoke agent",
        answer,
    ))
}

/// Lines about a credential. One that waits for its proof is not shown by the service, and revoking then says what it was.
fn describe(client: &Client, credential: &CredentialName) -> Vec<String> {
    let mut lines = vec![format!("credential   {credential}")];
    if let Ok(document) = client.get(&format!("/credentials/{}", credential.uuid()), Auth::Nobody) {
        let line = |name: &str, pointer: &str| Some(format!("{name:12} {}", document.pointer(pointer)?.as_str()?));
        lines.extend(line("about", "/credentialSubject/id"));
        lines.extend(line("until", "/validUntil"));
    }
    lines
}

/// Revokes an agent: as operator outright, as holder by a signature over a fresh challenge.
pub fn agent(args: &AgentArgs, global: &Global) -> Outcome<Answer> {
    let caller = Caller::find(&args.caller, global)?;
    let client = caller.client(&args.service)?;
    let agent = caller.agent(&args.caller, &client)?;
    args.confirm.agree(&Act {
        what: "this agent is revoked with all its credentials".to_owned(),
        service: client.base(),
        by: caller.words(),
        to: introduce(&client, &agent)?,
    })?;
    let base = format!("/agents/{}", agent.uuid());
    let (body, auth) = match &caller {
        Caller::Holder(dir, _) if dir.contents.proving.is_some() => {
            let challenge = client.post(&format!("{base}/challenge"), &json!({}), Auth::Nobody)?;
            let challenge = Challenge::read(&challenge, system::now_unix_s())?;
            challenge.expect(Some(&dir.contents.agent()?.did), None)?;
            let secrets = dir.contents.proving()?;
            let holder = possession::revocation(&challenge, secrets, &mut system::rng());
            // The holder's signature says it all. A thief may have replaced the request key, so nothing is signed with it.
            (json!({ "holder": holder }), Auth::Nobody)
        }
        _ => (json!({}), caller.auth()),
    };
    let answer = client.post(&format!("{base}/revoke"), &body, auth)?;
    if let Caller::Holder(dir, _) = &caller {
        prepared::remove_all(dir)?;
    }
    Ok(Answer::done(
        format!("{agent} is revoked with all its credentials, from the next publication on"),
        "this cannot be undone; a new agent is registered with new keys",
        answer,
    ))
}
