//! A verifier states what it needs and gets a one-time challenge; a holder answers; the verifier fetches the outcome.
//!
//! Whoever states a request gets what its holder shows. So `domain` and `audience` name nobody whose name the stating one
//! cannot vouch for: this service's own origin; the origin of a registered verifier, which shows its token; or whatever
//! the verifier signed, which is kept as it is, because the holder checks the signature.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poa_circuits::native::scope::Audience;
use poa_verifier::did::IssuerDid;
use poa_verifier::origin::Origin;
use poa_verifier::signed_request::SignedRequest;
use poa_verifier::{Report, Request};
use rand_core::Rng as _;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::ServiceError;
use super::checking::Question;
use crate::app::App;
use crate::client::Client;
use crate::domain::{
    DomainError, NewPresentationRequest, PresentationRequest, PresentationRequestId, RegisteredVerifier, StatedBy,
    Voucher, named_capabilities,
};
use crate::proving::{Principal, WorkError};

/// What a verifier's token begins with, so that one that leaks is recognised.
const TOKEN_PREFIX: &str = "poa_pr_";
/// What a registered verifier's token begins with.
pub const VERIFIER_TOKEN_PREFIX: &str = "poa_vf_";

/// A request that waits for its answer.
pub struct Stated {
    /// As the holder fetches it.
    pub request: PresentationRequest,
    /// What the verifier fetches the outcome with; told this once. None for a signed request, whose verifier made it.
    pub token: Option<Zeroizing<String>>,
}

impl App {
    /// Takes a verifier's demands, adds challenge and domain, and keeps them for a holder. `verifier` is the registered
    /// one whose token was shown.
    pub async fn state_request(
        &self,
        demands: Map<String, Value>,
        verifier: Option<RegisteredVerifier>,
        client: Client,
    ) -> Result<Stated, ServiceError> {
        let request = self.with_challenge(demands, verifier.as_ref())?;
        let token = self.token(TOKEN_PREFIX);
        let stated_by = stated_by(verifier.as_ref(), client);
        let voucher = verifier.map_or(Voucher::Service, |verifier| Voucher::Operator(verifier.id));
        let token_sha256 = digest(token.as_bytes());
        let new = NewPresentationRequest { request, token_sha256, expires_at: None, voucher, stated_by };
        let request = self.domain().open_presentation_request(new, self.now()).await?;
        Ok(Stated { request, token: Some(token) })
    }

    /// Keeps a request that its verifier signed. The signature is for the holder to check, the demands are judged here.
    pub async fn state_signed_request(
        &self,
        jws: String,
        verifier: Option<RegisteredVerifier>,
        client: Client,
    ) -> Result<Stated, ServiceError> {
        let refuse = |error: &dyn std::fmt::Display| ServiceError::Request {
            member: "signed_request".to_owned(),
            reason: error.to_string(),
        };
        let signed = SignedRequest::parse(&jws).map_err(|error| refuse(&error))?;
        signed.expect(self.config().public_url.origin(), self.now()).map_err(|error| refuse(&error))?;
        let claims = signed.claims();
        let read = Request::from_json(&claims.request).map_err(|error| refuse(&error))?;
        self.can_be_answered(&read).map_err(|refused| refuse(&refused))?;
        let mut token_sha256 = [0; 32];
        hex::decode_to_slice(&claims.token_sha256, &mut token_sha256).map_err(|error| refuse(&error))?;
        let new = NewPresentationRequest {
            request: claims.request.clone(),
            token_sha256,
            expires_at: Some(claims.exp),
            voucher: Voucher::Signature(jws),
            stated_by: stated_by(verifier.as_ref(), client),
        };
        let request = self.domain().open_presentation_request(new, self.now()).await?;
        Ok(Stated { request, token: None })
    }

    /// Registers a verifier, which is called by its origin unless it has a name. The token is told this once.
    pub async fn register_verifier(
        &self,
        origin: &str,
        name: Option<String>,
    ) -> Result<(RegisteredVerifier, Zeroizing<String>), ServiceError> {
        let token = self.token(VERIFIER_TOKEN_PREFIX);
        let sha256 = digest(token.as_bytes());
        Ok((self.domain().register_verifier(origin, name, sha256, self.now()).await?, token))
    }

