//! Against a naive full tree: every size up to 130, random zeroes, in batches and one by one.

use proptest::prelude::*;

use super::*;

/// Levels that a naive tree of at most 256 leaves computes; above them only empty siblings follow.
const NAIVE_LEVELS: usize = 8;

fn leaf(index: usize) -> F {
    F::from(1_000 + index as u64)
}

/// Every node of the full tree of 256 leaves, and the root of the whole tree above it.
fn naive(leaves: &[F]) -> (HashMap<Place, F>, F) {
    let mut nodes = HashMap::new();
    let mut row = leaves.to_vec();
    row.resize(1 << NAIVE_LEVELS, tree::zero(0));
    for level in 0..=NAIVE_LEVELS {
        nodes.extend(row.iter().enumerate().map(|(index, value)| ((level as u8, index as u32), *value)));
        if level < NAIVE_LEVELS {
            row = row.chunks(2).map(|pair| tree::node(&pair[0], &pair[1])).collect();
        }
    }
    let mut root = row[0];
    for level in NAIVE_LEVELS..DEPTH {
        root = tree::node(&root, &tree::zero(level));
        nodes.insert((level as u8 + 1, 0), root);
    }
    (nodes, root)
}

/// A tree as a store has it: the nodes that were set, nothing else.
struct Stored {
    frontier: Frontier,
    nodes: HashMap<Place, F>,
    leaves: Vec<F>,
}

impl Stored {
    fn new() -> Self {
        Self { frontier: Frontier::default(), nodes: HashMap::new(), leaves: Vec::new() }
    }

    fn edit(&mut self, zeroed: &BTreeSet<u32>, appended: usize) {
        let needed = needed(zeroed, self.frontier.size());
        // Exactly the needed nodes are at hand, as in a publication.
        let at_hand = needed.iter().filter_map(|place| Some((*place, *self.nodes.get(place)?))).collect();
        let (mut frontier, mut changed) = zero_leaves(&self.frontier, zeroed, &at_hand);
        for index in zeroed {
            self.leaves[*index as usize] = F::from(0u64);
        }
        let new: Vec<F> = (self.leaves.len()..self.leaves.len() + appended).map(leaf).collect();
        append_leaves(&mut frontier, &new, &mut changed).unwrap();
        self.leaves.extend(new);
        self.nodes.extend(changed);
        self.frontier = frontier;
    }

    fn check(&self) {
        let (nodes, root) = naive(&self.leaves);
        assert_eq!(self.frontier.root(), root, "{} leaves", self.leaves.len());
        assert_eq!(self.frontier.size(), self.leaves.len() as u64);
        assert_eq!(root_of_peaks(self.frontier.size(), |place| self.nodes.get(&place).copied()), root);
        for (place, value) in &self.nodes {
            assert_eq!(nodes.get(place), Some(value), "{place:?}");
        }
        // The right edge included: every node above a leaf is stored.
        for level in 0..=DEPTH as u8 {
            for index in 0..(self.leaves.len() as u64).div_ceil(1 << level) as u32 {
                assert!(self.nodes.contains_key(&(level, index)), "{level} {index}");
            }
        }
    }
}

#[test]
fn every_size_up_to_130_equals_the_naive_tree_also_after_a_zero() {
    for size in 1..=130usize {
        let mut stored = Stored::new();
        stored.edit(&BTreeSet::new(), size);
        stored.check();
        stored.edit(&BTreeSet::from([(size / 2) as u32, size as u32 - 1]), 0);
        stored.check();
        stored.edit(&BTreeSet::new(), 1);
        stored.check();
    }
}

#[test]
fn one_by_one_is_the_same_as_at_once() {
    let (mut single, mut batch) = (Stored::new(), Stored::new());
    for _ in 0..130 {
        single.edit(&BTreeSet::new(), 1);
    }
    batch.edit(&BTreeSet::new(), 130);
    assert_eq!((single.frontier, single.nodes), (batch.frontier, batch.nodes));
}

#[test]
fn a_zeroed_leaf_stays_zero_whatever_is_appended_after() {
    let mut stored = Stored::new();
    stored.edit(&BTreeSet::new(), 64);
    // The last leaf is under every peak of the frontier.
    stored.edit(&BTreeSet::from([63]), 0);
    for _ in 0..70 {
        stored.edit(&BTreeSet::new(), 1);
        assert_eq!(stored.leaves[63], F::from(0u64));
        stored.check();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_equals_the_naive_tree(steps in prop::collection::vec((prop::collection::vec(any::<u32>(), 0..6), 0usize..12), 1..20)) {
        let mut stored = Stored::new();
        for (zeroed, appended) in steps {
            let size = stored.leaves.len() as u32;
            let zeroed = if size == 0 { BTreeSet::new() } else { zeroed.iter().map(|index| index % size).collect() };
            stored.edit(&zeroed, appended);
        }
        if !stored.leaves.is_empty() {
            stored.check();
        }
    }
}
