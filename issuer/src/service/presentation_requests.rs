//! A verifier states what it needs and gets a one-time challenge; a holder answers; the verifier fetches the outcome.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poa_circuits::native::scope::Audience;
use poa_verifier::{Report, Request};
use rand_core::Rng as _;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::ServiceError;
use super::checking::Question;
use crate::app::App;
use crate::domain::{DomainError, PresentationRequest, PresentationRequestId};
use crate::proving::{Principal, WorkError};

/// What a verifier's token begins with, so that one that leaks is recognised.
const TOKEN_PREFIX: &str = "poa_pr_";

/// A request that waits for its answer.
pub struct Stated {
    /// As the holder fetches it.
    pub request: PresentationRequest,
    /// What the verifier fetches the outcome with; told this once.
    pub token: Zeroizing<String>,
}

impl App {
    /// Takes a verifier's demands, adds challenge and domain, and keeps them for a holder.
    pub async fn state_request(&self, demands: Map<String, Value>) -> Result<Stated, ServiceError> {
        let request = self.with_challenge(demands)?;
        let mut secret = Zeroizing::new([0; 32]);
        self.rng().fill_bytes(secret.as_mut());
        let token = Zeroizing::new(format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(secret.as_ref())));
        let request = self.domain().open_presentation_request(request, digest(token.as_bytes()), self.now()).await?;
        Ok(Stated { request, token })
    }

    fn with_challenge(&self, mut demands: Map<String, Value>) -> Result<Value, ServiceError> {
        if demands.contains_key("challenge") {
            return Err(refused(
                "challenge",
                "is made by the service, which so knows that it is used once; leave it out",
            ));
        }
        let named = demands.get("domain").or_else(|| demands.get("audience")).cloned();
        let domain = named.unwrap_or_else(|| self.config().public_url.to_string().into());
        let text = domain.as_str().ok_or_else(|| refused("domain", "is a text"))?;
        Audience::new(text).map_err(|error| refused("domain", error.to_string()))?;
        demands.insert("domain".to_owned(), domain);
        let mut challenge = [0; 32];
        self.rng().fill_bytes(&mut challenge);
        demands.insert("challenge".to_owned(), hex::encode(challenge).into());
        let presentation = json!(["presentation"]);
        if *demands.entry("classes").or_insert_with(|| presentation.clone()) != presentation {
            return Err(refused("classes", "is [\"presentation\"]: nothing else answers a challenge"));
        }
        let request = Value::Object(demands);
        Request::from_json(&request).map_err(|error| refused_whole(&error))?;
        Ok(request)
    }

    /// Verifies the one answer to a request, to the end even when its sender goes away.
    pub async fn answer_request(
        self: &Arc<Self>,
        principal: Principal,
        id: PresentationRequestId,
        document: Vec<u8>,
    ) -> Result<Report, ServiceError> {
        let app = Arc::clone(self);
        let task = tokio::spawn(async move { app.answer_to_the_end(principal, id, &document).await });
        task.await.map_err(|_| ServiceError::Work(WorkError::Failed))?
    }

    async fn answer_to_the_end(
        &self,
        principal: Principal,
        id: PresentationRequestId,
        document: &[u8],
    ) -> Result<Report, ServiceError> {
        let domain = self.domain();
        let taken = domain.take_presentation_request(id, self.now()).await?;
        let request = Request::from_json(&taken.request).map_err(|error| refused_whole(&error))?;
        let checked = match self.check_all(principal, vec![Question::new(document, Some(request))]).await {
            Err(ServiceError::Work(WorkError::Busy)) => {
                domain.reopen_presentation_request(id).await?;
                return Err(WorkError::Busy.into());
            }
            checked => checked?,
        };
        let report = checked.into_iter().next().map(|checked| checked.report).ok_or(WorkError::Failed)?;
        domain.conclude_presentation_request(id, &json!(report)).await?;
        Ok(report)
    }

    /// A request as its verifier sees it, who shows the token. Whether there is a request of this id is told to nobody
    /// else here.
    pub async fn request_outcome(
        &self,
        id: PresentationRequestId,
        token: &[u8],
    ) -> Result<PresentationRequest, ServiceError> {
        let found = match self.domain().presentation_request(id, self.now()).await {
            Err(DomainError::NotFound(_)) => return Err(ServiceError::VerifierToken),
            found => found?,
        };
        let same: bool = found.token_sha256.ct_eq(&digest(token)).into();
        if same { Ok(found) } else { Err(ServiceError::VerifierToken) }
    }
}

fn digest(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

fn refused(member: &str, reason: impl Into<String>) -> ServiceError {
    ServiceError::Request { member: format!("request.{member}"), reason: reason.into() }
}

fn refused_whole(error: &poa_verifier::request::RequestError) -> ServiceError {
    ServiceError::Request { member: "request".to_owned(), reason: error.to_string() }
}
