//! `/zk-credentials`: issue, complete, fetch, revoke.

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json as object};

use super::api::{Answer, Routes, Shape, delete, get, parameters, post};
use super::body::{Empty, Json};
use super::call::{ByAgent, ByEither, Call, Caller, NewestKey};
use super::error::{ApiError, Problem};
use super::limits;
use super::negotiation::{Accept, varies};
use super::parameters::Id;
use super::reply::{Accepted, NoContent, private, typed, with_header};
use super::schema_name::SchemaName;
use super::verify;
use super::wire::Text;
use crate::app::App;
use crate::domain::{AgentUuid, CredentialId, CredentialState, Idempotency};
use crate::service::issuing::{Issue, Issued};
use crate::service::showing::Form;

/// Longest `Idempotency-Key`, in bytes.
const MAX_KEY_BYTES: usize = 255;

/// What may stand in the way of a proof.
pub(super) const PROVING: &[Problem] = &[
    Problem::NotFound,
    Problem::AgentNotActive,
    Problem::NoLeaf,
    Problem::Conflict,
    Problem::Unprocessable,
    Problem::PredicateNotMet,
    Problem::OffGrid,
    Problem::BuildHashMissing,
    Problem::ProverBusy,
    Problem::NotReady,
];

/// The routes of this resource.
pub fn routes() -> Routes {
    let in_forms = |answer: Answer| {
        let issuers = Shape::Schema("zk-credential.issuerProofOnly");
        let enveloped = answer.or("application/vc", issuers).or("application/vc+jwt", Shape::JWS);
        enveloped.or("application/ld+json", Shape::Schema("zk-credential")).negotiated()
    };
    let issued = || in_forms(Answer::json(201, "zk-credential", "The finished credential.").located());
    let forms =
        "With both proofs as JSON, with the issuer's alone as `application/vc`, enveloped as `application/vc+jwt`.";
    let shown = in_forms(Answer::json(200, "zk-credential", forms));
    Routes::of("Credentials")
        .route(
            post("/zk-credentials", issue)
                .means("issueCredential", "Issue a credential")
                .takes(parameters::idempotency_key(MAX_KEY_BYTES))
                .reads("zk-credential-request", limits::SMALL_BYTES)
                .answers(issued())
                .answers(Answer::json(202, "zk-credential-pending", "For self-custody: what the holder proves over."))
                .refuses(PROVING)
                .refuses(&[
                    Problem::InvalidParameter,
                    Problem::IdempotencyMismatch,
                    Problem::IdempotencyInProgress,
                    Problem::TooManyRequests,
                    Problem::StatusListFull,
                ]),
        )
        .route(
            get("/zk-credentials/{id}", fetch)
                .means("showCredential", "Fetch a credential")
                .takes(parameters::credential())
                .answers(shown),
        )
        .route(
            delete("/zk-credentials/{id}", revoke)
                .means("revokeCredential", "Revoke the status of this credential alone")
                .detail("One that waits for its holder's proof is given up; its place is free for another.")
                .takes(parameters::credential())
                .body_limit(limits::SMALL_BYTES)
                .answers(Answer::json(200, "zk-credential-revocation", "Revoked, and what that does not do."))
                .answers(Answer::empty(204, "It waited for its holder's proof and is given up.")),
        )
        .route(
            post("/zk-credentials/{id}/proof", complete)
                .means("completeCredential", "Complete a credential with the holder's proof")
                .takes(parameters::credential())
                .reads("zk-credential-proof", limits::SMALL_BYTES)
                .answers(issued())
                .refuses(&[
                    Problem::NotPending,
                    Problem::Gone,
                    Problem::Conflict,
                    Problem::ProofRefused,
                    Problem::Unprocessable,
                    Problem::AgentNotActive,
                    Problem::VerifierBusy,
                ]),
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IssueBody {
    agent: Text<256>,
    schema: SchemaName,
    #[serde(default)]
    predicates: Map<String, Value>,
}

impl IssueBody {
    /// What is asked for, in one spelling.
    pub fn to_json(&self) -> Value {
        let SchemaName { name, version } = &self.schema;
        object!({
            "agent": self.agent.0,
            "schema": format!("{name}/{version}"),
            "predicates": self.predicates,
        })
    }

    /// The request, when this caller may make it.
    pub fn into_request(self, app: &App, caller: Caller, idempotency: Option<Idempotency>) -> Result<Issue, ApiError> {
        let agent = agent_of(app, &self.agent.0)?;
        caller.may_act_for(agent)?;
        let SchemaName { name, version } = self.schema;
        Ok(Issue { principal: caller.into_principal(), agent, name, version, predicates: self.predicates, idempotency })
    }
}

/// `POST /zk-credentials`: 201 with the credential, or 202 with what a self-custody holder proves over.
async fn issue(
    State(app): State<Arc<App>>,
    call: Call<ByEither<NewestKey>, Json<IssueBody>>,
) -> Result<Response, ApiError> {
    let form = accepted_form(&call.headers)?;
    let idempotency = idempotency(call.caller, &call.headers, call.digest)?;
    let request = call.body.0.into_request(&app, call.caller, idempotency)?;
    reply(&app, app.issue(request).await?, form)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofBody {
    proof: Map<String, Value>,
}

/// `POST /zk-credentials/{id}/proof`: the holder's proof completes its credential.
async fn complete(
    State(app): State<Arc<App>>,
    Id(id): Id<CredentialId>,
    call: Call<ByAgent<NewestKey>, Json<ProofBody>>,
) -> Result<Response, ApiError> {
    let form = accepted_form(&call.headers)?;
    let proof = Value::Object(call.body.0.proof);
    reply(&app, app.complete(id, call.caller.agent, proof).await.map_err(verify::refusal)?, form)
}

/// `GET /zk-credentials/{id}` in the form that is accepted; see [`FORMS`].
async fn fetch(
    State(app): State<Arc<App>>,
    Id(id): Id<CredentialId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (media_type, form) = accepted_form(&headers)?;
    let bytes = app.credential_as(id, form).await?;
    Ok(varies(private(typed(media_type, bytes))))
}

/// `DELETE /zk-credentials/{id}`: revokes this credential's status, and says that it is no more than that. One that
/// waits for its holder is given up.
async fn revoke(
    State(app): State<Arc<App>>,
    Id(id): Id<CredentialId>,
    call: Call<ByEither<NewestKey>, Empty>,
) -> Result<Response, ApiError> {
    let credential = app.domain().credential(id).await?;
    call.caller.may_act_for(credential.agent)?;
    if credential.state == CredentialState::Pending {
        app.domain().abandon_credential(id).await?;
        return Ok(NoContent.into_response());
    }
    app.domain().revoke_credential(id, app.now()).await?;
    Ok(private(JsonReply(object!({
        "id": id.to_string(),
        "revoked": true,
        "scope": "this credential only",
        "effective": "next publication",
        "advice": "Other credentials and presentations of this agent go on verifying; whoever distrusts the agent revokes the agent.",
    }))))
}

/// 202 has one form, whatever is accepted.
fn reply(app: &App, issued: Issued, (media_type, form): (&'static str, Form)) -> Result<Response, ApiError> {
    let response = match issued {
        Issued::Credential { id, document } => {
            let location = app.config().public_url.join(&format!("/zk-credentials/{id}"));
            let body = typed(media_type, app.in_form(document, form)?);
            with_header((StatusCode::CREATED, private(body)), header::LOCATION, &location)
        }
        Issued::Pending(pending) => Accepted(pending).into_response(),
    };
    Ok(varies(response))
}

fn agent_of(app: &App, did: &str) -> Result<AgentUuid, ApiError> {
    AgentUuid::from_did(did, &app.config().public_url.did_host())
        .ok_or_else(|| ApiError::of_member(Problem::NotFound, "agent", "Not the DID of an agent of this issuer."))
}

fn idempotency(caller: Caller, headers: &HeaderMap, digest: [u8; 32]) -> Result<Option<Idempotency>, ApiError> {
    let key = idempotency_key(headers, MAX_KEY_BYTES)?;
    Ok(key.map(|key| Idempotency { principal: caller.principal(), key, digest }))
}

/// The `Idempotency-Key` header of at most `max` bytes, if there is one.
pub(super) fn idempotency_key(headers: &HeaderMap, max: usize) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all("idempotency-key").iter();
    let key = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.to_str().ok(),
        (Some(_), Some(_)) => None,
    };
    let usable = |key: &&str| (1..=max).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let key = key.filter(usable).ok_or_else(|| {
        ApiError::of_member(
            Problem::InvalidParameter,
            "idempotency-key",
            format!("Idempotency-Key stands once and has 1 to {max} printable ASCII characters."),
        )
    })?;
    Ok(Some(key.to_owned()))
}

/// The forms of a credential: with both proofs, with the issuer's alone for verifiers that insist on understanding every
/// proof, and enveloped. `application/vc` is the issuer's proof alone because such verifiers ask for it.
const FORMS: [(&str, Form); 4] = [
    ("application/json", Form::Full),
    ("application/vc", Form::IssuerProofOnly),
    ("application/vc+jwt", Form::Jwt),
    ("application/ld+json", Form::Full),
];

/// The form that the client prefers, with its media type.
fn accepted_form(headers: &HeaderMap) -> Result<(&'static str, Form), ApiError> {
    Accept::of(headers).choose_or_refuse(&FORMS.map(|offer| (offer.0, offer)))
}
