//! The errors of DID Resolution (§11), their HTTP status (§12.1), as RFC 9457 objects.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::http::error::ApiError;
use crate::service::resolution::ResolutionError;

/// Which error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Code {
    InvalidDid,
    InvalidDidUrl,
    InvalidOptions,
    NotFound,
    RepresentationNotSupported,
    MethodNotSupported,
    FeatureNotSupported,
    InvalidVerificationMethod,
    InvalidRelationship,
    Internal,
}

/// An error with what there is to say about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    code: Code,
    detail: String,
}

impl Refusal {
    pub fn new(code: Code, detail: &str) -> Self {
        Self { code, detail: detail.to_owned() }
    }

    pub fn status(&self) -> StatusCode {
        self.code.row().0
    }

    /// The error object.
    pub fn to_json(&self) -> Value {
        let (_, kind, title) = self.code.row();
        json!({ "type": kind, "title": title, "detail": self.detail })
    }
}

impl Code {
    const fn row(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::InvalidDid => (S::BAD_REQUEST, "https://www.w3.org/ns/did#INVALID_DID", "Invalid DID"),
            Self::InvalidDidUrl => (S::BAD_REQUEST, "https://www.w3.org/ns/did#INVALID_DID_URL", "Invalid DID URL"),
            Self::InvalidOptions => (S::BAD_REQUEST, "https://www.w3.org/ns/did#INVALID_OPTIONS", "Invalid options"),
            Self::NotFound => (S::NOT_FOUND, "https://www.w3.org/ns/did#NOT_FOUND", "Not found"),
            Self::RepresentationNotSupported => (
                S::NOT_ACCEPTABLE,
                "https://www.w3.org/ns/did#REPRESENTATION_NOT_SUPPORTED",
                "Representation not supported",
            ),
            Self::MethodNotSupported => {
                (S::NOT_IMPLEMENTED, "https://www.w3.org/ns/did#METHOD_NOT_SUPPORTED", "DID method not supported")
            }
            Self::FeatureNotSupported => {
                (S::NOT_IMPLEMENTED, "https://www.w3.org/ns/did#FEATURE_NOT_SUPPORTED", "Feature not supported")
            }
            // Of Controlled Identifiers §3.5. The table of the binding gives all others the status 500.
            Self::InvalidVerificationMethod => (
                S::INTERNAL_SERVER_ERROR,
                "https://w3id.org/security#INVALID_VERIFICATION_METHOD",
                "Not a verification method",
            ),
            Self::InvalidRelationship => (
                S::INTERNAL_SERVER_ERROR,
                "https://w3id.org/security#INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
                "Not the verification relationship",
            ),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "https://www.w3.org/ns/did#INTERNAL_ERROR", "Internal error"),
        }
    }
}

impl From<ResolutionError> for Refusal {
    fn from(error: ResolutionError) -> Self {
        let detail = error.to_string();
        match error {
            ResolutionError::InvalidDid(_) => Self::new(Code::InvalidDid, &detail),
            ResolutionError::NotFound(_) => Self::new(Code::NotFound, &detail),
            ResolutionError::MethodNotSupported => Self::new(Code::MethodNotSupported, &detail),
            ResolutionError::FeatureNotSupported(_) => Self::new(Code::FeatureNotSupported, &detail),
            ResolutionError::Failed(error) => {
                // Logs it; the client learns nothing of it.
                let _ = ApiError::internal(&error);
                Self::new(Code::Internal, "the service failed; nothing was decided about the DID")
            }
        }
    }
}
