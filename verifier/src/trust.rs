//! The trust document: everything a verifier is configured with, in one signed file (`/.well-known/poa-trust.json`).
//!
//! It carries the issuer's DID and keys by purpose, its logs, attestation and disclosure schemas, verifying keys and
//! status lists, and an `eddsa-jcs-2022` proof by one of its own active credentials keys. The proof shows that nobody
//! edited the file; that it is the right issuer's is for people to check, by the [`Trust::fingerprint`].
//! No request can carry, choose or add a key: what is not in here is not trusted.

mod document;
mod set;
pub mod succession;

pub use document::{
    KeyPurpose, KeyState, ListPurpose, TYPE, TrustDocument, TrustKey, TrustStatusList, TrustVerifyingKey, VERSION,
};
pub use set::{MAX_ISSUERS, TrustSet, TrustSetError};

use std::collections::BTreeSet;

use poa_circuits::native::field::F;
use poa_circuits::statement::CIRCUIT;
use serde_json::Value;

use crate::checks::{Refusal, readable};
use crate::data_integrity::{self, DataIntegrityError};
use crate::did::{DidError, IssuerDid};
use crate::ed25519::{Ed25519Error, PublicKey};
use crate::json::{self, JsonError};
use crate::key::{KeyError, VerifyingKey};
use crate::multibase;
use crate::schema::{AttestationSchema, DisclosureSchema, SchemaError, is_name};
use crate::time::{self, TimeError};

/// Most issuer keys, logs, schemas of a kind, verifying keys and status lists of a document.
const MAX_KEYS: usize = 64;
const MAX_LOGS: usize = 64;
const MAX_SCHEMAS: usize = 256;
const MAX_VERIFYING_KEYS: usize = 16;
const MAX_STATUS_LISTS: usize = 16;

/// The reason of checks that fail because the issuer marked the key compromised.
pub const KEY_COMPROMISED: &str = "key_compromised";

/// The reason of checks that a newer trust document may settle: the key is the issuer's by its name, and not listed.
pub(crate) const UNKNOWN_KEY: &str = "unknown_key";

