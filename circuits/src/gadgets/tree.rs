//! The path from a leaf to the root: 242 rows a level.

use super::r1cs::{ConstraintSystem, Num};
use super::{poseidon, range};

/// The root above `leaf`. `index_bits` are little-endian, leaf level first, and enforced boolean here.
pub fn root(system: &mut ConstraintSystem, leaf: &Num, siblings: &[Num], index_bits: &[Num]) -> Num {
    assert_eq!(siblings.len(), index_bits.len(), "one index bit a level");
    let mut node = leaf.clone();
    for (sibling, is_right) in siblings.iter().zip(index_bits) {
        range::enforce_boolean(system, is_right);
        // left = node + is_right·(sibling − node), right the other one.
        let shift = system.multiply(is_right, &(sibling - &node));
        let left = &node + &shift;
        let right = sibling - &shift;
        node = poseidon::hash(system, &[left, right]);
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::field::F;
    use crate::native::tree::{DEPTH, Path};

    fn synthesise(path: &Path, bits: &[F], leaf: F) -> (ConstraintSystem, F) {
        let (mut system, n) = ConstraintSystem::new(&[leaf]);
        let siblings: Vec<Num> = path.siblings.iter().map(|s| system.allocate(*s)).collect();
        let bits: Vec<Num> = bits.iter().map(|b| system.allocate(*b)).collect();
        let root = root(&mut system, &n[0], &siblings, &bits);
        (system, root.value())
    }

    #[test]
    fn agrees_with_the_native_path_at_the_stated_cost() {
        for index in [0, 1, 0xdead_beef, u32::MAX] {
            let path = Path { index, siblings: std::array::from_fn(|i| F::from(7 + i as u64)) };
            let bits: Vec<F> = (0..DEPTH).map(|i| F::from(index >> i & 1)).collect();
            let (system, root) = synthesise(&path, &bits, F::from(3u64));
            assert_eq!(root, path.root(&F::from(3u64)));
            assert_eq!(system.first_broken(), None);
            assert_eq!(system.constraints().len(), 242 * DEPTH);
        }
    }

    #[test]
    fn an_index_bit_that_is_no_bit_is_refused() {
        let path = Path { index: 0, siblings: [F::from(1u64); DEPTH] };
        let mut bits = vec![F::from(0u64); DEPTH];
        bits[5] = F::from(2u64);
        let (system, _) = synthesise(&path, &bits, F::from(3u64));
        assert!(system.first_broken().is_some());
    }
}
