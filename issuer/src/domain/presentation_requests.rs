//! What verifiers ask of holders: a request waits for one answer for ten minutes, and its outcome for the verifier for
//! another hour.
//!
//! The challenge is used up by taking the request, in one transaction, before the answer is verified: of two answers
//! at the same moment one is verified. When the service fails or stops meanwhile, nothing is verified under that challenge.

use std::str::FromStr;

use serde_json::Value;

use super::ids::PresentationRequestId;
use super::{Domain, DomainError, Kind};

/// How long a request may be answered, in seconds.
pub const TTL_S: u64 = 600;
/// How long it is kept after that, in seconds, so that its verifier learns the outcome.
pub const KEPT_S: u64 = 3_600;
/// Most requests that wait for an answer.
const MAX_OPEN: u64 = 10_000;

/// How far a request is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RequestState {
    /// It may be answered.
    Open,
    /// Its challenge is used; the answer is being verified.
    Taken,
    /// It has its report.
    Answered,
}

/// A verifier's request.
#[derive(Clone, Debug, PartialEq)]
pub struct PresentationRequest {
    /// Its id.
    pub id: PresentationRequestId,
    /// The demands, with challenge and domain.
    pub request: Value,
    /// SHA-256 of the verifier's token.
    pub token_sha256: [u8; 32],
    /// Unix seconds.
    pub expires_at: u64,
    /// How far it is.
    pub state: RequestState,
    /// Of the answer, exactly when it is answered.
    pub report: Option<Value>,
}

impl RequestState {
    /// The name in the database and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Taken => "taken",
            Self::Answered => "answered",
        }
    }
}

impl FromStr for RequestState {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Open, Self::Taken, Self::Answered].into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

impl Domain {
    /// Keeps a request that a holder may answer from now on.
    pub async fn open_presentation_request(
        &self,
        request: Value,
        token_sha256: [u8; 32],
        now: u64,
    ) -> Result<PresentationRequest, DomainError> {
        let opened = PresentationRequest {
            id: PresentationRequestId::random(&mut self.rng()),
            request,
            token_sha256,
            expires_at: now + TTL_S,
            state: RequestState::Open,
            report: None,
        };
        let new = &opened;
        self.store
            .run_tx("open_presentation_request", |tx, _| {
                Box::pin(async move {
                    if tx.open_presentation_requests(now).await? >= MAX_OPEN {
                        return Err(DomainError::TooManyPresentationRequests);
                    }
                    Ok(tx.insert_presentation_request(new).await?)
                })
            })
            .await?;
        Ok(opened)
    }

    /// A request, until an hour after it expired.
    pub async fn presentation_request(
        &self,
        id: PresentationRequestId,
        now: u64,
    ) -> Result<PresentationRequest, DomainError> {
        let found = self.store.read_tx(|tx, _| Box::pin(async move { tx.presentation_request(id).await })).await?;
        let kept = |request: &PresentationRequest| now <= request.expires_at + KEPT_S;
        found.filter(kept).ok_or(DomainError::NotFound(Kind::PresentationRequest))
    }

    /// Uses up the challenge of a request that may be answered, and gives the request.
    pub async fn take_presentation_request(
        &self,
        id: PresentationRequestId,
        now: u64,
    ) -> Result<PresentationRequest, DomainError> {
        self.store
            .run_tx("take_presentation_request", |tx, _| {
                Box::pin(async move {
                    if tx.take_presentation_request(id, now).await? {
                        return tx.presentation_request(id).await?.ok_or(DomainError::Challenge);
                    }
                    match tx.presentation_request(id).await? {
                        Some(_) => Err(DomainError::Challenge),
                        None => Err(DomainError::NotFound(Kind::PresentationRequest)),
                    }
                })
            })
            .await
    }

    /// Gives a taken request its report.
    pub async fn conclude_presentation_request(
        &self,
        id: PresentationRequestId,
        report: &Value,
    ) -> Result<(), DomainError> {
        self.store
            .run_tx("conclude_presentation_request", |tx, _| {
                Box::pin(async move { Ok(tx.conclude_presentation_request(id, report).await?) })
            })
            .await
    }

    /// Opens a taken request again: its answer was not looked at, because the service was too busy.
    pub async fn reopen_presentation_request(&self, id: PresentationRequestId) -> Result<(), DomainError> {
        self.store
            .run_tx("reopen_presentation_request", |tx, _| {
                Box::pin(async move { Ok(tx.reopen_presentation_request(id).await?) })
            })
            .await
    }
}
