//! Identifiers the service makes for agents, credentials, verifiers and their requests: UUIDs in their one canonical form.

use std::fmt;
use std::str::FromStr;

use poa_circuits::native::leaf::AgentId;
use rand_core::Rng as _;
use uuid::Uuid;

use super::entropy::EntropyRng;

/// The text is not a UUID in lower case with hyphens, or is the nil UUID.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a UUID in lower case with hyphens")]
pub struct IdError;

/// An agent's UUID. Made by the service, never by a caller; never nil.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AgentUuid(Uuid);

/// A credential's UUID.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CredentialId(Uuid);

/// The UUID of a verifier's request.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PresentationRequestId(Uuid);

/// The UUID of a registered verifier.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct VerifierId(Uuid);

/// A fresh UUID, never nil.
pub(super) fn random_uuid(rng: &mut EntropyRng) -> Uuid {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    // Version and variant bits are set, so it is never nil.
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

fn parse(text: &str) -> Result<Uuid, IdError> {
    let uuid = Uuid::try_parse(text).map_err(|_| IdError)?;
    // One spelling per id: what parses must also be what we print.
    if uuid.is_nil() || uuid.hyphenated().to_string() != text {
        return Err(IdError);
    }
    Ok(uuid)
}

impl AgentUuid {
    /// A fresh one.
    pub fn random(rng: &mut EntropyRng) -> Self {
        Self(random_uuid(rng))
    }

    /// The agent's DID under an issuer host, encoded as in did:web.
    pub fn did(self, did_host: &str) -> String {
        format!("did:poa:{did_host}:{self}")
    }

    /// The agent of a DID; none when it is not one of this host's.
    pub fn from_did(did: &str, did_host: &str) -> Option<Self> {
        did.strip_prefix("did:poa:")?.strip_prefix(did_host)?.strip_prefix(':')?.parse().ok()
    }

    /// The id inside leaves and statements.
    pub fn field_id(self) -> AgentId {
        AgentId::from_uuid_bytes(*self.0.as_bytes()).expect("the nil UUID was refused when parsing")
    }
}

impl CredentialId {
    /// A fresh one.
    pub fn random(rng: &mut EntropyRng) -> Self {
        Self(random_uuid(rng))
    }
}

impl PresentationRequestId {
    /// A fresh one.
    pub fn random(rng: &mut EntropyRng) -> Self {
        Self(random_uuid(rng))
    }
}

impl VerifierId {
    /// A fresh one.
    pub fn random(rng: &mut EntropyRng) -> Self {
        Self(random_uuid(rng))
    }
}

impl FromStr for VerifierId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        parse(text).map(Self)
    }
}

impl fmt::Display for VerifierId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for PresentationRequestId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        parse(text).map(Self)
    }
}

impl fmt::Display for PresentationRequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for AgentUuid {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        parse(text).map(Self)
    }
}

impl FromStr for CredentialId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        parse(text).map(Self)
    }
}

impl fmt::Display for AgentUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

    #[test]
    fn one_spelling_is_accepted_per_id() {
        assert_eq!(ID.parse::<AgentUuid>().unwrap().to_string(), ID);
        for other in [
            &ID.to_uppercase(),
            &ID.replace('-', ""),
            &format!("{{{ID}}}"),
            &format!("urn:uuid:{ID}"),
            "00000000-0000-0000-0000-000000000000",
            "",
        ] {
            assert_eq!(other.parse::<AgentUuid>(), Err(IdError), "{other}");
            assert_eq!(other.parse::<CredentialId>(), Err(IdError), "{other}");
        }
    }

    #[test]
    fn a_did_names_its_host() {
        let id: AgentUuid = ID.parse().unwrap();
        let did = id.did("localhost%3A8080");
        assert_eq!(did, format!("did:poa:localhost%3A8080:{ID}"));
        assert_eq!(AgentUuid::from_did(&did, "localhost%3A8080"), Some(id));
        assert_eq!(AgentUuid::from_did(&did, "localhost"), None);
        assert_eq!(AgentUuid::from_did(&format!("{did} "), "localhost%3A8080"), None);
    }
}
