//! What a proof about a managed agent is made from.

use poa_circuits::native::attributes::Attributes;
use poa_circuits::native::tree::Path;
use poa_prover::{Disclosure, Material, Predicates};
use poa_verifier::did::AgentDid;
use poa_verifier::schema::{AttestationSchema, DisclosureSchema};
use poa_verifier::statement::Statement;

use super::ServiceError;
use crate::documents::DocumentError;
use crate::domain::{AttestationSchemaRecord, DisclosureSchemaRecord, ManagedSecrets, Opening};

/// The checked form of a stored attestation schema.
pub(super) fn attestation(record: &AttestationSchemaRecord) -> Result<AttestationSchema, DocumentError> {
    crate::documents::attestation_schema(&record.document)
}

/// The checked form of a stored disclosure schema.
pub(super) fn disclosure(record: &DisclosureSchemaRecord) -> Result<DisclosureSchema, DocumentError> {
    let stored = |error: &dyn std::fmt::Display| DocumentError::Schema(error.to_string());
    let document = serde_json::from_value(record.document.clone()).map_err(|error| stored(&error))?;
    DisclosureSchema::new(document).map_err(|error| stored(&error))
}

/// What is shown of these attributes, once it is allowed, true, and not nothing.
pub(super) fn shown(
    schema: &DisclosureSchema,
    predicates: &Predicates,
    attributes: &Attributes,
) -> Result<Disclosure, ServiceError> {
    let disclosure = Disclosure::new(schema, predicates, attributes)?;
    let statement = Statement::from_public(disclosure.to_public(attributes)).map_err(DocumentError::from)?;
    if statement.says_nothing() { Err(ServiceError::SaysNothing) } else { Ok(disclosure) }
}

/// Puts together the opening, the path under one head, and the secrets the service holds.
pub(super) fn material(
    opening: &Opening,
    path: Path,
    secrets: ManagedSecrets,
    agent: AgentDid,
) -> Result<Material, DocumentError> {
    Ok(Material {
        holder: secrets.holder,
        pseudonym: secrets.pseudonym,
        agent,
        schema: attestation(&opening.schema)?,
        attributes: opening.attributes.clone(),
        expires_at: opening.expires_at,
        salt: opening.leaf.salt,
        path,
    })
}
