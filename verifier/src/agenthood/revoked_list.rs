//! The published revocation list of an issuer without signed status lists: `GET …/revoked`, as plain JSON.
//!
//! Nobody signs it: it is worth what the connection it came over is worth, so the caller says where it was fetched from
//! and when. A list is as old as the earlier of that time and its own `generatedAt`, so that a stale copy fetched just
//! now counts as stale. One that is missing, old or of another issuer leaves the status of a document unknown.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};
use serde_json::Value;

use super::instant::Instant;
use crate::json::{self, JsonError};

/// Largest list that is read, in bytes: some sixty thousand revocations. An issuer with more has status lists.
pub const MAX_BYTES: usize = 8 << 20;

/// A list as fetched. Clones share what it lists.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevokedList {
    url: String,
    issuer: String,
    fetched_at: u64,
    generated_at: u64,
    revoked: Arc<BTreeMap<String, Revocation>>,
}

/// Why and when a document was revoked, as its issuer publishes it.
#[derive(Clone, Debug, serde::Deserialize, Eq, PartialEq)]
pub struct Revocation {
    /// A word of the published set, or the issuer's own.
    pub reason: String,
    /// Unix milliseconds.
    #[serde(default)]
    pub at: Option<u64>,
}

/// Why a list was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RevokedListError {
    /// Not strict JSON, or larger than [`MAX_BYTES`].
    #[error("revocation list: {0}")]
    Json(#[from] JsonError),
    /// Missing or mistyped members.
    #[error("revocation list: {0}")]
    Shape(String),
    /// It names an issuer for which no list is configured.
    #[error("revocation list: no revocationList is configured for its issuer {0:?}")]
    Foreign(String),
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    issuer: String,
    generated_at: Time,
    revoked: Vec<Entry>,
    /// Where a page begins; a list that is not paged has none.
    #[serde(default)]
    after: Option<Value>,
    #[serde(default)]
    next: Option<Value>,
}

impl Wire {
    /// A last page has no `next` either: only its beginning tells it from the whole list.
    fn is_whole(&self) -> bool {
        self.next.is_none() && self.after.as_ref().is_none_or(|after| after == "0")
    }
}

/// Unix milliseconds, written as such or in the form of `snapshotAtTime`.
struct Time(u64);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = u64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("Unix milliseconds, or a time like 2026-05-01T12:00:00.000Z")
            }

            fn visit_u64<E>(self, unix_ms: u64) -> Result<u64, E> {
                Ok(unix_ms)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
                let instant = text.parse::<Instant>().map_err(|_| E::invalid_value(Unexpected::Str(text), &self))?;
                Ok(instant.unix_ms())
            }
        }

        deserializer.deserialize_any(Either).map(Self)
    }
}

#[derive(serde::Deserialize)]
struct Entry {
    jti: String,
    #[serde(flatten)]
    revocation: Revocation,
}

impl RevokedList {
    /// Reads a list that was fetched from `url` at a time (Unix seconds). Members it does not know are skipped; a
    /// page is refused unless it holds everything from the first revocation to the last.
    ///
    /// # Errors
    /// [`RevokedListError`].
    pub fn from_json(bytes: &[u8], url: &str, fetched_at_unix_s: u64) -> Result<Self, RevokedListError> {
        let value = json::parse_bounded(bytes, MAX_BYTES)?;
        let wire: Wire = json::read_object(&value).map_err(RevokedListError::Shape)?;
        if !wire.is_whole() {
            return Err(RevokedListError::Shape("one page of several; join them first".to_owned()));
        }
        Ok(Self {
            url: url.to_owned(),
            issuer: wire.issuer,
            fetched_at: fetched_at_unix_s,
            generated_at: wire.generated_at.0 / 1000,
            revoked: Arc::new(wire.revoked.into_iter().map(|entry| (entry.jti, entry.revocation)).collect()),
        })
    }

    /// The same list under another URL.
    pub(super) fn with_url(self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self }
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

