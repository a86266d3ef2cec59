//! Every refusal of the API as RFC 9457 problem details. This is the only file that knows which refusal
//! has which status code; handlers and rules name a [`Problem`].
//!
//! A problem carries `type` (`urn:poa:problem:<code>`, stable), `title`, `status`, `detail`, `code`, the
//! offending `member` where there is one, and `recovery`: what a program can do without a human.

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use super::failures::note_cause;

mod for_people;
mod from_domain;
mod layers;
mod problem;

pub use for_people::for_people;
pub use layers::{in_form, is_published_path, panicked, unknown_path};
pub use problem::Problem;

/// What a program can do about a problem.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Recovery {
    /// The same request may succeed later.
    RetryAfter {
        /// Seconds to wait.
        seconds: u64,
    },
    /// Change the named member (or header, or path part) and send again.
    FixField {
        /// What to change.
        member: String,
    },
    /// Send credentials: the operator's bearer token or an agent's request signature.
    Authenticate,
    /// Fetch the newest tree head and prove again under it.
    RefreshRoot,
    /// Fetch a new challenge and sign it.
    RequestChallenge,
    /// Only the issuer's operator can help.
    ContactIssuer,
}

/// Which refusal a response is, for the layers that give it another form.
#[derive(Clone, Debug)]
struct Refused(ApiError);

/// A refusal on its way out.
#[derive(Clone, Debug)]
pub struct ApiError {
    problem: Problem,
    detail: String,
    member: Option<String>,
    recovery: Recovery,
}

impl ApiError {
    /// A refusal with the recovery that usually goes with `problem`.
    pub fn new(problem: Problem, detail: impl Into<String>) -> Self {
        let recovery = problem.usual_recovery();
        Self { problem, detail: detail.into(), member: None, recovery }
    }

    /// A refusal of one member of the request, which is also what has to be changed.
    pub fn of_member(problem: Problem, member: impl Into<String>, detail: impl Into<String>) -> Self {
        let member = member.into();
        Self {
            problem,
            detail: detail.into(),
            recovery: Recovery::FixField { member: member.clone() },
            member: Some(member),
        }
    }

    /// The same refusal with another recovery.
    pub fn with_recovery(self, recovery: Recovery) -> Self {
        Self { recovery, ..self }
    }

    /// A failure of the service itself. `error` goes to the log, with the answer; the client learns nothing
    /// of it.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        note_cause(error);
        Self::new(Problem::Internal, "The service failed; nothing was decided about the request.")
    }

    /// Which refusal this is.
    pub fn problem(&self) -> Problem {
        self.problem
    }

    /// An answer of a layer that does not know the form of its part of the API; `in_form` gives it that.
    pub fn into_bare_response(self) -> Response {
        let mut response = self.problem.status().into_response();
        response.extensions_mut().insert(Refused(self));
        response
    }

    /// Seconds to wait, where that helps.
    fn retry_after_s(&self) -> Option<u64> {
        match self.recovery {
            Recovery::RetryAfter { seconds } => Some(seconds),
            _ => None,
        }
    }

    /// The problem document, without its HTTP envelope. Batches embed it.
    pub fn to_json(&self) -> Value {
        let mut body = json!({
            "type": self.problem.uri(),
            "title": self.problem.title(),
            "status": self.problem.status().as_u16(),
            "detail": self.detail,
            "code": self.problem.code(),
            "recovery": self.recovery,
        });
        if let Some(member) = &self.member {
            body["member"] = member.as_str().into();
        }
        body
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.problem.status();
        let mut response = (status, Json(self.to_json())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(Refused(self));
        response
    }
}
