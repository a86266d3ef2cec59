//! How often a client may call: the published limits, by the service's clock.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{self, Clock as _};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::client::Client;
use super::refusal::Refusal;
use crate::clock::Clock;

/// Forgets clients whose calls no longer count when a limiter knows more than this many.
const SWEEP_ABOVE: usize = 10_000;

/// A call that is limited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Limited {
    /// 20 in 300 s.
    Challenge,
    /// 5 in 300 s.
    Issue,
    /// 10 in 300 s.
    Revoke,
    /// 60 in 60 s.
    Verify,
}

impl Limited {
    const ALL: [Self; 4] = [Self::Challenge, Self::Issue, Self::Revoke, Self::Verify];

    /// Calls and seconds.
    const fn rate(self) -> (u32, u64) {
        match self {
            Self::Challenge => (20, 300),
            Self::Issue => (5, 300),
            Self::Revoke => (10, 300),
            Self::Verify => (60, 60),
        }
    }
}

/// The service's clock as the limiter reads it.
#[derive(Clone)]
struct ServiceClock(Arc<dyn Clock>);

impl clock::Clock for ServiceClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(Duration::from_secs(self.0.now_unix_s()))
    }
}

type Limiter = RateLimiter<Client, HashMapStateStore<Client>, ServiceClock, NoOpMiddleware<Nanos>>;

/// The limits of every call, in this process.
pub struct RateLimits {
    limiters: [Limiter; 4],
    clock: ServiceClock,
}

impl RateLimits {
    /// Nobody has called yet.
    pub fn new(clock: &Arc<dyn Clock>) -> Self {
        let clock = ServiceClock(Arc::clone(clock));
        let limiter = |limited: Limited| {
            let (calls, seconds) = limited.rate();
            let burst = NonZeroU32::new(calls).unwrap_or(NonZeroU32::MIN);
            // A whole burst at once, then one call per share of the time.
            let quota = Quota::with_period(Duration::from_secs(seconds) / calls)
                .unwrap_or_else(|| Quota::per_hour(NonZeroU32::MIN))
                .allow_burst(burst);
            RateLimiter::new(quota, HashMapStateStore::default(), clock.clone())
        };
        Self { limiters: Limited::ALL.map(limiter), clock }
    }

    /// Counts a call.
    pub(super) fn count(&self, limited: Limited, client: Client) -> Result<(), Refusal> {
        let limiter = &self.limiters[limited as usize];
        if limiter.len() > SWEEP_ABOVE {
            limiter.retain_recent();
        }
        limiter.check_key(&client).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Refusal::rate_limited(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
        })
    }
}
