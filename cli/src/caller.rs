//! Who a command acts as: the operator, an agent with a key file, or the holder of a directory.

use std::path::PathBuf;

use clap::Args;
use poa_verifier::did::AgentDid;

use crate::args::{Global, OperatorArgs, SealArgs, ServiceArg, TOKEN_FILE};
use crate::client::{AgentSigner, Auth, Client, OperatorToken};
use crate::exit::{Failure, Outcome};
use crate::holder::rotate;
use crate::holder::store::{HolderDir, SEALED_FILE};
use crate::keyfile;
use crate::named::AgentName;

/// The ways to say who acts. Without any, `--data-dir` decides: a directory with `holder.age` acts as
/// its agent, one with `operator-token` as the operator.
#[derive(Args, Clone)]
pub struct CallerArgs {
    /// The agent concerned, as DID or UUID; a holder's directory knows its own
    #[arg(long, value_name = "AGENT")]
    pub agent: Option<AgentName>,
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
            let AgentName::Did(did) = agent else {
                return Err(Failure::error(
                    format!("{agent} is no DID, and only a DID can sign"),
                    "give --agent as did:poa:<host>:<uuid>",
                ));
            };
            return Ok(Self::Agent(AgentSigner { did: did.clone(), key: keyfile::read(path)? }));
        }
        if let Some(token) = args.operator.given()? {
            return Ok(Self::Operator(token));
        }
        let holder_dir = global.holder_dir();
        if HolderDir::exists(&holder_dir) {
            return Self::holder(HolderDir::open(&holder_dir, args.seal.existing()?)?);
        }
        let service_dir = global.service_dir();
        if !service_dir.join(TOKEN_FILE).exists() {
            let places = match &global.data_dir {
                Some(directory) => format!("{} has neither", directory.display()),
                None => {
                    format!("{} has no {SEALED_FILE}, {} no {TOKEN_FILE}", holder_dir.display(), service_dir.display())
                }
            };
            return Err(Failure::error(
                format!(
                    "nobody is named to act as: a holder has a {SEALED_FILE}, an operator an {TOKEN_FILE}; {places}"
                ),
                "name the directory with --data-dir; or give --key with --agent, or --token-file",
            ));
        }
        args.operator.token(global).map(Self::Operator)
    }

    /// The holder of an opened directory.
    pub fn holder(mut dir: HolderDir) -> Outcome<Self> {
        rotate::settle(&mut dir)?;
        let signer = AgentSigner { did: dir.contents.agent()?.did.clone(), key: dir.contents.signing_key.clone() };
        Ok(Self::Holder(Box::new(dir), signer))
    }

    /// In words, for whoever is asked to agree to an act.
    pub fn words(&self) -> String {
        match self {
            Self::Operator(_) => "the operator".to_owned(),
            Self::Agent(signer) => signer.did.to_string(),
            Self::Holder(dir, signer) => format!("{}, by its holder's directory {}", signer.did, dir.path().display()),
        }
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

    /// The DID of the agent concerned: the one that acts, or the one named, which has to be one of the service's.
    pub fn agent(&self, args: &CallerArgs, client: &Client) -> Outcome<AgentDid> {
        match (&args.agent, self) {
            (named, Self::Agent(signer) | Self::Holder(_, signer))
                if named.as_ref().is_none_or(|named| named.is(&signer.did)) =>
            {
                Ok(signer.did.clone())
            }
            (Some(named), _) => named.at(client),
            (None, _) => Err(Failure::error("no agent is named", "name it with --agent; `poa agent list` shows all")),
        }
    }
}
