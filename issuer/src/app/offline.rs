//! What can be asked of a data directory while no service runs on it.

use std::path::Path;

use super::DATABASE_FILE;
use crate::domain::{DomainError, Kind, LogAudit, audit};
use crate::store::Store;

/// Whether a directory holds a service's database.
pub fn has_database(data_dir: &Path) -> bool {
    data_dir.join(DATABASE_FILE).is_file()
}

/// Rebuilds the log of a data directory from its leaves and compares it with what is stored. Needs no key, changes nothing.
pub async fn check_log(data_dir: &Path) -> Result<LogAudit, DomainError> {
    let database = data_dir.join(DATABASE_FILE);
    Store::state(&database).await?;
    let store = Store::open_to_read(&database).await?;
    let logs = store.read_tx(|tx, _| Box::pin(async move { Ok::<_, DomainError>(tx.logs().await?) })).await;
    let outcome = match logs.map(|logs| logs.into_iter().next()) {
        Ok(Some(log)) => audit(&store, &log).await,
        Ok(None) => Err(DomainError::NotFound(Kind::Log)),
        Err(error) => Err(error),
    };
    store.close().await;
    outcome
}
