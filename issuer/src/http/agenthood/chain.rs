//! `/poa/chain/v1`: the embedded registry as a chain that others read (`schemas/chain-reader.json`).

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use poa_verifier::agenthood::ss58::Address;
use serde::Deserialize;

use crate::app::App;
use crate::domain::registry::{Registry, RegistryError};
use crate::http::api::{Answer, Routes, get, parameters};
use crate::http::error::{ApiError, Problem};
use crate::http::reply::private;

/// The routes of the contract.
pub fn routes() -> Routes {
    Routes::of("Chain")
        .route(
            get("/poa/chain/v1/agents/{address}", agent)
                .means("chainAgent", "An agent at the newest block")
                .takes(parameters::account("address"))
                .answers(Answer::json(200, "chain-reader.snapshot", "The agent, or null."))
                .refuses(&[Problem::InvalidParameter, Problem::NotFound]),
        )
        .route(
            get("/poa/chain/v1/changes", changes)
                .means("chainChanges", "What changed after a block")
                .takes(parameters::query_number("after", 0, i64::MAX as u64, true, "Number of a block."))
                .answers(Answer::json(200, "chain-reader.changes", "At most 500 changes, oldest first."))
                .refuses(&[Problem::InvalidParameter, Problem::NotFound]),
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct After {
    after: u64,
}

async fn agent(State(app): State<Arc<App>>, Path(address): Path<String>) -> Result<Response, ApiError> {
    let registry = embedded(&app)?;
    let address = Address::parse(&address, app.config().agenthood.network)
        .map_err(|error| ApiError::of_member(Problem::InvalidParameter, "address", format!("{error}.")))?;
    Ok(private(JsonReply(registry.snapshot(&address, app.now()).await.map_err(failed)?)))
}

async fn changes(
    State(app): State<Arc<App>>,
    query: Result<Query<After>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiError> {
    let registry = embedded(&app)?;
    let after = query.ok().map(|Query(query)| query.after).filter(|after| *after <= i64::MAX as u64);
    let after = after
        .ok_or_else(|| ApiError::of_member(Problem::InvalidParameter, "after", "after is the number of a block."))?;
    Ok(private(JsonReply(registry.changes_since(after, app.now()).await.map_err(failed)?)))
}

/// The registry, on a service that has one: what is read from elsewhere is not passed on as our own.
pub(super) fn embedded(app: &App) -> Result<&Registry, ApiError> {
    app.registry().ok_or_else(|| {
        ApiError::of_member(Problem::NotFound, "path", "This service reads another chain and has no registry.")
    })
}

fn failed(error: RegistryError) -> ApiError {
    ApiError::internal(&error)
}