/// Why a trust document was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// Not strict JSON.
    #[error("trust document: {0}")]
    Json(#[from] JsonError),
    /// Unknown, missing or malformed members.
    #[error("trust document: {0}")]
    Shape(String),
    /// A member with a wrong value.
    #[error("trust document: {member}: {reason}")]
    Member {
        /// The offending member.
        member: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// An issuer key is refused.
    #[error("trust document: key {id:?}: {error}")]
    IssuerKey {
        /// Its id.
        id: String,
        /// Why.
        error: Ed25519Error,
    },
    /// A verifying key is refused.
    #[error("trust document: verifying key {sha256}: {error}")]
    VerifyingKey {
        /// Its digest as named.
        sha256: String,
        /// Why.
        error: KeyError,
    },
    /// A schema is refused.
    #[error("trust document: schema {id:?}: {error}")]
    Schema {
        /// Its id.
        id: String,
        /// Why.
        error: SchemaError,
    },
    /// The document's own signature.
    #[error("trust document: {0}")]
    Proof(#[from] DataIntegrityError),
}

fn member(member: &'static str, reason: impl Into<String>) -> TrustError {
    TrustError::Member { member, reason: readable(&reason.into()) }
}

/// One of the issuer's Ed25519 keys.
#[derive(Clone, Debug)]
pub struct IssuerKey {
    id: String,
    purpose: KeyPurpose,
    state: KeyState,
    retired_at: Option<u64>,
    key: PublicKey,
}

impl IssuerKey {
    fn compromised(&self) -> bool {
        self.state == KeyState::Compromised
    }
}

/// Why a key may not verify something.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyUseError {
    /// No key of that id is configured: a newer trust document may list it.
    #[error("no such key is configured; update the trust document: the issuer may have rotated its keys since")]
    Unknown,
    /// A key of that id is configured, for another purpose: no update changes that.
    #[error("the key is for another purpose; ask for a document signed with the key for this one")]
    Purpose,
    /// The id is not one of the issuer's, so no update lists it.
    #[error("the key is not one of this issuer's; ask the issuer for the document as it signed it")]
    Foreign,
    /// The key verifies nothing any more.
    #[error("the key is marked compromised: nothing it signed counts; ask the issuer for a new document")]
    Compromised,
    /// The key signed after it was retired.
    #[error("the key was retired before this was signed; ask the issuer for a new document")]
    Retired,
}

impl KeyUseError {
    /// The refusal of what names such a key: a key that leaked has a reason of its own, whatever was signed with it, and
    /// so has one that a newer trust document may list.
    pub(crate) fn refusal(self, otherwise: &'static str) -> Refusal {
        let reason = match self {
            Self::Compromised => KEY_COMPROMISED,
            Self::Unknown => UNKNOWN_KEY,
            Self::Purpose | Self::Foreign | Self::Retired => otherwise,
        };
        Refusal { reason, detail: self.to_string().into() }
    }
}

/// A verifying key and what is said about it.
#[derive(Clone, Debug)]
pub struct TrustedVerifyingKey {
    /// The key.
    pub key: VerifyingKey,
    /// Active, retired (verifies proofs under heads signed until [`Self::retired_at`]) or compromised (nothing).
    pub state: KeyState,
    /// Unix seconds, exactly when `state` is retired.
    pub retired_at: Option<u64>,
    /// Made by one party: that party can forge proofs.
    pub development: bool,
}

/// A checked trust document.
#[derive(Clone, Debug)]
pub struct Trust {
    document: TrustDocument,
    keys: Vec<IssuerKey>,
    attestation_schemas: Vec<AttestationSchema>,
    disclosure_schemas: Vec<DisclosureSchema>,
    verifying_keys: Vec<TrustedVerifyingKey>,
    fingerprint: String,
    signer: String,
    links: Vec<succession::Link>,
}

impl Trust {
    /// Reads and checks a trust document: strict JSON, known members only, bounded lists, its signature, and then every
    /// schema and verifying key.
    ///
    /// # Errors
    /// [`TrustError`], the first that applies.
    pub fn from_json(bytes: &[u8]) -> Result<Self, TrustError> {
        let signed = json::parse_strict(bytes)?;
        let proof = signed.get("proof").ok_or_else(|| member("proof", "is missing"))?;
        let value = data_integrity::without_proof(&signed);
        let document: TrustDocument = json::read_exact(&value).map_err(TrustError::Shape)?;
        document.check_kind()?;
        document.check_sizes()?;
        let keys = issuer_keys(&document)?;
        let proof = data_integrity::parse(proof, &value)?;
        check_proof(&proof, &value, &keys)?;
        Self::check(document, keys, hex::encode(json::digest(&value)), proof.verification_method())
    }

    /// Checks what costs more, once the signature is known to be good.
    fn check(
        document: TrustDocument,
        keys: Vec<IssuerKey>,
        fingerprint: String,
        signer: &str,
    ) -> Result<Self, TrustError> {
        let trust = Self {
            fingerprint,
            keys,
            signer: signer.to_owned(),
            links: succession::links(&document)?,
            attestation_schemas: attestation_schemas(&document)?,
            disclosure_schemas: disclosure_schemas(&document)?,
            verifying_keys: document.verifying_keys.iter().map(verifying_key).collect::<Result<_, _>>()?,
            document,
        };
        unique("attestationSchemas", trust.attestation_schemas.iter().map(|s| &s.document().id))?;
        unique("disclosureSchemas", trust.disclosure_schemas.iter().map(|s| &s.document().id))?;
        unique("verifyingKeys", trust.verifying_keys.iter().map(|k| k.key.sha256()))?;
        unique("statusLists", trust.document.status_lists.iter().map(|list| &list.id))?;
        unique("logs", trust.document.logs.iter())?;
        Ok(trust)
    }

    /// SHA-256 of the JCS form without `proof`, 64 hex digits: what two people compare by voice.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The issuer.
    pub fn issuer(&self) -> &IssuerDid {
        &self.document.issuer
    }

    /// The service's base URL.
    pub fn url(&self) -> &str {
        &self.document.url
    }

    /// The document without its proof.
    pub fn document(&self) -> &TrustDocument {
        &self.document
    }

    /// The attestation schemas.
    pub fn attestation_schemas(&self) -> &[AttestationSchema] {
        &self.attestation_schemas
    }

    /// The attestation schema with this field element.
    pub fn attestation_schema(&self, field: &F) -> Option<&AttestationSchema> {
        self.attestation_schemas.iter().find(|schema| schema.field() == *field)
    }

    /// The disclosure schemas.
    pub fn disclosure_schemas(&self) -> &[DisclosureSchema] {
        &self.disclosure_schemas
    }

    /// The disclosure schema with this id.
    pub fn disclosure_schema(&self, id: &str) -> Option<&DisclosureSchema> {
        self.disclosure_schemas.iter().find(|schema| schema.document().id == id)
    }

    /// The verifying keys.
    pub fn verifying_keys(&self) -> &[TrustedVerifyingKey] {
        &self.verifying_keys
    }

    /// The verifying key a proof names.
    pub fn verifying_key(&self, sha256: &[u8; 32]) -> Option<&TrustedVerifyingKey> {
        self.verifying_keys.iter().find(|known| known.key.sha256() == *sha256)
    }

    /// The status list with this id (URL).
    pub fn status_list(&self, id: &str) -> Option<&TrustStatusList> {
        self.document.status_lists.iter().find(|list| list.id == id)
    }

    /// The key that may verify something signed at a time, by its id and purpose.
    ///
    /// # Errors
    /// [`KeyUseError`] when there is none, it is for another purpose, compromised, or was retired before.
    pub fn key(&self, id: &str, purpose: KeyPurpose, signed_at_unix_s: u64) -> Result<&PublicKey, KeyUseError> {
        let Some(known) = self.keys.iter().find(|key| key.id == id) else {
            let own = fragment(self.issuer(), id).is_some();
            return Err(if own { KeyUseError::Unknown } else { KeyUseError::Foreign });
        };
        if known.purpose != purpose {
            return Err(KeyUseError::Purpose);
        }
        match (known.state, known.retired_at) {
            (KeyState::Compromised, _) => Err(KeyUseError::Compromised),
            (KeyState::Retired, Some(at)) if signed_at_unix_s <= at => Ok(&known.key),
            (KeyState::Retired, _) => Err(KeyUseError::Retired),
            (KeyState::Active, _) => Ok(&known.key),
        }
    }

    /// [`Self::key`], also by the id of the key's `JsonWebKey` method, `<issuer>#<RFC 7638 thumbprint>`: what the `kid`
    /// of a `vc+jwt` names (VC-JOSE-COSE, "Using Controlled Identifier Documents").
    ///
    /// # Errors
    /// As [`Self::key`].
    pub fn jwk_method(&self, kid: &str, purpose: KeyPurpose, signed_at_unix_s: u64) -> Result<&PublicKey, KeyUseError> {
        let thumbprint = fragment(self.issuer(), kid);
        let named = |key: &&IssuerKey| Some(key.key.jwk_thumbprint().as_str()) == thumbprint;
        let id = self.keys.iter().find(named).map_or(kid, |key| key.id.as_str());
        self.key(id, purpose, signed_at_unix_s)
    }
}

/// The fragment of a key id of this issuer.
fn fragment<'a>(issuer: &IssuerDid, id: &'a str) -> Option<&'a str> {
    id.strip_prefix(issuer.as_str())?.strip_prefix('#')
}

