//! Answers that are not refusals: status, media type, and the header fields that go with them.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// 201 with the new resource and where it is.
#[derive(Debug)]
pub struct Created<T>(pub T, pub Option<String>);

/// 202: accepted, and the caller has something to do.
#[derive(Debug)]
pub struct Accepted<T>(pub T);

/// 204.
#[derive(Debug)]
pub struct NoContent;

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::CREATED, private(Json(self.0))).into_response();
        if let Some(location) = self.1.and_then(|location| HeaderValue::try_from(location).ok()) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, private(Json(self.0))).into_response()
    }
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

/// An answer for this caller alone, never kept by a cache.
pub fn private(body: impl IntoResponse) -> Response {
    with_header(body, header::CACHE_CONTROL, "no-store")
}

/// An answer that is the same for everybody and may be kept for `seconds`.
pub fn cached(body: impl IntoResponse, seconds: u32) -> Response {
    let value = format!("public, max-age={seconds}");
    with_header(body, header::CACHE_CONTROL, &value)
}

/// How long caches may use an answer without asking.
#[derive(Clone, Copy, Debug)]
pub enum Kept {
    /// Seconds.
    For(u32),
    /// Not at all: they keep it and ask each time whether it still holds.
    UntilAsked,
}

/// The answer with its tag, or 304 to whoever has this version already.
pub fn conditional(headers: &HeaderMap, etag: &str, kept: Kept, body: impl FnOnce() -> Response) -> Response {
    let response = if is_known(headers, etag) { StatusCode::NOT_MODIFIED.into_response() } else { body() };
    let response = match kept {
        Kept::For(seconds) => cached(response, seconds),
        Kept::UntilAsked => with_header(response, header::CACHE_CONTROL, "public, no-cache"),
    };
    with_header(response, header::ETAG, etag)
}

/// Whether `If-None-Match` names this version, weakly or not (RFC 9110, 13.1.2).
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let fields = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    fields
        .flat_map(|field| field.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// A tag that changes exactly when the bytes do.
pub fn etag_of(bytes: &[u8]) -> String {
    format!("\"{}\"", &hex::encode(Sha256::digest(bytes))[..32])
}

/// A body of one media type.
pub fn typed(media_type: &'static str, body: impl Into<axum::body::Body>) -> Response {
    with_header(Response::new(body.into()), header::CONTENT_TYPE, media_type)
}

/// `body` with one header field set; a value that is no header value is left out.
pub fn with_header(body: impl IntoResponse, name: HeaderName, value: &str) -> Response {
    let mut response = body.into_response();
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_version_is_told_by_any_of_its_tags() {
        let known =
            |value: &str| is_known(&HeaderMap::from_iter([(header::IF_NONE_MATCH, value.parse().unwrap())]), "\"a\"");
        for value in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(known(value), "{value}");
        }
        for value in ["\"b\"", "a", "", "W/a", "\"a"] {
            assert!(!known(value), "{value}");
        }
        assert!(!is_known(&HeaderMap::new(), "\"a\""));
    }
}
