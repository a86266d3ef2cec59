//! `POST /poa/api/verify`: the published answer, and our report with it. The same code judges as behind `/verify`.
//!
//! `valid` says that the document is genuine: the issuer's signature, the claims, times, and the controller's own
//! signature. Whether it still counts is `freshness`, apart from that, as published: `current`, `revoked` with the
//! reason, or `unknown`. A client that decides on one member should take `report.authentic`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use poa_verifier::agenthood::MAX_BYTES;
use poa_verifier::report::{CheckName, Class, Outcome};
use poa_verifier::{Report, json, jws};
use serde_json::{Value, json};

use super::credential::revoked_member;
use super::refusal::{Refusal, published};
use crate::app::App;
use crate::domain::agenthood::{AgenthoodError, DocumentRow, Jti, Reason};
use crate::http::client::Client;
use crate::http::limits;
use crate::http::rate::Limited;
use crate::proving::{Principal, WorkError};
use crate::service::ServiceError;
use crate::service::checking::{Checked, Question};
use crate::service::drift::Drift;

/// A document of the greatest size inside a JSON string.
pub const BODY_BYTES: usize = 2 * MAX_BYTES;

/// Why nothing was verified.
enum Unread {
    Body,
    Missing,
    TooLarge,
}

impl IntoResponse for Unread {
    fn into_response(self) -> Response {
        let (status, reason) = match self {
            Self::Body => (StatusCode::BAD_REQUEST, "invalid-body"),
            Self::Missing => (StatusCode::BAD_REQUEST, "jws-required"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "jws-too-large"),
        };
        published(status, json!({ "valid": false, "reason": reason }))
    }
}

/// `POST /poa/api/verify`: `{jws}`, or the JWS itself.
pub async fn verify(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if let Err(too_often) = app.rate_limits().count(Limited::Verify, client) {
        return Refusal::from(too_often).into_response();
    }
    let principal = Principal::Client(client);
    let length = body.as_ref().map_or(0, Bytes::len);
    let text = match length {
        ..=limits::INLINE_BYTES => read(&headers, body),
        _ => match app.readers().run(principal, move || read(&headers, body)).await {
            Ok(read) => read,
            Err(WorkError::Busy) => return Refusal::rate_limited(1).into_response(),
            Err(error) => return Refusal::internal(&error).into_response(),
        },
    };
    match text {
        Ok(text) => answer(&app, principal, text).await.unwrap_or_else(Refusal::into_response),
        Err(unread) => unread.into_response(),
    }
}

fn read(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<String, Unread> {
    let bytes = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Unread::TooLarge,
        _ => Unread::Body,
    })?;
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let raw = matches!(media_type.as_str(), "application/jose" | "application/jwt") || media_type.starts_with("text/");
    let text = if raw {
        String::from_utf8(bytes.to_vec()).map_err(|_| Unread::Body)?
    } else {
        let value = json::parse_strict(&bytes).map_err(|_| Unread::Body)?;
        let members = value.as_object().ok_or(Unread::Body)?;
        members.get("jws").and_then(Value::as_str).ok_or(Unread::Missing)?.to_owned()
    };
    // Files and terminals end in a line break, which is no part of the JWS.
    let text = text.trim_ascii();
    match text.len() {
        0 => Err(Unread::Missing),
        length if length > MAX_BYTES => Err(Unread::TooLarge),
        _ => Ok(text.to_owned()),
    }
}

async fn answer(app: &App, principal: Principal, text: String) -> Result<Response, Refusal> {
    let question = Question::new(text.as_bytes(), None);
    let checked = match app.check_all(principal, vec![question]).await {
        Ok(checked) => checked.into_iter().next(),
        Err(ServiceError::Work(WorkError::Busy)) => return Err(Refusal::rate_limited(1)),
        Err(error) => return Err(Refusal::internal(&error)),
    };
    let Some(checked) = checked else { return Err(Refusal::internal(&"no report")) };
    // Only what is genuine is looked into: nobody makes the service read what anybody can write.
    let parsed = is_genuine(&checked.report).then(|| jws::parse(&text).ok()).flatten();
    let claims = parsed.as_ref().and_then(|jws| jws.claims().ok());
    let (Some(parsed), Some(claims)) = (parsed, claims) else {
        let reason = checked.report.failed().first().and_then(|name| checked.report.check(*name));
        return Ok(published(
            StatusCode::BAD_REQUEST,
            json!({
                "valid": false,
                "reason": "signature-invalid",
                "detail": reason.map(|check| check.detail.clone()),
                "report": checked.report,
            }),
        ));
    };
    let (freshness, revoked) = if claims["iss"] == app.keys().issuer() {
        let row = stored(app, &claims).await?;
        (freshness(row.as_ref(), &checked), row.as_ref().map_or(json!(false), revoked_member))
    } else {
        of_other_issuer(app, &claims, &checked.report)
    };
    Ok(published(
        StatusCode::OK,
        json!({
            "valid": true,
            "claims": claims,
            "jti": claims["jti"],
            "agentId": claims["sub"],
            "issuedAt": claims["iat"].as_u64().unwrap_or_default().saturating_mul(1000),
            "issuer": claims["iss"],
            "kid": parsed.kid(),
            "bundles": { "derived": true, "list": bundles(&claims["agent"]["capabilities"]) },
            "freshness": freshness,
            "revoked": revoked,
            "agent": claims["agent"],
            "report": checked.report,
        }),
    ))
}

