//! Agents: registration with proof of possession, lookup, the secrets of managed ones.

use poa_circuits::native::eddsa::HolderSignature;
use poa_circuits::native::field::F;
use poa_circuits::native::holder::{HolderKey, HolderSecret, PseudonymSecret};
use poa_verifier::holder_pop::Action;
use serde_json::Value;

use super::challenges::{Answer, use_challenge};
use super::ids::AgentUuid;
use super::{Domain, DomainError, Kind, text};
use crate::keys::Place;
use crate::store::{NewAgent, StoreError, Tx};

const MAX_SOURCE_BYTES: usize = 2_048;
const MAX_MANIFEST_BYTES: usize = 16 * 1024;
/// Most agents on one page of a listing.
pub const MAX_PAGE: u32 = 200;

/// Who holds an agent's secrets `k` and `n`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Custody {
    /// The agent itself; the service can neither present nor compute pseudonyms for it.
    Holder,
    /// The service.
    Issuer,
}

/// Whether an agent is in good standing, as decided; published with the next head.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum AgentStatus {
    /// In good standing.
    Active,
    /// Reversibly out of it.
    Suspended,
    /// For good out of it.
    Revoked,
}

/// Who asks for an act.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Actor {
    /// The service's operator.
    Operator,
    /// The agent itself.
    Agent,
}

/// A holder key as it is stored. Its point is decompressed where it is used as one: that takes a square root, which is
/// too much for each row of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StoredHolderKey([u8; 32]);

impl StoredHolderKey {
    pub(crate) fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the bytes are not those of a key that was stored here.
    pub fn decode(self) -> Result<HolderKey, StoreError> {
        HolderKey::from_bytes(&self.0).map_err(|_| StoreError::Corrupt("agents.holder_key"))
    }
}

impl Actor {
    /// The name in the operator's log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Agent => "agent",
        }
    }
}

/// A registered agent, without secrets and attributes.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Its UUID.
    pub id: AgentUuid,
    /// Its DID.
    pub did: String,
    /// For people.
    pub name: String,
    /// Who holds its secrets.
    pub custody: Custody,
    /// Its standing.
    pub status: AgentStatus,
    /// The Ed25519 key in force.
    pub ed25519_public_key: [u8; 32],
    /// The holder key in force.
    pub holder_key: StoredHolderKey,
    /// `I`.
    pub identity: F,
    /// `N`.
    pub pseudonym: F,
    /// SHA-256 of its build as registered.
    pub build_sha256: Option<[u8; 32]>,
    /// URI of its source.
    pub source: Option<String>,
    /// As registered.
    pub manifest: Option<Value>,
    /// Unix seconds.
    pub registered_at: u64,
    /// Its live leaf, as published.
    pub leaf: Option<LeafSummary>,
}

/// Where an agent's live leaf is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LeafSummary {
    /// The log.
    pub log: String,
    /// Append order.
    pub index: u32,
    /// The first publication that contains it.
    pub seq: u64,
    /// Unix seconds.
    pub attested_at: u64,
    /// Unix seconds.
    pub expires_at: u64,
}

/// What an operator registers.
#[derive(Clone, Debug)]
pub struct Registration {
    /// For people, 1 to 200 bytes.
    pub name: String,
    /// For the agent's requests.
    pub ed25519_public_key: [u8; 32],
    /// URI of its source.
    pub source: Option<String>,
    /// A JSON object.
    pub manifest: Option<Value>,
    /// SHA-256 of its reproducible build.
    pub build_sha256: Option<[u8; 32]>,
    /// Its holder key with proof of possession; none when the service shall hold the secrets.
    pub holder: Option<HolderProof>,
}

/// Proof that the registrant holds `k` and `n`'s commitment is its choice.
#[derive(Clone, Debug)]
pub struct HolderProof {
    /// The UUID of the challenge.
    pub agent: AgentUuid,
    /// The challenge's nonce.
    pub nonce: String,
    /// The challenge's `exp`.
    pub exp: u64,
    /// `K`.
    pub key: HolderKey,
    /// `N`.
    pub pseudonym: F,
    /// Over the challenge.
    pub signature: HolderSignature,
}

