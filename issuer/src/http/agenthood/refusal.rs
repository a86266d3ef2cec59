//! Refusals in the published form: `{error: code, detail?}`. The codes and what they mean here.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::chain::ChainError;
use crate::domain::DomainError;
use crate::domain::agenthood::AgenthoodError;
use crate::http::failures::note_cause;
use crate::http::rate::TooOften;
use crate::log_lines;
use crate::service::agenthood::AgenthoodRefusal;

/// Marks an answer whose error form is the published one, so that it is not rewritten as a problem document.
#[derive(Clone, Copy, Debug)]
pub struct PublishedForm;

/// When to ask again after the chain could not be read, seconds.
const CHAIN_RETRY_S: u64 = 5;

/// A refusal on its way out.
#[derive(Clone, Debug)]
pub struct Refusal {
    code: Code,
    detail: Option<String>,
    retry_after_s: Option<u64>,
}

/// The published codes, and those we had to add.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Code {
    /// The body is not one strict JSON object.
    InvalidJson,
    /// `agentId` is missing.
    AgentIdRequired,
    /// `agentId` is no SS58 address of this network.
    AgentIdInvalidFormat,
    /// The challenge's action is neither `issue` nor `revoke`. Ours.
    ActionInvalid,
    /// The nonce is unknown, used or expired.
    ChallengeExpiredOrUnknown,
    /// The nonce is another agent's.
    ChallengeAgentMismatch,
    /// `controllerSig` is not a nonce and a signature.
    ControllerSigMalformed,
    /// The chain knows no such agent.
    AgentNotRegistered,
    /// Its balance is zero.
    AgentBalanceZero,
    /// Nobody signed.
    ControllerSignatureRequired,
    /// The chain names no controller.
    ControllerMissingOnChain,
    /// The controller did not sign this, when issuing.
    InvalidControllerSignature,
    /// The agent changed since the challenge. Ours.
    SnapshotChanged,
    /// `nonce` is missing, when revoking.
    NonceRequired,
    /// `signatureHex` is no signature, when revoking.
    SignatureMalformed,
    /// There is no document to revoke.
    NoActiveCredential,
    /// A sovereign agent has no controller that could revoke.
    SovereignAgentCannotRevoke,
    /// The controller did not sign this, when revoking.
    SignatureInvalid,
    /// It was revoked before.
    AlreadyRevoked,
    /// There is no document of this id. Ours.
    NotFound,
    /// A query parameter is out of form. Ours.
    InvalidParameter,
    /// Too many calls.
    RateLimited,
    /// The path has no such method. Ours.
    MethodNotAllowed,
    /// The client was too slow in sending the request. Ours.
    RequestTimeout,
    /// The body is too large. Ours.
    BodyTooLarge,
    /// A content type or encoding that is not read. Ours.
    UnsupportedMediaType,
    /// The service takes too long, or has no place for the request. Ours.
    ServiceBusy,
    /// The chain could not be read.
    ChainUnreachable,
    /// The database failed.
    StoreUnreachable,
    /// No status index is left: nothing more is issued. Ours.
    StatusListFull,
    /// A failure of the service itself. Ours.
    Internal,
}

impl Code {
    /// All of them: what clients have to expect.
    #[cfg(test)]
    const ALL: [Self; 31] = [
        Self::InvalidJson,
        Self::AgentIdRequired,
        Self::AgentIdInvalidFormat,
        Self::ActionInvalid,
        Self::ChallengeExpiredOrUnknown,
        Self::ChallengeAgentMismatch,
        Self::ControllerSigMalformed,
        Self::AgentNotRegistered,
        Self::AgentBalanceZero,
        Self::ControllerSignatureRequired,
        Self::ControllerMissingOnChain,
        Self::InvalidControllerSignature,
        Self::SnapshotChanged,
        Self::NonceRequired,
        Self::SignatureMalformed,
        Self::NoActiveCredential,
        Self::SovereignAgentCannotRevoke,
        Self::SignatureInvalid,
        Self::AlreadyRevoked,
        Self::NotFound,
        Self::InvalidParameter,
        Self::RateLimited,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::ServiceBusy,
        Self::ChainUnreachable,
        Self::StoreUnreachable,
        Self::StatusListFull,
        Self::Internal,
    ];

    /// The status it comes with.
    pub const fn status(self) -> StatusCode {
        self.row().0
    }

