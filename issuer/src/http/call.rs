//! Who is calling: the operator or a registered verifier by bearer token, an agent by request signature, or the public.
//!
//! [`Call`] is the one extractor of requests with a body. Its order matters: size, credentials,
//! permission, body, and only then is the nonce of a signed request consumed. So a request that is
//! refused for its form changes nothing, and one that is acted upon cannot be sent again.
//!
//! A replaced key still signs for an hour. What it may do there is part of each route's type: [`NewestKey`] or
//! [`AnyKey`], without a default, so a route cannot forget to say it.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use poa_verifier::ed25519::PublicKey;
use sha2::{Digest, Sha256};

use super::api::Who;
use super::body::{FromBody, reading};
use super::client::Client;
use super::error::{ApiError, Problem, Recovery};
use super::rate::Known;
use crate::app::App;
use crate::domain::{AgentUuid, DomainError, RegisteredVerifier, RequestKeys};
use crate::http_signature::{self, Message, Verified};
use crate::proving::Principal;
use crate::service::presentation_requests::VERIFIER_TOKEN_PREFIX;

/// An authenticated caller.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Caller {
    /// Holds the operator's token.
    Operator,
    /// Signed the request.
    Agent(Signer),
}

/// An agent that signed the request, and the key it used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Signer {
    /// The agent.
    pub agent: AgentUuid,
    /// The Ed25519 key that verified the request.
    pub key: [u8; 32],
    /// Whether that is the agent's newest key. Otherwise it was replaced, and is in its hour of grace.
    is_newest: bool,
}

impl Caller {
    /// The operator may act for every agent, an agent for itself.
    pub fn may_act_for(self, agent: AgentUuid) -> Result<(), ApiError> {
        match self {
            Self::Agent(signer) if signer.agent != agent => Err(ApiError::new(
                Problem::Forbidden,
                "An agent can act for itself only; this request is signed by another one.",
            )),
            Self::Operator | Self::Agent(_) => Ok(()),
        }
    }

    /// Whose place its work takes.
    pub fn into_principal(self) -> Principal {
        match self {
            Self::Operator => Principal::Operator,
            Self::Agent(signer) => Principal::Agent(signer.agent),
        }
    }

    /// The name under which idempotency keys are kept apart.
    pub fn principal(self) -> String {
        match self {
            Self::Operator => "operator".to_owned(),
            Self::Agent(signer) => signer.agent.to_string(),
        }
    }
}

/// What a request was authenticated with.
#[derive(Clone, Debug)]
pub enum Credential {
    /// The operator's token, or an agent's signature.
    Caller(Caller),
    /// The token of a verifier that the operator registered.
    Verifier(RegisteredVerifier),
}

impl Credential {
    /// The caller, where a verifier's token opens nothing.
    fn caller(credential: Option<Self>) -> Result<Option<Caller>, ApiError> {
        match credential {
            None => Ok(None),
            Some(Self::Caller(caller)) => Ok(Some(caller)),
            Some(Self::Verifier(_)) => Err(ApiError::new(
                Problem::Forbidden,
                "The token of a registered verifier states presentation requests, and opens nothing else.",
            )),
        }
    }
}

/// Which of its keys an agent may sign a call with.
pub trait Keys: Send + 'static {
    /// Admits or refuses the key that signed.
    fn admit(signer: &Signer) -> Result<(), ApiError>;
}

/// The newest key alone: for every call that changes something. Whoever took a replaced key changes nothing with it.
#[derive(Debug)]
pub struct NewestKey;

/// A replaced key in its hour of grace too: for calls that read or present, so that a rotation interrupts neither.
#[derive(Debug)]
pub struct AnyKey;

impl Keys for NewestKey {
    fn admit(signer: &Signer) -> Result<(), ApiError> {
        if signer.is_newest {
            return Ok(());
        }
        let detail = "This request is signed by a key that was replaced. In its hour of grace it reads and presents, \
                      and changes nothing; sign with the agent's newest key.";
        Err(ApiError::new(Problem::Forbidden, detail))
    }
}

