//! `GET /agents/{id}/opening`: an agent's own leaf opening. Needed once per leaf; secret.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Json as JsonReply, Router};
use serde_json::json;

use super::body::Empty;
use super::call::{ByAgent, Call, Caller};
use super::error::ApiError;
use super::parameters::Id;
use super::reply::private;
use crate::app::App;
use crate::documents;
use crate::domain::AgentUuid;

/// The routes of this resource.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/agents/{id}/opening", get(opening))
}

async fn opening(
    State(app): State<Arc<App>>,
    Id(id): Id<AgentUuid>,
    call: Call<ByAgent, Empty>,
) -> Result<Response, ApiError> {
    Caller::Agent(call.caller).may_act_for(id)?;
    let opening = app.domain().leaf_opening(id).await?;
    let (anchor, latest) = (app.domain().anchor_head().await?, app.domain().latest_head().await?);
    Ok(private(JsonReply(json!({
        "log": app.domain().settings().log,
        "index": opening.index,
        "seq": opening.seq,
        "opening": documents::opening(&opening)?,
        "attestation_schema": opening.schema.document,
        "anchor": anchor.jws,
        "latest": latest.jws,
    }))))
}
