//! The memory that bodies of requests take: in all, by network, by client.
//!
//! The first [`FREE_BYTES`] of each body are not counted. They are bounded by the requests under way, and so a small body
//! is taken however much of large ones is held. When the room of all is full, the network with the most gives way to one
//! that has less; inside a network that is at its bound, the client with the most. The body that is cut is one that has
//! not arrived whole, of that network and client, and of those the slowest: whoever sends slowly pays for being slow.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;

use futures_util::task::AtomicWaker;
use tokio::time::Instant;

use super::shares::{Full, less};
use crate::client::{Client, Network};
use crate::config::Bounds;

/// What of each body is not counted: 64 MiB at the most connections that are held.
pub(super) const FREE_BYTES: usize = 16 * 1024;

/// The room that all bodies share.
pub(super) struct Room {
    bounds: Bounds,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    total: usize,
    networks: HashMap<Network, usize>,
    clients: HashMap<Client, usize>,
    /// Those of which something is counted and that were not cut.
    bodies: HashMap<u64, Body>,
    next: u64,
}

struct Body {
    client: Client,
    counted: usize,
    arrived: usize,
    began: Instant,
    complete: bool,
    cut: Arc<Cut>,
}

/// Tells the reader of a body that it is cut.
#[derive(Default)]
struct Cut {
    done: AtomicBool,
    reader: AtomicWaker,
}

/// The space of one body, given back when it is dropped.
pub(super) struct Space {
    of: Arc<Room>,
    client: Client,
    began: Instant,
    arrived: AtomicUsize,
    /// Its number, once something of it is counted.
    id: Mutex<Option<u64>>,
    cut: Arc<Cut>,
}

impl Room {
    pub(super) fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self { bounds, held: Mutex::default() })
    }

    /// Space for a body that begins to arrive.
    pub(super) fn space(self: &Arc<Self>, client: Client) -> Space {
        let (of, cut) = (Arc::clone(self), Arc::default());
        Space { of, client, began: Instant::now(), arrived: AtomicUsize::new(0), id: Mutex::default(), cut }
    }

    /// Bytes that are counted.
    pub(super) fn counted(&self) -> usize {
        self.held().total
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Space {
    /// Takes space for bytes that arrived.
    pub(super) fn grow(&self, bytes: usize) -> Result<(), Full> {
        let arrived = self.arrived.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if arrived <= FREE_BYTES {
            return Ok(());
        }
        let mut held = self.of.held();
        if self.cut.done.load(Ordering::Acquire) {
            return Err(Full::Total);
        }
        held.make_room(self.of.bounds, self.client, bytes.min(arrived - FREE_BYTES))?;
        let id = *self.id().get_or_insert_with(|| held.admit(self));
        held.count(id, arrived);
        Ok(())
    }

    /// Notes that all of it has arrived: it is not cut any more.
    pub(super) fn complete(&self) {
        let Some(id) = *self.id() else { return };
        if let Some(body) = self.of.held().bodies.get_mut(&id) {
            body.complete = true;
        }
    }

    /// Whether it was cut. Otherwise the reader is woken when it is.
    pub(super) fn is_cut(&self, context: &Context<'_>) -> bool {
        self.cut.reader.register(context.waker());
        self.cut.done.load(Ordering::Acquire)
    }

    /// Locked after the room is, or alone.
    fn id(&self) -> MutexGuard<'_, Option<u64>> {
        self.id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let id = self.id.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = id.take() {
            self.of.held().remove(id);
        }
    }
}

impl Held {
    fn admit(&mut self, space: &Space) -> u64 {
        self.next += 1;
        let (client, began, cut) = (space.client, space.began, Arc::clone(&space.cut));
        self.bodies.insert(self.next, Body { client, counted: 0, arrived: 0, began, complete: false, cut });
        self.next
    }

    fn count(&mut self, id: u64, arrived: usize) {
        let Some(body) = self.bodies.get_mut(&id) else { return };
        let more = arrived - FREE_BYTES - body.counted;
        (body.counted, body.arrived) = (body.counted + more, arrived);
        self.total += more;
        *self.clients.entry(body.client).or_default() += more;
        *self.networks.entry(body.client.network()).or_default() += more;
    }

    /// Makes room for as many bytes of a client, if others have to go, or says whose bound is reached.
    fn make_room(&mut self, bounds: Bounds, client: Client, bytes: usize) -> Result<(), Full> {
        let network = client.network();
        let own = self.of_client(client) + bytes;
        if own > bounds.client {
            return Err(Full::Client);
        }
        while self.of_network(network) + bytes > bounds.network {
            let heavier = |held: &Self, other: Client| other.network() == network && held.of_client(other) > own;
            self.cut_one(heavier).ok_or(Full::Client)?;
        }
        let of_network = self.of_network(network) + bytes;
        while self.total + bytes > bounds.total {
            let heavier = |held: &Self, other: Client| held.of_network(other.network()) > of_network;
            self.cut_one(heavier).ok_or(Full::Total)?;
        }
        Ok(())
    }

