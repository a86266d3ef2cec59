//! A bounded queue in which every principal and every network has a share, and they take turns.
//!
//! The operator, an agent and a registered verifier are known by what they show; each is a party of its own. Anonymous
//! clients are parties by their network, because addresses are cheap and networks less so. What one push puts into the
//! queue is a call: it is done whole or displaced whole, since a batch that lost one of its jobs is lost.
//!
//! # Rules
//! 1. A principal waits in at most `share` places, an anonymous network in at most `network`. More is refused, however
//!    empty the queue is.
//! 2. All principals but the operator wait in at most `queue` places together. The operator has as many of its own.
//! 3. When all places are taken, a party takes places of the anonymous network with the most: a known one in any case,
//!    an anonymous one when that network has more than its own will have. A known party that finds none takes those of
//!    the known party with the most, when that has more than it will have. An anonymous one never does.
//! 4. Inside a network the client with the most calls loses its newest; among equals whoever called last does. Calls
//!    count there and not places, so single calls of many addresses do not displace the batch of one.
//! 5. A network that is at its bound, or has the most, makes room in itself: a client takes from one with more calls.
//! 6. The next job is one of the party with the least running work, and in a network of the client with the least.
//!    Among equals they take turns, and who had a job done last is last.
//! 7. The operator's turn comes first, and then it goes to the end like everybody else.
//!
//! Every step looks at the first or last of an ordered set, so it costs the logarithm of how many wait.

use std::collections::{HashMap, VecDeque};

use self::ranks::Ranks;
pub use self::ranks::Standing;
use super::Principal;
use super::principal::Party;

mod ranks;

/// Most places.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bounds {
    /// Of all principals but the operator together.
    pub queue: usize,
    /// Of all anonymous clients of one network.
    pub network: usize,
    /// Of one principal.
    pub share: usize,
    /// Of the operator.
    pub operator: usize,
}

/// No place was free.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Full;

/// Jobs that wait, by principal.
pub struct FairQueue<J> {
    bounds: Bounds,
    /// Parties that wait or work, by places.
    parties: Ranks<Party>,
    /// The principals of each party, by calls.
    members: HashMap<Party, Ranks<Principal>>,
    /// What waits. Every queue and every call in it has at least one job.
    waiting: HashMap<Principal, Waiting<J>>,
    /// Places taken by all but the operator.
    taken: usize,
    /// Counts turns.
    clock: u64,
}

struct Waiting<J> {
    calls: VecDeque<VecDeque<J>>,
    places: usize,
}

impl<J> FairQueue<J> {
    /// An empty one.
    pub fn new(bounds: Bounds) -> Self {
        let (parties, members, waiting) = (Ranks::default(), HashMap::new(), HashMap::new());
        Self { bounds, parties, members, waiting, taken: 0, clock: 0 }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Puts all jobs at the end of a principal's queue, or none. Returns the jobs of others that were displaced.
    pub fn push(&mut self, principal: Principal, jobs: Vec<J>) -> Result<Vec<J>, Full> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let displaced = self.make_room(principal, jobs.len())?;
        let places = jobs.len();
        self.clock += 1;
        let now = self.clock;
        let turn = if principal == Principal::Operator { 0 } else { now };
        let party = principal.party();
        self.parties.add(party, party.standing(), places, turn, now);
        self.members.entry(party).or_default().add(principal, party.standing(), 1, turn, now);
        let waiting = self.waiting.entry(principal).or_insert_with(|| Waiting { calls: VecDeque::new(), places: 0 });
        waiting.calls.push_back(jobs.into());
        waiting.places += places;
        if principal != Principal::Operator {
            self.taken += places;
        }
        Ok(displaced)
    }

    fn make_room(&mut self, principal: Principal, jobs: usize) -> Result<Vec<J>, Full> {
        let held = self.waiting.get(&principal).map_or(0, |waiting| waiting.places) + jobs;
        if principal == Principal::Operator {
            return if held <= self.bounds.operator { Ok(Vec::new()) } else { Err(Full) };
        }
        if held > self.bounds.share {
            return Err(Full);
        }
        let party = principal.party();
        let of_party = self.parties.load(&party) + jobs;
        let missing = (self.taken + jobs).saturating_sub(self.bounds.queue);
        if party.standing() == Standing::Known {
            return self.take_from_others(of_party, true, missing);
        }
        let beyond = of_party.saturating_sub(self.bounds.network);
        if beyond > 0 {
            return self.take_from_own_network(principal, missing.max(beyond));
        }
        self.take_from_others(of_party, false, missing).or_else(|_| self.take_from_own_network(principal, missing))
    }

