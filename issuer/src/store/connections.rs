//! The connections to the database file, and when one is used again.
//!
//! SQLite rolls a transaction back by itself after some errors (a full disk, an I/O error, no memory), which the driver
//! does not count: its next "begin" on that connection fails, or is a savepoint that nobody ends. A caller may also go
//! away in the middle of a transaction. So whatever a transaction ended with, its connection is used again only after
//! [`is_clean`] looked at it; otherwise it is closed, and the next caller gets a new one.

use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, SqliteConnection, SqlitePool};

use super::StoreError;

/// How long a connection waits for a lock that another process holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const READERS: u32 = 4;
/// How long closing waits for the transactions that are running.
const CLOSING: Duration = Duration::from_secs(5);

type Check<'c> = Pin<Box<dyn Future<Output = Result<bool, sqlx::Error>> + Send + 'c>>;

/// How every connection to a database file is opened.
pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // What is deleted is overwritten with zeros; otherwise salts and openings stay in pages that are free.
        .pragma("secure_delete", "ON")
        .busy_timeout(BUSY_TIMEOUT)
        // A line for each slow statement or wait would be one for each request while the disk is slow.
        .disable_statement_logging()
}

/// The one connection that writes. It is opened anew after an error, and never makes the file: one that is gone must not
/// be replaced by an empty one.
pub(super) async fn writer(options: &SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    Ok(checked().max_connections(1).connect_with(options.clone()).await?)
}

/// The connections that read; they refuse to write.
pub(super) async fn readers(options: &SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    Ok(checked().max_connections(READERS).connect_with(options.clone().pragma("query_only", "ON")).await?)
}

/// A connection that does nothing but keep the write-ahead log open: while one is open, SQLite neither merges the log
/// into the file for good nor deletes it, so the log's identity stays the same.
pub(super) async fn keeper(options: &SqliteConnectOptions) -> Result<SqliteConnection, StoreError> {
    let mut keeper = SqliteConnection::connect_with(&options.clone().pragma("query_only", "ON")).await?;
    // The log is opened by the first reading.
    sqlx::query("SELECT 1 FROM sqlite_schema").fetch_optional(&mut keeper).await?;
    Ok(keeper)
}

/// Merges the write-ahead log into the file and closes everything. What is still running after five seconds keeps its
/// connection; the log is merged all the same.
pub(super) async fn close(readers: &SqlitePool, keeper: Option<SqliteConnection>, writer: &SqlitePool) {
    if tokio::time::timeout(CLOSING, readers.close()).await.is_err() {
        tracing::warn!("a reader of the database did not end in time");
    }
    if let Some(keeper) = keeper
        && let Err(error) = keeper.close().await
    {
        tracing::warn!(%error, "a connection to the database did not close well");
    }
    let merge = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(writer);
    match tokio::time::timeout(CLOSING, merge).await {
        Ok(Ok(_)) | Ok(Err(sqlx::Error::PoolClosed)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the write-ahead log was not merged; the next start does it"),
        Err(_) => tracing::warn!("the write-ahead log was not merged in time; the next start does it"),
    }
    if tokio::time::timeout(CLOSING, writer.close()).await.is_err() {
        tracing::warn!("the writer of the database did not end in time");
    }
}

fn checked() -> SqlitePoolOptions {
    let pool = SqlitePoolOptions::new().acquire_slow_threshold(Duration::MAX);
    pool.after_release(|connection, _| is_clean(connection))
}

/// Whether nothing of a transaction is left in a connection.
fn is_clean(connection: &mut SqliteConnection) -> Check<'_> {
    Box::pin(async move {
        // Answered after what a dropped transaction left to be done.
        connection.ping().await?;
        // The driver's count; and SQLite itself, which begins nothing inside a transaction.
        let clean = !connection.is_in_transaction() && connection.execute("BEGIN; ROLLBACK").await.is_ok();
        if !clean {
            tracing::warn!(
                "a transaction ended badly; its connection to the database is closed and another one opened"
            );
        }
        Ok(clean)
    })
}
