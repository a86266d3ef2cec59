//! A standing credential before any proof: what both the prover and the issuer sign.

use poa_verifier::schema::DISCLOSURE_SCHEMA_TYPE;
use poa_verifier::status::StatusEntry;
use poa_verifier::trust::ListPurpose;
use poa_verifier::{credential, time};
use serde_json::{Value, json};

use super::DocumentError;
use crate::config::PublicUrl;
use crate::domain::{CredentialId, DisclosureSchemaRecord};

/// What a standing credential says.
#[derive(Debug)]
pub struct Unsigned<'a> {
    /// The service's public URL.
    pub url: &'a PublicUrl,
    /// The credential's id; its `id` member is the URL of its page.
    pub id: CredentialId,
    /// `credentialSubject`, as `poa_verifier::render` writes it.
    pub subject: Value,
    /// The disclosure schema.
    pub schema: &'a DisclosureSchemaRecord,
    /// Its index in both status lists.
    pub status_index: u32,
    /// Unix seconds.
    pub valid_from: u64,
    /// Unix seconds.
    pub valid_until: u64,
}

/// Writes the credential without `proof`.
pub fn unsigned_credential(content: &Unsigned<'_>) -> Result<Value, DocumentError> {
    let Unsigned { url, id, subject, schema, status_index, valid_from, valid_until } = content;
    let status =
        [ListPurpose::Revocation, ListPurpose::Suspension].map(|purpose| status_entry(url, purpose, *status_index));
    Ok(json!({
        "@context": credential::contexts(&url.to_string()),
        "id": url.join(&format!("/credentials/{id}")),
        "type": credential::types(),
        "issuer": url.issuer_did(),
        "validFrom": time::format_utc(*valid_from)?,
        "validUntil": time::format_utc(*valid_until)?,
        "credentialSubject": subject,
        "credentialSchema": {
            "id": schema.id,
            "type": DISCLOSURE_SCHEMA_TYPE,
            "digestSRI": schema.digest_sri,
        },
        "credentialStatus": status,
    }))
}

/// The URL, and so the id, of a status list.
pub fn status_list_url(url: &PublicUrl, purpose: ListPurpose) -> String {
    url.join(&format!("/status-lists/{}", purpose.as_str()))
}

fn status_entry(url: &PublicUrl, purpose: ListPurpose, index: u32) -> Value {
    let list = status_list_url(url, purpose);
    StatusEntry { list, purpose, index: index.into() }.to_value()
}

/// The URL under which all status lists are.
pub fn status_lists_url(url: &PublicUrl) -> String {
    url.join("/status-lists")
}

/// The URL, and so the `sub`, of the token status list.
pub fn token_status_list_url(url: &PublicUrl) -> String {
    url.join("/status-lists/token")
}
