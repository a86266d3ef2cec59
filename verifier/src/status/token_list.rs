//! IETF Token Status List: two bits per document in a signed JWT, from the same index as the bitstring lists.
//!
//! `lst` is base64url of the zlib-compressed entries, least significant bits first. The JWT has `typ`
//! [`TYP`], `sub` its own URL, `iat`, `exp`, `ttl` in seconds, and ours also `iss` and the counter `revocations` that it
//! shares with the tree heads. It is fresh until `iat + ttl` and `exp`, whichever comes first.
//!
//! The draft lets other issuers leave out `iss`, `exp` and `ttl`. Then the list is that of the configured issuer whose
//! list is at `sub`, and as old as its `iat` says: where no `ttl` bounds its age, the configured limit does.
//!
//! A [`TokenStatusList`] has been verified: only [`crate::Verifier::token_status_list`] makes one.
//!
//! Source: draft-ietf-oauth-status-list, RFC 8725; formats §4.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Bits, MAX_TTL_MS, StatusError};
use crate::jws::{self, JwsError};
use crate::multibase;

/// The JWS header's `typ`.
pub const TYP: &str = "statuslist+jwt";
/// Its media type.
pub const MEDIA_TYPE: &str = "application/statuslist+jwt";
/// Largest JWT that is read, in bytes: the largest list as random bits, base64url twice, and room for the claims.
pub const MAX_JWT_BYTES: usize = 8 << 20;
/// Largest inflated list that is read, in bytes: entries of two bits.
pub const MAX_INFLATED_BYTES: usize = super::MAX_ENTRIES / 4;

/// What an entry says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenStatus {
    /// Good.
    Valid,
    /// Revoked, for good.
    Invalid,
    /// Suspended, for now.
    Suspended,
    /// A value that the specification leaves to the application; we publish none.
    Other(u8),
}

impl TokenStatus {
    fn from_value(value: u8) -> Self {
        match value {
            0 => Self::Valid,
            1 => Self::Invalid,
            2 => Self::Suspended,
            other => Self::Other(other),
        }
    }

    fn to_value(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Suspended => 2,
            Self::Other(value) => value,
        }
    }
}

/// The entries of a list, 1, 2, 4 or 8 bits each.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entries {
    bits: u8,
    bytes: Vec<u8>,
}

impl Entries {
    /// A list of two bits per entry, all valid.
    ///
    /// # Errors
    /// [`StatusError::Length`] when it would be larger than readers take.
    pub fn new(entries: usize) -> Result<Self, StatusError> {
        let bytes = entries.div_ceil(4);
        if bytes > MAX_INFLATED_BYTES { Err(StatusError::Length) } else { Ok(Self { bits: 2, bytes: vec![0; bytes] }) }
    }

    /// One list of what two bitstring lists say; a revoked document that is also suspended is revoked.
    ///
    /// # Errors
    /// [`StatusError::Length`] when the lists differ in length.
    pub fn from_bits(revoked: &Bits, suspended: &Bits) -> Result<Self, StatusError> {
        if suspended.entries() != revoked.entries() {
            return Err(StatusError::Length);
        }
        // Eight entries at a time: 1 is revoked, 2 suspended.
        let pairs = revoked.0.iter().zip(&suspended.0);
        let spread = |(revoked, suspended): (&u8, &u8)| {
            let (low, high) = (revoked.reverse_bits(), (suspended & !revoked).reverse_bits());
            (spread(low) | spread(high) << 1).to_le_bytes()
        };
        Ok(Self { bits: 2, bytes: pairs.flat_map(spread).collect() })
    }

    /// How many entries it has.
    pub fn count(&self) -> u64 {
        self.bytes.len() as u64 * 8 / u64::from(self.bits)
    }

    /// One entry.
    ///
    /// # Errors
    /// [`StatusError::Index`].
    pub fn get(&self, index: u64) -> Result<TokenStatus, StatusError> {
        let (byte, shift) = self.position(index)?;
        let byte = self.bytes.get(byte).ok_or(StatusError::Index(index))?;
        Ok(TokenStatus::from_value((byte >> shift) & self.mask()))
    }

