//! `GET /poa/{id}`: the page of an agent's Proof of Agenthood, which `pageUrl` of an issue answer names.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use poa_verifier::agenthood::ss58::Address;

use crate::app::App;
use crate::domain::{DomainError, Kind};
use crate::http::client::Client;
use crate::http::error::ApiError;
use crate::http::pages::{html, service};
use crate::http::rate::Limited;
use crate::http::verify::refusal;
use crate::pages;
use crate::proving::Principal;

/// Shows the newest document. Counted as a verification of one, which it is.
pub async fn page(State(app): State<Arc<App>>, client: Client, Path(id): Path<String>) -> Result<Response, ApiError> {
    let agent = Address::parse(&id, app.config().agenthood.network)
        .map_err(|_| ApiError::from(DomainError::NotFound(Kind::Agenthood)))?;
    app.rate_limits().count(Limited::Verify, client)?;
    let view = app.agenthood_page(Principal::Client(client), agent, service(&app)).await.map_err(refusal)?;
    Ok(html(pages::agenthood(&view)))
}
