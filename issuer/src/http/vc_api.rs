//! `/vc-api`: W3C's VC-API, for credentials that callers write and for documents of anybody (`docs/vc-api.md`).
//!
//! Answers follow VC-API: 201 with what was issued, 200 for what is authentic, 400 for what is not. `POST /verify` stays
//! as it is: 200 with a report either way.

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use poa_verifier::trust::ListPurpose;
use poa_verifier::vc::{BASE_CONTEXT, ENVELOPED_CREDENTIAL, ENVELOPED_PRESENTATION};
use serde_json::{Map, Value, json};

use super::api::{Answer, Routes, Shape, post};
use super::body::{self, Json};
use super::call::{AnyKey, ByAnyone, ByOperatorIfAny, Call};
use super::counted::Counted;
use super::error::{ApiError, Problem};
use super::limits;
use super::negotiation::Accept;
use super::reply::{Created, private};
use super::wire::{Bit, Object, OneOrMany, Text};
use crate::app::App;
use crate::documents::status_list_url;
use crate::domain::vc_api::StatusChange;
use crate::service::vc_api::{Asked, Given, SecuringMechanism, Verdict, documents_of};

const JWT_MEDIA_TYPE: &str = "application/vc+jwt";
/// What `verified` means in the answers, so that nobody takes it for more.
const MEANING: &str = "authentic: it conforms, is signed by whom it names, is valid now and not revoked as far as its \
                       status is known; no request was stated, so nothing says that it is what you need";

