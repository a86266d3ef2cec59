//! The members of a trust document, for those who write one. Reading goes through [`super::Trust::from_json`].

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::did::IssuerDid;
use crate::schema::{AttestationSchemaDocument, DisclosureSchemaDocument};

/// The document's `type`.
pub const TYPE: &str = "PoaTrust";
/// The document's `version`.
pub const VERSION: u32 = 1;

/// The document without its `proof`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TrustDocument {
    /// [`TYPE`].
    #[serde(rename = "type")]
    pub kind: String,
    /// [`VERSION`].
    pub version: u32,
    /// The issuer.
    pub issuer: IssuerDid,
    /// The service's base URL; the issuer's DID is of this host.
    pub url: String,
    /// RFC 3339.
    pub issued_at: String,
    /// The issuer's Ed25519 keys.
    pub keys: Vec<TrustKey>,
    /// How its credentials keys followed each other, oldest first: see [`super::succession`]. Absent when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub succession: Vec<String>,
    /// The ids of its logs.
    pub logs: Vec<String>,
    /// Whole documents.
    pub attestation_schemas: Vec<AttestationSchemaDocument>,
    /// Whole documents.
    pub disclosure_schemas: Vec<DisclosureSchemaDocument>,
    /// Groth16 keys.
    pub verifying_keys: Vec<TrustVerifyingKey>,
    /// Status lists.
    pub status_lists: Vec<TrustStatusList>,
}

impl TrustDocument {
    /// The document as JSON, to be signed with [`crate::data_integrity`].
    pub fn to_value(&self) -> Value {
        // Cannot fail: plain strings, numbers and lists.
        serde_json::to_value(self).expect("a trust document is JSON")
    }
}

/// What an issuer key may sign.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyPurpose {
    /// Credentials and the trust document.
    Credentials,
    /// Tree heads.
    Heads,
    /// Status lists.
    Status,
    /// Credentials that VC-API is asked for; never an `AgentReputationCredential`.
    #[serde(rename = "vc-api")]
    VcApi,
}

/// What a key still counts for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Everything.
    Active,
    /// What it signed while it was active.
    Retired,
    /// Nothing.
    Compromised,
}

/// An Ed25519 key of the issuer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TrustKey {
    /// `<issuer>#<name>`.
    pub id: String,
    /// What it may sign.
    pub purpose: KeyPurpose,
    /// What it still counts for.
    pub state: KeyState,
    /// RFC 3339, exactly when `state` is retired: it verifies what it signed until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<String>,
    /// Multikey, `z6Mk…`.
    pub public_key_multibase: String,
}

/// A Groth16 verifying key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TrustVerifyingKey {
    /// `vk_sha256`, 64 lower-case hex digits.
    pub sha256: String,
    /// `poa/1`.
    pub circuit: String,
    /// What it still counts for.
    pub state: KeyState,
    /// RFC 3339, exactly when `state` is retired: it verifies proofs under tree heads signed until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<String>,
    /// Made by one party.
    pub development: bool,
    /// `u` + base64url of the byte form ([`crate::key`]).
    pub bytes: String,
}

/// What a status list says.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ListPurpose {
    /// For good.
    Revocation,
    /// For now.
    Suspension,
}

impl ListPurpose {
    /// The text in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Suspension => "suspension",
        }
    }
}

/// A status list of the issuer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TrustStatusList {
    /// Its URL, the `id` of its credential.
    pub id: String,
    /// What it says.
    pub purpose: ListPurpose,
}
