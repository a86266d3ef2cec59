//! One publication: everything that waits, in one transaction and one signed head.
//!
//! Under the log's lock: read a snapshot, decide, hash, then write. Only the write holds the database's writer,
//! and it only inserts. An agent that changed after the snapshot stays due and follows in the next publication.
//! `iat` is taken under the lock before the new root exists, so no head attests a root later than it was current.
//! It comes from a clock that is watched, whose reference is stored with the head.

use poa_circuits::native::tree::Frontier;
use poa_verifier::head::LIFETIME_S;

use super::plan::{self, Plan, Snapshot};
use super::{CLOCK_TOLERANCE_S, Head, LogState, RESIGN_S, edit};
use crate::clock::{Reading, WatchedClock};
use crate::domain::agents::AgentStatus;
use crate::domain::leaves::ZeroReason;
use crate::domain::{Domain, DomainError, HeadClaims, Kind};
use crate::store::Tx;

/// What a call to [`Domain::publish`] did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Publication {
    /// The newest head; none while no leaf was ever made.
    pub head: Option<Head>,
    /// Leaves appended.
    pub new_leaves: usize,
    /// Leaves set to 0.
    pub zeroed: usize,
    /// Whether a head was signed; false when nothing was due.
    pub signed: bool,
}

impl Domain {
    /// Publishes what waits; signs the current root anew when the newest head is a minute old or an hour began.
    /// Call it once per interval; calls wait for each other.
    pub async fn publish(&self, clock: &WatchedClock) -> Result<Publication, DomainError> {
        let mut cache = self.publication.lock().await;
        let now = clock.believed_unix_s()?;
        let snapshot = self.snapshot(now).await?;
        let iat = head_time(snapshot.newest.as_ref(), now)?;
        let cached = cache.take().filter(|(seq, _)| *seq == snapshot.state.seq);
        let frontier = match cached {
            Some((_, frontier)) => frontier,
            None => self.stored_frontier(&snapshot.state).await?,
        };
        let plan = self.plan(&snapshot, frontier, iat).await?;
        let (seq, head) = self.write(&snapshot, &plan, iat, clock.reference()).await?;
        let (new_leaves, zeroed) = (plan.draft.appended.len(), plan.draft.zeroed.len());
        *cache = Some((seq, plan.frontier));
        let signed = head.is_some();
        if let Some(head) = &head {
            tracing::info!(log.seq = head.seq, log.size = head.size, new_leaves, zeroed, "published a head");
        }
        Ok(Publication { head: head.or(snapshot.newest), new_leaves, zeroed, signed })
    }

    async fn plan(&self, snapshot: &Snapshot, frontier: Frontier, now: u64) -> Result<Plan, DomainError> {
        let log = self.settings.log.as_str();
        let draft = snapshot.decide(log, &mut self.rng(), now)?;
        if draft.zeroed.is_empty() && draft.appended.is_empty() {
            return Ok(Plan { draft, changed: Default::default(), frontier });
        }
        let indices = draft.zeroed.iter().map(|zeroed| zeroed.index).collect();
        let stored = self.stored_nodes(log, edit::needed(&indices, frontier.size())).await?;
        tokio::task::spawn_blocking(move || plan::hash(draft, &frontier, &stored))
            .await
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }

    /// The write transaction. Gives the log's `seq` afterwards and the head that was signed, if one was.
    async fn write(
        &self,
        snapshot: &Snapshot,
        plan: &Plan,
        iat: u64,
        reference: Option<Reading>,
    ) -> Result<(u64, Option<Head>), DomainError> {
        let (before, reference) = (&snapshot.state, &reference);
        if plan.draft.settled.is_empty() && !snapshot.credentials_due && !self.resign_due(snapshot, iat) {
            return Ok((before.seq, None));
        }
        self.store
            .run_tx("publish", |tx, _| {
                Box::pin(async move {
                    let log = self.settings.log.as_str();
                    let state = tx.log_state(log).await?.ok_or(DomainError::NotFound(Kind::Log))?;
                    if (state.seq, state.size) != (before.seq, before.size) {
                        return Err(DomainError::LogChanged);
                    }
                    if let Some(reference) = reference {
                        tx.set_clock_reading(log, reference).await?;
                    }
                    let bits = write_status_bits(tx, log, plan).await?;
                    tx.settle(&plan.draft.settled).await?;
                    let after = after(before, plan, bits > 0);
                    if after.seq == before.seq {
                        let head = if self.resign_due(snapshot, iat) {
                            Some(self.sign(tx, before, snapshot.anchor, iat).await?)
                        } else {
                            None
                        };
                        return Ok((before.seq, head));
                    }
                    let head = self.write_tree(tx, plan, &after, snapshot.anchor, iat).await?;
                    Ok((after.seq, Some(head)))
                })
            })
            .await
    }

