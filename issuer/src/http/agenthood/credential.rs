//! `credential`, the operator's revocation, and the keys.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use poa_verifier::{json, jws};
use serde_json::{Value, json};

use super::refusal::{Code, Refusal, published};
use crate::app::App;
use crate::documents;
use crate::domain::agenthood::{DocumentRow, Jti};
use crate::http::body::Empty;
use crate::http::call::{ByOperator, Call};
use crate::http::error::ApiError;
use crate::http::reply::{Kept, conditional, etag_of, private, typed};

/// `GET /poa/api/credential/{jti}`; the bare JWS to whoever accepts `application/jose` or `application/jwt`.
pub async fn show(
    State(app): State<Arc<App>>,
    Path(jti): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let jti: Jti = jti.parse().map_err(|_| Refusal::new(Code::NotFound))?;
    let document = app.domain().agenthood_document(jti).await?;
    if let Some(media_type) = raw_form(&headers) {
        return Ok(private(typed(media_type, document.jws)));
    }
    let claims = jws::parse(&document.jws).and_then(|jws| jws.claims()).map_err(|error| Refusal::internal(&error))?;
    Ok(published(
        StatusCode::OK,
        json!({
            "jti": jti.to_string(),
            "agentId": document.agent,
            "issuedAt": document.issued_at * 1000,
            "revoked": revoked_member(&document),
            "jws": document.jws,
            "claims": claims,
        }),
    ))
}

/// `false`, or why and when.
pub(super) fn revoked_member(document: &DocumentRow) -> Value {
    match &document.revocation {
        None => json!(false),
        Some(revocation) => json!({
            "reason": revocation.reason.as_str(),
            "at": revocation.at * 1000,
            "block": revocation.cause_block,
        }),
    }
}

/// The answer of both ways to revoke.
pub(super) fn revoked_answer(document: &DocumentRow) -> Response {
    let revocation = document.revocation.as_ref();
    published(
        StatusCode::OK,
        json!({
            "jti": document.jti.to_string(),
            "agentId": document.agent,
            "revokedAt": revocation.map(|revocation| revocation.at * 1000),
            "reason": revocation.map(|revocation| revocation.reason.as_str()),
        }),
    )
}

/// The raw media type that the caller asks for, if any.
fn raw_form(headers: &HeaderMap) -> Option<&'static str> {
    let accept = headers.get(header::ACCEPT)?.to_str().ok()?.to_ascii_lowercase();
    let mut asked = accept.split(',').map(|range| range.split(';').next().unwrap_or_default().trim());
    asked.find_map(|range| match range {
        "application/jose" => Some("application/jose"),
        "application/jwt" => Some("application/jwt"),
        _ => None,
    })
}

/// `POST /poa/operator/credentials/{jti}/revoke`.
pub async fn revoke_by_operator(
    State(app): State<Arc<App>>,
    Path(jti): Path<String>,
    _: Call<ByOperator, Empty>,
) -> Result<Response, Refusal> {
    let jti: Jti = jti.parse().map_err(|_| Refusal::new(Code::NotFound))?;
    Ok(revoked_answer(&app.domain().revoke_agenthood_by_operator(jti, app.now()).await?))
}

/// `GET /poa/.well-known/jwks.json`: the key that signs documents first. No cache answers with it unasked: a key that was
/// rotated in or given up counts from that moment.
pub async fn jwks(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let body = json::canonical(&documents::agenthood_jwks(app.keys())?);
    Ok(conditional(&headers, &etag_of(&body), Kept::UntilAsked, || typed("application/json", body.clone())))
}
