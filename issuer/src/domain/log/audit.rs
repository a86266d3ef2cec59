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
    /// The newest signed head; none before the first.
    pub signed: Option<SignedState>,
    /// Stored nodes that are missing or differ from those that follow from the leaves.
    pub wrong_nodes: u64,
    /// The first of them: its level (0 leaves, 32 root) and index.
    pub first_wrong: Option<(u8, u32)>,
}

/// What the newest signed head says, beside what follows from the leaves at its publication.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedState {
    /// Its publication. It is the state's, except after a recovery from a wrong clock that was cut short: every
    /// publication writes its head in the same transaction.
    pub seq: u64,
    /// Leaves that it states.
    pub size: u64,
    /// The root that it states.
    pub root: F,
    /// Leaves appended up to its publication.
    pub rebuilt_size: u64,
    /// The root that followed from them then.
    pub rebuilt_root: F,
}

impl LogAudit {
    /// Whether state, nodes and newest head are those that follow from the leaves.
    pub fn is_sound(&self) -> bool {
        (self.stored_size, self.stored_root) == (self.size, self.root)
            && self.signed.as_ref().is_none_or(|signed| signed.follows() && signed.seq <= self.seq)
            && self.wrong_nodes == 0
    }

    /// Publications that the newest signed head is behind the state; none when there are none.
    pub fn unsigned_publications(&self) -> Option<u64> {
        let signed = self.signed.as_ref().map_or(0, |signed| signed.seq);
        self.seq.checked_sub(signed).filter(|behind| *behind > 0)
    }
}

impl SignedState {
    /// Whether the head states what follows from the leaves.
    pub fn follows(&self) -> bool {
        (self.size, self.root) == (self.rebuilt_size, self.rebuilt_root)
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
                let leaves = leaf_values(tx, log, None).await?;
                let mut audit = LogAudit {
                    seq: state.seq,
                    size: leaves.len() as u64,
                    root: tree::empty_root(),
                    stored_size: state.size,
                    stored_root: state.root,
                    signed: None,
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
                if let Some(head) = tx.newest_head(log).await? {
                    let (rebuilt_size, rebuilt_root) = match head.seq == state.seq {
                        true => (audit.size, audit.root),
                        false => rebuilt_at(tx, log, head.seq).await?,
                    };
                    let (seq, size, root) = (head.seq, head.size, head.root);
                    audit.signed = Some(SignedState { seq, size, root, rebuilt_size, rebuilt_root });
                }
                Ok(audit)
            })
        })
        .await
}

/// Size and root of the log after an earlier publication.
async fn rebuilt_at(tx: &mut Tx, log: &str, seq: u64) -> Result<(u64, F), DomainError> {
    let mut row = leaf_values(tx, log, Some(seq)).await?;
    let size = row.len() as u64;
    for level in 0..DEPTH as u8 {
        row = edit::hash_row(&pairs(&row, level));
    }
    Ok((size, row.first().copied().unwrap_or_else(tree::empty_root)))
}

/// What stands in the tree for each leaf, after a publication or as it is now. A leaf that is missing counts as 0, and so
/// gives another root.
async fn leaf_values(tx: &mut Tx, log: &str, at: Option<u64>) -> Result<Vec<F>, DomainError> {
    let at = at.unwrap_or(u64::MAX);
    let mut values = Vec::new();
    loop {
        let records = tx.leaves_from(log, values.len() as u64, CHUNK).await?;
        if records.is_empty() {
            return Ok(values);
        }
        for record in &records {
            if record.appended_seq > at {
                return Ok(values);
            }
            values.resize(record.index as usize, F::from(0u64));
            let zeroed = record.zeroed_seq.is_some_and(|seq| seq <= at);
            values.push(if zeroed { F::from(0u64) } else { record.leaf.hash() });
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
