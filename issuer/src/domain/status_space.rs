//! The one space of status indices: who may still have one, and when one is spent.
//!
//! An index stands in a document before the document is proved, so it is chosen first. It is *held* in memory while we
//! prove, *reserved* in the database while a holder proves (until its credential lapses or is given up), and *spent* in
//! the transaction that completes the document. Whatever fails before that, a dead process included, burns none. A held
//! or reserved index has no bits, so nothing was ever published about an index that is handed out again.
//!
//! Readers take lists of [`MAX_ENTRIES`] at most. So the space ends: a part of it is the operator's alone, and issuing
//! is refused before anything changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use poa_verifier::status::{MAX_ENTRIES, MIN_ENTRIES};
use rand_core::Rng as _;

use super::agents::Actor;
use super::ids::CredentialId;
use super::{Domain, DomainError};
use crate::store::Tx;

/// Indices of a whole space, as many as readers take.
// A constant of 2^24.
pub const STATUS_CAPACITY: u32 = MAX_ENTRIES as u32;
/// One index in so many is kept for the operator.
const OPERATOR_SHARE: u32 = 16;
/// One index in so many stays free, so that a random draw soon finds a free one.
const FREE_SHARE: u32 = 64;
/// Draws before the space counts as full. With one index in 64 free, all of them fail once in 10^28.
const DRAWS: u32 = 4_096;
/// The share of the space, in per cent, from which the service warns.
const WARNING_PERCENT: u64 = 80;

/// How much of the index space is in use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StatusUse {
    /// Entries of each published list.
    pub entries: u32,
    /// Indices that are spent, reserved or held.
    pub used: u32,
    /// Indices of the whole space.
    pub capacity: u32,
    /// Indices that are left to everybody; the operator has more.
    pub left: u32,
}

impl StatusUse {
    /// How much of the space is in use, in whole per cent. It is public: the exact figure would tell when each
    /// document is issued.
    pub fn percent(&self) -> u64 {
        u64::from(self.used) * 100 / u64::from(self.capacity)
    }

    /// Whether four fifths of the space are in use.
    pub fn warns(&self) -> bool {
        self.percent() >= WARNING_PERCENT
    }
}

/// The indices of documents that are being made, by the credential that has each.
#[derive(Debug, Default)]
pub(super) struct HeldIndices(Mutex<HashMap<u32, CredentialId>>);

impl HeldIndices {
    /// A map that a panic interrupted is whole: each change is one call.
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, CredentialId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self) -> u32 {
        u32::try_from(self.lock().len()).unwrap_or(u32::MAX)
    }

    fn contains(&self, index: u32) -> bool {
        self.lock().contains_key(&index)
    }

    fn of(&self, id: CredentialId) -> Option<u32> {
        self.lock().iter().find(|(_, holder)| **holder == id).map(|(index, _)| *index)
    }
}

/// An index that nobody else gets until this is dropped. Spent or reserved meanwhile, it is in the database.
#[derive(Debug)]
pub(crate) struct HeldIndex {
    index: u32,
    held: Arc<HeldIndices>,
}

impl Drop for HeldIndex {
    fn drop(&mut self) {
        self.held.lock().remove(&self.index);
    }
}

impl HeldIndex {
    pub(super) fn get(&self) -> u32 {
        self.index
    }
}

impl Domain {
    /// How much of the index space is in use.
    pub async fn status_use(&self, now: u64) -> Result<StatusUse, DomainError> {
        self.store.read_tx(|tx, _| Box::pin(async move { self.status_use_in(tx, now).await })).await
    }

    /// Refuses when no index is left for a document that `by` asks for. Ask before anything is used up; issuing
    /// decides again in its transaction.
    pub async fn check_status_room(&self, by: Actor, now: u64) -> Result<(), DomainError> {
        let found = self.status_use(now).await?;
        if found.used < self.status_limit(by) { Ok(()) } else { Err(DomainError::StatusListFull) }
    }

    /// Entries of each published list.
    pub async fn status_entries(&self) -> Result<u32, DomainError> {
        self.store.read_tx(|tx, _| Box::pin(async move { Ok(tx.status_space(0).await?.size) })).await
    }

