//! Who a command acts as: the operator, an agent with a key file, or the holder of a directory.

use std::path::PathBuf;

use clap::Args;

use crate::args::{Global, OperatorArgs, SealArgs, ServiceArg};
use crate::client::{AgentSigner, Auth, Client, OperatorToken};
use crate::exit::{Failure, Outcome};
use crate::holder::rotate;
use crate::holder::store::HolderDir;
use crate::keyfile;

/// The ways to say who acts. Without any, `--data-dir` decides: a directory with `holder.age` acts as
/// its agent, one with `operator-token` as the operator.
#[derive(Args, Clone)]
pub struct CallerArgs {
    /// The agent concerned, as DID or UUID; a holder's directory knows its own
    #[arg(long, value_name = "AGENT")]
    pub agent: Option<String>,
    /// Act as that agent with this Ed25519 key file (JWK)
    #[arg(long, value_name = "FILE", requires = "agent")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    operator: OperatorArgs,
    #[command(flatten)]
    seal: SealArgs,
}

/// Who acts.
pub enum Caller {
    /// The operator of the service.
    Operator(OperatorToken),
    /// An agent whose proving secrets the service keeps, or that has only its request key here.
    Agent(AgentSigner),
    /// The holder of an opened directory, whose agent signs.
    Holder(Box<HolderDir>, AgentSigner),
}

impl Caller {
    /// Finds out who acts.
    pub fn find(args: &CallerArgs, global: &Global) -> Outcome<Self> {
        if let (Some(path), Some(agent)) = (&args.key, &args.agent) {
            require_did(agent)?;
            return Ok(Self::Agent(AgentSigner { did: agent.clone(), key: keyfile::read(path)? }));
        }
        if let Some(token) = args.operator.given()? {
            return Ok(Self::Operator(token));
        }
        let holder_dir = global.holder_dir();
        if HolderDir::exists(&holder_dir) {
            return Self::holder(HolderDir::open(&holder_dir, args.seal.existing()?)?);
        }
        args.operator.token(global).map(Self::Operator)
    }

    /// The holder of an opened directory.
    pub fn holder(mut dir: HolderDir) -> Outcome<Self> {
        rotate::settle(&mut dir)?;
        let signer = AgentSigner { did: dir.contents.agent()?.did.clone(), key: dir.contents.signing_key.clone() };
        Ok(Self::Holder(Box::new(dir), signer))
    }

    /// For the client.
    pub fn auth(&self) -> Auth<'_> {
        match self {
            Self::Operator(token) => Auth::Operator(token),
            Self::Agent(signer) | Self::Holder(_, signer) => Auth::Agent(signer),
        }
    }

    /// A client for the service named, or the holder's own.
    pub fn client(&self, service: &ServiceArg) -> Outcome<Client> {
        let known = match self {
            Self::Holder(dir, _) => Some(dir.contents.agent()?.service.as_str()),
            _ => None,
        };
        service.client(known)
    }

    /// The DID of the agent concerned: named, or the one that acts.
    pub fn agent(&self, args: &CallerArgs) -> Outcome<String> {
        match (&args.agent, self) {
            (Some(agent), _) => Ok(agent.clone()),
            (None, Self::Agent(signer) | Self::Holder(_, signer)) => Ok(signer.did.clone()),
            (None, Self::Operator(_)) => {
                Err(Failure::error("no agent is named", "name it with --agent; `poa agent list` shows all"))
            }
        }
    }
}

/// The UUID of an agent given as DID or UUID, as it stands in paths.
pub fn uuid_of(agent: &str) -> Outcome<String> {
    let last = agent.rsplit(':').next().unwrap_or_default();
    uuid::Uuid::parse_str(last).map(|id| id.hyphenated().to_string()).map_err(|_| {
        Failure::error(format!("`{agent}` names no agent"), "give a DID like did:poa:<host>:<uuid>, or the UUID alone")
    })
}

fn require_did(agent: &str) -> Outcome<()> {
    if agent.starts_with("did:poa:") {
        return Ok(());
    }
    Err(Failure::error(
        format!("`{agent}` is no DID, and only a DID can sign"),
        "give --agent as did:poa:<host>:<uuid>",
    ))
}
