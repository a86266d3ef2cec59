//! The signed status lists, two bitstrings and one token list of one index space, kept until something changed or half their time to live is over.

use std::sync::{Arc, Mutex, PoisonError};

use poa_verifier::did::IssuerDid;
use poa_verifier::status::token_list::{Entries, TYP, TokenStatusClaims, TokenStatusList};
use poa_verifier::status::{Bits, StatusList};
use poa_verifier::trust::ListPurpose;
use poa_verifier::{credential, json};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::ServiceError;
use crate::app::App;
use crate::config::PublicUrl;
use crate::documents::{DocumentError, status_list_url, status_lists_url, token_status_list_url};
use crate::domain::{DomainError, StatusBits};
use crate::keys::{IssuerKeys, Purpose, SignError};
use crate::proving::WorkError;
use crate::trust::Published;

/// Verifiers fetch a list anew after this time, in seconds.
const TTL_S: u64 = 300;
/// A list is signed anew when it is this old, in seconds.
const REFRESH_S: u64 = 120;

/// All lists as signed at one time.
#[derive(Debug)]
pub struct SignedLists {
    revocations: u64,
    /// A longer list is another list, although nothing was revoked.
    entries: u32,
    signed_at: u64,
    /// The id of the key that was in force before they were signed.
    key: String,
    lists: [Value; 2],
    jwts: [String; 2],
    token: String,
    decoded: [TokenStatusList; 1],
}

impl SignedLists {
    /// One of the two.
    pub fn list(&self, purpose: ListPurpose) -> &Value {
        &self.lists[place(purpose)]
    }

    /// The same, as a compact JWS of type `vc+jwt`.
    pub fn list_jwt(&self, purpose: ListPurpose) -> &str {
        &self.jwts[place(purpose)]
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

    /// Changes exactly when the served bytes change, apart from their form.
    pub fn etag(&self, purpose: ListPurpose, form: &str) -> String {
        let digest = Sha256::new().chain_update(form).chain_update(json::digest(self.list(purpose))).finalize();
        format!("\"{}\"", &hex::encode(digest)[..32])
    }

    fn serves(&self, revocations: u64, entries: u32, key: &str, now: u64) -> bool {
        // A clock that was set back, or another key, also leads to a fresh signature.
        self.revocations == revocations
            && self.entries == entries
            && self.key == key
            && (self.signed_at..self.signed_at + REFRESH_S).contains(&now)
    }
}

fn place(purpose: ListPurpose) -> usize {
    match purpose {
        ListPurpose::Revocation => 0,
        ListPurpose::Suspension => 1,
    }
}

/// The lists signed last.
#[derive(Debug, Default)]
pub struct StatusLists {
    signed: Mutex<Option<Arc<SignedLists>>>,
    /// Held by who signs, so that long lists are made once however many ask for them.
    signing: tokio::sync::Mutex<()>,
}

impl App {
    /// The lists of the newest publication, freshly enough signed.
    pub async fn status_lists(&self) -> Result<Arc<SignedLists>, ServiceError> {
        if let Some(lists) = self.kept_status_lists().await? {
            return Ok(lists);
        }
        let _alone = self.status_list_cache().signing.lock().await;
        if let Some(lists) = self.kept_status_lists().await? {
            return Ok(lists);
        }
        let signer = Signer {
            url: self.config().public_url.clone(),
            key: self.keys().active_id(Purpose::Status),
            keys: self.shared_keys(),
            published: self.shared_published(),
            now: self.sound_now().await?,
        };
        let status = self.domain().status_bits().await?;
        // Millions of entries take a good part of a second.
        let work = tokio::task::spawn_blocking(move || signer.sign(&status));
        let lists = Arc::new(work.await.map_err(|_| ServiceError::Work(WorkError::Failed))??);
        self.status_list_cache().put(Arc::clone(&lists));
        Ok(lists)
    }

    async fn kept_status_lists(&self) -> Result<Option<Arc<SignedLists>>, ServiceError> {
        let revocations = match self.domain().latest_head().await {
            Ok(head) => head.revocations,
            // Documents of agenthood name these lists also on a service without a log; nothing is revoked yet.
            Err(DomainError::NoHead) => 0,
            Err(error) => return Err(error.into()),
        };
        let entries = self.domain().status_entries().await?;
        let key = self.keys().active_id(Purpose::Status);
        Ok(self.status_list_cache().get().filter(|lists| lists.serves(revocations, entries, &key, self.now())))
    }
}

/// What it takes to make and sign the lists, apart from the bits.
struct Signer {
    url: PublicUrl,
    key: String,
    keys: Arc<IssuerKeys>,
    published: Arc<Published>,
    now: u64,
}

impl Signer {
    fn sign(self, status: &StatusBits) -> Result<SignedLists, ServiceError> {
        let [revoked, suspended] = [set_bits(status, &status.revoked)?, set_bits(status, &status.suspended)?];
        let entries = Entries::from_bits(&revoked, &suspended).map_err(DocumentError::from)?;
        let token = self.token_list(entries, status)?;
        let unsigned = [
            self.unsigned_list(ListPurpose::Revocation, revoked, status)?,
            self.unsigned_list(ListPurpose::Suspension, suspended, status)?,
        ];
        let [revocation, suspension] = &unsigned;
        let jwt = |list| self.keys.sign_status_list_jwt(list);
        let proof = |list| self.keys.sign_status_list(list, self.now);
        // What our own verifier does not read is not published.
        let decoded = self.published.now().verifier.token_status_list(&token);
        let decoded = decoded.map_err(|error| SignError::SelfCheck(error.to_string()))?;
        Ok(SignedLists {
            revocations: status.revocations,
            entries: status.size,
            signed_at: self.now,
            lists: [proof(revocation)?, proof(suspension)?],
            jwts: [jwt(revocation)?, jwt(suspension)?],
            key: self.key,
            token,
            decoded: [decoded],
        })
    }

    fn token_list(&self, entries: Entries, status: &StatusBits) -> Result<String, ServiceError> {
        let claims = TokenStatusClaims {
            iss: self.keys.issuer().to_owned(),
            uri: token_status_list_url(&self.url),
            iat: self.now,
            exp: self.now.saturating_add(TTL_S),
            ttl_s: TTL_S,
            revocations: status.revocations,
            entries,
        };
        let mut claims = claims.to_value();
        claims["status_list"]["aggregation_uri"] = status_lists_url(&self.url).into();
        Ok(self.keys.sign_token_status_list(TYP, &claims)?)
    }

    fn unsigned_list(&self, purpose: ListPurpose, bits: Bits, status: &StatusBits) -> Result<Value, DocumentError> {
        let list = StatusList {
            id: status_list_url(&self.url, purpose),
            issuer: IssuerDid::from_url(&self.url.to_string())?,
            purpose,
            valid_from: self.now,
            valid_until: self.now.saturating_add(TTL_S),
            ttl_ms: TTL_S * 1000,
            revocations: status.revocations,
            bits,
        };
        let mut document = list.to_value()?;
        // `revocations` is a term of ours, and a credential has no unmapped terms.
        document["@context"] = credential::contexts(&self.url.to_string());
        Ok(document)
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
        self.signed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, lists: Arc<SignedLists>) {
        *self.signed.lock().unwrap_or_else(PoisonError::into_inner) = Some(lists);
    }
}