    /// Frees the indices of holders who did not prove in time. Gives how many.
    pub async fn free_lapsed_indices(&self, now: u64) -> Result<u64, DomainError> {
        self.store
            .run_tx("free_lapsed_indices", |tx, _| Box::pin(async move { Ok(tx.free_lapsed_reservations(now).await?) }))
            .await
    }

    /// Holds a random free index for a credential. Refused when none is left for `by`.
    pub(super) async fn hold_status_index(
        &self,
        tx: &mut Tx,
        id: CredentialId,
        by: Actor,
        now: u64,
    ) -> Result<HeldIndex, DomainError> {
        let index = self.draw_status_index(tx, by, now).await?;
        // The write transaction keeps everybody else from drawing.
        self.held_indices.lock().insert(index, id);
        Ok(HeldIndex { index, held: Arc::clone(&self.held_indices) })
    }

    /// Spends the index that is held under `held` on a document that was signed with it; `id` is its UUID or ULID.
    pub(super) async fn spend_held_index_on(
        &self,
        tx: &mut Tx,
        held: CredentialId,
        id: &str,
    ) -> Result<(), DomainError> {
        let index = self.free_held_index(tx, held).await?;
        Ok(tx.spend_status_index(index, id).await?)
    }

    /// Spends the index that is held for a credential.
    pub(super) async fn spend_held_index(&self, tx: &mut Tx, id: CredentialId) -> Result<(), DomainError> {
        self.spend_held_index_on(tx, id, &id.to_string()).await
    }

    /// Reserves the index that is held for a credential, until its holder has proved.
    pub(super) async fn reserve_held_index(
        &self,
        tx: &mut Tx,
        id: CredentialId,
        until: u64,
    ) -> Result<(), DomainError> {
        let index = self.free_held_index(tx, id).await?;
        Ok(tx.reserve_status_index(index, id, until).await?)
    }

    /// Another process of this database does not know what is held here.
    async fn free_held_index(&self, tx: &mut Tx, id: CredentialId) -> Result<u32, DomainError> {
        let index = self.held_indices.of(id).ok_or(DomainError::CredentialState)?;
        if tx.status_index_is_free(index).await? { Ok(index) } else { Err(DomainError::StatusIndexTaken) }
    }

    /// A random free index. The lists double before more than half of them is in use, as far as readers take them.
    async fn draw_status_index(&self, tx: &mut Tx, by: Actor, now: u64) -> Result<u32, DomainError> {
        tx.free_lapsed_reservations(now).await?;
        let StatusUse { entries, used, .. } = self.status_use_in(tx, now).await?;
        if used >= self.status_limit(by) {
            return Err(DomainError::StatusListFull);
        }
        let size = self.grown(entries, used + 1);
        if size > entries {
            tx.grow_status_space(size).await?;
        }
        let mut rng = self.rng();
        for _ in 0..DRAWS {
            // The size is a power of two, so the remainder is uniform.
            let index = rng.next_u32() % size;
            if !self.held_indices.contains(index) && tx.status_index_is_free(index).await? {
                return Ok(index);
            }
        }
        Err(DomainError::StatusListFull)
    }

    async fn status_use_in(&self, tx: &mut Tx, now: u64) -> Result<StatusUse, DomainError> {
        let space = tx.status_space(now).await?;
        let used = space.used.saturating_add(self.held_indices.count());
        let left = self.status_limit(Actor::Agent).saturating_sub(used);
        Ok(StatusUse { entries: space.size, used, capacity: self.settings.status_capacity, left })
    }

    /// How many indices may be in use when `by` asks for one more.
    fn status_limit(&self, by: Actor) -> u32 {
        let capacity = self.settings.status_capacity;
        match by {
            Actor::Operator => capacity - capacity / FREE_SHARE,
            Actor::Agent => capacity - capacity / OPERATOR_SHARE,
        }
    }

    fn grown(&self, entries: u32, used: u32) -> u32 {
        let least = u32::try_from(MIN_ENTRIES).unwrap_or(STATUS_CAPACITY);
        let most = self.settings.status_capacity.clamp(least, STATUS_CAPACITY).next_power_of_two();
        let mut size = entries;
        while size < most && used > size / 2 {
            size *= 2;
        }
        size
    }
}