/// The routes of this resource.
pub fn routes() -> Routes {
    let open = "By the operator; with `--vc-api-open` by anybody on this machine.";
    let not_verified =
        || Answer::of(400, "application/problem+json", Shape::Schema("vc-api-not-verified"), "Not verified.");
    Routes::of("VC-API")
        .route(
            post("/vc-api/credentials/issue", issue)
                .means("vcApiIssue", "Sign a credential that the caller wrote")
                .detail(open)
                .reads("vc-api-issue", limits::DOCUMENT_BYTES)
                .answers(Answer::json(201, "vc-api-issued", "The credential, secured."))
                .refuses(&[
                    Problem::Forbidden,
                    Problem::NonConforming,
                    Problem::Conflict,
                    Problem::Unprocessable,
                    Problem::NotAcceptable,
                    Problem::NotReady,
                    Problem::StatusListFull,
                    Problem::VerifierBusy,
                ]),
        )
        .route(
            post("/vc-api/credentials/status", set_status)
                .means("vcApiStatus", "Set the status of a credential signed here")
                .detail(open)
                .reads("vc-api-status", limits::SMALL_BYTES)
                .answers(Answer::json(200, "vc-api-status-answer", "What it is now."))
                .refuses(&[
                    Problem::Forbidden,
                    Problem::NonConforming,
                    Problem::NotFound,
                    Problem::Conflict,
                    Problem::Unprocessable,
                ]),
        )
        .route(
            post("/vc-api/credentials/verify", verify_credential)
                .means("vcApiVerifyCredential", "Verify a credential")
                .reads("vc-api-verify-credential", limits::DOCUMENT_BYTES)
                .answers(Answer::json(200, "vc-api-verified", "Authentic."))
                .answers(not_verified())
                .refuses(&[Problem::VerifierBusy]),
        )
        .route(
            post("/vc-api/presentations/verify", verify_presentation)
                .means("vcApiVerifyPresentation", "Verify a presentation")
                .reads("vc-api-verify-presentation", limits::BATCH_BYTES)
                .answers(Answer::json(200, "vc-api-verified", "Authentic."))
                .answers(not_verified())
                .refuses(&[Problem::VerifierBusy]),
        )
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct IssueBody {
    credential: Map<String, Value>,
    #[serde(default)]
    options: Option<Object<IssueOptions>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct IssueOptions {
    credential_id: Option<Text<512>>,
    /// A status of this type is added to every credential; asking for one changes nothing.
    credential_status: Option<OneOrMany<Object<WantedStatus>>>,
    cryptosuite: Option<Cryptosuite>,
    format: Option<Format>,
    /// Selective disclosure, which is not offered: an empty list is all that can be asked for.
    mandatory_pointers: Option<[String; 0]>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WantedStatus {
    #[serde(rename = "type")]
    _kind: EntryType,
    #[serde(rename = "statusPurpose", default)]
    _purpose: Option<ListPurpose>,
}

/// The one type of status there is.
#[derive(serde::Deserialize)]
enum EntryType {
    #[serde(rename = "BitstringStatusListEntry")]
    BitstringStatusListEntry,
}

/// The cryptosuites that proofs are made with.
#[derive(serde::Deserialize)]
enum Cryptosuite {
    #[serde(rename = "eddsa-jcs-2022")]
    EddsaJcs2022,
}

#[derive(serde::Deserialize)]
enum Format {
    #[serde(rename = "application/vc")]
    Vc,
    #[serde(rename = "application/vc+jwt")]
    VcJwt,
}

/// `POST /vc-api/credentials/issue`: 201 with the credential, secured.
async fn issue(
    State(app): State<Arc<App>>,
    call: Call<ByOperatorIfAny, Json<IssueBody>>,
) -> Result<Response, ApiError> {
    let principal = call.principal;
    let IssueBody { credential, options } = call.body.0;
    let options = options.map(|options| options.0).unwrap_or_default();
    let secured = match (&options.format, &options.cryptosuite) {
        (Some(Format::VcJwt), Some(_)) => {
            let detail = "A JWS has no cryptosuite; leave one of the two out.";
            return Err(ApiError::of_member(Problem::InvalidBody, "options.cryptosuite", detail));
        }
        (Some(Format::VcJwt), None) => SecuringMechanism::Jwt,
        (None, None) => preferred(&call.headers),
        (Some(Format::Vc), _) | (None, Some(Cryptosuite::EddsaJcs2022)) => SecuringMechanism::DataIntegrity,
    };
    if options.credential_status.is_some_and(|wanted| wanted.0.is_empty()) {
        let detail = "Name a status, or leave it out: every credential gets one.";
        return Err(ApiError::of_member(Problem::InvalidBody, "options.credentialStatus", detail));
    }
    let asked = Asked { credential, reference: options.credential_id.map(|id| id.0), secured };
    let signed = app.vc_api_issue(principal, asked).await?;
    Ok(Created(json!({ "verifiableCredential": signed }), None).into_response())
}

/// What the client prefers. It is carried in JSON either way, so whoever names neither gets what is usual.
fn preferred(headers: &HeaderMap) -> SecuringMechanism {
    let offers = [("application/vc", SecuringMechanism::DataIntegrity), (JWT_MEDIA_TYPE, SecuringMechanism::Jwt)];
    Accept::of(headers).choose(&offers).unwrap_or_default()
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct StatusBody {
    credential_id: Text<512>,
    credential_status: OneOrMany<Object<StatusEntry>>,
    /// For all entries that do not say it themselves; true when nothing says it.
    #[serde(default)]
    status: Option<bool>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct StatusEntry {
    #[serde(default, rename = "id")]
    _id: Option<String>,
    #[serde(rename = "type")]
    _kind: EntryType,
    status_purpose: ListPurpose,
    #[serde(default)]
    status: Option<Bit>,
    #[serde(default)]
    status_list_index: Option<String>,
    #[serde(default)]
    status_list_credential: Option<String>,
}

/// `POST /vc-api/credentials/status`: revokes, suspends or resumes what was issued here.
async fn set_status(
    State(app): State<Arc<App>>,
    call: Call<ByOperatorIfAny, Json<StatusBody>>,
) -> Result<Response, ApiError> {
    let StatusBody { credential_id, credential_status, status } = call.body.0;
    let entries = credential_status.0;
    if !(1..=4).contains(&entries.len()) {
        let detail = "Between one and four changes at a time.";
        return Err(ApiError::of_member(Problem::InvalidBody, "credentialStatus", detail));
    }
    let changes = entries.into_iter().map(|entry| change(&app, entry.0, status)).collect::<Result<Vec<_>, _>>()?;
    let credentials = app.vc_api_set_status(&credential_id.0, &changes).await?;
    Ok(private(JsonReply(json!({
        "credentialId": credential_id.0,
        "credentials": credentials,
        "effective": "next publication",
    }))))
}

fn change(app: &App, entry: StatusEntry, status: Option<bool>) -> Result<StatusChange, ApiError> {
    let set = entry.status.map_or(status.unwrap_or(true), |bit| bit.0);
    let purpose = entry.status_purpose;
    if entry.status_list_credential.is_some_and(|list| list != status_list_url(&app.config().public_url, purpose)) {
        let detail = "Not the list of this purpose of this service.";
        return Err(ApiError::of_member(Problem::NonConforming, "credentialStatus.statusListCredential", detail));
    }
    let unreadable = || {
        let detail = "A decimal number as a string.";
        ApiError::of_member(Problem::InvalidBody, "credentialStatus.statusListIndex", detail)
    };
    let index = entry.status_list_index.map(|index| index.parse().map_err(|_| unreadable())).transpose()?;
    Ok(StatusChange { purpose, set, index })
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct VerifyCredentialBody {
    verifiable_credential: Value,
    #[serde(default)]
    options: Option<Object<VerifyOptions>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct VerifyPresentationBody {
    verifiable_presentation: Value,
    #[serde(default)]
    options: Option<Object<VerifyOptions>>,
}

/// Everything is always checked, and everything found is always returned: most options change nothing.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct VerifyOptions {
    challenge: Option<Text<512>>,
    domain: Option<Text<512>>,
    #[serde(rename = "checks")]
    _checks: Option<Vec<String>>,
    #[serde(rename = "returnCredential")]
    _return_credential: Option<bool>,
    #[serde(rename = "returnPresentation")]
    _return_presentation: Option<bool>,
    #[serde(rename = "returnProblemDetails")]
    _return_problem_details: Option<bool>,
    #[serde(rename = "returnResults")]
    _return_results: Option<bool>,
}

/// `POST /vc-api/credentials/verify`.
async fn verify_credential(
    State(app): State<Arc<App>>,
    _: Counted,
    call: Call<ByAnyone<AnyKey>, Json<VerifyCredentialBody>>,
) -> Result<Response, ApiError> {
    let (principal, length) = (call.principal, call.length);
    let VerifyCredentialBody { verifiable_credential, options } = call.body.0;
    let options = options.map(|options| options.0).unwrap_or_default();
    if options.challenge.is_some() || options.domain.is_some() {
        let detail = "A credential answers no challenge; verify the presentation that does.";
        return Err(ApiError::of_member(Problem::InvalidBody, "options", detail));
    }
    let document = from_compact(verifiable_credential, ENVELOPED_CREDENTIAL, JWT_MEDIA_TYPE);
    let verdict = app.vc_api_verify_credential(principal, document).await?;
    body::reading(&app, principal, length, move || Ok(answer(verdict))).await
}

/// `POST /vc-api/presentations/verify`.
async fn verify_presentation(
    State(app): State<Arc<App>>,
    counted: Counted,
    call: Call<ByAnyone<AnyKey>, Json<VerifyPresentationBody>>,
) -> Result<Response, ApiError> {
    let (principal, length) = (call.principal, call.length);
    let VerifyPresentationBody { verifiable_presentation, options } = call.body.0;
    let VerifyOptions { challenge, domain, .. } = options.map(|options| options.0).unwrap_or_default();
    let given = Given { challenge: challenge.map(|text| text.0), domain: domain.map(|text| text.0) };
    let document = from_compact(verifiable_presentation, ENVELOPED_PRESENTATION, "application/vp+jwt");
    let envelope_bytes = document["id"].as_str().map_or(0, str::len);
    let count = move || Ok((documents_of(&document), document));
    let (documents, document) = body::reading(&app, principal, envelope_bytes, count).await?;
    counted.count_documents(&app, documents)?;
    let verdict = app.vc_api_verify_presentation(principal, document, &given).await?;
    body::reading(&app, principal, length, move || Ok(answer(verdict))).await
}

/// A compact JWS on its own is what its envelope carries.
fn from_compact(document: Value, kind: &str, media_type: &str) -> Value {
    match document {
        Value::String(jws) => {
            json!({ "@context": BASE_CONTEXT, "id": format!("data:{media_type},{jws}"), "type": kind })
        }
        document => document,
    }
}

fn answer(verdict: Verdict) -> Response {
    let verified = verdict.verified();
    let Verdict { problems, warnings, document, reports } = verdict;
    let errors: Vec<_> = problems.iter().map(|problem| problem["detail"].clone()).collect();
    let mut body = match verified {
        true => json!({}),
        false => {
            let detail = errors.first().and_then(Value::as_str).unwrap_or("Not authentic.").to_owned();
            ApiError::new(Problem::NotVerified, detail).to_json()
        }
    };
    for (name, value) in [
        ("verified", verified.into()),
        ("verifiedMeans", MEANING.into()),
        ("errors", errors.into()),
        ("warnings", warnings.into()),
        ("problemDetails", problems.into()),
        ("reports", reports.into()),
        ("document", Arc::unwrap_or_clone(document)),
    ] {
        body[name] = value;
    }
    if verified {
        return private(JsonReply(body));
    }
    let mut response = private((StatusCode::BAD_REQUEST, JsonReply(body)));
    let problem = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, problem);
    response
}
