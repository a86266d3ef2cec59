//! What an operator decides about Proof of Agenthood.

use std::time::Duration;

use poa_verifier::agenthood::MAX_LIFETIME_S;
use poa_verifier::agenthood::issuers::AgenthoodIssuers;
use poa_verifier::agenthood::ss58::Network;

use super::ConfigError;
use crate::chain::{BaseUrl, GivenReader, HttpSettings, ReadLimits};
use crate::foreign_lists::{self, ListSource};

/// Configuration of Proof of Agenthood.
#[derive(Clone, Debug)]
pub struct AgenthoodConfig {
    /// The chain that is read. There is no second one to fall back to.
    pub chain: ChainConfig,
    /// How much of it callers may ask for. Three times: for whoever only looks (snapshots, verification), for who asks
    /// for a challenge, and for who answers one.
    pub reads: ReadLimits,
    /// Age at which the chain's newest finalised block no longer counts, 10 s to 1 day: the chain, or its reader, stands
    /// still.
    pub max_head_age: Duration,
    /// SS58 network of the agents' addresses.
    pub network: Network,
    /// Pause between two readings of the chain's changes, 100 ms to 1 h.
    pub watch_interval: Duration,
    /// Life of a document, seconds, at most thirty days.
    pub lifetime_s: u64,
    /// Other issuers whose documents verify here too.
    pub foreign_issuers: AgenthoodIssuers,
    /// Where their revocation lists come from.
    pub foreign_lists: ListSource,
}

/// Which chain.
#[derive(Clone, Debug)]
pub enum ChainConfig {
    /// The registry in this service's database.
    Embedded {
        /// Its name in documents.
        name: String,
        /// Whether its data are invented; then documents are issued that nobody signed for.
        fixture: bool,
    },
    /// Another party's chain behind the HTTP contract.
    Http {
        /// Where the contract is served.
        url: BaseUrl,
        /// How patient the reader is.
        settings: HttpSettings,
    },
    /// A reader that the program brings which embeds the service.
    Given(GivenReader),
}

impl Default for AgenthoodConfig {
    /// The embedded registry, addresses of generic Substrate, a reading every thirty seconds, a head of the
    /// last two minutes, thirty days.
    fn default() -> Self {
        Self {
            chain: ChainConfig::Embedded { name: "poa-registry".to_owned(), fixture: false },
            reads: ReadLimits::default(),
            max_head_age: Duration::from_secs(120),
            network: Network::SUBSTRATE,
            watch_interval: Duration::from_secs(30),
            lifetime_s: MAX_LIFETIME_S,
            foreign_issuers: AgenthoodIssuers::default(),
            foreign_lists: ListSource::default(),
        }
    }
}

impl ChainConfig {
    /// Whether documents about its agents may go unsigned by their controllers: only for a registry of our own that the
    /// operator declared a fixture.
    pub fn is_fixture(&self) -> bool {
        matches!(self, Self::Embedded { fixture: true, .. })
    }
}

impl AgenthoodConfig {
    pub(super) fn check(&self, production: bool) -> Result<(), ConfigError> {
        if !(1..=MAX_LIFETIME_S).contains(&self.lifetime_s) {
            return Err(ConfigError::DocumentLifetime(self.lifetime_s));
        }
        if !(Duration::from_millis(100)..=Duration::from_secs(3_600)).contains(&self.watch_interval) {
            return Err(ConfigError::WatchInterval(self.watch_interval));
        }
        if !(Duration::from_secs(10)..=Duration::from_secs(86_400)).contains(&self.max_head_age) {
            return Err(ConfigError::MaxHeadAge(self.max_head_age));
        }
        // A request as a whole may take fifteen seconds.
        let budgets = Duration::from_millis(10)..=Duration::from_secs(10);
        if self.reads.at_once == 0 || !budgets.contains(&self.reads.budget) {
            return Err(ConfigError::ReadLimits(self.reads));
        }
        if matches!(self.foreign_lists, ListSource::Fetch(_)) {
            foreign_lists::check_urls(&self.foreign_issuers).map_err(|(issuer, _)| ConfigError::ListUrl(issuer))?;
        }
        if production && self.chain.is_fixture() {
            return Err(ConfigError::FixtureChain);
        }
        Ok(())
    }
}