    /// The registered verifier that a bearer token is of.
    pub async fn verifier_of_token(&self, token: &[u8]) -> Result<Option<RegisteredVerifier>, ServiceError> {
        // The token is as random as its digest, so looking the digest up tells nothing about others.
        Ok(self.domain().verifier_of_token(digest(token)).await?)
    }

    fn token(&self, prefix: &str) -> Zeroizing<String> {
        let mut secret = Zeroizing::new([0; 32]);
        self.rng().fill_bytes(secret.as_mut());
        Zeroizing::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(secret.as_ref())))
    }

    fn with_challenge(
        &self,
        mut demands: Map<String, Value>,
        verifier: Option<&RegisteredVerifier>,
    ) -> Result<Value, ServiceError> {
        if demands.contains_key("challenge") {
            return Err(refused(
                "challenge",
                "is made by the service, which so knows that it is used once; leave it out",
            ));
        }
        let own: Origin = match verifier {
            Some(verifier) => verifier.origin.parse().map_err(|_| refused("domain", not_an_origin(verifier)))?,
            None => self.config().public_url.origin().clone(),
        };
        let named = demands.get("domain").or_else(|| demands.get("audience")).cloned();
        let domain = named.unwrap_or_else(|| own.to_string().into());
        let text = domain.as_str().ok_or_else(|| refused("domain", "is a text"))?;
        // Its text is signed and hashed, so it has to be the one spelling of its origin.
        Audience::new(text).map_err(|error| refused("domain", error.to_string()))?;
        if text.parse().as_ref() != Ok(&own) {
            return Err(refused("domain", not_vouched_for(&own, verifier)));
        }
        demands.insert("domain".to_owned(), domain);
        let mut challenge = [0; 32];
        self.rng().fill_bytes(&mut challenge);
        demands.insert("challenge".to_owned(), hex::encode(challenge).into());
        let presentation = json!(["presentation"]);
        if *demands.entry("classes").or_insert_with(|| presentation.clone()) != presentation {
            return Err(refused("classes", "is [\"presentation\"]: nothing else answers a challenge"));
        }
        let request = Value::Object(demands);
        let read = Request::from_json(&request).map_err(|error| refused_whole(&error))?;
        self.can_be_answered(&read).map_err(|Unanswerable { member, reason }| refused(member, reason))?;
        Ok(request)
    }

    /// Refuses what no agent of this service could show, now or later.
    fn can_be_answered(&self, request: &Request) -> Result<(), Unanswerable> {
        let refused = |member, reason: String| Unanswerable { member, reason };
        let settings = self.domain().settings();
        if let Some(unknown) = request.contains_all.iter().find(|name| !settings.capabilities.contains(name)) {
            let known = named_capabilities(&settings.capabilities);
            let reason = format!("{unknown} is not a capability that agents here can have ({known})");
            return Err(refused("contains_all", reason));
        }
        let others = |issuers: &Vec<_>| issuers.iter().all(|issuer: &IssuerDid| issuer.as_str() != settings.issuer);
        if request.issuers.as_ref().is_some_and(others) {
            return Err(refused(
                "issuers",
                format!("leaves out {}, the one whose documents verify here", settings.issuer),
            ));
        }
        let latest = self.now().saturating_add(settings.leaf_lifetime_s);
        if request.valid_at_least.is_some_and(|time| time > latest) {
            return Err(refused("valid_at_least", "lies beyond the life of every leaf".to_owned()));
        }
        Ok(())
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

/// A demand that nobody could meet.
#[derive(Debug, thiserror::Error)]
#[error("{member}: {reason}")]
struct Unanswerable {
    member: &'static str,
    reason: String,
}

/// For whom the place is counted.
fn stated_by(verifier: Option<&RegisteredVerifier>, client: Client) -> StatedBy {
    verifier.map_or(StatedBy::Client(client), |verifier| StatedBy::Verifier(verifier.id))
}

/// Why a domain is refused, and what to do.
fn not_vouched_for(own: &Origin, verifier: Option<&RegisteredVerifier>) -> String {
    match verifier {
        Some(_) => format!("is {own} with this verifier's token"),
        None => format!(
            "is {own} for whoever shows no token of a registered verifier; have the operator register your origin \
             (POST /verifiers) and send the token, or sign the request (typ poa-request+jwt)"
        ),
    }
}

/// Why nothing is stated for a verifier that was registered under a text that is no origin.
fn not_an_origin(verifier: &RegisteredVerifier) -> String {
    format!("{} is no origin; have the operator remove this verifier and register its origin", verifier.origin)
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
