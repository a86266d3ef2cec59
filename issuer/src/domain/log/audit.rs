//! Rebuilding the tree from the leaves' openings, which are the source of truth, and comparing it with what is stored.

use poa_circuits::native::field::F;
use poa_circuits::native::tree::{self, DEPTH};
use poa_verifier::ed25519::PublicKey;
use poa_verifier::head::{HeadClaims, TYP};
use poa_verifier::jws;

use super::{Head, LogState, Place, edit};
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
    /// The first leaf that lies beyond the log's end, or so far behind a gap that it cannot be of this log.
    pub stray_leaf: Option<u32>,
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
    /// What is wrong with the head's own document, if something is.
    pub fault: Option<HeadFault>,
}

/// Why the document of a stored head is not what was signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum HeadFault {
    /// It is no head at all.
    #[error("it cannot be read")]
    Malformed,
    /// It says something else than its row.
    #[error("it says something else than its row")]
    Contradicts,
    /// None of the issuer's keys for heads signed it.
    #[error("its signature is by none of the issuer's keys for heads")]
    Signature,
}

impl LogAudit {
    /// Whether state, nodes and newest head are those that follow from the leaves.
    pub fn is_sound(&self) -> bool {
        (self.stored_size, self.stored_root) == (self.size, self.root)
            && self.signed.as_ref().is_none_or(|signed| signed.follows() && signed.seq <= self.seq)
            && self.stray_leaf.is_none()
            && self.wrong_nodes == 0
    }

    /// Publications that the newest signed head is behind the state; none when there are none.
    pub fn unsigned_publications(&self) -> Option<u64> {
        let signed = self.signed.as_ref().map_or(0, |signed| signed.seq);
        self.seq.checked_sub(signed).filter(|behind| *behind > 0)
    }
}

impl SignedState {
    /// Whether the head was signed so and states what follows from the leaves.
    pub fn follows(&self) -> bool {
        self.fault.is_none() && (self.size, self.root) == (self.rebuilt_size, self.rebuilt_root)
    }
}

impl Domain {
    /// Rebuilds the tree from the openings, revoked leaves as 0, and compares. Takes some 40 µs per leaf.
    pub async fn audit_log(&self) -> Result<LogAudit, DomainError> {
        audit(&self.store, &self.settings.log, None).await
    }
}

/// The same of a store alone, without the secrets that a domain needs. `keys` are the public ones that signed heads; with
/// them the newest head's signature is checked too.
pub(crate) async fn audit(store: &Store, log: &str, keys: Option<&[PublicKey]>) -> Result<LogAudit, DomainError> {
    store
        .read_tx(|tx, _| {
            Box::pin(async move {
                let state = tx.log_state(log).await?.ok_or(DomainError::NotFound(Kind::Log))?;
                let Leaves { values: leaves, stray } = leaf_values(tx, log, state.size, None).await?;
                let mut audit = LogAudit {
                    seq: state.seq,
                    size: leaves.len() as u64,
                    root: tree::empty_root(),
                    stored_size: state.size,
                    stored_root: state.root,
                    signed: None,
                    stray_leaf: stray,
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
                        false => rebuilt_at(tx, log, state.size, head.seq).await?,
                    };
                    let fault = head_fault(&head, keys).err();
                    let (seq, size, root) = (head.seq, head.size, head.root);
                    audit.signed = Some(SignedState { seq, size, root, rebuilt_size, rebuilt_root, fault });
                }
                Ok(audit)
            })
        })
        .await
}

/// Size and root of the log after an earlier publication.
async fn rebuilt_at(tx: &mut Tx, log: &str, end: u64, seq: u64) -> Result<(u64, F), DomainError> {
    let mut row = leaf_values(tx, log, end, Some(seq)).await?.values;
    let size = row.len() as u64;
    for level in 0..DEPTH as u8 {
        row = edit::hash_row(&pairs(&row, level));
    }
    Ok((size, row.first().copied().unwrap_or_else(tree::empty_root)))
}

/// Whether a stored head is a document that says what its row says, signed by one of the keys.
fn head_fault(head: &Head, keys: Option<&[PublicKey]>) -> Result<(), HeadFault> {
    let document = jws::parse(&head.jws).map_err(|_| HeadFault::Malformed)?;
    document.expect_typ(TYP).map_err(|_| HeadFault::Malformed)?;
    let claims = document.claims().map_err(|_| HeadFault::Malformed)?;
    let claims = HeadClaims::from_value(&claims).map_err(|_| HeadFault::Malformed)?;
    let said =
        (claims.log.as_str(), claims.seq, claims.iat, claims.size, claims.root, claims.revocations, claims.anchor);
    let stored = (head.log.as_str(), head.seq, head.iat, head.size, head.root, head.revocations, head.anchor);
    if said != stored {
        return Err(HeadFault::Contradicts);
    }
    let signs = |keys: &[PublicKey]| keys.iter().any(|key| document.verify(key).is_ok());
    if keys.is_none_or(signs) { Ok(()) } else { Err(HeadFault::Signature) }
}

/// The leaves as far as they can be those of the log.
struct Leaves {
    values: Vec<F>,
    /// The first that cannot be.
    stray: Option<u32>,
}

/// What stands in the tree for each leaf, after a publication or as it is now. A leaf that is missing counts as 0, and so
/// gives another root. No more is reserved than `end` and what is there give reason to: an index is not believed.
async fn leaf_values(tx: &mut Tx, log: &str, end: u64, at: Option<u64>) -> Result<Leaves, DomainError> {
    let at = at.unwrap_or(u64::MAX);
    let (mut values, mut missing) = (Vec::new(), 0);
    loop {
        let records = tx.leaves_from(log, values.len() as u64, CHUNK).await?;
        if records.is_empty() {
            return Ok(Leaves { values, stray: None });
        }
        for record in &records {
            if record.appended_seq > at {
                return Ok(Leaves { values, stray: None });
            }
            missing += record.index as usize - values.len();
            if u64::from(record.index) >= end || missing > CHUNK as usize {
                return Ok(Leaves { values, stray: Some(record.index) });
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