    /// Writes a changed tree and its signed head: all that a restart needs of the log.
    pub(super) async fn write_tree(
        &self,
        tx: &mut Tx,
        plan: &Plan,
        after: &LogState,
        anchor: bool,
        iat: u64,
    ) -> Result<Head, DomainError> {
        let log = self.settings.log.as_str();
        tx.zero_leaves(log, after.seq, &plan.draft.zeroed).await?;
        tx.delete_prepared_about(log, &plan.draft.zeroed).await?;
        tx.insert_leaves(&plan.draft.appended).await?;
        tx.insert_nodes(log, after.seq, &plan.changed).await?;
        tx.set_log_state(log, after).await?;
        self.sign(tx, after, anchor, iat).await
    }

    /// Whether the current root needs a younger head although nothing changed.
    fn resign_due(&self, snapshot: &Snapshot, iat: u64) -> bool {
        // Publications without a head: it was deleted because it came from the future.
        let Some(newest) = &snapshot.newest else { return snapshot.state.seq > 0 };
        newest.seq < snapshot.state.seq || iat > newest.iat && (snapshot.anchor || iat - newest.iat >= RESIGN_S)
    }

    /// Signs the head of a state and stores it, inside the transaction that makes the state.
    async fn sign(&self, tx: &mut Tx, state: &LogState, anchor: bool, iat: u64) -> Result<Head, DomainError> {
        let exp = iat + LIFETIME_S;
        let claims = HeadClaims {
            iss: self.issuer.clone(),
            log: self.settings.log.clone(),
            iat,
            exp,
            root: state.root,
            size: state.size,
            seq: state.seq,
            revocations: state.revocations,
            anchor,
        };
        let head = Head {
            jws: self.signer.sign_head(&claims)?,
            log: claims.log,
            root: state.root,
            size: state.size,
            seq: state.seq,
            iat,
            exp,
            revocations: state.revocations,
            anchor,
        };
        tx.insert_head(&head).await?;
        Ok(head)
    }
}

/// The new head's time: the clock's, but never before the newest head's, because verifiers refuse a higher `seq`
/// with an earlier time. A clock far behind is an error rather than a head from the future.
fn head_time(newest: Option<&Head>, now: u64) -> Result<u64, DomainError> {
    match newest {
        Some(head) if head.iat > now + CLOCK_TOLERANCE_S => Err(DomainError::ClockBehind { now, newest: head.iat }),
        Some(head) => Ok(head.iat.max(now)),
        None => Ok(now),
    }
}

/// The state after the publication; the same `seq` when nothing changed.
fn after(before: &LogState, plan: &Plan, bits_changed: bool) -> LogState {
    let revoked = plan.draft.zeroed.iter().any(|zeroed| zeroed.reason != ZeroReason::Superseded);
    let tree_changed = !plan.changed.is_empty();
    LogState {
        size: plan.frontier.size(),
        seq: before.seq + u64::from(tree_changed || bits_changed),
        revocations: before.revocations + u64::from(revoked || bits_changed),
        root: plan.frontier.root(),
        collected_seq: before.collected_seq,
    }
}

/// Sets and clears status bits; gives how many changed.
async fn write_status_bits(tx: &mut Tx, log: &str, plan: &Plan) -> Result<u64, DomainError> {
    let mut changed = tx.revoke_due_credentials().await? + tx.write_vc_api_status().await?;
    for settled in &plan.draft.settled {
        changed += match settled.status {
            AgentStatus::Revoked => tx.revoke_credentials_of(settled.agent).await?,
            AgentStatus::Suspended => tx.suspend_credentials_of(settled.agent, true).await?,
            AgentStatus::Active => tx.suspend_credentials_of(settled.agent, false).await?,
        };
    }
    for zeroed in plan.draft.zeroed.iter().filter(|zeroed| zeroed.revoke_credentials) {
        changed += tx.revoke_credentials_from(log, zeroed.index).await?;
    }
    Ok(changed)
}
