//! The keys of VC-API as a verifier of our documents finds them: in the trust document, by their purpose.

use poa_verifier::Trust;
use poa_verifier::ed25519::PublicKey;
use poa_verifier::trust::{KeyPurpose, KeyState, TrustKey};
use poa_verifier::vc::foreign::Purpose;
use poa_verifier::vc::{Resolve, ResolveError, SelfDescribing, VerificationMethod};

/// Knows `did:key`, `did:jwk`, and the keys of this service for VC-API; no other key of this service.
pub(super) struct Keys<'a>(pub(super) &'a Trust);

impl Keys<'_> {
    /// Whether the id is that of a key for VC-API, in whatever state.
    pub(super) fn is_ours(&self, id: &str) -> bool {
        self.find(id).is_some()
    }

    /// Whether a key was in force when it is said to have signed. Without a time only one that is active counts.
    pub(super) fn was_in_force(&self, id: &str, signed_at_unix_s: Option<u64>) -> bool {
        match (self.find(id), signed_at_unix_s) {
            (Some(key), _) if key.state == KeyState::Active => true,
            (Some(key), Some(at)) => self.0.key(&key.id, KeyPurpose::VcApi, at).is_ok(),
            _ => false,
        }
    }

    /// The key that an id names, by its name or by the thumbprint that the `kid` of a `vc+jwt` has.
    fn find(&self, id: &str) -> Option<&TrustKey> {
        let fragment = id.strip_prefix(self.0.issuer().as_str())?.strip_prefix('#')?;
        let thumbprint =
            |key: &TrustKey| PublicKey::from_multikey(&key.public_key_multibase).map(|k| k.jwk_thumbprint());
        let named = |key: &TrustKey| key.id == id || thumbprint(key).is_ok_and(|thumbprint| thumbprint == fragment);
        self.0.document().keys.iter().find(|key| key.purpose == KeyPurpose::VcApi && named(key))
    }
}

impl Resolve for Keys<'_> {
    fn resolve(&self, url: &str, purpose: Purpose) -> Result<VerificationMethod, ResolveError> {
        let issuer = self.0.issuer().as_str();
        if url.split_once('#').is_none_or(|(did, _)| did != issuer) {
            return SelfDescribing.resolve(url, purpose);
        }
        let unknown = || ResolveError::Unknown(url.to_owned());
        let known = self.find(url).ok_or_else(unknown)?;
        let refused = ResolveError::Purpose(purpose.as_str());
        if purpose != Purpose::AssertionMethod {
            return Err(refused);
        }
        // When it signed is judged once that is known; one that leaked is refused here.
        let key = self.0.key(&known.id, KeyPurpose::VcApi, 0).map_err(|_| refused)?;
        Ok(VerificationMethod { id: url.to_owned(), controller: issuer.to_owned(), key: *key })
    }
}
