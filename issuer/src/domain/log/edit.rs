//! Changing the tree in memory: leaves set to 0, leaves appended, and which nodes that changes.
//!
//! Zeroing many leaves recomputes each ancestor once. The frontier is then restored from the changed nodes, so
//! that the next append builds on them: otherwise it would resurrect what was revoked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use poa_circuits::native::field::F;
use poa_circuits::native::tree::{self, DEPTH, Frontier, TreeError};
use rayon::prelude::*;

/// Hashes that are worth a job of their own: about half a millisecond.
const HASHES_PER_JOB: usize = 64;

/// A node's place: level (0 leaves to 32 root) and index from the left.
pub(crate) type Place = (u8, u32);

/// The nodes whose stored values [`zero_leaves`] needs: siblings of recomputed nodes, and the frontier's peaks.
/// None of them is recomputed itself; places right of the last leaf are left out, they are empty.
pub(super) fn needed(zeroed: &BTreeSet<u32>, size: u64) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    let mut row = zeroed.clone();
    for level in 0..DEPTH as u8 {
        let siblings = row.iter().map(|index| index ^ 1).filter(|index| !row.contains(index));
        places.extend(siblings.filter(|index| u64::from(*index) << level < size).map(|index| (level, index)));
        if let Some(peak) = peak(size, level)
            && !row.contains(&peak)
        {
            places.insert((level, peak));
        }
        row = row.into_iter().map(|index| index >> 1).collect();
    }
    places
}

/// The frontier's node at a level, if it has one there.
fn peak(size: u64, level: u8) -> Option<u32> {
    // Fits: size is at most 2^32, and the whole tree's peak at level 32 is not asked for.
    (size >> level & 1 == 1).then(|| ((size >> level) - 1) as u32)
}

/// Sets leaves to 0 and recomputes every ancestor once. `stored` holds the [`needed`] nodes. Gives the changed
/// nodes and the frontier of the changed tree.
pub(super) fn zero_leaves(
    frontier: &Frontier,
    zeroed: &BTreeSet<u32>,
    stored: &HashMap<Place, F>,
) -> (Frontier, BTreeMap<Place, F>) {
    set_leaves(frontier, &zeroed.iter().map(|index| (*index, tree::zero(0))).collect(), stored)
}

/// Whether leaves that are in the tree, with the [`needed`] nodes, give its root. Otherwise something stored is damaged,
/// and a root computed from it would be signed.
pub(super) fn are_in_tree(frontier: &Frontier, leaves: &BTreeMap<u32, F>, stored: &HashMap<Place, F>) -> bool {
    let (restored, changed) = set_leaves(frontier, leaves, stored);
    let value = |place: Place| changed.get(&place).or_else(|| stored.get(&place)).copied();
    restored.root() == frontier.root() && root_of_peaks(frontier.size(), value) == frontier.root()
}

/// The root that follows from the frontier's nodes alone. `value` gives a node's, none where it is empty.
pub(super) fn root_of_peaks(size: u64, value: impl Fn(Place) -> Option<F>) -> F {
    // The node at the right edge of each level, once something is below it that is not a whole subtree.
    let mut edge: Option<F> = None;
    for level in 0..DEPTH as u8 {
        let empty = || tree::zero(level.into());
        edge = match (peak(size, level), edge) {
            (Some(index), right) => {
                let left = value((level, index)).unwrap_or_else(empty);
                Some(tree::node(&left, &right.unwrap_or_else(empty)))
            }
            (None, Some(left)) => Some(tree::node(&left, &empty())),
            (None, None) => None,
        };
    }
    // A full tree has no other peak than its root, an empty one none.
    edge.or_else(|| value((DEPTH as u8, 0))).unwrap_or_else(tree::empty_root)
}

fn set_leaves(
    frontier: &Frontier,
    leaves: &BTreeMap<u32, F>,
    stored: &HashMap<Place, F>,
) -> (Frontier, BTreeMap<Place, F>) {
    if leaves.is_empty() {
        return (frontier.clone(), BTreeMap::new());
    }
    let mut changed: BTreeMap<Place, F> = leaves.iter().map(|(index, value)| ((0, *index), *value)).collect();
    let mut row: BTreeSet<u32> = leaves.keys().copied().collect();
    for level in 0..DEPTH as u8 {
        let value = |index: u32| {
            let place = (level, index);
            changed.get(&place).or_else(|| stored.get(&place)).copied().unwrap_or_else(|| tree::zero(level.into()))
        };
        let parents: BTreeSet<u32> = row.iter().map(|index| index >> 1).collect();
        // Level 31 has the indices 0 and 1 only, so doubling never overflows.
        let children: Vec<[F; 2]> = parents.iter().map(|parent| [value(2 * parent), value(2 * parent + 1)]).collect();
        let values = hash_row(&children);
        changed.extend(parents.iter().map(|parent| (level + 1, *parent)).zip(values));
        row = parents;
    }
    let restored = Frontier::restore(frontier.size(), |level, index| {
        let place = (level, index);
        Ok::<_, std::convert::Infallible>(changed.get(&place).or_else(|| stored.get(&place)).copied())
    });
    let Ok(restored) = restored;
    (restored, changed)
}

/// The nodes of a level from their children, on all cores when there are many.
pub(super) fn hash_row(pairs: &[[F; 2]]) -> Vec<F> {
    if pairs.len() <= HASHES_PER_JOB {
        return tree::row(pairs);
    }
    pairs.par_chunks(HASHES_PER_JOB).flat_map_iter(tree::row).collect()
}

/// Appends leaves; the nodes it sets are added to `changed`, over what was there.
pub(super) fn append_leaves(
    frontier: &mut Frontier,
    leaves: &[F],
    changed: &mut BTreeMap<Place, F>,
) -> Result<(), TreeError> {
    let updates = frontier.append_with(leaves, hash_row)?;
    changed.extend(updates.into_iter().map(|update| ((update.level, update.index), update.value)));
    Ok(())
}

#[cfg(test)]
mod tests;
