//! Whether a trust document follows from the one that was pinned, so that an issuer that rotates its keys does not look
//! like somebody in between, nor the reverse.
//!
//! When the issuer replaces its credentials key, the old key signs a *succession link*: a compact JWS, `typ` [`TYP`],
//! with exactly the claims of [`SuccessionClaims`]. The links stand in the document's `succession`, oldest first, and
//! stay there after the keys they name are gone. A document follows from a pinned one when
//! 1. it is of the same issuer,
//! 2. it is not older (`issuedAt`): an old document may still trust a key that leaked since,
//! 3. no key that was marked compromised counts again,
//! 4. its own signer is an active credentials key of the pinned document, or is reached from one by links; no key that
//!    the document marks compromised is a step on the way.
//!
//! # Not covered
//! A credentials key that leaked cannot vouch for its successor: after that, people compare fingerprints again. Heads
//! and status keys need no links, because the credentials key signs the document that lists them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{KeyPurpose, KeyState, Trust, TrustDocument, TrustError, key_name, member};
use crate::did::IssuerDid;
use crate::ed25519::PublicKey;
use crate::{json, jws, time};

/// The `typ` of a succession link.
pub const TYP: &str = "poa-key-succession+jwt";

/// Most links of a document; an issuer leaves out the oldest.
pub const MAX_LINKS: usize = 64;

/// What a credentials key says of its successor. The header's `kid` is the key that is replaced.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SuccessionClaims {
    /// The issuer.
    pub iss: IssuerDid,
    /// Id of the new key, `<issuer>#<name>`.
    pub sub: String,
    /// When, Unix seconds.
    pub iat: u64,
    /// The new key, Multikey.
    pub public_key_multibase: String,
}

/// Why a document does not follow from the pinned one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SuccessionError {
    /// It is another issuer's.
    #[error("it is of another issuer than the pinned one")]
    Issuer,
    /// It is older than the pinned one.
    #[error("it was issued at {found}, before the pinned one of {pinned}")]
    Older {
        /// Its `issuedAt`.
        found: String,
        /// The pinned one's.
        pinned: String,
    },
    /// A key that the pinned document marks compromised counts again.
    #[error("the compromised key {0} counts again in it")]
    Reinstated(String),
    /// No pinned key vouches for its signer.
    #[error("its signer {0} is not a pinned key, and no pinned key vouches for it")]
    Unlinked(String),
}

/// A link that was read; its signature is still to be checked.
#[derive(Clone, Debug)]
pub(super) struct Link {
    jws: jws::Unverified,
    id: String,
    key: PublicKey,
}

impl Trust {
    /// Checks that this document follows from a pinned one, by the rules of the module header.
    ///
    /// # Errors
    /// [`SuccessionError`], the first that applies.
    pub fn follows(&self, pinned: &Self) -> Result<(), SuccessionError> {
        let (new, old) = (self.document(), pinned.document());
        if new.issuer != old.issuer {
            return Err(SuccessionError::Issuer);
        }
        // Both were read when the documents were checked; one that is no time counts as the oldest.
        let issued_at = |document: &TrustDocument| time::parse_utc(&document.issued_at).unwrap_or(0);
        if issued_at(new) < issued_at(old) {
            return Err(SuccessionError::Older { found: new.issued_at.clone(), pinned: old.issued_at.clone() });
        }
        let leaked = |trust: &Self, key: &PublicKey| trust.keys.iter().any(|k| k.key == *key && k.compromised());
        if let Some(key) = self.keys.iter().find(|key| !key.compromised() && leaked(pinned, &key.key)) {
            return Err(SuccessionError::Reinstated(key.id.clone()));
        }
        let pinned_keys = pinned.keys.iter().filter(|k| k.purpose == KeyPurpose::Credentials);
        let mut known: BTreeMap<&str, &PublicKey> = pinned_keys
            .filter(|key| key.state == KeyState::Active && !leaked(self, &key.key))
            .map(|key| (key.id.as_str(), &key.key))
            .collect();
        for link in self.links.iter().filter(|link| !leaked(self, &link.key)) {
            if known.get(link.jws.kid()).is_some_and(|key| link.jws.verify(key).is_ok()) {
                known.insert(&link.id, &link.key);
            }
        }
        match self.keys.iter().find(|key| key.id == self.signer) {
            Some(signer) if known.get(signer.id.as_str()) == Some(&&signer.key) => Ok(()),
            _ => Err(SuccessionError::Unlinked(self.signer.clone())),
        }
    }
}

/// Reads the links of a document: well formed, of this issuer, and few.
pub(super) fn links(document: &TrustDocument) -> Result<Vec<Link>, TrustError> {
    let size = document.succession.len();
    if size > MAX_LINKS {
        return Err(member("succession", format!("{size} entries; at most {MAX_LINKS} are read")));
    }
    document.succession.iter().map(|text| link(document, text)).collect()
}

fn link(document: &TrustDocument, text: &str) -> Result<Link, TrustError> {
    fn refused(error: &dyn std::fmt::Display) -> TrustError {
        member("succession", error.to_string())
    }
    let jws = jws::parse(text).map_err(|error| refused(&error))?;
    jws.expect_typ(TYP).map_err(|error| refused(&error))?;
    let claims = jws.claims().map_err(|error| refused(&error))?;
    let claims: SuccessionClaims = json::read_exact(&claims).map_err(|error| refused(&error))?;
    if claims.iss != document.issuer || key_name(&document.issuer, &claims.sub).is_none() {
        return Err(member("succession", "a link is of another issuer"));
    }
    let key = PublicKey::from_multikey(&claims.public_key_multibase).map_err(|error| refused(&error))?;
    Ok(Link { jws, id: claims.sub, key })
}

#[cfg(test)]
mod tests;
