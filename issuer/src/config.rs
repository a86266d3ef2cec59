//! What an operator decides before the service starts. Every field has a unit and a checked type; a
//! value that cannot work is refused here, not at the first request.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use poa_prover::engine::Progress;

use crate::chain::ReadLimits;
use crate::domain::{DOCUMENTS_PER_DAY, STATUS_CAPACITY};
use crate::proving::LaneSize;

mod agenthood;
pub mod capabilities;
mod connections;
mod public_url;

pub use agenthood::{AgenthoodConfig, ChainConfig};
pub use capabilities::CapabilitiesError;
pub use connections::{Bounds, ConnectionLimits, raise_descriptors};
pub use public_url::{PublicUrl, PublicUrlError};

/// Everything the service is told from outside, except time and randomness.
#[derive(Clone, Debug)]
pub struct Config {
    /// Directory of the database, the operator's token and the master key. Made when missing.
    pub data_dir: PathBuf,
    /// The file of the master key, made when missing on first start; none means `master.key` in `data_dir`. The
    /// environment may hold the key instead, see [`crate::keys::MASTER_KEY_VARIABLE`].
    pub master_key_file: Option<PathBuf>,
    /// Where the service is reached from outside; its host names the issuer (`did:web`).
    pub public_url: PublicUrl,
    /// The address the service listens on.
    pub listen: SocketAddr,
    /// Certificate and key of the listener; none serves plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Reverse proxies whose `X-Forwarded-For` names the client; nobody else's is looked at.
    pub trusted_proxies: Vec<IpAddr>,
    /// Bounds of the connections.
    pub connections: ConnectionLimits,
    /// VC-API's `issue` and `status` without the operator's token, for test suites on this machine.
    pub vc_api_open: bool,
    /// Seconds between two publications of the log, 1 to 60. A head is published only when something
    /// waits or the newest is a minute old.
    pub publish_interval_s: u64,
    /// Refuse to start on a development key or without `https`.
    pub production: bool,
    /// How many proofs are made at a time and how many may wait.
    pub proving: ProvingLimits,
    /// How many documents are verified at a time, how many may wait, how many a client may send.
    pub verifying: VerifyingLimits,
    /// Directory of the compiled proving key, made when missing; services and holders of a machine may share it.
    pub engine_cache_dir: PathBuf,
    /// How much memory the prover's tables take.
    pub engine: poa_prover::Settings,
    /// Counts while the proving key is compiled.
    pub engine_progress: Arc<Progress>,
    /// Presentations kept ready for what agents in the service's custody show most; 0 keeps none.
    pub prepared: u32,
    /// Documents issued to one agent in a day at its own request, at least 1: credentials, and Proofs of Agenthood.
    pub documents_per_day: u32,
    /// Status indices of the whole space, 1 to [`STATUS_CAPACITY`], which is as many as readers take.
    pub status_capacity: u32,
    /// Whether presentations of managed agents are kept back for as long as a direct one takes.
    pub level_timing: bool,
    /// The capability registry, at most 64 names. None is the stored one, and for a new service an empty one. A longer
    /// list than the stored one begins with it, and makes the next version of the attestation schemas.
    pub capabilities: Option<Vec<String>>,
    /// The id of a log to begin in a directory that has none. None begins `main`, and only where no keys are.
    pub new_log: Option<String>,
    /// Proof of Agenthood.
    pub agenthood: AgenthoodConfig,
}

/// The files of the listener's TLS, both PEM.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TlsFiles {
    /// The certificate and after it those that lead to its anchor.
    pub certificate: PathBuf,
    /// The certificate's private key.
    pub key: PathBuf,
}

/// Bounds of the proving pool; see [`crate::proving`] for its two lanes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ProvingLimits {
    /// Single requests proved at the same time, each on all cores; at least 1.
    pub workers: usize,
    /// Single requests that may wait for a worker, one principal's at most a quarter; one more is answered 503. The
    /// operator has as many places of its own.
    pub queue: usize,
    /// Batch items proved at the same time, each on one core; at least 1.
    pub batch_workers: usize,
    /// Batches worked on at the same time, at least 1, one principal's at most a quarter; one more is answered 503. The
    /// operator has as many places of its own.
    pub batches: usize,
}

