//! Routes that say what they are. A route cannot be registered without its description, and what its handler's
//! extractors tell (who may call, which body is read, what a malformed one gets) is taken from their types. The OpenAPI
//! document is put together from these descriptions and from the JSON Schemas under `schemas/`.
//!
//! # Adding a route
//! In the resource's `routes()`: `.route(post("/things", add).means("addThing", "Add a thing").reads("thing-request",
//! limits::SMALL_BYTES).answers(Answer::json(201, "thing", "The thing.")).refuses(&[Problem::Conflict]))`. `"thing"` is
//! the file `schemas/api/thing.json` (or `schemas/thing.json`), named in `api/schemas.rs`; `"things.one"` is its
//! `$defs/one`. A new extractor implements [`Extractor`]. Tests check each answer of the service against the document.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::handler::Handler;
use axum::middleware::{Next, from_fn};
use axum::routing::MethodRouter;
use utoipa::openapi::path::{HttpMethod, Parameter, Paths};

use super::agenthood::Code;
use super::error::Problem;
use crate::app::App;

mod answer;
mod description;
mod document;
mod extractors;
pub mod parameters;
mod schemas;

pub use answer::{Answer, Shape};
pub use description::{Body, Description, Who};
pub use document::document;
pub use extractors::Extractor;

use extractors::Extractors;

/// Routes with their descriptions.
pub struct Routes {
    tag: &'static str,
    router: Router<Arc<App>>,
    paths: Paths,
}

impl Routes {
    /// None yet; those to come belong to this tag of the document.
    pub fn of(tag: &'static str) -> Self {
        Self { tag, router: Router::new(), paths: Paths::new() }
    }

    /// One more.
    pub fn route(mut self, route: Route) -> Self {
        let Route { method, path, also_at, mut handler, description } = route;
        if let Some(challenges) = description.challenges() {
            handler = handler.layer(from_fn(move |request: Request, next: Next| challenges.add(request, next)));
        }
        for path in also_at {
            self.router = self.router.route(path, handler.clone());
        }
        self.router = self.router.route(path, handler);
        // The document knows no parameter of several parts.
        let path = path.replace("{*", "{");
        let operation = description.into_operation(self.tag, &method, &path);
        self.paths.add_path_operation(path, vec![method], operation);
        self
    }

    /// These and the others.
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.paths.merge(other.paths);
        self
    }

    /// The same routes behind layers.
    pub fn behind(mut self, layers: impl FnOnce(Router<Arc<App>>) -> Router<Arc<App>>) -> Self {
        self.router = layers(self.router);
        self
    }

    /// What serves them.
    pub fn into_router(self) -> Router<Arc<App>> {
        self.router
    }

    /// What describes them.
    pub fn into_paths(self) -> Paths {
        self.paths
    }
}

/// A method of a path, its handler and what it is.
pub struct Route {
    method: HttpMethod,
    path: &'static str,
    also_at: &'static [&'static str],
    handler: MethodRouter<Arc<App>>,
    description: Description,
}

/// `GET path`.
pub fn get<H: Handler<T, Arc<App>>, T: Extractors + 'static>(path: &'static str, handler: H) -> Route {
    Route::new::<T>(HttpMethod::Get, path, axum::routing::get(handler))
}

/// `POST path`.
pub fn post<H: Handler<T, Arc<App>>, T: Extractors + 'static>(path: &'static str, handler: H) -> Route {
    Route::new::<T>(HttpMethod::Post, path, axum::routing::post(handler))
}

/// `DELETE path`.
pub fn delete<H: Handler<T, Arc<App>>, T: Extractors + 'static>(path: &'static str, handler: H) -> Route {
    Route::new::<T>(HttpMethod::Delete, path, axum::routing::delete(handler))
}

impl Route {
    fn new<T: Extractors>(method: HttpMethod, path: &'static str, handler: MethodRouter<Arc<App>>) -> Self {
        let mut description = Description::default();
        T::describe(&mut description);
        if method != HttpMethod::Post {
            description.forget_body();
        }
        Self { method, path, also_at: &[], handler, description }
    }

    /// Its `operationId`, and what it does in a few words.
    pub fn means(mut self, id: &'static str, summary: &'static str) -> Self {
        self.description.id = id;
        self.description.summary = summary;
        self
    }

    /// What it does at length.
    pub fn detail(mut self, text: &'static str) -> Self {
        self.description.detail = Some(text);
        self
    }

    /// A part of the path, of the query or of the header.
    pub fn takes(mut self, parameter: Parameter) -> Self {
        self.description.parameters.push(parameter);
        self
    }

    /// A JSON body under the schema of this name, at most so long.
    pub fn reads(self, schema: &'static str, bytes: usize) -> Self {
        self.reads_as("application/json", Shape::Schema(schema)).body_limit(bytes)
    }

    /// A body of another media type.
    pub fn reads_as(mut self, media_type: &'static str, shape: Shape) -> Self {
        self.description.body.push((media_type, shape));
        self
    }

    /// Nobody has to send the body.
    pub fn may_be_without_body(mut self) -> Self {
        self.description.body_may_be_left_out = true;
        self
    }

    /// Further paths with the same handler, for what is missing from the path: they have nothing but refusals.
    pub fn also_at(mut self, paths: &'static [&'static str]) -> Self {
        self.also_at = paths;
        self
    }

    /// The greatest body; longer ones get 413.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.handler = self.handler.layer(DefaultBodyLimit::max(bytes));
        self
    }

    /// An answer that is no refusal.
    pub fn answers(mut self, answer: Answer) -> Self {
        self.description.answer(answer);
        self
    }

    /// Who may call, where the handler's extractors do not tell.
    pub fn for_whom(mut self, who: Who) -> Self {
        self.description.admits(who);
        self
    }

    /// Refusals beside those that its extractors make.
    pub fn refuses(mut self, problems: &[Problem]) -> Self {
        self.description.problems.extend(problems);
        self
    }

    /// Refusals in the published form of Proof of Agenthood.
    pub fn refuses_as_published(mut self, codes: &[Code]) -> Self {
        self.description.refusals.extend(codes);
        self
    }
}
