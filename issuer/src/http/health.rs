//! `GET /health` (is the process up, on what key) and `GET /ready` (will it issue).

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::response::Response;
use poa_circuits::native::field;
use poa_circuits::statement::CIRCUIT;
use serde_json::{Map, Value, json};

use super::api::{Answer, Routes, get};
use super::error::{ApiError, Problem};
use super::reply::private;
use crate::app::{App, Task, TaskHealth};
use crate::clock::ClockDoubt;
use crate::domain::{CLOCK_TOLERANCE_S, DomainError, Head, StatusUse};

/// A head is signed anew every minute; one older than this means that publishing has stopped.
const STALE_HEAD_S: u64 = 180;
/// Publishing that has failed for so long makes the service unready, also before the first head.
const FAILING_S: u64 = 60;

/// The routes of this resource.
pub fn routes() -> Routes {
    Routes::of("Operation")
        .route(
            get("/health", health)
                .means("health", "Whether the process is up, and on what key")
                .answers(Answer::json(200, "health", "It is.")),
        )
        .route(
            get("/ready", ready)
                .means("ready", "Whether it will issue")
                .answers(Answer::json(200, "ready", "It will; and how its background work fares."))
                .refuses(&[Problem::NotReady]),
        )
}

/// Answers as long as the process does, also when the database cannot be read: that is for `/ready` to say.
async fn health(State(app): State<Arc<App>>) -> Response {
    let head = newest(&app).await.ok().flatten();
    let of_head = |value: fn(&Head) -> serde_json::Value| head.as_ref().map(value);
    let mut body = json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "issuer": app.keys().issuer(),
        "circuit": CIRCUIT,
        "vk_sha256": app.vk_sha256(),
        "development_key": app.development_key(),
        "seq": of_head(|head| head.seq.into()),
        "size": of_head(|head| head.size.into()),
        "root": of_head(|head| field::encode_hex(&head.root).into()),
        // Negative while the head lies in the future.
        "head_age_s": head.as_ref().map(|head| i128::from(app.now()) - i128::from(head.iat)).map(json_integer),
        "clock": clock_view(&app),
    });
    if app.development_key() {
        body["warning"] = "One party made the proving key and could forge proofs.".into();
    }
    private(JsonReply(body))
}

/// Ready once this process has proved and verified, while writing works and heads are being published; a log without
/// leaves needs none.
async fn ready(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    clock_is_right(&app).await?;
    match obstacle(&app).await {
        Some(obstacle) => Err(ApiError::new(Problem::NotReady, obstacle)),
        None => is_ready(&app).await,
    }
}

/// Refuses while the wall clock is not believed or a head lies in the future.
async fn clock_is_right(app: &App) -> Result<(), ApiError> {
    if let Some(doubt) = app.clock().doubt() {
        return Err(DomainError::Clock(doubt).into());
    }
    match newest(app).await {
        Ok(Some(head)) if head.iat > app.now() + CLOCK_TOLERANCE_S => {
            Err(DomainError::ClockBehind { now: app.now(), newest: head.iat }.into())
        }
        _ => Ok(()),
    }
}

/// Whether the wall clock is believed, and by how many seconds it is ahead of what it should say.
pub(super) fn clock_view(app: &App) -> Value {
    let doubt = app.clock().doubt();
    json!({ "believed": doubt.is_none(), "offset_s": doubt.map_or(0, ClockDoubt::offset_s) })
}

fn json_integer(value: i128) -> Value {
    i64::try_from(value).unwrap_or(i64::MAX).into()
}

/// Why the service cannot do its work now.
async fn obstacle(app: &App) -> Option<&'static str> {
    let store = app.domain().store();
    if !app.has_proved() {
        return Some("The service is making its first proof.");
    }
    if store.check_place().is_err() {
        return Some("The database is no longer where it was opened: nothing is written. Bring its directory back.");
    }
    if store.write_health().is_failing() {
        return Some("Writes to the database fail: nothing is issued or revoked. Look at the disk and at the log.");
    }
    let publisher = app.task_health(Task::Publisher);
    if publisher.failing_since.is_some_and(|since| app.now().saturating_sub(since) >= FAILING_S) {
        return Some("Publications fail: nothing is issued or revoked. Look at the log.");
    }
    match newest(app).await {
        Ok(Some(head)) if app.now().saturating_sub(head.iat) > STALE_HEAD_S => Some("The newest head is out of date."),
        // The first head follows the first leaf, and that follows a registration, which must be let through.
        Ok(_) => None,
        Err(_) => Some("The database cannot be read. Look at the disk and at the log."),
    }
}

/// A chain that cannot be read stops documents of agenthood alone, and full status lists stop issuing alone: both are
/// told and no reason to be taken out of service.
async fn is_ready(app: &App) -> Result<Response, ApiError> {
    let status = app.domain().status_use(app.now()).await?;
    let (health, now) = (app.watch_health(), app.now());
    let tasks: Map<String, Value> = Task::ALL
        .map(|task| {
            let TaskHealth { running, restarts, failures, failures_in_a_row, succeeded_at, .. } = app.task_health(task);
            let shown = json!({
                "running": running,
                "restarts": restarts,
                "failing": failures_in_a_row > 0,
                "failures": failures,
                "failures_in_a_row": failures_in_a_row,
                "last_success_age_s": succeeded_at.map(|at| now.saturating_sub(at)),
            });
            (task.as_str().to_owned(), shown)
        })
        .into_iter()
        .collect();
    Ok(private(JsonReply(json!({
        "ready": true,
        "tasks": tasks,
        "status_lists": status_lists(&status),
        "chain": {
            "reader": app.chain_kind(),
            "watching": health.running,
            "watcher_restarts": health.restarts,
            "block": health.block,
            "head_age_s": health.head_at.map(|at| now.saturating_sub(at)),
            "last_success_age_s": health.succeeded_at.map(|at| now.saturating_sub(at)),
            "failures_in_a_row": health.failures_in_a_row,
            "failures": health.failures,
        },
    }))))
}

/// How much of the index space is in use, with a warning in time.
fn status_lists(status: &StatusUse) -> Value {
    let mut body = json!({
        "entries": status.entries,
        "capacity": status.capacity,
        "used_percent": status.percent(),
    });
    if status.warns() {
        body["warning"] = "Four fifths of the status indices are in use. When none is left, issuing is refused.".into();
    }
    body
}

async fn newest(app: &App) -> Result<Option<Head>, DomainError> {
    match app.domain().latest_head().await {
        Ok(head) => Ok(Some(head)),
        Err(DomainError::NoHead) => Ok(None),
        Err(error) => Err(error),
    }
}
