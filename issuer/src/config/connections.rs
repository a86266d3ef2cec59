//! How many connections are held, how much of what they send is kept in memory, and how slow they may be.

use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};

use super::ConfigError;

/// Descriptors that are left for the database, files and connections to elsewhere.
const RESERVED_DESCRIPTORS: usize = 256;
/// More connections than that are not held, however many descriptors there are: each costs up to 128 KiB of buffers.
const MOST_CONNECTIONS: usize = 4_096;
/// The descriptors of a process that has no limit, or does not say it.
const USUAL_DESCRIPTORS: usize = 1_024;

/// Bounds of the connections. "Client" and "network" are those of [`crate::client`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ConnectionLimits {
    /// Connections, and requests under way, in all and for each client and network. Connections of trusted proxies
    /// count in all alone.
    pub places: Bounds,
    /// Bytes of request bodies held in memory, also of those that are not complete.
    pub body_bytes: Bounds,
    /// From the first moment of a connection, or the first byte of a later request, to the end of the request's header.
    pub header: Duration,
    /// How long a connection is kept on which nothing is under way. Longer than proxies keep theirs.
    pub idle: Duration,
    /// How long the peer may take nothing of an answer that it was sent, or send nothing of a body.
    pub stall: Duration,
    /// What a body or an answer is given beside the time that its bytes earn at the least rate.
    pub grace: Duration,
    /// The least rate of bodies and answers, bytes a second.
    pub least_rate: u64,
    /// Requests under way on one connection of HTTP/2.
    pub streams: u32,
    /// Requests that an HTTP/2 client may take back on one connection before they were answered.
    pub abandoned: u32,
    /// How long requests under way may take after the signal to stop.
    pub drain: Duration,
    /// How long bodies may still take to arrive after that signal.
    pub drain_bodies: Duration,
}

/// A bound in all, for a network and for a client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bounds {
    /// Of everybody together.
    pub total: usize,
    /// Of an IPv4 /24 or an IPv6 /48.
    pub network: usize,
    /// Of an IPv4 address or an IPv6 /64.
    pub client: usize,
}

impl Bounds {
    /// So many in all, half of them for a network, a quarter for a client.
    pub fn of(total: usize) -> Self {
        Self { total, network: total.div_ceil(2), client: total.div_ceil(4) }
    }
}

impl ConnectionLimits {
    /// The limits of a process that may have so many descriptors open.
    pub fn for_descriptors(descriptors: usize) -> Self {
        let reserved = RESERVED_DESCRIPTORS.min(descriptors / 4);
        Self {
            places: Bounds::of((descriptors - reserved).min(MOST_CONNECTIONS)),
            body_bytes: Bounds::of(64 * 1024 * 1024),
            header: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            stall: Duration::from_secs(20),
            grace: Duration::from_secs(10),
            least_rate: 8 * 1024,
            streams: 64,
            abandoned: 100,
            drain: Duration::from_secs(20),
            drain_bodies: Duration::from_secs(5),
        }
    }

    /// The limits that this process's present limit of descriptors allows.
    pub fn for_this_process() -> Self {
        Self::for_descriptors(descriptors())
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (name, bounds) in [("places", self.places), ("body_bytes", self.body_bytes)] {
            if !(1 <= bounds.client && bounds.client <= bounds.network && bounds.network <= bounds.total) {
                return Err(ConfigError::Bounds(name, bounds));
            }
        }
        let times = [
            ("header", self.header),
            ("idle", self.idle),
            ("stall", self.stall),
            ("grace", self.grace),
            ("drain", self.drain),
        ];
        if let Some((name, _)) = times.into_iter().find(|(_, time)| time.is_zero()) {
            return Err(ConfigError::NoTime(name));
        }
        if self.least_rate == 0 { Err(ConfigError::NoTime("least_rate")) } else { Ok(()) }
    }
}

/// How many descriptors this process may have open now.
fn descriptors() -> usize {
    getrlimit(Resource::Nofile).current.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(USUAL_DESCRIPTORS)
}

/// Lets this process have as many descriptors open as the system lets it. Returns how many that are.
pub fn raise_descriptors() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it is refused the lower limit stays, and the bounds follow from that.
    let _ = setrlimit(Resource::Nofile, limit);
    descriptors()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        for (descriptors, total) in [(1_024, 768), (256, 192), (65_536, 4_096)] {
            let limits = ConnectionLimits::for_descriptors(descriptors);
            assert_eq!(limits.places, Bounds { total, network: total / 2, client: total / 4 });
            assert_eq!(limits.check(), Ok(()));
        }
    }

    #[test]
    fn this_process_gets_what_the_system_allows() {
        assert!(raise_descriptors() >= 64);
        assert_eq!(descriptors(), getrlimit(Resource::Nofile).maximum.map_or(USUAL_DESCRIPTORS, |most| most as usize));
    }
}
