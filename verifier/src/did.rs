//! The three kinds of DID in our documents: issuers (`did:web`), agents (`did:poa`), attestors (`did:key`).
//!
//! * issuer: `did:web:<host>`, a port written `%3A8080`, lower case, no path;
//! * agent: `did:poa:<the issuer's encoded host>:<uuid>`; verifiers key on the whole DID;
//! * attestor: `did:key:z6Mk…`, the Ed25519 key itself.
//!
//! Others' documents may also be by a `did:key` or `did:jwk`: [`KeyDid`].

use std::fmt;
use std::str::FromStr;

use poa_circuits::native::leaf::AgentId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ed25519::{Ed25519Error, PublicKey};

mod key_did;
mod web_host;

pub use key_did::KeyDid;
pub use web_host::WebHost;

/// Longest encoded host, in bytes (253 of a DNS name, `%3A` and a port).
const MAX_HOST_BYTES: usize = 261;

/// Why a text is not the expected DID.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DidError {
    /// Not `did:web:<host>` as in the module header.
    #[error("not an issuer DID (did:web:<lower-case host>, a port as %3A8080, no path)")]
    Issuer,
    /// Not `did:poa:<host>:<uuid>` as in the module header.
    #[error("not an agent DID (did:poa:<issuer host>:<lower-case uuid, not nil>)")]
    Agent,
    /// Not `did:key:` and an Ed25519 Multikey.
    #[error("not an attestor DID (did:key:z6Mk…): {0}")]
    Attestor(Ed25519Error),
    /// Not `did:web:` and a host.
    #[error("not a did:web (did:web:<host name>, a port as %3A8080, then perhaps a path behind colons)")]
    Web,
    /// Neither `did:key` nor `did:jwk`.
    #[error("not a DID that is its own key (did:key or did:jwk)")]
    KeyMethod,
    /// The key inside the DID is refused.
    #[error("the DID's key: {0}")]
    Key(Ed25519Error),
    /// The JWK inside the DID is malformed.
    #[error("the DID's JWK {0}")]
    Jwk(&'static str),
    /// The JWK inside the DID is a good one, and not of a key that verifies Ed25519 signatures.
    #[error("the DID's JWK {0}")]
    OtherJwk(&'static str),
    /// A verification method that the DID does not have.
    #[error("not the DID's own verification method")]
    VerificationMethod,
    /// Not an `http` or `https` URL of a bare host.
    #[error("not the base URL of a service (https://host[:port], no path)")]
    Url,
}

/// An issuer: `did:web:<host>`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct IssuerDid(String);

impl IssuerDid {
    /// The DID of the service at a base URL: `http://127.0.0.1:8080` gives `did:web:127.0.0.1%3A8080`.
    ///
    /// # Errors
    /// [`DidError::Url`] when there is a path, a query, user information or an upper-case letter.
    pub fn from_url(url: &str) -> Result<Self, DidError> {
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).ok_or(DidError::Url)?;
        if host.contains('%') {
            return Err(DidError::Url);
        }
        format!("did:web:{}", host.replacen(':', "%3A", 1)).parse().map_err(|_| DidError::Url)
    }

    /// The host as written in the DID, `127.0.0.1%3A8080`.
    pub fn encoded_host(&self) -> &str {
        &self.0["did:web:".len()..]
    }

    /// The DID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of one of the issuer's keys, `<did>#<name>`.
    pub fn key_id(&self, name: &str) -> String {
        format!("{}#{name}", self.0)
    }
}

impl FromStr for IssuerDid {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        let host = text.strip_prefix("did:web:").ok_or(DidError::Issuer)?;
        if is_encoded_host(host) { Ok(Self(text.to_owned())) } else { Err(DidError::Issuer) }
    }
}

impl TryFrom<String> for IssuerDid {
    type Error = DidError;

    fn try_from(text: String) -> Result<Self, DidError> {
        text.parse()
    }
}

impl From<IssuerDid> for String {
    fn from(did: IssuerDid) -> Self {
        did.0
    }
}

impl fmt::Display for IssuerDid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An agent: `did:poa:<issuer host>:<uuid>`. The UUID is never nil.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgentDid {
    host: String,
    uuid: Uuid,
}

impl AgentDid {
    /// The DID of an issuer's agent; `None` for the nil UUID.
    pub fn new(issuer: &IssuerDid, uuid: Uuid) -> Option<Self> {
        (!uuid.is_nil()).then(|| Self { host: issuer.encoded_host().to_owned(), uuid })
    }

    /// The agent's UUID.
    pub fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// The id that stands in leaves and statements.
    pub fn agent_id(&self) -> AgentId {
        AgentId::from_uuid_bytes(*self.uuid.as_bytes()).expect("both constructors refuse the nil UUID")
    }

    /// The issuer that made the id.
    pub fn issuer(&self) -> IssuerDid {
        IssuerDid(format!("did:web:{}", self.host))
    }

    /// Whether this issuer made the id.
    pub fn is_of(&self, issuer: &IssuerDid) -> bool {
        self.host == issuer.encoded_host()
    }
}

impl FromStr for AgentDid {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        let rest = text.strip_prefix("did:poa:").ok_or(DidError::Agent)?;
        let (host, id) = rest.rsplit_once(':').ok_or(DidError::Agent)?;
        let uuid = Uuid::try_parse(id).map_err(|_| DidError::Agent)?;
        // `try_parse` takes upper case, braces and URNs; only the one spelling is an id here.
        if !is_encoded_host(host) || uuid.is_nil() || uuid.hyphenated().to_string() != id {
            return Err(DidError::Agent);
        }
        Ok(Self { host: host.to_owned(), uuid })
    }
}

