//! Answers that say the service failed (5xx): all are counted, and one of a route and minute is logged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::log_lines;

tokio::task_local! {
    /// The request that this task answers.
    static ANSWERING: Answering;
}

struct Answering {
    route: String,
    /// What went wrong first.
    cause: Mutex<Option<String>>,
}

/// How many answers of which status each route has given.
#[derive(Debug, Default)]
pub struct Failures(Mutex<BTreeMap<(String, u16), u64>>);

impl Failures {
    /// Route, status, number.
    pub(super) fn counts(&self) -> Vec<(String, u16, u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|((route, status), number)| (route.clone(), *status, *number)).collect()
    }

    fn count(&self, route: &str, status: StatusCode) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((route.to_owned(), status.as_u16())).or_default() += 1;
    }
}

/// The route of a request, as it was registered.
pub(super) fn route(request: &Request) -> &str {
    request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str)
}

/// Counts and logs. The outermost layer but for the span.
pub(super) async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let answering = Answering { route: route(&request).to_owned(), cause: Mutex::default() };
    let run = async {
        let response = next.run(request).await;
        ANSWERING.with(|answering| note(&app, answering, response.status()));
        response
    };
    ANSWERING.scope(answering, run).await
}

fn note(app: &App, answering: &Answering, status: StatusCode) {
    let (route, cause) = (&answering.route, answering.cause.lock().unwrap_or_else(PoisonError::into_inner).take());
    if status.is_server_error() {
        app.failures().count(route, status);
    } else if cause.is_none() {
        return;
    }
    let Some(left_out) = log_lines::admit("answer", route) else { return };
    match cause {
        Some(cause) => {
            tracing::error!(route, status = status.as_u16(), cause, left_out, "a request failed inside the service")
        }
        None => tracing::warn!(route, status = status.as_u16(), left_out, "a request was not served"),
    }
}

/// Notes why the service fails. Within a request it is said with its answer, once for a route and minute.
pub(crate) fn note_cause(error: &dyn std::fmt::Display) {
    let kept = ANSWERING.try_with(|answering| {
        answering.cause.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.to_string());
    });
    if kept.is_err()
        && let Some(left_out) = log_lines::admit("answer", "(beside requests)")
    {
        tracing::error!(cause = %error, left_out, "work for a request failed inside the service");
    }
}