    /// Takes places away from parties that have more than `held`; a known one, of any network first.
    fn take_from_others(&mut self, held: usize, known: bool, missing: usize) -> Result<Vec<J>, Full> {
        let least = |standing| match standing {
            Standing::Anonymous if known => Some(0),
            Standing::Anonymous => Some(held),
            Standing::Known if known => Some(held),
            Standing::Known | Standing::Operator => None,
        };
        let mut spare = 0;
        for (standing, load) in self.parties.most_first() {
            let more = least(standing).map_or(0, |least| load.saturating_sub(least));
            if more == 0 || spare >= missing {
                break;
            }
            spare += more;
        }
        if spare < missing {
            return Err(Full);
        }
        let mut displaced = Vec::new();
        while displaced.len() < missing {
            let most =
                self.parties.most().filter(|(standing, load, _)| least(*standing).is_some_and(|least| *load > least));
            let Some((_, _, party)) = most else { break };
            let Some((_, _, member)) = self.members.get(&party).and_then(Ranks::most) else { break };
            displaced.extend(self.displace(member));
        }
        Ok(displaced)
    }

    /// Takes places away from clients of the same network that have more calls.
    fn take_from_own_network(&mut self, principal: Principal, missing: usize) -> Result<Vec<J>, Full> {
        let Some(members) = self.members.get(&principal.party()) else { return Err(Full) };
        let held = members.load(&principal) + 1;
        let mut spare = 0;
        for member in members.with_more_than(held) {
            let Some(waiting) = self.waiting.get(&member) else { continue };
            spare += waiting.calls.iter().skip(held).map(VecDeque::len).sum::<usize>();
            if spare >= missing {
                break;
            }
        }
        if spare < missing {
            return Err(Full);
        }
        let mut displaced = Vec::new();
        while displaced.len() < missing {
            let most = self.members.get(&principal.party()).and_then(Ranks::most);
            let Some((_, _, member)) = most.filter(|(_, calls, _)| *calls > held) else { break };
            displaced.extend(self.displace(member));
        }
        Ok(displaced)
    }

    /// Takes the newest call away from a principal.
    fn displace(&mut self, principal: Principal) -> VecDeque<J> {
        let call = self.waiting.get_mut(&principal).and_then(|waiting| waiting.calls.pop_back()).unwrap_or_default();
        self.left(principal, call.len(), true);
        call
    }

    /// Notes that places of a principal are free, and whether a whole call is gone with them.
    fn left(&mut self, principal: Principal, places: usize, call: bool) {
        if let Some(waiting) = self.waiting.get_mut(&principal) {
            waiting.places -= places;
            if waiting.places == 0 {
                self.waiting.remove(&principal);
            }
        }
        if principal != Principal::Operator {
            self.taken -= places;
        }
        let party = principal.party();
        self.parties.remove(&party, places);
        if let Some(members) = self.members.get_mut(&party) {
            members.remove(&principal, usize::from(call));
            if members.is_empty() {
                self.members.remove(&party);
            }
        }
    }

    /// The next job and whose it is. It counts as running until [`Self::finished`].
    pub fn take(&mut self) -> Option<(Principal, J)> {
        let party = self.parties.next()?;
        let principal = self.members.get(&party)?.next()?;
        let waiting = self.waiting.get_mut(&principal)?;
        let call = waiting.calls.front_mut()?;
        let job = call.pop_front()?;
        let whole = call.is_empty();
        if whole {
            waiting.calls.pop_front();
        }
        self.clock += 1;
        // Before the place is left, so that whoever runs is not forgotten with its last place.
        self.parties.begin(&party, self.clock);
        if let Some(members) = self.members.get_mut(&party) {
            members.begin(&principal, self.clock);
        }
        self.left(principal, 1, whole);
        Some((principal, job))
    }