    /// The published word.
    pub const fn as_str(self) -> &'static str {
        self.row().1
    }

    /// Whether a refusal with it always says when to ask again.
    pub const fn says_when(self) -> bool {
        matches!(self, Self::RateLimited | Self::ServiceBusy | Self::ChainUnreachable)
    }

    const fn row(self) -> (StatusCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::InvalidJson => (S::BAD_REQUEST, "invalid-json"),
            Self::AgentIdRequired => (S::BAD_REQUEST, "agentId-required"),
            Self::AgentIdInvalidFormat => (S::BAD_REQUEST, "agentId-invalid-format"),
            Self::ActionInvalid => (S::BAD_REQUEST, "action-invalid"),
            Self::ChallengeExpiredOrUnknown => (S::BAD_REQUEST, "challenge-expired-or-unknown"),
            Self::ChallengeAgentMismatch => (S::BAD_REQUEST, "challenge-agent-mismatch"),
            Self::ControllerSigMalformed => (S::BAD_REQUEST, "controllerSig-malformed"),
            Self::AgentNotRegistered => (S::NOT_FOUND, "agent-not-registered"),
            Self::AgentBalanceZero => (S::FORBIDDEN, "agent-balance-zero"),
            Self::ControllerSignatureRequired => (S::UNAUTHORIZED, "controller-signature-required"),
            Self::ControllerMissingOnChain => (S::CONFLICT, "controller-missing-on-chain"),
            Self::InvalidControllerSignature => (S::UNAUTHORIZED, "invalid-controller-signature"),
            Self::SnapshotChanged => (S::CONFLICT, "snapshot-changed"),
            Self::NonceRequired => (S::BAD_REQUEST, "nonce-required"),
            Self::SignatureMalformed => (S::BAD_REQUEST, "signature-malformed"),
            Self::NoActiveCredential => (S::NOT_FOUND, "no-active-credential"),
            Self::SovereignAgentCannotRevoke => (S::FORBIDDEN, "sovereign-agent-cannot-revoke"),
            Self::SignatureInvalid => (S::UNAUTHORIZED, "signature-invalid"),
            Self::AlreadyRevoked => (S::CONFLICT, "already-revoked"),
            Self::NotFound => (S::NOT_FOUND, "not-found"),
            Self::InvalidParameter => (S::BAD_REQUEST, "invalid-parameter"),
            Self::RateLimited => (S::TOO_MANY_REQUESTS, "rate-limited"),
            Self::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "method-not-allowed"),
            Self::RequestTimeout => (S::REQUEST_TIMEOUT, "request-timeout"),
            Self::BodyTooLarge => (S::PAYLOAD_TOO_LARGE, "body-too-large"),
            Self::UnsupportedMediaType => (S::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"),
            Self::ServiceBusy => (S::SERVICE_UNAVAILABLE, "service-busy"),
            Self::ChainUnreachable => (S::SERVICE_UNAVAILABLE, "chain-unreachable"),
            Self::StoreUnreachable => (S::SERVICE_UNAVAILABLE, "store-unreachable"),
            Self::StatusListFull => (S::INSUFFICIENT_STORAGE, "status-list-full"),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal"),
        }
    }
}

impl Refusal {
    /// A refusal without detail.
    pub fn new(code: Code) -> Self {
        Self { code, detail: None, retry_after_s: None }
    }

    /// A refusal that says more.
    pub fn detailed(code: Code, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::new(code) }
    }

    /// 429, with the seconds to wait.
    pub fn rate_limited(retry_after_s: u64) -> Self {
        Self { retry_after_s: Some(retry_after_s), ..Self::new(Code::RateLimited) }
    }

    /// 503: the chain does not answer so that it counts, at the moment.
    fn chain(detail: &str) -> Self {
        Self { retry_after_s: Some(CHAIN_RETRY_S), ..Self::detailed(Code::ChainUnreachable, detail) }
    }

    /// A failure of the service; the error goes to the log, with the answer.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        note_cause(error);
        Self::new(Code::Internal)
    }

    /// What a refusal of the service is when a document is asked for.
    pub fn of_issue(refusal: AgenthoodRefusal) -> Self {
        Self::of(refusal, Code::InvalidControllerSignature)
    }

    /// What a refusal of the service is when one is revoked, or anything else is done.
    pub fn of_revoke(refusal: AgenthoodRefusal) -> Self {
        Self::of(refusal, Code::SignatureInvalid)
    }

    /// What an error response is that no handler made.
    pub fn of_status(status: StatusCode, retry_after_s: Option<u64>) -> Self {
        let code = match status {
            StatusCode::NOT_FOUND => Code::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Code::RequestTimeout,
            StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
            StatusCode::SERVICE_UNAVAILABLE => Code::ServiceBusy,
            status if status.is_client_error() => Code::InvalidParameter,
            _ => Code::Internal,
        };
        Self { retry_after_s, ..Self::new(code) }
    }

    fn of(refusal: AgenthoodRefusal, signature: Code) -> Self {
        use AgenthoodRefusal as R;
        let code = match &refusal {
            R::Challenge => Code::ChallengeExpiredOrUnknown,
            R::ChallengeAgent => Code::ChallengeAgentMismatch,
            R::NotRegistered => Code::AgentNotRegistered,
            R::BalanceZero => Code::AgentBalanceZero,
            R::SignatureRequired => Code::ControllerSignatureRequired,
            R::ControllerMissing => Code::ControllerMissingOnChain,
            R::Signature => signature,
            R::SnapshotChanged => Code::SnapshotChanged,
            R::Sovereign => Code::SovereignAgentCannotRevoke,
            R::Chain(error) => return error.into(),
            R::Rules(_) => {
                let R::Rules(error) = refusal else { unreachable!("matched above") };
                return error.into();
            }
        };
        Self::detailed(code, refusal.to_string())
    }
}

