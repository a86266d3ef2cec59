//! Refusals that no handler makes: unknown paths and methods, limits of the layers, panics.

use std::any::Any;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{ApiError, Problem, Refused};
use crate::http::agenthood::{PublishedForm, Refusal};

/// The answer for a path that is not part of the API.
pub async fn unknown_path() -> ApiError {
    ApiError::new(Problem::NotFound, "There is nothing at this path.")
}

/// Gives an error response that a layer or extractor made (405, 408, 413, 431, ...) the form of its part of the API:
/// that of Proof of Agenthood where its published paths are, a problem document elsewhere. Headers such as `Allow` stay.
pub async fn in_form(request: Request, next: Next) -> Response {
    let published = is_published_path(request.uri().path());
    let response = next.run(request).await;
    let status = response.status();
    let formed = if published {
        response.extensions().get::<PublishedForm>().is_some()
    } else {
        is_problem(response.headers()) || response.extensions().get::<PublishedForm>().is_some()
    };
    if !(status.is_client_error() || status.is_server_error()) || formed {
        return response;
    }
    let refused = response.extensions().get::<Refused>().map(|refused| refused.0.clone());
    let mut formed = match (published, refused) {
        (true, refused) => Refusal::of_status(status, refused.and_then(|it| it.retry_after_s())).into_response(),
        (false, Some(refused)) => refused.into_response(),
        (false, None) => ApiError::new(of_status(status), detail_of(status)).into_response(),
    };
    for name in KEPT_FIELDS {
        if let Some(value) = response.headers().get(&name) {
            formed.headers_mut().insert(name, value.clone());
        }
    }
    formed
}

/// What a layer says beside the body.
const KEPT_FIELDS: [HeaderName; 3] = [header::ALLOW, header::ACCESS_CONTROL_ALLOW_ORIGIN, header::VARY];

/// Whether refusals at this path have the published form.
pub fn is_published_path(path: &str) -> bool {
    path.strip_prefix("/poa/api").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The answer when a handler panicked. The panic itself has been logged by the panic hook.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    ApiError::internal(&"a handler panicked").into_response()
}

pub(super) fn is_problem(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE) == Some(&HeaderValue::from_static("application/problem+json"))
}

fn of_status(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Problem::MethodNotAllowed,
        StatusCode::NOT_ACCEPTABLE => Problem::NotAcceptable,
        StatusCode::REQUEST_TIMEOUT => Problem::RequestTimeout,
        StatusCode::PAYLOAD_TOO_LARGE => Problem::PayloadTooLarge,
        StatusCode::URI_TOO_LONG => Problem::UriTooLong,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::UnsupportedMediaType,
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Problem::HeaderTooLarge,
        StatusCode::SERVICE_UNAVAILABLE => Problem::Overloaded,
        status if status.is_client_error() => Problem::InvalidParameter,
        _ => Problem::Internal,
    }
}

fn detail_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => "See the Allow header for the methods of this path.",
        StatusCode::REQUEST_TIMEOUT => "The request took too long to arrive.",
        StatusCode::PAYLOAD_TOO_LARGE => "The body is larger than this path accepts.",
        status if status.is_client_error() => "The request is malformed.",
        _ => "The service failed; nothing was decided about the request.",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::extract::DefaultBodyLimit;
    use axum::middleware::from_fn;
    use axum::routing::{get, post};
    use serde_json::Value;
    use tower::ServiceExt as _;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;
    use crate::http::timed::timed;

    fn router() -> Router {
        let handlers = |prefix: &str| {
            Router::new()
                .route(&format!("{prefix}/slow"), get(std::future::pending::<()>))
                .route(&format!("{prefix}/panics"), get(async || -> () { panic!("as a test") }))
                .route(&format!("{prefix}/media"), get(async || StatusCode::UNSUPPORTED_MEDIA_TYPE))
                .route(&format!("{prefix}/small"), post(async |_: String| ()).layer(DefaultBodyLimit::max(1)))
        };
        let limit = from_fn(|request: Request, next: Next| timed(Duration::from_millis(20), request, next));
        handlers("/poa/api")
            .merge(handlers("/other"))
            .layer(limit)
            .fallback(unknown_path)
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn(in_form))
    }

    async fn answer(method: &str, path: &str) -> (u16, Value, Value) {
        let request = Request::builder().method(method).uri(path).body(Body::from("body")).unwrap();
        let response = router().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        (status, body["error"].clone(), body["code"].clone())
    }

    #[tokio::test]
    async fn what_no_handler_answered_has_the_form_of_its_path() {
        for (method, path, status, published, problem) in [
            ("GET", "slow", 503, "service-busy", "service-slow"),
            ("GET", "panics", 500, "internal", "internal"),
            ("GET", "media", 415, "unsupported-media-type", "unsupported-media-type"),
            ("POST", "small", 413, "body-too-large", "payload-too-large"),
            ("DELETE", "small", 405, "method-not-allowed", "method-not-allowed"),
            ("GET", "nothing", 404, "not-found", "not-found"),
        ] {
            let expected = (status, Value::from(published), Value::Null);
            assert_eq!(answer(method, &format!("/poa/api/{path}")).await, expected);
            let expected = (status, Value::Null, Value::from(problem));
            assert_eq!(answer(method, &format!("/other/{path}")).await, expected);
        }
        assert_eq!(answer("GET", "/poa/apixyz").await.2, "not-found");
        assert_eq!(answer("GET", "/poa/api").await.1, "not-found");
    }
}
