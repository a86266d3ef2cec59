//! Reading the log: heads, paths, tiles. No lock is needed, because versions of nodes never change.

use poa_circuits::native::field::{self, F};
use poa_circuits::native::tree::{self, DEPTH, Path};

use super::{ANCHOR_PERIOD_S, Head, TILE_LEVELS, TILE_WIDTH, hour_of, opens_hour};
use crate::domain::{Domain, DomainError, Kind};
use crate::store::Tx;

impl Domain {
    /// The newest head.
    pub async fn latest_head(&self) -> Result<Head, DomainError> {
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move { tx.newest_head(&self.settings.log).await?.ok_or(DomainError::NoHead) })
            })
            .await
    }

    /// The newest anchor.
    pub async fn anchor_head(&self) -> Result<Head, DomainError> {
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move { tx.newest_anchor(&self.settings.log).await?.ok_or(DomainError::NoHead) })
            })
            .await
    }

    /// When the next anchor comes, Unix seconds: with the next publication when the hour has none yet.
    pub async fn next_anchor_at(&self, now: u64) -> Result<u64, DomainError> {
        let log = self.settings.log.as_str();
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    let newest = tx.newest_anchor(log).await?.map(|head| head.iat);
                    let mut hour = hour_of(now);
                    while !opens_hour(newest, hour) || tx.hour_had_anchor(log, hour).await? {
                        hour += ANCHOR_PERIOD_S;
                    }
                    Ok(hour.max(now))
                })
            })
            .await
    }

    /// The newest head of a root.
    pub async fn head_for_root(&self, root: &F) -> Result<Head, DomainError> {
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    tx.head_of_root(&self.settings.log, root).await?.ok_or(DomainError::NotFound(Kind::Head))
                })
            })
            .await
    }

    /// The path of a leaf in the tree of a publication.
    pub async fn leaf_path(&self, index: u32, seq: u64) -> Result<Path, DomainError> {
        let log = self.settings.log.as_str();
        self.store.read_tx(|tx, _| Box::pin(async move { path(tx, log, index, seq).await })).await
    }

    /// A tile: the nodes `256·n …` of tree level `8·level` in the tree of a publication, 32 bytes big-endian
    /// each; those right of the last leaf are left out.
    pub async fn tile(&self, log: &str, seq: u64, level: u32, n: u32) -> Result<Vec<u8>, DomainError> {
        if log != self.settings.log {
            return Err(DomainError::NotFound(Kind::Log));
        }
        if level >= TILE_LEVELS {
            return Err(DomainError::Member { member: "level", reason: "is not 0 to 3" });
        }
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    let size = kept_size(tx, log, seq).await?;
                    let tree_level = 8 * level;
                    let width = size.div_ceil(1 << tree_level);
                    let first = u64::from(n) * TILE_WIDTH;
                    let end = width.min(first + TILE_WIDTH);
                    let nodes = tx.node_range(log, tree_level, first, end, seq).await?;
                    let mut bytes = Vec::with_capacity(32 * nodes.len());
                    for index in first..end {
                        let empty = || tree::zero(tree_level as usize);
                        let value = nodes.get(&index).copied().unwrap_or_else(empty);
                        bytes.extend(field::to_bytes_be(&value));
                    }
                    Ok(bytes)
                })
            })
            .await
    }
}

/// The number of leaves at a publication whose nodes are kept.
async fn kept_size(tx: &mut Tx, log: &str, seq: u64) -> Result<u64, DomainError> {
    let state = tx.log_state(log).await?.ok_or(DomainError::NotFound(Kind::Log))?;
    if seq < state.collected_seq || seq > state.seq {
        return Err(DomainError::SeqNotKept);
    }
    Ok(tx.head_at(log, seq).await?.ok_or(DomainError::SeqNotKept)?.size)
}

/// The path of a leaf at a publication: 32 reads of the newest rows up to it.
pub(crate) async fn path(tx: &mut Tx, log: &str, index: u32, seq: u64) -> Result<Path, DomainError> {
    let size = kept_size(tx, log, seq).await?;
    if u64::from(index) >= size {
        return Err(DomainError::NoLeaf);
    }
    let mut siblings = [F::from(0u64); DEPTH];
    for (level, sibling) in siblings.iter_mut().enumerate() {
        let place = (u64::from(index) >> level) ^ 1;
        *sibling = if place << level < size {
            tx.node_at(log, level, place, seq).await?.unwrap_or_else(|| tree::zero(level))
        } else {
            tree::zero(level)
        };
    }
    Ok(Path { index, siblings })
}
