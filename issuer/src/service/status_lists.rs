//! The signed status lists, two bitstrings and one token list of one index space, kept until something changed or half their time to live is over.

use std::sync::{Arc, Mutex, PoisonError};

use poa_verifier::did::IssuerDid;
use poa_verifier::json;
use poa_verifier::status::token_list::{Entries, TYP, TokenStatusClaims, TokenStatusList};
use poa_verifier::status::{Bits, StatusList};
use poa_verifier::trust::ListPurpose;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::ServiceError;
use crate::app::App;
use crate::documents::{DocumentError, status_list_url, token_status_list_url};
use crate::domain::{DomainError, StatusBits};
use crate::keys::{Purpose, SignError};

/// Verifiers fetch a list anew after this time, in seconds.
const TTL_S: u64 = 300;
/// A list is signed anew when it is this old, in seconds.
const REFRESH_S: u64 = 120;

/// All lists as signed at one time.
#[derive(Debug)]
pub struct SignedLists {
    revocations: u64,
    signed_at: u64,
    /// The id of the key that was in force before they were signed.
    key: String,
    lists: [Value; 2],
    token: String,
    decoded: [TokenStatusList; 1],
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

    /// The token status list, a compact JWS.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The token status list as our own verifier read it, as evidence.
    pub fn decoded(&self) -> &[TokenStatusList] {
        &self.decoded
    }

    /// Changes exactly when the served token status list changes.
    pub fn token_etag(&self) -> String {
        format!("\"{}\"", &hex::encode(Sha256::digest(self.token.as_bytes()))[..32])
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
        let revocations = match self.domain().latest_head().await {
            Ok(head) => head.revocations,
            // Documents of agenthood name these lists also on a service without a log; nothing is revoked yet.
            Err(DomainError::NoHead) => 0,
            Err(error) => return Err(error.into()),
        };
        let key = self.keys().active_id(Purpose::Status);
        let cached = self.status_list_cache().get().filter(|lists| lists.serves(revocations, &key, now));
        if let Some(lists) = cached {
            return Ok(lists);
        }
        let status = self.domain().status_bits().await?;
        let [revoked, suspended] = [set_bits(&status, &status.revoked)?, set_bits(&status, &status.suspended)?];
        let token =
            self.token_list(Entries::from_bits(&revoked, &suspended).map_err(DocumentError::from)?, &status, now)?;
        let sign = |purpose, bits| -> Result<Value, ServiceError> {
            let list = self.unsigned_list(purpose, bits, &status, now)?;
            Ok(self.keys().sign_status_list(&list, now)?)
        };
        // What our own verifier does not read is not published.
        let decoded = self.published().now().verifier.token_status_list(&token);
        let decoded = decoded.map_err(|error| SignError::SelfCheck(error.to_string()))?;
        let lists = Arc::new(SignedLists {
            revocations: status.revocations,
            signed_at: now,
            key,
            lists: [sign(ListPurpose::Revocation, revoked)?, sign(ListPurpose::Suspension, suspended)?],
            token,
            decoded: [decoded],
        });
        self.status_list_cache().put(Arc::clone(&lists));
        Ok(lists)
    }

    fn token_list(&self, entries: Entries, status: &StatusBits, now: u64) -> Result<String, ServiceError> {
        let claims = TokenStatusClaims {
            iss: self.keys().issuer().to_owned(),
            uri: token_status_list_url(&self.config().public_url),
            iat: now,
            exp: now.saturating_add(TTL_S),
            ttl_s: TTL_S,
            revocations: status.revocations,
            entries,
        };
        Ok(self.keys().sign_token_status_list(TYP, &claims.to_value())?)
    }

    fn unsigned_list(
        &self,
        purpose: ListPurpose,
        bits: Bits,
        status: &StatusBits,
        now: u64,
    ) -> Result<Value, DocumentError> {
        let url = &self.config().public_url;
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

fn set_bits(status: &StatusBits, set: &[u32]) -> Result<Bits, DocumentError> {
    let mut bits = Bits::new(status.size as usize)?;
    for &index in set {
        bits.set(index.into(), true)?;
    }
    Ok(bits)
}

impl StatusLists {
    fn get(&self) -> Option<Arc<SignedLists>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, lists: Arc<SignedLists>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(lists);
    }
}
