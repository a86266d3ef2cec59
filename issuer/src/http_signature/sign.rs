//! The client's half: signing a request.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use sfv::{Integer, KeyRef, ListSerializer, StringRef};

use super::{CONTENT_DIGEST, METHOD, TARGET_URI, content_digest, signature_base};

/// How long a request signed by [`sign_request`] is valid, in seconds.
const LIFETIME_S: u64 = 120;

/// The header fields to send with a signed request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedHeaders {
    /// `Content-Digest`, when there is a body.
    pub content_digest: Option<String>,
    /// `Signature-Input`.
    pub signature_input: String,
    /// `Signature`.
    pub signature: String,
}

impl SignedHeaders {
    /// The fields as (name, value) pairs, names in lower case.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let digest = self.content_digest.as_deref().map(|value| (CONTENT_DIGEST, value));
        digest
            .into_iter()
            .chain([("signature-input", self.signature_input.as_str()), ("signature", self.signature.as_str())])
    }
}

/// A key id or nonce that a signature parameter cannot carry.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("key id and nonce must be printable ASCII, and the time a plausible one")]
pub struct UnsignableError;

/// Signs a request as the agent `keyid` (a DID).
///
/// `method` is upper-case, `url` absolute and exactly as it will be requested, `body` absent or empty
/// when there is none, `now_unix_s` the client's clock, `nonce` 16 to 128 characters never used before.
pub fn sign_request(
    key: &SigningKey,
    keyid: &str,
    method: &str,
    url: &str,
    body: Option<&[u8]>,
    now_unix_s: u64,
    nonce: &str,
) -> Result<SignedHeaders, UnsignableError> {
    let digest = body.filter(|body| !body.is_empty()).map(content_digest);
    let mut components = vec![METHOD, TARGET_URI];
    if digest.is_some() {
        components.push(CONTENT_DIGEST);
    }
    let parameters = parameters(&components, keyid, now_unix_s, nonce)?;
    let base = signature_base(&components, method, url, digest.as_deref(), &parameters);
    let signature = key.sign(base.as_bytes()).to_bytes();
    Ok(SignedHeaders {
        content_digest: digest,
        signature_input: format!("sig1={parameters}"),
        signature: format!("sig1=:{}:", STANDARD.encode(signature)),
    })
}

/// The inner list of covered components with its parameters, serialised.
fn parameters(components: &[&str], keyid: &str, now_unix_s: u64, nonce: &str) -> Result<String, UnsignableError> {
    let name = |name: &'static str| KeyRef::from_str(name).map_err(|_| UnsignableError);
    let text = |text| StringRef::from_str(text).map_err(|_| UnsignableError);
    let time = |time: u64| Integer::try_from(time).map_err(|_| UnsignableError);
    let expires = now_unix_s.checked_add(LIFETIME_S).ok_or(UnsignableError)?;

    let mut list = ListSerializer::new();
    let mut inner = list.inner_list();
    for component in components {
        inner.bare_item(text(component)?);
    }
    inner
        .finish()
        .parameter(name("created")?, time(now_unix_s)?)
        .parameter(name("expires")?, time(expires)?)
        .parameter(name("nonce")?, text(nonce)?)
        .parameter(name("keyid")?, text(keyid)?)
        .parameter(name("alg")?, text("ed25519")?);
    list.finish().ok_or(UnsignableError)
}
