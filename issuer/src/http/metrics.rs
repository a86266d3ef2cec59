//! `GET /metrics`: how many connections and bodies there are, how the watcher and the readers of the chain, the tasks and the database fare, how old other issuers'
//! lists are, and how many status indices are left, as Prometheus reads it.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;

use super::api::{Answer, Routes, Shape, get};
use super::reply::{private, typed};
use crate::app::{App, DoorFigures, Task, TaskHealth};
use crate::chain::BoundedReads;
use crate::store::WriteHealth;

/// The route.
pub fn routes() -> Routes {
    Routes::of("Operation").route(
        get("/metrics", metrics)
            .means("metrics", "Figures for Prometheus")
            .answers(Answer::of(200, "text/plain", Shape::Text, "In its text format, version 0.0.4.").private()),
    )
}

async fn metrics(State(app): State<Arc<App>>, door: Option<Extension<Arc<DoorFigures>>>) -> Response {
    let (health, now) = (app.watch_health(), app.now());
    let age = |at: Option<u64>| at.map(|at| now.saturating_sub(at));
    let reads = [app.public_reads(), app.challenge_reads(), app.claim_reads()];
    let refused = reads.into_iter().map(BoundedReads::refused).sum();
    let doubt = app.clock().doubt();
    let rows = [
        (
            "poa_clock_believed",
            "gauge",
            "Whether the wall clock agrees with the time since the machine started.",
            Some(doubt.is_none().into()),
        ),
        (
            "poa_clock_offset_seconds",
            "gauge",
            "Seconds between the wall clock and what it should say.",
            Some(doubt.map_or(0, |doubt| doubt.offset_s().unsigned_abs())),
        ),
        ("poa_watcher_running", "gauge", "Whether the watcher runs.", Some(health.running.into())),
        (
            "poa_watcher_restarts_total",
            "counter",
            "Times the watcher ended and was started again.",
            Some(health.restarts),
        ),
        ("poa_watcher_polls_total", "counter", "Readings of the chain's changes tried.", Some(health.polls)),
        ("poa_watcher_failures_total", "counter", "Readings that failed.", Some(health.failures)),
        (
            "poa_watcher_failures_in_a_row",
            "gauge",
            "Failures since the last good reading.",
            Some(health.failures_in_a_row),
        ),
        ("poa_watcher_revocations_total", "counter", "Documents the watcher revoked.", Some(health.revocations)),
        ("poa_watcher_block", "gauge", "Block up to which changes were judged.", health.block),
        ("poa_watcher_head_age_seconds", "gauge", "Age of the newest finalised block seen.", age(health.head_at)),
        (
            "poa_watcher_last_success_age_seconds",
            "gauge",
            "Time since the last good reading.",
            age(health.succeeded_at),
        ),
        (
            "poa_chain_reads_refused_total",
            "counter",
            "Callers' readings refused because too many waited.",
            Some(refused),
        ),
    ];
    let mut text = String::new();
    for (name, kind, help, value) in rows {
        if let Some(value) = value {
            // A `String` takes every write.
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
        }
    }
    failures(&mut text, &app);
    // Without a listener, as in tests, there are none.
    if let Some(Extension(door)) = door {
        door.write(&mut text);
    }
    status_indices(&mut text, &app).await;
    tasks(&mut text, &app);
    database(&mut text, &app);
    foreign_lists(&mut text, &app);
    private(typed("text/plain; version=0.0.4; charset=utf-8", text))
}

fn failures(text: &mut String, app: &App) {
    let name = "poa_failed_answers_total";
    // A `String` takes every write.
    let _ =
        write!(text, "# HELP {name} Answers that the service failed, by route and status.\n# TYPE {name} counter\n");
    for (route, status, number) in app.failures().counts() {
        let _ = writeln!(text, "{name}{{route=\"{route}\",status=\"{status}\"}} {number}");
    }
}

/// Without the database these figures are missing, and the others stand.
async fn status_indices(text: &mut String, app: &App) {
    let Ok(status) = app.domain().status_use(app.now()).await else { return };
    for (name, help, value) in [
        ("poa_status_entries", "Entries of each status list.", status.entries.into()),
        ("poa_status_indices_capacity", "Status indices of the whole space.", status.capacity.into()),
        ("poa_status_indices_used_percent", "How much of them is in use.", status.percent()),
        ("poa_status_indices_warning", "Whether four fifths of them are in use.", status.warns().into()),
    ] {
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
    }
}

fn tasks(text: &mut String, app: &App) {
    let now = app.now();
    let figure = |name, kind, help, value: &dyn Fn(TaskHealth) -> Option<u64>| {
        let mut rows = format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for task in Task::ALL {
            if let Some(value) = value(app.task_health(task)) {
                // A `String` takes every write.
                let _ = writeln!(rows, "{name}{{task=\"{}\"}} {value}", task.as_str());
            }
        }
        rows
    };
    let age = |health: TaskHealth| health.succeeded_at.map(|at| now.saturating_sub(at));
    for rows in [
        figure("poa_task_running", "gauge", "Whether a task beside the requests runs.", &|t| Some(t.running.into())),
        figure("poa_task_restarts_total", "counter", "Times it ended and was started again.", &|t| Some(t.restarts)),
        figure("poa_task_failures_total", "counter", "Rounds that failed.", &|t| Some(t.failures)),
        figure("poa_task_failures_in_a_row", "gauge", "Failures since the last good round.", &|t| {
            Some(t.failures_in_a_row)
        }),
        figure("poa_task_last_success_age_seconds", "gauge", "Time since the last good round.", &age),
    ] {
        text.push_str(&rows);
    }
}

fn database(text: &mut String, app: &App) {
    let store = app.domain().store();
    let WriteHealth { failures, failures_in_a_row } = store.write_health();
    for (name, kind, help, value) in [
        ("poa_database_write_failures_total", "counter", "Writes that the database failed.", failures),
        (
            "poa_database_write_failures_in_a_row",
            "gauge",
            "Failures since the last write that succeeded.",
            failures_in_a_row,
        ),
        (
            "poa_database_in_place",
            "gauge",
            "Whether the database is where it was opened.",
            store.check_place().is_ok().into(),
        ),
    ] {
        // A `String` takes every write.
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
    }
}

fn foreign_lists(text: &mut String, app: &App) {
    let (lists, now) = (app.foreign_lists(), app.now());
    let failures = "poa_foreign_list_failures_total";
    let age = "poa_foreign_list_age_seconds";
    // A `String` takes every write.
    let _ = write!(
        text,
        "# HELP {failures} Revocation lists of other issuers that could not be read.\n# TYPE {failures} counter\n\
         {failures} {}\n# HELP {age} Age of a revocation list of another issuer.\n# TYPE {age} gauge\n",
        lists.failures()
    );
    for list in lists.ages() {
        let url = list.url.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let _ = writeln!(text, "{age}{{list=\"{url}\"}} {}", now.saturating_sub(list.as_of));
    }
}
