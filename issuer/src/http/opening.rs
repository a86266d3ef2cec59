//! `GET /agents/{id}/opening`: an agent's own leaf opening. Needed once per leaf; secret.

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::api::{Answer, Routes, get, parameters};
use super::body::Empty;
use super::call::{AnyKey, ByAgent, Call, Caller};
use super::error::{ApiError, Problem};
use super::parameters::Id;
use super::reply::private;
use crate::app::App;
use crate::documents;
use crate::domain::AgentUuid;

/// The routes of this resource.
pub fn routes() -> Routes {
    Routes::of("Log").route(
        get("/agents/{id}/opening", opening)
            .means("opening", "An agent's own leaf opening; secret")
            .takes(parameters::agent())
            .answers(Answer::json(200, "opening", "What the agent proves with, needed once per leaf."))
            .refuses(&[Problem::NoLeaf, Problem::NotReady, Problem::Unprocessable, Problem::AgentNotActive]),
    )
}

async fn opening(
    State(app): State<Arc<App>>,
    Id(id): Id<AgentUuid>,
    call: Call<ByAgent<AnyKey>, Empty>,
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
