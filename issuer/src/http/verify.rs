//! `POST /verify`: a document and a request in, a report out. 4xx only when there was nothing to verify.
//!
//! Stateless and deterministic: evidence is this service's own status lists and newest head, and every call
//! has its own head memory. Verifying here tells the issuer where agents go; verifiers should embed the crate.

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::response::Response;
use poa_verifier::{Report, Request};
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{Answer, Routes, Shape, post};
use super::body::{self, Raw};
use super::call::{AnyKey, ByAnyone, Call};
use super::counted::Counted;
use super::error::{ApiError, Problem};
use super::limits;
use super::rate::Limited;
use super::reply::private;
use crate::app::App;
use crate::config::MAX_DOCUMENTS;
use crate::domain::PresentationRequestId;
use crate::proving::{Principal, WorkError};
use crate::service::ServiceError;
use crate::service::checking::Question;

/// Most documents in one request.
const MAX_BATCH: usize = MAX_DOCUMENTS;

/// The routes of this resource.
pub fn routes() -> Routes {
    Routes::of("Verification").route(
        post("/verify", verify)
            .means("verify", "Verify documents")
            .detail("Verifying here tells the issuer where agents go; verifiers should embed the crate.")
            .reads("verify", limits::BATCH_BYTES)
            .reads_as("application/jose", Shape::Bytes)
            .reads_as("application/jwt", Shape::Bytes)
            .reads_as("application/vc+jwt", Shape::Bytes)
            .answers(Answer::json(200, "verify-answer", "A report, or one for each document of a batch."))
            .refuses(&[
                Problem::NotFound,
                Problem::Gone,
                Problem::StaleChallenge,
                Problem::Unprocessable,
                Problem::VerifierBusy,
            ]),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchBody {
    documents: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    document: Value,
    request: Option<Value>,
    /// The verifier's request that the document answers, in the place of `request`; uses its challenge up.
    presentation_request: Option<String>,
}

enum Asked {
    One(Box<Question>),
    Answer(PresentationRequestId, Vec<u8>),
    Batch(Vec<Question>),
}

async fn verify(
    State(app): State<Arc<App>>,
    counted: Counted,
    call: Call<ByAnyone<AnyKey>, Raw>,
) -> Result<Response, ApiError> {
    let principal = call.principal;
    let body = call.body;
    let asked = body::reading(&app, principal, body.bytes.len(), move || asked(&body)).await?;
    Ok(private(JsonReply(match asked {
        Asked::One(question) => {
            let reports = run(&app, principal, vec![*question]).await?;
            reports.into_iter().next().map_or(Value::Null, |report| json!(report))
        }
        Asked::Answer(id, document) => {
            app.rate_limits().count(Limited::PresentationResponse, counted.client())?;
            json!(app.answer_request(principal, id, document).await.map_err(refusal)?)
        }
        Asked::Batch(questions) => {
            counted.count_documents(&app, questions.len())?;
            json!({ "reports": run(&app, principal, questions).await? })
        }
    })))
}

async fn run(app: &App, principal: Principal, questions: Vec<Question>) -> Result<Vec<Report>, ApiError> {
    let checked = app.check_all(principal, questions).await.map_err(refusal)?;
    Ok(checked.into_iter().map(|checked| checked.report).collect())
}

/// The refusal of what could not be verified.
pub(super) fn refusal(error: ServiceError) -> ApiError {
    match error {
        ServiceError::Work(WorkError::Busy) => ApiError::new(
            Problem::VerifierBusy,
            "The verification queue, or your share of it, is full. Retry later, or embed the verifier crate.",
        ),
        error => error.into(),
    }
}

fn asked(body: &Raw) -> Result<Asked, ApiError> {
    match body.media_type.as_str() {
        "application/jose" | "application/jwt" | "application/vc+jwt" => {
            Ok(Asked::One(Box::new(Question::new(&body.bytes, None))))
        }
        "application/json" => from_json(&body.bytes),
        other => {
            Err(body::unsupported(other, "application/json, application/jose, application/jwt or application/vc+jwt"))
        }
    }
}

fn from_json(bytes: &[u8]) -> Result<Asked, ApiError> {
    let value: Value = body::decode(bytes)?;
    if value.get("documents").is_none() {
        return one(shaped(value)?);
    }
    let BatchBody { documents } = shaped(value)?;
    if documents.is_empty() || documents.len() > MAX_BATCH {
        return Err(ApiError::of_member(
            Problem::Unprocessable,
            "documents",
            format!("A batch has 1 to {MAX_BATCH} documents."),
        ));
    }
    let question = |(index, item)| question(item, &format!("documents[{index}]."));
    documents.into_iter().enumerate().map(question).collect::<Result<_, _>>().map(Asked::Batch)
}

fn one(item: Item) -> Result<Asked, ApiError> {
    let Some(id) = &item.presentation_request else { return Ok(Asked::One(Box::new(question(item, "")?))) };
    if item.request.is_some() {
        let detail = "A presentation request has its demands already; leave request out.";
        return Err(ApiError::of_member(Problem::InvalidBody, "request", detail));
    }
    let unknown = |_| ApiError::of_member(Problem::NotFound, "presentation_request", "There is no such request.");
    Ok(Asked::Answer(id.parse().map_err(unknown)?, document(item.document, "")?))
}

fn shaped<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    serde_json::from_value(value)
        .map_err(|error| ApiError::of_member(Problem::InvalidBody, "body", format!("{error}.")))
}

fn question(item: Item, path: &str) -> Result<Question, ApiError> {
    if item.presentation_request.is_some() {
        let detail = "An answer to a presentation request stands alone.";
        return Err(ApiError::of_member(Problem::InvalidBody, format!("{path}presentation_request"), detail));
    }
    let document = document(item.document, path)?;
    let request =
        item.request.as_ref().map(Request::from_json).transpose().map_err(|error| {
            ApiError::of_member(Problem::InvalidBody, format!("{path}request"), format!("{error}."))
        })?;
    Ok(Question::new(&document, request))
}

fn document(document: Value, path: &str) -> Result<Vec<u8>, ApiError> {
    match document {
        Value::Object(_) => Ok(document.to_string().into_bytes()),
        Value::String(compact) => Ok(compact.into_bytes()),
        _ => Err(ApiError::of_member(
            Problem::InvalidBody,
            format!("{path}document"),
            "A document is a JSON object, or a compact JWS as a string.",
        )),
    }
}
