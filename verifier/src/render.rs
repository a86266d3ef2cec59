//! The only rendering of `credentialSubject`: prover, issuer and verifier all call it.
//!
//! `type` `AgentAttributes` always; `id` unless anonymous. Disclosed: `reputation` an integer, `tasks_completed` and
//! `earnings_sats` decimal strings, `member_since` RFC 3339 UTC, `capabilities` the registry's names in its order,
//! `build_hash` 64 lower-case hex digits, null for none. Hidden: `{"atLeast", "atMost"}` with the bounds that say
//! something, `{"containsAll"}` when a set is required; with nothing to say the member is absent. Source: formats §1.

use poa_circuits::native::attributes::Slot;
use poa_circuits::native::field::{self, F};
use serde_json::{Map, Value, json};

use crate::did::AgentDid;
use crate::schema::AttestationSchema;
use crate::statement::{Shown, Statement};
use crate::time::{self, TimeError};

/// The `type` of every `credentialSubject`.
pub const SUBJECT_TYPE: &str = "AgentAttributes";

/// Why a statement cannot be written as a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// A time after the year 9999.
    #[error("member_since: {0}")]
    Time(#[from] TimeError),
    /// A capability bit beyond the registry of the attestation schema.
    #[error("capabilities: a bit beyond the attestation schema's registry")]
    Capability,
    /// The build digest does not hash to the statement's value, or is missing, or is there though the value is 0.
    #[error("build_hash: the digest is not the one the statement commits to")]
    BuildHash,
}

/// Renders `credentialSubject`. `build_sha256` is the digest behind a disclosed `build_hash`.
///
/// # Errors
/// [`RenderError`].
pub fn credential_subject(
    statement: &Statement,
    subject: Option<&AgentDid>,
    schema: &AttestationSchema,
    build_sha256: Option<&[u8; 32]>,
) -> Result<Value, RenderError> {
    let mut members = Map::new();
    members.insert("type".to_owned(), SUBJECT_TYPE.into());
    if let Some(did) = subject {
        members.insert("id".to_owned(), did.to_string().into());
    }
    for slot in Slot::ALL {
        if let Some(value) = attribute(slot, statement.shown(slot), schema, build_sha256)? {
            members.insert(slot.name().to_owned(), value);
        }
    }
    Ok(Value::Object(members))
}

fn attribute(
    slot: Slot,
    shown: Shown,
    schema: &AttestationSchema,
    build_sha256: Option<&[u8; 32]>,
) -> Result<Option<Value>, RenderError> {
    Ok(match shown {
        Shown::Hidden => None,
        Shown::Value(value) => Some(plain(slot, value, schema)?),
        Shown::Digest(value) => Some(digest(value, build_sha256)?),
        Shown::Contains(set) => Some(json!({ "containsAll": plain(slot, set, schema)? })),
        Shown::Bounds { lower, upper } => {
            let mut bounds = Map::new();
            if lower > 0 {
                bounds.insert("atLeast".to_owned(), plain(slot, lower, schema)?);
            }
            if Some(upper) != slot.max() {
                bounds.insert("atMost".to_owned(), plain(slot, upper, schema)?);
            }
            Some(Value::Object(bounds))
        }
    })
}

/// A value of slots 0–4 in its document form.
///
/// # Errors
/// [`RenderError::Time`] or [`RenderError::Capability`].
pub fn plain(slot: Slot, value: u64, schema: &AttestationSchema) -> Result<Value, RenderError> {
    Ok(match slot {
        Slot::Reputation => value.into(),
        Slot::MemberSince => time::format_utc(value)?.into(),
        Slot::Capabilities => schema.capability_names(value).ok_or(RenderError::Capability)?.into(),
        Slot::TasksCompleted | Slot::EarningsSats | Slot::BuildHash => value.to_string().into(),
    })
}

fn digest(value: F, build_sha256: Option<&[u8; 32]>) -> Result<Value, RenderError> {
    let committed = build_sha256.map_or(F::from(0u64), field::digest_to_field);
    if committed != value {
        return Err(RenderError::BuildHash);
    }
    Ok(build_sha256.map_or(Value::Null, |digest| hex::encode(digest).into()))
}

/// The digest a document shows as `build_hash`: 64 lower-case hex digits, else `None`.
pub fn build_sha256(credential_subject: &Value) -> Option<[u8; 32]> {
    let text = credential_subject.get(Slot::BuildHash.name())?.as_str()?;
    let mut digest = [0; 32];
    hex::decode_to_slice(text, &mut digest).ok()?;
    (hex::encode(digest) == text).then_some(digest)
}

#[cfg(test)]
mod tests;
