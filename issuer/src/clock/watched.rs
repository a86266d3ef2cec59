//! The wall clock, held against the time since the machine started.
//!
//! A wall clock that jumps ahead for seconds would sign heads from the future, and until real time caught up nothing
//! could be published; housekeeping would delete what only looks expired. So one reading of both clocks is the
//! *reference*: the time since then must have passed on both. While it has not, nothing is signed or deleted for good,
//! and [`Clock::now_unix_s`] goes on from the reference, so that requests are judged as if nothing had happened.
//!
//! # Tolerances
//! * 30 s ([`TOLERANCE_S`]): verifiers take heads up to a minute ahead of their own clock, so half of it stays for
//!   theirs. A leap second and a small correction by NTP are within it.
//! * 500 millionths: the kernel's limit of slewing. The kernel slews both clocks alike; where it does not (a virtual
//!   machine whose host steps its clock in small pieces), the reference follows no faster than that.
//! * No tolerance is needed for sleep: the time since the machine started includes it.
//!
//! A restart of the service goes on from the stored reference as long as the machine has not restarted, so a restart
//! does not make a wrong clock right. After a restart of the machine only the newest head is left to compare with: the
//! clock may not be before it, nor later than the lifetime of a head after it, when housekeeping would find every head
//! expired. In between the machine may have been off, or its clock may be wrong: a battery that ran out, or a hardware
//! clock in local time, which is hours ahead until a time server is heard. So a clock that is more than ten minutes after
//! the head ([`UNEXPLAINED_S`]) is believed once the machine has run for two minutes ([`SETTLING_MS`]), in which a time
//! service sets it. Whether the kernel calls its clock synchronised would say more, but there is no safe way to ask, and
//! containers and machines without a time service would have to start all the same.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use poa_verifier::head::LIFETIME_S;
use poa_verifier::time::SKEW_S;

use super::Clock;

/// How far the clocks may stand apart, in seconds.
pub const TOLERANCE_S: u64 = 30;
/// One part in so many is what the reference follows the wall clock by.
const SLEW: u64 = 2_000;
/// The reference follows no more often than this, in milliseconds: shorter times would be rounded away.
const FOLLOW_MS: u64 = 60_000;

/// After a restart of the machine, a clock so many seconds after the newest head is explained by the restart alone.
const UNEXPLAINED_S: u64 = 600;
/// Any other is believed once the machine has run for so many milliseconds.
const SETTLING_MS: u64 = 120_000;

/// Both clocks at one moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reading {
    /// Names the machine's start.
    pub boot_id: String,
    /// Milliseconds since then.
    pub boot_ms: u64,
    /// Unix milliseconds.
    pub unix_ms: u64,
}

/// Why the wall clock is not believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClockDoubt {
    /// It was set while the machine ran.
    #[error(
        "the clock says {now}, but by the time since the machine started it should be {expected}; set it right, or \
         confirm it: poa clock confirm"
    )]
    Jumped {
        /// The wall clock, Unix seconds.
        now: u64,
        /// What it should say.
        expected: u64,
    },
    /// The machine has just started, and its wall clock may still be set.
    #[error(
        "the machine has just started, and its clock says {now}, long after the newest head, signed at {newest}; it is \
         believed in {wait_s} s unless a time service sets it, or at once when it is confirmed: poa clock confirm"
    )]
    Settling {
        /// The wall clock, Unix seconds.
        now: u64,
        /// The newest head, Unix seconds.
        newest: u64,
        /// Seconds until it is believed.
        wait_s: u64,
    },
    /// The machine has started since, and the wall clock is far from the newest head.
    #[error(
        "the clock says {now}, but the newest head was signed at {newest}; set it right, or confirm it: poa clock \
         confirm"
    )]
    FarFromHead {
        /// The wall clock, Unix seconds.
        now: u64,
        /// The newest head, Unix seconds.
        newest: u64,
    },
}

impl ClockDoubt {
    /// Seconds that the wall clock is ahead of what it should say; negative when it is behind.
    pub fn offset_s(self) -> i64 {
        let (now, expected) = match self {
            Self::Jumped { now, expected } => (now, expected),
            Self::FarFromHead { now, newest } | Self::Settling { now, newest, .. } => (now, newest),
        };
        i64::try_from(i128::from(now) - i128::from(expected)).unwrap_or(i64::MAX)
    }
}

#[derive(Clone, Copy, Debug)]
enum Reference {
    /// Both clocks at one moment of this start of the machine.
    Both { boot_ms: u64, unix_ms: u64 },
    /// The newest head, from before the machine started.
    Head { iat: u64 },
}

/// A wall clock that is believed only while it agrees with the time since the machine started.
pub struct WatchedClock {
    inner: Arc<dyn Clock>,
    boot_id: String,
    reference: Mutex<Reference>,
}

