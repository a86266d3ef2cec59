//! Refusals below the API: of requests that no route sees. They are problem documents at every path.

use axum::http::{StatusCode, Version, header};
use axum::response::{IntoResponse as _, Response};

use crate::http::{ApiError, Problem, Recovery};

/// A refusal of a request, or of a connection.
#[derive(Clone, Debug)]
pub(super) struct Refused(ApiError);

impl Refused {
    pub(super) fn host(detail: &str) -> Self {
        Self(ApiError::of_member(Problem::MalformedRequest, "host", detail))
    }

    pub(super) fn uri_too_long() -> Self {
        Self(ApiError::new(Problem::UriTooLong, "The path with its query is longer than 16 KiB."))
    }

    pub(super) fn header_too_large() -> Self {
        Self(ApiError::new(
            Problem::HeaderTooLarge,
            "The header fields together are larger than 32 KiB, or there are more than a hundred.",
        ))
    }

    /// What the HTTP library refuses on its own.
    pub(super) fn by_library(status: StatusCode, line_ended: bool) -> Self {
        match status {
            StatusCode::URI_TOO_LONG => Self::uri_too_long(),
            // Its buffer was full before the first line ended.
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE if !line_ended => Self::uri_too_long(),
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Self::header_too_large(),
            _ => Self(ApiError::new(Problem::MalformedRequest, "The request is not one of HTTP/1.1 or HTTP/1.0.")),
        }
    }

    pub(super) fn header_too_slow() -> Self {
        Self(ApiError::new(Problem::RequestTimeout, "The request's header did not arrive in time."))
    }

    pub(super) fn too_many_at_once() -> Self {
        let error =
            ApiError::new(Problem::TooManyRequests, "Too many requests of yours are under way; wait for answers.");
        Self(error.with_recovery(Recovery::RetryAfter { seconds: 1 }))
    }

    pub(super) fn no_place() -> Self {
        Self(ApiError::new(Problem::Overloaded, "The service has no place for another connection or request."))
    }

    pub(super) fn status(&self) -> StatusCode {
        self.0.problem().status()
    }

    /// As an answer of a router.
    pub(super) fn into_response(self) -> Response {
        self.0.into_response()
    }

    /// As the last bytes of a connection of HTTP/1.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let (status, body) = (self.status(), self.0.to_json().to_string());
        let mut head =
            format!("{:?} {} {}\r\n", Version::HTTP_11, status.as_str(), status.canonical_reason().unwrap_or_default());
        let response = self.clone().into_response();
        for (name, value) in response.headers().iter().filter(|(name, _)| *name != header::CONTENT_LENGTH) {
            head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap_or_default()));
        }
        head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()));
        head.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bytes_are_an_answer_with_a_problem_document() {
        let text = String::from_utf8(Refused::no_place().to_bytes()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{head}");
        for field in ["content-type: application/problem+json", "retry-after: 1", "connection: close"] {
            assert!(head.contains(field), "{head}");
        }
        assert!(head.contains(&format!("content-length: {}", body.len())));
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], "overloaded");
    }
}
