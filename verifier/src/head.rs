//! Signed tree heads, and the memory that notices when an issuer shows two histories.
//!
//! A head is a compact JWS, `typ: poa-root+jwt`, `kid` an issuer key for heads, with exactly the claims of
//! [`HeadClaims`]. Verifiers judge its age by `iat`; [`HeadMemory`] keeps what was seen per (iss, log) and refuses
//! two roots under one `seq`, a lower `seq` with a later `iat`, and two anchors of one hour.

mod memory;

pub use memory::HeadMemory;

use poa_circuits::native::field::{self, F};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::did::IssuerDid;
use crate::json;
use crate::schema::is_name;

/// The `typ` of a head.
pub const TYP: &str = "poa-root+jwt";

/// `exp − iat` of every head, seconds (7 days).
pub const LIFETIME_S: u64 = 7 * 86_400;

/// The first head of each such period is its anchor, in seconds. A period has one at most.
pub const ANCHOR_PERIOD_S: u64 = 3_600;

/// The claims of a signed tree head.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HeadClaims {
    /// The issuer.
    pub iss: IssuerDid,
    /// The log (tree) id.
    pub log: String,
    /// When the root was current, Unix seconds.
    pub iat: u64,
    /// `iat` + [`LIFETIME_S`].
    pub exp: u64,
    /// The root, a field element.
    #[serde(with = "field_hex")]
    pub root: F,
    /// How many leaves were ever appended.
    pub size: u64,
    /// The publication's number; grows by one.
    pub seq: u64,
    /// The counter of revocations, shared with the status lists.
    pub revocations: u64,
    /// Whether it is the first head of its hour.
    pub anchor: bool,
}

/// Why a head was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HeadError {
    /// Not exactly the claims of [`HeadClaims`].
    #[error("tree head claims: {0}")]
    Claims(String),
    /// `exp` is not `iat` + 7 days.
    #[error("tree head: exp is not iat + 7 days")]
    Lifetime,
    /// The root is 0, which is no tree's.
    #[error("tree head: the root is 0")]
    EmptyRoot,
    /// `iat` is more than 60 s in the future.
    #[error("tree head: iat {iat} lies in the future (now {now}); check both clocks")]
    Future {
        /// The head's `iat`.
        iat: u64,
        /// The caller's time.
        now: u64,
    },
    /// The issuer signed two different trees under one number.
    #[error("the issuer signed two different tree heads under seq {seq}: it shows two histories; stop trusting it")]
    Equivocation {
        /// The number.
        seq: u64,
    },
    /// The issuer signed two different anchors of one hour: one of them could be for a single holder, whom its `iat`
    /// then names.
    #[error(
        "the issuer signed two different anchors of the hour that begins at {hour}: it shows two histories; stop \
         trusting it"
    )]
    TwoAnchors {
        /// The first second of the hour, Unix seconds.
        hour: u64,
    },
    /// A head that contradicts the order of one seen before.
    #[error("tree head seq {seq} at iat {iat} contradicts one seen before: a lower seq cannot be later or larger")]
    Order {
        /// The head's `seq`.
        seq: u64,
        /// The head's `iat`.
        iat: u64,
    },
}

impl HeadClaims {
    /// Reads the claims of a head and checks what needs nothing else: `exp`, `log`, and that the root is not 0. The
    /// root of the empty tree is a root: a log whose every leaf was revoked has it. No document is accepted under it.
    ///
    /// # Errors
    /// [`HeadError::Claims`], [`HeadError::Lifetime`] or [`HeadError::EmptyRoot`].
    pub fn from_value(claims: &Value) -> Result<Self, HeadError> {
        let head: Self = json::read_exact(claims).map_err(HeadError::Claims)?;
        if !is_name(&head.log) {
            return Err(HeadError::Claims("log must be 1 to 64 of a-z 0-9 - _ .".to_owned()));
        }
        if head.iat.checked_add(LIFETIME_S) != Some(head.exp) {
            return Err(HeadError::Lifetime);
        }
        if head.root == F::from(0u64) {
            return Err(HeadError::EmptyRoot);
        }
        Ok(head)
    }
}

/// A field element as `0x` + 64 hex digits, for serde's `with`.
pub mod field_hex {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::{F, field};

    /// Writes the wire form.
    pub fn serialize<S: Serializer>(value: &F, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&field::encode_hex(value))
    }

    /// Reads the wire form.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<F, D::Error> {
        let text = String::deserialize(deserializer)?;
        field::decode_hex(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
