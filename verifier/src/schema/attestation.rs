//! Attestation schemas: for which issuer and log a leaf was made, what its slots mean, in whose custody.
//!
//! Immutable. `schema = to_field("schema", JCS(document))` stands in every leaf and statement, so a leaf of another
//! issuer, log, registry or custody never passes under this one's name. Source: protocol §3.

use poa_circuits::native::attributes::Slot;
use poa_circuits::native::field::{self, F};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SchemaError;
use crate::did::IssuerDid;
use crate::json;

/// Most capabilities of a registry: slot 4 has 64 bits.
pub const MAX_CAPABILITIES: usize = 64;

/// Who holds the secrets `k` and `n` of a leaf.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Custody {
    /// The holder alone.
    Holder,
    /// The service, for a managed agent.
    Issuer,
}

impl Custody {
    /// The text in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Issuer => "issuer",
        }
    }
}

/// The document, member for member.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AttestationSchemaDocument {
    /// Its own id, a URL.
    pub id: String,
    /// The issuer whose leaves it describes.
    pub issuer: IssuerDid,
    /// The log (tree) id.
    pub log: String,
    /// The six slot names in protocol order.
    pub slots: Vec<String>,
    /// The capability registry, at most 64 names; bit `i` of slot 4 is entry `i`.
    pub capabilities: Vec<String>,
    /// Seconds from `attested_at` to `expires_at`.
    pub leaf_lifetime: u64,
    /// Whether superseding a leaf revokes the standing credentials made from it.
    pub revoke_on_supersede: bool,
    /// Who holds the secrets.
    pub custody: Custody,
}

impl AttestationSchemaDocument {
    /// The slot table every schema of circuit `poa/1` has.
    pub fn slot_names() -> Vec<String> {
        Slot::ALL.map(|slot| slot.name().to_owned()).to_vec()
    }
}

/// A checked attestation schema.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AttestationSchema {
    document: AttestationSchemaDocument,
    field: F,
}

impl AttestationSchema {
    /// Checks a document.
    ///
    /// # Errors
    /// [`SchemaError`] with the offending member.
    pub fn new(document: AttestationSchemaDocument) -> Result<Self, SchemaError> {
        super::check_url("id", &document.id)?;
        if !is_name(&document.log) {
            return Err(SchemaError::new("log", "1 to 64 of a-z 0-9 - _ ."));
        }
        if document.slots != AttestationSchemaDocument::slot_names() {
            return Err(SchemaError::new("slots", "not the six slots in protocol order"));
        }
        check_registry(&document.capabilities)?;
        if document.leaf_lifetime == 0 || document.leaf_lifetime > json::MAX_NUMBER {
            return Err(SchemaError::new("leaf_lifetime", "must be a positive number of seconds below 2^53"));
        }
        let field = field::to_field("schema", &json::canonical(&to_value(&document)));
        Ok(Self { document, field })
    }

    /// The document.
    pub fn document(&self) -> &AttestationSchemaDocument {
        &self.document
    }

    /// The document as JSON.
    pub fn to_value(&self) -> Value {
        to_value(&self.document)
    }

    /// The `schema` of leaves and statements.
    pub fn field(&self) -> F {
        self.field
    }

    /// The set of these capabilities as a bit mask; `None` when one is not in the registry.
    pub fn capability_bits<S: AsRef<str>>(&self, names: &[S]) -> Option<u64> {
        names.iter().try_fold(0u64, |bits, name| {
            let i = self.document.capabilities.iter().position(|known| known == name.as_ref())?;
            Some(bits | 1 << i)
        })
    }

    /// The names of a bit mask in the registry's order; `None` when a bit stands beyond the registry.
    pub fn capability_names(&self, bits: u64) -> Option<Vec<&str>> {
        (0..u64::BITS as usize)
            .filter(|i| bits >> i & 1 == 1)
            .map(|i| self.document.capabilities.get(i).map(String::as_str))
            .collect()
    }
}

fn to_value(document: &AttestationSchemaDocument) -> Value {
    // Cannot fail: plain strings, numbers and lists.
    serde_json::to_value(document).expect("a schema document is JSON")
}

fn check_registry(names: &[String]) -> Result<(), SchemaError> {
    let refused = |reason: String| Err(SchemaError::new("capabilities", reason));
    if names.len() > MAX_CAPABILITIES {
        return refused(format!("{} names; at most {MAX_CAPABILITIES}", names.len()));
    }
    for (i, name) in names.iter().enumerate() {
        if !is_name(name) {
            return refused(format!("{name:?} is not 1 to 64 of a-z 0-9 - _ ."));
        }
        if names[..i].contains(name) {
            return refused(format!("{name:?} stands twice"));
        }
    }
    Ok(())
}

/// Whether a text can be the name of a log or capability: 1 to 64 of `a-z 0-9 - _ .`.
pub fn is_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}
