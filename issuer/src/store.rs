//! The database: SQL is in this module and its children, and nowhere else.
//!
//! One file per table group adds methods to [`Tx`]; the domain calls them inside named transactions.
//! There is one writer connection, so writes are serial, and a few readers that see a consistent snapshot
//! each. SQLite runs in WAL mode with `synchronous = FULL`: what a write transaction acknowledged survives
//! a crash of the process and of the machine. What an error leaves in a connection is never met by the next caller
//! (`store/connections.rs`), and nothing is acknowledged when the files are no longer at their path (`store/place.rs`).
//!
//! SQL is kept portable (`$1` placeholders, no dialect beyond what PostgreSQL also takes), and closures of
//! [`Store::run_tx`] are repeatable, so that a server database can stand behind the same seam.

use std::future::Future;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use poa_files::FileError;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::Mutex;

mod agenthood;
mod agents;
mod attestations;
mod challenges;
mod clock;
mod connections;
mod credentials;
mod issuer_keys;
mod leaves;
mod log;
mod measure;
mod migrations;
mod nodes;
mod operation;
mod packed;
mod place;
mod prepared;
mod presentation_requests;
mod registry;
mod row;
mod schemas;
mod state;
mod status;
mod vc_api;
mod verifiers;
mod writes;

pub use agents::NewAgent;
pub use issuer_keys::IssuerKeyRow;
pub use migrations::MIGRATIONS;
pub use operation::OperatorAct;
pub use registry::{RegistryChainRow, RegistryChangeRow};
pub use state::DatabaseState;
pub use writes::WriteHealth;

/// How often a transaction is tried when another process holds the database.
const ATTEMPTS: u32 = 5;
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
    /// A landed migration was changed.
    #[error("migrations: {0}")]
    Migrations(#[from] sqlx::migrate::MigrateError),
    /// The file is of another kind.
    #[error(
        "{} is not a database (SQLite): restore a backup in its place, or name another data directory", .0.display()
    )]
    NoDatabase(PathBuf),
    /// The file is somebody else's.
    #[error(
        "{} is the database of another program: name another data directory, or move that file away", .0.display()
    )]
    OtherProgram(PathBuf),
    /// A newer version has changed the tables.
    #[error(
        "{} was written by a newer version (its last migration is {found}, this version knows up to {known}): start that \
         version or a newer one", .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The number of its last migration.
        found: i64,
        /// The number of this version's last migration.
        known: i64,
    },
    /// A stored value does not decode: the database was altered by other means.
    #[error("column {0} holds a value that this service never writes")]
    Corrupt(&'static str),
    /// The file, or its write-ahead log, is not the one that was opened.
    #[error(
        "{} is no longer the file that was opened: its directory was removed, moved or unmounted, and what is written \
         would be lost; bring it back, or stop the service and restore a backup",
        .0.display()
    )]
    Gone(PathBuf),
}

