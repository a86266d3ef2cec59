//! `GET /poa/api/revoked`: every revoked document, automatic reasons included.
//!
//! Without parameters the answer is the whole list, as published clients expect, from bytes that are written when
//! something was revoked. With `limit` or `cursor` (from `next`) it comes in pages, oldest revocation first; a cursor
//! stays good for ever, so that a client who keeps the last one reads only what is new. A page says in `after` where it
//! begins, so that nobody takes the last one for the whole list.
//!
//! Documents that have expired stay on it: published clients know no expiry.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;

use super::refusal::{Code, Refusal};
use crate::app::App;
use crate::domain::agenthood::{AgenthoodError, Revoked};
use crate::http::reply::{Kept, conditional, etag_of, typed};

pub const MAX_PAGE: u32 = 1_000;
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
    let (after, limit) = match (cursor, limit) {
        (None, None) => {
            let Written { etag, bytes, .. } = app.revoked_list().newest(&app).await?;
            return Ok(conditional(&headers, &etag, Kept::For(KEPT_S), || typed("application/json", bytes)));
        }
        (cursor, limit) => (cursor.unwrap_or(0), limit.unwrap_or(MAX_PAGE)),
    };
    // Stored numbers are signed; a cursor beyond them was not made here.
    if !(1..=MAX_PAGE).contains(&limit) || after > i64::MAX as u64 {
        return Err(out_of_form());
    }
    let page = app.domain().revoked_agenthood(after, limit).await?;
    let last = page.revoked.last().map_or(after, |last| last.number);
    let mut body = json!({
        "issuer": app.keys().issuer(),
        "generatedAt": page_time(app.now()) * 1000,
        "revoked": page.revoked.iter().map(entry).collect::<Vec<_>>(),
        "after": after.to_string(),
        "cursor": last.to_string(),
    });
    if let Some(next) = page.next {
        body["next"] = next.to_string().into();
    }
    let bytes = body.to_string();
    Ok(conditional(&headers, &etag_of(bytes.as_bytes()), Kept::For(KEPT_S), || typed("application/json", bytes)))
}

/// The time that a page says: the same for as long as caches may keep it, so that its tag lasts as long, and never later
/// than now.
fn page_time(now: u64) -> u64 {
    now - now % u64::from(KEPT_S)
}

/// The whole list. What was revoked never comes off it, so it only grows by what is new.
#[derive(Debug, Default)]
pub struct WholeList(Mutex<Growing>);

#[derive(Debug, Default)]
struct Growing {
    /// JSON objects with commas between them.
    entries: Vec<u8>,
    digest: Sha256,
    last: u64,
    written: Option<Written>,
}

/// An answer as it was written last.
#[derive(Clone, Debug)]
struct Written {
    last: u64,
    at: u64,
    etag: String,
    bytes: Bytes,
}

impl WholeList {
    /// The list with everything that is revoked by now. Its `generatedAt` is at most as old as caches may make it.
    async fn newest(&self, app: &App) -> Result<Written, AgenthoodError> {
        let mut list = self.0.lock().await;
        loop {
            let page = app.domain().revoked_agenthood(list.last, CHUNK).await?;
            page.revoked.iter().for_each(|revoked| list.add(revoked));
            if page.next.is_none() {
                break;
            }
        }
        let now = app.now();
        let serves = |written: &Written| {
            written.last == list.last && (written.at..written.at + u64::from(KEPT_S)).contains(&now)
        };
        match list.written.clone().filter(serves) {
            Some(written) => Ok(written),
            None => Ok(list.write(app.keys().issuer(), now)),
        }
    }
}

impl Growing {
    fn add(&mut self, revoked: &Revoked) {
        let entry = entry(revoked).to_string();
        self.digest.update(entry.as_bytes());
        if !self.entries.is_empty() {
            self.entries.push(b',');
        }
        self.entries.extend_from_slice(entry.as_bytes());
        self.last = revoked.number;
    }

    fn write(&mut self, issuer: &str, now: u64) -> Written {
        let head = format!(
            "{{\"issuer\":{},\"generatedAt\":{},\"cursor\":\"{}\",\"revoked\":[",
            Value::from(issuer),
            now * 1000,
            self.last
        );
        let bytes = [head.as_bytes(), &self.entries, b"]}"].concat().into();
        // Whoever keeps an old time would hold the list for stale, so the tag stands for the time too.
        let tag = self.digest.clone().chain_update(&head).finalize();
        let etag = format!("\"{}\"", &hex::encode(tag)[..32]);
        let written = Written { last: self.last, at: now, etag, bytes };
        self.written = Some(written.clone());
        written
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
