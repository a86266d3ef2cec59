//! The service's half: parsing and verifying a signed request.

use http::HeaderMap;
use poa_verifier::ed25519::PublicKey;
use sfv::{Dictionary, FieldType, InnerList, List, ListEntry, Parser};

use super::{CONTENT_DIGEST, MAX_LIFETIME_S, METHOD, NONCE_LENGTH, SKEW_S, TARGET_URI, content_digest, signature_base};

/// A request as it arrived.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The method, upper-case.
    pub method: &'a str,
    /// The configured public URL followed by the path and query received.
    pub target_uri: &'a str,
    /// All header fields.
    pub headers: &'a HeaderMap,
    /// The body, empty when there is none.
    pub body: &'a [u8],
}

/// A well-formed signed request whose signature has not been checked yet: only its key id may be used,
/// to look up the keys.
#[derive(Debug)]
pub struct Parsed {
    claimed: Verified,
    base: String,
    signature: [u8; 64],
}

/// What a verified signature says. Its nonce is yet to be consumed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verified {
    /// The agent's DID.
    pub keyid: String,
    /// Single use per key id, until `expires_unix_s`.
    pub nonce: String,
    /// When the request stops being valid, Unix seconds.
    pub expires_unix_s: u64,
}

/// Why a signed request is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The field is missing, repeated, or not printable ASCII.
    #[error("exactly one {0} field is needed")]
    Field(&'static str),
    /// A field is not in the canonical serialisation, or has more than one member.
    #[error("{0} is not one member in canonical form")]
    Form(&'static str),
    /// The labels of the two fields differ, or the signature is not 64 bytes.
    #[error("Signature does not carry the 64 bytes that Signature-Input announces")]
    Mismatch,
    /// Not exactly the components of the profile.
    #[error("covered components must be \"@method\", \"@target-uri\" and, with a body, \"content-digest\"")]
    Components,
    /// A parameter is missing, of the wrong type, or not one of the profile.
    #[error("signature parameter {0} is missing, unknown or malformed")]
    Parameter(&'static str),
    /// `created` lies ahead, or `expires` is not within five minutes after it.
    #[error("created and expires do not form a window of at most {MAX_LIFETIME_S} s that has begun")]
    Window,
    /// `expires` has passed.
    #[error("the signature has expired")]
    Expired,
    /// `Content-Digest` is not the SHA-256 of the body.
    #[error("Content-Digest is not the sha-256 of the body")]
    Digest,
    /// No key that is in force verifies the signature.
    #[error("the signature does not verify under any key in force")]
    Signature,
}

/// Checks everything but the signature itself. `now_unix_s` is the service's clock.
pub fn parse(message: Message<'_>, now_unix_s: u64) -> Result<Parsed, SignatureError> {
    let (label, covered) = signature_input(message.headers)?;
    let signature = signature(message.headers, &label)?;
    let components = components(&covered, !message.body.is_empty())?;
    let claimed = claims(&covered, now_unix_s)?;
    let digest = match components.contains(&CONTENT_DIGEST) {
        true => Some(checked_digest(message)?),
        false => None,
    };
    let parameters = serialize(covered.clone()).ok_or(SignatureError::Form("signature-input"))?;
    let base = signature_base(&components, message.method, message.target_uri, digest, &parameters);
    Ok(Parsed { claimed, base, signature })
}

impl Parsed {
    /// The DID that claims to have signed.
    pub fn claimed_keyid(&self) -> &str {
        &self.claimed.keyid
    }

    /// Verifies strictly under any of `keys`, which the claimed key id may sign with. Returns the key that signed.
    pub fn verify(self, keys: &[PublicKey]) -> Result<(Verified, PublicKey), SignatureError> {
        let base = self.base.as_bytes();
        let signer = keys.iter().find(|key| key.verify(base, &self.signature).is_ok());
        signer.map(|key| (self.claimed, *key)).ok_or(SignatureError::Signature)
    }
}

fn field<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, SignatureError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| SignatureError::Field(name)),
        _ => Err(SignatureError::Field(name)),
    }
}

