//! The table of problems: code, status, title and what usually helps.

use axum::http::StatusCode;

use super::Recovery;

/// One row per kind of refusal. A code, once published, keeps its meaning and status.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Problem {
    /// Not one strict JSON text: syntax, duplicate members, numbers beyond 2^53 - 1, depth, encoding.
    MalformedJson,
    /// JSON, but not the members and types of this request.
    InvalidBody,
    /// A credential that VC-API does not sign: it does not conform, or claims what is this service's own.
    NonConforming,
    /// A document that VC-API was asked about is not authentic.
    NotVerified,
    /// A path part, query parameter or header is not what it must be.
    InvalidParameter,
    /// No credentials, or they do not verify.
    Unauthenticated,
    /// Authenticated, but not allowed to do this.
    Forbidden,
    /// The agent is suspended or revoked.
    AgentNotActive,
    /// No such resource.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// None of the forms the resource has is accepted.
    NotAcceptable,
    /// Too slow.
    RequestTimeout,
    /// Somebody else has it already: a key, a pseudonym, a name, a receipt id.
    Conflict,
    /// The agent has no published leaf yet.
    NoLeaf,
    /// The same idempotency key was used for another request.
    IdempotencyMismatch,
    /// The first request under this idempotency key is still running.
    IdempotencyInProgress,
    /// The ten minutes for completing a self-custody credential are over, or it is completed already.
    NotPending,
    /// The resource was there, and is kept no longer.
    Gone,
    /// A nonce was unknown, used or expired.
    StaleChallenge,
    /// Larger than the path accepts.
    PayloadTooLarge,
    /// A content type this path does not read.
    UnsupportedMediaType,
    /// Well formed but not acceptable; `member` says what.
    Unprocessable,
    /// A signature inside the body does not verify.
    BadSignature,
    /// A receipt does not hold.
    ReceiptRefused,
    /// The proof or document does not hold.
    ProofRefused,
    /// The agent's attribute does not satisfy the requested bound.
    PredicateNotMet,
    /// A bound is not on the grid of the disclosure schema.
    OffGrid,
    /// The schema discloses the build hash, and the agent has none.
    BuildHashMissing,
    /// This client called too often.
    TooManyRequests,
    /// All workers are proving and the queue is full.
    ProverBusy,
    /// As many verifications as the service does at a time are running.
    VerifierBusy,
    /// The service has just started and published no head yet.
    NotReady,
    /// A part of a standard that this service does not have.
    NotImplemented,
    /// A failure of the service itself.
    Internal,
}

