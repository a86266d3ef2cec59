//! `POST /presentations`: a managed agent answers a verifier's challenge through the service.

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::api::{Answer, Routes, post};
use super::body::Json;
use super::call::{AnyKey, ByAgent, Call};
use super::credentials::PROVING;
use super::error::ApiError;
use super::limits;
use super::reply::private;
use super::schema_name::SchemaName;
use super::wire::Text;
use crate::app::App;
use crate::service::presenting::Present;

/// The routes of this resource.
pub fn routes() -> Routes {
    Routes::of("Credentials").route(
        post("/presentations", present)
            .means("present", "Answer a verifier's challenge for a managed agent")
            .reads("presentation-request", limits::SMALL_BYTES)
            .answers(Answer::json(200, "presentation", "The presentation."))
            .refuses(PROVING),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PresentBody {
    schema: SchemaName,
    #[serde(default)]
    predicates: Map<String, Value>,
    audience: Option<Text<512>>,
    challenge: Text<512>,
    domain: Text<512>,
    #[serde(default)]
    show_subject: bool,
}

async fn present(
    State(app): State<Arc<App>>,
    call: Call<ByAgent<AnyKey>, Json<PresentBody>>,
) -> Result<Response, ApiError> {
    let PresentBody { schema, predicates, audience, challenge, domain, show_subject } = call.body.0;
    let presentation = app
        .present(Present {
            agent: call.caller.agent,
            name: schema.name,
            version: schema.version,
            predicates,
            audience: audience.map(|audience| audience.0),
            challenge: challenge.0,
            domain: domain.0,
            show_subject,
        })
        .await?;
    Ok(private(JsonReply(presentation)))
}