fn unique<T: Ord>(name: &'static str, mut items: impl Iterator<Item = T>) -> Result<(), TrustError> {
    let mut seen = BTreeSet::new();
    if items.all(|item| seen.insert(item)) { Ok(()) } else { Err(member(name, "an entry stands twice")) }
}

/// The document is signed by one of its own active keys for credentials.
fn check_proof(proof: &data_integrity::Unverified, value: &Value, keys: &[IssuerKey]) -> Result<(), TrustError> {
    let key = keys
        .iter()
        .find(|key| key.id == proof.verification_method() && key.purpose == KeyPurpose::Credentials)
        .filter(|key| key.state == KeyState::Active)
        .ok_or_else(|| member("proof", "is not by an active credentials key of this document"))?;
    Ok(proof.verify(value, &key.key)?)
}

/// The issuer's keys: no id twice, and no key under two ids, for a key has one purpose and one state.
fn issuer_keys(document: &TrustDocument) -> Result<Vec<IssuerKey>, TrustError> {
    let keys: Vec<IssuerKey> = document.keys.iter().map(|key| issuer_key(document, key)).collect::<Result<_, _>>()?;
    unique("keys", keys.iter().map(|key| &key.id))?;
    unique("keys", keys.iter().map(|key| key.key.to_bytes()))?;
    Ok(keys)
}

fn issuer_key(document: &TrustDocument, key: &TrustKey) -> Result<IssuerKey, TrustError> {
    if key_name(&document.issuer, &key.id).is_none() {
        return Err(member("keys", format!("id {:?} is not <issuer>#<name>", key.id)));
    }
    let retired_at = retired_at("keys", key.state, key.retired_at.as_deref())?;
    let public = PublicKey::from_multikey(&key.public_key_multibase)
        .map_err(|error| TrustError::IssuerKey { id: key.id.clone(), error })?;
    Ok(IssuerKey { id: key.id.clone(), purpose: key.purpose, state: key.state, retired_at, key: public })
}