/// An open database.
#[derive(Clone, Debug)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
    keeper: Arc<Mutex<Option<SqliteConnection>>>,
    /// None in memory.
    place: Option<Arc<place::Place>>,
    writes: Arc<writes::Writes>,
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
        Self::state(path).await?;
        let options = connections::options(path);
        let mut first = SqliteConnection::connect_with(&options.clone().create_if_missing(true)).await?;
        MIGRATIONS.run(&mut first).await?;
        let (writer, readers) = (connections::writer(&options).await?, connections::readers(&options).await?);
        let keeper = connections::keeper(&options).await?;
        first.close().await?;
        Ok(Self {
            writer,
            readers,
            keeper: Arc::new(Mutex::new(Some(keeper))),
            place: Some(Arc::new(place::Place::of(path)?)),
            writes: Arc::default(),
        })
    }

    /// Opens a database file as it is, to read it: without its keys, without bringing it to this version.
    pub async fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        let readers = connections::readers(&connections::options(path)).await?;
        Ok(Self { writer: readers.clone(), readers, keeper: Arc::default(), place: None, writes: Arc::default() })
    }

    /// Opens an empty database in memory, with one connection for readers and the writer. It is gone when closed:
    /// for measuring what the work costs without a disk.
    pub async fn open_in_memory() -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new().filename(":memory:").foreign_keys(true);
        // The database lives as long as its connection, which must therefore never be replaced.
        let pool = SqlitePoolOptions::new().min_connections(1).max_connections(1).idle_timeout(None).max_lifetime(None);
        let writer = pool.connect_with(options).await?;
        MIGRATIONS.run(&writer).await?;
        Ok(Self { readers: writer.clone(), writer, keeper: Arc::default(), place: None, writes: Arc::default() })
    }

    /// The readers' connections, which refuse to write. For tests and diagnostics.
    pub fn pool(&self) -> &SqlitePool {
        &self.readers
    }

    /// The writer's connection. For tests and diagnostics.
    pub fn writer_pool(&self) -> &SqlitePool {
        &self.writer
    }

    /// Closes the connections after the running transactions, so that the file alone holds everything.
    pub async fn close(&self) {
        connections::close(&self.readers, self.keeper.lock().await.take(), &self.writer).await;
    }

    /// Runs a write transaction. It commits when the closure succeeds and leaves no trace when it does
    /// not; when another process holds the database it is tried again, so the closure must be repeatable.
    pub async fn run_tx<'env, T, E, F>(&self, name: &'static str, work: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx, Borrows<'t, 'env>) -> Work<'t, T, E> + Send + Sync,
        T: Send,
        E: FromStore + Send,
    {
        let mut attempt = 1;
        loop {
            let error = match self.attempt(&work).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if attempt < ATTEMPTS && error.store_error().is_some_and(StoreError::is_busy) {
                if let Some(left_out) = crate::log_lines::admit("database", name) {
                    tracing::warn!(transaction = name, attempt, left_out, "the database is busy, trying again");
                }
                tokio::time::sleep(Duration::from_millis(20 << attempt)).await;
                attempt += 1;
                continue;
            }
            if error.store_error().is_some_and(StoreError::is_failed_write) {
                self.writes.failed();
            }
            return Err(error);
        }
    }

    async fn attempt<'env, T, E, F>(&self, work: &F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx, Borrows<'t, 'env>) -> Work<'t, T, E> + Send + Sync,
        T: Send,
        E: From<StoreError> + Send,
    {
        self.check_place()?;
        // IMMEDIATE takes the write lock first, so nothing read inside can go stale before it is written.
        let inner = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::from)?;
        let mut tx = Tx { inner };
        let before = if self.writes.health().is_failing() { Some(tx.rows_changed().await?) } else { None };
        let value = work(&mut tx, Borrows(PhantomData)).await?;
        let wrote = match before {
            Some(before) => tx.rows_changed().await? > before,
            None => true,
        };
        tx.inner.commit().await.map_err(StoreError::from)?;
        // Committed to files that nobody will find again is not written.
        self.check_place()?;
        if wrote {
            self.writes.succeeded();
        }
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

/// Errors that may be the database's own.
pub trait FromStore: From<StoreError> {
    /// The database's error, if it is one.
    fn store_error(&self) -> Option<&StoreError>;
}

impl FromStore for StoreError {
    fn store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

impl StoreError {
    /// Whether the database was merely busy.
    fn is_busy(&self) -> bool {
        // SQLITE_BUSY is 5, SQLITE_LOCKED 6.
        matches!(self.sqlite_code(), Some(5 | 6))
    }

    /// Whether a write failed for the database's own reasons: no space, an I/O error, no memory, no connection in time,
    /// files that are gone. A broken constraint or a value that does not decode is not one.
    fn is_failed_write(&self) -> bool {
        // SQLITE_CONSTRAINT is 19.
        match self {
            Self::Gone(_) => true,
            Self::Database(sqlx::Error::Database(_)) => self.sqlite_code() != Some(19),
            Self::Database(error) => matches!(
                error,
                sqlx::Error::Io(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::WorkerCrashed
                    | sqlx::Error::BeginFailed
                    | sqlx::Error::InvalidSavePointStatement
            ),
            Self::Migrations(_)
            | Self::Corrupt(_)
            | Self::File(_)
            | Self::NoDatabase(_)
            | Self::OtherProgram(_)
            | Self::Newer { .. } => false,
        }
    }

    /// SQLite's primary result code.
    fn sqlite_code(&self) -> Option<u32> {
        match self {
            // Extended codes keep it in the low byte.
            Self::Database(sqlx::Error::Database(error)) => Some(error.code()?.parse::<u32>().ok()? & 0xff),
            _ => None,
        }
    }
}