/// Genuine whatever its status: every other check passes or does not apply. `policy` needs a request.
fn is_genuine(report: &Report) -> bool {
    report.class == Class::Agenthood
        && report
            .checks
            .iter()
            .filter(|check| !matches!(check.name, CheckName::Status | CheckName::Policy))
            .all(|check| matches!(check.outcome, Outcome::Pass | Outcome::NotApplicable))
}

/// Our record of a document that we issued.
async fn stored(app: &App, claims: &Value) -> Result<Option<DocumentRow>, Refusal> {
    let Some(jti) = claims["jti"].as_str().and_then(|jti| jti.parse::<Jti>().ok()) else { return Ok(None) };
    match app.domain().agenthood_document(jti).await {
        Ok(row) => Ok(Some(row)),
        Err(AgenthoodError::NoSuchDocument) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A stored revocation first, then what the chain says, in the published order.
fn freshness(row: Option<&DocumentRow>, checked: &Checked) -> Value {
    if let Some(revocation) = row.and_then(|row| row.revocation) {
        return json!({ "status": "revoked", "reason": revocation.reason.as_str() });
    }
    let status = checked.report.check(CheckName::Status);
    let reason = status.and_then(|check| check.reason.as_deref()).and_then(|word| word.parse::<Reason>().ok());
    match (&checked.drift, reason) {
        (Drift::Read(_), Some(reason)) => json!({ "status": "revoked", "reason": reason.as_str() }),
        (Drift::Read(_), None) if row.is_some() => json!({ "status": "current" }),
        (Drift::Unread(why), _) => json!({ "status": "unknown", "detail": why.as_str() }),
        _ => json!({ "status": "unknown", "detail": "No record of this document." }),
    }
}

/// Freshness and the member `revoked` of another issuer's document, as its lists say. Its chain is not ours to read.
fn of_other_issuer(app: &App, claims: &Value, report: &Report) -> (Value, Value) {
    let Some(status) = report.check(CheckName::Status) else {
        return (json!({ "status": "unknown", "detail": "not checked" }), json!(false));
    };
    match (status.outcome, status.reason.as_deref()) {
        (Outcome::Pass, _) => (json!({ "status": "current" }), json!(false)),
        (Outcome::Fail, Some("revoked")) => {
            let text = |member: &str| claims[member].as_str().unwrap_or_default();
            let lists = app.foreign_lists().now();
            let revocation = lists.revocation(text("iss"), text("jti"));
            // A signed status list gives no reason.
            let reason = revocation.map_or("revoked", |revocation| revocation.reason.as_str());
            let at = revocation.and_then(|revocation| revocation.at);
            let revoked = json!({ "reason": reason, "at": at, "block": null });
            (json!({ "status": "revoked", "reason": reason }), revoked)
        }
        _ => (json!({ "status": "unknown", "detail": status.detail }), json!(false)),
    }
}

/// What the capabilities come to, one entry per model, tool and agent it may call.
fn bundles(capabilities: &Value) -> Vec<Value> {
    let kinds = [("model", "models"), ("tool", "tools"), ("agent", "subAgents")];
    let entry = |category: &'static str| move |name: &Value| json!({ "category": category, "name": name, "intentTypes": capabilities["intentTypes"] });
    kinds
        .into_iter()
        .flat_map(|(category, member)| {
            capabilities[member].as_array().into_iter().flatten().map(entry(category)).collect::<Vec<_>>()
        })
        .collect()
}
