//! What a command line names: an agent, a credential. The whole name counts: a DID or URL of another service does not
//! mean the one of ours with the same UUID.

use std::fmt;
use std::str::FromStr;

use poa_verifier::did::{AgentDid, IssuerDid};
use poa_verifier::origin::Origin;
use serde_json::Value;
use uuid::Uuid;

use crate::client::{Auth, Client};
use crate::exit::{Failure, OrFail as _, Outcome};

/// Where a service says who it is.
const TRUST_PATH: &str = "/.well-known/poa-trust.json";
/// Where credentials are, in their URLs.
const CREDENTIALS: &str = "/credentials/";

/// An agent as it was named.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AgentName {
    /// By its DID.
    Did(AgentDid),
    /// By the UUID alone: the one of the service that is asked.
    Uuid(Uuid),
}

/// A credential as it was named.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CredentialName {
    /// By its id, a URL of its issuer.
    Url(Origin, Uuid),
    /// By the UUID alone: the one of the service that is asked.
    Uuid(Uuid),
}

/// Why a text names nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NameError(&'static str);

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NameError {}

/// Who a service says it is. The CLI acts there whatever it says; names are held against it.
pub struct Identity {
    issuer: IssuerDid,
    url: Origin,
}

impl Identity {
    /// Asks the service.
    pub fn of(client: &Client) -> Outcome<Self> {
        let document = client.get(TRUST_PATH, Auth::Nobody)?;
        let next = "check that the URL is that of a poa service";
        let text = |member: &str| document[member].as_str().unwrap_or_default();
        let issuer = text("issuer").parse().or_fail("the service does not say who it is", next)?;
        let url = text("url").parse().or_fail("the service does not say where it is", next)?;
        Ok(Self { issuer, url })
    }

    /// Its DID.
    pub fn issuer(&self) -> &IssuerDid {
        &self.issuer
    }

    /// The DID of one of its agents.
    fn agent(&self, id: Uuid) -> Outcome<AgentDid> {
        AgentDid::new(&self.issuer, id)
            .ok_or_else(|| Failure::error("the nil UUID names no agent", "`poa agent list` shows all"))
    }
}

impl AgentName {
    /// The agent at a service; one of another issuer is refused.
    pub fn at(&self, client: &Client) -> Outcome<AgentDid> {
        let identity = Identity::of(client)?;
        match self {
            Self::Uuid(id) => identity.agent(*id),
            Self::Did(did) if did.is_of(&identity.issuer) => Ok(did.clone()),
            Self::Did(did) => Err(Failure::refused(
                format!("{did} is an agent of {}, and {} is of {}", did.issuer(), client.base(), identity.issuer),
                "name the agent's own service with --service, or an agent of this one",
            )),
        }
    }

    /// The UUID, as it stands in paths.
    pub fn uuid(&self) -> Uuid {
        match self {
            Self::Did(did) => did.uuid(),
            Self::Uuid(id) => *id,
        }
    }

    /// Whether the DID is the one that was named.
    pub fn is(&self, did: &AgentDid) -> bool {
        match self {
            Self::Did(named) => named == did,
            Self::Uuid(id) => *id == did.uuid(),
        }
    }
}

impl CredentialName {
    /// The UUID, as it stands in paths.
    pub fn uuid(&self) -> Uuid {
        match self {
            Self::Url(_, id) | Self::Uuid(id) => *id,
        }
    }

    /// The credential at a service, by its whole name; one of another issuer is refused.
    pub fn at(&self, client: &Client) -> Outcome<Self> {
        let identity = Identity::of(client)?;
        match self {
            Self::Url(origin, _) if *origin != identity.url => Err(Failure::refused(
                format!("{self} is a credential of {origin}, and the service asked is {}", identity.url),
                "name the credential's own service with --service",
            )),
            named => Ok(Self::Url(identity.url, named.uuid())),
        }
    }
}

impl FromStr for AgentName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = NameError("expected an agent's DID, did:poa:HOST:UUID, or its UUID alone");
        if text.starts_with("did:") {
            return text.parse().map(Self::Did).map_err(|_| wrong);
        }
        uuid(text).map(Self::Uuid).ok_or(wrong)
    }
}

impl FromStr for CredentialName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = NameError("expected a credential's id, https://HOST/credentials/UUID, or its UUID alone");
        if !text.contains("://") {
            return uuid(text).map(Self::Uuid).ok_or(wrong);
        }
        let (origin, path) = Origin::split(text).map_err(|_| wrong.clone())?;
        let id = path.strip_prefix(CREDENTIALS).and_then(uuid).ok_or(wrong)?;
        Ok(Self::Url(origin, id))
    }
}

impl fmt::Display for AgentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Did(did) => did.fmt(f),
            Self::Uuid(id) => id.hyphenated().fmt(f),
        }
    }
}

impl fmt::Display for CredentialName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(origin, id) => write!(f, "{origin}{CREDENTIALS}{id}"),
            Self::Uuid(id) => id.hyphenated().fmt(f),
        }
    }
}

/// A UUID with its hyphens, in either case; not nil. Braces, URNs and bare digits are other things' spellings.
fn uuid(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text).ok().filter(|id| !id.is_nil())?;
    id.hyphenated().to_string().eq_ignore_ascii_case(text).then_some(id)
}

/// The DID in a service's answer.
pub fn did_in(value: &Value) -> Outcome<AgentDid> {
    let text = value.as_str().unwrap_or_default();
    text.parse().or_fail("the service's answer names no agent", "check that the URL is that of a poa service")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

    #[test]
    fn a_name_is_whole_or_the_uuid_alone() {
        let did = format!("did:poa:h.example:{ID}");
        assert_eq!(did.parse::<AgentName>().unwrap().to_string(), did);
        assert_eq!(ID.to_uppercase().parse::<AgentName>().unwrap().to_string(), ID);
        for text in [
            "",
            "x",
            &format!("did:web:h.example:{ID}"),
            &format!("did:poa:{ID}"),
            &format!("did:poa:H.example:{ID}"),
            &format!("{did}#key-1"),
            &format!("urn:uuid:{ID}"),
            &format!("{{{ID}}}"),
            &ID.replace('-', ""),
            &format!("https://h.example/credentials/{ID}"),
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert!(text.parse::<AgentName>().is_err(), "{text}");
        }
        let url = format!("https://H.example:443/credentials/{ID}");
        assert_eq!(url.parse::<CredentialName>().unwrap().to_string(), format!("https://h.example/credentials/{ID}"));
        for text in [
            "cred.json",
            "garbage",
            &did,
            &format!("https://h.example/agents/{ID}"),
            &format!("https://h.example/credentials/{ID}/status"),
            &format!("https://h.example/a/credentials/{ID}"),
            &format!("/credentials/{ID}"),
        ] {
            assert!(text.parse::<CredentialName>().is_err(), "{text}");
        }
    }
}
