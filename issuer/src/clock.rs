//! Time, passed in: nothing but [`SystemClock`] reads the machine's clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time in Unix seconds.
pub trait Clock: Send + Sync {
    /// Seconds since 1970-01-01T00:00:00Z.
    fn now_unix_s(&self) -> u64;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// A clock before 1970 reads as 0, at which every signature and credential is refused.
    fn now_unix_s(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
    }
}

/// A clock that stands still until it is set; for tests and simulations.
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that shows `now_unix_s`.
    pub fn new(now_unix_s: u64) -> Self {
        Self(AtomicU64::new(now_unix_s))
    }

    /// Shows another time from now on.
    pub fn set(&self, now_unix_s: u64) {
        self.0.store(now_unix_s, Ordering::SeqCst);
    }

    /// Moves forward and gives the new time.
    pub fn advance(&self, seconds: u64) -> u64 {
        self.0.fetch_add(seconds, Ordering::SeqCst) + seconds
    }
}

impl Clock for ManualClock {
    fn now_unix_s(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}
