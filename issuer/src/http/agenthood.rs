//! `/poa`: Proof of Agenthood in the published form (`docs/agenthood-service.md`).
//!
//! Bodies, codes and members are those of the published service, so that its clients work here unchanged: refusals are
//! `{error, detail?}` instead of problem documents, members that are not known are passed over, a missing content type
//! means JSON. Everything ours adds is beside it.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::limits::{self, LimitExt};
use crate::app::App;

mod body;
mod chain;
mod claim;
mod credential;
mod refusal;
mod registry;
mod revoked;
mod verify;

pub use refusal::{PublishedForm, Refusal};
pub use revoked::WholeList;

/// The routes of the published API. Open to other origins.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/poa/api/challenge", post(claim::challenge).body_limit(limits::SMALL_BYTES))
        .route("/poa/api/issue", post(claim::issue).body_limit(limits::SMALL_BYTES))
        .route("/poa/api/revoke", post(claim::revoke).body_limit(limits::SMALL_BYTES))
        .route("/poa/api/snapshot/{id}", get(claim::snapshot))
        .route("/poa/api/credential/{jti}", get(credential::show))
        .route("/poa/api/verify", post(verify::verify).body_limit(verify::BODY_BYTES))
        .route("/poa/api/revoked", get(revoked::list))
        .route("/poa/.well-known/jwks.json", get(credential::jwks))
        .merge(chain::routes())
}

/// The operator's routes.
pub fn operator_routes() -> Router<Arc<App>> {
    registry::routes().route(
        "/poa/operator/credentials/{jti}/revoke",
        post(credential::revoke_by_operator).body_limit(limits::SMALL_BYTES),
    )
}