impl Keys for AnyKey {
    fn admit(_: &Signer) -> Result<(), ApiError> {
        Ok(())
    }
}

/// What a call says beside its credentials, before its body is looked at.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    app: &'a App,
    uri: &'a Uri,
    headers: &'a HeaderMap,
}

/// Who may make a call. `Caller` is what the handler learns about the one who did.
pub trait Access {
    /// Who that is, for the document.
    const WHO: Who;
    /// What is known about the caller once admitted.
    type Caller: Send;
    /// Admits or refuses.
    fn admit(asked: &Asked<'_>, credential: Option<Credential>) -> Result<Self::Caller, ApiError>;
}

/// The operator alone.
#[derive(Debug)]
pub struct ByOperator;
/// An agent alone.
#[derive(Debug)]
pub struct ByAgent<K>(PhantomData<K>);
/// The operator or an agent.
#[derive(Debug)]
pub struct ByEither<K>(PhantomData<K>);
/// Anybody; credentials are checked when there are some.
#[derive(Debug)]
pub struct ByAnyone<K>(PhantomData<K>);
/// The operator; with `--vc-api-open` also whoever sends no credentials. A page in the operator's browser whose name was
/// made to lead here would send that name as the host: it is not let in.
#[derive(Debug)]
pub struct ByOperatorIfAny;
/// Anybody; the token of a registered verifier is checked when there is one.
#[derive(Debug)]
pub struct ByVerifier;

impl Access for ByOperator {
    const WHO: Who = Who::Operator;
    type Caller = ();
    fn admit(_: &Asked<'_>, credential: Option<Credential>) -> Result<(), ApiError> {
        match Credential::caller(credential)? {
            Some(Caller::Operator) => Ok(()),
            Some(Caller::Agent(_)) => Err(ApiError::new(Problem::Forbidden, "Only the operator may do this.")),
            None => Err(unauthenticated("This path needs the operator's bearer token.")),
        }
    }
}

impl<K: Keys> Access for ByAgent<K> {
    const WHO: Who = Who::Agent;
    type Caller = Signer;
    fn admit(_: &Asked<'_>, credential: Option<Credential>) -> Result<Signer, ApiError> {
        match Credential::caller(credential)? {
            Some(Caller::Agent(signer)) => K::admit(&signer).map(|()| signer),
            Some(Caller::Operator) => {
                Err(ApiError::new(Problem::Forbidden, "Only the agent itself may do this, with a signed request."))
            }
            None => Err(unauthenticated("This path needs a request signed by the agent.")),
        }
    }
}

impl<K: Keys> Access for ByEither<K> {
    const WHO: Who = Who::Either;
    type Caller = Caller;
    fn admit(_: &Asked<'_>, credential: Option<Credential>) -> Result<Caller, ApiError> {
        let caller = Credential::caller(credential)?;
        if let Some(Caller::Agent(signer)) = &caller {
            K::admit(signer)?;
        }
        caller.ok_or_else(|| unauthenticated("This path needs the operator's bearer token or an agent's signature."))
    }
}

impl<K: Keys> Access for ByAnyone<K> {
    const WHO: Who = Who::Anyone;
    type Caller = Option<Caller>;
    fn admit(_: &Asked<'_>, credential: Option<Credential>) -> Result<Option<Caller>, ApiError> {
        let caller = Credential::caller(credential)?;
        if let Some(Caller::Agent(signer)) = &caller {
            K::admit(signer)?;
        }
        Ok(caller)
    }
}

impl Access for ByOperatorIfAny {
    const WHO: Who = Who::OperatorIfAny;
    type Caller = ();
    fn admit(asked: &Asked<'_>, credential: Option<Credential>) -> Result<(), ApiError> {
        match credential {
            None if asked.app.config().vc_api_open && is_for_this_machine(asked.uri, asked.headers) => Ok(()),
            credential => ByOperator::admit(asked, credential),
        }
    }
}

/// Whether every name that the request gives its host is this machine's: `:authority` or that of an absolute target,
/// and Host. One without any is for nobody known.
fn is_for_this_machine(uri: &Uri, headers: &HeaderMap) -> bool {
    let hosts = headers.get_all(header::HOST).iter().map(HeaderValue::as_bytes);
    let mut names = uri.authority().map(|authority| authority.as_str().as_bytes()).into_iter().chain(hosts).peekable();
    names.peek().is_some() && names.all(is_loopback)
}

fn is_loopback(name: &[u8]) -> bool {
    let Ok(authority) = Authority::try_from(name) else { return false };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    // Names of hosts have no case.
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Access for ByVerifier {
    const WHO: Who = Who::RegisteredVerifier;
    type Caller = Option<RegisteredVerifier>;
    fn admit(_: &Asked<'_>, credential: Option<Credential>) -> Result<Option<RegisteredVerifier>, ApiError> {
        match credential {
            None => Ok(None),
            Some(Credential::Verifier(verifier)) => Ok(Some(verifier)),
            Some(Credential::Caller(_)) => Err(ApiError::new(
                Problem::Forbidden,
                "Only the token of a registered verifier says something here; leave other credentials out.",
            )),
        }
    }
}

/// A request whose caller was admitted and whose body was read.
#[derive(Debug)]
pub struct Call<A: Access, B> {
    /// Who called.
    pub caller: A::Caller,
    /// Whose place the work of this call takes: the caller's, or the address's where nobody is known.
    pub principal: Principal,
    /// The decoded body.
    pub body: B,
    /// How many bytes it was.
    pub length: usize,
    /// SHA-256 over method, path with query and body: what an idempotency key stands for.
    pub digest: [u8; 32],
    /// The header fields.
    pub headers: HeaderMap,
}

impl<A: Access, B: FromBody + Send + 'static> FromRequest<Arc<App>> for Call<A, B> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let Ok(client) = Client::from_request_parts(&mut parts, app).await;
        let request = Request::from_parts(parts, body);
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let headers = request.headers().clone();
        let bytes = Bytes::from_request(request, app).await.map_err(|rejection| {
            use axum::response::IntoResponse;
            match rejection.into_response().status() {
                axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
                    ApiError::new(Problem::PayloadTooLarge, "The body is larger than this path accepts.")
                }
                _ => ApiError::new(Problem::MalformedJson, "The body could not be read."),
            }
        })?;
        let length = bytes.len();
        let credentials = credentials(app, &method, &uri, &headers, &bytes).await?;
        let (credential, signed) = credentials.map(|found| (found.credential, found.signed)).unzip();
        let principal = match &credential {
            Some(Credential::Caller(caller)) => caller.into_principal(),
            Some(Credential::Verifier(verifier)) => Principal::Verifier(verifier.id),
            None => Principal::Client(client),
        };
        let caller = A::admit(&Asked { app, uri: &uri, headers: &headers }, credential)?;
        let read = {
            let headers = headers.clone();
            move || Ok((digest(&method, &uri, &bytes), B::from_body(&headers, bytes)?))
        };
        let (digest, body) = reading(app, principal, length, read).await?;
        if let Some(Verified { keyid, nonce, expires_unix_s }) = signed.flatten() {
            consume(app, &keyid, &nonce, expires_unix_s).await?;
        }
        Ok(Self { caller, principal, body, length, digest, headers })
    }
}

