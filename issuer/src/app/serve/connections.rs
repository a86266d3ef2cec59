//! Which connections there are. When places run short, those on which nothing is under way go first, and among them those
//! of whoever has the most.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::pulse::Pulse;
use crate::client::Client;
use crate::config::Bounds;

/// All connections of a listener.
pub(super) struct Connections {
    bounds: Bounds,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    next: u64,
    /// The oldest first.
    places: BTreeMap<u64, Place>,
}

struct Place {
    /// None for a trusted proxy, which counts in all alone.
    client: Option<Client>,
    pulse: Arc<Pulse>,
}

/// A connection's place, free again when it is dropped.
pub(super) struct Ticket {
    of: Arc<Connections>,
    id: u64,
}

impl Connections {
    pub(super) fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self { bounds, held: Mutex::default() })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection, for which another may have to go; none when all that could go are at work.
    pub(super) fn enter(self: &Arc<Self>, client: Option<Client>, pulse: &Arc<Pulse>) -> Option<Ticket> {
        let mut held = self.held();
        if let Some(client) = client {
            let network = client.network();
            let of_network = move |other: Client| other.network() == network;
            held.make_room(self.bounds.client, |other| other == Some(client))?;
            held.make_room(self.bounds.network, |other| other.is_some_and(of_network))?;
        }
        held.make_room(self.bounds.total, |_| true)?;
        held.next += 1;
        let id = held.next;
        held.places.insert(id, Place { client, pulse: Arc::clone(pulse) });
        Some(Ticket { of: Arc::clone(self), id })
    }

    /// Closes one connection on which nothing is under way. False when there is none.
    pub(super) fn close_one(&self) -> bool {
        self.held().close_one(|_| true)
    }
}

impl Held {
    fn make_room(&mut self, bound: usize, among: impl Fn(Option<Client>) -> bool) -> Option<()> {
        while self.places.values().filter(|place| among(place.client)).count() >= bound {
            if !self.close_one(&among) {
                return None;
            }
        }
        Some(())
    }

    /// Closes the connection that is missed least: of the client with the most, an idle one first, the oldest first.
    fn close_one(&mut self, among: impl Fn(Option<Client>) -> bool) -> bool {
        let mut counts = std::collections::HashMap::new();
        for client in self.places.values().filter_map(|place| place.client) {
            *counts.entry(client).or_insert(0_usize) += 1;
        }
        let has = |client: Option<Client>| client.and_then(|client| counts.get(&client)).copied().unwrap_or(0);
        let waiting = self.places.iter().filter(|(_, place)| among(place.client)).filter_map(|(id, place)| {
            let (idle, since) = place.pulse.waiting()?;
            Some(((Reverse(has(place.client)), !idle, since), *id))
        });
        let Some((_, id)) = waiting.min() else { return false };
        if let Some(place) = self.places.remove(&id) {
            place.pulse.close();
        }
        true
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.of.held().places.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConnectionLimits;

    struct World {
        connections: Arc<Connections>,
        tickets: Vec<(Ticket, Arc<Pulse>)>,
    }

    impl World {
        fn new(total: usize, network: usize, client: usize) -> Self {
            Self { connections: Connections::new(Bounds { total, network, client }), tickets: Vec::new() }
        }

        /// Whether there was a place, and the connection.
        fn enter(&mut self, address: Option<&str>) -> Option<Arc<Pulse>> {
            let pulse = Pulse::new(ConnectionLimits::for_descriptors(1_024));
            let client = address.map(|address| Client::of(address.parse().unwrap()));
            let ticket = self.connections.enter(client, &pulse)?;
            self.tickets.push((ticket, Arc::clone(&pulse)));
            Some(pulse)
        }

        fn held(&self) -> usize {
            self.connections.held().places.len()
        }

        /// Whether the connection was told to close.
        async fn is_closed(&self, pulse: &Pulse) -> bool {
            tokio::time::timeout(std::time::Duration::from_millis(1), pulse.closed()).await.is_ok()
        }
    }

    #[tokio::test]
    async fn a_client_at_its_bound_loses_its_own_oldest() {
        let mut world = World::new(10, 8, 3);
        let first = world.enter(Some("192.0.2.1")).unwrap();
        let other = world.enter(Some("192.0.2.2")).unwrap();
        for _ in 0..5 {
            world.enter(Some("192.0.2.1")).unwrap();
        }
        assert_eq!(world.held(), 4);
        assert!(world.is_closed(&first).await && !world.is_closed(&other).await);
    }

    #[tokio::test]
    async fn who_is_at_work_stays_and_who_comes_then_is_refused() {
        let mut world = World::new(10, 8, 2);
        let working: Vec<_> = (0..2).map(|_| world.enter(Some("192.0.2.1")).unwrap().begin()).collect();
        assert!(world.enter(Some("192.0.2.1")).is_none());
        assert!(world.enter(Some("192.0.2.2")).is_some());
        drop(working);
        assert!(world.enter(Some("192.0.2.1")).is_some(), "idle now");
    }

    #[tokio::test]
    async fn when_all_places_are_taken_whoever_has_the_most_loses_one() {
        let mut world = World::new(6, 6, 6);
        let honest = world.enter(Some("198.51.100.1")).unwrap();
        drop(honest.begin());
        let proxy = world.enter(None).unwrap();
        for _ in 0..20 {
            world.enter(Some("192.0.2.1")).unwrap();
        }
        assert_eq!(world.held(), 6);
        assert!(!world.is_closed(&honest).await && !world.is_closed(&proxy).await);
        assert!(world.enter(Some("203.0.113.1")).is_some());
        assert!(!world.is_closed(&honest).await);
    }

    #[tokio::test]
    async fn an_ipv6_network_has_its_own_bound() {
        let mut world = World::new(20, 4, 2);
        for number in 0..8 {
            world.enter(Some(&format!("2001:db8:0:{number}::1"))).unwrap();
        }
        assert_eq!(world.held(), 4);
        for _ in 0..20 {
            world.enter(None).unwrap();
        }
        assert_eq!(world.held(), 20, "a trusted proxy has no bound of its own");
    }
}
