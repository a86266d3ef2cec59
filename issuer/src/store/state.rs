//! What a database file is, before it is opened for good: nothing in it is changed.

use std::io::Read as _;
use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::{MIGRATIONS, Store, StoreError};

/// What every SQLite database begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// How far a database has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DatabaseState {
    /// There is no file.
    Missing,
    /// It has no tables.
    Blank,
    /// It has this service's tables and no log.
    Unused,
    /// It has a log.
    InUse,
}

impl Store {
    /// Looks at a database file, which may be missing.
    ///
    /// # Errors
    /// [`StoreError`] for a file that is no database, another program's, or one of a newer version.
    pub async fn state(path: &Path) -> Result<DatabaseState, StoreError> {
        if let Some(closed) = poa_files::close_file(path)? {
            tracing::warn!(%closed, "the database was open to others");
        }
        let mut begin = Vec::new();
        match std::fs::File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(DatabaseState::Missing),
            file => {
                file.and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut begin)).map_err(sqlx::Error::Io)?
            }
        };
        if begin.is_empty() {
            return Ok(DatabaseState::Blank);
        }
        if begin != MAGIC {
            return Err(StoreError::NoDatabase(path.to_owned()));
        }
        // No pragma that would be written to another program's database.
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(false).disable_statement_logging();
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let state = look(&mut connection, path).await;
        connection.close().await?;
        state
    }
}

async fn look(connection: &mut SqliteConnection, path: &Path) -> Result<DatabaseState, StoreError> {
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'").fetch_all(&mut *connection).await?;
    let has = |name: &str| tables.iter().any(|table| table == name);
    if tables.is_empty() {
        return Ok(DatabaseState::Blank);
    }
    if !has("_sqlx_migrations") {
        return Err(StoreError::OtherProgram(path.to_owned()));
    }
    let newest: Option<i64> =
        sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&mut *connection).await?;
    let known = MIGRATIONS.iter().map(|migration| migration.version).max();
    if newest > known {
        let (found, known) = (newest.unwrap_or_default(), known.unwrap_or_default());
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    if !has("logs") {
        return Ok(DatabaseState::Unused);
    }
    let logs: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM logs").fetch_one(&mut *connection).await?;
    Ok(if logs == 0 { DatabaseState::Unused } else { DatabaseState::InUse })
}
