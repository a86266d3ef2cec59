//! Bitstring status lists: reading entries and lists, and writing them.
//!
//! A list is a `BitstringStatusListCredential` signed by the issuer's key for status lists: `encodedList` is multibase
//! `u` of the gzipped bits, most significant bit first, at least 131,072 of them; `ttl` in milliseconds;
//! `revocations`, the counter it shares with the tree heads. It is fresh until `validFrom + ttl` and `validUntil`,
//! whichever comes first, so a publisher signs it anew within its `ttl` even when nothing changed.
//!
//! Source: W3C Bitstring Status List v1.0; formats §4.

pub mod token_list;

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use crate::checks::readable;
use crate::did::IssuerDid;
use crate::json::Node;
use crate::time::{self, TimeError};
use crate::trust::ListPurpose;
use crate::{json, multibase};

/// Least entries of a list, so that an index hides in a crowd.
pub const MIN_ENTRIES: usize = 131_072;

/// Most entries of a list that is read (16,777,216). An issuer's index space ends here.
pub const MAX_ENTRIES: usize = 1 << 24;

/// Largest inflated list that is read, in bytes.
pub const MAX_INFLATED_BYTES: usize = MAX_ENTRIES / 8;

/// Longest `ttl` that is honoured, milliseconds (one day): it is the delay of revocation.
pub const MAX_TTL_MS: u64 = 86_400_000;

/// A list is made anew every two minutes and with every publication that revokes: level 6 takes up to three times as
/// long for four per cent of the size (`cargo bench --bench status_lists`).
const LEVEL: Compression = Compression::new(5);

/// The `type` of an entry.
pub const ENTRY_TYPE: &str = "BitstringStatusListEntry";
/// The second `type` of a list's credential.
pub const CREDENTIAL_TYPE: &str = "BitstringStatusListCredential";
/// The `type` of a list's subject.
pub const LIST_TYPE: &str = "BitstringStatusList";
/// The first context of every credential.
pub const VC_CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";