struct Credentials {
    credential: Credential,
    signed: Option<Verified>,
}

async fn credentials(
    app: &App,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Option<Credentials>, ApiError> {
    let signed = headers.contains_key("signature") || headers.contains_key("signature-input");
    let mut tokens = headers.get_all(header::AUTHORIZATION).iter();
    match (tokens.next(), tokens.next(), signed) {
        (None, _, false) => Ok(None),
        (Some(_), _, true) => Err(unauthenticated("Send a bearer token or a signature, not both.")),
        (Some(_), Some(_), false) => Err(unauthenticated("Authorization is repeated.")),
        (Some(value), None, false) => bearer(app, value).await.map(Some),
        (None, _, true) => agent(app, method, uri, headers, body).await.map(Some),
    }
}

/// Whether a request shows the operator's token and nothing else.
pub(super) fn is_operator(app: &App, headers: &HeaderMap) -> bool {
    let mut tokens = headers.get_all(header::AUTHORIZATION).iter();
    let is_operators = |value| token(value).is_ok_and(|token| app.operator_token().matches(token));
    matches!((tokens.next(), tokens.next()), (Some(value), None) if is_operators(value))
}

fn token(value: &HeaderValue) -> Result<&[u8], ApiError> {
    match value.as_bytes().split_at_checked(7) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"bearer ") => Ok(token),
        _ => Err(unauthenticated("The only Authorization scheme here is Bearer.")),
    }
}