    /// Sets one entry. A value that does not fit is cut to the list's bits.
    ///
    /// # Errors
    /// [`StatusError::Index`].
    pub fn set(&mut self, index: u64, status: TokenStatus) -> Result<(), StatusError> {
        let (byte, shift) = self.position(index)?;
        let mask = self.mask();
        let byte = self.bytes.get_mut(byte).ok_or(StatusError::Index(index))?;
        *byte = *byte & !(mask << shift) | (status.to_value() & mask) << shift;
        Ok(())
    }

    fn mask(&self) -> u8 {
        // `bits` is 1, 2, 4 or 8.
        u8::MAX >> (8 - self.bits)
    }

    /// Byte and shift of an entry: the first ones stand in the least significant bits.
    fn position(&self, index: u64) -> Result<(usize, u8), StatusError> {
        let per_byte = u64::from(8 / self.bits);
        let byte = usize::try_from(index / per_byte).map_err(|_| StatusError::Index(index))?;
        // Less than eight.
        Ok((byte, (index % per_byte) as u8 * self.bits))
    }

    /// The claim `status_list`.
    pub fn to_value(&self) -> Value {
        let mut encoder = ZlibEncoder::new(Vec::new(), super::LEVEL);
        // Cannot fail: a `Vec` takes every write.
        let zlib = encoder.write_all(&self.bytes).and_then(|()| encoder.finish()).expect("a Vec takes every write");
        json!({ "bits": self.bits, "lst": multibase::base64url(&zlib) })
    }

    /// Reads the claim `status_list`; inflates no more than [`MAX_INFLATED_BYTES`].
    ///
    /// # Errors
    /// [`StatusError`].
    pub fn from_value(value: &Value) -> Result<Self, StatusError> {
        let wire = EntriesWire::deserialize(value).map_err(|e| StatusError::Shape(e.to_string()))?;
        if !matches!(wire.bits, 1 | 2 | 4 | 8) {
            return Err(super::refused("bits", "is not 1, 2, 4 or 8"));
        }
        let zlib = multibase::from_base64url(wire.lst).map_err(|_| StatusError::Encoding)?;
        Ok(Self { bits: wire.bits, bytes: inflate(&zlib)? })
    }
}

/// The bits of a byte on the even places of two, in their order.
fn spread(byte: u8) -> u16 {
    let mut bits = u16::from(byte);
    bits = (bits | bits << 4) & 0x0f0f;
    bits = (bits | bits << 2) & 0x3333;
    (bits | bits << 1) & 0x5555
}

/// The whole of a zlib stream with nothing after it.
fn inflate(zlib: &[u8]) -> Result<Vec<u8>, StatusError> {
    let mut decoder = ZlibDecoder::new(zlib);
    let mut bytes = Vec::new();
    (&mut decoder).take(MAX_INFLATED_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|_| StatusError::Encoding)?;
    if !(1..=MAX_INFLATED_BYTES).contains(&bytes.len()) {
        return Err(StatusError::Length);
    }
    if decoder.total_in() == zlib.len() as u64 { Ok(bytes) } else { Err(StatusError::Encoding) }
}

#[derive(Deserialize)]
struct EntriesWire<'a> {
    bits: u8,
    lst: &'a str,
}

/// The claims of a list that is to be signed with header `typ` [`TYP`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenStatusClaims {
    /// Who publishes it.
    pub iss: String,
    /// Its URL, the `sub`.
    pub uri: String,
    /// Unix seconds.
    pub iat: u64,
    /// Unix seconds.
    pub exp: u64,
    /// How long it may be used after `iat`, seconds.
    pub ttl_s: u64,
    /// The counter shared with the tree heads.
    pub revocations: u64,
    /// The entries.
    pub entries: Entries,
}

#[derive(Deserialize)]
struct ClaimsWire<'a> {
    iss: Option<&'a str>,
    sub: &'a str,
    iat: u64,
    exp: Option<u64>,
    ttl: Option<u64>,
    #[serde(default)]
    revocations: u64,
    status_list: Value,
}

impl TokenStatusClaims {
    /// The payload.
    pub fn to_value(&self) -> Value {
        json!({
            "iss": self.iss,
            "sub": self.uri,
            "iat": self.iat,
            "exp": self.exp,
            "ttl": self.ttl_s,
            "revocations": self.revocations,
            "status_list": self.entries.to_value(),
        })
    }