/// The name in a key id, `<issuer>#<name>`.
fn key_name<'a>(issuer: &IssuerDid, id: &'a str) -> Option<&'a str> {
    let name = fragment(issuer, id)?;
    let name_ok = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    name_ok(name).then_some(name)
}

fn attestation_schemas(document: &TrustDocument) -> Result<Vec<AttestationSchema>, TrustError> {
    let check = |schema: &crate::schema::AttestationSchemaDocument| {
        if schema.issuer != document.issuer {
            return Err(member("attestationSchemas", format!("{:?} is of another issuer", schema.id)));
        }
        if !document.logs.contains(&schema.log) {
            return Err(member("attestationSchemas", format!("{:?} names an unlisted log", schema.id)));
        }
        AttestationSchema::new(schema.clone()).map_err(|error| TrustError::Schema { id: schema.id.clone(), error })
    };
    document.attestation_schemas.iter().map(check).collect()
}

fn disclosure_schemas(document: &TrustDocument) -> Result<Vec<DisclosureSchema>, TrustError> {
    let check = |schema: &crate::schema::DisclosureSchemaDocument| {
        DisclosureSchema::new(schema.clone()).map_err(|error| TrustError::Schema { id: schema.id.clone(), error })
    };
    document.disclosure_schemas.iter().map(check).collect()
}

fn verifying_key(entry: &TrustVerifyingKey) -> Result<TrustedVerifyingKey, TrustError> {
    if entry.circuit != CIRCUIT {
        return Err(member("verifyingKeys", format!("circuit {:?} is not {CIRCUIT}", entry.circuit)));
    }
    let retired_at = retired_at("verifyingKeys", entry.state, entry.retired_at.as_deref())?;
    let bytes = multibase::decode_base64url(&entry.bytes).map_err(|e| member("verifyingKeys", e.to_string()))?;
    let key = VerifyingKey::from_bytes(&bytes)
        .map_err(|error| TrustError::VerifyingKey { sha256: entry.sha256.clone(), error })?;
    if hex::encode(key.sha256()) != entry.sha256 {
        return Err(member("verifyingKeys", "sha256 is not the digest of bytes"));
    }
    Ok(TrustedVerifyingKey { key, state: entry.state, retired_at, development: entry.development })
}

fn retired_at(name: &'static str, state: KeyState, at: Option<&str>) -> Result<Option<u64>, TrustError> {
    if (state == KeyState::Retired) != at.is_some() {
        return Err(member(name, "retiredAt stands exactly with the state retired"));
    }
    at.map(|at| parse_time(name, at)).transpose()
}

fn parse_time(name: &'static str, text: &str) -> Result<u64, TrustError> {
    time::parse_utc(text).map_err(|e: TimeError| member(name, e.to_string()))
}

impl TrustDocument {
    fn check_kind(&self) -> Result<(), TrustError> {
        if self.kind != TYPE || self.version != VERSION {
            return Err(member("type", format!("not {TYPE} version {VERSION}")));
        }
        let of_url = IssuerDid::from_url(&self.url).map_err(|e: DidError| member("url", e.to_string()))?;
        if of_url != self.issuer {
            return Err(member("issuer", format!("is not the DID of the url ({of_url})")));
        }
        if let Some(list) = self.status_lists.iter().find(|list| !list.id.starts_with(&format!("{}/", self.url))) {
            return Err(member("statusLists", format!("{:?} is not under the url", list.id)));
        }
        parse_time("issuedAt", &self.issued_at).map(drop)
    }

    /// Bounds that no honest issuer meets, and names of logs.
    fn check_sizes(&self) -> Result<(), TrustError> {
        for (name, size, most) in [
            ("keys", self.keys.len(), MAX_KEYS),
            ("logs", self.logs.len(), MAX_LOGS),
            ("attestationSchemas", self.attestation_schemas.len(), MAX_SCHEMAS),
            ("disclosureSchemas", self.disclosure_schemas.len(), MAX_SCHEMAS),
            ("verifyingKeys", self.verifying_keys.len(), MAX_VERIFYING_KEYS),
            ("statusLists", self.status_lists.len(), MAX_STATUS_LISTS),
        ] {
            if size > most {
                return Err(member(name, format!("{size} entries; at most {most} are read")));
            }
        }
        match self.logs.iter().find(|log| !is_name(log)) {
            Some(log) => Err(member("logs", format!("{log:?} is not 1 to 64 of a-z 0-9 - _ ."))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
