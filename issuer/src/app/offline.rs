//! What can be asked of a data directory while no service runs on it.

use std::path::Path;

use poa_verifier::ed25519::PublicKey;

use super::DATABASE_FILE;
use crate::domain::{DomainError, Kind, LogAudit, audit};
use crate::keys::Purpose;
use crate::store::Store;

/// Whether a directory holds a service's database.
pub fn has_database(data_dir: &Path) -> bool {
    data_dir.join(DATABASE_FILE).is_file()
}

/// Rebuilds the log of a data directory from its leaves and compares it with what is stored. Needs no secret, changes
/// nothing.
pub async fn check_log(data_dir: &Path) -> Result<LogAudit, DomainError> {
    let database = data_dir.join(DATABASE_FILE);
    Store::state(&database).await?;
    let store = Store::open_to_read(&database).await?;
    let outcome = check(&store).await;
    store.close().await;
    outcome
}

async fn check(store: &Store) -> Result<LogAudit, DomainError> {
    let logs = store.read_tx(|tx, _| Box::pin(async move { Ok::<_, DomainError>(tx.logs().await?) })).await?;
    let log = logs.into_iter().next().ok_or(DomainError::NotFound(Kind::Log))?;
    let keys = store.issuer_keys().await?;
    // One that signed the newest head may be retired or have leaked since.
    let heads = keys.iter().filter(|key| key.purpose == Purpose::Heads.as_str());
    let heads: Vec<_> = heads.filter_map(|key| PublicKey::from_multikey(&key.public_key_multibase).ok()).collect();
    audit(store, &log, Some(&heads)).await
}
