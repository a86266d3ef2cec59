//! What a 401 asks for: the credentials that its route takes, and no others (RFC 9110, 11.5 and 15.5.2). This is the table
//! of who may call and what that takes; extractors say who ([`Access`](super::call::Access)), or the route itself does.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::api::Who;

/// A kind of credentials.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The operator's bearer token.
    Operator,
    /// The token of one presentation request.
    PresentationRequest,
    /// The token of a registered verifier.
    Verifier,
    /// An agent's signature over the request.
    Agent,
    /// A signature of the agent's controller inside the body.
    Controller,
}

impl Who {
    /// What proves who calls. Where nobody is asked it is what would be looked at.
    pub const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Operator | Self::OperatorIfAny => &[Kind::Operator],
            Self::Agent => &[Kind::Agent],
            Self::Either | Self::Anyone => &[Kind::Operator, Kind::Agent],
            Self::Verifier => &[Kind::PresentationRequest],
            Self::RegisteredVerifier => &[Kind::Verifier],
            Self::Controller => &[Kind::Controller],
        }
    }
}

impl Kind {
    /// Scheme and realm.
    pub const fn challenge(self) -> &'static str {
        match self {
            Self::Operator => "Bearer realm=\"operator\"",
            Self::PresentationRequest => "Bearer realm=\"presentation-request\"",
            Self::Verifier => "Bearer realm=\"verifier\"",
            Self::Agent => "Signature realm=\"agent\"",
            Self::Controller => "ControllerSignature realm=\"agenthood\"",
        }
    }

    const fn is_bearer(self) -> bool {
        matches!(self, Self::Operator | Self::PresentationRequest | Self::Verifier)
    }
}

/// What a signature has to cover (RFC 9421, 5.1): with a body, also that.
pub const ACCEPT_SIGNATURE: &str = "sig=(\"@method\" \"@target-uri\");created;expires;alg=\"ed25519\"";
/// [`ACCEPT_SIGNATURE`] of a route that reads a body.
pub const ACCEPT_SIGNATURE_OF_BODY: &str =
    "sig=(\"@method\" \"@target-uri\" \"content-digest\");created;expires;alg=\"ed25519\"";

/// What a route asks for.
#[derive(Clone, Copy, Debug)]
pub struct Challenges {
    /// Any of these.
    pub kinds: &'static [Kind],
    /// Whether it reads a body.
    pub has_body: bool,
}

impl Challenges {
    /// What a signature has to cover, where one is taken.
    pub fn accept_signature(self) -> Option<&'static str> {
        let text = if self.has_body { ACCEPT_SIGNATURE_OF_BODY } else { ACCEPT_SIGNATURE };
        self.kinds.contains(&Kind::Agent).then_some(text)
    }

    /// The handler's answer; a 401 with the challenges.
    pub async fn add(self, request: Request, next: Next) -> Response {
        let sent_token = has_token(request.headers());
        let mut response = next.run(request).await;
        if response.status() == StatusCode::UNAUTHORIZED {
            let headers = response.headers_mut();
            for kind in self.kinds {
                // A token that was sent and refused is said to be (RFC 6750, 3.1).
                let refused = if sent_token && kind.is_bearer() { ", error=\"invalid_token\"" } else { "" };
                if let Ok(value) = HeaderValue::try_from(format!("{}{refused}", kind.challenge())) {
                    headers.append(header::WWW_AUTHENTICATE, value);
                }
            }
            if let Some(wanted) = self.accept_signature() {
                headers.insert("accept-signature", HeaderValue::from_static(wanted));
            }
        }
        response
    }
}

fn has_token(headers: &HeaderMap) -> bool {
    let scheme = |value: &HeaderValue| value.as_bytes().get(..7).is_some_and(|s| s.eq_ignore_ascii_case(b"bearer "));
    headers.get_all(header::AUTHORIZATION).iter().any(scheme)
}
