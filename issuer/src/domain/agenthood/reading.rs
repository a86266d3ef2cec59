//! Which reading of the chain counts: one of the chain that documents were issued for, at a block not older than what is
//! known already. A reader that lags, or is of another chain, would have past controllers revoke and past states stand.

use super::{AgenthoodError, Jti};
use crate::chain::ReadAt;
use crate::domain::Domain;
use crate::store::Tx;

impl ReadAt {
    /// Refuses a reading of another chain than `known`, or of an older block.
    ///
    /// # Errors
    /// [`AgenthoodError::OtherChain`], [`AgenthoodError::ReadTooOld`].
    pub fn reaches(self, known: Self) -> Result<(), AgenthoodError> {
        if self.genesis != known.genesis {
            return Err(AgenthoodError::OtherChain { known: known.genesis, found: self.genesis });
        }
        if self.block < known.block {
            return Err(AgenthoodError::ReadTooOld { known: known.block, read: self.block });
        }
        Ok(())
    }
}

impl Domain {
    /// Refuses a reading that does not reach what the watcher has judged, or, where one is named and stored here, what
    /// a document was issued on.
    pub async fn admit_reading(&self, read: ReadAt, document: Option<Jti>) -> Result<(), AgenthoodError> {
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    admit(tx, read).await?;
                    let Some(jti) = document else { return Ok(()) };
                    match tx.agenthood_document(jti).await? {
                        Some(document) => read.reaches(document.read),
                        None => Ok(()),
                    }
                })
            })
            .await
    }
}

/// Refuses a reading that does not reach what the watcher has judged. Gives whether there is a watcher's block; without
/// one no document was ever issued.
pub(super) async fn admit(tx: &mut Tx, read: ReadAt) -> Result<bool, AgenthoodError> {
    let Some(watch) = tx.agenthood_watch().await? else { return Ok(false) };
    read.reaches(ReadAt { genesis: watch.genesis, block: watch.block })?;
    Ok(true)
}
