//! What is answered while the service opens: that it starts. Compiling the proving key takes half a minute the first time.

use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::http::{ApiError, Problem, in_form, private};

/// `GET /health` says that the process is up; everything else is asked for again later.
pub(super) fn router() -> Router {
    Router::new().route("/health", get(health)).fallback(not_yet).layer(from_fn(in_form))
}

async fn health() -> Response {
    private(Json(json!({ "status": "starting", "version": env!("CARGO_PKG_VERSION") })))
}

async fn not_yet() -> Response {
    ApiError::new(Problem::NotReady, "The service is starting.").into_bare_response()
}
