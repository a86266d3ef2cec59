//! `GET /did/{did}`, a DID document, and `/1.0/identifiers/{did}`, the HTTP binding of DID Resolution v1 (Candidate
//! Recommendation of July 2026) with `GET` and `POST`. Open to other origins.
//!
//! In the binding every refusal is a resolution or dereferencing result with the specification's error, never a problem
//! document of the API.
//!
//! The path carries the DID as it is, or percent-encoded as a whole; a DID with a port has a `%3A` of its own, which
//! stays. In the first case what follows the question mark is part of the DID URL for whoever dereferences, and
//! resolution options for whoever resolves, as the specification's examples have it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use self::dereference::{Content, dereference};
use self::options::{Options, Pairs};
use self::problem::{Code, Refusal};
use super::agenthood::PublishedForm;
use super::api::{Answer, Route, Routes, Shape, get, parameters, post};
use super::error::{ApiError, Problem};
use super::limits;
use super::negotiation::{Accept, varies};
use super::reply::{Kept, conditional, etag_of, typed, with_header};
use crate::app::App;
use crate::did_url::{DidUrl, percent_decode};
use crate::service::resolution::{ResolutionError, Resolved, Version};

mod dereference;
mod options;
mod problem;

const BINDING: &str = "/1.0/identifiers";
const RESOLUTION: &str = "application/did-resolution";
const DEREFERENCING: &str = "application/did-url-dereferencing";
/// What resolution results were before they had a media type of their own.
const LEGACY_RESOLUTION: &str = "application/ld+json;profile=\"https://w3id.org/did-resolution\"";
const LEGACY_CONTEXT: &str = "https://w3id.org/did-resolution/v1";
/// What the members `contentType` name.
const DOCUMENT: &str = "application/did";

/// The function that is asked for; its answers, and its refusals, have its form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Function {
    /// Resolution of a DID.
    Resolve,
    /// Dereferencing of a DID URL.
    Dereference,
}

