//! How often a client may call: the published limits, by the service's clock.
//!
//! Clients are forgotten soon after their calls count no more, and no more than [`MAX_CLIENTS`] are known to a limiter:
//! whoever comes beyond that shares one limit with all others who do, until some are forgotten.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{self, Clock as _};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::{HashMapStateStore, ShrinkableKeyedStateStore};
use governor::{Quota, RateLimiter};

use super::client::Client;
use crate::clock::Clock;

/// Clients that a limiter tells apart: some 2 MB.
const MAX_CLIENTS: usize = 50_000;

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
    /// 60 in 60 s; ours.
    Snapshot,
    /// 20 in 300 s; requests that verifiers state, ours.
    PresentationRequest,
    /// 20 in 300 s; answers to them, ours.
    PresentationResponse,
    /// Documents verified outside Proof of Agenthood; as many in 60 s as the operator says. Ours.
    Verification,
}

/// A client called too often.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TooOften {
    /// Seconds to wait.
    pub retry_after_s: u64,
}

impl Limited {
    const ALL: [Self; 8] = [
        Self::Challenge,
        Self::Issue,
        Self::Revoke,
        Self::Verify,
        Self::Snapshot,
        Self::PresentationRequest,
        Self::PresentationResponse,
        Self::Verification,
    ];

    /// Calls and seconds.
    const fn rate(self, verifications_per_minute: u32) -> (u32, u64) {
        match self {
            Self::Challenge | Self::PresentationRequest | Self::PresentationResponse => (20, 300),
            Self::Issue => (5, 300),
            Self::Revoke => (10, 300),
            Self::Verify | Self::Snapshot => (60, 60),
            Self::Verification => (verifications_per_minute, 60),
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

/// Places for the clients that are told apart, and one for all others.
struct Places {
    map: HashMapStateStore<Client>,
    most: usize,
}

impl Places {
    fn new(most: usize) -> Self {
        Self { map: HashMapStateStore::default(), most }
    }
}

impl StateStore for Places {
    type Key = Client;

    fn measure_and_replace<T, F, E>(&self, client: &Client, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let has_place = {
            let map = self.map.lock();
            map.len() < self.most || map.contains_key(client)
        };
        let place = if has_place { client } else { &Client::OTHERS };
        self.map.measure_and_replace(place, measure)
    }
}

impl ShrinkableKeyedStateStore<Client> for Places {
    fn retain_recent(&self, drop_below: Nanos) {
        self.map.retain_recent(drop_below);
    }

    fn shrink_to_fit(&self) {
        ShrinkableKeyedStateStore::shrink_to_fit(&self.map);
    }

    fn len(&self) -> usize {
        ShrinkableKeyedStateStore::len(&self.map)
    }

    fn is_empty(&self) -> bool {
        ShrinkableKeyedStateStore::is_empty(&self.map)
    }
}

type Limiter = RateLimiter<Client, Places, ServiceClock, NoOpMiddleware<Nanos>>;

/// The limits of every call, in this process.
pub struct RateLimits {
    limiters: [Limiter; Limited::ALL.len()],
    clock: ServiceClock,
}

impl RateLimits {
    /// Nobody has called yet.
    pub fn new(clock: &Arc<dyn Clock>, verifications_per_minute: u32) -> Self {
        Self::with_places(clock, verifications_per_minute, MAX_CLIENTS)
    }

    fn with_places(clock: &Arc<dyn Clock>, verifications_per_minute: u32, most: usize) -> Self {
        let clock = ServiceClock(Arc::clone(clock));
        let limiter = |limited: Limited| {
            let (calls, seconds) = limited.rate(verifications_per_minute);
            let burst = NonZeroU32::new(calls).unwrap_or(NonZeroU32::MIN);
            // A whole burst at once, then one call per share of the time.
            let quota = Quota::with_period(Duration::from_secs(seconds) / calls)
                .unwrap_or_else(|| Quota::per_hour(NonZeroU32::MIN))
                .allow_burst(burst);
            RateLimiter::new(quota, Places::new(most), clock.clone())
        };
        Self { limiters: Limited::ALL.map(limiter), clock }
    }

    /// Counts a call.
    pub(super) fn count(&self, limited: Limited, client: Client) -> Result<(), TooOften> {
        self.count_several(limited, client, NonZeroU32::MIN)
    }

    /// Counts as many calls at once, or none of them.
    pub(super) fn count_several(&self, limited: Limited, client: Client, calls: NonZeroU32) -> Result<(), TooOften> {
        let limiter = &self.limiters[limited as usize];
        match limiter.check_key_n(&client, calls) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => {
                let wait = until.wait_time_from(self.clock.now());
                Err(TooOften { retry_after_s: wait.as_secs() + u64::from(wait.subsec_nanos() > 0) })
            }
            // More than a whole burst: never. The configuration keeps the rate above what one call can ask for.
            Err(_) => Err(TooOften { retry_after_s: 60 }),
        }
    }

    /// Forgets clients whose calls count no more, and gives back their memory. Called every minute.
    pub fn sweep(&self) {
        for limiter in &self.limiters {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::clock::ManualClock;

    fn client(number: u32) -> Client {
        Client::of(IpAddr::V4(Ipv4Addr::from_bits(number)))
    }

    fn limits(most: usize) -> (RateLimits, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new(1_000_000));
        (RateLimits::with_places(&(Arc::clone(&clock) as Arc<dyn Clock>), 1_200, most), clock)
    }

    #[test]
    fn who_has_called_long_ago_is_forgotten() {
        let (limits, clock) = limits(MAX_CLIENTS);
        for number in 0..5_000 {
            assert!(limits.count(Limited::Issue, client(number)).is_ok());
        }
        let known = |limits: &RateLimits| limits.limiters[Limited::Issue as usize].len();
        assert_eq!(known(&limits), 5_000);
        clock.advance(119);
        assert!(limits.count(Limited::Issue, client(0)).is_ok());
        limits.sweep();
        assert_eq!(known(&limits), 5_000, "no sooner than two shares of the time after one call");
        clock.advance(1);
        limits.sweep();
        assert_eq!(known(&limits), 1, "but for the one that called again");
        clock.advance(600);
        limits.sweep();
        assert_eq!(known(&limits), 0);
    }

    #[test]
    fn beyond_the_places_all_share_one_limit_and_nobody_loses_theirs() {
        let (limits, clock) = limits(3);
        for number in 0..3 {
            assert!(limits.count(Limited::Issue, client(number)).is_ok());
        }
        let others = (100..200).filter(|number| limits.count(Limited::Issue, client(*number)).is_ok()).count();
        assert_eq!(others, 5, "one limit for a hundred clients");
        for _ in 0..4 {
            assert!(limits.count(Limited::Issue, client(0)).is_ok(), "a place of one's own");
        }
        assert!(limits.count(Limited::Issue, client(0)).is_err());
        assert_eq!(limits.limiters[Limited::Issue as usize].len(), 4);
        clock.advance(600);
        limits.sweep();
        assert!(limits.count(Limited::Issue, client(100)).is_ok());
        assert_eq!(limits.limiters[Limited::Issue as usize].len(), 1, "it has a place now");
    }
}
