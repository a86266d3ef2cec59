//! A bounded queue in which every principal has a share and they take turns.
//!
//! # Rules
//! 1. A principal waits in at most `share` places. More is refused, however empty the queue is.
//! 2. All principals but the operator wait in at most `queue` places together. The operator has as many of its own.
//! 3. When all places are taken, a principal with fewer places than another takes one of the other's: the newest job of
//!    the principal with the most places is displaced. So many jobs of a few never keep out one job of somebody else.
//! 4. The next job is one of the principal with the least running work. Among equals they take turns, and who had a job
//!    done last is last. So a newcomer waits for the job that is running, and for one of each of the others.
//! 5. The operator's turn comes first, and then it goes to the end like everybody else.

use std::collections::{HashMap, VecDeque};

use super::Principal;

/// Most places.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bounds {
    /// Of all principals but the operator together.
    pub queue: usize,
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
    /// The principals with waiting jobs, in the order of their turns.
    turns: VecDeque<Principal>,
    /// The principals with waiting or running jobs.
    accounts: HashMap<Principal, Account<J>>,
    /// Places taken by all but the operator.
    taken: usize,
}

struct Account<J> {
    waiting: VecDeque<J>,
    running: usize,
}

impl<J> FairQueue<J> {
    /// An empty one.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, turns: VecDeque::new(), accounts: HashMap::new(), taken: 0 }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// Puts all jobs at the end of a principal's queue, or none. Returns the jobs of others that were displaced.
    pub fn push(&mut self, principal: Principal, jobs: Vec<J>) -> Result<Vec<J>, Full> {
        let displaced = self.make_room(principal, jobs.len())?;
        if jobs.is_empty() {
            return Ok(displaced);
        }
        let account =
            self.accounts.entry(principal).or_insert_with(|| Account { waiting: VecDeque::new(), running: 0 });
        if account.waiting.is_empty() {
            match principal {
                Principal::Operator => self.turns.push_front(principal),
                _ => self.turns.push_back(principal),
            }
        }
        if principal != Principal::Operator {
            self.taken += jobs.len();
        }
        account.waiting.extend(jobs);
        Ok(displaced)
    }

    fn make_room(&mut self, principal: Principal, jobs: usize) -> Result<Vec<J>, Full> {
        let held = self.waiting_of(principal) + jobs;
        if principal == Principal::Operator {
            return if held <= self.bounds.operator { Ok(Vec::new()) } else { Err(Full) };
        }
        if held > self.bounds.share {
            return Err(Full);
        }
        let missing = (self.taken + jobs).saturating_sub(self.bounds.queue);
        if missing == 0 {
            return Ok(Vec::new());
        }
        // Nobody is displaced below what the newcomer will hold.
        let others = self.turns.iter().filter(|other| !matches!(other, Principal::Operator));
        let spare: usize = others.map(|other| self.waiting_of(*other).saturating_sub(held)).sum();
        if spare < missing {
            return Err(Full);
        }
        Ok((0..missing).filter_map(|_| self.displace()).collect())
    }

    fn waiting_of(&self, principal: Principal) -> usize {
        self.accounts.get(&principal).map_or(0, |account| account.waiting.len())
    }

    /// Takes the newest job away from the principal with the most.
    fn displace(&mut self) -> Option<J> {
        let others = self.turns.iter().copied().filter(|other| *other != Principal::Operator);
        let most = others.max_by_key(|other| self.waiting_of(*other))?;
        let job = self.accounts.get_mut(&most)?.waiting.pop_back()?;
        self.taken -= 1;
        if self.waiting_of(most) == 0 {
            self.turns.retain(|other| *other != most);
            self.forget_idle(most);
        }
        Some(job)
    }

    /// The next job and whose it is. It counts as running until [`Self::finished`].
    pub fn take(&mut self) -> Option<(Principal, J)> {
        let running = |principal: &Principal| self.accounts.get(principal).map_or(0, |account| account.running);
        // The operator does not wait for the work it already has. Of the others the first of those with the least.
        let place = match self.turns.front()? {
            Principal::Operator => 0,
            _ => self.turns.iter().enumerate().min_by_key(|(_, principal)| running(principal))?.0,
        };
        let principal = self.turns.remove(place)?;
        let account = self.accounts.get_mut(&principal)?;
        let job = account.waiting.pop_front()?;
        account.running += 1;
        if !account.waiting.is_empty() {
            self.turns.push_back(principal);
        }
        if principal != Principal::Operator {
            self.taken -= 1;
        }
        Some((principal, job))
    }

    /// A job of this principal is done. Who came meanwhile goes before its next one.
    pub fn finished(&mut self, principal: Principal) {
        if let Some(account) = self.accounts.get_mut(&principal) {
            account.running = account.running.saturating_sub(1);
        }
        if let Some(place) = self.turns.iter().position(|other| *other == principal)
            && let Some(principal) = self.turns.remove(place)
        {
            self.turns.push_back(principal);
        }
        self.forget_idle(principal);
    }

    fn forget_idle(&mut self, principal: Principal) {
        if self.accounts.get(&principal).is_some_and(|account| account.running == 0 && account.waiting.is_empty()) {
            self.accounts.remove(&principal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proving::tests::agent;

    fn queue(queue: usize, share: usize) -> FairQueue<u32> {
        FairQueue::new(Bounds { queue, share, operator: queue })
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
        assert!(queue.accounts.is_empty() && queue.taken == 0);
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
        queue.push(agent(1), vec![10, 11, 12]).unwrap();
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
}
