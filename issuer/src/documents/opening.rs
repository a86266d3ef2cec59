//! A leaf's opening as its holder is given it.

use poa_circuits::native::attributes::Mask;
use poa_circuits::native::field::{self, F};
use poa_circuits::statement::Public;
use poa_verifier::render;
use poa_verifier::schema::AttestationSchema;
use poa_verifier::statement::Statement;
use serde_json::{Value, json};

use super::DocumentError;
use crate::domain::Opening;

/// Writes the opening: every input of the leaf's hash, and the attributes as a document that disclosed
/// all of them would show them.
pub fn opening(opening: &Opening) -> Result<Value, DocumentError> {
    let leaf = &opening.leaf;
    Ok(json!({
        "identity": field::encode_hex(&leaf.identity),
        "pseudonym": field::encode_hex(&leaf.pseudonym),
        "agent": field::encode_hex(&leaf.agent.to_field()),
        "schema": field::encode_hex(&leaf.schema),
        "attributes": attributes(opening)?,
        "attribute_fields": leaf.attributes.iter().map(field::encode_hex).collect::<Vec<_>>(),
        "build_sha256": opening.attributes.build_sha256.map(hex::encode),
        "expires_at": leaf.expires_at,
        "salt": field::encode_hex(&leaf.salt),
    }))
}

fn attributes(opening: &Opening) -> Result<Value, DocumentError> {
    let public = Public { mask: F::from(Mask::ALL.bits()), disclosed: opening.leaf.attributes, ..Public::default() };
    let statement = Statement::from_public(public)?;
    let schema = attestation_schema(&opening.schema.document)?;
    let build = opening.attributes.build_sha256;
    let mut subject = render::credential_subject(&statement, None, &schema, build.as_ref())?;
    if let Some(members) = subject.as_object_mut() {
        members.remove("type");
    }
    Ok(subject)
}

/// The checked form of a stored attestation schema.
pub(crate) fn attestation_schema(document: &Value) -> Result<AttestationSchema, DocumentError> {
    let document =
        serde_json::from_value(document.clone()).map_err(|error| DocumentError::Schema(error.to_string()))?;
    AttestationSchema::new(document).map_err(|error| DocumentError::Schema(error.to_string()))
}
