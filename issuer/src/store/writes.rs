//! Whether writing works, as told by the writes themselves.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Store, StoreError, Tx};

/// How writing to the database fares, since this process started.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct WriteHealth {
    /// Write transactions that the database failed.
    pub failures: u64,
    /// Those since the last one that wrote something.
    pub failures_in_a_row: u64,
}

impl WriteHealth {
    /// Whether nothing was written since a write failed.
    pub fn is_failing(self) -> bool {
        self.failures_in_a_row > 0
    }
}

/// The same, shared.
#[derive(Debug, Default)]
pub(super) struct Writes(Mutex<WriteHealth>);

impl Writes {
    // Numbers alone are under this lock: a panic leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, WriteHealth> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn health(&self) -> WriteHealth {
        *self.lock()
    }

    pub(super) fn succeeded(&self) {
        self.lock().failures_in_a_row = 0;
    }

    pub(super) fn failed(&self) {
        let mut health = self.lock();
        health.failures += 1;
        health.failures_in_a_row += 1;
    }
}

impl Store {
    /// How writing fares.
    pub fn write_health(&self) -> WriteHealth {
        self.writes.health()
    }

    /// Refuses when the database is no longer where it was opened.
    pub fn check_place(&self) -> Result<(), StoreError> {
        self.place.as_ref().map_or(Ok(()), |place| place.check())
    }

    /// Writes one row, to see whether writing works.
    pub async fn probe_write(&self) -> Result<(), StoreError> {
        self.run_tx("probe_write", |tx, _| Box::pin(async move { tx.count_probe().await })).await
    }
}

impl Tx {
    async fn count_probe(&mut self) -> Result<(), StoreError> {
        sqlx::query("UPDATE write_probe SET written = written + 1 WHERE id = 1").execute(self.conn()).await?;
        Ok(())
    }

    /// Rows changed on this connection so far: a transaction that changes none says nothing about the disk.
    pub(super) async fn rows_changed(&mut self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT total_changes()").fetch_one(self.conn()).await?)
    }
}
