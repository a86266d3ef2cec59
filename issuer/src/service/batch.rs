//! Issuing many credentials at once: each item on its own, with its own result.
//!
//! A few items are on their way at a time, so that every core has one to prove and none is reserved long before its
//! turn. A batch that was taken is worked through to its end even when the caller goes away: whoever sent an
//! idempotency key gets the results by sending it again.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

use super::ServiceError;
use super::issuing::{Issue, Issued};
use crate::app::App;
use crate::proving::{Lane, Principal, WorkError};

/// What came of an item.
pub type ItemResult = Result<Issued, ServiceError>;

impl App {
    /// Issues every item; the results stand in the order of the requests.
    ///
    /// # Errors
    /// [`WorkError::Busy`] when as many batches as the service takes, or takes of this principal, are being worked on:
    /// nothing was begun.
    pub async fn issue_batch(
        self: &Arc<Self>,
        principal: Principal,
        requests: Vec<Issue>,
    ) -> Result<Vec<ItemResult>, ServiceError> {
        let place = self.batch_places().hold(principal).await.ok_or(WorkError::Busy)?;
        let app = Arc::clone(self);
        let task = tokio::spawn(async move {
            let results = app.work_through(requests).await;
            drop(place);
            results
        });
        Ok(task.await.map_err(|_| WorkError::Failed)?)
    }

    async fn work_through(self: Arc<Self>, requests: Vec<Issue>) -> Vec<ItemResult> {
        let mut results: Vec<Option<ItemResult>> = requests.iter().map(|_| None).collect();
        let waiting = Arc::new(Mutex::new(requests.into_iter().enumerate()));
        let mut workers = JoinSet::new();
        for _ in 0..self.config().proving.items_at_once() {
            let (app, waiting) = (Arc::clone(&self), Arc::clone(&waiting));
            workers.spawn(async move {
                let mut done = Vec::new();
                // Nothing can be half-done under this lock.
                while let Some((index, request)) = { waiting.lock().unwrap_or_else(PoisonError::into_inner).next() } {
                    done.push((index, app.issue_to_the_end(request, Lane::Batch).await));
                }
                done
            });
        }
        while let Some(done) = workers.join_next().await {
            for (index, result) in done.unwrap_or_default() {
                results[index] = Some(result);
            }
        }
        // An item without a result was lost with a worker that panicked.
        results.into_iter().map(|result| result.unwrap_or(Err(WorkError::Failed.into()))).collect()
    }
}