async fn bearer(app: &App, value: &HeaderValue) -> Result<Credentials, ApiError> {
    let token = token(value)?;
    if token.starts_with(VERIFIER_TOKEN_PREFIX.as_bytes()) {
        let verifier = app.verifier_of_token(token).await?;
        let verifier = verifier.ok_or_else(|| unauthenticated("The bearer token is of no registered verifier."))?;
        return Ok(Credentials { credential: Credential::Verifier(verifier), signed: None });
    }
    if !app.operator_token().matches(token) {
        return Err(unauthenticated("The bearer token is not the operator's."));
    }
    Ok(Credentials { credential: Credential::Caller(Caller::Operator), signed: None })
}

async fn agent(
    app: &App,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Credentials, ApiError> {
    let now = app.now();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let target_uri = app.config().public_url.join(path);
    let message = Message { method: method.as_str(), target_uri: &target_uri, headers, body };
    let parsed = http_signature::parse(message, now)
        .map_err(|error| unauthenticated(&format!("Request signature: {error}.")))?;
    let unknown = || unauthenticated("Request signature: keyid is not an agent of this issuer.");
    let did_host = app.config().public_url.did_host();
    let id = AgentUuid::from_did(parsed.claimed_keyid(), &did_host).ok_or_else(unknown)?;
    let RequestKeys { newest, keys } = match app.domain().request_keys(id, now).await {
        Ok(found) => found,
        Err(DomainError::NotFound(_)) => return Err(unknown()),
        Err(error) => return Err(error.into()),
    };
    // Stored keys were checked when they came in; one that is damaged since is simply not in force.
    let keys: Vec<_> = keys.iter().filter_map(|key| PublicKey::from_bytes(key).ok()).collect();
    let (verified, key) =
        parsed.verify(&keys).map_err(|error| unauthenticated(&format!("Request signature: {error}.")))?;
    let key = key.to_bytes();
    // Here, where only the agent itself can use up its calls, and before anything is written.
    app.rate_limits().count_known(Known::Agent(id))?;
    let signer = Signer { agent: id, key, is_newest: key == newest };
    Ok(Credentials { credential: Credential::Caller(Caller::Agent(signer)), signed: Some(verified) })
}

async fn consume(app: &App, keyid: &str, nonce: &str, expires: u64) -> Result<(), ApiError> {
    if app.domain().use_request_nonce(keyid, nonce, expires, app.now()).await? {
        Ok(())
    } else {
        Err(unauthenticated("Request signature: the nonce was used before."))
    }
}

fn digest(method: &Method, uri: &Uri, body: &[u8]) -> [u8; 32] {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut hash = Sha256::new();
    for part in [method.as_str(), path] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(body);
    hash.finalize().into()
}

fn unauthenticated(detail: &str) -> ApiError {
    ApiError::new(Problem::Unauthenticated, detail).with_recovery(Recovery::Authenticate)
}
