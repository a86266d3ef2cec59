//! What is scarce, and who holds how much of it: in all, by network, by client.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::{Client, Network};
use crate::config::Bounds;

/// A scarce thing.
pub(super) struct Shares {
    bounds: Bounds,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    total: usize,
    networks: HashMap<Network, usize>,
    clients: HashMap<Client, usize>,
}

/// Whose bound is reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Full {
    /// That of everybody together.
    Total,
    /// That of the client or its network.
    Client,
}

/// What one client holds, given back when it is dropped.
pub(super) struct Share {
    of: Arc<Shares>,
    client: Client,
    amount: AtomicUsize,
}

impl Shares {
    pub(super) fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self { bounds, held: Mutex::default() })
    }

    /// A share of nothing yet.
    pub(super) fn none(self: &Arc<Self>, client: Client) -> Share {
        Share { of: Arc::clone(self), client, amount: AtomicUsize::new(0) }
    }

    /// How much is held in all.
    pub(super) fn total(&self) -> usize {
        self.held().total
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, client: Client, amount: usize) -> Result<(), Full> {
        let mut held = self.held();
        let network = client.network();
        let of = |known: Option<&usize>| known.copied().unwrap_or(0).saturating_add(amount);
        if of(held.clients.get(&client)) > self.bounds.client || of(held.networks.get(&network)) > self.bounds.network {
            return Err(Full::Client);
        }
        if held.total.saturating_add(amount) > self.bounds.total {
            return Err(Full::Total);
        }
        held.total += amount;
        *held.clients.entry(client).or_default() += amount;
        *held.networks.entry(network).or_default() += amount;
        Ok(())
    }

    fn give_back(&self, client: Client, amount: usize) {
        let mut held = self.held();
        held.total -= amount;
        less(&mut held.clients, client, amount);
        less(&mut held.networks, client.network(), amount);
    }
}

/// Who holds nothing is not remembered.
pub(super) fn less<K: Eq + Hash>(held: &mut HashMap<K, usize>, key: K, amount: usize) {
    if let Entry::Occupied(mut known) = held.entry(key) {
        *known.get_mut() -= amount;
        if *known.get() == 0 {
            known.remove();
        }
    }
}

impl Share {
    /// Takes more.
    pub(super) fn grow(&self, amount: usize) -> Result<(), Full> {
        self.of.take(self.client, amount)?;
        self.amount.fetch_add(amount, Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        match *self.amount.get_mut() {
            0 => {}
            amount => self.of.give_back(self.client, amount),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str) -> Client {
        Client::of(address.parse().unwrap())
    }

    #[test]
    fn each_bound_holds_and_what_is_dropped_is_free_again() {
        let shares = Shares::new(Bounds { total: 10, network: 6, client: 4 });
        let grown = |address: &str, amount| {
            let share = shares.none(client(address));
            share.grow(amount).map(|()| share)
        };
        let first = grown("192.0.2.1", 4).ok().unwrap();
        assert_eq!(first.grow(1), Err(Full::Client), "its own bound");
        assert_eq!(grown("192.0.2.2", 3).err(), Some(Full::Client), "that of the network");
        let second = grown("192.0.2.2", 2).ok().unwrap();
        let third = grown("2001:db8::1", 3).ok().unwrap();
        assert_eq!(grown("2001:db8:0:1::1", 2).err(), Some(Full::Total));
        drop((first, second));
        third.grow(1).unwrap();
        assert_eq!(shares.total(), 4);
        drop(third);
        let held = shares.held();
        assert!(held.total == 0 && held.clients.is_empty() && held.networks.is_empty());
    }
}
