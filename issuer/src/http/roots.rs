//! `/roots`: signed tree heads.

use std::str::FromStr;
use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::response::Response;
use poa_circuits::native::field::{self, F, FieldError};
use serde_json::{Value, json};

use super::api::{Answer, Routes, get, parameters};
use super::error::{ApiError, Problem};
use super::parameters::Id;
use super::reply::{cached, private};
use crate::app::App;
use crate::domain::Head;

/// The routes of this resource.
pub fn routes() -> Routes {
    let root = parameters::part("root", "^0x[0-9a-f]{64}$", "A root, as in documents.");
    Routes::of("Log")
        .route(
            get("/roots/latest", latest)
                .means("latestHead", "The newest tree head")
                .answers(Answer::json(200, "root", "The head."))
                .refuses(&[Problem::NotReady]),
        )
        .route(
            get("/roots/anchor", anchor)
                .means("anchorHead", "The head under which presentations of this hour are made")
                .answers(Answer::json(200, "root", "The head."))
                .refuses(&[Problem::NotReady]),
        )
        .route(
            get("/roots/{root}", by_root)
                .means("headOfRoot", "The newest head of a root")
                .takes(root)
                .answers(Answer::json(200, "root", "The head.").cached()),
        )
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
