//! The command line: what every command shares.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use zeroize::Zeroizing;

use crate::client::{Client, OperatorToken};
use crate::commands;
use crate::exit::{Failure, OrFail, Outcome};
use crate::holder::seal::{MIN_PASSPHRASE_CHARS, Seal};
use crate::holder::store::HolderDir;
use crate::{demo, system};

/// Environment variable with the passphrase of the holder's file.
const PASSPHRASE_VARIABLE: &str = "POA_PASSPHRASE";
/// Environment variable with the operator's token.
const TOKEN_VARIABLE: &str = "POA_OPERATOR_TOKEN";
/// The operator's token inside the service's directory.
pub const TOKEN_FILE: &str = "operator-token";

/// Version, and the commit that it was built from.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("POA_COMMIT"), ")");

/// Proof of agenthood: signed work receipts become zero-knowledge credentials.
///
/// An agent proves statements about its record (tasks completed, reputation, capabilities, build)
/// without showing the record. Start with `poa demo`.
#[derive(Parser)]
#[command(
    name = "poa",
    version = VERSION,
    after_help = "Exit status: 0 done or verified, 1 not verified or refused, 2 could not check or could not do it."
)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Args)]
pub struct Global {
    /// Print one JSON object instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Directory of this command's own state: the service's for `serve` and operators, the holder's
    /// for holders [default: poa/service or poa/holder in the user's data directory]
    #[arg(long, global = true, value_name = "DIR", env = "POA_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// File (PEM) with the authorities whose TLS certificates are believed, and no others [default: the platform's store]
    #[arg(long, global = true, value_name = "FILE", env = "POA_CA_FILE")]
    pub ca_file: Option<PathBuf>,
    /// Keep to the pinned trust documents: do not follow an issuer that replaced its keys, whoever vouches for the new ones
    #[arg(long, global = true, env = "POA_PIN_STRICT", value_parser = clap::builder::FalseyValueParser::new())]
    pub pin_strict: bool,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Run the whole path on real data on this machine, then keep serving
    Demo(demo::DemoArgs),
    /// Run the service
    Serve(commands::serve::ServeArgs),
    /// Agents: register, list, show, challenge, rotate, revoke, suspend, resume, keygen
    #[command(subcommand)]
    Agent(commands::agent::AgentCommand),
    /// Proofs of Agenthood, who stands behind an agent: claim, show, verify, revoke
    #[command(subcommand)]
    Agenthood(commands::agenthood::AgenthoodCommand),
    /// Work receipts: make, sign and post them; register attestors
    #[command(subcommand)]
    Attest(commands::attest::AttestCommand),
    /// Get a standing credential; in self-custody the proof is made here
    Issue(commands::issue::IssueArgs),
    /// Prove all of a presentation but the challenge's part beforehand, so that answering takes a moment
    Prepare(commands::prepare::PrepareArgs),
    /// Answer a verifier's request with a presentation, proved on this machine
    #[command(visible_alias = "prove")]
    Present(commands::present::PresentArgs),
    /// Make a verifier's request with a fresh challenge
    Request(commands::request::RequestArgs),
    /// Verify a credential, presentation or JWS, here or by a service
    Verify(commands::verify::VerifyArgs),
    /// Revoke a credential, or an agent with all its credentials
    #[command(subcommand)]
    Revoke(commands::revoke::RevokeCommand),
    /// Show the log's signed roots
    #[command(subcommand)]
    Root(commands::root::RootCommand),
    /// Disclosure and attestation schemas: list, show, add
    #[command(subcommand)]
    Schema(commands::schema::SchemaCommand),
    /// The pinned trust documents, one per issuer: add, fetch, pin, list, show, update, remove
    #[command(subcommand)]
    Trust(commands::trust::TrustCommand),
    /// The clock of the service's machine, for its operator: show, confirm
    #[command(subcommand)]
    Clock(commands::clock::ClockCommand),
    /// The issuer's keys, for its operator: list, rotate, compromise, compromised
    #[command(subcommand)]
    Keys(commands::keys::KeysCommand),
    /// Verifiers that the operator vouches for: add, list, remove
    #[command(subcommand)]
    Verifier(commands::verifier::VerifierCommand),
    /// Measure this machine: proofs, verifications and hashes beside what could be used instead
    Bench(commands::bench::BenchArgs),
    /// Run the conformance vectors, those inside this binary or a directory's, and say which come out wrong
    Selftest(commands::selftest::SelftestArgs),
    /// The proving and verifying key: verify, generate-dev, export
    #[command(subcommand)]
    Crs(commands::crs::CrsCommand),
    /// The holder's directory: init, show, answer, adopt, export, import
    #[command(subcommand)]
    Holder(commands::holder::HolderCommand),
}

impl Global {
    /// The service's directory.
    pub fn service_dir(&self) -> PathBuf {
        self.directory("service")
    }

    /// The holder's directory.
    pub fn holder_dir(&self) -> PathBuf {
        self.directory("holder")
    }

    fn directory(&self, kind: &str) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| system::default_base().join(kind))
    }
}

