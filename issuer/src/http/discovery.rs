//! Discovery: the trust document, DID documents, JWKS, the JSON-LD context. Open to other origins.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use poa_verifier::ed25519::PublicKey;

use super::error::{ApiError, Problem};
use super::parameters::Id;
use super::reply::{Kept, cached, conditional, etag_of, typed};
use crate::app::App;
use crate::documents;
use crate::domain::AgentUuid;

/// The context never changes under its URL.
const CONTEXT_KEPT_S: u32 = 365 * 24 * 3600;

/// The routes of this resource.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/.well-known/poa-trust.json", get(trust))
        .route("/.well-known/did.json", get(issuer_did))
        .route("/.well-known/jwks.json", get(jwks))
        .route("/did/{did}", get(resolve))
        .route("/contexts/poa/v1", get(context))
}

/// What a verifier pins.
async fn trust(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    keys(&headers, "application/json", &app.published().now().bytes)
}

async fn issuer_did(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    did_json(&headers, &documents::issuer_did(app.keys()))
}

async fn jwks(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let keys = documents::jwks(app.keys())?;
    Ok(self::keys(&headers, "application/json", keys.to_string().as_bytes()))
}

/// The DID document of the issuer or of one of its agents. The path may carry the DID as it is, or with
/// its `%3A` percent-encoded once more.
async fn resolve(State(app): State<Arc<App>>, Id(did): Id<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    let url = &app.config().public_url;
    let decoded = |text: String| text.replace("%3A", ":");
    if decoded(did.clone()) == decoded(url.issuer_did()) {
        return Ok(issuer_did(State(app), headers).await);
    }
    let host = url.did_host();
    let id = AgentUuid::from_did(&did, &host)
        .or_else(|| AgentUuid::from_did(&did, &decoded(host)))
        .ok_or_else(|| ApiError::of_member(Problem::NotFound, "did", "Not a DID of this issuer's."))?;
    let agent = app.domain().agent(id).await?;
    let key = PublicKey::from_bytes(&agent.ed25519_public_key).map_err(|error| ApiError::internal(&error))?;
    Ok(did_json(&headers, &documents::agent_did(&agent.did, &key)))
}

async fn context() -> Response {
    cached(typed("application/ld+json", documents::CONTEXT), CONTEXT_KEPT_S)
}

fn did_json(headers: &HeaderMap, document: &serde_json::Value) -> Response {
    keys(headers, "application/did+json", document.to_string().as_bytes())
}

/// A document with keys. No cache answers with it unasked: a key that was rotated in or given up counts from that
/// moment.
fn keys(headers: &HeaderMap, media_type: &'static str, bytes: &[u8]) -> Response {
    conditional(headers, &etag_of(bytes), Kept::UntilAsked, || typed(media_type, bytes.to_vec()))
}
