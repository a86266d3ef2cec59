//! The two signed status lists, kept until something changed or half their time to live is over.

use std::sync::{Arc, Mutex, PoisonError};

use poa_verifier::did::IssuerDid;
use poa_verifier::json;
use poa_verifier::status::{Bits, StatusList};
use poa_verifier::trust::ListPurpose;
use serde_json::Value;

use super::ServiceError;
use crate::app::App;
use crate::documents::{DocumentError, status_list_url};
use crate::domain::StatusBits;
use crate::keys::Purpose;

/// Verifiers fetch a list anew after this time, in seconds.
const TTL_S: u64 = 300;
/// A list is signed anew when it is this old, in seconds.
const REFRESH_S: u64 = 120;

/// Both lists as signed at one time.
#[derive(Debug)]
pub struct SignedLists {
    revocations: u64,
    signed_at: u64,
    /// The id of the key that was in force before they were signed.
    key: String,
    lists: [Value; 2],
}

impl SignedLists {
    /// One of the two.
    pub fn list(&self, purpose: ListPurpose) -> &Value {
        match purpose {
            ListPurpose::Revocation => &self.lists[0],
            ListPurpose::Suspension => &self.lists[1],
        }
    }

    /// Both, as evidence for the verifier.
    pub fn all(&self) -> &[Value] {
        &self.lists
    }

    /// Changes exactly when the served bytes change.
    pub fn etag(&self, purpose: ListPurpose) -> String {
        format!("\"{}\"", &hex::encode(json::digest(self.list(purpose)))[..32])
    }

    fn serves(&self, revocations: u64, key: &str, now: u64) -> bool {
        // A clock that was set back, or another key, also leads to a fresh signature.
        self.revocations == revocations
            && self.key == key
            && (self.signed_at..self.signed_at + REFRESH_S).contains(&now)
    }
}

/// The lists signed last.
#[derive(Debug, Default)]
pub struct StatusLists(Mutex<Option<Arc<SignedLists>>>);

impl App {
    /// The lists of the newest publication, freshly enough signed.
    pub async fn status_lists(&self) -> Result<Arc<SignedLists>, ServiceError> {
        let now = self.now();
        let revocations = self.domain().latest_head().await?.revocations;
        let key = self.keys().active_id(Purpose::Status);
        let cached = self.status_list_cache().get().filter(|lists| lists.serves(revocations, &key, now));
        if let Some(lists) = cached {
            return Ok(lists);
        }
        let bits = self.domain().status_bits().await?;
        let sign = |purpose, set: &[u32]| -> Result<Value, ServiceError> {
            let list = self.unsigned_list(purpose, set, &bits, now)?;
            Ok(self.keys().sign_status_list(&list, now)?)
        };
        let lists = Arc::new(SignedLists {
            revocations: bits.revocations,
            signed_at: now,
            key,
            lists: [sign(ListPurpose::Revocation, &bits.revoked)?, sign(ListPurpose::Suspension, &bits.suspended)?],
        });
        self.status_list_cache().put(Arc::clone(&lists));
        Ok(lists)
    }

    fn unsigned_list(
        &self,
        purpose: ListPurpose,
        set: &[u32],
        status: &StatusBits,
        now: u64,
    ) -> Result<Value, DocumentError> {
        let url = &self.config().public_url;
        let mut bits = Bits::new(status.size as usize)?;
        for &index in set {
            bits.set(index.into(), true)?;
        }
        let list = StatusList {
            id: status_list_url(url, purpose),
            issuer: IssuerDid::from_url(&url.to_string())?,
            purpose,
            valid_from: now,
            valid_until: now.saturating_add(TTL_S),
            ttl_ms: TTL_S * 1000,
            revocations: status.revocations,
            bits,
        };
        Ok(list.to_value()?)
    }
}

impl StatusLists {
    fn get(&self) -> Option<Arc<SignedLists>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, lists: Arc<SignedLists>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(lists);
    }
}