impl From<TooOften> for Refusal {
    fn from(too_often: TooOften) -> Self {
        Self::rate_limited(too_often.retry_after_s)
    }
}

impl From<&ChainError> for Refusal {
    fn from(error: &ChainError) -> Self {
        match error {
            ChainError::Busy => Self::chain("Too many readings of the chain are under way."),
            // What the reader said may hold its operator's addresses: it goes to the log alone.
            error => {
                if let Some(left_out) = log_lines::admit("chain", "unreachable") {
                    tracing::warn!(%error, left_out, "the chain could not be read");
                }
                Self { retry_after_s: Some(CHAIN_RETRY_S), ..Self::new(Code::ChainUnreachable) }
            }
        }
    }
}

impl From<AgenthoodError> for Refusal {
    fn from(error: AgenthoodError) -> Self {
        use AgenthoodError as E;
        match error {
            E::ReadTooOld { .. } => {
                if let Some(left_out) = log_lines::admit("chain", "lags") {
                    tracing::warn!(%error, left_out, "the chain reader lags");
                }
                Self::chain("The chain reader is behind what is known already; try again.")
            }
            E::OtherChain { .. } => {
                if let Some(left_out) = log_lines::admit("chain", "another") {
                    tracing::error!(%error, left_out, "the chain reader is of another chain");
                }
                Self::chain("The chain reader is of another chain than the documents.")
            }
            E::TooManyChallenges { retry_after_s } => Self::rate_limited(retry_after_s),
            E::NoActiveDocument(_) => Self::new(Code::NoActiveCredential),
            E::AlreadyRevoked => Self::new(Code::AlreadyRevoked),
            E::NoSuchDocument => Self::new(Code::NotFound),
            E::Store(error) => {
                note_cause(&error);
                Self::new(Code::StoreUnreachable)
            }
            E::Domain(refused) => match *refused {
                DomainError::StatusListFull => Self::detailed(
                    Code::StatusListFull,
                    "The status lists of this service are full. Nothing was changed, and what was issued goes on \
                     verifying. Ask the service's operator.",
                ),
                DomainError::TooManyDocuments { wait_s, .. } => Self::rate_limited(wait_s),
                error @ DomainError::Clock(_) => {
                    tracing::error!(%error, "nothing is signed");
                    Self::detailed(
                        Code::StoreUnreachable,
                        "The service does not trust its clock; its operator has to act.",
                    )
                }
                error => Self::internal(&error),
            },
            E::WatchMoved | E::Signing(_) => Self::internal(&error),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code) = self.code.row();
        let mut body = json!({ "error": code });
        if let Some(detail) = self.detail {
            body["detail"] = detail.into();
        }
        if let Some(seconds) = self.retry_after_s {
            body["retryAfterSec"] = seconds.into();
        }
        let mut response = published(status, body);
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// An answer that stays as it is, whatever its status.
pub fn published(status: StatusCode, body: Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(PublishedForm);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The schema of refusals is the list of codes, with the status of each beside it in the documentation.
    #[test]
    fn every_code_is_documented() {
        let schema: Value = serde_json::from_str(include_str!("../../../../schemas/agenthood-api.json")).unwrap();
        let words = &schema["$defs"]["refusal"]["properties"]["error"]["enum"];
        assert_eq!(*words, json!(Code::ALL.map(|code| code.row().1)));
        let page = include_str!("../../../../docs/agenthood-service.md");
        for code in Code::ALL {
            assert!(page.contains(&format!("`{}`", code.row().1)), "{code:?}");
        }
    }
}
