//! The HTTP API: one file per resource, `error` alone for refusals.
//!
//! Routes are registered with their description (`api`, which says how to add one); the OpenAPI document follows.
//! Limits are declared where the routes are: body sizes in each resource, times here. Every answer that
//! is an error is a problem document, or what was published for Proof of Agenthood, also those that no handler made.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

use self::api::Routes;
use crate::app::App;

mod agenthood;
mod agents;
mod api;
mod attestations;
mod attestors;
mod body;
mod call;
mod challenge;
mod client;
mod counted;
mod credential_batches;
mod credentials;
mod did_resolution;
mod discovery;
mod docs;
mod error;
mod failures;
mod health;
mod issuer_keys;
mod limits;
mod metrics;
mod negotiation;
mod opening;
mod pages;
mod parameters;
mod presentation_requests;
mod presentations;
mod rate;
mod recovery;
mod reply;
mod roots;
mod rotation;
mod schema_name;
mod schemas;
mod status_lists;
mod tiles;
mod timed;
mod vc_api;
mod verifiers;
mod verify;
mod wire;

pub use agenthood::WholeList;
pub use api::document as openapi_document;
pub(crate) use client::client_of;
pub(crate) use error::in_form;
pub use error::{ApiError, Problem, Recovery};
pub use failures::Failures;
pub use rate::RateLimits;
pub(crate) use reply::private;
pub(crate) use timed::{Cut, Receipt};

impl App {
    /// The whole API and the pages, for a server or for tests.
    pub fn router(self: &Arc<Self>) -> Router {
        routes()
            .into_router()
            .fallback(error::unknown_path)
            .layer(CatchPanicLayer::custom(error::panicked))
            .layer(from_fn(error::in_form))
            .layer(from_fn_with_state(Arc::clone(self), error::for_people))
            .layer(SetResponseHeaderLayer::if_not_present(
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            ))
            .layer(from_fn_with_state(Arc::clone(self), failures::count))
            // Failures are counted and logged one layer further in, by route.
            .layer(TraceLayer::new_for_http().make_span_with(span).on_failure(()))
            .with_state(Arc::clone(self))
    }
}

/// Every route, behind the layers that depend on what it does.
fn routes() -> Routes {
    let ordinary = agents::routes()
        .merge(rotation::routes())
        .merge(attestors::routes())
        .merge(attestations::routes())
        .merge(issuer_keys::routes())
        .merge(opening::routes())
        .merge(schemas::routes())
        .merge(recovery::routes())
        .merge(roots::routes())
        .merge(tiles::routes())
        .merge(health::routes())
        .merge(metrics::routes())
        .merge(agenthood::operator_routes())
        .merge(docs::routes())
        .merge(pages::routes())
        .merge(vc_api::routes())
        .merge(verifiers::routes());
    let open = verify::routes()
        .merge(presentation_requests::routes())
        .merge(discovery::routes())
        .merge(did_resolution::routes())
        .merge(status_lists::routes())
        .merge(agenthood::routes())
        .behind(|router| router.layer(cors()));
    let proving = credentials::routes().merge(presentations::routes());
    let batches = credential_batches::routes();
    ordinary
        .merge(open)
        .behind(within(limits::ORDINARY))
        .merge(proving.behind(within(limits::PROVING)))
        .merge(batches.behind(within(limits::PROVING_BATCH)))
}

/// The routes, answering in so much time.
fn within(limit: Duration) -> impl FnOnce(Router<Arc<App>>) -> Router<Arc<App>> {
    move |router| router.layer(from_fn(move |request: Request, next: Next| timed::timed(limit, request, next)))
}

/// Pages of other origins may verify and discover; they may do nothing that needs credentials.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::ACCEPT])
}

/// The route, never the path: a log of paths would link who was issued what with who fetched it.
fn span(request: &Request) -> tracing::Span {
    tracing::info_span!("request", method = %request.method(), route = failures::route(request))
}