/// The single member of a dictionary field that is in canonical form.
fn single_member(headers: &HeaderMap, name: &'static str) -> Result<(String, ListEntry), SignatureError> {
    let value = field(headers, name)?;
    let dictionary: Dictionary = Parser::new(value).parse().map_err(|_| SignatureError::Form(name))?;
    if dictionary.len() != 1 || dictionary.serialize().as_deref() != Some(value) {
        return Err(SignatureError::Form(name));
    }
    let (label, entry) = dictionary.into_iter().next().ok_or(SignatureError::Form(name))?;
    Ok((label.into(), entry))
}

fn signature_input(headers: &HeaderMap) -> Result<(String, InnerList), SignatureError> {
    match single_member(headers, "signature-input")? {
        (label, ListEntry::InnerList(list)) => Ok((label, list)),
        (_, ListEntry::Item(_)) => Err(SignatureError::Form("signature-input")),
    }
}

fn signature(headers: &HeaderMap, label: &str) -> Result<[u8; 64], SignatureError> {
    let (found, ListEntry::Item(item)) = single_member(headers, "signature")? else {
        return Err(SignatureError::Form("signature"));
    };
    if found != label || !item.params.is_empty() {
        return Err(SignatureError::Mismatch);
    }
    let bytes = item.bare_item.as_byte_sequence().ok_or(SignatureError::Mismatch)?;
    bytes.try_into().map_err(|_| SignatureError::Mismatch)
}

/// The covered components in their order, once they are exactly those of the profile.
fn components(covered: &InnerList, has_body: bool) -> Result<Vec<&'static str>, SignatureError> {
    let mut found = Vec::with_capacity(3);
    for item in &covered.items {
        let name = item.bare_item.as_string().ok_or(SignatureError::Components)?;
        let component = [METHOD, TARGET_URI, CONTENT_DIGEST]
            .into_iter()
            .find(|component| *component == name.as_str())
            .ok_or(SignatureError::Components)?;
        if !item.params.is_empty() || found.contains(&component) {
            return Err(SignatureError::Components);
        }
        found.push(component);
    }
    let covers = |component| found.contains(&component);
    if covers(METHOD) && covers(TARGET_URI) && covers(CONTENT_DIGEST) == has_body {
        Ok(found)
    } else {
        Err(SignatureError::Components)
    }
}

fn claims(covered: &InnerList, now_unix_s: u64) -> Result<Verified, SignatureError> {
    for name in covered.params.keys() {
        if !["created", "expires", "nonce", "keyid", "alg"].contains(&name.as_str()) {
            return Err(SignatureError::Parameter("(unknown)"));
        }
    }
    let text = |name: &'static str| {
        let value = covered.params.get(name).and_then(|value| value.as_string());
        value.map(|value| value.as_str()).ok_or(SignatureError::Parameter(name))
    };
    let time = |name: &'static str| {
        let value = covered.params.get(name).and_then(|value| value.as_integer());
        let value = value.and_then(|value| u64::try_from(i64::from(value)).ok());
        value.ok_or(SignatureError::Parameter(name))
    };
    if covered.params.contains_key("alg") && text("alg")? != "ed25519" {
        return Err(SignatureError::Parameter("alg"));
    }
    let (nonce, keyid) = (text("nonce")?, text("keyid")?);
    if !NONCE_LENGTH.contains(&nonce.len()) {
        return Err(SignatureError::Parameter("nonce"));
    }
    let expires_unix_s = check_window(time("created")?, time("expires")?, now_unix_s)?;
    Ok(Verified { keyid: keyid.to_owned(), nonce: nonce.to_owned(), expires_unix_s })
}

/// Structured integers have at most 15 digits, so none of these sums overflows.
fn check_window(created: u64, expires: u64, now_unix_s: u64) -> Result<u64, SignatureError> {
    if created > now_unix_s + SKEW_S || expires <= created || expires > created + MAX_LIFETIME_S {
        return Err(SignatureError::Window);
    }
    if expires <= now_unix_s {
        return Err(SignatureError::Expired);
    }
    Ok(expires)
}

/// The received `Content-Digest`, once it equals the one recomputed from the body.
fn checked_digest(message: Message<'_>) -> Result<&str, SignatureError> {
    let received = field(message.headers, CONTENT_DIGEST)?;
    if received == content_digest(message.body) { Ok(received) } else { Err(SignatureError::Digest) }
}

fn serialize(list: InnerList) -> Option<String> {
    let list: List = vec![ListEntry::InnerList(list)];
    list.serialize()
}
