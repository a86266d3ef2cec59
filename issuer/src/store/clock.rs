//! What the wall clock is held against, and hours that had their anchor although it is not kept.

use super::row::{stored, unsigned, value};
use super::{StoreError, Tx};
use crate::clock::Reading;

impl Tx {
    /// The reference of the clock as last stored.
    pub async fn clock_reading(&mut self, log: &str) -> Result<Option<Reading>, StoreError> {
        let row = sqlx::query("SELECT boot_id, boot_ms, unix_ms FROM clock_readings WHERE log = $1")
            .bind(log)
            .fetch_optional(self.conn())
            .await?;
        row.map(|row| {
            let (boot_ms, unix_ms) = (unsigned(&row, "boot_ms")?, unsigned(&row, "unix_ms")?);
            Ok(Reading { boot_id: value(&row, "boot_id")?, boot_ms, unix_ms })
        })
        .transpose()
    }

    /// Stores the reference of the clock.
    pub async fn set_clock_reading(&mut self, log: &str, reading: &Reading) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO clock_readings (log, boot_id, boot_ms, unix_ms) VALUES ($1, $2, $3, $4) ON CONFLICT (log) \
             DO UPDATE SET boot_id = excluded.boot_id, boot_ms = excluded.boot_ms, unix_ms = excluded.unix_ms",
        )
        .bind(log)
        .bind(&reading.boot_id)
        .bind(stored(reading.boot_ms, "clock_readings.boot_ms")?)
        .bind(stored(reading.unix_ms, "clock_readings.unix_ms")?)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Whether the hour that begins at `hour` had an anchor that was deleted.
    pub async fn hour_had_anchor(&mut self, log: &str, hour: u64) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM anchored_hours WHERE log = $1 AND hour = $2")
            .bind(log)
            .bind(stored(hour, "anchored_hours.hour")?)
            .fetch_optional(self.conn())
            .await?;
        Ok(row.is_some())
    }

    /// Notes that the hour that begins at `hour` had an anchor.
    pub async fn note_anchored_hour(&mut self, log: &str, hour: u64) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO anchored_hours (log, hour) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(log)
            .bind(stored(hour, "anchored_hours.hour")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Forgets hours before `hour`: no anchor is made in the past.
    pub async fn forget_anchored_hours(&mut self, log: &str, hour: u64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM anchored_hours WHERE log = $1 AND hour < $2")
            .bind(log)
            .bind(stored(hour, "anchored_hours.hour")?)
            .execute(self.conn())
            .await?;
        Ok(())
    }
}
