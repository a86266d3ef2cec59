//! From the name of a key to the key, without a network.

use crate::did::{DidError, KeyDid};
use crate::ed25519::{Ed25519Error, PublicKey};

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
    Malformed(DidError),
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
    /// Their documents list the key for every purpose of a signature.
    fn resolve(&self, url: &str, _: Purpose) -> Result<VerificationMethod, ResolveError> {
        let did = KeyDid::of_verification_method(url).map_err(|error| match error {
            DidError::KeyMethod => ResolveError::Unknown(url.to_owned()),
            DidError::Key(error) => ResolveError::Key(error),
            error => ResolveError::Malformed(error),
        })?;
        Ok(VerificationMethod { id: url.to_owned(), controller: did.to_string(), key: *did.key() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let did = format!("did:jwk:{}", crate::multibase::base64url(jwk.as_bytes()));
        let method = SelfDescribing.resolve(&format!("{did}#0"), Purpose::AssertionMethod).unwrap();
        assert_eq!((method.controller, method.id), (did.clone(), format!("{did}#0")));
        for bad in [did.clone(), format!("{did}#1"), "did:jwk:e30#0".to_owned()] {
            assert!(SelfDescribing.resolve(&bad, Purpose::AssertionMethod).is_err(), "{bad}");
        }
    }
}