/// One page of a listing.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// In id order.
    pub items: Vec<T>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// With which keys an agent may sign a request now.
#[derive(Clone, Debug)]
pub struct RequestKeys {
    /// The key in force.
    pub newest: [u8; 32],
    /// The same, and a replaced one in its hour of grace.
    pub keys: Vec<[u8; 32]>,
}

/// The secrets of a managed agent. No `Debug`; both zeroise when dropped.
pub struct ManagedSecrets {
    /// `k`.
    pub holder: HolderSecret,
    /// `n`.
    pub pseudonym: PseudonymSecret,
}

impl Domain {
    /// Registers an agent. A holder's proof uses up its challenge; a refusal changes nothing.
    pub async fn register_agent(&self, registration: Registration, now: u64) -> Result<Agent, DomainError> {
        check_registration(&registration)?;
        let answer = &registration.holder.as_ref().map(|proof| Answer {
            action: Action::Register,
            agent: proof.agent,
            nonce: &proof.nonce,
            exp: proof.exp,
        });
        if let (Some(proof), Some(answer)) = (&registration.holder, answer) {
            let signatures = [(&proof.signature, &proof.key)];
            self.check_pop(answer, &proof.key, &proof.pseudonym, &signatures, now)?;
        }
        let row = &self.new_agent(&registration, now)?;
        self.store
            .run_tx("register_agent", |tx, _| {
                Box::pin(async move {
                    if let Some(answer) = answer {
                        use_challenge(tx, answer, now).await?;
                    }
                    if tx.identity_owner(&row.identity).await?.is_some() {
                        return Err(DomainError::IdentityUsed);
                    }
                    if tx.pseudonym_owner(&row.pseudonym).await?.is_some() {
                        return Err(DomainError::PseudonymUsed);
                    }
                    tx.insert_agent(row).await?;
                    self.required_agent(tx, row.id).await
                })
            })
            .await
    }

    fn new_agent(&self, registration: &Registration, now: u64) -> Result<NewAgent, DomainError> {
        let (id, key, pseudonym, sealed) = match &registration.holder {
            Some(proof) => (proof.agent, proof.key, proof.pseudonym, None),
            None => self.managed_identity(),
        };
        let (sealed_holder, sealed_pseudonym) = sealed.unzip();
        Ok(NewAgent {
            id,
            name: registration.name.clone(),
            custody: if registration.holder.is_some() { Custody::Holder } else { Custody::Issuer },
            ed25519_public_key: registration.ed25519_public_key,
            holder_key: key,
            identity: key.commitment(),
            pseudonym,
            sealed_holder,
            sealed_pseudonym,
            build_sha256: registration.build_sha256,
            source: registration.source.clone(),
            manifest: registration.manifest.clone(),
            registered_at: now,
        })
    }

    /// A fresh id with fresh secrets, sealed.
    #[allow(clippy::type_complexity)] // one caller, which takes it apart at once
    fn managed_identity(&self) -> (AgentUuid, HolderKey, F, Option<(Vec<u8>, Vec<u8>)>) {
        let mut rng = self.rng();
        let id = AgentUuid::random(&mut rng);
        let holder = HolderSecret::random(&mut rng);
        let pseudonym = PseudonymSecret::random(&mut rng);
        let row = id.to_string();
        let sealed = (
            self.master.seal(&holder_place(&row), holder.to_bytes().as_ref(), &mut rng),
            self.master.seal(&pseudonym_place(&row), pseudonym.to_bytes().as_ref(), &mut rng),
        );
        (id, holder.public(), pseudonym.commitment(), Some(sealed))
    }

    /// An agent by id.
    pub async fn agent(&self, id: AgentUuid) -> Result<Agent, DomainError> {
        self.store.read_tx(|tx, _| Box::pin(async move { self.required_agent(tx, id).await })).await
    }

