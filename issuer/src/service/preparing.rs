//! Keeping what managed agents show most ready: proved under the hour's anchor before anybody asks.
//!
//! A pass drops what a new anchor or the clock made useless, then proves what is missing, one after the other in the
//! lane that waits for everything else. What is refused now (an attribute fell below its bound, a schema is gone) is
//! forgotten and learned again when the agent shows it again. See [`crate::domain::prepared`] for the rules.

use poa_prover::{PresentError, prepare};
use poa_verifier::request::DEFAULT_MAX_ROOT_AGE_S;
use zeroize::Zeroizing;

use super::ServiceError;
use crate::app::App;
use crate::domain::{DomainError, DueKind, Head, PlaceInLog};
use crate::proving::{Lane, Principal, WorkError};

/// What a pass did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Refreshed {
    /// Presentations dropped.
    pub dropped: u64,
    /// Presentations prepared and kept.
    pub prepared: u64,
}

impl App {
    /// One pass. It ends early when even the last lane is full; the next pass goes on. One that cannot be prepared for no
    /// fault of its own is logged and does not stop the others; the pass fails at its end.
    pub async fn refresh_prepared(&self) -> Result<Refreshed, ServiceError> {
        let limit = self.config().prepared;
        let now = self.sound_now().await?;
        let mut done = Refreshed { dropped: self.domain().drop_stale_prepared(limit, now).await?, prepared: 0 };
        let anchor = match self.domain().anchor_head().await {
            Ok(anchor) => anchor,
            Err(DomainError::NoHead) => return Ok(done),
            Err(error) => return Err(error.into()),
        };
        let mut failed = None;
        for due in self.domain().due_presentations(&anchor, limit, now).await? {
            if due.shown_at > anchor.iat.saturating_add(DEFAULT_MAX_ROOT_AGE_S) {
                // No verifier would take it; a new anchor is overdue.
                continue;
            }
            match self.prepare(&anchor, &due).await {
                Ok(kept) => done.prepared += u64::from(kept),
                Err(ServiceError::Work(WorkError::Busy)) => break,
                Err(error) if is_refusal(&error) => self.domain().forget_presentation_kind(&due).await?,
                Err(error) => {
                    tracing::warn!(%error, "a presentation could not be prepared; it is tried again");
                    failed = Some(error);
                }
            }
        }
        failed.map_or(Ok(done), Err)
    }

    /// Proves and keeps one; false when agent, leaf or anchor changed meanwhile.
    async fn prepare(&self, anchor: &Head, due: &DueKind) -> Result<bool, ServiceError> {
        let ready = match self.ready(due.agent, &due.kind, false).await {
            Ok(ready) => ready,
            // The leaf was renewed after the anchor: the next one has it.
            Err(ServiceError::LeafNotInAnchor { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        if ready.head != *anchor {
            return Ok(false);
        }
        let leaf_index = ready.leaf_index();
        let provable = self.provable(ready).await?;
        let (engine, mut rng, shown_at) = (self.engine(), self.rng(), due.shown_at);
        let (bytes, usable_until) = self
            .provers()
            .run_in(Lane::Batch, Principal::Operator, move || {
                let prepared = prepare(&engine, provable.material(), &provable.showing(shown_at), &mut rng)?;
                Ok::<(Zeroizing<Vec<u8>>, u64), PresentError>((prepared.to_bytes(), prepared.usable_until()))
            })
            .await??;
        self.note_proof();
        let place = PlaceInLog::new(anchor, leaf_index);
        Ok(self.domain().keep_prepared(due, place, usable_until, &bytes).await?)
    }
}

/// Whether the agent itself would be refused, and so would be again.
fn is_refusal(error: &ServiceError) -> bool {
    match error {
        ServiceError::Disclosure(_)
        | ServiceError::SaysNothing
        | ServiceError::LeafExpiring
        | ServiceError::Binding { .. } => true,
        ServiceError::Domain(error) => {
            matches!(error, DomainError::NotFound(_) | DomainError::NoLeaf | DomainError::AgentNotActive(_))
        }
        _ => false,
    }
}
