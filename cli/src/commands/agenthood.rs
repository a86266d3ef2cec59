//! `poa agenthood`: Proofs of Agenthood from a service in the published form.
//!
//! The controller signs with a key file here, or elsewhere with a wallet: then the first run shows what to sign, and the
//! second one hands in the signature.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use poa_verifier::agenthood::binding::Details;
use poa_verifier::agenthood::hex32::Seed;
use poa_verifier::agenthood::message::Action;
use serde_json::{Value, json};

use super::verify::{self, VerifyArgs};
use crate::args::{Global, ServiceArg};
use crate::client::{Auth, Client};
use crate::exit::{Failure, Outcome};
use crate::output::Answer;
use crate::system;
use crate::wallet::WalletKey;

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
    Revoke(SignedArgs),
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
    let Signed { nonce, signature } = match signed(&args.signed, &client, Action::Issue)? {
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

fn revoke(args: &SignedArgs) -> Outcome<Answer> {
    let client = args.service.client(None)?;
    let Signed { nonce, signature } = match signed(args, &client, Action::Revoke)? {
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

/// The signature that was given or is made here; without either, what a wallet has to sign.
fn signed(args: &SignedArgs, client: &Client, action: Action) -> Outcome<Result<Signed, Answer>> {
    if let (Some(nonce), Some(signature)) = (&args.nonce, &args.signature) {
        return Ok(Ok(Signed { nonce: nonce.clone(), signature: signature.clone() }));
    }
    let body = json!({ "agentId": args.agent, "action": action.as_str() });
    let challenge = client.post("/poa/api/challenge", &body, Auth::Nobody)?;
    let asked = Asked::read(&challenge, &args.agent, action)?;
    match &args.key {
        Some(path) => {
            let controller = asked.details.as_ref().map(|details| details.controller.account());
            let signature = WalletKey::read(path)?.sign_for(controller, &asked.message)?;
            Ok(Ok(Signed { nonce: asked.nonce, signature }))
        }
        None => {
            let next =
                format!("sign it with the controller's wallet, then add --nonce {} --signature HEX", asked.nonce);
            Ok(Err(Answer::done(format!("to be signed: {}", asked.message), next, challenge)))
        }
    }
}

/// A challenge that asks for what was wanted, and nothing else.
struct Asked {
    nonce: String,
    message: String,
    details: Option<Details>,
}

impl Asked {
    /// Nothing is signed but the message for this agent and action; where the nonce stands for details, it stands for
    /// those that are shown.
    fn read(challenge: &Value, agent: &str, action: Action) -> Outcome<Self> {
        let refused = |why: &str| {
            Failure::refused(format!("the service's challenge {why}"), "sign nothing; ask whoever operates the service")
        };
        let nonce = challenge["nonce"].as_str().unwrap_or_default().to_owned();
        let hex = nonce.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !hex || !matches!(nonce.len(), 32 | 64) {
            return Err(refused("has no nonce"));
        }
        // The published form shows the message of issuing whatever is asked for.
        let message = action.message(agent, &nonce);
        let details = match &challenge["binding"] {
            Value::Null => None,
            binding => Some(read_details(binding, &message, action).ok_or_else(|| refused("binds something else"))?),
        };
        Ok(Self { nonce, message, details })
    }
}

fn read_details(binding: &Value, message: &str, action: Action) -> Option<Details> {
    let seed: Seed = serde_json::from_value(binding["seed"].clone()).ok()?;
    let details: Details = serde_json::from_value(binding["details"].clone()).ok()?;
    (details.action == action && details.message(&seed) == message).then_some(details)
}

/// Checks what a service asks for, without a service.
#[cfg(test)]
mod tests {
    use super::*;

    const AGENT: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

    fn challenge() -> Value {
        let details: Details = serde_json::from_value(json!({
            "action": "issue", "issuer": "did:web:poa.example", "agent": AGENT,
            "controller": "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty",
            "genesis": format!("0x{}", "01".repeat(32)), "abgVersion": 3, "abgHash": format!("0x{}", "02".repeat(32)),
            "claims": "03".repeat(32), "issuedAt": 1_770_000_000_123_u64,
        }))
        .unwrap();
        let seed = Seed::new([7; 32]);
        json!({
            "nonce": details.nonce(&seed).to_string(), "agentId": AGENT,
            "binding": { "seed": seed.to_string(), "details": details.to_value() },
        })
    }

    #[test]
    fn a_challenge_for_something_else_is_not_signed() {
        let good = challenge();
        let asked = Asked::read(&good, AGENT, Action::Issue).ok().unwrap();
        assert_eq!(asked.message, format!("poa:{AGENT}:{}", good["nonce"].as_str().unwrap()));
        assert!(Asked::read(&good, AGENT, Action::Revoke).is_err(), "another action");
        assert!(Asked::read(&good, "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty", Action::Issue).is_err());
        for (pointer, value) in [
            ("/nonce", json!("00".repeat(32))),
            ("/nonce", json!("x")),
            ("/binding/details/issuer", json!("did:web:other.example")),
            ("/binding/details/abgVersion", json!(4)),
            ("/binding/details/controller", json!(AGENT)),
            ("/binding/seed", json!("08".repeat(32))),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = value;
            assert!(Asked::read(&bad, AGENT, Action::Issue).is_err(), "{pointer}");
        }
    }

    #[test]
    fn a_service_without_binding_asks_for_the_published_message() {
        let published = json!({ "nonce": "0f".repeat(16), "agentId": AGENT, "message": "poa:x:y", "expiresAt": 1 });
        let asked = Asked::read(&published, AGENT, Action::Revoke).ok().unwrap();
        assert_eq!(asked.message, format!("poa-revoke:{AGENT}:{}", "0f".repeat(16)));
    }
}
