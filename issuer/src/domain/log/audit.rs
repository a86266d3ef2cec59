//! Rebuilding the tree from the leaves' openings, which are the source of truth, and comparing it with what is stored.

use poa_circuits::native::field::F;
use poa_circuits::native::tree::{self, DEPTH};

use super::{LogState, Place, edit};
use crate::domain::{Domain, DomainError, Kind};
use crate::store::{Store, Tx};

/// How many leaves or nodes are read at a time.
const CHUNK: u32 = 4_096;

/// The log as rebuilt from its leaves, beside what is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogAudit {
    /// The publication that was looked at.
    pub seq: u64,
    /// Leaves appended.
    pub size: u64,
    /// The root that follows from them.
    pub root: F,
    /// Leaves as stored in the log's state.
    pub stored_size: u64,
    /// The root there.
    pub stored_root: F,
    /// Size and root of the newest signed head; none before the first.
    pub signed: Option<(u64, F)>,
    /// Stored nodes that are missing or differ from those that follow from the leaves.
    pub wrong_nodes: u64,
    /// The first of them: its level (0 leaves, 32 root) and index.
    pub first_wrong: Option<(u8, u32)>,
}

impl LogAudit {
    /// Whether state, nodes and newest head are those that follow from the leaves.
    pub fn is_sound(&self) -> bool {
        let rebuilt = (self.size, self.root);
        (self.stored_size, self.stored_root) == rebuilt
            && self.signed.is_none_or(|signed| signed == rebuilt)
            && self.wrong_nodes == 0
    }
}

impl Domain {
    /// Rebuilds the tree from the openings, revoked leaves as 0, and compares. Takes some 40 µs per leaf.
    pub async fn audit_log(&self) -> Result<LogAudit, DomainError> {
        audit(&self.store, &self.settings.log).await
    }
}

/// The same of a store alone, without the keys that a domain needs.
pub(crate) async fn audit(store: &Store, log: &str) -> Result<LogAudit, DomainError> {
    store
        .read_tx(|tx, _| {
            Box::pin(async move {
                let state = tx.log_state(log).await?.ok_or(DomainError::NotFound(Kind::Log))?;
                let leaves = leaf_values(tx, log).await?;
                let mut audit = LogAudit {
                    seq: state.seq,
                    size: leaves.len() as u64,
                    root: tree::empty_root(),
                    stored_size: state.size,
                    stored_root: state.root,
                    signed: tx.newest_head(log).await?.map(|head| (head.size, head.root)),
                    wrong_nodes: 0,
                    first_wrong: None,
                };
                let mut row = leaves;
                for level in 0..=DEPTH as u8 {
                    compare_level(tx, log, &state, level, &row, &mut audit).await?;
                    if usize::from(level) < DEPTH {
                        row = edit::hash_row(&pairs(&row, level));
                    }
                }
                audit.root = row.first().copied().unwrap_or_else(tree::empty_root);
                Ok(audit)
            })
        })
        .await
}

/// What stands in the tree for each leaf. A leaf that is missing counts as 0, and so gives another root.
async fn leaf_values(tx: &mut Tx, log: &str) -> Result<Vec<F>, DomainError> {
    let mut values = Vec::new();
    loop {
        let records = tx.leaves_from(log, values.len() as u64, CHUNK).await?;
        if records.is_empty() {
            return Ok(values);
        }
        for record in &records {
            values.resize(record.index as usize, F::from(0u64));
            values.push(if record.zeroed_seq.is_some() { F::from(0u64) } else { record.leaf.hash() });
        }
    }
}

fn pairs(row: &[F], level: u8) -> Vec<[F; 2]> {
    let second = |pair: &[F]| pair.get(1).copied().unwrap_or_else(|| tree::zero(level.into()));
    row.chunks(2).map(|pair| [pair[0], second(pair)]).collect()
}

/// Compares the stored nodes of a level with the rebuilt ones.
async fn compare_level(
    tx: &mut Tx,
    log: &str,
    state: &LogState,
    level: u8,
    row: &[F],
    audit: &mut LogAudit,
) -> Result<(), DomainError> {
    for (chunk, first) in row.chunks(CHUNK as usize).zip((0u64..).step_by(CHUNK as usize)) {
        let end = first + chunk.len() as u64;
        let stored = tx.node_range(log, level.into(), first, end, state.seq).await?;
        for (value, index) in chunk.iter().zip(first..) {
            if stored.get(&index) != Some(value) {
                audit.wrong_nodes += 1;
                // Fits: a level has at most 2^32 nodes.
                audit.first_wrong.get_or_insert((level, index as u32) as Place);
            }
        }
    }
    Ok(())
}
