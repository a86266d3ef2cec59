//! `poa agenthood`: Proofs of Agenthood from a service in the published form.
//!
//! The controller signs with a key file here, or elsewhere with a wallet: then the first run shows what to sign, and the
//! second one hands in the signature.
//!
//! A service could pass on the challenge of another one, and act there with the answer. So nothing is signed, and nothing
//! shown to be signed, but a challenge for exactly what was asked for ([`asked`]).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use poa_verifier::agenthood::message::Action;
use poa_verifier::agenthood::ss58::Address;
use poa_verifier::did::IssuerDid;
use poa_verifier::origin::Origin;
use serde_json::json;

use self::asked::{Asked, Wanted};

use super::verify::{self, VerifyArgs};
use crate::args::{Global, ServiceArg};
use crate::client::{Auth, Client};
use crate::confirm::{Act, ConfirmArgs};
use crate::exit::{Failure, OrFail, Outcome};
use crate::output::Answer;
use crate::wallet::WalletKey;
use crate::{parties, system};

mod asked;

/// Operations on Proofs of Agenthood.
#[derive(Subcommand)]
pub enum AgenthoodCommand {
    /// Have a document issued about an agent
    Claim(ClaimArgs),
    /// Show an issued document, or an agent as the chain has it
    Show(ShowArgs),
    /// Verify a document, here or by a service
    Verify(AgenthoodVerifyArgs),
    /// Revoke an agent's current document as its controller
    Revoke(RevokeArgs),
}

/// An agent, and its controller's signature.
#[derive(Args)]
pub struct SignedArgs {
    #[command(flatten)]
    service: ServiceArg,
    /// The agent's address (SS58)
    agent: String,
    /// Wallet key file (mode 0600) of the controller: {"scheme": "sr25519|ed25519|ecdsa|ethereum", "seed": "0x…"}
    #[arg(long, value_name = "FILE", conflicts_with = "signature")]
    key: Option<PathBuf>,
    /// A wallet's signature over the message that a run without it showed
    #[arg(long, value_name = "HEX", requires = "nonce")]
    signature: Option<String>,
    /// The nonce of that message
    #[arg(long, value_name = "HEX", requires = "signature")]
    nonce: Option<String>,
    /// The controller that the challenge must be for; with --key it is the key's
    #[arg(long, value_name = "ADDRESS", conflicts_with = "signature")]
    controller: Option<String>,
    /// The issuer that the challenge must be for [default: the one of the service's URL]
    #[arg(long, value_name = "DID", conflicts_with = "signature")]
    issuer: Option<IssuerDid>,
    /// The service's own origin: sign its challenge although it does not say what it is for (the published form). What
    /// it does say is compared all the same; but such a service could pass on another one's challenge
    #[arg(long, value_name = "ORIGIN", conflicts_with = "signature", value_parser = parties::origin)]
    unbound: Option<Origin>,
}