impl ProvingLimits {
    /// One single proof at a time with 16 waiting, a batch item for each core, four batches.
    pub fn for_this_machine() -> Self {
        Self { workers: 1, queue: 16, batch_workers: cores(), batches: 4 }
    }

    /// The lane of single requests.
    pub fn single(self) -> LaneSize {
        LaneSize::shared(self.workers, self.queue)
    }

    /// The lane of batch items, with room for all that [`Self::items_at_once`] lets in and one that nobody waits for.
    /// Who may send batches is decided by their places, not here.
    pub fn batch(self) -> LaneSize {
        let queue = self.batches * self.items_at_once() + 1;
        LaneSize { workers: self.batch_workers, queue, network: queue, share: queue }
    }

    /// Items of one batch on their way at the same time: one for each worker, and one that is made ready meanwhile.
    pub fn items_at_once(self) -> usize {
        self.batch_workers + 1
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS)
}

/// Bounds of verification.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct VerifyingLimits {
    /// Documents verified at the same time, each on one core; at least 1. Documents of other issuers have half as many
    /// threads of their own, at least 1.
    pub workers: usize,
    /// Documents that may wait, at least [`MIN_VERIFY_QUEUE`], one client's at most a quarter and a batch in any case;
    /// one more is answered 503. The operator has as many places of its own.
    pub queue: usize,
    /// Documents that one client may have verified in a minute, at least [`MIN_VERIFY_RATE`].
    pub per_minute: u32,
}

/// Most documents of one call: a batch, or the credentials of a presentation.
pub const MAX_DOCUMENTS: usize = 32;
/// The smallest queue: four clients' batches fit.
pub const MIN_VERIFY_QUEUE: usize = 4 * MAX_DOCUMENTS;
/// The least rate: a presentation and its credentials pass at once.
pub const MIN_VERIFY_RATE: u32 = 60;

impl VerifyingLimits {
    /// A document for each core with 512 waiting, 1,200 a minute for each client.
    pub fn for_this_machine() -> Self {
        Self { workers: cores(), queue: 512, per_minute: 1_200 }
    }

    /// The lane of this service's own documents.
    pub fn own(self) -> LaneSize {
        LaneSize::shared(self.workers, self.queue)
    }

    /// The lane of other issuers' documents, whose senders choose what they cost.
    pub fn foreign(self) -> LaneSize {
        LaneSize::shared((self.workers / 2).max(1), self.queue)
    }

    /// The lane that reads large bodies.
    pub fn reading(self) -> LaneSize {
        LaneSize::shared((cores() / 2).max(1), self.queue)
    }
}

/// Most threads of a kind: more than any machine has cores. So many are started with the service.
pub const MOST_WORKERS: usize = 1_024;
/// Most that may wait in a queue, and most batches worked on: each holds its body in memory.
pub const MOST_WAITING: usize = 65_536;
/// Most connections, and most documents that a client may have verified in a minute.
pub const MOST_CALLS: usize = 1 << 20;
/// Most presentations kept ready.
pub const MOST_PREPARED: usize = 65_536;