impl TryFrom<String> for AgentDid {
    type Error = DidError;

    fn try_from(text: String) -> Result<Self, DidError> {
        text.parse()
    }
}

impl From<AgentDid> for String {
    fn from(did: AgentDid) -> Self {
        did.to_string()
    }
}

impl fmt::Display for AgentDid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "did:poa:{}:{}", self.host, self.uuid.hyphenated())
    }
}

/// An attestor: `did:key` of its Ed25519 key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AttestorDid(PublicKey);

impl AttestorDid {
    /// The DID of a key.
    pub fn new(key: PublicKey) -> Self {
        Self(key)
    }

    /// The key.
    pub fn key(&self) -> &PublicKey {
        &self.0
    }
}

impl FromStr for AttestorDid {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        let multikey = text.strip_prefix("did:key:").ok_or(DidError::Attestor(Ed25519Error::Encoding))?;
        PublicKey::from_multikey(multikey).map(Self).map_err(DidError::Attestor)
    }
}

impl fmt::Display for AttestorDid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "did:key:{}", self.0.to_multikey())
    }
}

/// A lower-case host name or IPv4 address, then perhaps `%3A` and a port without leading zeros.
fn is_encoded_host(text: &str) -> bool {
    let (name, port) = match text.split_once("%3A") {
        Some((name, port)) => (name, Some(port)),
        None => (text, None),
    };
    let label_ok = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let port_ok = |p: &str| p.parse::<u16>().is_ok_and(|n| n != 0 && n.to_string() == p);
    text.len() <= MAX_HOST_BYTES && name.split('.').all(label_ok) && port.is_none_or(port_ok)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls_become_issuer_dids() {
        for (url, did) in [
            ("https://poa.example", "did:web:poa.example"),
            ("http://127.0.0.1:8080", "did:web:127.0.0.1%3A8080"),
            ("http://localhost:1", "did:web:localhost%3A1"),
        ] {
            assert_eq!(IssuerDid::from_url(url).unwrap().as_str(), did);
        }
        for url in [
            "poa.example",
            "https://",
            "https://a/",
            "https://a/b",
            "https://u@a",
            "https://A",
            "ftp://a",
            "https://a:0",
            "https://a:08",
            "https://a%3A1",
        ] {
            assert_eq!(IssuerDid::from_url(url), Err(DidError::Url), "{url}");
        }
    }

    #[test]
    fn issuer_dids_have_one_spelling() {
        for text in [
            "did:web:",
            "did:web:A",
            "did:web:a:b",
            "did:web:a%3a1",
            "did:web:a%3A",
            "did:web:a%3A65536",
            "did:web:a%3A1%3A2",
            "did:web:a..b",
            "did:web:-a",
            "did:key:a",
            "did:web:a#k",
            "did:web:a b",
        ] {
            assert_eq!(text.parse::<IssuerDid>(), Err(DidError::Issuer), "{text}");
        }
    }

    #[test]
    fn agent_dids_belong_to_their_issuer() {
        let text = "did:poa:127.0.0.1%3A8080:6f1e7a7e-3c0b-4d52-9a3c-0123456789ab";
        let did: AgentDid = text.parse().unwrap();
        assert_eq!(did.to_string(), text);
        assert!(did.is_of(&"did:web:127.0.0.1%3A8080".parse().unwrap()) && did.is_of(&did.issuer()));
        assert!(!did.is_of(&"did:web:127.0.0.1".parse().unwrap()));
        assert_eq!(did.agent_id().to_uuid_bytes(), *did.uuid().as_bytes());
        for bad in [
            "did:poa:a:00000000-0000-0000-0000-000000000000",
            "did:poa:a:6F1E7A7E-3c0b-4d52-9a3c-0123456789ab",
            "did:poa:a:6f1e7a7e3c0b4d529a3c0123456789ab",
            "did:poa:a:{6f1e7a7e-3c0b-4d52-9a3c-0123456789ab}",
            "did:poa:6f1e7a7e-3c0b-4d52-9a3c-0123456789ab",
            "did:poa::6f1e7a7e-3c0b-4d52-9a3c-0123456789ab",
            "did:web:a:6f1e7a7e-3c0b-4d52-9a3c-0123456789ab",
        ] {
            assert_eq!(bad.parse::<AgentDid>(), Err(DidError::Agent), "{bad}");
        }
    }

    #[test]
    fn attestor_dids_are_their_key() {
        let text = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp";
        assert_eq!(text.parse::<AttestorDid>().unwrap().to_string(), text);
        assert!("did:key:z6Mk".parse::<AttestorDid>().is_err());
    }

    proptest! {
        #[test]
        fn random_texts_never_panic(text in "(did:(web|poa|key):)?\\PC{0,60}") {
            if let Ok(did) = text.parse::<IssuerDid>() { prop_assert_eq!(did.as_str(), &text); }
            if let Ok(did) = text.parse::<AgentDid>() { prop_assert_eq!(did.to_string(), text.clone()); }
            let _ = text.parse::<AttestorDid>();
            let _ = IssuerDid::from_url(&text);
        }
    }
}
