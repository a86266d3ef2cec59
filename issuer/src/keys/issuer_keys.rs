//! The keys in force, one per purpose, and those that are published: for each purpose a standby key that signs next, and
//! those that still count.
//!
//! A standby key is published as long as its predecessor signs, so that whoever pinned a trust document knows the key
//! that comes next. The credentials key in force vouches for its standby (a succession link), so that whoever missed
//! several rotations finds the way.
//!
//! Keys are replaced while the service signs. A signature is made under a read lock, so that once
//! [`IssuerKeys::install`] returns nothing is signed by the key before; whoever retires that key then takes a time
//! that is no earlier than anything it signed. The database holds what this module shows, see
//! `service/issuer_keys.rs` for the order of the steps.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use poa_verifier::trust::{KeyState, succession};
use poa_verifier::{agenthood, json, jws};
use rand_core::CryptoRng;
use serde_json::Value;

use super::issuer_key::{IssuerKey, ListedKey, Purpose};
use super::seal::{MasterKey, SealError};
use crate::domain::{HeadClaims, HeadSigner, HeadSigningError};
use crate::store::{IssuerKeyRow, Store, StoreError};

/// Most keys that are published: what verifiers read of a trust document.
const MAX_LISTED: usize = 64;

/// The issuer's keys. It has no `Debug`.
pub struct IssuerKeys {
    issuer: String,
    master: MasterKey,
    ring: RwLock<Ring>,
}

struct Ring {
    /// In the order of [`Purpose::ALL`].
    active: [IssuerKey; Purpose::ALL.len()],
    /// Grows with every key that takes over.
    generation: u64,
    listed: Vec<ListedKey>,
    succession: Vec<String>,
    first_made_at: u64,
    changed_at: u64,
}

/// Why a document could not be signed, or the keys not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// There is no standby key to take over.
    #[error("there is no standby key for {0}; restart the service, which makes one")]
    NoStandby(&'static str),
    /// The database holds a key that does not open.
    #[error(
        "issuer key {0} in the database does not open: {1}; start with the master key that this data directory was \
         made with (--master-key-file, POA_MASTER_KEY or its master.key), or restore a backup if the database is damaged"
    )]
    Damaged(String, SealError),
    /// The public half in the database is not that of the private half.
    #[error("issuer key {0} in the database has halves of two keys")]
    Halves(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The document has no signable form.
    #[error("cannot be signed: {0}")]
    Document(String),
    /// What was just signed did not verify: nothing leaves the service.
    #[error("a signature just made does not verify: {0}")]
    SelfCheck(String),
}

impl IssuerKeys {
    /// Opens the active and standby keys in `store`, making those that are missing. A rotation that was cut short is
    /// finished: of two active keys the newer one signs.
    pub async fn load(
        store: &Store,
        issuer: &str,
        master: &MasterKey,
        rng: &mut impl CryptoRng,
        now_unix_s: u64,
    ) -> Result<Self, SignError> {
        let rows = store.issuer_keys().await?;
        let mut keys = Vec::with_capacity(Purpose::ALL.len());
        for purpose in Purpose::ALL {
            let of_purpose = || rows.iter().filter(|row| row.purpose == purpose.as_str());
            let (key, made) = match of_purpose().rfind(|row| row.state == "active") {
                Some(row) => (IssuerKey::open(issuer, purpose, row, master)?, None),
                None => {
                    let (key, row) =
                        IssuerKey::make(issuer, &next_name(&rows, purpose), purpose, master, rng, now_unix_s)?;
                    (key, Some(IssuerKeyRow { state: "active".to_owned(), ..row }))
                }
            };
            settle(store, &key, made.as_ref(), now_unix_s).await?;
            let rows: Vec<_> = rows.iter().cloned().chain(made).collect();
            match standby_of(&rows, purpose) {
                // It has to open when its turn comes.
                Some(row) => drop(IssuerKey::open(issuer, purpose, row, master)?),
                None => add(store, &standby(issuer, master, &rows, &key, rng, now_unix_s)?).await?,
            }
            keys.push(key);
        }
        let active =
            <[IssuerKey; Purpose::ALL.len()]>::try_from(keys).unwrap_or_else(|_| unreachable!("one per purpose"));
        let ring =
            Ring { active, generation: 0, listed: Vec::new(), succession: Vec::new(), first_made_at: 0, changed_at: 0 };
        let loaded = Self { issuer: issuer.to_owned(), master: master.clone(), ring: RwLock::new(ring) };
        loaded.take_over(&store.issuer_keys().await?)?;
        Ok(loaded)
    }

