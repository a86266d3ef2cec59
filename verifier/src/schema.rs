//! The two kinds of schema: what a leaf means ([`AttestationSchema`]), and what a credential may show
//! ([`DisclosureSchema`]).

mod attestation;
mod disclosure;

pub use attestation::{AttestationSchema, AttestationSchemaDocument, Custody, MAX_CAPABILITIES, is_name};
pub use disclosure::{
    DISCLOSURE_SCHEMA_TYPE, DisclosureSchema, DisclosureSchemaDocument, Predicate, RuleError, is_on_grid,
};

use poa_circuits::native::attributes::Slot;

/// Why a schema document was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("schema member {member:?}: {reason}")]
pub struct SchemaError {
    /// The offending member.
    pub member: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

impl SchemaError {
    fn new(member: &'static str, reason: impl Into<String>) -> Self {
        Self { member, reason: reason.into() }
    }
}

/// Slot names of a document, each known and named once.
fn slots(member: &'static str, names: &[String]) -> Result<Vec<Slot>, SchemaError> {
    let mut slots = Vec::with_capacity(names.len());
    for name in names {
        let slot = Slot::from_name(name).ok_or_else(|| SchemaError::new(member, format!("unknown slot {name:?}")))?;
        if slots.contains(&slot) {
            return Err(SchemaError::new(member, format!("{name:?} stands twice")));
        }
        slots.push(slot);
    }
    Ok(slots)
}

/// An `http(s)` URL of sane length without white space; it is a name here and never fetched.
fn check_url(member: &'static str, url: &str) -> Result<(), SchemaError> {
    let known = url.starts_with("https://") || url.starts_with("http://");
    if known && url.len() <= 512 && url.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(SchemaError::new(member, "not an http(s) URL of at most 512 printable characters"))
    }
}

#[cfg(test)]
mod tests;
