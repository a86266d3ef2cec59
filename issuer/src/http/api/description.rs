//! What is known of a route, as an operation of the document.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use utoipa::openapi::content::Content;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, Parameter};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{AdditionalProperties, AllOfBuilder, AnyOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Ref, RefOr, Required};

use super::answer::{Answer, Shape, always, referring};
use super::{parameters, schemas};
use crate::http::agenthood::Code;
use crate::http::challenge::{Challenges, Kind};
use crate::http::error::{Problem, is_published_path};

/// Name of the operator's security scheme.
pub const OPERATOR: &str = "operatorToken";
/// Name of the agents' security scheme.
pub const AGENT: &str = "agentSignature";
/// Name of the security scheme of verifiers.
pub const VERIFIER: &str = "verifierToken";
/// Name of the security scheme of registered verifiers.
pub const REGISTERED_VERIFIER: &str = "registeredVerifierToken";

const PROBLEM_TYPE: &str = "application/problem+json";

/// Who may call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Who {
    /// The operator.
    Operator,
    /// An agent.
    Agent,
    /// The operator or an agent.
    Either,
    /// Anybody; credentials are checked when there are some.
    Anyone,
    /// The operator; without credentials whoever needs none there.
    OperatorIfAny,
    /// The verifier that stated the request.
    Verifier,
    /// The controller of an agent, by a signature inside the body.
    Controller,
    /// Anybody; the token of a registered verifier is checked when there is one.
    RegisteredVerifier,
}

/// How a body is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Body {
    /// JSON of a schema.
    Json,
    /// None, or an empty JSON object.
    Empty,
    /// By media type.
    Raw,
}

/// What is known of a route.
#[derive(Default)]
pub struct Description {
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) detail: Option<&'static str>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Vec<(&'static str, Shape)>,
    pub(super) problems: BTreeSet<Problem>,
    pub(super) refusals: Vec<Code>,
    pub(super) body_may_be_left_out: bool,
    answers: Vec<Answer>,
    who: Option<Who>,
    takes: Option<Body>,
    is_limited: bool,
    reads_path: bool,
}

impl Description {
    /// Notes who may call, and what others get.
    pub fn admits(&mut self, who: Who) {
        self.who = Some(who);
        if who == Who::Controller {
            return;
        }
        self.problems.insert(Problem::Unauthenticated);
        if !matches!(who, Who::Anyone | Who::Verifier) {
            self.problems.insert(Problem::Forbidden);
        }
        // Signed requests are counted for their agent.
        self.is_limited |= who.kinds().contains(&Kind::Agent);
    }

    /// Notes that a body is read, and what those get that cannot be.
    pub fn takes(&mut self, body: Body) {
        self.takes = Some(body);
        self.problems.extend([
            Problem::MalformedJson,
            Problem::InvalidBody,
            Problem::PayloadTooLarge,
            Problem::UnsupportedMediaType,
        ]);
    }

    /// Notes a refusal that an extractor makes.
    pub fn may_be(&mut self, problem: Problem) {
        self.problems.insert(problem);
    }

    /// Notes that parts of the path are read as they are, which they cannot be when they are no UTF-8.
    pub fn reads_path(&mut self) {
        self.reads_path = true;
    }

    /// A body has no meaning with this method: what is read is not described, what is refused is.
    pub(super) fn forget_body(&mut self) {
        self.takes = None;
    }

    /// Notes that calls are counted.
    pub fn is_limited(&mut self) {
        self.is_limited = true;
    }

    /// What a 401 of this route asks for.
    pub(super) fn challenges(&self) -> Option<Challenges> {
        let has_body = self.takes.is_some_and(|body| body != Body::Empty);
        self.who.map(|who| Challenges { kinds: who.kinds(), has_body })
    }

    pub(super) fn answer(&mut self, answer: Answer) {
        if answer.negotiated {
            self.problems.insert(Problem::NotAcceptable);
        }
        if answer.conditional {
            self.parameters.push(parameters::if_none_match());
            self.answers.push(answer.not_modified());
        }
        self.answers.push(answer);
    }

    /// The operation. Every route may be too slow or fail; in which form it says so depends on where it is.
    pub(super) fn into_operation(mut self, tag: &str, method: &HttpMethod, path: &str) -> Operation {
        let reads = self.takes.is_some() || !self.body.is_empty();
        if is_published_path(path) {
            self.refusals.extend([Code::RequestTimeout, Code::ServiceBusy, Code::Internal]);
            self.refusals.extend(reads.then_some(Code::BodyTooLarge));
            self.refusals.extend(self.is_limited.then_some(Code::RateLimited));
            self.refusals.extend(self.reads_path.then_some(Code::InvalidParameter));
        } else {
            // What looks at the time or at the log may find that neither can be relied on.
            self.problems.extend([
                Problem::RequestTimeout,
                Problem::ServiceSlow,
                Problem::Overloaded,
                Problem::NotReady,
                Problem::Internal,
            ]);
            self.problems.extend(self.is_limited.then_some(Problem::TooManyRequests));
            self.problems.extend(self.reads_path.then_some(Problem::InvalidParameter));
        }
        let operation = OperationBuilder::new()
            .tag(tag)
            .operation_id(Some(self.id))
            .summary(Some(self.summary))
            .description(self.detail)
            .request_body(reads.then(|| self.request_body()))
            .securities(self.who.map(securities));
        let operation = self.parameters.drain(..).fold(operation, OperationBuilder::parameter);
        let responses = self.responses(*method == HttpMethod::Get).into_iter();
        responses
            .fold(operation, |operation, (status, response)| operation.response(status.to_string(), response))
            .build()
    }

