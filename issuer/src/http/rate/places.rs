//! Which clients a limiter tells apart.
//!
//! | who calls | is counted |
//! |---|---|
//! | a client that has a place, or finds one free | alone |
//! | a client of a network whose clients have used up its places | with all others of that network who found none |
//! | a client that comes when all places are taken | in one of a fixed number of shared limits, by its network |
//!
//! The last are chosen by a keyed hash of the network, so nobody can aim at the limit of another network, and a flood
//! from some networks uses up as many of them at most.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::{HashMapStateStore, ShrinkableKeyedStateStore};

use crate::client::{Client, Network};

/// Most places.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Of clients, and of networks whose clients share a limit, together.
    pub clients: usize,
    /// Of the clients of one network.
    pub network: usize,
    /// Limits for all who come beyond that.
    pub shared: usize,
}

/// Places of a limiter: some 4 MB. A whole IPv4 /24 is told apart, and as many /64s of an IPv6 /48.
pub const MOST: Most = Most { clients: 50_000, network: 256, shared: 4_096 };

/// What calls are counted for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Place {
    Client(Client),
    Network(Network),
    Shared(usize),
}

/// The places of one limiter.
pub struct Places {
    map: HashMapStateStore<Place>,
    /// Places of each network's clients in `map`. Locked before the map is.
    networks: Mutex<HashMap<Network, usize>>,
    hasher: RandomState,
    most: Most,
}

impl Places {
    /// Empty ones.
    pub fn new(most: Most) -> Self {
        let (map, networks) = (HashMapStateStore::default(), Mutex::default());
        Self { map, networks, hasher: RandomState::new(), most }
    }

    /// Nothing is half-done under this lock: the counts are made anew with each sweep.
    fn networks(&self) -> MutexGuard<'_, HashMap<Network, usize>> {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a client's call is counted for. A client that gets a place is noted with its network.
    fn place(&self, client: Client, networks: &mut HashMap<Network, usize>) -> Place {
        let (own, network) = (Place::Client(client), client.network());
        let map = self.map.lock();
        if map.contains_key(&own) {
            return own;
        }
        let of_network = networks.get(&network).copied().unwrap_or_default();
        if of_network >= self.most.network && map.contains_key(&Place::Network(network)) {
            return Place::Network(network);
        }
        // Those below are at most `shared`.
        if map.len() >= self.most.clients {
            return Place::Shared((self.hasher.hash_one(network) % self.most.shared.max(1) as u64) as usize);
        }
        if of_network >= self.most.network {
            return Place::Network(network);
        }
        networks.insert(network, of_network + 1);
        own
    }
}

impl StateStore for Places {
    type Key = Client;

    fn measure_and_replace<T, F, E>(&self, client: &Client, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        // Held on: what is noted for a network is in the map before anybody else looks.
        let mut networks = self.networks();
        let place = self.place(*client, &mut networks);
        self.map.measure_and_replace(&place, measure)
    }
}

impl ShrinkableKeyedStateStore<Client> for Places {
    fn retain_recent(&self, drop_below: Nanos) {
        let mut networks = self.networks();
        self.map.retain_recent(drop_below);
        networks.clear();
        for place in self.map.lock().keys() {
            if let Place::Client(client) = place {
                *networks.entry(client.network()).or_default() += 1;
            }
        }
    }

    fn shrink_to_fit(&self) {
        self.networks().shrink_to_fit();
        ShrinkableKeyedStateStore::shrink_to_fit(&self.map);
    }

    fn len(&self) -> usize {
        ShrinkableKeyedStateStore::len(&self.map)
    }

    fn is_empty(&self) -> bool {
        ShrinkableKeyedStateStore::is_empty(&self.map)
    }
}