    /// The issuer's DID.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The published keys: those that sign first, in the order of [`Purpose::ALL`], then the standby ones, retired ones, the
    /// newest first, and those that are compromised.
    pub fn listed(&self) -> Vec<ListedKey> {
        self.read().listed.clone()
    }

    /// How the published credentials keys followed each other, oldest first.
    pub fn succession(&self) -> Vec<String> {
        self.read().succession.clone()
    }

    /// When the first key was made, Unix seconds.
    pub fn first_made_at(&self) -> u64 {
        self.read().first_made_at
    }

    /// When a key was last made, retired, marked or dropped, Unix seconds.
    pub fn changed_at(&self) -> u64 {
        self.read().changed_at
    }

    /// Changes whenever another key begins to sign.
    pub fn generation(&self) -> u64 {
        self.read().generation
    }

    /// The fragment of the id of the key that signs for a purpose now.
    pub fn active_name(&self, purpose: Purpose) -> String {
        self.read().of(purpose).name().to_owned()
    }

    /// The id of the key that signs for a purpose now.
    pub fn active_id(&self, purpose: Purpose) -> String {
        self.read().of(purpose).id().to_owned()
    }

    /// Adds the issuer's `eddsa-jcs-2022` proof to a credential or to the trust document. A proof that
    /// is there already stays, after ours.
    pub fn sign_credential(&self, document: &Value, created: u64) -> Result<Value, SignError> {
        self.read().of(Purpose::Credentials).add_proof(document, created)
    }

    /// The credential, which has no proof member, as a compact JWS of type `vc+jwt`.
    pub fn sign_vc_jwt(&self, document: &Value) -> Result<String, SignError> {
        self.read().of(Purpose::Credentials).sign_vc_jwt(&self.issuer, &json::canonical(document))
    }

    /// A status list credential, which has no proof member, as a compact JWS of type `vc+jwt`.
    pub fn sign_status_list_jwt(&self, document: &Value) -> Result<String, SignError> {
        self.read().of(Purpose::Status).sign_vc_jwt(&self.issuer, &json::canonical(document))
    }

    /// Adds the proof of VC-API's key to a credential that the caller wrote. Gives the key's name too.
    pub fn sign_for_vc_api(&self, document: &Value, created: u64) -> Result<(Value, String), SignError> {
        let ring = self.read();
        let key = ring.of(Purpose::VcApi);
        Ok((key.add_proof(document, created)?, key.name().to_owned()))
    }

    /// The same credential as a compact JWS of type `vc+jwt`, by the same key, and the key's name.
    pub fn sign_jwt_for_vc_api(&self, document: &Value) -> Result<(String, String), SignError> {
        let ring = self.read();
        let key = ring.of(Purpose::VcApi);
        Ok((key.sign_vc_jwt(&self.issuer, &json::canonical(document))?, key.name().to_owned()))
    }

    /// A Proof of Agenthood, signed by the credentials key. Gives the compact JWS.
    pub fn sign_agenthood(&self, claims: &Value) -> Result<String, SignError> {
        let payload = serde_json::to_vec(claims).map_err(unwritable)?;
        self.read().of(Purpose::Credentials).sign_jws(agenthood::TYP, &payload)
    }

