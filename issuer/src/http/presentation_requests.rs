//! `/presentation-requests`: a verifier states what it needs, a holder answers once, the verifier fetches the outcome.

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use poa_verifier::time;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::api::{Answer, Routes, Who, get, parameters, post};
use super::body::Json;
use super::call::{AnyKey, ByAnyone, ByVerifier, Call};
use super::client::Client;
use super::error::{ApiError, Problem, Recovery};
use super::limits;
use super::parameters::Id;
use super::rate::{Known, Limited};
use super::reply::{Created, private};
use super::verify;
use super::wire::Text;
use crate::app::App;
use crate::domain::{PresentationRequest, PresentationRequestId, RequestState, Voucher};
use crate::service::presentation_requests::Stated;

/// The routes of this resource. Open to other origins.
pub fn routes() -> Routes {
    let id = parameters::presentation_request;
    Routes::of("Verification")
        .route(
            post("/presentation-requests", state)
                .means("statePresentationRequest", "State what a verifier needs")
                .detail(
                    "The holder answers once, to the challenge that the answer carries. The domain is this service's own \
                     origin; with the token of a registered verifier it is that verifier's; in `signed_request` it is \
                     whatever the signing key is of, which the holder checks. Calls are counted by client, with that token \
                     by verifier.",
                )
                .reads("verifier-request", limits::SMALL_BYTES)
                .answers(
                    Answer::json(201, "verifier-request-created", "The request, and the verifier's token.").located(),
                )
                .refuses(&[Problem::Unprocessable, Problem::Conflict]),
        )
        .route(
            get("/presentation-requests/{id}", show)
                .means("showPresentationRequest", "Fetch a request to answer it")
                .takes(id())
                .answers(Answer::json(200, "verifier-request-view", "The request, as long as it may be answered."))
                .refuses(&[Problem::Gone]),
        )
        .route(
            post("/presentation-requests/{id}/response", respond)
                .means("answerPresentationRequest", "Answer a request")
                .detail("Uses its challenge up, whatever the verdict.")
                .takes(id())
                .reads("presentation-response", limits::DOCUMENT_BYTES)
                .answers(Answer::json(200, "presentation-response-result", "The verdict."))
                .refuses(&[Problem::Gone, Problem::StaleChallenge, Problem::VerifierBusy]),
        )
        .route(
            get("/presentation-requests/{id}/outcome", outcome)
                .means("presentationOutcome", "What came of a request")
                .for_whom(Who::Verifier)
                .takes(id())
                .answers(Answer::json(200, "presentation-outcome", "Its state, and the report once it is answered.")),
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateBody {
    request: Option<Map<String, Value>>,
    signed_request: Option<Text<12_288>>,
}

/// `POST /presentation-requests`: 201 with the request as the holder gets it, and the verifier's token.
async fn state(
    State(app): State<Arc<App>>,
    client: Client,
    call: Call<ByVerifier, Json<StateBody>>,
) -> Result<Response, ApiError> {
    match &call.caller {
        Some(verifier) => app.rate_limits().count_known(Known::Verifier(verifier.id))?,
        None => app.rate_limits().count(Limited::PresentationRequest, client)?,
    }
    let Stated { request, token } = match (call.body.0.request, call.body.0.signed_request) {
        (Some(demands), None) => app.state_request(demands, call.caller, client).await?,
        (None, Some(jws)) => app.state_signed_request(jws.0, call.caller, client).await?,
        _ => {
            let detail = "Send `request` or `signed_request`, and not both.";
            return Err(ApiError::of_member(Problem::InvalidBody, "request", detail));
        }
    };
    let mut body = view(&app, &request);
    if let Some(token) = token {
        body["token"] = token.as_str().into();
    }
    Ok(Created(body, Some(url(&app, request.id, ""))).into_response())
}

/// `GET /presentation-requests/{id}`: for the holder, as long as it may answer.
async fn show(State(app): State<Arc<App>>, Id(id): Id<PresentationRequestId>) -> Result<Response, ApiError> {
    let request = app.domain().fetch_presentation_request(id, app.now()).await?;
    if request.state != RequestState::Open || request.expires_at <= app.now() {
        let detail = "This request was answered or has expired; ask the verifier for another.";
        return Err(ApiError::new(Problem::Gone, detail).with_recovery(Recovery::RequestChallenge));
    }
    Ok(private(JsonReply(view(&app, &request))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseBody {
    presentation: Map<String, Value>,
}

/// `POST /presentation-requests/{id}/response`: the holder's answer, which uses the challenge up whatever its verdict.
async fn respond(
    State(app): State<Arc<App>>,
    Id(id): Id<PresentationRequestId>,
    client: Client,
    call: Call<ByAnyone<AnyKey>, Json<ResponseBody>>,
) -> Result<Response, ApiError> {
    app.rate_limits().count(Limited::PresentationResponse, client)?;
    let document = Value::Object(call.body.0.presentation).to_string().into_bytes();
    let report = app.answer_request(call.principal, id, document).await.map_err(verify::refusal)?;
    Ok(private(JsonReply(json!({ "id": id.to_string(), "verified": report.verified(), "report": report }))))
}

/// `GET /presentation-requests/{id}/outcome`: for the verifier, who shows its token.
async fn outcome(
    State(app): State<Arc<App>>,
    Id(id): Id<PresentationRequestId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = app.request_outcome(id, bearer(&headers)).await?;
    let mut body = json!({
        "id": id.to_string(),
        "state": found.state.as_str(),
        "expires": expires(&found),
    });
    if let Some(report) = found.report {
        body["verified"] = (report["verified"] == true).into();
        body["report"] = report;
    }
    Ok(private(JsonReply(body)))
}

/// The token of the one `Authorization` field; empty when there is none.
fn bearer(headers: &HeaderMap) -> &[u8] {
    let mut fields = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(field), None) = (fields.next(), fields.next()) else { return b"" };
    match field.as_bytes().split_at_checked(7) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"bearer ") => token,
        _ => b"",
    }
}

fn view(app: &App, request: &PresentationRequest) -> Value {
    let mut view = json!({
        "id": request.id.to_string(),
        "request": request.request,
        "vouched_by": request.voucher.as_str(),
        "response_url": url(app, request.id, "/response"),
        "expires": expires(request),
    });
    if let Voucher::Signature(jws) = &request.voucher {
        view["signed_request"] = jws.as_str().into();
    }
    view
}

fn url(app: &App, id: PresentationRequestId, rest: &str) -> String {
    app.config().public_url.join(&format!("/presentation-requests/{id}{rest}"))
}

fn expires(request: &PresentationRequest) -> Option<String> {
    time::format_utc(request.expires_at).ok()
}
