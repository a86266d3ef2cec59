//! The running service: what [`App::open`] puts together and every handler is given.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use poa_files::DirectoryError;
use poa_prover::crs::{self, CrsError};
use poa_prover::{Engine, ProvingKeyError};
use tokio::sync::Notify;
use zeroize::Zeroizing;

use crate::chain::{BoundedReads, Chain, ChainReader, EmbeddedReader, HttpReader};
use crate::clock::{Clock, WatchedClock};
use crate::config::{ChainConfig, Config, ConfigError, PublicUrl};
use crate::disclosure::AddSchemaError;
use crate::domain::registry::{Registry, RegistryError};
use crate::domain::{CLOCK_TOLERANCE_S, Domain, DomainError, Entropy, EntropyRng, LEAF_LIFETIME_S, Settings};
use crate::foreign_lists::ForeignLists;
use crate::http::{Failures, RateLimits, WholeList};
use crate::keys::{
    IssuerKeys, MASTER_KEY_VARIABLE, MasterKey, MasterKeyError, OPERATOR_TOKEN_FILE, OperatorToken, PrivateFileError,
    SignError,
};
use crate::level_timing::DirectTimes;
use crate::proving::{LaneSize, Places, WorkerPool};
use crate::service::status_lists::StatusLists;
use crate::store::{Store, StoreError};
use crate::trust::{Published, TrustFailure};
use directory::Start;

mod directory;
mod list_reader;
mod offline;
mod publisher;
mod serve;
mod supervision;
mod tls;
mod watcher;

pub use directory::{StartError, remove_unstarted};
pub use list_reader::ListReader;
pub use offline::{check_log, has_database};
pub use publisher::Publisher;
pub use serve::Door;
pub(crate) use serve::DoorFigures;
pub use supervision::{Task, TaskHealth};
pub use tls::TlsError;
pub use watcher::{WatchError, WatchHealth, Watcher};

const DATABASE_FILE: &str = "poa.sqlite";