/// What is answered with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    /// A resolution result, with this media type.
    Resolution(&'static str),
    /// A dereferencing result.
    Dereferencing,
    /// The place of a service, as a redirection.
    Place,
    /// The DID document, or a part of it, alone, with this media type.
    Content(&'static str),
}

/// DID documents alone; the first is what nobody has to ask for by name.
const DOCUMENTS: [(&str, Form); 5] = [
    ("application/did+json", Form::Content("application/did+json")),
    (DOCUMENT, Form::Content(DOCUMENT)),
    ("application/did+ld+json", Form::Content("application/did+ld+json")),
    ("application/ld+json", Form::Content("application/ld+json")),
    ("application/json", Form::Content("application/json")),
];
const RESOLUTIONS: [(&str, Form); 1] = [(RESOLUTION, Form::Resolution(RESOLUTION))];
const URLS: [(&str, Form); 2] = [(DEREFERENCING, Form::Dereferencing), ("text/uri-list", Form::Place)];
const LEGACY: [(&str, Form); 1] = [(LEGACY_RESOLUTION, Form::Resolution(LEGACY_RESOLUTION))];

/// The routes of this resource.
pub fn routes() -> Routes {
    let did = || parameters::part("did", "^did:", "The DID as it is, or percent-encoded as a whole.");
    let identifier = || parameters::part("identifier", "^did:", "The DID or DID URL, likewise.");
    let document = DOCUMENTS.iter().map(|(media_type, _)| *media_type);
    let document = document.fold(Answer::empty(200, "The DID document."), |answer, media_type| {
        answer.or(media_type, Shape::Schema("did-document"))
    });
    const BARE: &[&str] = &[BINDING, "/1.0/identifiers/"];
    Routes::of("Discovery")
        .route(
            get("/did/{did}", self::document)
                .means("didDocument", "A DID document")
                .takes(did())
                .answers(document.conditional().negotiated())
                .refuses(&[Problem::InvalidParameter, Problem::NotFound, Problem::Gone, Problem::NotImplemented]),
        )
        .route(
            in_binding(get("/1.0/identifiers/{*identifier}", by_get).also_at(BARE))
                .means("resolveDid", "Resolve a DID, or dereference a DID URL")
                .detail("The HTTP binding of DID Resolution v1. What follows a literal question mark is options, or part of the DID URL.")
                .takes(identifier()),
        )
        .route(
            in_binding(post("/1.0/identifiers/{*identifier}", by_post).also_at(BARE))
                .means("resolveDidWithOptions", "Resolve a DID, or dereference a DID URL, with options in the body")
                .takes(identifier())
                .reads("did-resolution-options", limits::SMALL_BYTES)
                .may_be_without_body()
                .refuses(&[Problem::PayloadTooLarge]),
        )
}

/// The answers of the binding: results, also of what failed, and documents or parts of them alone.
fn in_binding(route: Route) -> Route {
    let result = |answer: Answer| {
        let of_urls = Shape::Schema("did-url-dereferencing-result");
        answer.or(RESOLUTION, Shape::Schema("did-resolution-result")).or(DEREFERENCING, of_urls)
    };
    let found = result(Answer::empty(200, "A result; or a DID document or a part of one, by `Accept`.")).conditional();
    let found = DOCUMENTS.iter().fold(found, |answer, (media_type, _)| answer.or(media_type, Shape::Bytes));
    let place = Answer::empty(303, "The service that was asked for.").private().with("Location", "Its URL");
    let failed = [
        (400, "`INVALID_DID`, `INVALID_DID_URL` or `INVALID_OPTIONS`."),
        (404, "`NOT_FOUND`."),
        (406, "`REPRESENTATION_NOT_SUPPORTED`."),
        (410, "The DID is deactivated."),
        (500, "`INTERNAL_ERROR`, `INVALID_VERIFICATION_METHOD` or `INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD`."),
        (501, "`METHOD_NOT_SUPPORTED` or `FEATURE_NOT_SUPPORTED`."),
    ];
    let failed = failed.map(|(status, text)| result(Answer::empty(status, text)).private());
    let route = failed.into_iter().fold(route, |route, answer| {
        // What results were before they had a media type of their own.
        route.answers(answer.or("application/ld+json", Shape::Bytes))
    });
    route.answers(found.with("Vary", "`accept`")).answers(place.with("Vary", "`accept`"))
}

/// `GET /did/{did}`: the document alone, and refusals as everywhere in this API.
async fn document(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let refused = |problem, detail: &str| ApiError::of_member(problem, "did", detail.to_owned());
    let text = identifier(uri.path().strip_prefix("/did/").unwrap_or_default());
    let url = text.and_then(|text| text.parse::<DidUrl>().ok()).filter(DidUrl::is_did);
    let url = url.ok_or_else(|| refused(Problem::InvalidParameter, "Not a DID."))?;
    let form = Accept::of(&headers).choose_or_refuse(&DOCUMENTS)?;
    let resolved = app.resolve_did(&url, &Version::Latest).await.map_err(|error| match error {
        ResolutionError::InvalidDid(error) => refused(Problem::InvalidParameter, &format!("{error}.")),
        ResolutionError::NotFound(why) => refused(Problem::NotFound, &format!("Not found: {why}.")),
        ResolutionError::MethodNotSupported | ResolutionError::FeatureNotSupported(_) => {
            refused(Problem::NotImplemented, &format!("Not resolved here: {error}."))
        }
        ResolutionError::Failed(error) => error.into(),
    })?;
    match (resolved.document, form) {
        (Some(document), Form::Content(media_type)) => Ok(kept(&headers, media_type, &document)),
        _ => Err(refused(Problem::Gone, "The agent was revoked; its DID is deactivated.")),
    }
}

async fn by_get(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    answer(&app, &uri, &headers, None).await
}

/// Options come in the body; what stands in the query is part of the DID URL.
async fn by_post(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    answer(&app, &uri, &headers, Some(&body)).await
}

async fn answer(app: &App, uri: &Uri, headers: &HeaderMap, body: Option<&[u8]>) -> Response {
    let raw = uri.path().strip_prefix(BINDING).unwrap_or_default().trim_start_matches('/');
    let mut response = match Asked::read(raw, uri, headers, body) {
        Err((function, form, refusal)) => refused(function, form, &refusal),
        Ok(asked) => match asked.function {
            Function::Dereference => match dereference(app, &asked).await {
                Ok(content) => dereferenced(headers, &asked, content),
                Err(refusal) => refused(asked.function, asked.form, &refusal),
            },
            Function::Resolve => match app.resolve_did(&asked.url, &asked.options.version).await {
                Ok(resolved) => self::resolved(headers, asked.form, resolved),
                Err(error) => refused(asked.function, asked.form, &error.into()),
            },
        },
    };
    response.extensions_mut().insert(PublishedForm);
    varies(response)
}

/// A request of the binding.
struct Asked {
    url: DidUrl,
    function: Function,
    form: Form,
    options: Options,
}

/// A refusal with the function that was asked for, and the form in which it would have been answered.
type Unread = (Function, Form, Refusal);

impl Asked {
    fn read(raw: &str, uri: &Uri, headers: &HeaderMap, body: Option<&[u8]>) -> Result<Self, Unread> {
        let text = identifier(raw);
        let read = text.as_deref().ok_or_else(|| "percent-encoding that is no UTF-8".to_owned());
        let read = read.and_then(|text| text.parse::<DidUrl>().map_err(|error| error.to_string()));
        // What cannot be read as either is taken for what it looks like.
        let is_did = match &read {
            Ok(url) => url.is_did(),
            Err(_) => !text.as_deref().unwrap_or(raw).contains(['/', '?', '#']),
        };
        let (function, form) = Self::wanted(is_did, headers);
        let default = form.unwrap_or(Form::Resolution(RESOLUTION));
        let url = read.map_err(|detail| {
            let code = match function {
                Function::Resolve => Code::InvalidDid,
                Function::Dereference => Code::InvalidDidUrl,
            };
            (function, default, Refusal::new(code, &detail))
        })?;
        let form = form.ok_or_else(|| {
            let detail = "accepted are application/did-resolution, application/did-url-dereferencing, application/did, \
                          application/did+json, application/did+ld+json, application/json and application/ld+json";
            (function, default, Refusal::new(Code::RepresentationNotSupported, detail))
        })?;
        let options = Self::options(raw, uri, &url, form, body).map_err(|refusal| (function, form, refusal))?;
        Ok(Self { url, function, form, options })
    }

    /// What is asked for a DID, or for a DID URL; the form is none when nothing that is accepted can be given.
    fn wanted(is_did: bool, headers: &HeaderMap) -> (Function, Option<Form>) {
        let accept = Accept::of(headers);
        if !is_did {
            let form = accept.choose(&[&URLS[..], &DOCUMENTS[1..], &DOCUMENTS[..1]].concat());
            let resolution = accept.choose(&[&RESOLUTIONS[..], &LEGACY].concat());
            return match (form, resolution) {
                // Nothing but a resolution result is accepted, which a DID URL does not have.
                (None, Some(_)) => (Function::Resolve, None),
                (form, _) => (Function::Dereference, form),
            };
        }
        let form = accept.choose(&[&RESOLUTIONS[..], &URLS, &DOCUMENTS[1..], &DOCUMENTS[..1], &LEGACY].concat());
        match form {
            Some(Form::Dereferencing | Form::Place) => (Function::Dereference, form),
            _ => (Function::Resolve, form),
        }
    }

    /// Options beside the DID, and parameters inside the DID URL.
    fn options(raw: &str, uri: &Uri, url: &DidUrl, form: Form, body: Option<&[u8]>) -> Result<Options, Refusal> {
        let query = Pairs::of_query(uri.query().unwrap_or_default())?;
        let dereferences = matches!(form, Form::Dereferencing | Form::Place);
        let in_url = raw.starts_with("did:") && (dereferences || body.is_some());
        let own = Pairs::of_query(url.query().unwrap_or_default())?;
        let mut options = Options::default();
        options.read(own, true)?;
        options.read(query, in_url)?;
        options.read(body.map_or(Ok(Pairs::default()), Pairs::of_body)?, false)?;
        Ok(options)
    }
}

/// The DID or DID URL in the raw path. One that begins with a literal `did:` is not encoded as a whole: then its
/// delimiters alone may be, and everything when a percent sign is.
fn identifier(raw: &str) -> Option<String> {
    if !raw.starts_with("did:") || raw.contains("%25") {
        return percent_decode(raw);
    }
    let delimiters = [("%23", "#"), ("%3F", "?"), ("%3f", "?"), ("%2F", "/"), ("%2f", "/")];
    Some(delimiters.iter().fold(raw.to_owned(), |text, (encoded, plain)| text.replace(encoded, plain)))
}

fn resolved(headers: &HeaderMap, form: Form, resolved: Resolved) -> Response {
    let Resolved { document, metadata } = resolved;
    match (form, document) {
        (Form::Content(media_type), Some(document)) => kept(headers, media_type, &document),
        (Form::Resolution(media_type), Some(document)) => {
            let content_type = if media_type == LEGACY_RESOLUTION { "application/did+ld+json" } else { DOCUMENT };
            let result = resolution_result(media_type, document, json!({ "contentType": content_type }), metadata);
            kept(headers, media_type, &result)
        }
        (form, None) => {
            let media_type = if let Form::Resolution(media_type) = form { media_type } else { RESOLUTION };
            let result = resolution_result(media_type, Value::Null, json!({}), metadata);
            (StatusCode::GONE, uncached(media_type, &result)).into_response()
        }
        // Dereferencing has an answer of its own.
        (Form::Dereferencing | Form::Place, Some(document)) => kept(headers, DOCUMENT, &document),
    }
}

fn resolution_result(media_type: &str, document: Value, about: Value, metadata: Map<String, Value>) -> Value {
    let mut result =
        json!({ "didDocument": document, "didResolutionMetadata": about, "didDocumentMetadata": metadata });
    if media_type == LEGACY_RESOLUTION {
        result["@context"] = LEGACY_CONTEXT.into();
    }
    result
}

fn dereferenced(headers: &HeaderMap, asked: &Asked, content: Content) -> Response {
    match (content, asked.form) {
        (Content::Place(url), _) => {
            let response = with_header(StatusCode::SEE_OTHER.into_response(), header::LOCATION, &url);
            with_header(response, header::CACHE_CONTROL, "no-store")
        }
        (Content::Part { content, .. }, Form::Content(media_type)) => kept(headers, media_type, &content),
        (Content::Part { content, metadata }, _) => {
            kept(headers, DEREFERENCING, &dereferencing_result(content, json!({ "contentType": DOCUMENT }), metadata))
        }
        (Content::Deactivated(metadata), _) => {
            let result = dereferencing_result(Value::Null, json!({}), metadata);
            (StatusCode::GONE, uncached(DEREFERENCING, &result)).into_response()
        }
    }
}

fn dereferencing_result(content: Value, about: Value, metadata: Map<String, Value>) -> Value {
    json!({ "contentStream": content, "dereferencingMetadata": about, "contentMetadata": metadata })
}

/// A refusal in the form of the function that was called.
fn refused(function: Function, form: Form, refusal: &Refusal) -> Response {
    let error = json!({ "error": refusal.to_json() });
    let (media_type, result) = match (function, form) {
        (Function::Dereference, _) => (DEREFERENCING, dereferencing_result(Value::Null, error, Map::new())),
        (Function::Resolve, Form::Resolution(media_type)) => {
            (media_type, resolution_result(media_type, Value::Null, error, Map::new()))
        }
        (Function::Resolve, _) => (RESOLUTION, resolution_result(RESOLUTION, Value::Null, error, Map::new())),
    };
    (refusal.status(), uncached(media_type, &result)).into_response()
}

/// A document with keys. No cache answers with it unasked: a key that was rotated in or given up counts from that
/// moment.
fn kept(headers: &HeaderMap, media_type: &'static str, document: &Value) -> Response {
    let bytes = document.to_string().into_bytes();
    let etag = etag_of(&[media_type.as_bytes(), &bytes].concat());
    varies(conditional(headers, &etag, Kept::UntilAsked, || typed(media_type, bytes)))
}

fn uncached(media_type: &'static str, document: &Value) -> Response {
    with_header(typed(media_type, document.to_string()), header::CACHE_CONTROL, "no-store")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_carries_a_did_as_it_is_or_encoded_as_a_whole() {
        let did = "did:web:127.0.0.1%3A8080";
        for raw in ["did:web:127.0.0.1%3A8080", "did:web:127.0.0.1%253A8080", "did%3Aweb%3A127.0.0.1%253A8080"] {
            assert_eq!(identifier(raw).as_deref(), Some(did), "{raw}");
        }
        for (raw, text) in [
            ("did:key:z6Mk%23z6Mk", "did:key:z6Mk#z6Mk"),
            ("did%3Akey%3Az6Mk%3Fservice%3Da%252Fb", "did:key:z6Mk?service=a%2Fb"),
            ("did:key:z6Mk%2fa%3fb", "did:key:z6Mk/a?b"),
            ("not-a-did", "not-a-did"),
            ("", ""),
        ] {
            assert_eq!(identifier(raw).as_deref(), Some(text), "{raw}");
        }
        assert_eq!(identifier("did%3Aa%3A%ff"), None);
    }
}
