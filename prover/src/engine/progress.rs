//! How far the compiling of a key has come, for whoever waits for it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counted by the threads that compile, read by another. Nothing is counted while a compiled key is read from the cache.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// The share that is done, from 0 to 1; none before the compiling has begun.
    pub fn share(&self) -> Option<f64> {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        // Exact: a key has fewer than a million pieces.
        (total > 0).then(|| done as f64 / total as f64)
    }

    /// Begins to count up to `total`.
    pub(super) fn begin(&self, total: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    /// So much more is done.
    pub(super) fn add(&self, pieces: u64) {
        self.done.fetch_add(pieces, Ordering::Relaxed);
    }
}
