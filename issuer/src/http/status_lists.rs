//! `GET /status-lists/{id}`: `revocation` and `suspension`, signed, and `token`, the same index as a token status list;
//! `GET /status-lists` names the latter. Open to other origins.

use std::str::FromStr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use poa_verifier::json;
use poa_verifier::status::token_list;
use poa_verifier::trust::ListPurpose;
use serde_json::json as object;

use super::api::{Answer, Routes, Shape, get, parameters};
use super::error::{ApiError, Problem};
use super::negotiation::{Accept, varies};
use super::parameters::Id;
use super::reply::{Kept, cached, conditional, typed};
use crate::app::App;
use crate::documents::token_status_list_url;

/// Caches may keep a list this long; the signed time to live bounds it anyway.
const KEPT_S: u32 = 60;
/// The list of lists changes with the software alone.
const AGGREGATION_KEPT_S: u32 = 3_600;

/// How a bitstring list is served.
#[derive(Clone, Copy)]
enum Form {
    /// With a Data Integrity proof.
    Embedded(&'static str),
    /// As a `vc+jwt`.
    Enveloped,
}

/// Software that looks for JSON-LD or JSON reads nothing of another media type.
const FORMS: [(&str, Form); 4] = [
    ("application/vc", Form::Embedded("application/vc")),
    ("application/vc+jwt", Form::Enveloped),
    ("application/ld+json", Form::Embedded("application/ld+json")),
    ("application/json", Form::Embedded("application/json")),
];

/// The routes of this resource.
pub fn routes() -> Routes {
    let lists = "Every token status list of this service.";
    let list = Answer::of(200, "application/vc", Shape::Schema("status-list"), "The list as a signed credential.")
        .or("application/vc+jwt", Shape::JWS)
        .or("application/ld+json", Shape::Schema("status-list"))
        .or("application/json", Shape::Schema("status-list"));
    let both = Answer::of(200, token_list::MEDIA_TYPE, Shape::JWS, "Both purposes in one token status list.");
    Routes::of("Discovery")
        .route(
            get("/status-lists", aggregation)
                .means("statusListAggregation", "Which token status lists there are")
                .answers(Answer::json(200, "status-list-aggregation", lists).cached()),
        )
        .route(
            get("/status-lists/token", token)
                .means("tokenStatusList", "The token status list")
                .detail("`time`, which asks for a past list, is answered with 501.")
                .answers(both.conditional().negotiated())
                .refuses(&[Problem::NotImplemented]),
        )
        .route(
            get("/status-lists/{id}", show)
                .means("statusList", "A bitstring status list")
                .detail("`timestamp`, which asks for a past list, is answered with 501.")
                .takes(parameters::word("id", &["revocation", "suspension"], "What its bits mean."))
                .answers(list.conditional().negotiated())
                .refuses(&[Problem::NotImplemented]),
        )
}

struct Purpose(ListPurpose);

impl FromStr for Purpose {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [ListPurpose::Revocation, ListPurpose::Suspension]
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
            .map(Self)
            .ok_or(())
    }
}

async fn show(
    State(app): State<Arc<App>>,
    Id(Purpose(purpose)): Id<Purpose>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    refuse_history(&uri, "timestamp")?;
    let form = Accept::of(&headers).choose_or_refuse(&FORMS)?;
    let lists = app.status_lists().await?;
    let media_type = match form {
        Form::Embedded(media_type) => media_type,
        Form::Enveloped => "application/vc+jwt",
    };
    let body = || match form {
        Form::Embedded(_) => typed(media_type, json::canonical(lists.list(purpose))),
        Form::Enveloped => typed(media_type, lists.list_jwt(purpose).to_owned()),
    };
    Ok(varies(conditional(&headers, &lists.etag(purpose, media_type), Kept::For(KEPT_S), body)))
}

async fn token(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    refuse_history(&uri, "time")?;
    Accept::of(&headers).choose_or_refuse(&[(token_list::MEDIA_TYPE, ())])?;
    let lists = app.status_lists().await?;
    let body = || typed(token_list::MEDIA_TYPE, lists.token().to_owned());
    Ok(varies(conditional(&headers, &lists.token_etag(), Kept::For(KEPT_S), body)))
}

/// Every token status list of this service (Token Status List, "Status List Aggregation").
async fn aggregation(State(app): State<Arc<App>>) -> Response {
    let list = token_status_list_url(&app.config().public_url);
    cached(Json(object!({ "status_lists": [list] })), AGGREGATION_KEPT_S)
}

/// Both specifications let a reader ask for the list as it was. Past lists are not kept, and answering with the present
/// one would be wrong.
fn refuse_history(uri: &Uri, parameter: &str) -> Result<(), ApiError> {
    let names = uri.query().unwrap_or_default().split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    if names.into_iter().any(|name| name == parameter) {
        let detail = "Past lists are not kept; ask without it for the present one.";
        return Err(ApiError::of_member(Problem::NotImplemented, parameter, detail));
    }
    Ok(())
}
