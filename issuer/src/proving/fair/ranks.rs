//! Who is next, and who has the most: the same order for parties and for the members of one.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

/// Whose places are taken last, in this order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Standing {
    /// Nobody takes its places.
    Operator,
    /// It showed who it is.
    Known,
    /// It is known by its address.
    Anonymous,
}

/// Those who wait or work.
pub struct Ranks<K> {
    known: HashMap<K, Rank>,
    /// Those who wait: the next is the first.
    turns: BTreeSet<(usize, u64, K)>,
    /// Those who wait: who gives way is the last. Among equals the one that came last.
    loads: BTreeSet<Load<K>>,
}

type Load<K> = (Standing, usize, u64, K);

#[derive(Clone, Copy)]
struct Rank {
    standing: Standing,
    load: usize,
    running: usize,
    turn: u64,
    newest: u64,
}

impl<K> Default for Ranks<K> {
    fn default() -> Self {
        Self { known: HashMap::new(), turns: BTreeSet::new(), loads: BTreeSet::new() }
    }
}

impl Rank {
    fn turn<K>(&self, key: K) -> (usize, u64, K) {
        // A first turn does not wait for the work that runs already.
        (if self.turn == 0 { 0 } else { self.running }, self.turn, key)
    }

    fn load<K>(&self, key: K) -> Load<K> {
        (self.standing, self.load, self.newest, key)
    }
}

impl<K: Copy + Eq + Hash + Ord> Ranks<K> {
    fn change(&mut self, key: K, standing: Standing, change: impl FnOnce(&mut Rank)) {
        let new = Rank { standing, load: 0, running: 0, turn: 0, newest: 0 };
        let mut rank = self.known.get(&key).copied().unwrap_or(new);
        if rank.load > 0 {
            self.turns.remove(&rank.turn(key));
            self.loads.remove(&rank.load(key));
        }
        change(&mut rank);
        if rank.load > 0 {
            self.turns.insert(rank.turn(key));
            self.loads.insert(rank.load(key));
        }
        if rank.load == 0 && rank.running == 0 {
            self.known.remove(&key);
        } else {
            self.known.insert(key, rank);
        }
    }

    fn change_known(&mut self, key: &K, change: impl FnOnce(&mut Rank)) {
        if let Some(rank) = self.known.get(key) {
            self.change(*key, rank.standing, change);
        }
    }

    /// More waits. Who waited for nothing gets this turn.
    pub fn add(&mut self, key: K, standing: Standing, load: usize, turn: u64, now: u64) {
        self.change(key, standing, |rank| {
            if rank.load == 0 {
                rank.turn = turn;
            }
            rank.load += load;
            rank.newest = now;
        });
    }

    /// Less waits.
    pub fn remove(&mut self, key: &K, load: usize) {
        self.change_known(key, |rank| rank.load -= load);
    }

    /// A job runs; the next turn is the last one.
    pub fn begin(&mut self, key: &K, now: u64) {
        self.change_known(key, |rank| (rank.running, rank.turn) = (rank.running + 1, now));
    }

    /// A job is done; the next turn is the last one.
    pub fn end(&mut self, key: &K, now: u64) {
        self.change_known(key, |rank| (rank.running, rank.turn) = (rank.running.saturating_sub(1), now));
    }

    /// Whether nobody waits or works.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// How much of one waits.
    pub fn load(&self, key: &K) -> usize {
        self.known.get(key).map_or(0, |rank| rank.load)
    }

    /// Whose turn it is.
    pub fn next(&self) -> Option<K> {
        self.turns.first().map(|(.., key)| *key)
    }

    /// Who has the most, with how much.
    pub fn most(&self) -> Option<(Standing, usize, K)> {
        self.loads.last().map(|(standing, load, _, key)| (*standing, *load, *key))
    }

    /// Anonymous ones first, and in each standing those with the most.
    pub fn most_first(&self) -> impl Iterator<Item = (Standing, usize)> + '_ {
        self.loads.iter().rev().map(|(standing, load, ..)| (*standing, *load))
    }

    /// Those with more than so much, who has the most first.
    pub fn with_more_than(&self, load: usize) -> impl Iterator<Item = K> + '_ {
        self.loads.iter().rev().take_while(move |(_, other, ..)| *other > load).map(|(.., key)| *key)
    }
}
