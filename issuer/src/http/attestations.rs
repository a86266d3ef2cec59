//! `POST /attestations`: signed work receipts, one or many. The receipts authenticate themselves.

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{Answer, Routes, Shape, post};
use super::body::{self, Raw};
use super::call::{ByAnyone, Call, NewestKey};
use super::client::Client;
use super::error::{ApiError, Problem};
use super::limits;
use super::rate::Limited;
use super::reply::{Created, private};
use crate::app::App;
use crate::domain::ReceiptOutcome;
use crate::proving::Principal;

/// Most receipts in one request.
const MAX_RECEIPTS: usize = 500;

/// The routes of this resource.
pub fn routes() -> Routes {
    Routes::of("Attestations").route(
        post("/attestations", receive)
            .means("addAttestations", "Hand in work receipts")
            .detail("Idempotent by digest. A request with a single receipt, which is refused, is refused with it; in a larger batch each has its own outcome.")
            .reads("attestations", limits::BATCH_BYTES)
            .reads_as("application/jose", Shape::JWS)
            .answers(Answer::json(201, "attestation-results", "At least one is new."))
            .answers(Answer::json(200, "attestation-results", "None is new."))
            .refuses(&[Problem::Unprocessable, Problem::ReceiptRefused, Problem::Conflict, Problem::AgentNotActive]),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchBody {
    attestations: Vec<String>,
}

/// Stores receipts. Idempotent by digest; 201 when at least one is new. A request that carries a single
/// receipt, which is refused, is refused with it; in a larger batch each has its own outcome.
async fn receive(
    State(app): State<Arc<App>>,
    client: Client,
    call: Call<ByAnyone<NewestKey>, Raw>,
) -> Result<Response, ApiError> {
    let (Call { principal, body, length, .. }, now) = (call, app.now());
    let receipts = body::reading(&app, principal, length, move || receipts(&body)).await?;
    if let Some(signatures) = NonZeroU32::new(receipts.len() as u32).filter(|_| principal != Principal::Operator) {
        app.rate_limits().count_several(Limited::Attestation, client, signatures)?;
    }
    // One signature is checked in passing. Of several each counts as much, however short the body is.
    let work = if receipts.len() > 1 { usize::MAX } else { length };
    let own = Arc::clone(&app);
    let parsed =
        body::reading(&app, principal, work, move || Ok(own.domain().parse_attestations(receipts, now)?)).await?;
    let keys = app.domain().attestor_keys(&parsed).await?;
    let verified = body::reading(&app, principal, work, move || Ok(parsed.verify(&keys))).await?;
    let outcomes = app.domain().store_verified(&verified, now).await?;
    if let [ReceiptOutcome::Refused { error, .. }] = outcomes.as_slice() {
        return Err(error.into());
    }
    let results = json!({ "results": outcomes.iter().map(view).collect::<Vec<_>>() });
    let stored = outcomes.iter().any(|outcome| matches!(outcome, ReceiptOutcome::Stored { .. }));
    Ok(if stored { Created(results, None).into_response() } else { private(JsonReply(results)) })
}

fn receipts(body: &Raw) -> Result<Vec<String>, ApiError> {
    let receipts = match body.media_type.as_str() {
        "application/json" => body::decode::<BatchBody>(&body.bytes)?.attestations,
        "application/jose" => vec![text(&body.bytes)?],
        other => return Err(body::unsupported(other, "application/json or application/jose")),
    };
    if receipts.is_empty() || receipts.len() > MAX_RECEIPTS {
        return Err(ApiError::of_member(
            Problem::Unprocessable,
            "attestations",
            format!("A request carries 1 to {MAX_RECEIPTS} receipts."),
        ));
    }
    Ok(receipts)
}

/// A receipt alone. Files end in a line break, which is no part of it.
fn text(bytes: &[u8]) -> Result<String, ApiError> {
    String::from_utf8(bytes.trim_ascii().to_vec())
        .map_err(|_| ApiError::new(Problem::ReceiptRefused, "The receipt is not ASCII text."))
}

fn view(outcome: &ReceiptOutcome) -> Value {
    match outcome {
        ReceiptOutcome::Stored { digest } => json!({ "digest": digest, "status": "stored" }),
        ReceiptOutcome::Known { digest } => json!({ "digest": digest, "status": "known" }),
        ReceiptOutcome::Refused { digest, error } => {
            let mut view = json!({ "status": "refused", "problem": ApiError::from(error).to_json() });
            if let Some(digest) = digest {
                view["digest"] = digest.as_str().into();
            }
            view
        }
    }
}