/// Why an entry or a list was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StatusError {
    /// Unknown, missing or mistyped members.
    #[error("{0}")]
    Shape(String),
    /// A member with a wrong value.
    #[error("member {member:?}: {reason}")]
    Member {
        /// The offending member.
        member: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A time that cannot be read or written.
    #[error(transparent)]
    Time(#[from] TimeError),
    /// The list is no gzip or zlib stream, in its base64url form, with nothing after it.
    #[error("the list is not one compressed stream in its base64url form, with nothing after it")]
    Encoding,
    /// The list has fewer or more entries than are read.
    #[error("the list has not {MIN_ENTRIES} to {MAX_ENTRIES} entries")]
    Length,
    /// An index beyond the list.
    #[error("index {0} is beyond the list")]
    Index(u64),
}

/// Where Bitstring Status List keeps the names of its errors.
const PROBLEM_NAMESPACE: &str = "https://www.w3.org/ns/credentials/status-list#";

/// The problem type of Bitstring Status List (§3.5) for the `reason` of a check `status` that did not pass; none for a
/// reason that is no error of the list but what it says (`revoked`, `suspended`), or of our own making.
pub fn problem_type(reason: &str) -> Option<String> {
    let name = match reason {
        "malformed" | "malformed_list" => "MALFORMED_VALUE_ERROR",
        "list_length" => "STATUS_LIST_LENGTH_ERROR",
        "index" => "RANGE_ERROR",
        "no_list" => "STATUS_RETRIEVAL_ERROR",
        "foreign_list" | "wrong_purpose" | "list_signature" | "list_key" | "future_list" | "older_list"
        | "stale_list" => "STATUS_VERIFICATION_ERROR",
        _ => return None,
    };
    Some(format!("{PROBLEM_NAMESPACE}{name}"))
}

fn refused(member: &'static str, reason: &'static str) -> StatusError {
    StatusError::Member { member, reason }
}

/// The bits of a list, most significant first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Bits(Vec<u8>);

impl Bits {
    /// A list of zeros with at least this many entries, rounded up to [`MIN_ENTRIES`] and to whole bytes.
    ///
    /// # Errors
    /// [`StatusError::Length`] when it would be larger than readers take.
    pub fn new(entries: usize) -> Result<Self, StatusError> {
        let bytes = entries.max(MIN_ENTRIES).div_ceil(8);
        if bytes > MAX_INFLATED_BYTES { Err(StatusError::Length) } else { Ok(Self(vec![0; bytes])) }
    }

    /// How many entries it has.
    pub fn entries(&self) -> u64 {
        self.0.len() as u64 * 8
    }

    /// One bit.
    ///
    /// # Errors
    /// [`StatusError::Index`].
    pub fn get(&self, index: u64) -> Result<bool, StatusError> {
        let (byte, mask) = position(index)?;
        self.0.get(byte).map(|b| b & mask != 0).ok_or(StatusError::Index(index))
    }

    /// Sets or clears one bit.
    ///
    /// # Errors
    /// [`StatusError::Index`].
    pub fn set(&mut self, index: u64, value: bool) -> Result<(), StatusError> {
        let (byte, mask) = position(index)?;
        let byte = self.0.get_mut(byte).ok_or(StatusError::Index(index))?;
        if value {
            *byte |= mask
        } else {
            *byte &= !mask
        }
        Ok(())
    }

    /// `encodedList`.
    pub fn encode(&self) -> String {
        let mut encoder = GzEncoder::new(Vec::new(), LEVEL);
        // Cannot fail: a `Vec` takes every write.
        let gzip = encoder.write_all(&self.0).and_then(|()| encoder.finish()).expect("a Vec takes every write");
        multibase::encode_base64url(&gzip)
    }

    /// Reads `encodedList`; inflates no more than [`MAX_INFLATED_BYTES`].
    ///
    /// # Errors
    /// [`StatusError::Encoding`] or [`StatusError::Length`].
    pub fn decode(text: &str) -> Result<Self, StatusError> {
        let gzip = multibase::decode_base64url(text).map_err(|_| StatusError::Encoding)?;
        let mut decoder = GzDecoder::new(gzip.as_slice());
        let mut bits = Vec::new();
        (&mut decoder).take(MAX_INFLATED_BYTES as u64 + 1).read_to_end(&mut bits).map_err(|_| StatusError::Encoding)?;
        if !(MIN_ENTRIES / 8..=MAX_INFLATED_BYTES).contains(&bits.len()) {
            return Err(StatusError::Length);
        }
        if decoder.get_ref().is_empty() { Ok(Self(bits)) } else { Err(StatusError::Encoding) }
    }
}

fn position(index: u64) -> Result<(usize, u8), StatusError> {
    let byte = usize::try_from(index / 8).map_err(|_| StatusError::Index(index))?;
    Ok((byte, 0x80 >> (index % 8)))
}

/// The reference from a credential to its bit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatusEntry {
    /// The list's URL.
    pub list: String,
    /// What the bit says.
    pub purpose: ListPurpose,
    /// Which bit.
    pub index: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct EntryWire<'a> {
    #[serde(default, borrow, deserialize_with = "present")]
    id: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'a str,
    status_purpose: ListPurpose,
    status_list_index: &'a str,
    status_list_credential: &'a str,
}

/// A member that may be left out but not be null: it has one spelling.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de str>, D::Error> {
    <&str>::deserialize(deserializer).map(Some)
}

impl StatusEntry {
    /// The object in `credentialStatus`.
    pub fn to_value(&self) -> Value {
        json!({
            "id": format!("{}#{}", self.list, self.index),
            "type": ENTRY_TYPE,
            "statusPurpose": self.purpose.as_str(),
            "statusListIndex": self.index.to_string(),
            "statusListCredential": self.list,
        })
    }

