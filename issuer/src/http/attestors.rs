//! `/attestors`: whose receipts count.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::{delete, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{Empty, Json};
use super::call::{ByOperator, Call};
use super::error::ApiError;
use super::limits::{self, LimitExt};
use super::parameters::Id;
use super::reply::{Created, NoContent};
use super::wire::{Ed25519Key, Text};
use crate::app::App;

/// The routes of this resource.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/attestors", post(add).body_limit(limits::SMALL_BYTES))
        .route("/attestors/{id}", delete(retire).body_limit(limits::SMALL_BYTES))
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
