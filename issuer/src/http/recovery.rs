//! What the operator does about a clock that was wrong: `/clock/confirm` and `/roots/recover`.

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::response::Response;
use poa_verifier::time;
use serde::Deserialize;
use serde_json::json;

use super::api::{Answer, Routes, post};
use super::body::{Empty, Json};
use super::call::{ByOperator, Call};
use super::error::{ApiError, Problem};
use super::health::clock_view;
use super::limits;
use super::reply::private;
use super::wire::Text;
use crate::app::App;

/// The routes of this resource.
pub fn routes() -> Routes {
    Routes::of("Operation")
        .route(
            post("/clock/confirm", confirm)
                .means("confirmClock", "Confirm the machine's clock")
                .detail("The service signs nothing while its clock disagrees with the time since the machine started. With this the operator says that the clock is right.")
                .reads("clock-confirmation", limits::SMALL_BYTES)
                .answers(Answer::json(200, "clock", "The clock is believed."))
                .refuses(&[Problem::Conflict, Problem::Unprocessable]),
        )
        .route(
            post("/roots/recover", recover)
                .means("recoverLog", "Delete tree heads from the future")
                .detail("Also marks the keys compromised that signed heads or status lists since, takes the log above the heads, and has leaves that bear a future date superseded.")
                .body_limit(limits::SMALL_BYTES)
                .answers(Answer::json(200, "log-recovery", "What was done."))
                .refuses(&[Problem::Conflict, Problem::NotReady]),
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmBody {
    now: Text<20>,
}

/// `POST /clock/confirm`: the time that the operator says must be the one that the clock shows.
async fn confirm(State(app): State<Arc<App>>, call: Call<ByOperator, Json<ConfirmBody>>) -> Result<Response, ApiError> {
    let now = time::parse_utc(&call.body.0.now.0)
        .map_err(|error| ApiError::of_member(Problem::Unprocessable, "now", format!("now: {error}.")))?;
    app.confirm_clock(now).await?;
    Ok(private(JsonReply(clock_view(&app))))
}

/// `POST /roots/recover`.
async fn recover(State(app): State<Arc<App>>, _: Call<ByOperator, Empty>) -> Result<Response, ApiError> {
    let done = app.recover_log().await?;
    let latest = time::format_utc(done.recovered.latest).map_err(|error| ApiError::internal(&error))?;
    Ok(private(JsonReply(json!({
        "heads_deleted": done.recovered.heads,
        "leaves_superseded": done.recovered.leaves,
        "latest": latest,
        "seq": done.recovered.seq,
        "keys": done.keys,
        "heads_signed_anew": done.heads_resigned,
    }))))
}