    /// Reads `credentialStatus`: one entry, or a list of 1 to 8 with one per purpose.
    ///
    /// # Errors
    /// [`StatusError`].
    pub(crate) fn list_from_node(node: &Node<'_>) -> Result<Vec<Self>, StatusError> {
        let items = match node {
            Node::List(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        if !(1..=8).contains(&items.len()) {
            return Err(refused("credentialStatus", "must have 1 to 8 entries"));
        }
        let entries: Vec<Self> = items.iter().map(Self::from_node).collect::<Result<_, _>>()?;
        if (1..entries.len()).any(|i| entries[..i].iter().any(|e| e.purpose == entries[i].purpose)) {
            return Err(refused("statusPurpose", "stands twice"));
        }
        Ok(entries)
    }

    fn from_node(node: &Node<'_>) -> Result<Self, StatusError> {
        let wire = EntryWire::deserialize(node).map_err(|e| StatusError::Shape(readable(&e.to_string())))?;
        if wire.kind != ENTRY_TYPE {
            return Err(refused("type", "is not BitstringStatusListEntry"));
        }
        let (list, digits) = (wire.status_list_credential, wire.status_list_index);
        let index = json::decimal(digits).ok_or_else(|| refused("statusListIndex", "is no decimal string"))?;
        let names_it = |id: &str| id.strip_prefix(list).and_then(|rest| rest.strip_prefix('#')) == Some(digits);
        if !wire.id.is_none_or(names_it) {
            return Err(refused("id", "is not the list's URL # the index"));
        }
        Ok(Self { list: list.to_owned(), purpose: wire.status_purpose, index })
    }
}

/// A status list without its proof.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatusList {
    /// Its URL.
    pub id: String,
    /// Who publishes it.
    pub issuer: IssuerDid,
    /// What its bits say.
    pub purpose: ListPurpose,
    /// Unix seconds.
    pub valid_from: u64,
    /// Unix seconds.
    pub valid_until: u64,
    /// How long it may be used after `valid_from`, milliseconds.
    pub ttl_ms: u64,
    /// The counter shared with the tree heads.
    pub revocations: u64,
    /// The bits.
    pub bits: Bits,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ListWire {
    #[serde(rename = "@context")]
    context: Vec<Value>,
    id: String,
    #[serde(rename = "type")]
    kind: Vec<String>,
    issuer: IssuerDid,
    valid_from: String,
    valid_until: String,
    credential_subject: SubjectWire,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SubjectWire {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    status_purpose: ListPurpose,
    encoded_list: String,
    ttl: u64,
    revocations: u64,
}

impl StatusList {
    /// The unsigned credential, to be signed with [`crate::data_integrity`].
    ///
    /// # Errors
    /// [`StatusError::Time`] when a time cannot be written.
    pub fn to_value(&self) -> Result<Value, StatusError> {
        Ok(json!({
            "@context": [VC_CONTEXT],
            "id": self.id,
            "type": ["VerifiableCredential", CREDENTIAL_TYPE],
            "issuer": self.issuer.as_str(),
            "validFrom": time::format_utc(self.valid_from)?,
            "validUntil": time::format_utc(self.valid_until)?,
            "credentialSubject": {
                "id": format!("{}#list", self.id),
                "type": LIST_TYPE,
                "statusPurpose": self.purpose.as_str(),
                "encodedList": self.bits.encode(),
                "ttl": self.ttl_ms,
                "revocations": self.revocations,
            },
        }))
    }

    /// Reads what [`Self::to_value`] writes; a `proof` member is left out by the caller.
    ///
    /// # Errors
    /// [`StatusError`].
    pub fn from_value(value: &Value) -> Result<Self, StatusError> {
        let wire: ListWire = json::read_exact(value).map_err(StatusError::Shape)?;
        if wire.context.first().and_then(Value::as_str) != Some(VC_CONTEXT) {
            return Err(refused("@context", "does not begin with the VC 2.0 context"));
        }
        if wire.kind != ["VerifiableCredential", CREDENTIAL_TYPE] || wire.credential_subject.kind != LIST_TYPE {
            return Err(refused("type", "is not a BitstringStatusListCredential of a BitstringStatusList"));
        }
        if wire.credential_subject.id != format!("{}#list", wire.id) {
            return Err(refused("credentialSubject", "its id is not the list's URL #list"));
        }
        Ok(Self {
            purpose: wire.credential_subject.status_purpose,
            valid_from: time::parse_utc(&wire.valid_from)?,
            valid_until: time::parse_utc(&wire.valid_until)?,
            ttl_ms: wire.credential_subject.ttl,
            revocations: wire.credential_subject.revocations,
            bits: Bits::decode(&wire.credential_subject.encoded_list)?,
            issuer: wire.issuer,
            id: wire.id,
        })
    }

    /// The last second it may be used, without skew. A `ttl` beyond [`MAX_TTL_MS`] counts as that.
    pub fn fresh_until(&self) -> u64 {
        let end = self.valid_from.checked_add(self.ttl_ms.min(MAX_TTL_MS) / 1000);
        end.map_or(self.valid_until, |end| end.min(self.valid_until))
    }
}

#[cfg(test)]
mod tests;
