//! Places of whole batches: a few in all, a share for each principal, and as many again for the operator.
//!
//! Who finds none free waits a while in turn. So whoever sends one batch after the other is behind everybody who waits.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::Principal;
use super::fair::Bounds;

/// How long a batch waits for a place.
const PATIENCE: Duration = Duration::from_secs(30);
/// Batches that wait for each place there is.
const WAITING: usize = 4;

/// Places that are held. A batch waits for one only while its principal holds and waits for less than its share.
#[derive(Debug)]
pub struct Places {
    bounds: Bounds,
    patience: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: HashMap<Principal, usize>,
    /// First come, first served. Not the operator, whose places are its own.
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    principal: Principal,
    place: oneshot::Sender<Place>,
}

/// A place that is held; dropping it gives it to whoever waited longest.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    principal: Principal,
}

impl Places {
    /// `all` places, a quarter of which one principal may hold, and `all` more for the operator.
    pub fn new(all: usize) -> Arc<Self> {
        Self::with_patience(all, PATIENCE)
    }

    fn with_patience(all: usize, patience: Duration) -> Arc<Self> {
        let bounds = Bounds { queue: all, network: all, share: (all / 4).max(1), operator: all };
        Arc::new(Self { bounds, patience, state: Mutex::default() })
    }

    /// A place for this principal within its share: at once when one is free, else when its turn comes. None when that
    /// takes too long, when too many wait, and at once beyond its share.
    pub async fn hold(self: &Arc<Self>, principal: Principal) -> Option<Place> {
        let place = {
            let mut state = self.state();
            let (own, of_others) = state.held_by(principal);
            if principal == Principal::Operator {
                return (own < self.bounds.operator).then(|| self.take(&mut state, principal));
            }
            // Those whose senders went away count no more.
            state.waiting.retain(|waiting| !waiting.place.is_closed());
            let own_waiting = state.waiting.iter().filter(|waiting| waiting.principal == principal).count();
            if own + own_waiting >= self.bounds.share {
                return None;
            }
            if of_others < self.bounds.queue {
                return Some(self.take(&mut state, principal));
            }
            if state.waiting.len() >= self.bounds.queue * WAITING {
                return None;
            }
            let (place, comes) = oneshot::channel();
            state.waiting.push_back(Waiting { principal, place });
            comes
        };
        tokio::time::timeout(self.patience, place).await.ok()?.ok()
    }

    /// Nothing can be half-done under this lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(self: &Arc<Self>, state: &mut State, principal: Principal) -> Place {
        *state.held.entry(principal).or_default() += 1;
        Place { places: Arc::clone(self), principal }
    }

    /// The place that became free, for the first who waits.
    fn next(self: &Arc<Self>) -> Option<(oneshot::Sender<Place>, Place)> {
        let mut state = self.state();
        if state.held_by(Principal::Operator).1 >= self.bounds.queue {
            return None;
        }
        let Waiting { principal, place } = state.waiting.pop_front()?;
        Some((place, self.take(&mut state, principal)))
    }
}

impl State {
    /// Places that a principal holds, and those that all but the operator hold.
    fn held_by(&self, principal: Principal) -> (usize, usize) {
        let own = self.held.get(&principal).copied().unwrap_or_default();
        let of_others = self.held.iter().filter(|(other, _)| **other != Principal::Operator);
        (own, of_others.map(|(_, places)| places).sum())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        {
            let mut state = self.places.state();
            match state.held.get_mut(&self.principal) {
                Some(places) if *places > 1 => *places -= 1,
                _ => drop(state.held.remove(&self.principal)),
            }
        }
        if let Some((waits, place)) = self.places.next() {
            // Whoever has gone meanwhile drops it, which comes here again; not under the lock.
            drop(waits.send(place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proving::tests::agent;

    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn one_principal_holds_its_share_and_leaves_the_rest_and_the_operators() {
        let places = Places::with_patience(4, SHORT);
        let first = places.hold(agent(1)).await.unwrap();
        assert!(places.hold(agent(1)).await.is_none(), "beyond its share");
        let mut others = Vec::new();
        for number in 2..5 {
            others.push(places.hold(agent(number)).await.unwrap());
        }
        assert!(places.hold(agent(5)).await.is_none(), "all are taken");
        let mut own = Vec::new();
        for _ in 0..4 {
            own.push(places.hold(Principal::Operator).await.unwrap());
        }
        assert!(places.hold(Principal::Operator).await.is_none());
        drop(first);
        assert!(places.hold(agent(5)).await.is_some());
        drop((others, own));
        assert!(places.state().held.is_empty());
    }

    #[tokio::test]
    async fn whoever_sends_one_batch_after_the_other_is_behind_those_who_wait() {
        let places = Places::with_patience(4, Duration::from_secs(60));
        let mut held = VecDeque::new();
        for number in 1..5 {
            held.push_back((number, places.hold(agent(number)).await.unwrap()));
        }
        let fifth = tokio::spawn({
            let places = Arc::clone(&places);
            async move { places.hold(agent(5)).await }
        });
        tokio::task::yield_now().await;
        // The first is done, and asks again at once.
        let (number, place) = held.pop_front().unwrap();
        drop(place);
        let again = tokio::spawn({
            let places = Arc::clone(&places);
            async move { places.hold(agent(number)).await }
        });
        let fifth = fifth.await.unwrap().expect("its turn came");
        assert!(!again.is_finished());
        drop(held.pop_front());
        assert!(again.await.unwrap().is_some(), "then the other's");
        drop((fifth, held));
        assert!(places.state().held.is_empty());
    }

    #[tokio::test]
    async fn those_who_wait_are_few_and_leave_no_place_held_when_they_go() {
        let places = Places::with_patience(1, Duration::from_secs(60));
        let first = places.hold(agent(1)).await.unwrap();
        let wait = |number| {
            let places = Arc::clone(&places);
            tokio::spawn(async move { places.hold(agent(number)).await })
        };
        let waiting: Vec<_> = (2..6).map(wait).collect();
        tokio::task::yield_now().await;
        assert!(places.hold(agent(6)).await.is_none(), "four wait for the one place");
        assert!(places.hold(agent(2)).await.is_none(), "it waits already");
        for waits in &waiting[..3] {
            waits.abort();
        }
        tokio::task::yield_now().await;
        drop(first);
        let last = waiting.into_iter().next_back().unwrap().await.unwrap().expect("the others went away");
        drop(last);
        assert!(places.state().held.is_empty());
    }
}
