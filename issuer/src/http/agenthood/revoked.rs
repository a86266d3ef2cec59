//! `GET /poa/api/revoked`: every revoked document, automatic reasons included.
//!
//! Without parameters the answer is the whole list, as published clients expect. With `limit` (and `cursor`, from
//! `next`) it comes in pages, oldest revocation first; a cursor stays good for ever, so that a client who keeps the
//! last one reads only what is new.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use poa_verifier::json;
use serde::Deserialize;
use serde_json::{Value, json};

use super::refusal::{Code, Refusal};
use crate::app::App;
use crate::domain::agenthood::Revoked;
use crate::http::reply::{cached, typed, with_header};

const MAX_PAGE: u32 = 1_000;
/// Documents per transaction while the whole list is put together.
const CHUNK: u32 = 10_000;
/// How long caches may keep the list, seconds: it delays revocation for whoever reads nothing else.
const KEPT_S: u32 = 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    cursor: Option<u64>,
    limit: Option<u32>,
}

/// `GET /poa/api/revoked`.
pub async fn list(
    State(app): State<Arc<App>>,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let out_of_form = || Refusal::detailed(Code::InvalidParameter, "The query takes cursor and limit (1 to 1000).");
    let Query(Page { cursor, limit }) = page.map_err(|_| out_of_form())?;
    let after = cursor.unwrap_or(0);
    // Stored numbers are signed; a cursor beyond them was not made here.
    if limit.is_some_and(|limit| !(1..=MAX_PAGE).contains(&limit)) || after > i64::MAX as u64 {
        return Err(out_of_form());
    }
    let (revoked, next) = match limit {
        Some(limit) => {
            let page = app.domain().revoked_agenthood(after, limit).await?;
            (page.revoked, page.next)
        }
        None => (all(&app, after).await?, None),
    };
    let last = revoked.last().map_or(after, |last| last.number);
    let entries: Vec<Value> = revoked.iter().map(entry).collect();
    let mut body = json!({
        "issuer": app.keys().issuer(),
        "revoked": entries,
        "cursor": last.to_string(),
    });
    if let Some(next) = next {
        body["next"] = next.to_string().into();
    }
    // The time of asking is no part of what the tag stands for.
    let etag = format!("\"{}\"", &hex::encode(json::digest(&body))[..32]);
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value == etag.as_str());
    body["generatedAt"] = (app.now() * 1000).into();
    let response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { typed("application/json", body.to_string()) };
    Ok(with_header(cached(response, KEPT_S), header::ETAG, &etag))
}

async fn all(app: &App, mut after: u64) -> Result<Vec<Revoked>, Refusal> {
    let mut revoked = Vec::new();
    loop {
        let page = app.domain().revoked_agenthood(after, CHUNK).await?;
        revoked.extend(page.revoked);
        match page.next {
            Some(next) => after = next,
            None => return Ok(revoked),
        }
    }
}

fn entry(revoked: &Revoked) -> Value {
    json!({
        "jti": revoked.jti.to_string(),
        "agentId": revoked.agent,
        "reason": revoked.revocation.reason.as_str(),
        "at": revoked.revocation.at * 1000,
        "block": revoked.revocation.cause_block,
    })
}
