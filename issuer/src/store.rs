//! The database: SQL is in this module and its children, and nowhere else.
//!
//! One file per table group adds methods to [`Tx`]; the domain calls them inside named transactions.
//! There is one writer connection, so writes are serial, and a few readers that see a consistent snapshot
//! each. SQLite runs in WAL mode with `synchronous = FULL`: what a write transaction acknowledged survives
//! a crash of the process and of the machine.
//!
//! SQL is kept portable (`$1` placeholders, no dialect beyond what PostgreSQL also takes), and closures of
//! [`Store::run_tx`] are repeatable, so that a server database can stand behind the same seam.

use std::future::Future;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use poa_files::FileError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Sqlite, SqliteConnection, SqlitePool, Transaction};

mod agenthood;
mod agents;
mod attestations;
mod challenges;
mod clock;
mod credentials;
mod issuer_keys;
mod leaves;
mod log;
mod measure;
mod migrations;
mod nodes;
mod operation;
mod packed;
mod prepared;
mod presentation_requests;
mod registry;
mod row;
mod schemas;
mod status;
mod vc_api;
mod verifiers;

pub use agents::NewAgent;
pub use issuer_keys::IssuerKeyRow;
pub use migrations::MIGRATIONS;
pub use operation::OperatorAct;
pub use registry::{RegistryChainRow, RegistryChangeRow};

/// How often a transaction is tried when another process holds the database.
const ATTEMPTS: u32 = 5;
/// How long a connection waits for a lock before that.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const READERS: u32 = 4;
/// What a transaction's closure gives back.
pub type Work<'t, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 't>>;

/// Tells the compiler that what a closure borrows outlives the transaction; carries nothing.
pub struct Borrows<'t, 'env>(PhantomData<&'t &'env ()>);

/// Why the database could not do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database refused or could not be reached.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The database's file is not this user's, or not a file.
    #[error("database: {0}")]
    File(#[from] FileError),
    /// The database is of a newer version, or a landed migration was changed.
    #[error("migrations: {0}")]
    Migrations(#[from] sqlx::migrate::MigrateError),
    /// A stored value does not decode: the database was altered by other means.
    #[error("column {0} holds a value that this service never writes")]
    Corrupt(&'static str),
}

/// An open database.
#[derive(Clone, Debug)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
}

/// A transaction. The methods are in the children of this module, by table group.
pub struct Tx {
    inner: Transaction<'static, Sqlite>,
}

impl Store {
    /// Opens the database file, which is made when missing, and brings it to this version. Only this user may read it and
    /// the files beside it.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        close_files(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is deleted is overwritten with zeros; otherwise salts and openings stay in pages that are free.
            .pragma("secure_delete", "ON")
            .busy_timeout(BUSY_TIMEOUT)
            // A line for each slow statement or wait would be one for each request while the disk is slow.
            .disable_statement_logging();
        let pool = || SqlitePoolOptions::new().acquire_slow_threshold(Duration::MAX);
        let writer = pool().max_connections(1).connect_with(options.clone()).await?;
        MIGRATIONS.run(&writer).await?;
        let readers = pool()
            .max_connections(READERS)
            .connect_with(options.create_if_missing(false).pragma("query_only", "ON"))
            .await?;
        Ok(Self { writer, readers })
    }

    /// Opens an empty database in memory, with one connection for readers and the writer. It is gone when closed:
    /// for measuring what the work costs without a disk.
    pub async fn open_in_memory() -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new().filename(":memory:").foreign_keys(true);
        // The database lives as long as its connection, which must therefore never be replaced.
        let pool = SqlitePoolOptions::new().min_connections(1).max_connections(1).idle_timeout(None).max_lifetime(None);
        let writer = pool.connect_with(options).await?;
        MIGRATIONS.run(&writer).await?;
        Ok(Self { readers: writer.clone(), writer })
    }

    /// The readers' connections, which refuse to write. For tests and diagnostics.
    pub fn pool(&self) -> &SqlitePool {
        &self.readers
    }

    /// The writer's connection. For tests and diagnostics.
    pub fn writer_pool(&self) -> &SqlitePool {
        &self.writer
    }

    /// Closes the connections after the running transactions.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Runs a write transaction. It commits when the closure succeeds and leaves no trace when it does
    /// not; when another process holds the database it is tried again, so the closure must be repeatable.
    pub async fn run_tx<'env, T, E, F>(&self, name: &'static str, work: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx, Borrows<'t, 'env>) -> Work<'t, T, E> + Send + Sync,
        T: Send,
        E: From<StoreError> + RetryReason + Send,
    {
        let mut attempt = 1;
        loop {
            match self.attempt(&work).await {
                Err(error) if attempt < ATTEMPTS && error.is_busy() => {
                    if let Some(left_out) = crate::log_lines::admit("database", name) {
                        tracing::warn!(transaction = name, attempt, left_out, "the database is busy, trying again");
                    }
                    tokio::time::sleep(Duration::from_millis(20 << attempt)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn attempt<'env, T, E, F>(&self, work: &F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx, Borrows<'t, 'env>) -> Work<'t, T, E> + Send + Sync,
        T: Send,
        E: From<StoreError> + Send,
    {
        // IMMEDIATE takes the write lock first, so nothing read inside can go stale before it is written.
        let inner = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::from)?;
        let mut tx = Tx { inner };
        let value = work(&mut tx, Borrows(PhantomData)).await?;
        tx.inner.commit().await.map_err(StoreError::from)?;
        Ok(value)
    }

    /// Runs a read transaction: everything inside is from one moment.
    pub async fn read_tx<'env, T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx, Borrows<'t, 'env>) -> Work<'t, T, E> + Send,
        T: Send,
        E: From<StoreError> + Send,
    {
        let inner = self.readers.begin().await.map_err(StoreError::from)?;
        work(&mut Tx { inner }, Borrows(PhantomData)).await
    }
}

/// SQLite makes the files beside a database with the database's mode; those of an earlier version may have been open.
fn close_files(path: &Path) -> Result<(), FileError> {
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let closed = [
        poa_files::make_private_file(path)?,
        poa_files::close_file(&beside("-wal"))?,
        poa_files::close_file(&beside("-shm"))?,
    ];
    for closed in closed.into_iter().flatten() {
        tracing::warn!(%closed, "a file of the database was open to others");
    }
    Ok(())
}

impl Tx {
    /// The connection, for the SQL in the children of this module.
    fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.inner
    }
}

/// Errors that may say "try the transaction again".
pub trait RetryReason {
    /// Whether the database was merely busy.
    fn is_busy(&self) -> bool;
}

impl RetryReason for StoreError {
    fn is_busy(&self) -> bool {
        // SQLITE_BUSY is 5, SQLITE_LOCKED 6; extended codes keep them in the low byte.
        match self {
            Self::Database(sqlx::Error::Database(error)) => {
                error.code().and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| matches!(code & 0xff, 5 | 6))
            }
            _ => false,
        }
    }
}
