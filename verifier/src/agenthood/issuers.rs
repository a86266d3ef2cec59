//! Issuers besides the one of the trust document, configured by hand: whose documents count, and under which keys.
//!
//! A file of our own making, not signed by anybody: whoever can edit it decides what is trusted. It maps each `iss` to
//! its keys explicitly; nothing is fetched, and no document can add to it.

use serde::Deserialize;
use serde_json::Value;

use super::revoked_list::{RevokedList, RevokedListError};
use super::ss58::Network;
use crate::checks::readable;
use crate::ed25519::{Ed25519Error, PublicKey};
use crate::json::{self, JsonError};
use crate::trust::{KeyPurpose, KeyState, KeyUseError};
use crate::{multibase, time};

/// `type` of the file.
pub const TYPE: &str = "PoaAgenthoodIssuers";
const VERSION: u32 = 1;
const MAX_ISSUERS: usize = 64;
const MAX_KEYS: usize = 64;
/// How old a published revocation list may be when the file does not say, seconds.
pub const DEFAULT_LIST_AGE_S: u64 = 300;

/// Why a file of issuers was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuersError {
    /// Not strict JSON.
    #[error("issuers: {0}")]
    Json(#[from] JsonError),
    /// Unknown, missing or malformed members.
    #[error("issuers: {0}")]
    Shape(String),
    /// A key is refused.
    #[error("issuers: key {kid:?}: {error}")]
    Key {
        /// Its id.
        kid: String,
        /// Why.
        error: Ed25519Error,
    },
}

fn shape(text: impl Into<String>) -> IssuersError {
    IssuersError::Shape(readable(&text.into()))
}

/// What documents are taken besides those of the trust document's issuer, and on which network it issues.
#[derive(Clone, Debug, Default)]
pub struct AgenthoodIssuers {
    /// The network of the trust documents' own agents.
    pub network: Network,
    /// Whether documents of the trust document's issuer count that nobody attested: its chain is a fixture. It says so of
    /// one issuer, and counts for none where several trust documents are configured.
    pub own_snapshots: bool,
    issuers: Vec<AgenthoodIssuer>,
}

/// One configured issuer.
#[derive(Clone, Debug)]
pub struct AgenthoodIssuer {
    iss: String,
    keys: Vec<Key>,
    revocation_list: Option<String>,
    token_status_list: Option<String>,
    max_list_age_s: u64,
    network: Network,
    snapshots: bool,
    placeholder_addresses: bool,
}

