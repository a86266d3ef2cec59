//! Which reserved credentials somebody works on.
//!
//! A reservation holds its idempotency key while its document is made. Whoever makes it may end without a word: the
//! process is killed, a worker panics, giving up fails on a full disk. One process works on a data directory, so a
//! reservation that this process does not work on is nobody's, and the next request with its key begins anew.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::ids::CredentialId;

/// The reservations that this process works on.
#[derive(Clone, Debug, Default)]
pub(crate) struct AtWork(Arc<Mutex<HashSet<CredentialId>>>);

/// Work on a reservation, until it is dropped.
#[derive(Debug)]
pub struct Working {
    id: CredentialId,
    all: AtWork,
}

impl AtWork {
    /// Begins to work on a reservation.
    pub(crate) fn begin(&self, id: CredentialId) -> Working {
        self.lock().insert(id);
        Working { id, all: self.clone() }
    }

    /// Whether it is being worked on.
    pub(crate) fn includes(&self, id: CredentialId) -> bool {
        self.lock().contains(&id)
    }

    // Adding and taking away are one step each: a panic leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, HashSet<CredentialId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.all.lock().remove(&self.id);
    }
}
