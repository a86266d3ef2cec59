//! Discovery: the trust document, the issuer's DID document, JWKS, the JSON-LD context. Open to other origins.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;

use super::error::ApiError;
use super::reply::{Kept, cached, conditional, etag_of, typed};
use crate::app::App;
use crate::documents;

/// The context never changes under its URL.
const CONTEXT_KEPT_S: u32 = 365 * 24 * 3600;

/// The routes of this resource.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/.well-known/poa-trust.json", get(trust))
        .route("/.well-known/did.json", get(issuer_did))
        .route("/.well-known/jwks.json", get(jwks))
        .route("/contexts/poa/v1", get(context))
}

/// What a verifier pins.
async fn trust(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    keys(&headers, "application/json", &app.published().now().bytes)
}

async fn issuer_did(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let document = app.issuer_did_document()?;
    Ok(keys(&headers, "application/did+json", document.to_string().as_bytes()))
}

async fn jwks(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let keys = documents::jwks(app.keys())?;
    Ok(self::keys(&headers, "application/json", keys.to_string().as_bytes()))
}

async fn context() -> Response {
    cached(typed("application/ld+json", documents::CONTEXT), CONTEXT_KEPT_S)
}

/// A document with keys. No cache answers with it unasked: a key that was rotated in or given up counts from that
/// moment.
fn keys(headers: &HeaderMap, media_type: &'static str, bytes: &[u8]) -> Response {
    conditional(headers, &etag_of(bytes), Kept::UntilAsked, || typed(media_type, bytes.to_vec()))
}