    /// Reads what [`Self::to_value`] writes, and members it does not know.
    ///
    /// # Errors
    /// [`StatusError`].
    pub fn from_value(value: &Value) -> Result<Self, StatusError> {
        let wire = ClaimsWire::read(value)?;
        let iss = wire.iss.ok_or_else(|| missing("iss"))?;
        wire.complete(iss, None)
    }

    /// The last second it may be used, without skew. A `ttl` beyond a day counts as that.
    pub fn fresh_until(&self) -> u64 {
        self.iat.saturating_add(self.ttl_s.min(MAX_TTL_MS / 1000)).min(self.exp)
    }
}

fn missing(member: &'static str) -> StatusError {
    super::refused(member, "is missing")
}

impl<'a> ClaimsWire<'a> {
    fn read(value: &'a Value) -> Result<Self, StatusError> {
        // serde takes null for a member that is left out; a document has one form only.
        if let Some(member) = ["iss", "exp", "ttl"].into_iter().find(|member| value.get(member) == Some(&Value::Null)) {
            return Err(super::refused(member, "is null; leave it out"));
        }
        Self::deserialize(value).map_err(|e| StatusError::Shape(e.to_string()))
    }

    /// The claims of `iss`. `max_age_s` stands where the list bounds its age by no `ttl`; without it, `exp` and `ttl`
    /// are mandatory.
    fn complete(&self, iss: &str, max_age_s: Option<u64>) -> Result<TokenStatusClaims, StatusError> {
        Ok(TokenStatusClaims {
            iss: iss.to_owned(),
            uri: self.sub.to_owned(),
            iat: self.iat,
            exp: self.exp.or(max_age_s.and(Some(u64::MAX))).ok_or_else(|| missing("exp"))?,
            ttl_s: self.ttl.or(max_age_s).ok_or_else(|| missing("ttl"))?,
            revocations: self.revocations,
            entries: Entries::from_value(&self.status_list)?,
        })
    }
}

/// What a list says of itself before anybody has vouched for it.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    /// Whose it says that it is, if it does.
    pub(crate) iss: Option<&'a str>,
    /// Its URL.
    pub(crate) sub: &'a str,
    /// When it was written, Unix seconds.
    pub(crate) iat: u64,
    /// The key that is said to have signed.
    pub(crate) kid: &'a str,
}

/// The configured issuer that a list is of.
pub(crate) struct Owner<'k> {
    /// Its name.
    pub(crate) iss: &'k str,
    /// Its key.
    pub(crate) key: &'k crate::ed25519::PublicKey,
    /// How old a list without `ttl` may be, seconds; none where lists have `exp` and `ttl`.
    pub(crate) max_age_s: Option<u64>,
}

/// A list that its issuer signed. Clones share its entries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenStatusList {
    claims: Arc<TokenStatusClaims>,
    kid: String,
}

/// Why a JWT is no list of a configured issuer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenListError {
    /// Not a strict JWS of type [`TYP`], or not signed by the key it names.
    #[error("token status list: {0}")]
    Jws(#[from] JwsError),
    /// Not the claims of a list.
    #[error("token status list: {0}")]
    Claims(#[from] StatusError),
    /// No such issuer, or none of its keys.
    #[error("token status list: {0}")]
    Key(&'static str),
}

impl TokenStatusList {
    /// Parses a JWT, asks for its owner's key and verifies.
    pub(crate) fn read<'k>(
        jwt: &str,
        owner: impl FnOnce(Named<'_>) -> Result<Owner<'k>, &'static str>,
    ) -> Result<Self, TokenListError> {
        let jws = jws::parse_bounded(jwt, MAX_JWT_BYTES)?;
        jws.expect_typ(TYP)?;
        let value = jws.claims()?;
        let wire = ClaimsWire::read(&value)?;
        let named = Named { iss: wire.iss, sub: wire.sub, iat: wire.iat, kid: jws.kid() };
        let owner = owner(named).map_err(TokenListError::Key)?;
        let claims = wire.complete(owner.iss, owner.max_age_s)?;
        jws.verify(owner.key)?;
        Ok(Self { kid: jws.kid().to_owned(), claims: Arc::new(claims) })
    }

    /// Its claims. What another issuer left out is what the configuration says.
    pub fn claims(&self) -> &TokenStatusClaims {
        &self.claims
    }

    /// The key that signed it.
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

#[cfg(test)]
mod tests;