/// Which service.
#[derive(Args)]
pub struct ServiceArg {
    /// The service's base URL; a registered holder's directory knows its own
    #[arg(long, value_name = "URL", env = "POA_SERVICE")]
    pub service: Option<String>,
}

impl ServiceArg {
    /// A client for the service named, or for the one the caller knows.
    pub fn client(&self, known: Option<&str>) -> Outcome<Client> {
        match self.service.as_deref().or(known) {
            Some(url) => Client::new(url),
            None => Err(Failure::error("no service is named", "give its URL with --service or POA_SERVICE")),
        }
    }
}

/// How the holder's file is opened.
#[derive(Args, Clone)]
pub struct SealArgs {
    /// age identity file (mode 0600) that opens the holder's file, instead of a passphrase
    #[arg(long, value_name = "FILE", env = "POA_KEY_FILE")]
    pub key_file: Option<PathBuf>,
    /// File (mode 0600) with the passphrase; else POA_PASSPHRASE, else a prompt
    #[arg(long, value_name = "FILE", conflicts_with = "key_file")]
    pub passphrase_file: Option<PathBuf>,
}

impl SealArgs {
    /// What opens an existing file.
    pub fn existing(&self) -> Outcome<Seal> {
        match &self.key_file {
            Some(path) => Seal::read_key_file(path),
            None => Ok(Seal::passphrase(&self.passphrase("Passphrase: ")?)),
        }
    }

    /// What seals a new file: a key file is made when there is none, a passphrase asked for twice.
    pub fn fresh(&self) -> Outcome<Seal> {
        match &self.key_file {
            Some(path) => Seal::key_file(path),
            None => self.fresh_passphrase(),
        }
    }

    fn fresh_passphrase(&self) -> Outcome<Seal> {
        let first = self.passphrase(&format!("New passphrase, at least {MIN_PASSPHRASE_CHARS} characters: "))?;
        // Before it is asked for again.
        let seal = Seal::new_passphrase(&first)?;
        let prompted = self.passphrase_file.is_none() && std::env::var_os(PASSPHRASE_VARIABLE).is_none();
        if prompted && *prompt("The same again: ")? != *first {
            return Err(Failure::error("the two passphrases differ", "try again"));
        }
        Ok(seal)
    }

    fn passphrase(&self, question: &str) -> Outcome<Zeroizing<String>> {
        if let Some(path) = &self.passphrase_file {
            return system::read_secret(path);
        }
        match std::env::var(PASSPHRASE_VARIABLE) {
            Ok(text) => Ok(Zeroizing::new(text)),
            Err(_) => prompt(question),
        }
    }
}

fn prompt(question: &str) -> Outcome<Zeroizing<String>> {
    rpassword::prompt_password(question).map(Zeroizing::new).or_fail(
        "no passphrase could be asked for",
        "give it with --passphrase-file or POA_PASSPHRASE, or use --key-file",
    )
}

/// How the operator proves to be one.
#[derive(Args, Clone)]
pub struct OperatorArgs {
    /// File with the operator's token; else POA_OPERATOR_TOKEN, else operator-token in --data-dir
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

impl OperatorArgs {
    /// The token, when one is given outright.
    pub fn given(&self) -> Outcome<Option<OperatorToken>> {
        match (&self.token_file, std::env::var(TOKEN_VARIABLE)) {
            (Some(path), _) => Self::read(path).map(Some),
            (None, Ok(text)) => Ok(Some(OperatorToken::new(&Zeroizing::new(text)))),
            (None, Err(_)) => Ok(None),
        }
    }

    /// The token: given outright, or from the service's directory.
    pub fn token(&self, global: &Global) -> Outcome<OperatorToken> {
        if let Some(token) = self.given()? {
            return Ok(token);
        }
        let path = global.service_dir().join(TOKEN_FILE);
        if !path.exists() {
            return Err(Failure::error(
                format!("no operator's token: {} does not exist", path.display()),
                "give --token-file, POA_OPERATOR_TOKEN, or the service's --data-dir",
            ));
        }
        Self::read(&path)
    }

    /// Reads a token file.
    pub fn read(path: &Path) -> Outcome<OperatorToken> {
        Ok(OperatorToken::new(&system::read_secret(path)?))
    }
}

/// Which service, and that its operator asks.
#[derive(Args)]
pub struct OperatorAt {
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    operator: OperatorArgs,
}

impl OperatorAt {
    /// A client for the service, and the operator's token.
    pub fn open(&self, global: &Global) -> Outcome<(Client, OperatorToken)> {
        Ok((self.service.client(None)?, self.operator.token(global)?))
    }
}

/// Opens the holder's directory.
pub fn open_holder(global: &Global, seal: &SealArgs) -> Outcome<HolderDir> {
    let directory = global.holder_dir();
    // Before a passphrase is asked for.
    if !HolderDir::exists(&directory) {
        return Err(crate::holder::store::missing(&directory));
    }
    HolderDir::open(&directory, seal.existing()?)
}
