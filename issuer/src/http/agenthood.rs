//! `/poa`: Proof of Agenthood in the published form (`docs/agenthood-service.md`).
//!
//! Bodies, codes and members are those of the published service, so that its clients work here unchanged: refusals are
//! `{error, detail?}` instead of problem documents, members that are not known are passed over, a missing content type
//! means JSON. Everything ours adds is beside it.

use super::api::{Answer, Routes, Shape, Who, get, parameters, post};
use super::error::Problem;
use super::limits;

mod body;
mod chain;
mod claim;
mod credential;
mod page;
mod refusal;
mod registry;
mod revoked;
mod verify;

pub use refusal::{Code, PublishedForm, Refusal};
pub use revoked::WholeList;

/// The routes of the published API. Open to other origins.
pub fn routes() -> Routes {
    let account = || parameters::account("id");
    Routes::of("Proof of Agenthood")
        .route(
            post("/poa/api/challenge", claim::challenge)
                .means("poaChallenge", "Ask for a challenge")
                .reads("agenthood-api.challenge-request", limits::SMALL_BYTES)
                .answers(Answer::json(
                    200,
                    "agenthood-api.challenge",
                    "What a wallet signs, once, within five minutes.",
                ))
                .refuses_as_published(READS_AN_AGENT)
                .refuses_as_published(&[Code::ActionInvalid, Code::AgentNotRegistered]),
        )
        .route(
            post("/poa/api/issue", claim::issue)
                .means("poaIssue", "Issue a Proof of Agenthood")
                .for_whom(Who::Controller)
                .reads("agenthood-api.issue-request", limits::SMALL_BYTES)
                .answers(Answer::json(200, "agenthood-api.issued", "Where the document is."))
                .refuses_as_published(READS_AN_AGENT)
                .refuses_as_published(&[
                    Code::ControllerSigMalformed,
                    Code::ChallengeExpiredOrUnknown,
                    Code::ChallengeAgentMismatch,
                    Code::AgentNotRegistered,
                    Code::AgentBalanceZero,
                    Code::ControllerSignatureRequired,
                    Code::ControllerMissingOnChain,
                    Code::InvalidControllerSignature,
                    Code::SnapshotChanged,
                    Code::StatusListFull,
                ]),
        )
        .route(
            post("/poa/api/revoke", claim::revoke)
                .means("poaRevoke", "Revoke a Proof of Agenthood")
                .for_whom(Who::Controller)
                .reads("agenthood-api.revoke-request", limits::SMALL_BYTES)
                .answers(Answer::json(200, "agenthood-api.revocation", "Revoked."))
                .refuses_as_published(READS_AN_AGENT)
                .refuses_as_published(&[
                    Code::NonceRequired,
                    Code::SignatureMalformed,
                    Code::ChallengeExpiredOrUnknown,
                    Code::ChallengeAgentMismatch,
                    Code::AgentNotRegistered,
                    Code::ControllerMissingOnChain,
                    Code::SovereignAgentCannotRevoke,
                    Code::SignatureInvalid,
                    Code::NoActiveCredential,
                    Code::AlreadyRevoked,
                ]),
        )
        .route(
            get("/poa/api/snapshot/{id}", claim::snapshot)
                .means("poaSnapshot", "An agent as the chain has it")
                .takes(account())
                .answers(Answer::json(200, "agenthood-api.snapshot", "As of the newest finalised block."))
                .refuses_as_published(READS_AN_AGENT)
                .refuses_as_published(&[Code::AgentNotRegistered]),
        )
        .route(
            get("/poa/api/credential/{jti}", credential::show)
                .means("poaCredential", "Fetch a Proof of Agenthood")
                .takes(parameters::jti())
                .answers(
                    Answer::json(200, "agenthood-api.credential", "The document; the bare JWS as `application/jose`.")
                        .or("application/jose", Shape::JWS)
                        .or("application/jwt", Shape::JWS),
                )
                .refuses_as_published(&[Code::NotFound, Code::StoreUnreachable]),
        )
        .route(
            get("/poa/{id}", page::page)
                .means("poaPage", "The page of an agent's Proof of Agenthood")
                .takes(account())
                .answers(Answer::of(200, "text/html", Shape::Text, "A page for people.").private())
                .refuses(&[Problem::NotFound, Problem::VerifierBusy]),
        )
        .route(
            post("/poa/api/verify", verify::verify)
                .means("poaVerify", "Verify a Proof of Agenthood")
                .reads("agenthood-api.verify-request", verify::BODY_BYTES)
                .reads_as("application/jose", Shape::Text)
                .reads_as("application/jwt", Shape::Text)
                .reads_as("text/plain", Shape::Text)
                .answers(Answer::json(
                    200,
                    "agenthood-api.verified",
                    "Genuine; whether it still counts is `freshness`.",
                ))
                .answers(Answer::json(400, "agenthood-api.refused", "Not genuine, or nothing to verify."))
                .answers(Answer::json(413, "agenthood-api.refused", "Too large."))
                .refuses_as_published(&[Code::StoreUnreachable, Code::ChainUnreachable]),
        )
        .route(
            get("/poa/api/revoked", revoked::list)
                .means("poaRevoked", "Every revoked document")
                .detail("The whole list, or with `limit` or `cursor` a page of it. A cursor stays good for ever.")
                .takes(parameters::query_number(
                    "cursor",
                    0,
                    i64::MAX as u64,
                    false,
                    "`cursor` or `next` of an earlier answer.",
                ))
                .takes(parameters::limit(revoked::MAX_PAGE.into()))
                .answers(Answer::json(200, "agenthood-api.revoked", "Oldest revocation first.").conditional())
                .refuses_as_published(&[Code::InvalidParameter, Code::StoreUnreachable]),
        )
        .route(
            get("/poa/.well-known/jwks.json", credential::jwks)
                .means("poaJwks", "The keys of these documents")
                .answers(
                    Answer::json(200, "agenthood-api.jwks", "The one that signs documents now first.").conditional(),
                ),
        )
        .merge(chain::routes())
}

/// What every call that names an agent of the chain may get.
const READS_AN_AGENT: &[Code] = &[
    Code::InvalidJson,
    Code::AgentIdRequired,
    Code::AgentIdInvalidFormat,
    Code::ChainUnreachable,
    Code::StoreUnreachable,
];

/// The operator's routes.
pub fn operator_routes() -> Routes {
    Routes::of("Proof of Agenthood")
        .route(
            post("/poa/operator/credentials/{jti}/revoke", credential::revoke_by_operator)
                .means("poaRevokeByOperator", "Revoke a Proof of Agenthood as the operator")
                .takes(parameters::jti())
                .body_limit(limits::SMALL_BYTES)
                .answers(Answer::json(200, "agenthood-api.revocation", "Revoked."))
                .refuses_as_published(&[
                    Code::NotFound,
                    Code::NoActiveCredential,
                    Code::AlreadyRevoked,
                    Code::StoreUnreachable,
                    Code::Internal,
                ]),
        )
        .merge(registry::routes())
}
