//! Refusals that no handler makes: unknown paths and methods, limits of the layers, panics.

use std::any::Any;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{ApiError, Problem};
use crate::http::agenthood::PublishedForm;

/// The answer for a path that is not part of the API.
pub async fn unknown_path() -> ApiError {
    ApiError::new(Problem::NotFound, "There is nothing at this path.")
}

/// Gives an error response that a layer or extractor made (405, 408, 413, 431, ...) the form of a problem.
/// Headers such as `Allow` stay. Answers in the published form of Proof of Agenthood stay as they are.
pub async fn as_problem(response: Response) -> Response {
    let status = response.status();
    let formed = is_problem(response.headers()) || response.extensions().get::<PublishedForm>().is_some();
    if !(status.is_client_error() || status.is_server_error()) || formed {
        return response;
    }
    let mut problem = ApiError::new(of_status(status), detail_of(status)).into_response();
    if let Some(allow) = response.headers().get(header::ALLOW) {
        problem.headers_mut().insert(header::ALLOW, allow.clone());
    }
    problem
}

/// The answer when a handler panicked. The panic itself has been logged by the panic hook.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    ApiError::internal(&"a handler panicked").into_response()
}

fn is_problem(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE) == Some(&HeaderValue::from_static("application/problem+json"))
}

fn of_status(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Problem::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => Problem::RequestTimeout,
        StatusCode::PAYLOAD_TOO_LARGE => Problem::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::UnsupportedMediaType,
        status if status.is_client_error() => Problem::InvalidParameter,
        _ => Problem::Internal,
    }
}

fn detail_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => "See the Allow header for the methods of this path.",
        StatusCode::REQUEST_TIMEOUT => "The request took too long to arrive or to be answered.",
        StatusCode::PAYLOAD_TOO_LARGE => "The body is larger than this path accepts.",
        status if status.is_client_error() => "The request is malformed.",
        _ => "The service failed; nothing was decided about the request.",
    }
}
