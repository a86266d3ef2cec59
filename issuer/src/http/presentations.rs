//! `POST /presentations`: a managed agent answers a verifier's challenge through the service.

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::api::{Answer, Routes, post};
use super::body::Json;
use super::call::{AnyKey, ByAgent, Call};
use super::credentials::PROVING;
use super::error::{ApiError, Problem};
use super::limits;
use super::reply::private;
use super::schema_name::SchemaName;
use super::wire::Text;
use crate::app::App;
use crate::service::presenting::{Present, Presented};

/// Says how large the crowd is among which the holder stays anonymous.
const ROOT: &str = "poa-root";

/// The routes of this resource.
pub fn routes() -> Routes {
    Routes::of("Credentials").route(
        post("/presentations", present)
            .means("present", "Answer a verifier's challenge for a managed agent")
            .reads("presentation-request", limits::SMALL_BYTES)
            .detail("Under the hour's anchor, as everybody. A leaf that is newer is shown only with `allow_newest_root`, in a small crowd.")
            .answers(Answer::json(200, "presentation", "The presentation.").with(
                "PoA-Root",
                "`anchor`, under which everybody of the hour presents; or `newest`, under which few do",
            ))
            .refuses(PROVING)
            .refuses(&[Problem::LeafNotInAnchor]),
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
    #[serde(default)]
    allow_newest_root: bool,
}

async fn present(
    State(app): State<Arc<App>>,
    call: Call<ByAgent<AnyKey>, Json<PresentBody>>,
) -> Result<Response, ApiError> {
    let PresentBody { schema, predicates, audience, challenge, domain, show_subject, allow_newest_root } = call.body.0;
    let Presented { document, under_anchor } = app
        .present(Present {
            agent: call.caller.agent,
            name: schema.name,
            version: schema.version,
            predicates,
            audience: audience.map(|audience| audience.0),
            challenge: challenge.0,
            domain: domain.0,
            show_subject,
            allow_newest_root,
        })
        .await?;
    let mut answer = private(JsonReply(document));
    answer.headers_mut().insert(ROOT, HeaderValue::from_static(if under_anchor { "anchor" } else { "newest" }));
    Ok(answer)
}
