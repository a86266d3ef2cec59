//! What can be asked of a data directory while no service runs on it.

use std::path::Path;

use super::{DATABASE_FILE, LOG};
use crate::domain::{DomainError, LogAudit, audit};
use crate::store::Store;

/// Whether a directory holds a service's database.
pub fn has_database(data_dir: &Path) -> bool {
    data_dir.join(DATABASE_FILE).is_file()
}

/// Rebuilds the log of a data directory from its leaves and compares it with what is stored. Needs no key, changes nothing.
pub async fn check_log(data_dir: &Path) -> Result<LogAudit, DomainError> {
    let store = Store::open_to_read(&data_dir.join(DATABASE_FILE)).await?;
    let outcome = audit(&store, LOG).await;
    store.close().await;
    outcome
}