impl WatchedClock {
    /// Watches from a stored reference of the same start of the machine; else from the newest head; else from now.
    pub fn new(inner: Arc<dyn Clock>, stored: Option<Reading>, newest_head: Option<u64>) -> Self {
        let boot_id = inner.boot_id();
        let (boot_ms, now) = (inner.boot_ms(), inner.now_unix_s());
        let same_boot =
            |stored: &Reading| !boot_id.is_empty() && stored.boot_id == boot_id && stored.boot_ms <= boot_ms;
        let reference = match (stored.filter(same_boot), newest_head) {
            (Some(Reading { boot_ms, unix_ms, .. }), _) => Reference::Both { boot_ms, unix_ms },
            (None, Some(iat)) => Reference::Head { iat },
            (None, None) => Reference::Both { boot_ms, unix_ms: 1000 * now },
        };
        Self { inner, boot_id, reference: Mutex::new(reference) }
    }

    /// The time to sign with and to delete by.
    ///
    /// # Errors
    /// [`ClockDoubt`] while the clocks disagree.
    pub fn believed_unix_s(&self) -> Result<u64, ClockDoubt> {
        let (now, doubt) = self.judge();
        doubt.map_or(Ok(now), Err)
    }

    /// Why the wall clock is not believed now.
    pub fn doubt(&self) -> Option<ClockDoubt> {
        self.judge().1
    }

    /// The wall clock, believed or not.
    pub fn wall_unix_s(&self) -> u64 {
        self.inner.now_unix_s()
    }

    /// The reference, to be stored; none when the clocks have not agreed since the machine started.
    pub fn reference(&self) -> Option<Reading> {
        match *self.lock() {
            Reference::Both { boot_ms, unix_ms } => Some(Reading { boot_id: self.boot_id.clone(), boot_ms, unix_ms }),
            Reference::Head { .. } => None,
        }
    }

    /// Both clocks now: the reference that [`WatchedClock::believe`] makes of them.
    pub fn reading(&self) -> Reading {
        let unix_ms = self.inner.now_unix_s().saturating_mul(1000);
        Reading { boot_id: self.boot_id.clone(), boot_ms: self.inner.boot_ms(), unix_ms }
    }

    /// Takes another reference: somebody confirmed the wall clock.
    pub fn believe(&self, reading: &Reading) {
        *self.lock() = Reference::Both { boot_ms: reading.boot_ms, unix_ms: reading.unix_ms };
    }

    /// The time to judge requests by, and why the wall clock's is not it.
    fn judge(&self) -> (u64, Option<ClockDoubt>) {
        // Read before the lock, which a clock that fails must not poison.
        let (now, boot_ms) = (self.inner.now_unix_s(), self.inner.boot_ms());
        let mut reference = self.lock();
        match *reference {
            Reference::Head { iat } if !(iat.saturating_sub(SKEW_S)..=iat + LIFETIME_S).contains(&now) => {
                (now, Some(ClockDoubt::FarFromHead { now, newest: iat }))
            }
            Reference::Head { iat } if now > iat + UNEXPLAINED_S && boot_ms < SETTLING_MS => {
                let wait_s = (SETTLING_MS - boot_ms).div_ceil(1000);
                (now, Some(ClockDoubt::Settling { now, newest: iat, wait_s }))
            }
            Reference::Head { .. } => {
                *reference = Reference::Both { boot_ms, unix_ms: now.saturating_mul(1000) };
                (now, None)
            }
            Reference::Both { boot_ms: since, unix_ms } => {
                let passed = boot_ms.saturating_sub(since);
                let expected = unix_ms.saturating_add(passed);
                let wall = now.saturating_mul(1000);
                let slewed = wall.clamp(expected.saturating_sub(passed / SLEW), expected.saturating_add(passed / SLEW));
                if wall.abs_diff(slewed) > 1000 * TOLERANCE_S {
                    let expected = expected / 1000;
                    return (expected, Some(ClockDoubt::Jumped { now, expected }));
                }
                if passed >= FOLLOW_MS {
                    *reference = Reference::Both { boot_ms, unix_ms: slewed };
                }
                (now, None)
            }
        }
    }

    // Every change is one assignment, so a panic while the lock was held left nothing half done.
    fn lock(&self) -> MutexGuard<'_, Reference> {
        self.reference.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for WatchedClock {
    fn now_unix_s(&self) -> u64 {
        self.judge().0
    }

    fn boot_ms(&self) -> u64 {
        self.inner.boot_ms()
    }

    fn boot_id(&self) -> String {
        self.boot_id.clone()
    }
}

#[cfg(test)]
mod tests;
