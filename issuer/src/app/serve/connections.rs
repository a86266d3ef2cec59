//! Which connections there are. When places run short, those that wait for their client go first: of the network with the
//! most, and in it of the client with the most.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::pulse::Pulse;
use crate::client::{Client, Network};
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

    /// Closes one connection that waits for its client. False when there is none.
    pub(super) fn close_one(&self) -> bool {
        self.held().close_one(|_| true)
    }

    /// Closes one connection of the network with the most requests under way, if none of its requests has arrived whole
    /// and that network has more than the client's. Its requests end with it.
    pub(super) fn close_for_requests_of(&self, client: Client) -> bool {
        let mut held = self.held();
        let mut networks: HashMap<Network, usize> = HashMap::new();
        for (network, requests) in held.places.values().filter_map(Place::requests) {
            *networks.entry(network).or_default() += requests;
        }
        let of = |network| networks.get(&network).copied().unwrap_or(0);
        let own = of(client.network());
        let waiting = held.places.iter().filter(|(_, place)| place.pulse.waiting().is_some());
        let loads = waiting.filter_map(|(id, place)| {
            let (network, requests) = place.requests().filter(|(_, requests)| *requests > 0)?;
            Some((of(network), requests, *id))
        });
        match loads.max() {
            Some((most, _, id)) if most > own + 1 => held.close(id),
            _ => false,
        }
    }
}

impl Place {
    /// How many requests are under way, for which network.
    fn requests(&self) -> Option<(Network, usize)> {
        Some((self.client?.network(), self.pulse.requests()))
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

    /// Closes the connection that is missed least: of the network with the most, in it of the client with the most, an
    /// idle one first, the oldest first.
    fn close_one(&mut self, among: impl Fn(Option<Client>) -> bool) -> bool {
        let (mut networks, mut clients) = (HashMap::new(), HashMap::new());
        for client in self.places.values().filter_map(|place| place.client) {
            *networks.entry(client.network()).or_insert(0_usize) += 1;
            *clients.entry(client).or_insert(0_usize) += 1;
        }
        let has = |client: Client| (networks.get(&client.network()).copied(), clients.get(&client).copied());
        let waiting = self.places.iter().filter(|(_, place)| among(place.client)).filter_map(|(id, place)| {
            let (idle, since) = place.pulse.waiting()?;
            Some(((Reverse(place.client.map(has)), !idle, since), *id))
        });
        waiting.min().is_some_and(|(_, id)| self.close(id))
    }

    fn close(&mut self, id: u64) -> bool {
        let place = self.places.remove(&id);
        place.map(|place| place.pulse.close()).is_some()
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
    async fn many_addresses_of_one_network_take_no_place_of_a_client_that_has_two() {
        let mut world = World::new(6, 6, 6);
        let honest = [(); 2].map(|()| world.enter(Some("198.51.100.1")).unwrap());
        for number in 0..20 {
            world.enter(Some(&format!("2001:db8:0:{number}::1"))).unwrap();
        }
        for connection in &honest {
            assert!(!world.is_closed(connection).await);
        }
    }

    #[tokio::test]
    async fn the_network_with_the_most_unfinished_requests_loses_a_connection_to_one_with_less() {
        let mut world = World::new(9, 9, 9);
        let request = |world: &mut World, address: &str| {
            let pulse = world.enter(Some(address)).unwrap();
            let held = (pulse.begin(), pulse.begin_body());
            (pulse, held)
        };
        let honest = request(&mut world, "198.51.100.1");
        let flood: Vec<_> = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|one| request(&mut world, one)).into();
        let client = |address: &str| Client::of(address.parse().unwrap());
        assert!(!world.connections.close_for_requests_of(client("192.0.2.4")), "its own network has the most");
        assert!(world.connections.close_for_requests_of(client("198.51.100.2")));
        assert!(world.is_closed(&flood[2].0).await && !world.is_closed(&honest.0).await);
        assert!(!world.connections.close_for_requests_of(client("198.51.100.2")), "it would have as many");
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
