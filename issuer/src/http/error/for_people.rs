//! Refusals as pages, for browsers.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use super::layers::is_problem;
use super::{Problem, Refused};
use crate::app::App;
use crate::http::negotiation::{Accept, varies};
use crate::http::pages::{html, service};
use crate::pages;

/// What a refusal can be shown as. Who has no wish gets the first.
const FORMS: [(&str, bool); 3] =
    [("application/problem+json", false), ("application/json", false), ("text/html", true)];

/// Shows a problem document as a page to whoever would rather have HTML, under the same status and header fields.
pub async fn for_people(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let wants_page = reads && Accept::of(request.headers()).choose(&FORMS) == Some(true);
    let response = next.run(request).await;
    if !wants_page || !is_problem(response.headers()) {
        return response;
    }
    let Some(Refused(error)) = response.extensions().get::<Refused>().cloned() else { return response };
    let problem = error.problem;
    if problem == Problem::NotAcceptable {
        // Whoever asked for one form of a document reads which there are in the form of a program.
        return response;
    }
    let view =
        pages::refusal(&service(&app), problem.status().as_u16(), problem.title(), &error.detail, problem.code());
    let (page, body) = html(view).into_parts();
    let (mut parts, _) = response.into_parts();
    parts.headers.extend(page.headers);
    varies(Response::from_parts(parts, body))
}
