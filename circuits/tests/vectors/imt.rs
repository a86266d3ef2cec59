//! Tree roots and paths against zk-kit's incremental Merkle tree.

use std::collections::HashMap;

use ark_ff::AdditiveGroup;
use poa_circuits::native::field::F;
use poa_circuits::native::tree::{self, DEPTH, Frontier, NodeUpdate, Path};
use serde::Deserialize;

use crate::file::{self, Element};

#[derive(Deserialize)]
struct Set<Case> {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Empty {
    level: usize,
    zero: Element,
}

#[derive(Deserialize)]
struct Append {
    size: u64,
    leaf: Option<Element>,
    root: Element,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Op {
    Append,
    Zero,
}

#[derive(Deserialize)]
struct Update {
    op: Op,
    index: u32,
    leaf: Option<Element>,
    size: u64,
    root: Element,
}

#[derive(Deserialize)]
struct PathCase {
    tree: String,
    index: u32,
    leaf: Element,
    siblings: Vec<Element>,
    root: Element,
}

/// The frontier with the nodes it reported, from which paths are read as the log reads them.
#[derive(Default)]
struct Log {
    frontier: Frontier,
    nodes: HashMap<(u8, u32), F>,
}

impl Log {
    fn store(&mut self, updates: &[NodeUpdate]) {
        let rows = updates.iter().map(|node| ((node.level, node.index), node.value));
        self.nodes.extend(rows);
    }

    fn node(&self, level: usize, index: u32) -> F {
        let stored = self.nodes.get(&(level as u8, index));
        stored.copied().unwrap_or_else(|| tree::zero(level))
    }

    fn path(&self, index: u32) -> Path {
        let sibling = |level: usize| self.node(level, (index >> level) ^ 1);
        Path { index, siblings: std::array::from_fn(sibling) }
    }

    fn append(&mut self, leaves: &[F]) {
        let updates = self.frontier.append(leaves).expect("the tree is not full");
        self.store(&updates);
    }

    fn set_to_zero(&mut self, index: u32) {
        let old = self.node(0, index);
        let updates = self.frontier.replace(&self.path(index), &old, &F::ZERO);
        self.store(&updates.expect("the path leads to the root"));
    }
}

fn appends() -> Vec<Append> {
    file::read::<Set<Append>>("imt/appends.json").cases
}

/// The leaf of each append, in order.
fn appended_leaves() -> Vec<F> {
    let leaves = appends().into_iter().filter_map(|case| case.leaf);
    leaves.map(|leaf| leaf.0).collect()
}

#[test]
fn empty_subtrees_agree_at_every_level() {
    let set: Set<Empty> = file::read("imt/empty.json");
    assert_eq!(set.cases.len(), DEPTH + 1);
    for (level, case) in set.cases.iter().enumerate() {
        assert_eq!(case.level, level);
        assert_eq!(case.zero, tree::zero(level), "z_{level}");
    }
    assert_eq!(set.cases[DEPTH].zero, tree::empty_root());
}

#[test]
fn the_root_agrees_after_each_append() {
    let mut log = Log::default();
    for case in appends() {
        if let Some(leaf) = &case.leaf {
            log.append(&[leaf.0]);
        }
        assert_eq!(log.frontier.size(), case.size);
        assert_eq!(case.root, log.frontier.root(), "{} leaves", case.size);
    }
}

#[test]
fn one_batch_has_the_root_of_its_appends() {
    let leaves = appended_leaves();
    for (size, case) in appends().iter().enumerate() {
        let mut log = Log::default();
        log.append(&leaves[..size]);
        assert_eq!(case.root, log.frontier.root(), "a batch of {size}");
    }
}

#[test]
fn the_root_agrees_after_each_append_or_removal() {
    let mut log = Log::default();
    for (step, case) in file::read::<Set<Update>>("imt/updates.json").cases.iter().enumerate() {
        match (&case.op, &case.leaf) {
            (Op::Append, Some(leaf)) => log.append(&[leaf.0]),
            (Op::Zero, None) => log.set_to_zero(case.index),
            _ => panic!("step {step}: an append has a leaf, a removal none"),
        }
        assert_eq!(log.frontier.size(), case.size, "step {step}");
        assert_eq!(case.root, log.frontier.root(), "step {step}");
    }
}

#[test]
fn paths_lead_to_the_same_root() {
    for case in file::read::<Set<PathCase>>("imt/paths.json").cases {
        let siblings: Vec<F> = case.siblings.iter().map(|sibling| sibling.0).collect();
        let siblings = siblings.try_into().expect("32 siblings");
        let path = Path { index: case.index, siblings };
        assert_eq!(case.root, path.root(&case.leaf.0), "leaf {} of {}", case.index, case.tree);
    }
}

#[test]
fn siblings_agree_with_the_stored_nodes() {
    let mut plain = Log::default();
    plain.append(&appended_leaves());
    let mut mixed = Log::default();
    for case in file::read::<Set<Update>>("imt/updates.json").cases {
        match case.leaf {
            Some(leaf) => mixed.append(&[leaf.0]),
            None => mixed.set_to_zero(case.index),
        }
    }
    for case in file::read::<Set<PathCase>>("imt/paths.json").cases {
        let log = match case.tree.as_str() {
            "appends" => &plain,
            "updates" => &mixed,
            "none" => continue, // A made-up path belongs to no tree.
            other => panic!("unknown tree {other}"),
        };
        assert_eq!(case.leaf, log.node(0, case.index));
        assert_eq!(case.root, log.frontier.root());
        let expected: Vec<F> = case.siblings.iter().map(|sibling| sibling.0).collect();
        assert_eq!(log.path(case.index).siblings[..], expected[..], "leaf {}", case.index);
    }
}
