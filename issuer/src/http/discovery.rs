//! Discovery: the trust document, the issuer's DID document, JWKS, the JSON-LD context. Open to other origins.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::api::{Answer, Routes, Shape, get};
use super::error::ApiError;
use super::reply::{Kept, cached, conditional, etag_of, typed};
use crate::app::App;
use crate::documents;

/// The context never changes under its URL.
const CONTEXT_KEPT_S: u32 = 365 * 24 * 3600;

/// The routes of this resource.
pub fn routes() -> Routes {
    let json = |schema, text| Answer::json(200, schema, text).conditional();
    let did_document =
        || Answer::of(200, "application/did+json", Shape::Schema("did-document"), "The DID document.").conditional();
    Routes::of("Discovery")
        .route(
            get("/.well-known/poa-trust.json", trust)
                .means("trust", "What a verifier pins")
                .answers(json("poa-trust", "The signed trust document.")),
        )
        .route(
            get("/.well-known/did.json", issuer_did)
                .means("issuerDid", "The issuer's DID document")
                .answers(did_document()),
        )
        .route(
            get("/.well-known/jwks.json", jwks)
                .means("jwks", "The issuer's keys as JWKs")
                .answers(json("jwks", "The one that signs credentials now first.")),
        )
        .route(
            get("/contexts/poa/v1", context).means("context", "The JSON-LD context of our credentials").answers(
                Answer::of(200, "application/ld+json", Shape::Schema("context"), "It never changes.").cached(),
            ),
        )
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
