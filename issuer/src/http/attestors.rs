//! `/attestors`: whose receipts count.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{Answer, Routes, delete, parameters, post};
use super::body::{Empty, Json};
use super::call::{ByOperator, Call};
use super::error::{ApiError, Problem};
use super::limits;
use super::parameters::Id;
use super::reply::{Created, NoContent};
use super::wire::{Ed25519Key, Text};
use crate::app::App;

/// The routes of this resource.
pub fn routes() -> Routes {
    let did_key = parameters::part("id", "^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$", "The attestor's did:key.");
    Routes::of("Attestations")
        .route(
            post("/attestors", add)
                .means("addAttestor", "Let a key sign receipts")
                .reads("attestor-registration", limits::SMALL_BYTES)
                .answers(Answer::json(201, "attestor", "The attestor.").located())
                .refuses(&[Problem::Conflict, Problem::Unprocessable]),
        )
        .route(
            delete("/attestors/{id}", retire)
                .means("retireAttestor", "Retire an attestor")
                .detail("Its later receipts are refused; those that count already go on counting.")
                .takes(did_key)
                .body_limit(limits::SMALL_BYTES)
                .answers(Answer::empty(204, "Retired.")),
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddBody {
    name: Text<200>,
    ed25519_public_key: Ed25519Key,
}

/// `POST /attestors`.
async fn add(State(app): State<Arc<App>>, call: Call<ByOperator, Json<AddBody>>) -> Result<Created<Value>, ApiError> {
    let AddBody { name, ed25519_public_key: Ed25519Key(key) } = call.body.0;
    let id = format!("did:key:{}", key.to_multikey());
    let attestor = app.domain().add_attestor(id, name.0, key.to_bytes(), app.now()).await?;
    let location = app.config().public_url.join(&format!("/attestors/{}", attestor.id));
    Ok(Created(json!({ "id": attestor.id, "name": attestor.name }), Some(location)))
}

/// `DELETE /attestors/{id}`: its later receipts are refused, those that count already go on counting.
async fn retire(
    State(app): State<Arc<App>>,
    Id(id): Id<String>,
    _: Call<ByOperator, Empty>,
) -> Result<NoContent, ApiError> {
    app.domain().retire_attestor(&id, app.now()).await?;
    Ok(NoContent)
}