    /// A token status list, signed by the status key. Gives the compact JWS.
    pub fn sign_token_status_list(&self, typ: &str, claims: &Value) -> Result<String, SignError> {
        let payload = serde_json::to_vec(claims).map_err(unwritable)?;
        self.read().of(Purpose::Status).sign_jws(typ, &payload)
    }

    /// Adds the proof of the status key to a status list credential.
    pub fn sign_status_list(&self, document: &Value, created: u64) -> Result<Value, SignError> {
        self.read().of(Purpose::Status).add_proof(document, created)
    }

    /// Opens the standby key of a purpose, which shall sign next, and makes the one after it: the row that stores that one.
    /// A standby credentials key vouches for the one after it.
    pub(crate) fn next_turn(
        &self,
        purpose: Purpose,
        rows: &[IssuerKeyRow],
        rng: &mut impl CryptoRng,
        now_unix_s: u64,
    ) -> Result<(IssuerKey, IssuerKeyRow), SignError> {
        let row = standby_of(rows, purpose).ok_or(SignError::NoStandby(purpose.as_str()))?;
        let key = IssuerKey::open(&self.issuer, purpose, row, &self.master)?;
        let after = standby(&self.issuer, &self.master, rows, &key, rng, now_unix_s)?;
        Ok((key, after))
    }

    /// Makes another standby key, for which the credentials key in force vouches: the row that stores it.
    pub(crate) fn other_standby(
        &self,
        purpose: Purpose,
        rows: &[IssuerKeyRow],
        rng: &mut impl CryptoRng,
        now_unix_s: u64,
    ) -> Result<IssuerKeyRow, SignError> {
        standby(&self.issuer, &self.master, rows, self.read().of(purpose), rng, now_unix_s)
    }

    /// The names of keys whose succession link has to go when a key leaked: its own, and of those it vouched for.
    pub(crate) fn links_of(&self, leaked: &str, rows: &[IssuerKeyRow]) -> Vec<String> {
        let id = format!("{}#{leaked}", self.issuer);
        let by_it = |row: &IssuerKeyRow| row.endorsement.as_deref().is_some_and(|link| signed_by(link, &id));
        let linked = rows.iter().filter(|row| row.endorsement.is_some() && (row.name == leaked || by_it(row)));
        linked.map(|row| row.name.clone()).collect()
    }

    /// Lets a key sign from now on, in the place of the one of its purpose. Signatures under way are waited for.
    pub(crate) fn install(&self, key: IssuerKey) {
        let mut ring = self.write();
        let index = Purpose::ALL.iter().position(|purpose| *purpose == key.purpose()).unwrap_or_default();
        ring.active[index] = key;
        ring.generation += 1;
    }

    /// Shows the stored keys from now on.
    pub(crate) fn take_over(&self, rows: &[IssuerKeyRow]) -> Result<(), SignError> {
        let listed = listed(&self.issuer, rows)?;
        let succession = succession(rows);
        let times = |row: &IssuerKeyRow| [Some(row.created_at), row.retired_at, row.compromised_at, row.dropped_at];
        let changed_at = rows.iter().flat_map(times).flatten().max().unwrap_or_default();
        let first_made_at = rows.iter().map(|row| row.created_at).min().unwrap_or_default();
        let mut ring = self.write();
        (ring.listed, ring.succession) = (listed, succession);
        (ring.first_made_at, ring.changed_at) = (first_made_at, changed_at);
        Ok(())
    }