    fn request_body(&self) -> RequestBody {
        let body = RequestBodyBuilder::new();
        if self.takes == Some(Body::Empty) {
            let nothing = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(false)));
            return body
                .description(Some("Nothing, or an empty object."))
                .content("application/json", Content::new(Some(nothing)))
                .build();
        }
        let required = if self.body_may_be_left_out { Required::False } else { Required::True };
        let contents = self.body.iter();
        contents.fold(body, |body, (kind, shape)| body.content(*kind, shape.content())).required(Some(required)).build()
    }

    /// Browsers read, and are shown what is refused as a page.
    fn responses(self, for_browsers: bool) -> BTreeMap<u16, Response> {
        let challenges = self.challenges();
        let mut responses: BTreeMap<u16, Response> =
            self.answers.into_iter().map(|answer| (answer.status, answer.into_response())).collect();
        for (status, problems) in by_status(self.problems, |problem| problem.status()) {
            let response = responses.entry(status).or_insert_with(|| Response::new(""));
            add_problems(response, &problems);
            if for_browsers {
                response.content.insert("text/html".to_owned(), Shape::Text.content().into());
            }
        }
        for (status, codes) in by_status(self.refusals, |code| code.status()) {
            let response = responses.entry(status).or_insert_with(|| Response::new(""));
            add_refusals(response, &codes);
        }
        if let (Some(response), Some(challenges)) = (responses.get_mut(&401), challenges) {
            add_challenges(response, challenges);
        }
        responses
    }
}

fn by_status<T>(kinds: impl IntoIterator<Item = T>, status: impl Fn(&T) -> StatusCode) -> BTreeMap<u16, Vec<T>> {
    let mut found: BTreeMap<u16, Vec<T>> = BTreeMap::new();
    for kind in kinds {
        found.entry(status(&kind).as_u16()).or_default().push(kind);
    }
    found
}

/// Each kind of problem is a schema of its own, so that the document says which of them this route may answer.
fn add_problems(response: &mut Response, problems: &[Problem]) {
    let names: Vec<_> = problems.iter().map(|problem| schemas::problem_name(*problem)).collect();
    let mut content = referring(names.iter().map(String::as_str));
    // Beside what else is answered in this media type.
    if let Some(RefOr::T(known)) = response.content.get(PROBLEM_TYPE) {
        let schemas = known.schema.iter().chain(&content.schema).cloned();
        content.schema = Some(schemas.fold(AnyOfBuilder::new(), AnyOfBuilder::item).into());
        content.examples.extend(known.examples.clone());
    }
    response.content.insert(PROBLEM_TYPE.to_owned(), content.into());
    for problem in problems {
        add_text(response, &format!("`{}`: {}", problem.code(), problem.meaning()));
    }
    if problems.iter().all(|problem| problem.says_when()) {
        response.headers.insert("Retry-After".to_owned(), always("Seconds to wait").into());
    }
}

fn add_challenges(response: &mut Response, challenges: Challenges) {
    let texts: Vec<_> = challenges.kinds.iter().map(|kind| format!("`{}`", kind.challenge())).collect();
    response.headers.insert("WWW-Authenticate".to_owned(), always(&texts.join(", ")).into());
    if let Some(wanted) = challenges.accept_signature() {
        response.headers.insert("Accept-Signature".to_owned(), always(&format!("`{wanted}`")).into());
    }
}

/// An answer that says what is refused in a form of its own stays as it is.
fn add_refusals(response: &mut Response, codes: &[Code]) {
    if response.content.contains_key("application/json") {
        return;
    }
    let words: BTreeSet<&str> = codes.iter().map(|code| code.as_str()).collect();
    for word in &words {
        add_text(response, &format!("`{word}`"));
    }
    let error = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.into_iter().collect::<Vec<_>>()));
    let narrowed = AllOfBuilder::new()
        .item(Ref::new(schemas::pointer("agenthood-api.refusal")))
        .item(ObjectBuilder::new().property("error", error));
    response.content.insert("application/json".to_owned(), Content::new(Some(narrowed)).into());
    if codes.iter().all(|code| code.says_when()) {
        response.headers.insert("Retry-After".to_owned(), always("Seconds to wait").into());
    }
}

fn add_text(response: &mut Response, text: &str) {
    if !response.description.is_empty() {
        response.description.push('\n');
    }
    response.description.push_str("* ");
    response.description.push_str(text);
}

/// Any one of them suffices; the empty one stands for no credentials.
fn securities(who: Who) -> Vec<SecurityRequirement> {
    let of = |name: &str| SecurityRequirement::new(name, [] as [&str; 0]);
    match who {
        Who::Operator => vec![of(OPERATOR)],
        Who::Agent => vec![of(AGENT)],
        Who::Either => vec![of(OPERATOR), of(AGENT)],
        Who::Verifier => vec![of(VERIFIER)],
        Who::RegisteredVerifier => vec![SecurityRequirement::default(), of(REGISTERED_VERIFIER)],
        Who::Anyone => vec![SecurityRequirement::default(), of(OPERATOR), of(AGENT)],
        Who::OperatorIfAny => vec![SecurityRequirement::default(), of(OPERATOR)],
        // What the document has no scheme for: it stands in the body.
        Who::Controller => vec![SecurityRequirement::default()],
    }
}
