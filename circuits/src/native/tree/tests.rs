//! The frontier against a naive full tree, whatever the order of appends, batches, revocations and restarts.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// Every level computed from the leaves alone.
fn naive_root(leaves: &[F]) -> F {
    naive_levels(leaves)[DEPTH].first().copied().unwrap_or_else(empty_root)
}

fn naive_levels(leaves: &[F]) -> Vec<Vec<F>> {
    let mut levels = vec![leaves.to_vec()];
    for level in 0..DEPTH {
        let mut row = levels[level].clone();
        if row.len() % 2 == 1 {
            row.push(zero(level));
        }
        levels.push(row.chunks(2).map(|p| node(&p[0], &p[1])).collect());
    }
    levels
}

fn naive_path(leaves: &[F], index: u32) -> Path {
    let levels = naive_levels(leaves);
    Path {
        index,
        siblings: std::array::from_fn(|level| {
            let sibling = (index as usize >> level) ^ 1;
            levels[level].get(sibling).copied().unwrap_or(zero(level))
        }),
    }
}

fn leaf(i: u64) -> F {
    F::from(1_000 + i)
}

#[test]
fn one_by_one_equals_the_naive_tree_for_every_size() {
    let mut frontier = Frontier::default();
    let mut leaves = Vec::new();
    for i in 0..130 {
        frontier.append(&[leaf(i)]).unwrap();
        leaves.push(leaf(i));
        assert_eq!(frontier.root(), naive_root(&leaves), "{i}");
    }
}

#[test]
fn one_batch_equals_the_naive_tree_for_every_size() {
    let all: Vec<F> = (0..130).map(leaf).collect();
    for n in 0..all.len() {
        let mut frontier = Frontier::default();
        frontier.append(&all[..n]).unwrap();
        assert_eq!(frontier.root(), naive_root(&all[..n]), "{n}");
    }
}

#[test]
fn a_path_that_leads_elsewhere_is_refused() {
    let mut frontier = Frontier::default();
    let leaves = [leaf(0), leaf(1), leaf(2)];
    frontier.append(&leaves).unwrap();
    let before = frontier.clone();
    let mut path = naive_path(&leaves, 1);
    assert_eq!(frontier.replace(&path, &leaf(7), &F::ZERO), Err(TreeError::Path));
    path.index = 3;
    assert_eq!(frontier.replace(&path, &leaf(1), &F::ZERO), Err(TreeError::Index));
    assert_eq!(frontier, before);
}

/// What happens to a log.
#[derive(Clone, Debug)]
enum Step {
    Append(u8),
    Revoke(prop::sample::Index),
    Restart,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u8..20).prop_map(Step::Append),
        2 => any::<prop::sample::Index>().prop_map(Step::Revoke),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_interleaving_equals_the_naive_tree(steps in prop::collection::vec(any_step(), 1..24)) {
        let mut frontier = Frontier::default();
        let mut leaves: Vec<F> = Vec::new();
        let mut stored: HashMap<(u8, u32), F> = HashMap::new();
        for step in steps {
            match step {
                Step::Append(n) => {
                    let new: Vec<F> = (0..u64::from(n)).map(|i| leaf(leaves.len() as u64 + i)).collect();
                    let updates = frontier.append(&new).unwrap();
                    prop_assert!(updates.len() <= 2 * new.len() + 2 * DEPTH);
                    stored.extend(updates.iter().map(|u| ((u.level, u.index), u.value)));
                    leaves.extend(new);
                }
                Step::Revoke(index) if !leaves.is_empty() => {
                    let i = index.index(leaves.len());
                    let path = naive_path(&leaves, i as u32);
                    let updates = frontier.replace(&path, &leaves[i], &F::ZERO).unwrap();
                    stored.extend(updates.iter().map(|u| ((u.level, u.index), u.value)));
                    leaves[i] = F::ZERO;
                }
                Step::Revoke(_) => {}
                Step::Restart => {
                    let restored = Frontier::restore::<()>(frontier.size(), |level, index| {
                        Ok(stored.get(&(level, index)).copied())
                    });
                    prop_assert_eq!(restored.unwrap(), frontier.clone());
                }
            }
            prop_assert_eq!(frontier.root(), naive_root(&leaves));
            for (i, value) in leaves.iter().enumerate() {
                prop_assert_eq!(stored[&(0, i as u32)], *value);
            }
        }
    }
}