    // A panic while the lock was held left nothing half done: every change is one assignment.
    fn read(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Ring> {
        self.ring.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn of(&self, purpose: Purpose) -> &IssuerKey {
        let [credentials, heads, status, vc_api] = &self.active;
        match purpose {
            Purpose::Credentials => credentials,
            Purpose::Heads => heads,
            Purpose::Status => status,
            Purpose::VcApi => vc_api,
        }
    }
}

impl HeadSigner for IssuerKeys {
    fn sign_head(&self, claims: &HeadClaims) -> Result<String, HeadSigningError> {
        let payload = serde_json::to_vec(claims).map_err(|error| HeadSigningError(error.to_string()))?;
        let signed = self.read().of(Purpose::Heads).sign_jws("poa-root+jwt", &payload);
        signed.map_err(|error| HeadSigningError(error.to_string()))
    }
}

/// The standby key of a purpose.
fn standby_of(rows: &[IssuerKeyRow], purpose: Purpose) -> Option<&IssuerKeyRow> {
    rows.iter().rfind(|row| row.purpose == purpose.as_str() && row.state == "standby")
}

/// Makes the standby key that comes after `before`, which vouches for it when it signs credentials.
fn standby(
    issuer: &str,
    master: &MasterKey,
    rows: &[IssuerKeyRow],
    before: &IssuerKey,
    rng: &mut impl CryptoRng,
    now_unix_s: u64,
) -> Result<IssuerKeyRow, SignError> {
    let purpose = before.purpose();
    let (key, mut row) = IssuerKey::make(issuer, &next_name(rows, purpose), purpose, master, rng, now_unix_s)?;
    if purpose == Purpose::Credentials {
        row.endorsement = Some(before.vouch_for(issuer, &key, now_unix_s)?);
    }
    Ok(row)
}

/// Whether a link is by a key. One that cannot be read is by none, and verifiers refuse it.
fn signed_by(link: &str, id: &str) -> bool {
    jws::parse(link).is_ok_and(|link| link.kid() == id)
}

/// Stores a key that was made.
async fn add(store: &Store, row: &IssuerKeyRow) -> Result<(), StoreError> {
    store.run_tx("add_standby_key", |tx, _| Box::pin(async move { tx.insert_issuer_key(row).await })).await
}

/// Stores a key that was made, and retires the other active ones of its purpose.
async fn settle(store: &Store, key: &IssuerKey, made: Option<&IssuerKeyRow>, now: u64) -> Result<(), StoreError> {
    store
        .run_tx("settle_issuer_keys", |tx, _| {
            Box::pin(async move {
                if let Some(row) = made {
                    tx.insert_issuer_key(row).await?;
                }
                let at = tx.newest_signing_time().await?.unwrap_or(0).max(now);
                tx.retire_issuer_keys(key.purpose().as_str(), key.name(), at).await
            })
        })
        .await
}

fn unwritable(error: serde_json::Error) -> SignError {
    SignError::Document(error.to_string())
}

/// The name of a purpose's next key.
fn next_name(rows: &[IssuerKeyRow], purpose: Purpose) -> String {
    let of_purpose = rows.iter().filter(|row| row.purpose == purpose.as_str());
    let newest = of_purpose.map(IssuerKeyRow::ordinal).max().unwrap_or(0);
    format!("{}-{}", purpose.as_str(), newest + 1)
}

fn listed(issuer: &str, rows: &[IssuerKeyRow]) -> Result<Vec<ListedKey>, SignError> {
    let published = rows.iter().rev().filter(|row| row.dropped_at.is_none());
    let mut keys = published.map(|row| ListedKey::of_row(issuer, row)).collect::<Result<Vec<_>, _>>()?;
    let rank = |key: &ListedKey| match key.state {
        KeyState::Active if !key.standby => 0,
        KeyState::Active => 1,
        KeyState::Retired => 2,
        KeyState::Compromised => 3,
    };
    // Stable: within a purpose and a state the newest stays first.
    keys.sort_by_key(|key| (rank(key), key.purpose));
    // A key that is not published verifies nothing either.
    keys.truncate(MAX_LISTED);
    Ok(keys)
}

fn succession(rows: &[IssuerKeyRow]) -> Vec<String> {
    let links: Vec<&String> = rows.iter().filter_map(|row| row.endorsement.as_ref()).collect();
    links.iter().skip(links.len().saturating_sub(succession::MAX_LINKS)).map(|link| (*link).clone()).collect()
}
