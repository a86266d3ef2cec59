//! From the name of a key to the key, without a network.

use crate::ed25519::{Ed25519Error, PublicKey};
use crate::json::{self, Node};
use crate::multibase;

use super::foreign::Purpose;

/// A key and who controls it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerificationMethod {
    /// Its URL, `did:key:z6Mk…#z6Mk…`.
    pub id: String,
    /// The DID whose document lists it for the purpose that was asked.
    pub controller: String,
    /// The key.
    pub key: PublicKey,
}

/// Why a name leads to no key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// Not the form of a key's URL, or of its method.
    #[error("not the URL of a key: {0}")]
    Malformed(&'static str),
    /// A DID method or a document that this resolver does not know.
    #[error("nobody here knows the key {0:?}")]
    Unknown(String),
    /// The key may not be used for this purpose, or is no longer to be used.
    #[error("the key may not be used for {0}")]
    Purpose(&'static str),
    /// No key that may be used at all.
    #[error(transparent)]
    Key(#[from] Ed25519Error),
}

/// Finds keys by their URLs.
pub trait Resolve {
    /// The key behind `url`, if its controller lists it for `purpose`.
    ///
    /// # Errors
    /// [`ResolveError`].
    fn resolve(&self, url: &str, purpose: Purpose) -> Result<VerificationMethod, ResolveError>;
}

impl<F> Resolve for F
where
    F: Fn(&str, Purpose) -> Result<VerificationMethod, ResolveError>,
{
    fn resolve(&self, url: &str, purpose: Purpose) -> Result<VerificationMethod, ResolveError> {
        self(url, purpose)
    }
}

/// Knows the DIDs that are their own document: `did:key` with an Ed25519 key, and `did:jwk` with one.
#[derive(Clone, Copy, Debug, Default)]
pub struct SelfDescribing;

impl Resolve for SelfDescribing {
    fn resolve(&self, url: &str, purpose: Purpose) -> Result<VerificationMethod, ResolveError> {
        let (did, fragment) = url.split_once('#').ok_or(ResolveError::Malformed("it names no key of the DID"))?;
        let key = if let Some(multikey) = did.strip_prefix("did:key:") {
            did_key(multikey, fragment)?
        } else if let Some(jwk) = did.strip_prefix("did:jwk:") {
            did_jwk(jwk, fragment, purpose)?
        } else {
            return Err(ResolveError::Unknown(url.to_owned()));
        };
        Ok(VerificationMethod { id: url.to_owned(), controller: did.to_owned(), key })
    }
}

/// did:key: the fragment repeats the key. Its document lists an Ed25519 key for every purpose of a signature.
fn did_key(multikey: &str, fragment: &str) -> Result<PublicKey, ResolveError> {
    if fragment != multikey {
        return Err(ResolveError::Malformed("the fragment of a did:key is its key"));
    }
    Ok(PublicKey::from_multikey(multikey)?)
}

/// did:jwk: base64url of a JWK; its only key is `#0`. A JWK with `use` `enc` is listed for no signature.
fn did_jwk(encoded: &str, fragment: &str, purpose: Purpose) -> Result<PublicKey, ResolveError> {
    if fragment != "0" {
        return Err(ResolveError::Malformed("the only key of a did:jwk is #0"));
    }
    let bytes = multibase::from_base64url(encoded).map_err(|_| ResolveError::Malformed("not base64url of a JWK"))?;
    let jwk = json::parse_node(&bytes, MAX_JWK_BYTES).map_err(|_| ResolveError::Malformed("not base64url of a JWK"))?;
    key_of_jwk(&jwk, purpose)
}

/// Longest JWK that is read, in bytes.
const MAX_JWK_BYTES: usize = 4096;

/// RFC 8037 §2, RFC 9864 §2.2.
fn key_of_jwk(jwk: &Node<'_>, purpose: Purpose) -> Result<PublicKey, ResolveError> {
    if jwk.text("kty") != Some("OKP") || jwk.text("crv") != Some("Ed25519") {
        return Err(ResolveError::Malformed("the JWK is no Ed25519 key (kty OKP, crv Ed25519)"));
    }
    if jwk.get("d").is_some() {
        return Err(ResolveError::Malformed("the JWK is a private key"));
    }
    if jwk.get("alg").is_some() && !matches!(jwk.text("alg"), Some("EdDSA" | "Ed25519")) {
        return Err(ResolveError::Malformed("the JWK is for another algorithm"));
    }
    if jwk.get("use").is_some() && jwk.text("use") != Some("sig") {
        return Err(ResolveError::Purpose(purpose.as_str()));
    }
    let x = jwk.text("x").and_then(|x| multibase::from_base64url(x).ok()).and_then(|x| <[u8; 32]>::try_from(x).ok());
    Ok(PublicKey::from_bytes(&x.ok_or(Ed25519Error::Encoding)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// did:jwk method specification, section "X25519" and "P-256" have keys of other kinds; this one is the Ed25519 key
    /// of RFC 8037 appendix A.
    fn jwk(text: &str) -> String {
        format!("did:jwk:{}#0", multibase::base64url(text.as_bytes()))
    }

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn a_did_key_is_its_own_document() {
        let multikey = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp";
        let url = format!("did:key:{multikey}#{multikey}");
        let method = SelfDescribing.resolve(&url, Purpose::Authentication).unwrap();
        assert_eq!((method.controller, method.key.to_multikey()), (format!("did:key:{multikey}"), multikey.to_owned()));
        for bad in [
            format!("did:key:{multikey}"),
            format!("did:key:{multikey}#"),
            format!("did:key:{multikey}#z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"),
            "did:key:invalidVm".to_owned(),
            "did:key:invalidVm#invalidVm".to_owned(),
            // An X25519 and a P-256 key.
            "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc#z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"
                .to_owned(),
            "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169#zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
                .to_owned(),
            "did:web:example.org#key-1".to_owned(),
        ] {
            assert!(SelfDescribing.resolve(&bad, Purpose::AssertionMethod).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_did_jwk_is_its_own_document() {
        for fine in [
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}"}}"#),
            format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{X}","use":"sig","alg":"Ed25519","kid":"a"}}"#),
            format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{X}","alg":"EdDSA"}}"#),
        ] {
            let method = SelfDescribing.resolve(&jwk(&fine), Purpose::AssertionMethod).unwrap();
            assert_eq!(multibase::base64url(&method.key.to_bytes()), X);
            assert!(SelfDescribing.resolve(jwk(&fine).trim_end_matches('0'), Purpose::AssertionMethod).is_err());
        }
        for bad in [
            format!(r#"{{"kty":"OKP","crv":"X25519","x":"{X}"}}"#),
            format!(r#"{{"kty":"EC","crv":"Ed25519","x":"{X}"}}"#),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}","d":"{X}"}}"#),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}","use":"enc"}}"#),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}","alg":"ES256"}}"#),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}=","kty":"OKP"}}"#),
            r#"{"kty":"OKP","crv":"Ed25519"}"#.to_owned(),
            "[]".to_owned(),
        ] {
            assert!(SelfDescribing.resolve(&jwk(&bad), Purpose::AssertionMethod).is_err(), "{bad}");
        }
    }
}