    /// When its issuer wrote it, Unix seconds.
    pub fn generated_at(&self) -> u64 {
        self.generated_at
    }

    /// The time as of which it can be relied on, Unix seconds: fetched by then, and written by then.
    pub fn as_of(&self) -> u64 {
        self.fetched_at.min(self.generated_at)
    }

    /// Why a document was revoked, if it was.
    pub fn revocation(&self, jti: &str) -> Option<&Revocation> {
        self.revoked.get(jti)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_list_is_read() {
        let text =
            br#"{"issuer":"i","generatedAt":1770000000999,"revoked":[{"jti":"a","reason":"abg-changed","at":1}]}"#;
        let list = RevokedList::from_json(text, "https://i/revoked", 1_770_000_005).unwrap();
        assert_eq!((list.issuer(), list.url(), list.fetched_at()), ("i", "https://i/revoked", 1_770_000_005));
        let revoked = Revocation { reason: "abg-changed".to_owned(), at: Some(1) };
        assert_eq!((list.revocation("a"), list.revocation("b")), (Some(&revoked), None));
        assert_eq!((list.generated_at(), list.as_of()), (1_770_000_000, 1_770_000_000));
        assert_eq!(RevokedList::from_json(text, "u", 5).unwrap().as_of(), 5, "the earlier of both");
        let text = br#"{"issuer":"i","generatedAt":"2026-02-02T02:40:00.000Z","revoked":[{"jti":"a","reason":"x"}]}"#;
        let list = RevokedList::from_json(text, "u", 0).unwrap();
        assert_eq!((list.generated_at(), list.revocation("a").unwrap().at), (1_770_000_000, None));
    }

    #[test]
    fn a_list_that_is_not_whole_is_refused() {
        for text in [
            r#"{"issuer":"i","generatedAt":1}"#,
            r#"{"issuer":"i","revoked":[]}"#,
            r#"{"issuer":"i","generatedAt":"yesterday","revoked":[]}"#,
            r#"{"issuer":"i","generatedAt":1,"revoked":[{"jti":"a"}]}"#,
            r#"{"issuer":"i","generatedAt":1,"revoked":[{"reason":"a"}]}"#,
            r#"{"issuer":"i","generatedAt":1,"revoked":[],"next":"x"}"#,
            r#"{"issuer":"i","generatedAt":1,"revoked":[],"after":"0","next":"x"}"#,
            r#"{"issuer":"i","generatedAt":1,"revoked":[],"after":"2"}"#,
            r#"{"issuer":"i","generatedAt":1,"revoked":[],"after":0}"#,
            r#"{"issuer":"i","generatedAt":1,"revoked":[],"after":""}"#,
            r#"[]"#,
            r#"{"issuer":"i","issuer":"j","generatedAt":1,"revoked":[]}"#,
        ] {
            assert!(RevokedList::from_json(text.as_bytes(), "u", 0).is_err(), "{text}");
        }
        let whole = br#"{"issuer":"i","generatedAt":1,"revoked":[],"next":null}"#;
        assert!(RevokedList::from_json(whole, "u", 0).is_ok());
        let one_page = br#"{"issuer":"i","generatedAt":1,"revoked":[],"after":"0","cursor":"0"}"#;
        assert!(RevokedList::from_json(one_page, "u", 0).is_ok());
        let large = format!("{}{}", String::from_utf8_lossy(whole), " ".repeat(MAX_BYTES));
        assert!(matches!(RevokedList::from_json(large.as_bytes(), "u", 0), Err(RevokedListError::Json(_))));
    }

    #[test]
    fn a_refused_time_is_named_with_what_it_may_be() {
        for time in [r#""yesterday""#, "-1", "1.5", "null", "[]", "{}", "true"] {
            let text = format!(r#"{{"issuer":"i","generatedAt":{time},"revoked":[]}}"#);
            let error = RevokedList::from_json(text.as_bytes(), "u", 0).unwrap_err().to_string();
            assert!(error.contains("Unix milliseconds") && !error.contains("variant"), "{error}");
        }
    }
}