    /// A job of this principal is done. Who came meanwhile goes before its next one.
    pub fn finished(&mut self, principal: Principal) {
        self.clock += 1;
        let party = principal.party();
        self.parties.end(&party, self.clock);
        if let Some(members) = self.members.get_mut(&party) {
            members.end(&principal, self.clock);
            if members.is_empty() {
                self.members.remove(&party);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;
    use std::ops::Range;

    use super::*;
    use crate::client::Client;
    use crate::proving::tests::agent;

    fn queue(queue: usize, share: usize) -> FairQueue<u32> {
        FairQueue::new(Bounds { queue, network: queue.div_ceil(2).max(share), share, operator: queue })
    }

    /// An anonymous client of a network.
    fn client(network: u16, number: u16) -> Principal {
        Principal::Client(Client::of(Ipv6Addr::new(0x2001, 0xdb8, network, number, 0, 0, 0, 1).into()))
    }

    fn push_each(queue: &mut FairQueue<u32>, principal: Principal, jobs: Range<u32>) {
        for job in jobs {
            queue.push(principal, vec![job]).unwrap();
        }
    }

    /// Takes all jobs, one after the other.
    fn drain(queue: &mut FairQueue<u32>) -> Vec<u32> {
        let mut jobs = Vec::new();
        while let Some((principal, job)) = queue.take() {
            jobs.push(job);
            queue.finished(principal);
        }
        jobs
    }

    #[test]
    fn principals_take_turns_and_keep_their_own_order() {
        let mut queue = queue(9, 9);
        queue.push(agent(1), vec![10, 11, 12]).unwrap();
        queue.push(agent(2), vec![20]).unwrap();
        queue.push(agent(3), vec![30, 31]).unwrap();
        assert_eq!(drain(&mut queue), [10, 20, 30, 11, 31, 12]);
        assert!(queue.members.is_empty() && queue.parties.is_empty() && queue.taken == 0);
    }

    #[test]
    fn who_has_nothing_running_goes_before_who_has() {
        let mut queue = queue(9, 9);
        queue.push(agent(1), vec![10, 11, 12]).unwrap();
        assert_eq!(queue.take(), Some((agent(1), 10)));
        queue.push(agent(2), vec![20]).unwrap();
        assert_eq!(queue.take(), Some((agent(2), 20)));
        assert_eq!(queue.take(), Some((agent(1), 11)));
    }

    #[test]
    fn who_came_while_a_job_was_running_goes_before_the_next_job_of_the_same_principal() {
        let mut queue = queue(9, 9);
        queue.push(agent(1), vec![10, 11, 12]).unwrap();
        assert_eq!(queue.take(), Some((agent(1), 10)));
        queue.push(agent(2), vec![20]).unwrap();
        queue.finished(agent(1));
        assert_eq!(drain(&mut queue), [20, 11, 12]);
    }

    #[test]
    fn one_principal_has_at_most_its_share_and_a_batch_fits_whole_or_not_at_all() {
        let mut queue = queue(8, 4);
        assert_eq!(queue.push(agent(1), vec![1, 2, 3]), Ok(vec![]));
        assert_eq!(queue.push(agent(1), vec![4, 5]), Err(Full));
        assert_eq!(queue.push(agent(1), vec![4]), Ok(vec![]));
        assert_eq!(queue.push(agent(1), vec![5]), Err(Full));
        assert_eq!(queue.push(agent(2), vec![6]), Ok(vec![]));
    }

    #[test]
    fn in_a_full_queue_who_holds_least_takes_a_place_of_who_holds_most() {
        let mut queue = queue(4, 3);
        push_each(&mut queue, agent(1), 10..13);
        queue.push(agent(2), vec![20]).unwrap();
        assert_eq!(queue.push(agent(3), vec![30]), Ok(vec![12]));
        assert_eq!(queue.push(agent(4), vec![40]), Ok(vec![11]));
        assert_eq!(queue.push(agent(5), vec![50]), Err(Full), "nobody holds more than it would");
        assert_eq!(queue.push(agent(2), vec![21]), Err(Full));
        assert_eq!(drain(&mut queue), [10, 20, 30, 40]);
    }

    #[test]
    fn the_operator_has_places_of_its_own_and_the_first_turn() {
        let mut queue = queue(2, 1);
        queue.push(agent(1), vec![10]).unwrap();
        queue.push(agent(2), vec![20]).unwrap();
        assert_eq!(queue.push(Principal::Operator, vec![1, 2, 3]), Err(Full));
        assert_eq!(queue.push(Principal::Operator, vec![1, 2]), Ok(vec![]));
        assert_eq!(queue.push(agent(3), vec![30]), Err(Full), "nobody takes the operator's place");
        assert_eq!(drain(&mut queue), [1, 10, 20, 2], "the first turn, and not every turn");
    }

    #[test]
    fn one_network_has_its_share_however_many_addresses_it_has() {
        let mut queue = queue(8, 2);
        let taken = (0..100).filter(|number| queue.push(client(1, *number), vec![0]).is_ok()).count();
        assert_eq!(taken, 4, "half of the queue");
        assert_eq!(queue.push(client(2, 1), vec![1, 2]), Ok(vec![]));
        assert_eq!(queue.push(agent(1), vec![3, 4]), Ok(vec![]));
        assert_eq!(queue.push(client(3, 1), vec![5]), Ok(vec![0]), "of the network with the most");
        assert!(queue.taken == 8 && drain(&mut queue).contains(&1));
    }

    #[test]
    fn a_flood_of_single_calls_does_not_displace_the_batch_of_another_client() {
        let mut queue = queue(64, 16);
        let batch: Vec<_> = (1_000..1_016).collect();
        queue.push(client(1, 9_999), batch.clone()).unwrap();
        for number in 0..500 {
            // Of the network of the batch, and of two others.
            for network in 1..4 {
                if let Ok(displaced) = queue.push(client(network, number), vec![0]) {
                    assert!(displaced.iter().all(|job| *job == 0), "{displaced:?}");
                }
            }
        }
        assert_eq!(queue.taken, 64);
        let done = drain(&mut queue);
        assert!(batch.iter().all(|job| done.contains(job)));
    }

    #[test]
    fn in_a_network_at_its_bound_who_calls_once_displaces_who_calls_often_and_a_batch_goes_whole() {
        let mut queue = queue(16, 6);
        queue.push(client(1, 1), vec![10, 11]).unwrap();
        queue.push(client(1, 1), vec![12, 13, 14]).unwrap();
        push_each(&mut queue, client(1, 2), 20..23);
        assert_eq!(queue.push(client(1, 3), vec![30]), Ok(vec![22]), "the client with the most calls");
        assert_eq!(queue.push(client(1, 4), vec![40]), Ok(vec![21]), "of equals the one that called last");
        assert_eq!(queue.push(client(1, 5), vec![50]), Ok(vec![12, 13, 14]));
        assert_eq!(queue.push(client(1, 6), vec![60, 61, 62]), Err(Full), "everybody has one call");
        assert_eq!(queue.push(client(1, 6), vec![60, 61]), Ok(vec![]));
    }

    #[test]
    fn who_is_known_takes_the_places_of_who_is_not_and_never_the_reverse() {
        let mut queue = queue(4, 3);
        push_each(&mut queue, agent(1), 10..13);
        queue.push(client(1, 1), vec![20]).unwrap();
        assert_eq!(queue.push(client(2, 1), vec![30]), Err(Full));
        assert_eq!(queue.push(agent(2), vec![40]), Ok(vec![20]));
        assert_eq!(queue.push(agent(3), vec![50]), Ok(vec![12]), "nobody is anonymous any more");
        assert_eq!(queue.push(client(2, 1), vec![30]), Err(Full));
        assert_eq!(drain(&mut queue), [10, 40, 50, 11]);
    }

    #[test]
    fn networks_take_turns_and_in_each_its_clients() {
        let mut queue = queue(100, 50);
        for number in 0..20 {
            queue.push(client(1, number), vec![u32::from(number), 100 + u32::from(number)]).unwrap();
        }
        queue.push(client(2, 1), vec![1_000, 1_001, 1_002]).unwrap();
        assert_eq!(drain(&mut queue)[..7], [0, 1_000, 1, 1_001, 2, 1_002, 3]);
        assert!(queue.members.is_empty() && queue.parties.is_empty() && queue.is_empty());
    }

    #[test]
    fn thousands_of_parties_are_counted_right() {
        let mut queue = queue(4_000, 1_000);
        for number in 0..4_000_u16 {
            queue.push(client(number >> 4, number & 15), vec![number.into()]).unwrap();
        }
        for round in 0..4_000 {
            assert_eq!(queue.push(client(60_000, round), vec![0]).is_ok(), round < 15, "until it has as many");
        }
        assert_eq!((queue.taken, drain(&mut queue).len()), (4_000, 4_000));
        assert!(queue.members.is_empty() && queue.parties.is_empty() && queue.is_empty());
    }
}
