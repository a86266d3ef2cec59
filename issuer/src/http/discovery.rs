//! Discovery: the trust document, DID documents, JWKS, the JSON-LD context. Open to other origins.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Json as JsonReply, Router};
use poa_verifier::ed25519::PublicKey;

use super::error::{ApiError, Problem};
use super::parameters::Id;
use super::reply::{cached, typed};
use crate::app::App;
use crate::documents;
use crate::domain::AgentUuid;

/// How long caches may keep what changes seldom.
const KEPT_S: u32 = 300;
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
async fn trust(State(app): State<Arc<App>>) -> Response {
    cached(typed("application/json", app.published().now().bytes.clone()), KEPT_S)
}

async fn issuer_did(State(app): State<Arc<App>>) -> Response {
    cached(did_json(documents::issuer_did(app.keys())), KEPT_S)
}

async fn jwks(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    Ok(cached(JsonReply(documents::jwks(app.keys())?), KEPT_S))
}

/// The DID document of the issuer or of one of its agents. The path may carry the DID as it is, or with
/// its `%3A` percent-encoded once more.
async fn resolve(State(app): State<Arc<App>>, Id(did): Id<String>) -> Result<Response, ApiError> {
    let url = &app.config().public_url;
    let decoded = |text: String| text.replace("%3A", ":");
    if decoded(did.clone()) == decoded(url.issuer_did()) {
        return Ok(issuer_did(State(app)).await);
    }
    let host = url.did_host();
    let id = AgentUuid::from_did(&did, &host)
        .or_else(|| AgentUuid::from_did(&did, &decoded(host)))
        .ok_or_else(|| ApiError::of_member(Problem::NotFound, "did", "Not a DID of this issuer's."))?;
    let agent = app.domain().agent(id).await?;
    let key = PublicKey::from_bytes(&agent.ed25519_public_key).map_err(|error| ApiError::internal(&error))?;
    Ok(cached(did_json(documents::agent_did(&agent.did, &key)), KEPT_S))
}

async fn context() -> Response {
    cached(typed("application/ld+json", documents::CONTEXT), CONTEXT_KEPT_S)
}

fn did_json(document: serde_json::Value) -> Response {
    typed("application/did+json", document.to_string())
}
