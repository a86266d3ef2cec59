//! The HTTP client every command uses: limits on time and size, no redirects. What is asked as nobody goes over
//! connections of its own: one that carried a token or a signature would tell the service who fetches a head.
//!
//! Three callers exist: nobody, the operator (bearer token) and an agent (RFC 9421 signature). A
//! service over plain HTTP is refused unless it is on this machine: the operator's token and the
//! agent's openings would travel in the clear.

mod problem;

use std::time::Duration;

use ed25519_dalek::SigningKey;
use poa_issuer::http_signature::{SignedHeaders, sign_request};
use poa_verifier::did::AgentDid;
use poa_verifier::origin::Origin;
use serde_json::Value;
use ureq::http::{Request, Response};
use zeroize::Zeroizing;

use crate::exit::{Failure, OrFail, Outcome};
use crate::{parties, system, tls};

/// The largest answer read, in bytes.
const MAX_BODY_BYTES: u64 = 16 << 20;
/// The longest one request may take, in all.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a request is repeated when the service says it is busy.
const MAX_ATTEMPTS: u32 = 6;
/// The longest wait before a repeated request, whatever `Retry-After` says.
const MAX_RETRY_WAIT: Duration = Duration::from_secs(10);

/// The operator's bearer token.
pub struct OperatorToken(Zeroizing<String>);

impl OperatorToken {
    /// A token as read from its file or the environment; surrounding white space is dropped.
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.trim().to_owned()))
    }
}

/// An agent's signing key under its DID.
pub struct AgentSigner {
    /// The agent's DID, the signature's `keyid`.
    pub did: AgentDid,
    /// Its Ed25519 key.
    pub key: SigningKey,
}

/// Who makes a request.
#[derive(Clone, Copy)]
pub enum Auth<'a> {
    /// Anyone: public endpoints.
    Nobody,
    /// The operator, by bearer token.
    Operator(&'a OperatorToken),
    /// An agent, by HTTP message signature.
    Agent(&'a AgentSigner),
}

/// A request body with its media type.
pub struct Body {
    /// For `Content-Type`.
    pub media_type: &'static str,
    /// What is sent and, for agents, digested and signed.
    pub bytes: Vec<u8>,
}

impl Body {
    /// A JSON body.
    pub fn json(value: &Value) -> Self {
        Self { media_type: "application/json", bytes: value.to_string().into_bytes() }
    }
}

/// A successful answer.
pub struct Reply {
    /// The HTTP status, 2xx.
    pub status: u16,
    /// The whole body, at most 16 MiB.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as strict JSON: no duplicate members, no trailing bytes.
    pub fn json(&self) -> Outcome<Value> {
        poa_verifier::json::parse_strict(&self.body)
            .or_fail("the service's answer is not acceptable JSON", "check that the URL is that of a poa service")
    }
}

/// A service, reached over HTTP.
pub struct Client {
    /// For what is asked as nobody.
    anonymous: ureq::Agent,
    /// For what is asked as somebody.
    named: ureq::Agent,
    origin: Origin,
    base: String,
}

impl Client {
    /// A client for the service at `base`, an `https` URL, or `http` on this machine.
    pub fn new(base: &str) -> Outcome<Self> {
        let usage = "give the service's base URL, for example https://poa.example";
        let origin = parties::origin(base).or_fail(format!("`{base}` is no service's URL"), usage)?;
        let loopback = origin.is_loopback();
        if !origin.is_https() && !loopback {
            return Err(Failure::refused(
                format!("{origin} would carry tokens and openings in the clear"),
                "use https, or a service on this machine",
            ));
        }
        // A service that was named with the default port verifies signatures over URLs with it.
        let spelled = base.trim_end_matches('/').to_ascii_lowercase();
        let base = if spelled == origin.with_port() { spelled } else { origin.to_string() };
        // Each with connections, TLS sessions and cookies (none are kept) of its own.
        Ok(Self { anonymous: agent(loopback), named: agent(loopback), origin, base })
    }

    /// The service's origin, for comparing.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The service's base URL, without a final slash.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// `GET`, expecting JSON.
    pub fn get(&self, path: &str, auth: Auth<'_>) -> Outcome<Value> {
        self.send("GET", path, None, auth, &[])?.json()
    }

    /// `GET`, expecting JSON, without waiting for a service that has none yet.
    pub fn get_if_ready(&self, path: &str) -> Outcome<Value> {
        self.send_within("GET", path, None, Auth::Nobody, &[], 1)?.json()
    }

    /// `GET`, any media type.
    pub fn get_bytes(&self, path: &str) -> Outcome<Vec<u8>> {
        Ok(self.send("GET", path, None, Auth::Nobody, &[])?.body)
    }

    /// `POST` of JSON, expecting JSON.
    pub fn post(&self, path: &str, body: &Value, auth: Auth<'_>) -> Outcome<Value> {
        self.send("POST", path, Some(&Body::json(body)), auth, &[])?.json()
    }

    /// `DELETE`.
    pub fn delete(&self, path: &str, auth: Auth<'_>) -> Outcome<Reply> {
        self.send("DELETE", path, None, auth, &[])
    }

    /// Any request. A busy service is asked again a few times, as it says itself.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Body>,
        auth: Auth<'_>,
        headers: &[(&str, &str)],
    ) -> Outcome<Reply> {
        self.send_within(method, path, body, auth, headers, MAX_ATTEMPTS)
    }

    fn send_within(
        &self,
        method: &str,
        path: &str,
        body: Option<&Body>,
        auth: Auth<'_>,
        headers: &[(&str, &str)],
        attempts: u32,
    ) -> Outcome<Reply> {
        let url = self.url(path);
        for attempt in 1.. {
            let mut response = self.send_once(method, &url, body, auth, headers)?;
            let status = response.status().as_u16();
            if status == 503 && attempt < attempts {
                std::thread::sleep(retry_wait(&response));
                continue;
            }
            let body = response
                .body_mut()
                .with_config()
                .limit(MAX_BODY_BYTES)
                .read_to_vec()
                .or_fail(format!("{url} broke off its answer"), RETRY)?;
            if (200..300).contains(&status) {
                return Ok(Reply { status, body });
            }
            return Err(problem::failure(status, &url, &body));
        }
        unreachable!("the last attempt returns")
    }

    /// Documents name absolute URLs of the service; those of another service are refused.
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Turns an absolute URL of this service into a path.
    pub fn path_of<'a>(&self, url: &'a str) -> Outcome<&'a str> {
        let path = Origin::split(url).ok().filter(|(origin, path)| *origin == self.origin && path.starts_with('/'));
        path.map(|(_, path)| path).ok_or_else(|| {
            Failure::refused(
                format!("{url} is not at the service {}", self.base),
                "name the service that made the document with --service",
            )
        })
    }

    fn send_once(
        &self,
        method: &str,
        url: &str,
        body: Option<&Body>,
        auth: Auth<'_>,
        headers: &[(&str, &str)],
    ) -> Outcome<Response<ureq::Body>> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let payload = body.map_or(&[][..], |body| &body.bytes);
        match auth {
            Auth::Nobody => {}
            Auth::Operator(token) => {
                let value = Zeroizing::new(format!("Bearer {}", token.0.as_str()));
                request = request.header("authorization", value.as_str());
            }
            Auth::Agent(signer) => {
                let signed = sign(signer, method, url, body.map(|_| payload))?;
                for (name, value) in signed.iter() {
                    request = request.header(name, value);
                }
            }
        }
        let agent = match auth {
            Auth::Nobody => &self.anonymous,
            Auth::Operator(_) | Auth::Agent(_) => &self.named,
        };
        let malformed = "this is a fault of the program; please report it";
        let sent = match body {
            Some(body) => {
                let request = request
                    .header("content-type", body.media_type)
                    .body(payload)
                    .or_fail("the request cannot be written", malformed)?;
                agent.run(request)
            }
            None => {
                let request = request.body(()).or_fail("the request cannot be written", malformed)?;
                agent.run(request)
            }
        };
        sent.map_err(|error| unreachable_at(url, &error))
    }
}

