//! Strict compact JWS (RFC 7515) with Ed25519 (RFC 8037, RFC 9864).
//!
//! What is accepted: exactly three canonical unpadded base64url parts, a bounded size, a header without duplicate
//! members, `alg` `EdDSA` or `Ed25519`, the one `typ` the caller expects, a `kid`. What is refused by name: `crit`,
//! `b64`, `zip` and everything that brings its own key (`jwk`, `jku`, `x5u`, `x5c`, `x5t`, `x5t#S256`). Keys come
//! from configuration and are never weak ([`PublicKey`]).

use serde_json::{Value, json};

use crate::ed25519::{Ed25519Error, PublicKey};
use crate::json::{self, JsonError, Node};
use crate::multibase;

/// Largest JWS that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// Header members that are refused whatever their value.
const REFUSED: [&str; 9] = ["crit", "b64", "zip", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"];

/// Why a JWS was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// Larger than [`MAX_BYTES`], or the caller's own bound.
    #[error("JWS of {bytes} bytes; at most {max} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The bound.
        max: usize,
    },
    /// Not three canonical base64url parts, or a signature that is not 64 bytes.
    #[error("not a compact JWS: {0}")]
    Shape(&'static str),
    /// The header or payload is not strict JSON.
    #[error("JWS {part}: {error}")]
    Json {
        /// `header` or `payload`.
        part: &'static str,
        /// What is wrong with it.
        error: JsonError,
    },
    /// A header member that is refused or has the wrong value.
    #[error("JWS header member {member:?}: {reason}")]
    Header {
        /// Its name.
        member: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The key did not sign this.
    #[error(transparent)]
    Signature(#[from] Ed25519Error),
}

/// A parsed JWS whose signature has not been checked yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unverified {
    header: Header,
    payload: Vec<u8>,
    signing_input: String,
    signature: [u8; 64],
}

/// What of the header is read.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Header {
    typ: String,
    kid: String,
    cty: Option<String>,
    iss: Option<String>,
}

/// Parses a compact JWS; its signature is checked by [`Unverified::verify`].
///
/// # Errors
/// [`JwsError`] for everything the module header refuses.
pub fn parse(text: &str) -> Result<Unverified, JwsError> {
    parse_bounded(text, MAX_BYTES)
}

/// [`parse`] with another size bound.
///
/// # Errors
/// [`JwsError`] for everything the module header refuses.
pub fn parse_bounded(text: &str, max: usize) -> Result<Unverified, JwsError> {
    if text.len() > max {
        return Err(JwsError::TooLarge { bytes: text.len(), max });
    }
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(JwsError::Shape("it has not exactly three parts"));
    };
    let decode =
        |part| multibase::from_base64url(part).map_err(|_| JwsError::Shape("a part is not canonical base64url"));
    Ok(Unverified {
        header: read_header(&decode(header)?)?,
        payload: decode(payload)?,
        signing_input: format!("{header}.{payload}"),
        signature: decode(signature)?.try_into().map_err(|_| JwsError::Shape("the signature is not 64 bytes"))?,
    })
}

fn read_header(bytes: &[u8]) -> Result<Header, JwsError> {
    let header = json::parse_node(bytes, json::MAX_BYTES).map_err(|error| JwsError::Json { part: "header", error })?;
    if !matches!(header, Node::Object(_)) {
        return Err(JwsError::Shape("its header is no object"));
    }
    if let Some(member) = REFUSED.into_iter().find(|name| header.get(name).is_some()) {
        return Err(JwsError::Header { member, reason: "is refused" });
    }
    if !matches!(header.text("alg"), Some("EdDSA" | "Ed25519")) {
        return Err(JwsError::Header { member: "alg", reason: "must be EdDSA or Ed25519" });
    }
    let text = |member| {
        let value = header.text(member).filter(|s| !s.is_empty());
        value.map(str::to_owned).ok_or(JwsError::Header { member, reason: "must be a text" })
    };
    let optional = |member| header.get(member).map(|_| text(member)).transpose();
    Ok(Header { typ: text("typ")?, kid: text("kid")?, cty: optional("cty")?, iss: optional("iss")? })
}

impl Unverified {
    /// The header's `typ`.
    pub fn typ(&self) -> &str {
        &self.header.typ
    }

    /// The header's `kid`: the id of the key that is said to have signed.
    pub fn kid(&self) -> &str {
        &self.header.kid
    }

    /// The header's `cty`.
    pub fn cty(&self) -> Option<&str> {
        self.header.cty.as_deref()
    }

    /// The header's `iss`, which some profiles repeat there.
    pub fn iss(&self) -> Option<&str> {
        self.header.iss.as_deref()
    }

    /// Fails unless `typ` is exactly the expected one.
    ///
    /// # Errors
    /// [`JwsError::Header`].
    pub fn expect_typ(&self, typ: &str) -> Result<(), JwsError> {
        if self.header.typ == typ {
            Ok(())
        } else {
            Err(JwsError::Header { member: "typ", reason: "is not the expected type" })
        }
    }

    /// The payload as strict JSON. Nobody has signed for it until [`Self::verify`] passed.
    ///
    /// # Errors
    /// [`JwsError::Json`].
    pub fn claims(&self) -> Result<Value, JwsError> {
        Ok(self.node()?.to_value())
    }

    /// [`Self::claims`] that borrow their texts.
    pub(crate) fn node(&self) -> Result<Node<'_>, JwsError> {
        // The text was bounded when it was parsed.
        let bound = self.payload.len();
        json::parse_node(&self.payload, bound).map_err(|error| JwsError::Json { part: "payload", error })
    }

    /// The payload bytes.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Checks the signature under a configured key.
    ///
    /// # Errors
    /// [`JwsError::Signature`].
    pub fn verify(&self, key: &PublicKey) -> Result<(), JwsError> {
        Ok(key.verify(self.signing_input.as_bytes(), &self.signature)?)
    }
}

/// The first two parts of a JWS, to be signed by the caller: `base64url(header).base64url(payload)`, both in JCS form.
pub fn signing_input(typ: &str, kid: &str, claims: &Value) -> String {
    let header = json!({ "alg": "EdDSA", "typ": typ, "kid": kid });
    let part = |value| multibase::base64url(&json::canonical(value));
    format!("{}.{}", part(&header), part(claims))
}

/// The finished JWS of a [`signing_input`] and its Ed25519 signature.
pub fn attach_signature(signing_input: &str, signature: &[u8; 64]) -> String {
    format!("{signing_input}.{}", multibase::base64url(signature))
}

#[cfg(test)]
mod tests;
