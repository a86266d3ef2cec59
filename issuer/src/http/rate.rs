//! How often a client may call: the published limits, by the service's clock.
//!
//! Clients are forgotten soon after their calls count no more, and a limiter knows no more than so many: whoever comes
//! beyond that shares a limit with others (`places` says with whom), until some are forgotten.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{self, Clock as _};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{NotUntil, Quota, RateLimiter};

use self::places::{MOST, Most, Places};
use super::client::Client;
use crate::clock::Clock;
use crate::domain::{AgentUuid, VerifierId};

mod places;

/// A call that is limited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Limited {
    /// 20 in 300 s; of Proof of Agenthood.
    Challenge,
    /// 20 in 300 s; an agent's, for whoever does not show to be it. Ours.
    AgentChallenge,
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
    /// Signatures of work receipts: 60,000 in 300 s. Ours.
    Attestation,
    /// Documents verified outside Proof of Agenthood; as many in 60 s as the operator says. Ours.
    Verification,
}

/// A call that is limited for whoever shows who it is, wherever it calls from. What is known is bounded by what the
/// operator registered.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Known {
    /// Requests that an agent signed: 1,200 in 60 s. The nonce of each is stored.
    Agent(AgentUuid),
    /// Presentation requests that a registered verifier states: 400 in 300 s, so that it can fill its places.
    Verifier(VerifierId),
}

/// Somebody called too often.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TooOften {
    /// Seconds to wait.
    pub retry_after_s: u64,
}

impl Limited {
    const ALL: [Self; 10] = [
        Self::Challenge,
        Self::AgentChallenge,
        Self::Issue,
        Self::Revoke,
        Self::Verify,
        Self::Snapshot,
        Self::PresentationRequest,
        Self::PresentationResponse,
        Self::Attestation,
        Self::Verification,
    ];

    /// Calls and seconds.
    const fn rate(self, verifications_per_minute: u32) -> (u32, u64) {
        match self {
            Self::Challenge | Self::AgentChallenge | Self::PresentationRequest | Self::PresentationResponse => {
                (20, 300)
            }
            Self::Issue => (5, 300),
            Self::Revoke => (10, 300),
            Self::Verify | Self::Snapshot => (60, 60),
            Self::Attestation => (60_000, 300),
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

type Limiter = RateLimiter<Client, Places, ServiceClock, NoOpMiddleware<Nanos>>;

type KnownLimiter = RateLimiter<Known, HashMapStateStore<Known>, ServiceClock, NoOpMiddleware<Nanos>>;

/// The limits of every call, in this process.
pub struct RateLimits {
    limiters: [Limiter; Limited::ALL.len()],
    agents: KnownLimiter,
    verifiers: KnownLimiter,
    clock: ServiceClock,
}

/// A whole burst at once, then one call per share of the time.
fn quota(calls: u32, seconds: u64) -> Quota {
    let burst = NonZeroU32::new(calls).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(Duration::from_secs(seconds) / burst.get())
        .unwrap_or_else(|| Quota::per_hour(NonZeroU32::MIN))
        .allow_burst(burst)
}

impl RateLimits {
    /// Nobody has called yet.
    pub fn new(clock: &Arc<dyn Clock>, verifications_per_minute: u32) -> Self {
        Self::with_places(clock, verifications_per_minute, MOST)
    }

    fn with_places(clock: &Arc<dyn Clock>, verifications_per_minute: u32, most: Most) -> Self {
        let clock = ServiceClock(Arc::clone(clock));
        let limiter = |limited: Limited| {
            let (calls, seconds) = limited.rate(verifications_per_minute);
            RateLimiter::new(quota(calls, seconds), Places::new(most), clock.clone())
        };
        let known =
            |calls, seconds| RateLimiter::new(quota(calls, seconds), HashMapStateStore::default(), clock.clone());
        Self {
            limiters: Limited::ALL.map(limiter),
            agents: known(1_200, 60),
            verifiers: known(400, 300),
            clock: clock.clone(),
        }
    }

    /// Counts a call of somebody who showed who it is.
    pub(super) fn count_known(&self, known: Known) -> Result<(), TooOften> {
        let limiter = match known {
            Known::Agent(_) => &self.agents,
            Known::Verifier(_) => &self.verifiers,
        };
        limiter.check_key(&known).map_err(|until| self.too_often(&until))
    }

    fn too_often(&self, until: &NotUntil<Nanos>) -> TooOften {
        let wait = until.wait_time_from(self.clock.now());
        TooOften { retry_after_s: wait.as_secs() + u64::from(wait.subsec_nanos() > 0) }
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
            Ok(Err(until)) => Err(self.too_often(&until)),
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
        for limiter in [&self.agents, &self.verifiers] {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use super::*;
    use crate::clock::ManualClock;

    fn client(number: u32) -> Client {
        Client::of(IpAddr::V4(Ipv4Addr::from_bits(number)))
    }

    /// The /64 of this number, counted through a /40.
    fn of_a_slash_40(number: u32) -> Client {
        let [high, low] = [number >> 16, number & 0xffff].map(|part| part as u16);
        Client::of(Ipv6Addr::new(0x2001, 0xdb8, high, low, 0, 0, 0, 1).into())
    }

    fn limits(most: Most) -> (RateLimits, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new(1_000_000));
        (RateLimits::with_places(&(Arc::clone(&clock) as Arc<dyn Clock>), 1_200, most), clock)
    }

    fn passes(limits: &RateLimits, client: Client) -> bool {
        limits.count(Limited::Issue, client).is_ok()
    }

    fn known(limits: &RateLimits) -> usize {
        limits.limiters[Limited::Issue as usize].len()
    }

    #[test]
    fn who_has_called_long_ago_is_forgotten() {
        let (limits, clock) = limits(MOST);
        for number in 0..5_000 {
            assert!(passes(&limits, client(number)));
        }
        assert_eq!(known(&limits), 5_000);
        clock.advance(119);
        assert!(passes(&limits, client(0)));
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
    fn a_network_beyond_its_places_shares_one_limit_and_takes_nobody_elses() {
        let (limits, clock) = limits(Most { clients: 100, network: 3, shared: 4 });
        let passed = (0..200).filter(|number| passes(&limits, of_a_slash_40(*number))).count();
        assert_eq!(passed, 3 + 5, "three places, and one limit for all others");
        assert_eq!(known(&limits), 4);
        for _ in 0..4 {
            assert!(passes(&limits, of_a_slash_40(0)), "a place of one's own");
        }
        assert!(!passes(&limits, of_a_slash_40(0)));
        for _ in 0..5 {
            assert!(passes(&limits, client(0)), "another network");
        }
        clock.advance(600);
        limits.sweep();
        assert!(passes(&limits, of_a_slash_40(100)));
        assert_eq!(known(&limits), 1, "it has a place now");
    }

    #[test]
    fn fifty_thousand_addresses_of_one_slash_40_leave_newcomers_their_calls() {
        let (limits, _) = limits(MOST);
        for number in 0..1 << 24 {
            // Every network with as many addresses as have places, and more.
            if number & 0xffff < 300 {
                let _ = limits.count(Limited::Issue, of_a_slash_40(number));
            }
        }
        let all = MOST.clients + MOST.shared;
        assert!(known(&limits) <= all, "{} is bounded", known(&limits));
        // Newcomers of a thousand networks: of 4,096 limits the flood has used up at most one for each of its 256.
        let refused = (0..1_000).filter(|number| !passes(&limits, client(number << 8))).count();
        assert!(refused < 150, "{refused} of 1,000");
    }
}
