//! The table of problems: what each means, its status, code and title, and what usually helps.

use axum::http::StatusCode;

use super::Recovery;

/// One row per kind of refusal. What the comment says is published as the meaning of the code.
macro_rules! problems {
    ($($(#[doc = $meaning:literal])+ $name:ident: $status:ident, $code:literal, $title:literal, $recovery:expr;)+) => {
        /// A kind of refusal. A code, once published, keeps its meaning and status.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Problem {
            $($(#[doc = $meaning])+ $name,)+
        }

        impl Problem {
            /// All of them: what clients have to expect.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            const fn row(self) -> Row {
                match self {
                    $(Self::$name => Row {
                        status: StatusCode::$status,
                        code: $code,
                        title: $title,
                        meaning: concat!($($meaning),+),
                    },)+
                }
            }

            /// What usually helps; a refusal of one member says that member instead.
            pub(super) fn usual_recovery(self) -> Recovery {
                match self {
                    $(Self::$name => $recovery,)+
                }
            }
        }
    };
}

struct Row {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    meaning: &'static str,
}

problems! {
    /// Not one strict JSON text: syntax, duplicate members, numbers beyond 2^53 - 1, depth, encoding.
    MalformedJson: BAD_REQUEST, "malformed-json", "Malformed JSON", fix("body");
    /// JSON, but not the members and types of this request.
    InvalidBody: BAD_REQUEST, "invalid-body", "Invalid body", fix("body");
    /// A credential that VC-API does not sign: it does not conform, or claims what is this service's own.
    NonConforming: BAD_REQUEST, "non-conforming", "Credential refused", fix("body");
    /// A document that VC-API was asked about is not authentic.
    NotVerified: BAD_REQUEST, "not-verified", "Not verified", fix("body");
    /// A path part, query parameter or header is not what it must be.
    InvalidParameter: BAD_REQUEST, "invalid-parameter", "Invalid parameter", fix("path");
    /// Not HTTP, or not for one well-formed host.
    MalformedRequest: BAD_REQUEST, "malformed-request", "Malformed request", fix("request");
    /// No credentials, or they do not verify.
    Unauthenticated: UNAUTHORIZED, "unauthenticated", "Authentication needed", Recovery::Authenticate;
    /// Authenticated, but not allowed to do this.
    Forbidden: FORBIDDEN, "forbidden", "Not allowed", Recovery::ContactIssuer;
    /// The agent is suspended or revoked.
    AgentNotActive: FORBIDDEN, "agent-not-active", "Agent suspended or revoked", Recovery::ContactIssuer;
    /// No such resource.
    NotFound: NOT_FOUND, "not-found", "Not found", fix("path");
    /// The path exists, the method does not.
    MethodNotAllowed: METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", fix("method");
    /// None of the forms the resource has is accepted.
    NotAcceptable: NOT_ACCEPTABLE, "not-acceptable", "No acceptable form", fix("accept");
    /// The client was too slow in sending the request.
    RequestTimeout: REQUEST_TIMEOUT, "request-timeout", "Request timed out", retry_after(1);
    /// Somebody else has it already: a key, a pseudonym, a name, a receipt id.
    Conflict: CONFLICT, "conflict", "Already taken", fix("body");
    /// The agent has no published leaf yet.
    NoLeaf: CONFLICT, "no-leaf", "No published leaf", retry_after(10);
    /// The agent's leaf is newer than the hour's anchor, under which everybody presents; the newest root needs the caller's
    /// word.
    LeafNotInAnchor: CONFLICT, "leaf-not-in-anchor", "Leaf newer than the hour's anchor", retry_after(60);
    /// The same idempotency key was used for another request.
    IdempotencyMismatch: CONFLICT, "idempotency-mismatch", "Idempotency key used for another request", fix("idempotency-key");
    /// The first request under this idempotency key is still running.
    IdempotencyInProgress: CONFLICT, "idempotency-in-progress", "First request still running", retry_after(1);
    /// The ten minutes for completing a self-custody credential are over, or it is completed already.
    NotPending: CONFLICT, "not-pending", "Nothing to complete", Recovery::ContactIssuer;
    /// The resource was there, and is kept no longer.
    Gone: GONE, "gone", "No longer kept", fix("path");
    /// A nonce was unknown, used or expired.
    StaleChallenge: CONFLICT, "stale-challenge", "Challenge not in force", Recovery::RequestChallenge;
    /// Larger than the path accepts.
    PayloadTooLarge: PAYLOAD_TOO_LARGE, "payload-too-large", "Body too large", fix("body");
    /// The path with its query is too long.
    UriTooLong: URI_TOO_LONG, "uri-too-long", "Path too long", fix("path");
    /// The header fields are too large, or too many.
    HeaderTooLarge: REQUEST_HEADER_FIELDS_TOO_LARGE, "header-too-large", "Header too large", fix("header");
    /// A content type this path does not read.
    UnsupportedMediaType: UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type", fix("content-type");
    /// Well formed but not acceptable; `member` says what.
    Unprocessable: UNPROCESSABLE_ENTITY, "unprocessable", "Not acceptable", fix("body");
    /// A signature inside the body does not verify.
    BadSignature: UNPROCESSABLE_ENTITY, "bad-signature", "Signature does not verify", fix("body");
    /// A receipt does not hold.
    ReceiptRefused: UNPROCESSABLE_ENTITY, "receipt-refused", "Receipt refused", fix("body");
    /// The proof or document does not hold.
    ProofRefused: UNPROCESSABLE_ENTITY, "proof-refused", "Proof refused", fix("body");
    /// The agent's attribute does not satisfy the requested bound.
    PredicateNotMet: UNPROCESSABLE_ENTITY, "predicate-not-met", "Attribute does not satisfy bound", fix("body");
    /// A bound is not on the grid of the disclosure schema.
    OffGrid: UNPROCESSABLE_ENTITY, "off-grid", "Bound not on the grid", fix("body");
    /// The schema discloses the build hash, and the agent has none.
    BuildHashMissing: UNPROCESSABLE_ENTITY, "build-hash-missing", "Agent has no build hash", Recovery::ContactIssuer;
    /// This client called too often.
    TooManyRequests: TOO_MANY_REQUESTS, "too-many-requests", "Too many requests", retry_after(10);
    /// All workers are proving, and the queue or this caller's share of it is full.
    ProverBusy: SERVICE_UNAVAILABLE, "prover-busy", "Prover busy", retry_after(2);
    /// The verification queue, or this caller's share of it, is full.
    VerifierBusy: SERVICE_UNAVAILABLE, "verifier-busy", "Verifier busy", retry_after(1);
    /// The service took too long. What was asked may still be done.
    ServiceSlow: SERVICE_UNAVAILABLE, "service-slow", "Service too slow", retry_after(5);
    /// The service has no place for another connection or request, or no memory or reader for its body.
    Overloaded: SERVICE_UNAVAILABLE, "overloaded", "Service overloaded", retry_after(1);
    /// The service cannot do its work now: it has just started, cannot write, publishes no heads, or does not trust its
    /// clock. The detail says which.
    NotReady: SERVICE_UNAVAILABLE, "not-ready", "Not ready", retry_after(1);
    /// No status index is left: nothing more is issued. Everything else goes on.
    StatusListFull: INSUFFICIENT_STORAGE, "status-list-full", "Status lists full", Recovery::ContactIssuer;
    /// A part of a standard that this service does not have.
    NotImplemented: NOT_IMPLEMENTED, "not-implemented", "Not implemented", fix("path");
    /// A failure of the service itself.
    Internal: INTERNAL_SERVER_ERROR, "internal", "Internal failure", Recovery::ContactIssuer;
}

impl Problem {
    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        self.row().status
    }

    /// The stable code.
    pub const fn code(self) -> &'static str {
        self.row().code
    }

    /// A short title, the same for every occurrence.
    pub const fn title(self) -> &'static str {
        self.row().title
    }

    /// What it means, in a sentence.
    pub fn meaning(self) -> &'static str {
        self.row().meaning.trim_start()
    }

    /// Whether its documents say when to ask again.
    pub(crate) fn says_when(self) -> bool {
        matches!(self.usual_recovery(), Recovery::RetryAfter { .. })
    }

    /// The `type` of its documents.
    pub fn uri(self) -> String {
        format!("urn:poa:problem:{}", self.code())
    }
}

fn fix(member: &str) -> Recovery {
    Recovery::FixField { member: member.to_owned() }
}

fn retry_after(seconds: u64) -> Recovery {
    Recovery::RetryAfter { seconds }
}
