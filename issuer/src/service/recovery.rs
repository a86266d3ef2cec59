//! The operator's acts about a wrong clock: confirming it, and the way back from heads that it dated into the future.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ServiceError;
use crate::app::App;
use crate::clock::TOLERANCE_S;
use crate::domain::{DomainError, Recovered, signer_of};
use crate::keys::Purpose;
use crate::proving::WorkError;

/// What a recovery did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recovery {
    /// Heads deleted, and where the log goes on.
    pub recovered: Recovered,
    /// Ids of the keys that were marked compromised.
    pub keys: Vec<String>,
    /// Kept heads that were signed again with the key in force.
    pub heads_resigned: u64,
}

impl App {
    /// Believes the wall clock from now on. The operator says what time it is, so that it is not confirmed unseen.
    pub async fn confirm_clock(&self, now_by_operator: u64) -> Result<(), ServiceError> {
        let wall = self.clock().wall_unix_s();
        if wall.abs_diff(now_by_operator) > TOLERANCE_S {
            return Err(ServiceError::OtherTime { wall, said: now_by_operator });
        }
        self.domain().confirm_clock(self.clock()).await?;
        tracing::warn!(clock.unix_s = wall, "the operator confirmed the clock");
        Ok(())
    }

    /// Deletes the heads that lie in the future and marks the key that signed them compromised, and with it the key of
    /// status lists, which the same clock dated. To the end even when the caller goes away.
    pub async fn recover_log(self: &Arc<Self>) -> Result<Recovery, ServiceError> {
        let app = Arc::clone(self);
        let task = tokio::spawn(async move {
            let _act = app.key_acts().lock().await;
            app.recover().await
        });
        task.await.map_err(|_| ServiceError::Work(WorkError::Failed))?
    }

    async fn recover(&self) -> Result<Recovery, ServiceError> {
        let heads = self.domain().heads_from_the_future(self.clock()).await?;
        if heads.is_empty() {
            return Err(DomainError::NothingToRecover.into());
        }
        let mut signers = heads.iter().map(signer_of).collect::<Result<BTreeSet<_>, _>>()?;
        signers.insert(self.keys().active_id(Purpose::Status));
        let own = format!("{}#", self.keys().issuer());
        let names: BTreeSet<_> = signers.iter().filter_map(|id| id.strip_prefix(&own)).map(str::to_owned).collect();
        // Other keys sign before these are given up, so that the heads and their keys go in one transaction.
        for purpose in [Purpose::Heads, Purpose::Status] {
            if names.contains(&self.keys().active_name(purpose)) {
                self.rotate_key(purpose, false).await?;
            }
        }
        let recovered = self.domain().delete_heads_from_the_future(&names, self.clock()).await?;
        tracing::warn!(heads = recovered.heads, log.seq = recovered.seq, "heads from the future are deleted");
        let (mut keys, mut heads_resigned) = (Vec::new(), 0);
        for name in &names {
            let done = self.compromise(name).await?;
            heads_resigned += done.heads_signed_anew;
            keys.push(done.key);
        }
        if let Err(error) = self.publish_now().await {
            tracing::error!(%error, "the log is recovered, but not published yet; it is tried again");
        }
        Ok(Recovery { recovered, keys, heads_resigned })
    }
}
