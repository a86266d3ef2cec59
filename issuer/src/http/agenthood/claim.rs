//! `challenge`, `issue`, `revoke`, `snapshot`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use poa_verifier::agenthood::message::Action;
use serde_json::{Value, json};

use super::body::{self, Members};
use super::refusal::{Code, Refusal, published};
use crate::app::App;
use crate::http::client::Client;
use crate::http::rate::Limited;

/// `POST /poa/api/challenge`: `{agentId, action?}`.
pub async fn challenge(
    State(app): State<Arc<App>>,
    client: Client,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    app.rate_limits().count(Limited::Challenge, client)?;
    let members = Members::read(body)?;
    let agent = members.agent(&app)?;
    let action = match members.get("action").map(Value::as_str) {
        None | Some(Some("issue")) => Action::Issue,
        Some(Some("revoke")) => Action::Revoke,
        Some(_) => return Err(Refusal::new(Code::ActionInvalid)),
    };
    let challenge = app.agenthood_challenge(agent, action, client).await.map_err(Refusal::of_issue)?;
    let agent = agent.to_string();
    Ok(published(
        StatusCode::OK,
        json!({
            "nonce": challenge.nonce,
            "agentId": agent,
            "message": action.message(&agent, &challenge.nonce),
            "expiresAt": challenge.expires_at * 1000,
            "action": action.as_str(),
            "binding": challenge.binding.map(|binding| json!({ "seed": binding.seed, "details": binding.details })),
        }),
    ))
}

/// `POST /poa/api/issue`: `{agentId, controllerSig?: {nonce, signatureHex}}`.
pub async fn issue(
    State(app): State<Arc<App>>,
    client: Client,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    app.rate_limits().count(Limited::Issue, client)?;
    let members = Members::read(body)?;
    let agent = members.agent(&app)?;
    let answered = members.controller_sig()?;
    let document = app.agenthood_issue(agent, answered).await.map_err(Refusal::of_issue)?;
    let url = &app.config().public_url;
    Ok(published(
        StatusCode::OK,
        json!({
            "jti": document.jti.to_string(),
            "agentId": agent,
            "issuedAt": document.issued_at * 1000,
            "credentialUrl": url.join(&format!("/poa/api/credential/{}", document.jti)),
            "pageUrl": url.join(&format!("/poa/{agent}")),
        }),
    ))
}

/// `POST /poa/api/revoke`: `{agentId, nonce, signatureHex}`.
pub async fn revoke(
    State(app): State<Arc<App>>,
    client: Client,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    app.rate_limits().count(Limited::Revoke, client)?;
    let members = Members::read(body)?;
    let agent = members.agent(&app)?;
    let answered = members.revocation()?;
    let document = app.agenthood_revoke(agent, answered).await.map_err(Refusal::of_revoke)?;
    Ok(super::credential::revoked_answer(&document))
}

/// `GET /poa/api/snapshot/{id}`.
pub async fn snapshot(
    State(app): State<Arc<App>>,
    client: Client,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    app.rate_limits().count(Limited::Snapshot, client)?;
    let agent = body::agent(&id, &app)?;
    let snapshot = app.agenthood_snapshot(&agent).await.map_err(Refusal::of_issue)?;
    let claim = snapshot.agent.ok_or_else(|| Refusal::new(Code::AgentNotRegistered))?;
    Ok(published(StatusCode::OK, json!({ "snapshot": claim, "chain": snapshot.chain, "block": snapshot.block })))
}
