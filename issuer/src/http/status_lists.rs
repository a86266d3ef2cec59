//! `GET /status-lists/{id}`: `revocation` and `suspension`, signed, and `token`, the same index as a token status list.

use std::str::FromStr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use poa_verifier::json;
use poa_verifier::status::token_list;
use poa_verifier::trust::ListPurpose;

use super::error::ApiError;
use super::parameters::Id;
use super::reply::{Kept, conditional, typed};
use crate::app::App;

/// Caches may keep a list this long; the signed time to live bounds it anyway.
const KEPT_S: u32 = 60;

/// The routes of this resource.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/status-lists/token", get(token)).route("/status-lists/{id}", get(show))
}

struct Purpose(ListPurpose);

impl FromStr for Purpose {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [ListPurpose::Revocation, ListPurpose::Suspension]
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
            .map(Self)
            .ok_or(())
    }
}

async fn show(
    State(app): State<Arc<App>>,
    Id(Purpose(purpose)): Id<Purpose>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let lists = app.status_lists().await?;
    let body = || typed("application/vc", json::canonical(lists.list(purpose)));
    Ok(conditional(&headers, &lists.etag(purpose), Kept::For(KEPT_S), body))
}

async fn token(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let lists = app.status_lists().await?;
    let body = || typed(token_list::MEDIA_TYPE, lists.token().to_owned());
    Ok(conditional(&headers, &lists.token_etag(), Kept::For(KEPT_S), body))
}