#[derive(Clone, Debug)]
struct Key {
    kid: String,
    purpose: KeyPurpose,
    state: KeyState,
    retired_at: Option<u64>,
    key: PublicKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FileWire {
    #[serde(rename = "type")]
    kind: String,
    version: u32,
    #[serde(default)]
    network: Network,
    #[serde(default)]
    own_snapshots: bool,
    issuers: Vec<IssuerWire>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct IssuerWire {
    issuer: String,
    keys: Vec<KeyWire>,
    revocation_list: Option<String>,
    token_status_list: Option<String>,
    max_list_age_s: Option<u64>,
    #[serde(default)]
    network: Network,
    #[serde(default)]
    snapshots: bool,
    #[serde(default)]
    placeholder_addresses: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct KeyWire {
    kid: String,
    x: String,
    purpose: Option<KeyPurpose>,
    state: Option<KeyState>,
    retired_at: Option<String>,
    // What a JWK says besides, so that the keys of a JWKS can be copied as they are.
    kty: Option<KeyType>,
    crv: Option<Curve>,
    alg: Option<Algorithm>,
    #[serde(rename = "use")]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
enum KeyType {
    #[serde(rename = "OKP")]
    OctetKeyPair,
}

#[derive(Deserialize)]
enum Curve {
    Ed25519,
}

#[derive(Deserialize)]
enum Algorithm {
    #[serde(rename = "EdDSA", alias = "Ed25519")]
    EdDsa,
}

#[derive(Deserialize)]
enum Usage {
    #[serde(rename = "sig")]
    Signatures,
}

impl AgenthoodIssuers {
    /// Reads a file (`schemas/agenthood-issuers.json`).
    ///
    /// # Errors
    /// [`IssuersError`], the first that applies.
    pub fn from_json(bytes: &[u8]) -> Result<Self, IssuersError> {
        let value: Value = json::parse_strict(bytes)?;
        let file: FileWire = json::read_object(&value).map_err(shape)?;
        if file.kind != TYPE || file.version != VERSION {
            return Err(shape(format!("not {TYPE} version {VERSION}")));
        }
        if file.issuers.len() > MAX_ISSUERS {
            return Err(shape("more than 64 issuers"));
        }
        let issuers: Vec<_> = file.issuers.into_iter().map(AgenthoodIssuer::read).collect::<Result<_, _>>()?;
        for (i, issuer) in issuers.iter().enumerate() {
            if issuers[..i].iter().any(|other| other.iss == issuer.iss) {
                return Err(shape(format!("{:?} stands twice", issuer.iss)));
            }
        }
        Ok(Self { network: file.network, own_snapshots: file.own_snapshots, issuers })
    }

    /// All of them, as the file lists them.
    pub fn issuers(&self) -> &[AgenthoodIssuer] {
        &self.issuers
    }

    /// Reads a published revocation list that was kept as a file, as of a time (Unix seconds). It says itself whose it
    /// is, and stands for what is configured as that issuer's list.
    ///
    /// # Errors
    /// [`RevokedListError`].
    pub fn kept_list(&self, bytes: &[u8], kept_at_unix_s: u64) -> Result<RevokedList, RevokedListError> {
        let list = RevokedList::from_json(bytes, "", kept_at_unix_s)?;
        let url = self.issuer(list.issuer()).and_then(AgenthoodIssuer::revocation_list);
        let url = url.ok_or_else(|| RevokedListError::Foreign(readable(list.issuer())))?;
        Ok(list.with_url(url))
    }

    /// The issuer whose signed token status list is at a URL; none when several are said to have theirs there.
    pub fn owner_of_token_list(&self, url: &str) -> Option<&AgenthoodIssuer> {
        let mut owners = self.issuers.iter().filter(|issuer| issuer.token_status_list() == Some(url));
        owners.next().filter(|_| owners.next().is_none())
    }

    /// The issuer of a name.
    pub fn issuer(&self, iss: &str) -> Option<&AgenthoodIssuer> {
        self.issuers.iter().find(|issuer| issuer.iss == iss)
    }
}

impl AgenthoodIssuer {
    fn read(wire: IssuerWire) -> Result<Self, IssuersError> {
        if wire.issuer.is_empty() || wire.keys.is_empty() || wire.keys.len() > MAX_KEYS {
            return Err(shape(format!("{:?} needs a name and 1 to 64 keys", wire.issuer)));
        }
        let keys: Vec<Key> = wire.keys.into_iter().map(Key::read).collect::<Result<_, _>>()?;
        for (i, key) in keys.iter().enumerate() {
            if keys[..i].iter().any(|other| other.kid == key.kid || other.key == key.key) {
                return Err(shape(format!("key {:?} stands twice", key.kid)));
            }
        }
        Ok(Self {
            iss: wire.issuer,
            keys,
            revocation_list: wire.revocation_list,
            token_status_list: wire.token_status_list,
            max_list_age_s: wire.max_list_age_s.unwrap_or(DEFAULT_LIST_AGE_S),
            network: wire.network,
            snapshots: wire.snapshots,
            placeholder_addresses: wire.placeholder_addresses,
        })
    }

    /// `iss` of its documents.
    pub fn iss(&self) -> &str {
        &self.iss
    }

    /// The URL of its published revocation list, for issuers without signed status lists.
    pub fn revocation_list(&self) -> Option<&str> {
        self.revocation_list.as_deref()
    }

    /// The URL of its signed token status list, for who has to fetch it: a document names its own.
    pub fn token_status_list(&self) -> Option<&str> {
        self.token_status_list.as_deref()
    }

    /// How old its published list may be, and a token status list that says no `ttl`; seconds.
    pub fn max_list_age_s(&self) -> u64 {
        self.max_list_age_s
    }

    /// The network of its agents.
    pub fn network(&self) -> Network {
        self.network
    }

    /// Whether documents count that nobody attested.
    pub fn snapshots(&self) -> bool {
        self.snapshots
    }

    /// Whether its agents' addresses are mere names: a published fixture's have no valid checksum. Nothing that needs a
    /// key behind an address verifies then.
    pub fn placeholder_addresses(&self) -> bool {
        self.placeholder_addresses
    }

    /// The key that may verify something signed at a time.
    ///
    /// # Errors
    /// [`KeyUseError`].
    pub fn key(&self, kid: &str, purpose: KeyPurpose, signed_at_unix_s: u64) -> Result<&PublicKey, KeyUseError> {
        let known = self.keys.iter().find(|key| key.kid == kid).ok_or(KeyUseError::Unknown)?;
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
}

impl Key {
    /// `x` as in a JWK of key type OKP, curve Ed25519; the members of a JWK that say so are checked where they stand.
    fn read(wire: KeyWire) -> Result<Self, IssuersError> {
        // Nothing else deserializes: they are there to refuse other keys.
        let _: (Option<KeyType>, Option<Curve>, Option<Algorithm>, Option<Usage>) =
            (wire.kty, wire.crv, wire.alg, wire.usage);
        let refuse = |error| IssuersError::Key { kid: readable(&wire.kid), error };
        let x = multibase::from_base64url(&wire.x).map_err(|_| refuse(Ed25519Error::Encoding))?;
        let x = x.as_slice().try_into().map_err(|_| refuse(Ed25519Error::Encoding))?;
        let key = PublicKey::from_bytes(x).map_err(refuse)?;
        let state = wire.state.unwrap_or(KeyState::Active);
        if (state == KeyState::Retired) != wire.retired_at.is_some() {
            return Err(shape("retiredAt stands exactly with the state retired"));
        }
        let retired_at =
            wire.retired_at.as_deref().map(time::parse_utc).transpose().map_err(|e| shape(e.to_string()))?;
        Ok(Self { kid: wire.kid, purpose: wire.purpose.unwrap_or(KeyPurpose::Credentials), state, retired_at, key })
    }
}

#[cfg(test)]
mod tests;