    /// Cuts a body of whoever has the most among these.
    fn cut_one(&mut self, among: impl Fn(&Self, Client) -> bool) -> Option<()> {
        let now = Instant::now();
        let unfinished = self.bodies.iter().filter(|(_, body)| !body.complete && among(self, body.client));
        let (id, _) = unfinished.max_by_key(|(_, body)| {
            let (network, client) = (self.of_network(body.client.network()), self.of_client(body.client));
            (network, client, Reverse(body.rate(now)))
        })?;
        let body = self.remove(*id)?;
        body.cut.done.store(true, Ordering::Release);
        body.cut.reader.wake();
        Some(())
    }

    fn remove(&mut self, id: u64) -> Option<Body> {
        let body = self.bodies.remove(&id)?;
        self.total -= body.counted;
        less(&mut self.clients, body.client, body.counted);
        less(&mut self.networks, body.client.network(), body.counted);
        Some(body)
    }

    fn of_client(&self, client: Client) -> usize {
        self.clients.get(&client).copied().unwrap_or(0)
    }

    fn of_network(&self, network: Network) -> usize {
        self.networks.get(&network).copied().unwrap_or(0)
    }
}

impl Body {
    /// Bytes a second, so far.
    fn rate(&self, now: Instant) -> u128 {
        self.arrived as u128 * 1_000 / (now - self.began).as_millis().max(1)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    const KIB: usize = 1024;

    fn room(total: usize, network: usize, client: usize) -> Arc<Room> {
        Room::new(Bounds { total: total * KIB, network: network * KIB, client: client * KIB })
    }

    /// A body of which so much is counted, if there is room.
    fn body(room: &Arc<Room>, address: &str, kib: usize) -> Result<Space, Full> {
        let space = room.space(Client::of(address.parse().unwrap()));
        space.grow(FREE_BYTES)?;
        space.grow(kib * KIB).map(|()| space)
    }

    fn is_cut(space: &Space) -> bool {
        space.is_cut(&Context::from_waker(Waker::noop()))
    }

    #[test]
    fn each_bound_holds_and_what_is_dropped_is_free_again() {
        let room = room(100, 60, 40);
        let first = body(&room, "192.0.2.1", 30).unwrap();
        assert_eq!(first.grow(11 * KIB), Err(Full::Client), "its own bound");
        let second = body(&room, "192.0.2.2", 30).unwrap();
        assert_eq!(body(&room, "192.0.2.3", 31).err(), Some(Full::Client), "that of the network: nobody has more");
        let third = body(&room, "198.51.100.1", 40).unwrap();
        assert_eq!(room.counted(), 100 * KIB);
        drop((first, second, third));
        let held = room.held();
        assert!(held.total == 0 && held.clients.is_empty() && held.networks.is_empty() && held.bodies.is_empty());
    }

    #[test]
    fn a_small_body_needs_no_room() {
        let room = room(10, 10, 10);
        let _full = body(&room, "192.0.2.1", 10).unwrap();
        let small = room.space(Client::of("192.0.2.1".parse().unwrap()));
        assert_eq!(small.grow(FREE_BYTES), Ok(()));
        assert_eq!(small.grow(1), Err(Full::Client));
    }

    #[tokio::test]
    async fn the_slowest_body_of_the_network_with_the_most_gives_way_to_one_with_less() {
        let room = room(100, 60, 30);
        let slow = body(&room, "192.0.2.1", 5).unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let fast = body(&room, "192.0.2.1", 25).unwrap();
        let neighbour = body(&room, "192.0.2.2", 20).unwrap();
        let others = [body(&room, "198.51.100.1", 20).unwrap(), body(&room, "203.0.113.1", 30).unwrap()];
        let honest = body(&room, "2001:db8::1", 5).unwrap();
        assert!(is_cut(&slow) && !is_cut(&fast) && !is_cut(&neighbour) && !others.iter().any(is_cut));
        assert_eq!(slow.grow(1), Err(Full::Total));
        fast.complete();
        honest.grow(10 * KIB).unwrap();
        assert!(is_cut(&neighbour) && !is_cut(&fast), "what has arrived whole is at work");
    }

    #[tokio::test]
    async fn in_a_network_at_its_bound_the_client_with_the_most_gives_way() {
        let room = room(100, 60, 40);
        let greedy = body(&room, "192.0.2.1", 40).unwrap();
        let other = body(&room, "192.0.2.2", 20).unwrap();
        let honest = body(&room, "192.0.2.3", 10).unwrap();
        assert!(is_cut(&greedy) && !is_cut(&other) && !is_cut(&honest));
    }
}
