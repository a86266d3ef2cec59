//! The way back from heads that a wrong clock dated into the future.
//!
//! Such a head stays good for its whole lifetime once its time has come, for a verifier without memory, and it would
//! stand for a tree without the revocations made meanwhile. So it is deleted and never signed again, and the key that
//! signed it is marked compromised. The log goes on under a `seq` above it.

use std::collections::BTreeSet;

use poa_verifier::jws;
use serde_json::json;

use super::{CLOCK_TOLERANCE_S, Head, LogState, hour_of};
use crate::clock::WatchedClock;
use crate::domain::{Domain, DomainError, HeadSigningError, Kind};

/// What was deleted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recovered {
    /// Heads deleted.
    pub heads: usize,
    /// The latest time that one of them bore, Unix seconds.
    pub latest: u64,
    /// The `seq` that the log goes on from; every deleted head has a lower one.
    pub seq: u64,
}

impl Domain {
    /// The heads that lie in the future, the newest first. None when none does by more than a verifier bears.
    ///
    /// # Errors
    /// [`DomainError::Clock`] while the clock is not believed: which heads these are depends on it.
    pub async fn heads_from_the_future(&self, clock: &WatchedClock) -> Result<Vec<Head>, DomainError> {
        let now = clock.believed_unix_s()?;
        let log = self.settings.log.as_str();
        let heads =
            self.store.read_tx(|tx, _| Box::pin(async move { Ok::<_, DomainError>(tx.heads_after(log, now).await?) }));
        let heads = heads.await?;
        Ok(if heads.iter().any(|head| head.iat > now + CLOCK_TOLERANCE_S) { heads } else { Vec::new() })
    }

    /// Deletes the heads that lie in the future, marks issuer keys compromised and takes `seq` above the heads, in one
    /// transaction: no head is gone whose key still counts. The keys must not be in force.
    pub async fn delete_heads_from_the_future(
        &self,
        keys: &BTreeSet<String>,
        clock: &WatchedClock,
    ) -> Result<Recovered, DomainError> {
        let mut cache = self.publication.lock().await;
        let now = clock.believed_unix_s()?;
        let log = self.settings.log.as_str();
        let recovered = self
            .store
            .run_tx("recover_log", |tx, _| {
                Box::pin(async move {
                    let heads = tx.heads_after(log, now).await?;
                    let latest = heads.iter().map(|head| head.iat).max().ok_or(DomainError::NothingToRecover)?;
                    for anchor in heads.iter().filter(|head| head.anchor) {
                        tx.note_anchored_hour(log, hour_of(anchor.iat)).await?;
                    }
                    tx.delete_heads_after(log, now).await?;
                    let state = tx.log_state(log).await?.ok_or(DomainError::NotFound(Kind::Log))?;
                    let after = LogState { seq: state.seq + 1, ..state };
                    tx.set_log_state(log, &after).await?;
                    for key in keys {
                        tx.compromise_issuer_key(key, now).await?;
                    }
                    let detail = json!({ "heads": heads.len(), "latest": latest, "seq": after.seq, "keys": keys });
                    tx.log_act(now, "recover_log", log, &detail).await?;
                    Ok::<_, DomainError>(Recovered { heads: heads.len(), latest, seq: after.seq })
                })
            })
            .await?;
        *cache = None;
        Ok(recovered)
    }

    /// Believes the wall clock from now on, whatever it said before, and logs that the operator said so.
    pub async fn confirm_clock(&self, clock: &WatchedClock) -> Result<(), DomainError> {
        let (log, reading) = (self.settings.log.as_str(), clock.reading());
        let doubt = clock.doubt();
        let (reading, detail) = (&reading, &json!({ "offset_s": doubt.map_or(0, |doubt| doubt.offset_s()) }));
        self.store
            .run_tx("confirm_clock", |tx, _| {
                Box::pin(async move {
                    tx.set_clock_reading(log, reading).await?;
                    Ok::<_, DomainError>(tx.log_act(reading.unix_ms / 1000, "confirm_clock", log, detail).await?)
                })
            })
            .await?;
        clock.believe(reading);
        Ok(())
    }
}

/// The id of the key that signed a head.
pub(crate) fn signer_of(head: &Head) -> Result<String, DomainError> {
    let parsed = jws::parse(&head.jws).map_err(|error| HeadSigningError(format!("a stored head: {error}")))?;
    Ok(parsed.kid().to_owned())
}
