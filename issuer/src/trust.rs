//! What the service publishes about itself and verifies with: the signed trust document, and a verifier
//! configured with exactly that. The service trusts nothing about itself that it does not publish.

use std::sync::{Arc, PoisonError, RwLock};

use poa_circuits::statement::CIRCUIT;
use poa_verifier::agenthood::issuers::AgenthoodIssuers;
use poa_verifier::did::{DidError, IssuerDid};
use poa_verifier::key::VerifyingKey;
use poa_verifier::schema::{AttestationSchemaDocument, DisclosureSchemaDocument};
use poa_verifier::trust::{
    KeyPurpose, KeyState, ListPurpose, TYPE, Trust, TrustDocument, TrustError, TrustKey, TrustStatusList,
    TrustVerifyingKey, VERSION,
};
use poa_verifier::{Verifier, json, multibase, time};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::config::Config;
use crate::documents::status_list_url;
use crate::domain::{Domain, DomainError};
use crate::keys::{IssuerKeys, ListedKey, Purpose, SignError};
use crate::store::StoreError;

/// One state of the published document.
pub struct Snapshot {
    /// The signed document in JCS form, as served.
    pub bytes: Vec<u8>,
    /// The verifier that is configured with it.
    pub verifier: Verifier,
}

/// The trust document in force; replaced when a schema is added or a key changes.
pub struct Published(RwLock<Arc<Snapshot>>);

/// Why the trust document could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustFailure {
    /// The issuer's DID.
    #[error("trust document: {0}")]
    Issuer(#[from] DidError),
    /// A time beyond the year 9999.
    #[error("trust document: {0}")]
    Time(#[from] time::TimeError),
    /// A stored document is not what was stored.
    #[error("trust document: stored schema: {0}")]
    Stored(#[from] serde_json::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rules.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// Signing.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// Our own verifier refuses it: it is not published.
    #[error(transparent)]
    Refused(#[from] TrustError),
}

impl Published {
    /// Builds, signs and checks the document.
    pub async fn build(
        config: &Config,
        domain: &Domain,
        keys: &IssuerKeys,
        key: &VerifyingKey,
        development: bool,
    ) -> Result<Self, TrustFailure> {
        let snapshot = snapshot(config, domain, keys, key, development).await?;
        Ok(Self(RwLock::new(Arc::new(snapshot))))
    }

    /// The state in force.
    pub fn now(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over the state of another build.
    pub fn replace(&self, other: Self) {
        let next = other.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

/// The date of the document, Unix seconds: that of the newest of its parts, not the clock's, so that the bytes, and with
/// them the fingerprint, change only with the parts.
pub(crate) async fn issued_at(domain: &Domain, keys: &IssuerKeys) -> Result<u64, DomainError> {
    let disclosure = domain.disclosure_schemas().await?.into_iter().map(|schema| schema.created_at);
    Ok(disclosure.chain(domain.newest_attestation_schema_time().await?).fold(keys.changed_at(), u64::max))
}

async fn snapshot(
    config: &Config,
    domain: &Domain,
    keys: &IssuerKeys,
    key: &VerifyingKey,
    development: bool,
) -> Result<Snapshot, TrustFailure> {
    let issuer = IssuerDid::from_url(&config.public_url.to_string())?;
    let attestation = domain.attestation_schemas().await?;
    let disclosure = domain.disclosure_schemas().await?;
    let issued_at = issued_at(domain, keys).await?;
    let document = TrustDocument {
        kind: TYPE.to_owned(),
        version: VERSION,
        url: config.public_url.to_string(),
        issued_at: time::format_utc(issued_at)?,
        keys: keys.listed().iter().map(trust_key).collect::<Result<_, _>>()?,
        succession: keys.succession(),
        logs: domain.logs().await?,
        attestation_schemas: stored::<AttestationSchemaDocument>(
            attestation.into_iter().map(|schema| schema.document),
        )?,
        disclosure_schemas: stored::<DisclosureSchemaDocument>(disclosure.into_iter().map(|schema| schema.document))?,
        verifying_keys: vec![verifying_key(key, development)],
        status_lists: [ListPurpose::Revocation, ListPurpose::Suspension]
            .map(|purpose| TrustStatusList { id: status_list_url(&config.public_url, purpose), purpose })
            .to_vec(),
        issuer,
    };
    let signed = keys.sign_credential(&document.to_value(), issued_at)?;
    let bytes = json::canonical(&signed);
    let verifier = Verifier::new(Trust::from_json(&bytes)?).with_agenthood(agenthood(config));
    Ok(Snapshot { bytes, verifier })
}

/// What the verifier has to know of our own documents of agenthood that is not in the trust document.
fn agenthood(config: &Config) -> AgenthoodIssuers {
    let mut issuers = config.agenthood.foreign_issuers.clone();
    issuers.network = config.agenthood.network;
    issuers.own_snapshots = config.agenthood.chain.is_fixture();
    issuers
}

fn stored<T: DeserializeOwned>(documents: impl Iterator<Item = Value>) -> Result<Vec<T>, serde_json::Error> {
    documents.map(serde_json::from_value).collect()
}

fn trust_key(key: &ListedKey) -> Result<TrustKey, TrustFailure> {
    Ok(TrustKey {
        id: key.id.clone(),
        purpose: match key.purpose {
            Purpose::Credentials => KeyPurpose::Credentials,
            Purpose::Heads => KeyPurpose::Heads,
            Purpose::Status => KeyPurpose::Status,
            Purpose::VcApi => KeyPurpose::VcApi,
        },
        state: key.state,
        retired_at: key.retired_at.map(time::format_utc).transpose()?,
        public_key_multibase: key.public.to_multikey(),
    })
}

fn verifying_key(key: &VerifyingKey, development: bool) -> TrustVerifyingKey {
    TrustVerifyingKey {
        sha256: hex::encode(key.sha256()),
        circuit: CIRCUIT.to_owned(),
        state: KeyState::Active,
        retired_at: None,
        development,
        bytes: multibase::encode_base64url(&key.to_bytes()),
    }
}
