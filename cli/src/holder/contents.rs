//! What the sealed file holds, and its JSON.
//!
//! Version 1. Unknown members and other versions are refused: a newer program's file must not be
//! rewritten by an older one that would drop what it does not know.

use ed25519_dalek::SigningKey;
use poa_circuits::native::holder::{HolderSecret, PseudonymSecret};
use poa_verifier::did::AgentDid;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::opening::Opening;
use super::secret::{ProvingSecrets, Secret32};
use crate::exit::{Failure, OrFail, Outcome};
use crate::keyfile;

/// The only version of the file there is.
const VERSION: u32 = 1;
/// Room for the plaintext, so that it is not moved (and left behind) while it grows.
const PLAINTEXT_CAPACITY: usize = 256 << 10;

/// Who keeps the proving secrets.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Custody {
    /// The holder keeps `k` and `n` and proves for itself.
    Holder,
    /// The service keeps them; this directory has the agent's request key alone.
    Issuer,
}

impl Custody {
    /// The word used on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Issuer => "issuer",
        }
    }
}

/// The agent this directory acts as, once it is registered.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AgentRef {
    /// `did:poa:<issuer host>:<uuid>`.
    pub did: AgentDid,
    /// The service that registered it.
    pub service: String,
}

impl AgentRef {
    /// Where the agent is at its service.
    pub fn path(&self) -> String {
        format!("/agents/{}", self.did.uuid())
    }
}

/// Everything in the sealed file.
pub struct Contents {
    /// Signs the agent's requests to the service.
    pub signing_key: SigningKey,
    /// `k` and `n`; none when the service keeps them.
    pub proving: Option<ProvingSecrets>,
    /// A key that a rotation may already have put in force: written before the request is sent, so
    /// that a broken connection cannot lose it.
    pub rotating: Option<HolderSecret>,
    /// A request key that a rotation may already have put in force, for the same reason.
    pub rotating_signing_key: Option<SigningKey>,
    /// The agent, once registered.
    pub agent: Option<AgentRef>,
    /// The newest leaf opening, one per attestation schema.
    pub openings: Vec<Opening>,
    /// The pinned trust documents, one per issuer. A file with one holds it as it did when there was room for one alone.
    pub trust: Vec<Value>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    version: u32,
    signing_key: Secret32,
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<Secret32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<Secret32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotating_k: Option<Secret32>,
    /// Only while the request key is being replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    rotating_signing_key: Option<Secret32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<AgentRef>,
    openings: Vec<Opening>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<Value>,
}

impl Contents {
    /// Fresh keys for a new directory.
    pub fn generate(custody: Custody, rng: &mut impl CryptoRng) -> Self {
        Self {
            signing_key: keyfile::generate(rng),
            proving: (custody == Custody::Holder)
                .then(|| ProvingSecrets { holder: HolderSecret::random(rng), pseudonym: PseudonymSecret::random(rng) }),
            rotating: None,
            rotating_signing_key: None,
            agent: None,
            openings: Vec::new(),
            trust: Vec::new(),
        }
    }

    /// Who keeps the proving secrets.
    pub fn custody(&self) -> Custody {
        match self.proving {
            Some(_) => Custody::Holder,
            None => Custody::Issuer,
        }
    }

    /// The agent, or what to do when there is none yet.
    pub fn agent(&self) -> Outcome<&AgentRef> {
        self.agent.as_ref().ok_or_else(|| {
            Failure::error(
                "this directory's agent is not registered yet",
                "answer the operator's challenge with `poa holder answer`, then `poa holder adopt`",
            )
        })
    }

    /// `k` and `n`, or what to do when the service keeps them.
    pub fn proving(&self) -> Outcome<&ProvingSecrets> {
        self.proving.as_ref().ok_or_else(|| {
            Failure::error(
                "this agent's proving secrets are kept by the service",
                "let the service prove: `poa issue` and `poa present` do so by themselves",
            )
        })
    }

