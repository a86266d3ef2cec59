//! `/agents`: registration, listing, lookup and standing.

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use poa_verifier::ed25519::PublicKey;
use poa_verifier::time;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::api::{Answer, Routes, Who, get, parameters, post};
use super::body::{Empty, Json};
use super::call::{AnyKey, ByAnyone, ByOperator, Call, Caller, NewestKey};
use super::client::Client;
use super::error::{ApiError, Problem};
use super::limits;
use super::parameters::Id;
use super::rate::Limited;
use super::reply::{Created, private};
use super::wire::{Ed25519Key, Element, Holder, Sha256Hex, Signature, Text};
use crate::app::App;
use crate::domain::{Agent, AgentUuid, Challenge, HolderProof, LeafSummary, Registration, Revoker};

const DEFAULT_PAGE: u32 = 50;

/// The routes of this resource.
pub fn routes() -> Routes {
    let standing = || Answer::json(200, "agent-standing", "Its standing, in force from the next publication.");
    Routes::of("Agents")
        .route(
            get("/agents", list)
                .means("listAgents", "List agents")
                .takes(parameters::cursor("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"))
                .takes(parameters::limit(crate::domain::agents::MAX_PAGE.into()))
                .detail("The operator sees where each agent's leaf is; anyone else does not.")
                .answers(Answer::json(200, "agent-list", "A page of agents."))
                .refuses(&[Problem::InvalidParameter, Problem::Unprocessable]),
        )
        .route(
            post("/agents", register)
                .means("registerAgent", "Register an agent")
                .detail("In self-custody the holder proves possession of its keys over a challenge; in the issuer's custody the service makes them.")
                .reads("agent-registration", limits::REGISTRATION_BYTES)
                .answers(Answer::json(201, "agent", "The agent.").located())
                .refuses(&[Problem::Conflict, Problem::StaleChallenge, Problem::BadSignature, Problem::Unprocessable]),
        )
        .route(
            post("/agents/challenge", challenge_new)
                .means("challengeNewAgent", "Ask for a challenge to register with")
                .body_limit(limits::SMALL_BYTES)
                .answers(Answer::json(201, "challenge", "What the holder signs, once, within five minutes.")),
        )
        .route(
            get("/agents/{id}", show)
                .means("showAgent", "Show an agent")
                .detail("The operator and the agent itself, by a signed request, see where its leaf is; anyone else does not.")
                .takes(parameters::agent())
                .answers(Answer::json(200, "agent", "What the caller may know of it.")),
        )
        .route(
            post("/agents/{id}/challenge", challenge)
                .means("challengeAgent", "Ask for a challenge to rotate or revoke with")
                .detail(
                    "Anybody may ask: what is done with it needs the holder's key. So the holder can revoke its agent when \
                     a thief has replaced its request key. Calls that neither the agent signed nor the operator made are \
                     counted by client.",
                )
                .takes(parameters::agent())
                .body_limit(limits::SMALL_BYTES)
                .answers(Answer::json(201, "challenge", "What the holder signs, once, within five minutes."))
                .refuses(&[Problem::AgentNotActive]),
        )
        .route(
            post("/agents/{id}/revoke", revoke)
                .means("revokeAgent", "Revoke an agent for good")
                .for_whom(Who::OperatorIfAny)
                .detail("By the operator, or by the holder's signature in the body.")
                .takes(parameters::agent())
                .reads("agent-revocation", limits::SMALL_BYTES)
                .answers(standing())
                .refuses(&[Problem::Conflict, Problem::StaleChallenge, Problem::BadSignature, Problem::Unprocessable]),
        )
        .route(
            post("/agents/{id}/suspend", suspend)
                .means("suspendAgent", "Suspend an agent")
                .takes(parameters::agent())
                .body_limit(limits::SMALL_BYTES)
                .answers(standing())
                .refuses(&[Problem::Conflict]),
        )
        .route(
            post("/agents/{id}/resume", resume)
                .means("resumeAgent", "Resume a suspended agent")
                .takes(parameters::agent())
                .body_limit(limits::SMALL_BYTES)
                .answers(standing())
                .refuses(&[Problem::Conflict]),
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegisterBody {
    name: Text<200>,
    ed25519_public_key: Ed25519Key,
    custody: CustodyName,
    source: Option<Text<2048>>,
    manifest: Option<Map<String, Value>>,
    build_sha256: Option<Sha256Hex>,
    holder: Option<RegisterHolder>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum CustodyName {
    Holder,
    Issuer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegisterHolder {
    agent: Text<256>,
    nonce: Text<64>,
    exp: u64,
    key: Holder,
    pseudonym: Element,
    signature: Signature,
}

impl RegisterBody {
    fn into_registration(self, did_host: &str) -> Result<Registration, ApiError> {
        if (self.custody == CustodyName::Holder) != self.holder.is_some() {
            return Err(ApiError::of_member(
                Problem::InvalidBody,
                "holder",
                "The member holder is there exactly when custody is \"holder\".",
            ));
        }
        Ok(Registration {
            name: self.name.0,
            ed25519_public_key: self.ed25519_public_key.0.to_bytes(),
            source: self.source.map(|source| source.0),
            manifest: self.manifest.map(Value::Object),
            build_sha256: self.build_sha256.map(|digest| digest.0),
            holder: self.holder.map(|holder| holder.into_proof(did_host)).transpose()?,
        })
    }
}

impl RegisterHolder {
    fn into_proof(self, did_host: &str) -> Result<HolderProof, ApiError> {
        let agent = AgentUuid::from_did(&self.agent.0, did_host).ok_or_else(|| {
            ApiError::of_member(
                Problem::Unprocessable,
                "holder.agent",
                "Not the DID of an agent of this issuer; take it from the challenge.",
            )
        })?;
        Ok(HolderProof {
            agent,
            nonce: self.nonce.0,
            exp: self.exp,
            key: self.key.0,
            pseudonym: self.pseudonym.0,
            signature: self.signature.0,
        })
    }
}

/// `POST /agents`.
async fn register(
    State(app): State<Arc<App>>,
    call: Call<ByOperator, Json<RegisterBody>>,
) -> Result<Created<Value>, ApiError> {
    let registration = call.body.0.into_registration(&app.config().public_url.did_host())?;
    let agent = app.domain().register_agent(registration, app.now()).await?;
    let location = app.config().public_url.join(&format!("/agents/{}", agent.id));
    Ok(Created(public_view(&agent)?, Some(location)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /agents`.
async fn list(
    State(app): State<Arc<App>>,
    query: Result<Query<ListQuery>, axum::extract::rejection::QueryRejection>,
    call: Call<ByAnyone<AnyKey>, Empty>,
) -> Result<Response, ApiError> {
    let Query(query) = query.map_err(|_| {
        ApiError::of_member(
            Problem::InvalidParameter,
            "query",
            "The query takes cursor and limit (1 to 200), each once.",
        )
    })?;
    let limit = query.limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=crate::domain::agents::MAX_PAGE).contains(&limit) {
        return Err(ApiError::of_member(Problem::InvalidParameter, "limit", "limit is a number from 1 to 200."));
    }
    let page = app.domain().agents(query.cursor.as_deref(), limit).await?;
    let agents = page.items.iter().map(|agent| view_for(agent, call.caller)).collect::<Result<Vec<_>, _>>()?;
    let mut body = json!({ "agents": agents });
    if let Some(next) = page.next {
        body["next"] = next.into();
    }
    Ok(private(JsonReply(body)))
}

/// `GET /agents/{id}`.
async fn show(
    State(app): State<Arc<App>>,
    Id(id): Id<AgentUuid>,
    call: Call<ByAnyone<AnyKey>, Empty>,
) -> Result<Response, ApiError> {
    let agent = app.domain().agent(id).await?;
    Ok(private(JsonReply(view_for(&agent, call.caller)?)))
}

/// `POST /agents/challenge`.
async fn challenge_new(State(app): State<Arc<App>>, _: Call<ByOperator, Empty>) -> Result<Created<Value>, ApiError> {
    let challenge = app.domain().challenge(None, app.now()).await?;
    Ok(Created(challenge_view(&challenge), None))
}

/// `POST /agents/{id}/challenge`.
async fn challenge(
    State(app): State<Arc<App>>,
    Id(id): Id<AgentUuid>,
    client: Client,
    // It is stored nowhere, changes nothing, and is of use to the holder's key alone. A holder whose request key a thief
    // has replaced revokes with it, so no request key is asked for.
    call: Call<ByAnyone<AnyKey>, Empty>,
) -> Result<Created<Value>, ApiError> {
    if call.caller.is_none_or(|caller| caller.may_act_for(id).is_err()) {
        app.rate_limits().count(Limited::AgentChallenge, client)?;
    }
    let challenge = app.domain().challenge(Some(id), app.now()).await?;
    Ok(Created(challenge_view(&challenge), None))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeBody {
    holder: Option<RevokeHolder>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeHolder {
    nonce: Text<64>,
    exp: u64,
    signature: Signature,
}

/// `POST /agents/{id}/revoke`: the operator, or the holder by its signature in the body.
async fn revoke(
    State(app): State<Arc<App>>,
    Id(id): Id<AgentUuid>,
    call: Call<ByAnyone<NewestKey>, Json<RevokeBody>>,
) -> Result<Response, ApiError> {
    let revoker = match (call.body.0.holder, call.caller) {
        (Some(holder), _) => Revoker::Holder { nonce: holder.nonce.0, exp: holder.exp, signature: holder.signature.0 },
        (None, Some(Caller::Operator)) => Revoker::Operator,
        (None, Some(Caller::Agent(_))) => {
            let detail = "Revoking needs the operator, or the holder's signature in the body.";
            return Err(ApiError::new(Problem::Forbidden, detail));
        }
        (None, None) => {
            return Err(ApiError::new(
                Problem::Unauthenticated,
                "Revoking needs the operator's bearer token, or the holder's signature in the body.",
            ));
        }
    };
    let agent = app.domain().revoke_agent(id, revoker, app.now()).await?;
    Ok(standing(&agent))
}

/// `POST /agents/{id}/suspend`.
async fn suspend(
    State(app): State<Arc<App>>,
    Id(id): Id<AgentUuid>,
    _: Call<ByOperator, Empty>,
) -> Result<Response, ApiError> {
    Ok(standing(&app.domain().suspend_agent(id, app.now()).await?))
}

/// `POST /agents/{id}/resume`.
async fn resume(
    State(app): State<Arc<App>>,
    Id(id): Id<AgentUuid>,
    _: Call<ByOperator, Empty>,
) -> Result<Response, ApiError> {
    Ok(standing(&app.domain().resume_agent(id, app.now()).await?))
}

fn standing(agent: &Agent) -> Response {
    private(JsonReply(json!({
        "agent": agent.did,
        "status": agent.status.as_str(),
        "effective": "next publication",
    })))
    .into_response()
}

fn challenge_view(challenge: &Challenge) -> Value {
    json!({
        "agent": challenge.agent_did,
        "issuer": challenge.issuer,
        "nonce": challenge.nonce,
        "exp": challenge.exp,
    })
}

/// What a caller may know of an agent. Where its leaf is, is for the operator and the agent itself: with a root that is
/// not an anchor, the position or the time of a leaf tells who presented under it.
pub(super) fn view_for(agent: &Agent, caller: Option<Caller>) -> Result<Value, ApiError> {
    let mut view = public_view(agent)?;
    if caller.is_some_and(|caller| caller.may_act_for(agent.id).is_ok())
        && let Some(leaf) = &agent.leaf
    {
        view["leaf"] = leaf_view(leaf)?;
    }
    Ok(view)
}

/// What anybody may know of an agent: no attribute, no commitment, no place in the log.
fn public_view(agent: &Agent) -> Result<Value, ApiError> {
    Ok(json!({
        "agent": agent.did,
        "id": agent.id.to_string(),
        "name": agent.name,
        "custody": agent.custody.as_str(),
        "ed25519_public_key": PublicKey::multikey_of(&agent.ed25519_public_key),
        "status": agent.status.as_str(),
        "registered_at": time(agent.registered_at)?,
        "build_sha256": agent.build_sha256.map(hex::encode),
        "source": agent.source,
        "manifest": agent.manifest,
    }))
}

fn leaf_view(leaf: &LeafSummary) -> Result<Value, ApiError> {
    Ok(json!({
        "log": leaf.log,
        "index": leaf.index,
        "seq": leaf.seq,
        "attested_at": time(leaf.attested_at)?,
        "expires_at": time(leaf.expires_at)?,
    }))
}

fn time(unix_s: u64) -> Result<String, ApiError> {
    time::format_utc(unix_s).map_err(|error| ApiError::internal(&error))
}
