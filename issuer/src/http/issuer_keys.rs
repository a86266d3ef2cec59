//! `/issuer-keys`: the operator replaces the issuer's keys and marks those that leaked.

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use poa_verifier::time;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::api::{Answer, Routes, get, parameters, post};
use super::body::{Empty, Json};
use super::call::{ByOperator, Call};
use super::error::{ApiError, Problem};
use super::limits;
use super::parameters::Id;
use super::reply::private;
use crate::app::App;
use crate::domain::AffectedDocument;
use crate::domain::issuer_keys::MAX_AFFECTED;
use crate::keys::Purpose;
use crate::store::IssuerKeyRow;

const DEFAULT_PAGE: u32 = 50;

/// The routes of this resource.
pub fn routes() -> Routes {
    let kid = parameters::part("kid", "^[!-~]+$", "The key's id, or its fragment.");
    Routes::of("Issuer keys")
        .route(
            get("/issuer-keys", list).means("listIssuerKeys", "List every key there ever was").answers(Answer::json(
                200,
                "issuer-keys",
                "The keys, without their private halves.",
            )),
        )
        .route(
            post("/issuer-keys/rotate", rotate)
                .means("rotateIssuerKeys", "Sign with new keys from now on")
                .reads("issuer-key-rotation", limits::SMALL_BYTES)
                .answers(Answer::json(200, "issuer-keys", "The keys; `made` names those that sign from now on."))
                .refuses(&[Problem::Conflict]),
        )
        .route(
            get("/issuer-keys/compromised", compromised)
                .means("listCompromisedDocuments", "List the documents to issue again")
                .takes(parameters::cursor("^[!-~]+$"))
                .takes(parameters::limit(MAX_AFFECTED.into()))
                .answers(Answer::json(200, "compromised-documents", "A page of them."))
                .refuses(&[Problem::InvalidParameter, Problem::Unprocessable]),
        )
        .route(
            post("/issuer-keys/{kid}/compromise", compromise)
                .means("compromiseIssuerKey", "Mark a key that leaked: it verifies nothing any more")
                .takes(kid)
                .body_limit(limits::SMALL_BYTES)
                .answers(Answer::json(200, "issuer-key-compromise", "What was done about it."))
                .refuses(&[Problem::Conflict]),
        )
}

/// `GET /issuer-keys`: every key there ever was.
async fn list(State(app): State<Arc<App>>, _: Call<ByOperator, Empty>) -> Result<Response, ApiError> {
    Ok(private(JsonReply(keys(&app).await?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotateBody {
    purpose: Option<PurposeName>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PurposeName {
    Credentials,
    Heads,
    Status,
    #[serde(rename = "vc-api")]
    VcApi,
}

impl From<PurposeName> for Purpose {
    fn from(name: PurposeName) -> Self {
        match name {
            PurposeName::Credentials => Self::Credentials,
            PurposeName::Heads => Self::Heads,
            PurposeName::Status => Self::Status,
            PurposeName::VcApi => Self::VcApi,
        }
    }
}

/// `POST /issuer-keys/rotate`: new keys sign from now on, for one purpose or for all.
async fn rotate(State(app): State<Arc<App>>, call: Call<ByOperator, Json<RotateBody>>) -> Result<Response, ApiError> {
    let purposes = match call.body.0.purpose {
        Some(name) => vec![name.into()],
        None => Purpose::ALL.to_vec(),
    };
    let active = app.rotate_keys(purposes).await?;
    let mut body = keys(&app).await?;
    body["made"] = active.into();
    Ok(private(JsonReply(body)))
}

/// `POST /issuer-keys/{kid}/compromise`: from now on the key verifies nothing.
async fn compromise(
    State(app): State<Arc<App>>,
    Id(kid): Id<String>,
    _: Call<ByOperator, Empty>,
) -> Result<Response, ApiError> {
    // The whole id is as good as its fragment.
    let name = kid.strip_prefix(app.keys().issuer()).and_then(|rest| rest.strip_prefix('#')).unwrap_or(&kid);
    let done = app.compromise_key(name.to_owned()).await?;
    Ok(private(JsonReply(json!({
        "kid": done.key,
        "purpose": done.purpose.as_str(),
        "state": "compromised",
        "compromised_at": written(done.compromised_at)?,
        "active": done.active,
        "heads_signed_anew": done.heads_signed_anew,
    }))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /issuer-keys/compromised`: the documents to issue again.
async fn compromised(
    State(app): State<Arc<App>>,
    query: Result<Query<PageQuery>, QueryRejection>,
    _: Call<ByOperator, Empty>,
) -> Result<Response, ApiError> {
    let malformed = |member: &str, detail: &str| ApiError::of_member(Problem::InvalidParameter, member, detail);
    let Query(query) =
        query.map_err(|_| malformed("query", "The query takes cursor and limit (1 to 200), each once."))?;
    let limit = query.limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_AFFECTED).contains(&limit) {
        return Err(malformed("limit", "limit is a number from 1 to 200."));
    }
    let page = app.affected_documents(query.cursor.as_deref(), limit).await?;
    let documents = page.documents.iter().map(|document| view(&app, document)).collect::<Result<Vec<_>, _>>()?;
    let mut body = json!({ "documents": documents });
    if let Some(next) = page.next {
        body["next"] = next.into();
    }
    Ok(private(JsonReply(body)))
}

fn view(app: &App, document: &AffectedDocument) -> Result<Value, ApiError> {
    let url = &app.config().public_url;
    let path = match document.kind {
        AffectedDocument::AGENTHOOD => Some(format!("/poa/api/credential/{}", document.id)),
        AffectedDocument::CREDENTIAL => Some(format!("/zk-credentials/{}", document.id)),
        // The service does not keep it.
        _ => None,
    };
    let mut view = json!({
        "kind": document.kind,
        "id": document.id,
        "keys": document.keys,
        "issued_at": written(document.issued_at)?,
    });
    for (name, value) in [
        ("agent", document.agent.clone()),
        ("credential_id", document.credential_id.clone()),
        ("expires_at", document.expires_at.map(written).transpose()?),
        ("url", path.map(|path| url.join(&path))),
    ] {
        if let Some(value) = value {
            view[name] = value.into();
        }
    }
    Ok(view)
}

async fn keys(app: &App) -> Result<Value, ApiError> {
    let rows = app.issuer_key_rows().await?;
    let keys = rows.iter().map(|row| key_view(app, row)).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "issuer": app.keys().issuer(), "keys": keys }))
}

/// A key without its private half, sealed or not.
fn key_view(app: &App, row: &IssuerKeyRow) -> Result<Value, ApiError> {
    let mut view = Map::new();
    view.insert("kid".into(), format!("{}#{}", app.keys().issuer(), row.name).into());
    view.insert("purpose".into(), row.purpose.as_str().into());
    view.insert("state".into(), row.state.as_str().into());
    view.insert("published".into(), row.dropped_at.is_none().into());
    view.insert("public_key_multibase".into(), row.public_key_multibase.as_str().into());
    for (name, at) in [
        ("created_at", Some(row.created_at)),
        ("retired_at", row.retired_at),
        ("compromised_at", row.compromised_at),
        ("dropped_at", row.dropped_at),
    ] {
        if let Some(at) = at {
            view.insert(name.into(), written(at)?.into());
        }
    }
    Ok(view.into())
}

fn written(unix_s: u64) -> Result<String, ApiError> {
    time::format_utc(unix_s).map_err(|error| ApiError::internal(&error))
}