    /// A page of agents in id order, after a cursor.
    pub async fn agents(&self, after: Option<&str>, limit: u32) -> Result<Page<Agent>, DomainError> {
        let after = after
            .map(str::parse::<AgentUuid>)
            .transpose()
            .map_err(|_| DomainError::Member { member: "cursor", reason: "not a cursor of this listing" })?;
        let limit = limit.clamp(1, MAX_PAGE);
        let mut items = self
            .store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    Ok::<_, DomainError>(tx.agents_after(after, limit + 1, &self.settings.did_host).await?)
                })
            })
            .await?;
        let next = (items.len() > limit as usize).then(|| {
            items.truncate(limit as usize);
            items[items.len() - 1].id.to_string()
        });
        Ok(Page { items, next })
    }

    /// The keys with which the agent may sign requests now.
    pub async fn request_keys(&self, id: AgentUuid, now: u64) -> Result<RequestKeys, DomainError> {
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    let agent = self.required_agent(tx, id).await?;
                    let keys = tx.signing_keys(id, now).await?;
                    Ok(RequestKeys { newest: agent.ed25519_public_key, keys })
                })
            })
            .await
    }

    /// The agent with every Ed25519 key it had, oldest first, and the second from which each was in force.
    pub async fn agent_with_keys(&self, id: AgentUuid) -> Result<(Agent, Vec<([u8; 32], u64)>), DomainError> {
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    let agent = self.required_agent(tx, id).await?;
                    let keys = tx.signing_key_history(id).await?;
                    Ok((agent, keys))
                })
            })
            .await
    }

    /// The secrets of a managed agent, unsealed.
    pub async fn managed_secrets(&self, id: AgentUuid) -> Result<ManagedSecrets, DomainError> {
        let (holder, pseudonym) = self
            .store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    self.required_agent(tx, id).await?;
                    tx.sealed_secrets(id).await?.ok_or(DomainError::Custody)
                })
            })
            .await?;
        let row = id.to_string();
        let open = |place: &Place<'_>, sealed: &[u8]| {
            let bytes = self.master.open(place, sealed).map_err(|_| DomainError::Sealed)?;
            let mut array = zeroize::Zeroizing::new([0u8; 32]);
            if bytes.len() != array.len() {
                return Err(DomainError::Sealed);
            }
            array.copy_from_slice(&bytes);
            Ok(array)
        };
        let holder = open(&holder_place(&row), &holder)?;
        let pseudonym = open(&pseudonym_place(&row), &pseudonym)?;
        Ok(ManagedSecrets {
            holder: HolderSecret::from_bytes(&holder).map_err(|_| DomainError::Sealed)?,
            pseudonym: PseudonymSecret::from_bytes(&pseudonym).map_err(|_| DomainError::Sealed)?,
        })
    }

    pub(super) async fn required_agent(&self, tx: &mut Tx, id: AgentUuid) -> Result<Agent, DomainError> {
        tx.agent(id, &self.settings.did_host).await?.ok_or(DomainError::NotFound(Kind::Agent))
    }
}

fn holder_place(row: &str) -> Place<'_> {
    Place { table: "agents", row, column: "sealed_holder" }
}

fn pseudonym_place(row: &str) -> Place<'_> {
    Place { table: "agents", row, column: "sealed_pseudonym" }
}

fn check_registration(registration: &Registration) -> Result<(), DomainError> {
    text::name(&registration.name)?;
    super::check_ed25519(&registration.ed25519_public_key)?;
    if let Some(source) = &registration.source {
        text::uri("source", source, MAX_SOURCE_BYTES)?;
    }
    match &registration.manifest {
        Some(manifest) if !manifest.is_object() => {
            Err(DomainError::Member { member: "manifest", reason: "not an object" })
        }
        Some(manifest) if manifest.to_string().len() > MAX_MANIFEST_BYTES => {
            Err(DomainError::Member { member: "manifest", reason: "larger than 16 KiB" })
        }
        _ => Ok(()),
    }
}

impl Custody {
    /// The name in documents and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Issuer => "issuer",
        }
    }
}

impl std::str::FromStr for Custody {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Holder, Self::Issuer].into_iter().find(|c| c.as_str() == text).ok_or(())
    }
}

impl AgentStatus {
    /// The name in documents and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }
}

impl std::str::FromStr for AgentStatus {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Active, Self::Suspended, Self::Revoked].into_iter().find(|s| s.as_str() == text).ok_or(())
    }
}
