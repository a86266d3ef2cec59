//! The published revocation list of an issuer without signed status lists: `GET …/revoked`, as plain JSON.
//!
//! Nobody signs it: it is worth what the connection it came over is worth, so the caller says where it was fetched from
//! and when. A list that is missing, old or of another issuer leaves the status of a document unknown.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::json::{self, JsonError};

/// A list as fetched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevokedList {
    url: String,
    issuer: String,
    fetched_at: u64,
    reasons: BTreeMap<String, String>,
}

/// Why a list was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RevokedListError {
    /// Not strict JSON.
    #[error("revocation list: {0}")]
    Json(#[from] JsonError),
    /// Missing or mistyped members.
    #[error("revocation list: {0}")]
    Shape(String),
}

#[derive(Deserialize)]
struct Wire {
    issuer: String,
    revoked: Vec<Entry>,
    #[serde(default)]
    next: Option<Value>,
}

#[derive(Deserialize)]
struct Entry {
    jti: String,
    reason: String,
}

impl RevokedList {
    /// Reads a list that was fetched from `url` at a time (Unix seconds). Members it does not know are skipped; one that
    /// says there are more pages is refused, for it is not the whole list.
    ///
    /// # Errors
    /// [`RevokedListError`].
    pub fn from_json(bytes: &[u8], url: &str, fetched_at_unix_s: u64) -> Result<Self, RevokedListError> {
        let value = json::parse_strict(bytes)?;
        let wire: Wire = json::read_object(&value).map_err(RevokedListError::Shape)?;
        if wire.next.is_some_and(|next| !next.is_null()) {
            return Err(RevokedListError::Shape("one page of several; join them first".to_owned()));
        }
        Ok(Self {
            url: url.to_owned(),
            issuer: wire.issuer,
            fetched_at: fetched_at_unix_s,
            reasons: wire.revoked.into_iter().map(|entry| (entry.jti, entry.reason)).collect(),
        })
    }

    /// Where it was fetched from.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whose documents it lists.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// When it was fetched, Unix seconds.
    pub fn fetched_at(&self) -> u64 {
        self.fetched_at
    }

    /// Why a document was revoked, if it was.
    pub fn reason(&self, jti: &str) -> Option<&str> {
        self.reasons.get(jti).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_list_is_read() {
        let text =
            br#"{"issuer":"i","generatedAt":1770000000000,"revoked":[{"jti":"a","reason":"abg-changed","at":1}]}"#;
        let list = RevokedList::from_json(text, "https://i/revoked", 5).unwrap();
        assert_eq!((list.issuer(), list.url(), list.fetched_at()), ("i", "https://i/revoked", 5));
        assert_eq!((list.reason("a"), list.reason("b")), (Some("abg-changed"), None));
    }

    #[test]
    fn a_list_that_is_not_whole_is_refused() {
        for text in [
            r#"{"issuer":"i"}"#,
            r#"{"issuer":"i","revoked":[{"jti":"a"}]}"#,
            r#"{"issuer":"i","revoked":[],"next":"x"}"#,
            r#"[]"#,
            r#"{"issuer":"i","issuer":"j","revoked":[]}"#,
        ] {
            assert!(RevokedList::from_json(text.as_bytes(), "u", 0).is_err(), "{text}");
        }
        assert!(RevokedList::from_json(br#"{"issuer":"i","revoked":[],"next":null}"#, "u", 0).is_ok());
    }
}
