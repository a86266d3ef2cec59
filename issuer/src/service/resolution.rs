//! DID resolution: the issuer's `did:web`, its agents' `did:poa` (`docs/did-poa.md`), and the methods that need no
//! look-up, `did:key` and `did:jwk`. Nothing is ever fetched.

use poa_verifier::did::{AgentDid, DidError, KeyDid, WebHost};
use poa_verifier::ed25519::{Ed25519Error, PublicKey};
use poa_verifier::multibase::{self, MAX_BASE58_CHARS};
use poa_verifier::time;
use serde_json::{Map, Value, json};

use super::ServiceError;
use crate::app::App;
use crate::did_url::DidUrl;
use crate::documents::{self, DocumentError};
use crate::domain::{AgentStatus, AgentUuid, DomainError, Kind};
use crate::store::StoreError;

/// Which version of a DID document is asked for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Version {
    /// The newest.
    #[default]
    Latest,
    /// The one with this `versionId`.
    Id(String),
    /// The one in force at this time, Unix seconds.
    At(u64),
}

/// What a DID resolves to.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The DID document; none once the DID is deactivated.
    pub document: Option<Value>,
    /// `didDocumentMetadata`.
    pub metadata: Map<String, Value>,
}

/// Why a DID was not resolved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolutionError {
    /// The method does not allow this identifier.
    #[error("{0}")]
    InvalidDid(DidError),
    /// There is no such DID, or no such version of its document.
    #[error("{0}")]
    NotFound(&'static str),
    /// The method is not one of ours.
    #[error("this resolver knows did:web and did:poa of its own issuer, did:key and did:jwk")]
    MethodNotSupported,
    /// The method is, but not this part of it.
    #[error("{0}")]
    FeatureNotSupported(&'static str),
    /// The service failed.
    #[error(transparent)]
    Failed(#[from] ServiceError),
}

impl From<DomainError> for ResolutionError {
    fn from(error: DomainError) -> Self {
        match error {
            DomainError::NotFound(Kind::Agent) => Self::NotFound("this issuer has registered no such agent"),
            error => Self::Failed(error.into()),
        }
    }
}

impl From<DocumentError> for ResolutionError {
    fn from(error: DocumentError) -> Self {
        Self::Failed(error.into())
    }
}

impl App {
    /// Resolves a DID; what follows it in the URL is left aside.
    pub async fn resolve_did(&self, url: &DidUrl, version: &Version) -> Result<Resolved, ResolutionError> {
        match url.method() {
            "poa" => self.resolve_agent(url.did(), version).await,
            "web" => self.resolve_web(url.did(), version),
            "key" | "jwk" => resolve_key(url.did(), version),
            _ => Err(ResolutionError::MethodNotSupported),
        }
    }

    async fn resolve_agent(&self, text: &str, version: &Version) -> Result<Resolved, ResolutionError> {
        let did: AgentDid = text.parse().map_err(ResolutionError::InvalidDid)?;
        let host = self.config().public_url.did_host();
        let id = AgentUuid::from_did(text, &host)
            .ok_or(ResolutionError::FeatureNotSupported("agents of another issuer are resolved by that issuer"))?;
        let (agent, keys) = self.domain().agent_with_keys(id).await?;
        if agent.status == AgentStatus::Revoked {
            return Ok(Resolved { document: None, metadata: deactivated(agent.registered_at)? });
        }
        let index = version_of(&keys, version)?;
        let damaged = |_| DomainError::Store(StoreError::Corrupt("signing_keys.public_key"));
        let key = PublicKey::from_bytes(&keys[index].0).map_err(damaged)?;
        let record = self.config().public_url.join(&format!("/agents/{}", did.uuid()));
        Ok(Resolved {
            document: Some(documents::agent_did(text, &key, &record)),
            metadata: versioned(agent.registered_at, &keys, index)?,
        })
    }

    fn resolve_web(&self, text: &str, version: &Version) -> Result<Resolved, ResolutionError> {
        let own = self.config().public_url.issuer_did();
        if text.strip_prefix(&own).is_some_and(|path| path.starts_with(':')) {
            return Err(ResolutionError::NotFound("this host has one did:web, without a path"));
        }
        if text != own {
            let host = web_host(text).ok_or(ResolutionError::InvalidDid(DidError::Web))?;
            // DIDs are compared byte by byte: another spelling of a host is another DID.
            if Some(host) == web_host(&own) {
                return Err(ResolutionError::NotFound(
                    "this host's did:web is spelled otherwise; see /.well-known/did.json",
                ));
            }
            return Err(ResolutionError::FeatureNotSupported("this resolver fetches nothing; ask the host itself"));
        }
        unversioned(version)?;
        let (made, changed) = (self.keys().first_made_at(), self.keys().changed_at());
        let mut metadata = Map::new();
        metadata.insert("created".to_owned(), time_text(made)?);
        if changed > made {
            metadata.insert("updated".to_owned(), time_text(changed)?);
        }
        Ok(Resolved { document: Some(self.issuer_did_document()?), metadata })
    }

    /// The issuer's own DID document.
    pub fn issuer_did_document(&self) -> Result<Value, ServiceError> {
        let trust = self.config().public_url.join("/.well-known/poa-trust.json");
        Ok(documents::issuer_did(self.keys(), &trust)?)
    }
}

/// The host of a `did:web` of anybody's, which may have a path. Our own rules for a host are not others'.
fn web_host(did: &str) -> Option<WebHost> {
    let id = did.strip_prefix("did:web:")?;
    id.split(':').next()?.parse().ok()
}

fn resolve_key(text: &str, version: &Version) -> Result<Resolved, ResolutionError> {
    let did: KeyDid = text.parse().map_err(|error| match error {
        DidError::OtherJwk(_) => ResolutionError::FeatureNotSupported(
            "of did:jwk, Ed25519 keys that verify signatures alone are resolved here",
        ),
        // A key of another kind is a good DID that we do not take.
        DidError::Key(Ed25519Error::Encoding) if is_other_multikey(text) => {
            ResolutionError::FeatureNotSupported("of did:key, Ed25519 alone is resolved here")
        }
        error => ResolutionError::InvalidDid(error),
    })?;
    unversioned(version)?;
    Ok(Resolved { document: Some(documents::key_did(&did)), metadata: Map::new() })
}

/// A multibase text whose multicodec is not that of Ed25519, or that is too long for it.
fn is_other_multikey(text: &str) -> bool {
    let multikey = text.strip_prefix("did:key:").unwrap_or_default();
    if multikey.len() > MAX_BASE58_CHARS {
        return multikey.starts_with('z') && multikey.bytes().all(|byte| byte.is_ascii_alphanumeric());
    }
    multibase::decode_base58(multikey).is_ok_and(|bytes| bytes.len() > 32 && bytes[..2] != [0xed, 0x01])
}

/// The index of the key of a version. The document before the first one is the first: it is what is known of that time,
/// and `created` says that it is younger.
fn version_of(keys: &[([u8; 32], u64)], version: &Version) -> Result<usize, ResolutionError> {
    let newest = keys.len().checked_sub(1).ok_or(ResolutionError::NotFound("the agent has no key"))?;
    match version {
        Version::Latest => Ok(newest),
        Version::At(time) => Ok(keys.iter().rposition(|(_, since)| since <= time).unwrap_or(0)),
        Version::Id(text) => (1..=keys.len())
            .find(|number| number.to_string() == *text)
            .map(|number| number - 1)
            .ok_or(ResolutionError::NotFound("the DID document has no such version")),
    }
}

/// Methods without versions have one document, which holds for every time.
fn unversioned(version: &Version) -> Result<(), ResolutionError> {
    match version {
        Version::Latest | Version::At(_) => Ok(()),
        Version::Id(_) => Err(ResolutionError::FeatureNotSupported("the DID method has no versionId")),
    }
}

fn versioned(created: u64, keys: &[([u8; 32], u64)], index: usize) -> Result<Map<String, Value>, DocumentError> {
    let mut metadata = Map::new();
    metadata.insert("created".to_owned(), time_text(created)?);
    if index > 0 {
        metadata.insert("updated".to_owned(), time_text(keys[index].1)?);
    }
    metadata.insert("versionId".to_owned(), json!((index + 1).to_string()));
    if let Some((_, next)) = keys.get(index + 1) {
        metadata.insert("nextUpdate".to_owned(), time_text(*next)?);
        metadata.insert("nextVersionId".to_owned(), json!((index + 2).to_string()));
    }
    Ok(metadata)
}

fn deactivated(created: u64) -> Result<Map<String, Value>, DocumentError> {
    let mut metadata = Map::new();
    metadata.insert("created".to_owned(), time_text(created)?);
    metadata.insert("deactivated".to_owned(), json!(true));
    Ok(metadata)
}

fn time_text(unix_s: u64) -> Result<Value, DocumentError> {
    Ok(time::format_utc(unix_s)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [([u8; 32], u64); 3] = [([1; 32], 100), ([2; 32], 200), ([3; 32], 200)];

    #[test]
    fn versions_are_those_of_the_keys() {
        let at = |time| version_of(&KEYS, &Version::At(time)).unwrap();
        assert_eq!([at(0), at(100), at(199), at(200), at(u64::MAX)], [0, 0, 0, 2, 2]);
        let id = |text: &str| version_of(&KEYS, &Version::Id(text.to_owned())).ok();
        assert_eq!([id("1"), id("3"), id("0"), id("4"), id("01"), id("x")], [Some(0), Some(2), None, None, None, None]);
        assert_eq!(version_of(&KEYS, &Version::Latest).unwrap(), 2);
        assert!(version_of(&[], &Version::Latest).is_err());
    }

    #[test]
    fn only_a_later_version_was_updated_and_only_an_older_one_has_a_next() {
        let first = versioned(100, &KEYS, 0).unwrap();
        let last = versioned(100, &KEYS, 2).unwrap();
        let names = |metadata: &Map<String, Value>| {
            let mut names: Vec<_> = metadata.keys().cloned().collect();
            names.sort();
            names.join(" ")
        };
        assert_eq!(names(&first), "created nextUpdate nextVersionId versionId");
        assert_eq!(names(&last), "created updated versionId");
    }
}
