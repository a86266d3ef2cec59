//! `/openapi.json` and `/docs`: what this API is, for programs and for people. Nothing is loaded from elsewhere.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;

use super::api::{Answer, Routes, Shape, document, get};
use super::error::{ApiError, Problem};
use super::pages::{html, service};
use super::reply::{Kept, cached, conditional, etag_of, typed, with_header};
use crate::app::App;
use crate::pages::{self, ProblemRow, viewer};

/// Caches may keep the document this long.
const KEPT_S: u32 = 3600;
/// The viewer's files never change under their names.
const VIEWER_KEPT_S: u32 = 365 * 24 * 3600;

/// The routes of this resource.
pub fn routes() -> Routes {
    let page = |text| Answer::of(200, "text/html", Shape::Text, text).private();
    let script = |text| Answer::of(200, "text/javascript", Shape::Text, text).cached();
    let document = Answer::of(200, "application/json", Shape::Schema("openapi"), "OpenAPI 3.1.").conditional();
    Routes::of("Operation")
        .route(get("/openapi.json", openapi).means("openapi", "This document").answers(document))
        .route(get("/docs", docs).means("docs", "This document as a page").answers(page("A page for people.")))
        .route(
            get("/docs/problems", problems)
                .means("problems", "Every kind of problem, with what it means and what helps")
                .answers(page("A page for people.")),
        )
        .route(
            get(viewer::SCRIPT_PATH, viewer_script)
                .means("docsViewer", "The viewer's script")
                .answers(script("RapiDoc, as its authors published it.")),
        )
        .route(
            get(viewer::START_PATH, viewer_start)
                .means("docsStart", "What starts the viewer")
                .answers(script("A few lines.")),
        )
}

async fn openapi(headers: HeaderMap) -> Response {
    let document = document();
    conditional(&headers, &etag_of(document.as_bytes()), Kept::For(KEPT_S), || typed("application/json", document))
}

async fn docs(State(app): State<Arc<App>>) -> Response {
    let page = html(viewer::page(&service(&app)));
    with_header(page, header::CONTENT_SECURITY_POLICY, &viewer::content_security_policy())
}

async fn problems(State(app): State<Arc<App>>) -> Response {
    let rows = Problem::ALL.iter().map(|problem| row(*problem)).collect::<Vec<_>>();
    html(pages::problems(&service(&app), &rows))
}

async fn viewer_script() -> Response {
    cached(typed("text/javascript; charset=utf-8", viewer::SCRIPT), VIEWER_KEPT_S)
}

async fn viewer_start() -> Response {
    cached(typed("text/javascript; charset=utf-8", viewer::START), VIEWER_KEPT_S)
}

fn row(problem: Problem) -> ProblemRow {
    let recovery = ApiError::new(problem, "").to_json()["recovery"].take();
    let of = |member: &str| recovery.get(member).map(|value| value.to_string().trim_matches('"').to_owned());
    let action = of("action").unwrap_or_default();
    let detail = of("member").or_else(|| of("seconds").map(|seconds| format!("{seconds} s")));
    ProblemRow {
        status: problem.status().as_u16(),
        uri: problem.uri(),
        code: problem.code(),
        title: problem.title(),
        meaning: problem.meaning(),
        recovery: detail.map_or(action.clone(), |detail| format!("{action}: {detail}")),
    }
}
