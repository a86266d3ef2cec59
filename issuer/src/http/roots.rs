//! `/roots`: signed tree heads.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Json as JsonReply, Router};
use poa_circuits::native::field::{self, F, FieldError};
use serde_json::{Value, json};

use super::error::ApiError;
use super::parameters::Id;
use super::reply::{cached, private};
use crate::app::App;
use crate::domain::Head;

/// The routes of this resource.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/roots/latest", get(latest))
        .route("/roots/anchor", get(anchor))
        .route("/roots/{root}", get(by_root))
}

/// A root in a path: a field element in its one spelling.
struct Root(F);

impl FromStr for Root {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        field::decode_hex(text).map(Self)
    }
}

/// `GET /roots/latest`: the newest head.
async fn latest(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    Ok(private(JsonReply(view(&app.domain().latest_head().await?))))
}

/// `GET /roots/anchor`: the head under which presentations of this hour are made.
async fn anchor(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    Ok(private(JsonReply(view(&app.domain().anchor_head().await?))))
}

/// `GET /roots/{root}`: the newest head of a root.
async fn by_root(State(app): State<Arc<App>>, Id(Root(root)): Id<Root>) -> Result<Response, ApiError> {
    Ok(cached(JsonReply(view(&app.domain().head_for_root(&root).await?)), 60))
}

fn view(head: &Head) -> Value {
    json!({
        "head": head.jws,
        "root": field::encode_hex(&head.root),
        "size": head.size,
        "seq": head.seq,
        "iat": head.iat,
        "revocations": head.revocations,
        "anchor": head.anchor,
    })
}
