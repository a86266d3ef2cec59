//! Signed tree heads, and the memory that notices when an issuer shows two histories.
//!
//! A head is a compact JWS, `typ: poa-root+jwt`, `kid` an issuer key for heads, with exactly the claims of
//! [`HeadClaims`]. Verifiers judge its age by `iat`; [`HeadMemory`] keeps what was seen per (iss, log) and refuses
//! two roots under one `seq`, and a lower `seq` with a later `iat`.

use std::collections::BTreeMap;

use poa_circuits::native::field::{self, F};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::did::IssuerDid;
use crate::json;
use crate::schema::is_name;
use crate::time::SKEW_S;

/// The `typ` of a head.
pub const TYP: &str = "poa-root+jwt";

/// `exp − iat` of every head, seconds (7 days).
pub const LIFETIME_S: u64 = 7 * 86_400;

/// How many heads a memory keeps per log, the newest by `seq`, anchors or not. A head from before them is only held
/// against the oldest one kept: a second root under its `seq` goes unnoticed.
const REMEMBERED: usize = 1024;

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

/// What is remembered of one `seq`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Seen {
    #[serde(with = "field_hex")]
    root: F,
    size: u64,
    revocations: u64,
    first_iat: u64,
    last_iat: u64,
}

/// The heads one verifier has accepted, per (iss, log). Keep it between verifications: an issuer that shows different
/// people different trees is caught by whoever remembers. The newest 1024 heads of each log
/// are kept (by `seq`); two histories that differ only before those are not told apart.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct HeadMemory {
    logs: BTreeMap<IssuerDid, BTreeMap<String, BTreeMap<u64, Seen>>>,
}

impl HeadMemory {
    /// Takes a head whose signature was verified.
    ///
    /// # Errors
    /// [`HeadError::Future`], [`HeadError::Equivocation`] or [`HeadError::Order`]; nothing is remembered then.
    pub fn accept(&mut self, head: &HeadClaims, now_unix_s: u64) -> Result<(), HeadError> {
        if head.iat.checked_sub(SKEW_S).is_some_and(|earliest| earliest > now_unix_s) {
            return Err(HeadError::Future { iat: head.iat, now: now_unix_s });
        }
        if let Some(seen) = self.log(&head.iss, &head.log) {
            check_against(seen, head)?;
        }
        self.remember(head);
        Ok(())
    }

    /// The highest (seq, last iat) accepted of a log.
    pub fn newest(&self, iss: &IssuerDid, log: &str) -> Option<(u64, u64)> {
        self.log(iss, log)?.last_key_value().map(|(seq, seen)| (*seq, seen.last_iat))
    }

    /// The highest revocation counter accepted of a log: a status list must not lag behind it.
    pub fn revocations(&self, iss: &IssuerDid, log: &str) -> Option<u64> {
        self.log(iss, log)?.last_key_value().map(|(_, seen)| seen.revocations)
    }

    fn log(&self, iss: &IssuerDid, log: &str) -> Option<&BTreeMap<u64, Seen>> {
        self.logs.get(iss)?.get(log)
    }

    fn remember(&mut self, head: &HeadClaims) {
        let log = self.logs.entry(head.iss.clone()).or_default().entry(head.log.clone()).or_default();
        let seen = log.entry(head.seq).or_insert_with(|| Seen {
            root: head.root,
            size: head.size,
            revocations: head.revocations,
            first_iat: head.iat,
            last_iat: head.iat,
        });
        seen.first_iat = seen.first_iat.min(head.iat);
        seen.last_iat = seen.last_iat.max(head.iat);
        while log.len() > REMEMBERED {
            log.pop_first();
        }
    }
}

/// A head agrees with its own `seq` and lies between its neighbours.
fn check_against(seen: &BTreeMap<u64, Seen>, head: &HeadClaims) -> Result<(), HeadError> {
    let order = HeadError::Order { seq: head.seq, iat: head.iat };
    if let Some(same) = seen.get(&head.seq)
        && (same.root, same.size, same.revocations) != (head.root, head.size, head.revocations)
    {
        return Err(HeadError::Equivocation { seq: head.seq });
    }
    if let Some((_, before)) = seen.range(..head.seq).next_back()
        && (before.last_iat > head.iat || before.size > head.size || before.revocations > head.revocations)
    {
        return Err(order);
    }
    if let Some((_, after)) = seen.range(head.seq.saturating_add(1)..).next()
        && (after.first_iat < head.iat || after.size < head.size || after.revocations < head.revocations)
    {
        return Err(order);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
