//! Answers that are not refusals: status, media type, and the header fields that go with them.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

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
