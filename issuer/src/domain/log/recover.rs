//! The way back from heads that a wrong clock dated into the future.
//!
//! Such a head stays good for its whole lifetime once its time has come, for a verifier without memory, and it would
//! stand for a tree without the revocations made meanwhile. So it is deleted and never signed again, and the key that
//! signed it is marked compromised. The log goes on under a `seq` above it. Leaves that it appended would say until then
//! that they were attested later than they were; their agents are due, and the next publication supersedes them.

use std::collections::BTreeSet;

use poa_verifier::jws;
use serde_json::json;

use super::{CLOCK_TOLERANCE_S, Head, LogState, hour_of};
use crate::clock::WatchedClock;
use crate::domain::{Domain, DomainError, HeadSigningError, Kind, SIGNING_KEY_GRACE_S};

/// The heads that lie in the future.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FutureHeads {
    /// The newest first. None when none lies further ahead than a verifier bears.
    pub heads: Vec<Head>,
    /// Time of the newest other head, Unix seconds: the wrong clock was believed no earlier.
    pub last_good: Option<u64>,
}

/// Keys to mark compromised.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Marking {
    /// Fragments of their ids. None of them is in force.
    pub keys: BTreeSet<String>,
    /// Unix seconds.
    pub at: u64,
}

/// What was deleted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recovered {
    /// Heads deleted.
    pub heads: usize,
    /// Live leaves dated into the future, which the next publication supersedes.
    pub leaves: u64,
    /// The latest time that one of them bore, Unix seconds.
    pub latest: u64,
    /// The `seq` that the log goes on from; every deleted head has a lower one.
    pub seq: u64,
}

impl Domain {
    /// The heads that lie in the future.
    ///
    /// # Errors
    /// [`DomainError::Clock`] while the clock is not believed: which heads these are depends on it.
    pub async fn heads_from_the_future(&self, clock: &WatchedClock) -> Result<FutureHeads, DomainError> {
        let now = clock.believed_unix_s()?;
        let log = self.settings.log.as_str();
        let read = self.store.read_tx(|tx, _| {
            Box::pin(async move {
                let last_good = tx.newest_head_until(log, now).await?.map(|head| head.iat);
                Ok::<_, DomainError>(FutureHeads { heads: tx.heads_after(log, now).await?, last_good })
            })
        });
        let mut future = read.await?;
        if !future.heads.iter().any(|head| head.iat > now + CLOCK_TOLERANCE_S) {
            future.heads.clear();
        }
        Ok(future)
    }

    /// Deletes the heads that lie in the future, marks issuer keys compromised, takes `seq` above the heads and ends what
    /// the same clock prolonged, in one transaction: no head is gone whose key still counts.
    pub async fn delete_heads_from_the_future(
        &self,
        marking: &Marking,
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
                    for key in &marking.keys {
                        tx.compromise_issuer_key(key, marking.at).await?;
                    }
                    let leaves = tx.mark_due_whose_leaf_is_after(log, now).await?;
                    tx.end_grace_beyond(now + SIGNING_KEY_GRACE_S, now).await?;
                    let detail = json!({
                        "heads": heads.len(), "leaves": leaves, "latest": latest, "seq": after.seq, "keys": marking.keys,
                    });
                    tx.log_act(now, "recover_log", log, &detail).await?;
                    Ok::<_, DomainError>(Recovered { heads: heads.len(), leaves, latest, seq: after.seq })
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