/// What to claim.
#[derive(Args)]
pub struct ClaimArgs {
    #[command(flatten)]
    signed: SignedArgs,
    /// Where to write the document (compact JWS)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Whose document to revoke.
#[derive(Args)]
pub struct RevokeArgs {
    #[command(flatten)]
    signed: SignedArgs,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

/// What to show.
#[derive(Args)]
pub struct ShowArgs {
    #[command(flatten)]
    service: ServiceArg,
    /// A document's id (jti), or an agent's address (SS58)
    what: String,
}

/// What to verify.
#[derive(Args)]
pub struct AgenthoodVerifyArgs {
    #[command(flatten)]
    verify: VerifyArgs,
    /// The agent that it must be about, by its address
    #[arg(long, value_name = "ADDRESS", conflicts_with = "request")]
    about: Option<String>,
}

/// Runs the command.
pub fn run(command: &AgenthoodCommand, global: &Global) -> Outcome<Answer> {
    match command {
        AgenthoodCommand::Claim(args) => claim(args),
        AgenthoodCommand::Show(args) => show(args),
        AgenthoodCommand::Revoke(args) => revoke(args),
        AgenthoodCommand::Verify(args) => {
            let mut request = json!({ "classes": ["agenthood"] });
            if let Some(agent) = &args.about {
                request["agent"] = agent.as_str().into();
            }
            verify::run_with(&args.verify, Some(request), global)
        }
    }
}

fn claim(args: &ClaimArgs) -> Outcome<Answer> {
    let client = args.signed.service.client(None)?;
    let Signed { nonce, signature } = match signed(&args.signed, &client, Action::Issue, |_| Ok(()))? {
        Ok(signed) => signed,
        Err(to_sign) => return Ok(to_sign),
    };
    let body = json!({ "agentId": args.signed.agent, "controllerSig": { "nonce": nonce, "signatureHex": signature } });
    let issued = client.post("/poa/api/issue", &body, Auth::Nobody)?;
    let jti = issued["jti"].as_str().unwrap_or_default();
    super::path_part(jti)?;
    let document = client.get(&format!("/poa/api/credential/{jti}"), Auth::Nobody)?;
    if let Some(path) = &args.out {
        system::write_out(path, document["jws"].as_str().unwrap_or_default().as_bytes())?;
    }
    let next = "show it to whoever asks who stands behind the agent; they check: poa agenthood verify FILE";
    Ok(Answer::done(format!("document {jti} about {} is issued", args.signed.agent), next, document))
}

fn revoke(RevokeArgs { signed: args, confirm }: &RevokeArgs) -> Outcome<Answer> {
    let client = args.service.client(None)?;
    let agree = |asked: &Asked| {
        confirm.agree(&Act {
            what: "the current document about this agent is revoked".to_owned(),
            service: client.base(),
            by: "its controller".to_owned(),
            to: [format!("agent        {}", args.agent)].into_iter().chain(asked.lines(Action::Revoke)).collect(),
        })
    };
    let Signed { nonce, signature } = match signed(args, &client, Action::Revoke, agree)? {
        Ok(signed) => signed,
        Err(to_sign) => return Ok(to_sign),
    };
    let body = json!({ "agentId": args.agent, "nonce": nonce, "signatureHex": signature });
    let answer = client.post("/poa/api/revoke", &body, Auth::Nobody)?;
    let jti = answer["jti"].as_str().unwrap_or_default();
    let what = format!("document {jti} about {} is revoked, from the next publication on", args.agent);
    Ok(Answer::done(what, "a new one is claimed with poa agenthood claim", answer))
}

fn show(args: &ShowArgs) -> Outcome<Answer> {
    let client = args.service.client(None)?;
    super::path_part(&args.what)?;
    // A ULID has 26 characters, an address more.
    let kind = if args.what.len() == 26 { "credential" } else { "snapshot" };
    let answer = client.get(&format!("/poa/api/{kind}/{}", args.what), Auth::Nobody)?;
    let lines = crate::output::pretty(&answer).lines().map(str::to_owned).collect::<Vec<_>>();
    Ok(Answer::done(format!("{kind} {}", args.what), "", answer).with_details(lines))
}

/// A nonce and the controller's signature over its message.
struct Signed {
    nonce: String,
    signature: String,
}

/// The signature that was given or is made here once the user agrees; without either, what a wallet has to sign. Whoever
/// gives a signature has agreed to it elsewhere.
fn signed(
    args: &SignedArgs,
    client: &Client,
    action: Action,
    agree: impl FnOnce(&Asked) -> Outcome<()>,
) -> Outcome<Result<Signed, Answer>> {
    if let (Some(nonce), Some(signature)) = (&args.nonce, &args.signature) {
        return Ok(Ok(Signed { nonce: nonce.clone(), signature: signature.clone() }));
    }
    let key = args.key.as_deref().map(WalletKey::read).transpose()?;
    let wanted = wanted(args, client, action)?;
    let body = json!({ "agentId": args.agent, "action": action.as_str() });
    let challenge = client.post("/poa/api/challenge", &body, Auth::Nobody)?;
    if challenge["binding"].is_null() && !wanted.unbound {
        // Most often nobody could sign for this agent, and the service says why.
        super::path_part(&args.agent)?;
        client.get(&format!("/poa/api/snapshot/{}", args.agent), Auth::Nobody)?;
    }
    let asked = Asked::read(&challenge, &wanted)?;
    let Some(key) = key else {
        let next = format!("sign it with the controller's wallet, then add --nonce {} --signature HEX", asked.nonce);
        let details = asked.lines(action);
        return Ok(
            Err(Answer::done(format!("to be signed: {}", asked.message), next, challenge).with_details(details)),
        );
    };
    let controller = asked.details.as_ref().map(|details| details.controller.account());
    if controller.is_some_and(|account| !key.is_of(account)) {
        let next = "sign with the key that controls the agent now";
        return Err(Failure::refused("the key is not the controller's, so nothing was signed", next));
    }
    agree(&asked)?;
    let signature = key.sign_for(controller, &asked.message)?;
    Ok(Ok(Signed { nonce: asked.nonce, signature }))
}

/// What the user asked for, as the challenge must say it.
fn wanted<'a>(args: &'a SignedArgs, client: &Client, action: Action) -> Outcome<Wanted<'a>> {
    if let Some(origin) = &args.unbound
        && origin != client.origin()
    {
        let what = format!("--unbound names {origin}, but the service asked is {}", client.base());
        return Err(Failure::refused(what, "name the service whose challenge you mean to sign, in both places"));
    }
    let issuer = match &args.issuer {
        Some(issuer) => issuer.clone(),
        None => IssuerDid::from_url(&client.origin().to_string())
            .or_fail(format!("{} names no issuer", client.base()), "name the issuer with --issuer did:web:HOST")?,
    };
    let controller = args.controller.as_deref().map(str::parse::<Address>).transpose();
    let controller = controller.or_fail("--controller is no address", "give the controller's SS58 address")?;
    let controller = controller.map(|address| *address.account());
    Ok(Wanted { issuer, agent: &args.agent, controller, action, unbound: args.unbound.is_some() })
}