/// The service. Shared as `Arc<App>`; made by [`App::open`].
pub struct App {
    config: Config,
    clock: Arc<WatchedClock>,
    entropy: Entropy,
    domain: Domain,
    keys: Arc<IssuerKeys>,
    operator_token: OperatorToken,
    operator_token_made: bool,
    engine: Arc<Engine>,
    development_key: bool,
    has_proved: AtomicBool,
    provers: WorkerPool,
    verifiers: WorkerPool,
    /// For documents of other issuers: their senders choose what they cost, so they have threads and places of their own.
    foreign_verifiers: WorkerPool,
    /// For bodies that take too long to parse beside other requests.
    readers: WorkerPool,
    published: Arc<Published>,
    /// Held by who rebuilds the trust document, so that an older state never replaces a newer one.
    publishing: tokio::sync::Mutex<()>,
    /// Changes that the trust document has to follow, and how many of them the published one follows.
    changes: AtomicU64,
    changes_published: AtomicU64,
    /// Held by who changes the issuer's keys.
    key_acts: tokio::sync::Mutex<()>,
    batch_places: Arc<Places>,
    prepared_used: Notify,
    direct_times: Mutex<DirectTimes>,
    status_lists: StatusLists,
    chain: Arc<Chain>,
    /// For whoever only looks. Apart from the others, so that looking cannot keep a controller from revoking.
    public_reads: BoundedReads,
    /// For who asks for a challenge, which clients may do less often than look.
    challenge_reads: BoundedReads,
    /// For who answers a challenge.
    claim_reads: BoundedReads,
    registry: Option<Registry>,
    watch_health: Mutex<WatchHealth>,
    tasks: supervision::Tasks,
    rate_limits: RateLimits,
    failures: Failures,
    revoked: WholeList,
    foreign_lists: ForeignLists,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The configuration cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// `--production` with a key that one party made.
    #[error(
        "--production refuses the development key: whoever made it can forge proofs; install a key from a ceremony"
    )]
    DevelopmentKey,
    /// The listener's certificate or key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The data directory could not be made, or others could read or replace it.
    #[error("data directory: {0}")]
    DataDirectory(#[from] DirectoryError),
    /// The start does not fit to what is in the data directory.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The operator's token could not be made or read.
    #[error(transparent)]
    OperatorToken(#[from] PrivateFileError),
    /// The master key could not be made or read.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The issuer's keys.
    #[error(transparent)]
    Keys(#[from] SignError),
    /// The embedded registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The rules could not take up their state.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// The manifest built in is not of the keys built in, or says more of their setup than it shows.
    #[error("the key built in: {0}; take all files of crs/ from one place and build again")]
    Crs(&'static CrsError),
    /// A schema could not be seeded.
    #[error("seeding the disclosure schemas: {0}")]
    Schemas(#[from] AddSchemaError),
    /// The trust document could not be made, or our own verifier refuses it.
    #[error(transparent)]
    Trust(#[from] TrustFailure),
    /// The built-in proving key is damaged.
    #[error("proving key: {0}")]
    ProvingKey(#[from] ProvingKeyError),
    /// No thread could be started.
    #[error("worker threads: {0}")]
    Workers(std::io::Error),
}

impl App {
    /// Loads the proving engine, from its cache where possible, and opens the data directory with it.
    pub async fn open(config: Config, clock: Arc<dyn Clock>, entropy: Entropy) -> Result<Arc<Self>, OpenError> {
        admissible(&config)?;
        let (cache_dir, settings) = (config.engine_cache_dir.clone(), config.engine);
        let progress = Arc::clone(&config.engine_progress);
        let mut rng = EntropyRng::new(&entropy);
        let engine =
            tokio::task::spawn_blocking(move || crate::engine::load_watched(&cache_dir, settings, &mut rng, &progress))
                .await
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
        Self::open_with(config, clock, entropy, engine).await
    }

    /// Opens the data directory, making what is missing. The engine is the caller's, who may share it between services
    /// of one process.
    pub async fn open_with(
        mut config: Config,
        clock: Arc<dyn Clock>,
        entropy: Entropy,
        engine: Arc<Engine>,
    ) -> Result<Arc<Self>, OpenError> {
        let development_key = admissible(&config)?;
        if let Some(files) = &config.tls {
            // Before anything is made. The door reads them again.
            tls::acceptor(files, clock.now_unix_s())?;
        }
        if let Some(closed) = poa_files::own_directory(&config.data_dir)? {
            tracing::warn!(%closed, "the data directory was open to others");
        }
        let mut rng = EntropyRng::new(&entropy);
        let database = config.data_dir.join(DATABASE_FILE);
        let new_log = config.new_log.clone();
        let start =
            directory::plan(&config.data_dir, Store::state(&database).await?, new_log.as_deref(), &config.public_url)?;
        let first = start != Start::Again;
        if first {
            // Before the keys: keys without a database say that one was lost.
            Store::open(&database).await?.close().await;
        }
        let from_environment = std::env::var(MASTER_KEY_VARIABLE).ok().map(Zeroizing::new);
        let file = config.master_key_file.as_deref();
        let master = MasterKey::load(&config.data_dir, file, from_environment, first, &mut rng)?;
        let store = Store::open(&database).await?;
        config.public_url = as_named(config.public_url, &store).await?;
        let fitting = fitting_registry(&config, &store).await;
        if fitting.is_err() {
            // So that the file alone holds everything, as it did before.
            store.close().await;
        }
        let capabilities = fitting?;
        let (operator_token, operator_token_made) = OperatorToken::load(&config.data_dir, &mut rng)?;
        let log = directory::log(&store, start, new_log.as_deref(), clock.now_unix_s()).await?;
        let watched = Arc::new(watch(&store, &log, clock).await?);
        let clock = Arc::clone(&watched) as Arc<dyn Clock>;
        let now = clock.now_unix_s();
        let issuer = config.public_url.issuer_did();
        let keys = Arc::new(IssuerKeys::load(&store, &issuer, &master, &mut rng, now).await?);
        let (reader, registry) = open_chain(&config, &store, &clock, &mut rng).await?;
        let chain =
            Arc::new(Chain::new(reader, config.agenthood.network, Arc::clone(&clock), config.agenthood.max_head_age));
        let reads = || BoundedReads::new(Arc::clone(&chain), config.agenthood.reads);
        let (public_reads, challenge_reads, claim_reads) = (reads(), reads(), reads());
        let settings = settings(&config, log, capabilities);
        let domain = Domain::open(store, settings, master, Arc::clone(&keys) as Arc<_>, entropy.clone(), now).await?;
        crate::disclosure::seed(&domain, &config.public_url, now).await?;
        match watched.doubt() {
            None => {
                domain.drop_stale_prepared(config.prepared, now).await?;
            }
            Some(doubt) => tracing::error!(%doubt, "the service starts, but signs and deletes nothing"),
        }
        directory::note(&config.data_dir, domain.store(), &config.public_url, &domain.settings().log).await?;
        let published = Published::build(&config, &domain, &keys, engine.verifying_key(), development_key).await?;
        let rate_limits = RateLimits::new(&clock, config.verifying.per_minute);
        let start = |name, single, batch| WorkerPool::start(name, single, batch).map_err(OpenError::Workers);
        Ok(Arc::new(Self {
            provers: start("prover", config.proving.single(), config.proving.batch())?,
            verifiers: start("verifier", config.verifying.own(), LaneSize::NONE)?,
            foreign_verifiers: start("foreign", config.verifying.foreign(), LaneSize::NONE)?,
            readers: start("reader", config.verifying.reading(), LaneSize::NONE)?,
            batch_places: Places::new(config.proving.batches),
            prepared_used: Notify::new(),
            direct_times: Mutex::default(),
            config,
            clock: watched,
            entropy,
            domain,
            keys,
            operator_token,
            operator_token_made,
            engine,
            development_key,
            has_proved: AtomicBool::new(false),
            published: Arc::new(published),
            publishing: tokio::sync::Mutex::default(),
            changes: AtomicU64::new(0),
            changes_published: AtomicU64::new(0),
            key_acts: tokio::sync::Mutex::default(),
            status_lists: StatusLists::default(),
            chain,
            public_reads,
            challenge_reads,
            claim_reads,
            registry,
            watch_health: Mutex::default(),
            tasks: supervision::Tasks::default(),
            rate_limits,
            failures: Failures::default(),
            revoked: WholeList::default(),
            foreign_lists: ForeignLists::default(),
        }))
    }

    /// The file that holds the operator's token, and nothing else does.
    pub fn operator_token_file(&self) -> PathBuf {
        self.config.data_dir.join(OPERATOR_TOKEN_FILE)
    }

    /// Whether this start made the operator's token.
    pub fn made_operator_token(&self) -> bool {
        self.operator_token_made
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The rules and their state.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.now_unix_s()
    }

    pub(crate) fn clock(&self) -> &WatchedClock {
        &self.clock
    }

    /// The time to sign with and to delete by.
    pub(crate) fn believed_now(&self) -> Result<u64, DomainError> {
        Ok(self.clock.believed_unix_s()?)
    }

    /// The same, while the newest head does not lie in the future: nothing is decided under one that does.
    pub(crate) async fn sound_now(&self) -> Result<u64, DomainError> {
        let now = self.believed_now()?;
        match self.domain.latest_head().await {
            Ok(head) if head.iat > now + CLOCK_TOLERANCE_S => Err(DomainError::ClockBehind { now, newest: head.iat }),
            Ok(_) | Err(DomainError::NoHead) => Ok(now),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn rng(&self) -> EntropyRng {
        EntropyRng::new(&self.entropy)
    }

    pub(crate) fn keys(&self) -> &IssuerKeys {
        &self.keys
    }

    pub(crate) fn operator_token(&self) -> &OperatorToken {
        &self.operator_token
    }

    pub(crate) fn shared_keys(&self) -> Arc<IssuerKeys> {
        Arc::clone(&self.keys)
    }

    pub(crate) fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.engine)
    }

    /// SHA-256 of the verifying key, the name proofs call it by.
    pub(crate) fn vk_sha256(&self) -> String {
        hex::encode(self.engine.verifying_key().sha256())
    }

    /// Whether one party made the proving key, and so could forge.
    pub(crate) fn development_key(&self) -> bool {
        self.development_key
    }

    /// Notes that this process made a proof that verified.
    pub(crate) fn note_proof(&self) {
        self.has_proved.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_proved(&self) -> bool {
        self.has_proved.load(Ordering::Relaxed)
    }

    pub(crate) fn provers(&self) -> &WorkerPool {
        &self.provers
    }

    pub(crate) fn verifiers(&self) -> &WorkerPool {
        &self.verifiers
    }

    pub(crate) fn foreign_verifiers(&self) -> &WorkerPool {
        &self.foreign_verifiers
    }

    pub(crate) fn readers(&self) -> &WorkerPool {
        &self.readers
    }

    /// One for each batch that may be worked on.
    pub(crate) fn batch_places(&self) -> &Arc<Places> {
        &self.batch_places
    }

    /// Has the preparer look at once whether something is missing.
    pub(crate) fn wake_preparer(&self) {
        self.prepared_used.notify_one();
    }

    /// How long presentations took that were not prepared.
    pub(crate) fn direct_times(&self) -> MutexGuard<'_, DirectTimes> {
        self.direct_times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn published(&self) -> &Published {
        &self.published
    }

    pub(crate) fn shared_published(&self) -> Arc<Published> {
        Arc::clone(&self.published)
    }

    pub(crate) fn key_acts(&self) -> &tokio::sync::Mutex<()> {
        &self.key_acts
    }

    /// Re-signs and publishes the trust document, after a schema was added or a key changed. When it cannot, or its caller
    /// goes away, the publisher does it later.
    pub(crate) async fn republish(&self) -> Result<(), TrustFailure> {
        self.note_change();
        let _publishing = self.publishing.lock().await;
        let followed = self.changes.load(Ordering::SeqCst);
        let Self { config, domain, keys, engine, development_key, .. } = self;
        let next = Published::build(config, domain, keys, engine.verifying_key(), *development_key).await?;
        self.published.replace(next);
        self.changes_published.store(followed, Ordering::SeqCst);
        Ok(())
    }

    /// The fingerprint of the published trust document, which verifiers compare; none that nobody could read.
    pub fn trust_fingerprint(&self) -> Option<String> {
        let trust = poa_verifier::trust::Trust::from_json(&self.published.now().bytes).ok()?;
        Some(trust.fingerprint().to_owned())
    }

    /// Notes that the stored keys or schemas are no longer those of the published trust document.
    pub(crate) fn note_change(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether a change has not been published, because that failed or was cut short.
    pub(crate) fn is_outdated(&self) -> bool {
        self.changes.load(Ordering::SeqCst) != self.changes_published.load(Ordering::SeqCst)
    }

    /// The name of the chain's reader.
    pub(crate) fn chain_kind(&self) -> &'static str {
        self.chain.kind()
    }

    pub(crate) fn public_reads(&self) -> &BoundedReads {
        &self.public_reads
    }

    pub(crate) fn challenge_reads(&self) -> &BoundedReads {
        &self.challenge_reads
    }

    pub(crate) fn claim_reads(&self) -> &BoundedReads {
        &self.claim_reads
    }

    /// The embedded registry, when that is the chain.
    pub fn registry(&self) -> Option<&Registry> {
        self.registry.as_ref()
    }

    pub(crate) fn rate_limits(&self) -> &RateLimits {
        &self.rate_limits
    }

    pub(crate) fn failures(&self) -> &Failures {
        &self.failures
    }

    pub(crate) fn revoked_list(&self) -> &WholeList {
        &self.revoked
    }

    pub(crate) fn status_list_cache(&self) -> &StatusLists {
        &self.status_lists
    }
}

/// The one chain of the configuration, and the registry when that is it.
async fn open_chain(
    config: &Config,
    store: &Store,
    clock: &Arc<dyn Clock>,
    rng: &mut EntropyRng,
) -> Result<(Arc<dyn ChainReader>, Option<Registry>), RegistryError> {
    match &config.agenthood.chain {
        ChainConfig::Http { url, settings } => Ok((Arc::new(HttpReader::new(url.clone(), *settings)), None)),
        ChainConfig::Embedded { name, fixture } => {
            let registry = Registry::open(store.clone(), name.clone(), *fixture, rng, clock.now_unix_s()).await?;
            let reader = EmbeddedReader::new(registry.clone(), Arc::clone(clock));
            Ok((Arc::new(reader), Some(registry)))
        }
        ChainConfig::Given(reader) => Ok((Arc::clone(&reader.0), None)),
    }
}

/// The public URL as this directory's documents have it. A directory that was made with the default port spelled out, when
/// that was still part of the name, keeps its name: leaves, schemas and credentials hold it.
async fn as_named(url: PublicUrl, store: &Store) -> Result<PublicUrl, OpenError> {
    let Some(spelled) = url.with_default_port() else { return Ok(url) };
    let named = store.read_tx(|tx, _| Box::pin(async move { tx.disclosure_schemas().await })).await?;
    if !named
        .iter()
        .any(|schema| schema.id.strip_prefix(&spelled.to_string()).is_some_and(|rest| rest.starts_with('/')))
    {
        return Ok(url);
    }
    tracing::warn!(
        issuer = spelled.issuer_did(),
        "this directory was made with the default port in its name and keeps it; clients that leave the port out sign \
         another URL, so their signatures do not verify: give them the port, or start a new issuer"
    );
    Ok(spelled)
}

/// The capability registry from now on, if this directory's documents are of the service's URL and begin with it.
async fn fitting_registry(config: &Config, store: &Store) -> Result<Vec<String>, OpenError> {
    let stored = store.read_tx(|tx, _| Box::pin(async move { tx.attestation_schemas().await })).await?;
    let ids: Vec<String> = stored.iter().map(|schema| schema.id.clone()).collect();
    directory::same_url(&config.public_url, &ids)?;
    let newest = stored.into_iter().max_by_key(|schema| schema.version).map(|schema| schema.capabilities);
    Ok(directory::registry(newest, config.capabilities.clone())?)
}

/// The clock, watched from what was stored with the newest head.
async fn watch(store: &Store, log: &str, clock: Arc<dyn Clock>) -> Result<WatchedClock, DomainError> {
    let read = store.read_tx(|tx, _| {
        Box::pin(async move {
            let newest = tx.newest_head(log).await?;
            Ok::<_, DomainError>((tx.clock_reading(log).await?, newest.map(|head| head.iat)))
        })
    });
    let (stored, newest) = read.await?;
    Ok(WatchedClock::new(clock, stored, newest))
}

/// Whether the service may run so, and whether its key is a development key.
fn admissible(config: &Config) -> Result<bool, OpenError> {
    config.check()?;
    let development_key = crs::built_in().map_err(OpenError::Crs)?.setup.is_development();
    if config.production && development_key { Err(OpenError::DevelopmentKey) } else { Ok(development_key) }
}

fn settings(config: &Config, log: String, capabilities: Vec<String>) -> Settings {
    Settings {
        issuer: config.public_url.issuer_did(),
        did_host: config.public_url.did_host(),
        public_url: config.public_url.to_string(),
        log,
        capabilities,
        leaf_lifetime_s: LEAF_LIFETIME_S,
        status_capacity: config.status_capacity,
        documents_per_day: config.documents_per_day,
    }
}
