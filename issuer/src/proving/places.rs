//! Places of whole batches: a few in all, a share for each principal, and as many again for the operator.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Principal;
use super::fair::Bounds;

/// Places that are held, not waited for.
#[derive(Debug)]
pub struct Places {
    bounds: Bounds,
    held: Mutex<HashMap<Principal, usize>>,
}

/// A place that is held; dropping it gives it back.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    principal: Principal,
}

impl Places {
    /// `all` places, a quarter of which one principal may hold, and `all` more for the operator.
    pub fn new(all: usize) -> Arc<Self> {
        let bounds = Bounds { queue: all, network: all, share: (all / 4).max(1), operator: all };
        Arc::new(Self { bounds, held: Mutex::default() })
    }

    /// A place for this principal, if one is free and within its share.
    pub fn hold(self: &Arc<Self>, principal: Principal) -> Option<Place> {
        // Nothing can be half-done under this lock.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let own = held.get(&principal).copied().unwrap_or_default();
        let of_others: usize =
            held.iter().filter(|(other, _)| **other != Principal::Operator).map(|(_, places)| places).sum();
        let free = match principal {
            Principal::Operator => own < self.bounds.operator,
            _ => own < self.bounds.share && of_others < self.bounds.queue,
        };
        free.then(|| {
            held.insert(principal, own + 1);
            Place { places: Arc::clone(self), principal }
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.places.held.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get_mut(&self.principal) {
            Some(places) if *places > 1 => *places -= 1,
            _ => drop(held.remove(&self.principal)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proving::tests::agent;

    #[test]
    fn one_principal_holds_its_share_and_leaves_the_rest_and_the_operators() {
        let places = Places::new(4);
        let first = places.hold(agent(1)).unwrap();
        assert!(places.hold(agent(1)).is_none(), "beyond its share");
        let others: Vec<_> = (2..5).map(|number| places.hold(agent(number)).unwrap()).collect();
        assert!(places.hold(agent(5)).is_none(), "all are taken");
        let own: Vec<_> = (0..4).map(|_| places.hold(Principal::Operator).unwrap()).collect();
        assert!(places.hold(Principal::Operator).is_none());
        drop(first);
        assert!(places.hold(agent(5)).is_some());
        drop((others, own));
        assert!(places.held.lock().unwrap().is_empty());
    }
}
