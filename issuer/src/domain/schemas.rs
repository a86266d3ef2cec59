//! Attestation schemas (what a leaf means, seeded once) and disclosure schemas (what a credential shows,
//! added at run time). Both are immutable documents.

use poa_circuits::native::attributes::Slot;
use poa_circuits::native::field::{self, F};
use serde_json::{Value, json};

use super::agents::Custody;
use super::{Domain, DomainError, FIRST_LOG, Kind, Settings};

/// An attestation schema with its document.
#[derive(Clone, Debug, PartialEq)]
pub struct AttestationSchemaRecord {
    /// URL.
    pub id: String,
    /// The last but one part of the URL.
    pub name: String,
    /// The last part of the URL.
    pub version: u32,
    /// `to_field("schema", JCS(document))`.
    pub field: F,
    /// Who holds the secrets of the agents it is for.
    pub custody: Custody,
    /// The capability registry, at most 64 names.
    pub capabilities: Vec<String>,
    /// Seconds between attestation and expiry.
    pub leaf_lifetime_s: u64,
    /// Whether superseding a leaf revokes the credentials made from it.
    pub revoke_on_supersede: bool,
    /// The document.
    pub document: Value,
}

/// A disclosure schema with its document.
#[derive(Clone, Debug, PartialEq)]
pub struct DisclosureSchemaRecord {
    /// URL.
    pub id: String,
    /// Its name.
    pub name: String,
    /// From 1.
    pub version: u32,
    /// The document.
    pub document: Value,
    /// `sha256-` and base64 of the digest of the JCS form.
    pub digest_sri: String,
    /// Unix seconds.
    pub created_at: u64,
}

/// The attestation schema of a custody under these settings. A later log's has a name of its own: readers may hold the
/// document of an earlier one for good.
fn attestation_schema(settings: &Settings, custody: Custody, version: u32) -> AttestationSchemaRecord {
    let name = match settings.log.as_str() {
        FIRST_LOG => format!("agent-attributes-{}", custody.as_str()),
        log => format!("agent-attributes-{}-{log}", custody.as_str()),
    };
    let id = format!("{}/schemas/{name}/{version}", settings.public_url);
    let slots: Vec<_> = Slot::ALL.iter().map(|slot| slot.name()).collect();
    let document = json!({
        "id": id,
        "issuer": settings.issuer,
        "log": settings.log,
        "slots": slots,
        "capabilities": settings.capabilities,
        "leaf_lifetime": settings.leaf_lifetime_s,
        "revoke_on_supersede": false,
        "custody": custody.as_str(),
    });
    AttestationSchemaRecord {
        field: field::to_field("schema", &poa_verifier::json::canonical(&document)),
        id,
        name,
        version,
        custody,
        capabilities: settings.capabilities.clone(),
        leaf_lifetime_s: settings.leaf_lifetime_s,
        revoke_on_supersede: false,
        document,
    }
}

/// The attestation schema to add for a custody: the first, or the next version when the registry has grown.
///
/// # Errors
/// [`DomainError::SchemaExists`] when leaves were made under another meaning: a registry that does not begin with the
/// former, another lifetime, another URL.
pub(super) fn next_attestation_schema(
    settings: &Settings,
    custody: Custody,
    known: &[AttestationSchemaRecord],
) -> Result<Option<AttestationSchemaRecord>, DomainError> {
    let Some(newest) = newest_for(known, custody) else {
        return Ok(Some(attestation_schema(settings, custody, 1)));
    };
    let same = attestation_schema(settings, custody, newest.version);
    if same.document == newest.document {
        return Ok(None);
    }
    let mut grown = newest.document.clone();
    grown["capabilities"] = json!(settings.capabilities);
    if grown != same.document || !settings.capabilities.starts_with(&newest.capabilities) {
        return Err(DomainError::SchemaExists);
    }
    Ok(Some(attestation_schema(settings, custody, newest.version + 1)))
}

impl Domain {
    /// Every attestation schema, oldest first.
    pub async fn attestation_schemas(&self) -> Result<Vec<AttestationSchemaRecord>, DomainError> {
        self.store.read_tx(|tx, _| Box::pin(async move { Ok(tx.attestation_schemas().await?) })).await
    }

    /// When the newest attestation schema was made, Unix seconds.
    pub async fn newest_attestation_schema_time(&self) -> Result<Option<u64>, DomainError> {
        self.store.read_tx(|tx, _| Box::pin(async move { Ok(tx.newest_attestation_schema_time().await?) })).await
    }

    /// An attestation schema by name and version.
    pub async fn attestation_schema(&self, name: &str, version: u32) -> Result<AttestationSchemaRecord, DomainError> {
        let all = self.attestation_schemas().await?;
        all.into_iter()
            .find(|schema| schema.name == name && schema.version == version)
            .ok_or(DomainError::NotFound(Kind::Schema))
    }

    /// An attestation schema by its URL.
    pub async fn attestation_schema_by_id(&self, id: &str) -> Result<AttestationSchemaRecord, DomainError> {
        let all = self.attestation_schemas().await?;
        all.into_iter().find(|schema| schema.id == id).ok_or(DomainError::NotFound(Kind::Schema))
    }

    /// The schema under which leaves of this custody are made now: the newest of that custody.
    pub async fn attestation_schema_for(&self, custody: Custody) -> Result<AttestationSchemaRecord, DomainError> {
        let all = self.attestation_schemas().await?;
        newest_for(&all, custody).cloned().ok_or(DomainError::NotFound(Kind::Schema))
    }

    /// Adds a disclosure schema. The caller checked the document; the same content again changes nothing.
    pub async fn add_disclosure_schema(
        &self,
        schema: DisclosureSchemaRecord,
    ) -> Result<DisclosureSchemaRecord, DomainError> {
        let schema = &schema;
        self.store
            .run_tx("add_disclosure_schema", |tx, _| {
                Box::pin(async move {
                    let known = tx.disclosure_schema(&schema.name, schema.version).await?;
                    if let Some(known) = known {
                        let same = known.digest_sri == schema.digest_sri && known.id == schema.id;
                        return if same { Ok(known) } else { Err(DomainError::SchemaExists) };
                    }
                    tx.insert_disclosure_schema(schema).await?;
                    let detail = json!({ "digest": schema.digest_sri });
                    tx.log_act(schema.created_at, "add_schema", &schema.id, &detail).await?;
                    Ok(schema.clone())
                })
            })
            .await
    }

    /// Every disclosure schema, by name and version.
    pub async fn disclosure_schemas(&self) -> Result<Vec<DisclosureSchemaRecord>, DomainError> {
        self.store.read_tx(|tx, _| Box::pin(async move { Ok(tx.disclosure_schemas().await?) })).await
    }

    /// A disclosure schema by name and version.
    pub async fn disclosure_schema(&self, name: &str, version: u32) -> Result<DisclosureSchemaRecord, DomainError> {
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    tx.disclosure_schema(name, version).await?.ok_or(DomainError::NotFound(Kind::Schema))
                })
            })
            .await
    }
}

/// The newest schema of a custody.
pub(super) fn newest_for(schemas: &[AttestationSchemaRecord], custody: Custody) -> Option<&AttestationSchemaRecord> {
    schemas.iter().filter(|schema| schema.custody == custody).max_by_key(|schema| schema.version)
}
