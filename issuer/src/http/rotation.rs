//! `POST /agents/{id}/keys`: a new Ed25519 key, a new holder key, or both.

use std::sync::Arc;

use axum::Json as JsonReply;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::agents::view_for;
use super::api::{Answer, Routes, parameters, post};
use super::body::Json;
use super::call::{ByEither, Call, Caller, NewestKey};
use super::error::{ApiError, Problem};
use super::limits;
use super::parameters::Id;
use super::reply::private;
use super::wire::{Ed25519Key, Element, Holder, Signature, Text};
use crate::app::App;
use crate::domain::{Actor, AgentUuid, HolderRotation, Rotation};

/// The routes of this resource.
pub fn routes() -> Routes {
    Routes::of("Agents").route(
        post("/agents/{id}/keys", rotate)
            .means("rotateAgentKeys", "Rotate an agent's keys")
            .detail(
                "A new Ed25519 key, a new holder key, or both. The old leaf is superseded at the next publication. A \
                 replaced Ed25519 key reads and presents for an hour, or with `grace` false not at all. An agent needs \
                 its newest key, and does not rotate while it is suspended.",
            )
            .takes(parameters::agent())
            .reads("key-rotation", limits::SMALL_BYTES)
            .answers(Answer::json(200, "agent", "The agent."))
            .refuses(&[
                Problem::AgentNotActive,
                Problem::Conflict,
                Problem::StaleChallenge,
                Problem::BadSignature,
                Problem::Unprocessable,
                Problem::TooManyRequests,
            ]),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotateBody {
    ed25519_public_key: Option<Ed25519Key>,
    grace: Option<bool>,
    holder: Option<RotateHolder>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotateHolder {
    nonce: Text<64>,
    exp: u64,
    key: Holder,
    pseudonym: Element,
    signature_old: Option<Signature>,
    signature_new: Signature,
}

impl From<RotateBody> for Rotation {
    fn from(body: RotateBody) -> Self {
        Self {
            ed25519_public_key: body.ed25519_public_key.map(|key| key.0.to_bytes()),
            grace: body.grace,
            signed_with: None,
            holder: body.holder.map(|holder| HolderRotation {
                nonce: holder.nonce.0,
                exp: holder.exp,
                key: holder.key.0,
                pseudonym: holder.pseudonym.0,
                signature_old: holder.signature_old.map(|signature| signature.0),
                signature_new: holder.signature_new.0,
            }),
        }
    }
}

/// Rotates keys. The old leaf is superseded at the next publication.
async fn rotate(
    State(app): State<Arc<App>>,
    Id(id): Id<AgentUuid>,
    call: Call<ByEither<NewestKey>, Json<RotateBody>>,
) -> Result<Response, ApiError> {
    call.caller.may_act_for(id)?;
    let (actor, signed_with) = match call.caller {
        Caller::Operator => (Actor::Operator, None),
        Caller::Agent(signer) => (Actor::Agent, Some(signer.key)),
    };
    let rotation = Rotation { signed_with, ..call.body.0.into() };
    let agent = app.domain().rotate_keys(id, rotation, actor, app.now()).await?;
    Ok(private(JsonReply(view_for(&agent, Some(call.caller))?)))
}