/// Why a configuration cannot work.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The publication interval is 0 or longer than the minute after which a head is signed anew.
    #[error("publish_interval_s is {0}, not between 1 and 60")]
    PublishInterval(u64),
    /// More than the service can start, count or hold.
    #[error("{name} is {value}, more than {most}")]
    TooMany {
        /// The value's name.
        name: &'static str,
        /// What it is.
        value: usize,
        /// The most that it may be.
        most: usize,
    },
    /// No worker would ever prove.
    #[error("proving.{0} is 0")]
    NoWorkers(&'static str),
    /// No worker would ever verify.
    #[error("verifying.workers is 0")]
    NoVerifiers,
    /// A batch would never fit.
    #[error("verifying.queue is {0}, less than {MIN_VERIFY_QUEUE}")]
    VerifyQueue(usize),
    /// A batch would never pass.
    #[error("verifying.per_minute is {0}, less than {MIN_VERIFY_RATE}")]
    VerifyRate(u32),
    /// No agent would ever get a document.
    #[error("documents_per_day is 0; an agent gets at least one")]
    DocumentsPerDay,
    /// No index for any document, or more than readers of the lists take.
    #[error("status_capacity is {0}, not between 1 and {STATUS_CAPACITY}")]
    StatusCapacity(u32),
    /// A registry that no attestation schema takes.
    #[error("capabilities: {0}")]
    Capabilities(#[from] CapabilitiesError),
    /// Documents of agenthood live for a second at least and thirty days at most.
    #[error("agenthood.lifetime_s is {0}, not between 1 and 2592000")]
    DocumentLifetime(u64),
    /// A watcher without a pause, or one that pauses for more than an hour.
    #[error("agenthood.watch_interval is {0:?}, not between 100 ms and 1 h")]
    WatchInterval(std::time::Duration),
    /// A head that is never new enough, or one that may stand still for more than a day.
    #[error("agenthood.max_head_age is {0:?}, not between 10 s and 1 day")]
    MaxHeadAge(std::time::Duration),
    /// Callers that may never read the chain, or wait too long for it.
    #[error("agenthood.reads is {0:?}: at_once is at least 1, budget between 10 ms and 10 s")]
    ReadLimits(ReadLimits),
    /// A bound that lets nobody in, or a client more than all.
    #[error("connections.{0} is {1:?}: at least 1 for a client, no more than for a network, no more than in all")]
    Bounds(&'static str, Bounds),
    /// A time or a rate that nobody keeps.
    #[error("connections.{0} is 0")]
    NoTime(&'static str),
    /// A revocation list that would travel in the clear, a URL that may hold a secret, or no URL at all.
    #[error("agenthood: a list of {0} cannot be fetched: https, or http on loopback, without user, query or fragment")]
    ListUrl(String),
    /// Invented data has no place in production.
    #[error("--production refuses a chain that is a fixture")]
    FixtureChain,
    /// A listener with TLS that nobody is told to reach so.
    #[error("a listener with TLS needs a public URL with https, not {0}")]
    TlsUrl(String),
    /// Issuing for everybody, where others could reach it.
    #[error(
        "--vc-api-open lets everybody issue: it needs a listening address and a public URL of loopback, and no --production"
    )]
    VcApiOpen,
    /// `did:web` is resolved over https; a production issuer must be reachable so.
    #[error("--production needs a public URL with https, not {0}")]
    Insecure(String),
}

impl Config {
    /// The defaults for a service that keeps its state in `data_dir` and is reached at `public_url`:
    /// a publication every 10 s, the stored registry, the compiled proving key in `cache` below `data_dir`.
    pub fn new(data_dir: PathBuf, public_url: PublicUrl, listen: SocketAddr) -> Self {
        Self {
            engine_cache_dir: data_dir.join("cache"),
            engine: poa_prover::Settings::FULL,
            engine_progress: Arc::default(),
            prepared: 64,
            level_timing: false,
            data_dir,
            master_key_file: None,
            public_url,
            listen,
            tls: None,
            trusted_proxies: Vec::new(),
            connections: ConnectionLimits::for_this_process(),
            vc_api_open: false,
            publish_interval_s: 10,
            production: false,
            proving: ProvingLimits::for_this_machine(),
            verifying: VerifyingLimits::for_this_machine(),
            documents_per_day: DOCUMENTS_PER_DAY,
            status_capacity: STATUS_CAPACITY,
            capabilities: None,
            new_log: None,
            agenthood: AgenthoodConfig::default(),
        }
    }

    /// Checks what the types alone do not.
    pub fn check(&self) -> Result<(), ConfigError> {
        if !(1..=60).contains(&self.publish_interval_s) {
            return Err(ConfigError::PublishInterval(self.publish_interval_s));
        }
        let ProvingLimits { workers, batch_workers, batches, .. } = self.proving;
        for (name, number) in [("workers", workers), ("batch_workers", batch_workers), ("batches", batches)] {
            if number == 0 {
                return Err(ConfigError::NoWorkers(name));
            }
        }
        if self.verifying.workers == 0 {
            return Err(ConfigError::NoVerifiers);
        }
        if self.verifying.queue < MIN_VERIFY_QUEUE {
            return Err(ConfigError::VerifyQueue(self.verifying.queue));
        }
        if self.verifying.per_minute < MIN_VERIFY_RATE {
            return Err(ConfigError::VerifyRate(self.verifying.per_minute));
        }
        if self.documents_per_day == 0 {
            return Err(ConfigError::DocumentsPerDay);
        }
        if !(1..=STATUS_CAPACITY).contains(&self.status_capacity) {
            return Err(ConfigError::StatusCapacity(self.status_capacity));
        }
        if let Some(names) = &self.capabilities {
            capabilities::check(names)?;
        }
        self.check_upper_bounds()?;
        self.connections.check()?;
        self.agenthood.check(self.production)?;
        if self.tls.is_some() && !self.public_url.is_https() {
            return Err(ConfigError::TlsUrl(self.public_url.to_string()));
        }
        let loopback = self.listen.ip().to_canonical().is_loopback() && self.public_url.is_loopback();
        if self.vc_api_open && (self.production || !loopback) {
            return Err(ConfigError::VcApiOpen);
        }
        if self.production && !self.public_url.is_https() {
            return Err(ConfigError::Insecure(self.public_url.to_string()));
        }
        Ok(())
    }

    /// Each number that an operator gives has a greatest value: beyond it threads cannot be started, and sums overflow.
    fn check_upper_bounds(&self) -> Result<(), ConfigError> {
        let Self { proving, verifying, connections, agenthood, .. } = self;
        for (name, value, most) in [
            ("proving.workers", proving.workers, MOST_WORKERS),
            ("proving.queue", proving.queue, MOST_WAITING),
            ("proving.batch_workers", proving.batch_workers, MOST_WORKERS),
            ("proving.batches", proving.batches, MOST_WAITING),
            ("verifying.workers", verifying.workers, MOST_WORKERS),
            ("verifying.queue", verifying.queue, MOST_WAITING),
            ("verifying.per_minute", verifying.per_minute as usize, MOST_CALLS),
            ("documents_per_day", self.documents_per_day as usize, STATUS_CAPACITY as usize),
            ("prepared", self.prepared as usize, MOST_PREPARED),
            ("connections.places", connections.places.total, MOST_CALLS),
            ("agenthood.reads.at_once", agenthood.reads.at_once, MOST_WORKERS),
            ("agenthood.reads.waiting", agenthood.reads.waiting, MOST_WAITING),
        ] {
            if value > most {
                return Err(ConfigError::TooMany { name, value, most });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn config() -> Config {
        let url = PublicUrl::parse("http://127.0.0.1:8080").unwrap();
        Config::new(PathBuf::from("data"), url, ([127, 0, 0, 1], 8080).into())
    }

    #[test]
    fn the_defaults_pass() {
        assert_eq!(config().check(), Ok(()));
    }

    #[test]
    fn each_unworkable_value_is_named() {
        let change = |change: fn(&mut Config)| {
            let mut config = config();
            change(&mut config);
            config.check()
        };
        for (name, change_it) in [
            ("proving.workers", (|c| c.proving.workers = 100_000) as fn(&mut Config)),
            ("proving.queue", |c| c.proving.queue = usize::MAX),
            ("proving.batch_workers", |c| c.proving.batch_workers = usize::MAX),
            ("proving.batches", |c| c.proving.batches = usize::MAX),
            ("verifying.workers", |c| c.verifying.workers = 1_025),
            ("verifying.queue", |c| c.verifying.queue = usize::MAX),
            ("verifying.per_minute", |c| c.verifying.per_minute = u32::MAX),
            ("documents_per_day", |c| c.documents_per_day = u32::MAX),
            ("prepared", |c| c.prepared = u32::MAX),
            ("connections.places", |c| c.connections.places = Bounds::of(usize::MAX)),
            ("agenthood.reads.at_once", |c| c.agenthood.reads.at_once = usize::MAX),
        ] {
            let refused = change(change_it);
            assert!(matches!(refused, Err(ConfigError::TooMany { name: found, .. }) if found == name), "{refused:?}");
        }
        assert_eq!(change(|c| c.publish_interval_s = 0), Err(ConfigError::PublishInterval(0)));
        assert_eq!(change(|c| c.publish_interval_s = 61), Err(ConfigError::PublishInterval(61)));
        assert_eq!(change(|c| c.proving.workers = 0), Err(ConfigError::NoWorkers("workers")));
        assert_eq!(change(|c| c.proving.batch_workers = 0), Err(ConfigError::NoWorkers("batch_workers")));
        assert_eq!(change(|c| c.proving.batches = 0), Err(ConfigError::NoWorkers("batches")));
        assert_eq!(change(|c| c.verifying.workers = 0), Err(ConfigError::NoVerifiers));
        assert_eq!(change(|c| c.verifying.queue = 127), Err(ConfigError::VerifyQueue(127)));
        assert_eq!(change(|c| c.verifying.per_minute = 59), Err(ConfigError::VerifyRate(59)));
        assert_eq!(change(|c| c.documents_per_day = 0), Err(ConfigError::DocumentsPerDay));
        assert_eq!(change(|c| c.status_capacity = 0), Err(ConfigError::StatusCapacity(0)));
        let beyond = change(|c| c.status_capacity = STATUS_CAPACITY + 1);
        assert_eq!(beyond, Err(ConfigError::StatusCapacity(STATUS_CAPACITY + 1)));
        let many = ConfigError::Capabilities(CapabilitiesError::TooMany(65));
        assert_eq!(change(|c| c.capabilities = Some(vec![String::new(); 65])), Err(many));
        assert_eq!(change(|c| c.agenthood.lifetime_s = 0), Err(ConfigError::DocumentLifetime(0)));
        assert_eq!(change(|c| c.agenthood.lifetime_s = 2_592_001), Err(ConfigError::DocumentLifetime(2_592_001)));
        let pause = std::time::Duration::from_secs(3_601);
        let too_long = change(|c| c.agenthood.watch_interval = std::time::Duration::from_secs(3_601));
        assert_eq!(too_long, Err(ConfigError::WatchInterval(pause)));
        let seconds = std::time::Duration::from_secs;
        let short = change(|c| c.agenthood.max_head_age = std::time::Duration::from_secs(9));
        assert_eq!(short, Err(ConfigError::MaxHeadAge(seconds(9))));
        let long = change(|c| c.agenthood.max_head_age = std::time::Duration::from_secs(86_401));
        assert_eq!(long, Err(ConfigError::MaxHeadAge(seconds(86_401))));
        let none = change(|c| c.agenthood.reads.at_once = 0);
        assert!(matches!(none, Err(ConfigError::ReadLimits(_))));
        let long = change(|c| c.agenthood.reads.budget = std::time::Duration::from_secs(11));
        assert!(matches!(long, Err(ConfigError::ReadLimits(_))));
        let none = change(|c| c.connections.places.client = 0);
        assert!(matches!(none, Err(ConfigError::Bounds("places", _))));
        let more = change(|c| c.connections.body_bytes.network = usize::MAX);
        assert!(matches!(more, Err(ConfigError::Bounds("body_bytes", _))));
        assert_eq!(change(|c| c.connections.header = Duration::ZERO), Err(ConfigError::NoTime("header")));
        let tls = change(|c| c.tls = Some(TlsFiles { certificate: "c".into(), key: "k".into() }));
        assert_eq!(tls, Err(ConfigError::TlsUrl("http://127.0.0.1:8080".to_owned())));
        let fixture = change(|c| {
            c.production = true;
            c.agenthood.chain = ChainConfig::Embedded { name: "x".to_owned(), fixture: true };
        });
        assert_eq!(fixture, Err(ConfigError::FixtureChain));
        assert_eq!(change(|c| c.vc_api_open = true), Ok(()));
        for elsewhere in [
            |c: &mut Config| c.listen = ([0, 0, 0, 0], 8080).into(),
            |c: &mut Config| c.listen = ([192, 0, 2, 1], 8080).into(),
            |c: &mut Config| c.public_url = PublicUrl::parse("https://issuer.example").unwrap(),
            |c: &mut Config| c.production = true,
        ] {
            let mut config = config();
            config.vc_api_open = true;
            config.agenthood.chain = ChainConfig::Embedded { name: "x".to_owned(), fixture: false };
            elsewhere(&mut config);
            assert_eq!(config.check(), Err(ConfigError::VcApiOpen));
        }
        assert_eq!(change(|c| c.production = true), Err(ConfigError::Insecure("http://127.0.0.1:8080".to_owned())));
    }
}