impl Problem {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        self.row().1
    }

    /// A short title, the same for every occurrence.
    pub const fn title(self) -> &'static str {
        self.row().2
    }

    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        self.row().0
    }

    const fn row(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::MalformedJson => (S::BAD_REQUEST, "malformed-json", "Malformed JSON"),
            Self::InvalidBody => (S::BAD_REQUEST, "invalid-body", "Invalid body"),
            Self::NonConforming => (S::BAD_REQUEST, "non-conforming", "Credential refused"),
            Self::NotVerified => (S::BAD_REQUEST, "not-verified", "Not verified"),
            Self::InvalidParameter => (S::BAD_REQUEST, "invalid-parameter", "Invalid parameter"),
            Self::Unauthenticated => (S::UNAUTHORIZED, "unauthenticated", "Authentication needed"),
            Self::Forbidden => (S::FORBIDDEN, "forbidden", "Not allowed"),
            Self::AgentNotActive => (S::FORBIDDEN, "agent-not-active", "Agent suspended or revoked"),
            Self::NotFound => (S::NOT_FOUND, "not-found", "Not found"),
            Self::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed"),
            Self::NotAcceptable => (S::NOT_ACCEPTABLE, "not-acceptable", "No acceptable form"),
            Self::RequestTimeout => (S::REQUEST_TIMEOUT, "request-timeout", "Request timed out"),
            Self::Conflict => (S::CONFLICT, "conflict", "Already taken"),
            Self::NoLeaf => (S::CONFLICT, "no-leaf", "No published leaf"),
            Self::IdempotencyMismatch => {
                (S::CONFLICT, "idempotency-mismatch", "Idempotency key used for another request")
            }
            Self::IdempotencyInProgress => (S::CONFLICT, "idempotency-in-progress", "First request still running"),
            Self::NotPending => (S::CONFLICT, "not-pending", "Nothing to complete"),
            Self::Gone => (S::GONE, "gone", "No longer kept"),
            Self::StaleChallenge => (S::CONFLICT, "stale-challenge", "Challenge not in force"),
            Self::PayloadTooLarge => (S::PAYLOAD_TOO_LARGE, "payload-too-large", "Body too large"),
            Self::UnsupportedMediaType => {
                (S::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type")
            }
            Self::Unprocessable => (S::UNPROCESSABLE_ENTITY, "unprocessable", "Not acceptable"),
            Self::BadSignature => (S::UNPROCESSABLE_ENTITY, "bad-signature", "Signature does not verify"),
            Self::ReceiptRefused => (S::UNPROCESSABLE_ENTITY, "receipt-refused", "Receipt refused"),
            Self::ProofRefused => (S::UNPROCESSABLE_ENTITY, "proof-refused", "Proof refused"),
            Self::PredicateNotMet => (S::UNPROCESSABLE_ENTITY, "predicate-not-met", "Attribute does not satisfy bound"),
            Self::OffGrid => (S::UNPROCESSABLE_ENTITY, "off-grid", "Bound not on the grid"),
            Self::BuildHashMissing => (S::UNPROCESSABLE_ENTITY, "build-hash-missing", "Agent has no build hash"),
            Self::TooManyRequests => (S::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests"),
            Self::ProverBusy => (S::SERVICE_UNAVAILABLE, "prover-busy", "Prover busy"),
            Self::VerifierBusy => (S::SERVICE_UNAVAILABLE, "verifier-busy", "Verifier busy"),
            Self::NotReady => (S::SERVICE_UNAVAILABLE, "not-ready", "Service starting"),
            Self::NotImplemented => (S::NOT_IMPLEMENTED, "not-implemented", "Not implemented"),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "Internal failure"),
        }
    }

    /// What usually helps; a refusal of one member says that member instead.
    pub(super) fn usual_recovery(self) -> Recovery {
        let fix = |member: &str| Recovery::FixField { member: member.to_owned() };
        match self {
            Self::MalformedJson
            | Self::InvalidBody
            | Self::NonConforming
            | Self::NotVerified
            | Self::Unprocessable
            | Self::Conflict
            | Self::PayloadTooLarge
            | Self::BadSignature
            | Self::ReceiptRefused
            | Self::ProofRefused
            | Self::PredicateNotMet
            | Self::OffGrid => fix("body"),
            Self::InvalidParameter | Self::NotFound | Self::Gone | Self::NotImplemented => fix("path"),
            Self::MethodNotAllowed => fix("method"),
            Self::UnsupportedMediaType => fix("content-type"),
            Self::NotAcceptable => fix("accept"),
            Self::IdempotencyMismatch => fix("idempotency-key"),
            Self::Unauthenticated => Recovery::Authenticate,
            Self::Forbidden | Self::AgentNotActive | Self::BuildHashMissing | Self::NotPending | Self::Internal => {
                Recovery::ContactIssuer
            }
            Self::StaleChallenge => Recovery::RequestChallenge,
            Self::NoLeaf | Self::TooManyRequests => Recovery::RetryAfter { seconds: 10 },
            Self::ProverBusy => Recovery::RetryAfter { seconds: 2 },
            Self::RequestTimeout | Self::IdempotencyInProgress | Self::VerifierBusy | Self::NotReady => {
                Recovery::RetryAfter { seconds: 1 }
            }
        }
    }
}
