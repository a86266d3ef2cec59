//! `POST /zk-credentials/batch`: up to a hundred credentials in one request, each with its own status.

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::api::{Answer, Routes, parameters, post};
use super::body::Json;
use super::call::{ByEither, Call, Caller, NewestKey};
use super::credentials::{IssueBody, idempotency_key};
use super::error::{ApiError, Problem};
use super::limits;
use super::reply::private;
use crate::app::App;
use crate::domain::Idempotency;
use crate::service::batch::ItemResult;
use crate::service::issuing::{Issue, Issued};

/// Most credentials in one request.
const MAX_BATCH: usize = 100;
/// Longest `Idempotency-Key` of a batch, in bytes: each item's is the batch's with its place.
const MAX_KEY_BYTES: usize = 240;

/// The routes of this resource.
pub fn routes() -> Routes {
    Routes::of("Credentials").route(
        post("/zk-credentials/batch", issue)
            .means("issueCredentials", "Issue up to a hundred credentials")
            .takes(parameters::idempotency_key(MAX_KEY_BYTES))
            .reads("zk-credential-batch", limits::BATCH_BYTES)
            .answers(Answer::json(
                200,
                "zk-credential-batch-results",
                "What came of each, in the order of the request.",
            ))
            .refuses(&[Problem::InvalidParameter, Problem::Unprocessable, Problem::ProverBusy, Problem::NotReady]),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchBody {
    batch: Vec<IssueBody>,
}

/// 200 with one result per item, in order. 503 when as many batches as the service takes, or takes of this caller, are
/// being worked on.
async fn issue(
    State(app): State<Arc<App>>,
    call: Call<ByEither<NewestKey>, Json<BatchBody>>,
) -> Result<Response, ApiError> {
    let BatchBody { batch } = call.body.0;
    if batch.is_empty() || batch.len() > MAX_BATCH {
        let detail = format!("A batch has 1 to {MAX_BATCH} items.");
        return Err(ApiError::of_member(Problem::Unprocessable, "batch", detail));
    }
    let key = idempotency_key(&call.headers, MAX_KEY_BYTES)?;
    let asked: Vec<_> = batch
        .into_iter()
        .enumerate()
        .map(|(index, item)| request(&app, call.caller, key.as_deref(), index, item))
        .collect();
    let (mut answers, mut requests, mut places) = (Vec::with_capacity(asked.len()), Vec::new(), Vec::new());
    for asked in asked {
        match asked {
            Ok(request) => {
                places.push(answers.len());
                requests.push(request);
                answers.push(Value::Null);
            }
            Err(refused) => answers.push(problem(&refused)),
        }
    }
    for (place, result) in places.into_iter().zip(app.issue_batch(call.principal, requests).await?) {
        answers[place] = answer(result);
    }
    Ok(private(JsonReply(json!({ "results": answers }))).into_response())
}

/// An item as a request of its own. The digest says what it asks for, wherever it stands.
fn request(app: &App, caller: Caller, key: Option<&str>, index: usize, item: IssueBody) -> Result<Issue, ApiError> {
    let digest = Sha256::digest(poa_verifier::json::canonical(&item.to_json())).into();
    let idempotency =
        key.map(|key| Idempotency { principal: caller.principal(), key: format!("{key}[{index}]"), digest });
    item.into_request(app, caller, idempotency)
}

fn answer(result: ItemResult) -> Value {
    match result {
        Ok(Issued::Credential { document, .. }) => {
            json!({ "status": StatusCode::CREATED.as_u16(), "credential": document })
        }
        Ok(Issued::Pending(pending)) => json!({ "status": StatusCode::ACCEPTED.as_u16(), "pending": pending }),
        Err(error) => problem(&ApiError::from(error)),
    }
}

fn problem(error: &ApiError) -> Value {
    json!({ "status": error.problem().status().as_u16(), "problem": error.to_json() })
}