const RETRY: &str = "check that the service runs and the URL is right, then try again";

/// Why there is no answer: a certificate that nobody here vouches for is named as such, and so is a plain answer, of which
/// TLS says nothing that a user understands.
fn unreachable_at(url: &str, error: &ureq::Error) -> Failure {
    let error = error.to_string();
    if url.starts_with("https://") && error.contains("InvalidContentType") {
        let what = format!("{url} cannot be reached: what answers there does not speak TLS");
        return Failure::error(what, "check the port; a service on this machine without a certificate is at http://");
    }
    let next = if error.contains("certificate") { UNTRUSTED } else { RETRY };
    Failure::error(format!("{url} cannot be reached: {error}"), next)
}

const UNTRUSTED: &str = "if a private authority issued the service's certificate, name the authority's with --ca-file FILE \
                         (or POA_CA_FILE), or add it to the platform's store; otherwise check the URL";

fn agent(loopback: bool) -> ureq::Agent {
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(REQUEST_TIMEOUT))
        .tls_config(tls::config())
        .user_agent(concat!("poa/", env!("CARGO_PKG_VERSION")));
    if loopback {
        config = config.proxy(None);
    }
    config.build().new_agent()
}

/// The signature's header fields for one request; every call uses a fresh nonce.
fn sign(signer: &AgentSigner, method: &str, url: &str, body: Option<&[u8]>) -> Outcome<SignedHeaders> {
    let nonce = system::random_hex();
    let now = system::now_unix_s();
    sign_request(&signer.key, &signer.did.to_string(), method, url, body, now, &nonce)
        .or_fail("the request cannot be signed", "check the agent's DID and this machine's clock")
}

fn retry_wait(response: &Response<ureq::Body>) -> Duration {
    response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map_or(Duration::from_secs(1), Duration::from_secs)
        .min(MAX_RETRY_WAIT)
}

#[cfg(test)]
mod tests;
