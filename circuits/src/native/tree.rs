//! The Merkle tree of leaves: binary, depth 32, `H_2` nodes, empty leaf 0 (`docs/protocol.md` §3).
//!
//! Equal to zk-kit's IMT with zero value 0. [`Frontier`] is the state that appending needs; it reports every
//! node it sets so that a store can keep versions of them.

use std::fmt;
use std::sync::LazyLock;

use ark_ff::AdditiveGroup;
use zeroize::Zeroize;

use super::field::F;
use super::poseidon;

/// Levels of hashing between a leaf and the root.
pub const DEPTH: usize = 32;
/// The greatest number of leaves.
pub const CAPACITY: u64 = 1 << DEPTH;

static ZEROS: LazyLock<[F; DEPTH + 1]> = LazyLock::new(|| {
    let mut zeros = [F::ZERO; DEPTH + 1];
    for level in 0..DEPTH {
        zeros[level + 1] = node(&zeros[level], &zeros[level]);
    }
    zeros
});

/// `z_level`: the root of an empty subtree of that height, 0 to 32.
pub fn zero(level: usize) -> F {
    ZEROS[level]
}

/// The root of the empty tree.
pub fn empty_root() -> F {
    zero(DEPTH)
}

/// An inner node: `H_2(left, right)`.
pub fn node(left: &F, right: &F) -> F {
    poseidon::hash(&[*left, *right])
}

/// Inner nodes of one level, from their children: interleaved hashes.
pub fn row(pairs: &[[F; 2]]) -> Vec<F> {
    poseidon::hash_many(pairs)
}

/// Why the tree refused an operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// More than 2^32 leaves.
    #[error("the tree holds at most 2^32 leaves")]
    Full,
    /// The path does not lead from the given leaf to the current root.
    #[error("the path does not lead to the tree's current root")]
    Path,
    /// The index lies beyond the last leaf.
    #[error("the index lies beyond the last leaf")]
    Index,
}

/// The siblings of a leaf, from level 0 up. It says which leaf, so it is never printed.
#[derive(Clone, Eq, PartialEq, Zeroize)]
pub struct Path {
    /// The leaf's index; bit `i` says whether its ancestor at level `i` is a right child.
    pub index: u32,
    /// The sibling at each level, leaves first.
    pub siblings: [F; DEPTH],
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Path(..)")
    }
}

impl Path {
    /// The nodes from the leaf (level 0) to the root (level 32).
    pub fn nodes(&self, leaf: &F) -> [F; DEPTH + 1] {
        let mut nodes = [*leaf; DEPTH + 1];
        for level in 0..DEPTH {
            let (here, sibling) = (nodes[level], self.siblings[level]);
            nodes[level + 1] = if self.index >> level & 1 == 1 { node(&sibling, &here) } else { node(&here, &sibling) };
        }
        nodes
    }

    /// The root this path leads to from a leaf.
    pub fn root(&self, leaf: &F) -> F {
        self.nodes(leaf)[DEPTH]
    }
}

/// A node's new value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NodeUpdate {
    /// 0 for leaves, 32 for the root.
    pub level: u8,
    /// Counted from the left.
    pub index: u32,
    /// The value from now on.
    pub value: F,
}

/// The right edge of the tree: all that appending needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Frontier {
    size: u64,
    /// `peaks[h]` is the root of the complete subtree of height `h` at the right edge; meaningful where bit `h`
    /// of `size` is set, 0 elsewhere so that equal trees have equal frontiers.
    peaks: [F; DEPTH],
    root: F,
}

impl Default for Frontier {
    fn default() -> Self {
        Self { size: 0, peaks: [F::ZERO; DEPTH], root: empty_root() }
    }
}

impl Frontier {
    /// Rebuilds the frontier from stored nodes. `stored(level, index)` gives a node's newest value,
    /// none where nothing was stored.
    pub fn restore<E>(size: u64, mut stored: impl FnMut(u8, u32) -> Result<Option<F>, E>) -> Result<Self, E> {
        let mut frontier = Self { size, ..Self::default() };
        for level in 0..DEPTH {
            if size >> level & 1 == 1 {
                let index = (size >> level) - 1;
                frontier.peaks[level] = stored(level as u8, index as u32)?.unwrap_or_else(|| zero(level));
            }
        }
        frontier.root = stored(DEPTH as u8, 0)?.unwrap_or_else(empty_root);
        Ok(frontier)
    }

    /// The number of leaves appended, revoked ones included.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The current root.
    pub fn root(&self) -> F {
        self.root
    }

    /// Appends leaves level by level: about `n + 32` hashes, interleaved. Gives every node that changed, right edge
    /// included.
    pub fn append(&mut self, leaves: &[F]) -> Result<Vec<NodeUpdate>, TreeError> {
        self.append_with(leaves, row)
    }

    /// [`Self::append`] with another way to hash the nodes of a level: `hash_row` has to give what [`row`] gives, and
    /// may use several threads.
    pub fn append_with(
        &mut self,
        leaves: &[F],
        hash_row: impl Fn(&[[F; 2]]) -> Vec<F>,
    ) -> Result<Vec<NodeUpdate>, TreeError> {
        let new_size = self.size + leaves.len() as u64;
        if new_size > CAPACITY {
            return Err(TreeError::Full);
        }
        if leaves.is_empty() {
            return Ok(Vec::new());
        }
        let mut updates = Vec::with_capacity(2 * leaves.len() + DEPTH + 1);
        let mut first = self.size;
        let mut nodes = leaves.to_vec();
        for level in 0..DEPTH {
            record(&mut updates, level, first, &nodes);
            if first & 1 == 1 {
                nodes.insert(0, self.peaks[level]);
                first -= 1;
            }
            self.peaks[level] = if new_size >> level & 1 == 1 {
                // The last complete node: in the row, or the peak that was just put before it.
                nodes[((new_size >> level) - 1 - first) as usize]
            } else {
                F::ZERO
            };
            if nodes.len() & 1 == 1 {
                nodes.push(zero(level));
            }
            // An even number of nodes: nothing is left over.
            nodes = hash_row(nodes.as_chunks().0);
            first >>= 1;
        }
        record(&mut updates, DEPTH, first, &nodes);
        self.root = nodes[0];
        self.size = new_size;
        Ok(updates)
    }

    /// Replaces a leaf (revocation sets it to 0): recomputes its ancestors **and** the frontier's node above it,
    /// without which the next append would resurrect it. The path must lead from `old` to the current root.
    pub fn replace(&mut self, path: &Path, old: &F, new: &F) -> Result<[NodeUpdate; DEPTH + 1], TreeError> {
        if u64::from(path.index) >= self.size {
            return Err(TreeError::Index);
        }
        if path.root(old) != self.root {
            return Err(TreeError::Path);
        }
        let nodes = path.nodes(new);
        for (level, value) in nodes[..DEPTH].iter().enumerate() {
            let is_peak = self.size >> level & 1 == 1 && u64::from(path.index) >> level == (self.size >> level) - 1;
            if is_peak {
                self.peaks[level] = *value;
            }
        }
        self.root = nodes[DEPTH];
        Ok(std::array::from_fn(|level| NodeUpdate {
            level: level as u8,
            index: (u64::from(path.index) >> level) as u32,
            value: nodes[level],
        }))
    }
}

/// Notes a row of new values, the first of which has index `first`.
fn record(updates: &mut Vec<NodeUpdate>, level: usize, first: u64, values: &[F]) {
    updates.extend((first..).zip(values).map(|(index, value)| NodeUpdate {
        level: level as u8,
        index: index as u32,
        value: *value,
    }));
}

#[cfg(test)]
mod tests;