    /// The plaintext to seal.
    pub fn encode(&self) -> Outcome<Zeroizing<Vec<u8>>> {
        let secret = |bytes: Zeroizing<[u8; 32]>| Secret32::new(bytes);
        let wire = Wire {
            version: VERSION,
            signing_key: secret(Zeroizing::new(self.signing_key.to_bytes())),
            k: self.proving.as_ref().map(|p| secret(p.holder.to_bytes())),
            n: self.proving.as_ref().map(|p| secret(p.pseudonym.to_bytes())),
            rotating_k: self.rotating.as_ref().map(|k| secret(k.to_bytes())),
            rotating_signing_key: self.rotating_signing_key.as_ref().map(|k| secret(Zeroizing::new(k.to_bytes()))),
            agent: self.agent.clone(),
            openings: self.openings.clone(),
            trust: match self.trust.as_slice() {
                [] => None,
                [only] => Some(only.clone()),
                several => Some(Value::Array(several.to_vec())),
            },
        };
        let mut plaintext = Zeroizing::new(Vec::with_capacity(PLAINTEXT_CAPACITY));
        serde_json::to_writer(&mut *plaintext, &wire).or_fail("the holder's file cannot be written", REPORT)?;
        Ok(plaintext)
    }

    /// Reads an opened plaintext.
    pub fn decode(plaintext: &[u8]) -> Outcome<Self> {
        let next = "use the version of poa that wrote the file";
        // The parser's own text could quote a secret.
        let other_form = |_| Failure::error("the holder's file has another form", next);
        let wire: Wire = serde_json::from_slice(plaintext).map_err(other_form)?;
        if wire.version != VERSION {
            let what = format!("the holder's file has version {}, not 1", wire.version);
            return Err(Failure::error(what, next));
        }
        let scalar = |k: &Secret32| HolderSecret::from_bytes(k.bytes()).or_fail("k", REPORT);
        let proving = match (&wire.k, &wire.n) {
            (Some(k), Some(n)) => Some(ProvingSecrets {
                holder: scalar(k)?,
                pseudonym: PseudonymSecret::from_bytes(n.bytes()).or_fail("n", REPORT)?,
            }),
            (None, None) => None,
            _ => return Err(Failure::error("the holder's file has k or n alone", REPORT)),
        };
        Ok(Self {
            signing_key: SigningKey::from_bytes(wire.signing_key.bytes()),
            proving,
            rotating: wire.rotating_k.as_ref().map(scalar).transpose()?,
            rotating_signing_key: wire.rotating_signing_key.as_ref().map(|key| SigningKey::from_bytes(key.bytes())),
            agent: wire.agent,
            openings: wire.openings,
            trust: match wire.trust {
                None => Vec::new(),
                Some(Value::Array(several)) => several,
                Some(only) => vec![only],
            },
        })
    }
}

const REPORT: &str = "restore an export; if it happens again, please report it";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system;

    #[test]
    fn contents_survive_encoding_in_both_kinds_of_custody() {
        for custody in [Custody::Holder, Custody::Issuer] {
            let mut contents = Contents::generate(custody, &mut system::rng());
            let did = "did:poa:h:67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap();
            contents.agent = Some(AgentRef { did, service: "https://h".into() });
            contents.rotating_signing_key = Some(keyfile::generate(&mut system::rng()));
            let plaintext = contents.encode().unwrap();
            let read = Contents::decode(&plaintext).unwrap();
            assert_eq!(*read.encode().unwrap(), *plaintext);
            assert_eq!(read.custody(), custody);
            assert_eq!(read.agent().unwrap().path(), "/agents/67e55044-10b1-426f-9247-bb680e5fe0c8");
        }
    }

    #[test]
    fn another_version_an_unknown_member_and_half_a_secret_are_refused() {
        let contents = Contents::generate(Custody::Holder, &mut system::rng());
        let plaintext = contents.encode().unwrap();
        let text = std::str::from_utf8(&plaintext).unwrap();
        for (from, to) in [
            ("\"version\":1", "\"version\":2"),
            ("\"openings\"", "\"surplus\":0,\"openings\""),
            ("\"k\":", "\"rotating_k\":"),
        ] {
            let altered = text.replacen(from, to, 1);
            assert_ne!(altered, text);
            assert!(Contents::decode(altered.as_bytes()).is_err(), "{to}");
        }
        let k = hex::encode(contents.proving().unwrap().holder.to_bytes());
        let misplaced = text.replacen("\"version\":1", &format!("\"version\":\"{k}\""), 1);
        let Err(failure) = Contents::decode(misplaced.as_bytes()) else { panic!("a key was read as a version") };
        assert!(!failure.what.contains(&k), "{}", failure.what);
    }
}
