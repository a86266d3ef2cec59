//! `/verifiers`: whose presentation requests the operator vouches for.

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::response::Response;
use poa_verifier::time;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{Answer, Routes, delete, get, parameters, post};
use super::body::{Empty, Json};
use super::call::{ByOperator, Call};
use super::error::{ApiError, Problem};
use super::limits;
use super::parameters::Id;
use super::reply::{Created, NoContent, private};
use super::wire::Text;
use crate::app::App;
use crate::domain::{RegisteredVerifier, VerifierId};

/// The routes of this resource.
pub fn routes() -> Routes {
    Routes::of("Verification")
        .route(
            post("/verifiers", register)
                .means("registerVerifier", "Let a verifier state requests for its origin")
                .detail("Holders are told that the operator vouches for the verifier.")
                .reads("verifier-registration", limits::SMALL_BYTES)
                .answers(
                    Answer::json(201, "verifier-registered", "The verifier, and its token, told this once.").located(),
                )
                .refuses(&[Problem::Conflict, Problem::Unprocessable]),
        )
        .route(get("/verifiers", list).means("listVerifiers", "List the registered verifiers").answers(Answer::json(
            200,
            "verifier-list",
            "In order of origin.",
        )))
        .route(
            delete("/verifiers/{id}", remove)
                .means("removeVerifier", "Remove a verifier")
                .detail("Its token states nothing more, and its requests that nobody answered yet are gone.")
                .takes(parameters::verifier())
                .body_limit(limits::SMALL_BYTES)
                .answers(Answer::empty(204, "Removed.")),
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegisterBody {
    origin: Text<512>,
    name: Option<Text<200>>,
}

/// `POST /verifiers`: 201 with the token.
async fn register(
    State(app): State<Arc<App>>,
    call: Call<ByOperator, Json<RegisterBody>>,
) -> Result<Created<Value>, ApiError> {
    let RegisterBody { origin, name } = call.body.0;
    let (verifier, token) = app.register_verifier(&origin.0, name.map(|name| name.0)).await?;
    let location = app.config().public_url.join(&format!("/verifiers/{}", verifier.id));
    let mut body = view(&verifier)?;
    body["token"] = token.as_str().into();
    Ok(Created(body, Some(location)))
}

/// `GET /verifiers`.
async fn list(State(app): State<Arc<App>>, _: Call<ByOperator, Empty>) -> Result<Response, ApiError> {
    let verifiers = app.domain().verifiers().await?;
    let verifiers = verifiers.iter().map(view).collect::<Result<Vec<_>, _>>()?;
    Ok(private(JsonReply(json!({ "verifiers": verifiers }))))
}

/// `DELETE /verifiers/{id}`.
async fn remove(
    State(app): State<Arc<App>>,
    Id(id): Id<VerifierId>,
    _: Call<ByOperator, Empty>,
) -> Result<NoContent, ApiError> {
    app.domain().remove_verifier(id, app.now()).await?;
    Ok(NoContent)
}

fn view(verifier: &RegisteredVerifier) -> Result<Value, ApiError> {
    let registered_at = time::format_utc(verifier.registered_at).map_err(|error| ApiError::internal(&error))?;
    Ok(json!({
        "id": verifier.id.to_string(),
        "origin": verifier.origin,
        "name": verifier.name,
        "registered_at": registered_at,
    }))
}
