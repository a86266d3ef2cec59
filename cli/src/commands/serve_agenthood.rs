//! What `poa serve` is told about Proof of Agenthood.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use poa_issuer::chain::HttpSettings;
use poa_issuer::config::{AgenthoodConfig, ChainConfig};
use poa_issuer::foreign_lists::ListSource;
use poa_verifier::agenthood::issuers::AgenthoodIssuers;
use poa_verifier::agenthood::ss58::Network;

use crate::exit::{Failure, OrFail, Outcome};
use crate::foreign;

/// Chain, watcher and other issuers.
#[derive(Args)]
pub struct AgenthoodArgs {
    /// Read agents from another party's chain behind this URL instead of the registry in the database
    #[arg(long, value_name = "URL", env = "POA_CHAIN_URL", conflicts_with_all = ["chain_name", "chain_fixture"])]
    chain_url: Option<String>,
    /// Name of the registry in documents
    #[arg(long, value_name = "NAME", default_value = "poa-registry")]
    chain_name: String,
    /// The registry's data are invented: documents are issued that nobody signed for
    #[arg(long)]
    chain_fixture: bool,
    /// Seconds after which the chain's newest finalised block no longer counts
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    max_chain_head_age_s: u64,
    /// SS58 network prefix of agents' addresses
    #[arg(long, value_name = "N", default_value_t = 42)]
    ss58_prefix: u16,
    /// Seconds between two readings of the chain's changes
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    watch_interval_s: u64,
    /// File of other issuers whose documents verify here (schemas/agenthood-issuers.json)
    #[arg(long, value_name = "FILE")]
    agenthood_issuers: Option<PathBuf>,
    /// Read their revocation lists from the files of this directory instead of fetching them
    #[arg(long, value_name = "DIR", requires = "agenthood_issuers")]
    agenthood_lists: Option<PathBuf>,
}

impl AgenthoodArgs {
    /// The service's configuration.
    pub fn to_config(&self) -> Outcome<AgenthoodConfig> {
        let next = "see poa serve --help";
        let chain = match &self.chain_url {
            Some(url) => {
                let url = url.parse().or_fail(format!("{url} cannot be the chain's URL"), next)?;
                ChainConfig::Http { url, settings: HttpSettings::default() }
            }
            None => ChainConfig::Embedded { name: self.chain_name.clone(), fixture: self.chain_fixture },
        };
        let foreign_issuers = match &self.agenthood_issuers {
            None => AgenthoodIssuers::default(),
            Some(path) => foreign::read_issuers(path)?,
        };
        let foreign_lists = match &self.agenthood_lists {
            None => ListSource::default(),
            Some(path) if !path.is_dir() => {
                return Err(Failure::error(format!("{} is no directory", path.display()), next));
            }
            Some(path) => ListSource::Directory(path.clone()),
        };
        Ok(AgenthoodConfig {
            chain,
            max_head_age: Duration::from_secs(self.max_chain_head_age_s),
            network: Network::new(self.ss58_prefix).or_fail("--ss58-prefix cannot be used", next)?,
            watch_interval: Duration::from_secs(self.watch_interval_s),
            foreign_issuers,
            foreign_lists,
            ..AgenthoodConfig::default()
        })
    }
}
