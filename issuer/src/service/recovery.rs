//! The operator's acts about a wrong clock: confirming it, and the way back from heads that it dated into the future.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ServiceError;
use crate::app::App;
use crate::clock::TOLERANCE_S;
use crate::domain::{DomainError, FutureHeads, Marking, Recovered, STATUS_LIST_LIFETIME_S, signer_of};
use crate::keys::Purpose;
use crate::proving::WorkError;
use crate::store::IssuerKeyRow;

/// Purposes whose signatures are believed by their date alone, and for how many seconds: nothing that comes later takes
/// such a signature back. What the other purposes sign has a status of its own, which does.
const BELIEVED_BY_DATE: [(Purpose, u64); 2] = [(Purpose::Heads, 0), (Purpose::Status, STATUS_LIST_LIFETIME_S)];

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

    /// Deletes the heads that lie in the future, and marks every key of heads and of status lists compromised that was in
    /// force since the last head of the right time. To the end even when the caller goes away.
    pub async fn recover_log(self: &Arc<Self>) -> Result<Recovery, ServiceError> {
        let app = Arc::clone(self);
        let task = tokio::spawn(async move {
            let _act = app.key_acts().lock().await;
            app.recover().await
        });
        task.await.map_err(|_| ServiceError::Work(WorkError::Failed))?
    }

    async fn recover(&self) -> Result<Recovery, ServiceError> {
        let future = self.domain().heads_from_the_future(self.clock()).await?;
        if future.heads.is_empty() {
            return Err(DomainError::NothingToRecover.into());
        }
        let keys = doubtful_keys(&self.issuer_key_rows().await?, self.keys().issuer(), &future)?;
        // Other keys sign before these are given up, so that the heads and their keys go in one transaction.
        for (purpose, _) in BELIEVED_BY_DATE {
            if keys.contains(&self.keys().active_name(purpose)) {
                self.rotate_key(purpose, false).await?;
            }
        }
        // The same clock may have dated the trust document, and verifiers take no older one. This one is to replace it.
        let at = crate::trust::issued_at(self.domain(), self.keys()).await? + 1;
        let marking = Marking { keys, at: self.believed_now()?.max(at) };
        let recovered = self.domain().delete_heads_from_the_future(&marking, self.clock()).await?;
        tracing::warn!(
            heads = recovered.heads,
            leaves = recovered.leaves,
            log.seq = recovered.seq,
            "heads from the future are deleted"
        );
        let (mut keys, mut heads_resigned) = (Vec::new(), 0);
        for name in &marking.keys {
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

/// The fragments of the ids of keys that may have signed under the wrong clock: those that signed the heads, and those
/// [`BELIEVED_BY_DATE`] that were not retired before the last head of the right time.
fn doubtful_keys(rows: &[IssuerKeyRow], issuer: &str, future: &FutureHeads) -> Result<BTreeSet<String>, DomainError> {
    let own = format!("{issuer}#");
    let signers = future.heads.iter().map(signer_of).collect::<Result<BTreeSet<_>, _>>()?;
    let mut names: BTreeSet<_> = signers.iter().filter_map(|id| id.strip_prefix(&own)).map(str::to_owned).collect();
    for (purpose, lifetime_s) in BELIEVED_BY_DATE {
        let since = future.last_good.unwrap_or_default().saturating_sub(lifetime_s);
        // A standby key has signed nothing yet.
        let signed = |row: &&IssuerKeyRow| row.compromised_at.is_none() && row.state != "standby";
        let in_force = rows.iter().filter(|row| row.purpose == purpose.as_str()).filter(signed);
        names.extend(in_force.filter(|row| row.retired_at.is_none_or(|at| at >= since)).map(|row| row.name.clone()));
    }
    Ok(names)
}
