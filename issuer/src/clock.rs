//! Time, passed in: nothing but [`SystemClock`] reads the machine's clocks.
//!
//! What is signed or deleted for good takes its time from a [`WatchedClock`], which holds the wall clock against the
//! time since the machine started.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

mod watched;

pub use watched::{ClockDoubt, Reading, TOLERANCE_S, WatchedClock};

/// Tells the time in Unix seconds, and how long the machine runs.
pub trait Clock: Send + Sync {
    /// Seconds since 1970-01-01T00:00:00Z, as the wall clock says: it can be set to anything at any moment.
    fn now_unix_s(&self) -> u64;

    /// Milliseconds since the machine started, time asleep included. Nobody can set it.
    fn boot_ms(&self) -> u64;

    /// Names the start that [`Clock::boot_ms`] counts from; empty when the machine does not tell.
    fn boot_id(&self) -> String;
}

/// The machine's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// Counts time asleep, unlike `CLOCK_MONOTONIC`: else each wake-up would look like a jump of the wall clock.
#[cfg(any(target_os = "linux", target_os = "android"))]
const SINCE_BOOT: ClockId = ClockId::Boottime;
/// The closest that other systems offer.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const SINCE_BOOT: ClockId = ClockId::Monotonic;

impl Clock for SystemClock {
    /// A clock before 1970 reads as 0, at which every signature and credential is refused.
    fn now_unix_s(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
    }

    fn boot_ms(&self) -> u64 {
        let since = clock_gettime(SINCE_BOOT);
        // Never negative.
        (since.tv_sec as u64).saturating_mul(1000).saturating_add(since.tv_nsec as u64 / 1_000_000)
    }

    fn boot_id(&self) -> String {
        // Linux alone has the file. Without it every start of the service counts as one of the machine.
        std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
    }
}

/// Clocks that stand still until they are set; for tests and simulations.
pub struct ManualClock {
    now_unix_s: AtomicU64,
    boot_ms: AtomicU64,
    boot: u64,
}

impl ManualClock {
    /// Clocks of a machine that has just started and shows `now_unix_s`.
    pub fn new(now_unix_s: u64) -> Self {
        static BOOTS: AtomicU64 = AtomicU64::new(0);
        let boot = BOOTS.fetch_add(1, Ordering::Relaxed);
        Self { now_unix_s: AtomicU64::new(now_unix_s), boot_ms: AtomicU64::new(0), boot }
    }

    /// Lets time pass until a later moment; to an earlier one the wall clock jumps.
    pub fn set(&self, now_unix_s: u64) {
        let passed = now_unix_s.saturating_sub(self.now_unix_s());
        self.boot_ms.fetch_add(1000 * passed, Ordering::SeqCst);
        self.jump(now_unix_s);
    }

    /// Sets the wall clock alone.
    pub fn jump(&self, now_unix_s: u64) {
        self.now_unix_s.store(now_unix_s, Ordering::SeqCst);
    }

    /// Lets time pass and gives the new one.
    pub fn advance(&self, seconds: u64) -> u64 {
        self.boot_ms.fetch_add(1000 * seconds, Ordering::SeqCst);
        self.now_unix_s.fetch_add(seconds, Ordering::SeqCst) + seconds
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManualClock({})", self.now_unix_s())
    }
}

impl Clock for ManualClock {
    fn now_unix_s(&self) -> u64 {
        self.now_unix_s.load(Ordering::SeqCst)
    }

    fn boot_ms(&self) -> u64 {
        self.boot_ms.load(Ordering::SeqCst)
    }

    fn boot_id(&self) -> String {
        format!("{}-{}", std::process::id(), self.boot)
    }
}
