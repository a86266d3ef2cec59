//! A presentation: one derived credential for one challenge of one verifier.

use poa_circuits::native::scope;
use poa_circuits::statement::Public;
use poa_verifier::context;
use poa_verifier::credential;
use poa_verifier::schema::{DISCLOSURE_SCHEMA_TYPE, DisclosureSchema};
use poa_verifier::statement::Statement;
use poa_verifier::zk_proof::{self, Binding, Purpose, is_binding_text};
use rand_core::CryptoRng;
use serde_json::{Value, json};

use super::{Material, PresentError, random_scope};
use crate::disclosure::Disclosure;
use crate::key::ProvingKey;
use crate::prove::prove;

const HOUR_S: u64 = 3_600;
/// A presentation stays presentable for at least this long, also when it is made just before the hour ends, seconds.
const MARGIN_S: u64 = 600;

/// Who asked, for what, and what the holder agrees to besides the attributes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Audience {
    /// At least 128 random bits of the verifier's, as text.
    pub challenge: String,
    /// The verifier's origin or DID, as the holder authenticated it.
    pub domain: String,
    /// Show the pseudonym for the domain. Else the scope is random and nothing links two presentations.
    pub pseudonym: bool,
    /// Name the agent.
    pub show_subject: bool,
}

/// Under which issuer and when.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The issuer's base URL, for `@context`.
    pub issuer_url: &'a str,
    /// The signed tree head the path leads to, an anchor where the leaf is old enough.
    pub head_jws: &'a str,
    /// Unix seconds.
    pub now_unix_s: u64,
    /// The verifier wants the leaf to outlive this, Unix seconds.
    pub valid_at_least: Option<u64>,
}

/// Makes a `VerifiablePresentation`.
///
/// `valid_at` is the end of the hour that is running in ten minutes, or the verifier's time rounded up to a full hour,
/// so that it links nothing.
///
/// # Errors
/// [`PresentError`].
pub fn present(
    key: &ProvingKey,
    material: &Material,
    schema: &DisclosureSchema,
    disclosure: &Disclosure,
    audience: &Audience,
    occasion: &Occasion<'_>,
    rng: &mut impl CryptoRng,
) -> Result<Value, PresentError> {
    let binding = binding(audience)?;
    let head = material.check_head(occasion.head_jws)?;
    let valid_at = valid_at(occasion);
    material.check_outlives(valid_at)?;
    let scope = if audience.pseudonym { scope::Audience::new(&audience.domain)?.scope() } else { random_scope(rng) };
    let public = material.public(disclosure, &head, scope, audience.show_subject, valid_at);
    schema.check(&Statement::from_public(public.clone())?)?;
    let document = json!({
        "@context": credential::contexts(occasion.issuer_url),
        "type": credential::types(),
        "issuer": material.schema.document().issuer,
        "credentialSubject": material.subject(disclosure, &public, audience.show_subject)?,
        "credentialSchema": {
            "id": schema.document().id,
            "type": DISCLOSURE_SCHEMA_TYPE,
            "digestSRI": schema.digest_sri(),
        },
    });
    let vk_sha256 = key.verifying_key().sha256();
    let purpose = Purpose::Authentication;
    let options = zk_proof::options(&document, purpose, &vk_sha256, Some(&binding), occasion.now_unix_s)?;
    let public = Public { context: context::context(&options, &document), ..public };
    let proof = prove(key, &public, &material.witness(), rng)?;
    let mut derived = document;
    derived["proof"] = zk_proof::attach_proof(&options, &proof, &public, occasion.head_jws);
    Ok(credential::presentation(derived))
}

fn binding(audience: &Audience) -> Result<Binding, PresentError> {
    if is_binding_text(&audience.challenge) && is_binding_text(&audience.domain) {
        Ok(Binding { challenge: audience.challenge.clone(), domain: audience.domain.clone() })
    } else {
        Err(PresentError::Binding)
    }
}

/// The statement's time: a full hour.
fn valid_at(occasion: &Occasion<'_>) -> u64 {
    let least = occasion.now_unix_s.saturating_add(MARGIN_S).max(occasion.valid_at_least.unwrap_or(0));
    least.div_ceil(HOUR_S).saturating_mul(HOUR_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_at_is_a_full_hour_that_does_not_end_at_once() {
        let at = |now_unix_s, valid_at_least| {
            valid_at(&Occasion { issuer_url: "", head_jws: "", now_unix_s, valid_at_least })
        };
        assert_eq!(at(7_200, None), 10_800);
        assert_eq!(at(7_201, None), 10_800);
        assert_eq!(at(10_200, None), 10_800);
        assert_eq!(at(10_201, None), 14_400, "less than ten minutes to the hour");
        assert_eq!(at(10_799, None), 14_400);
        assert_eq!(at(7_200, Some(50_000)), 50_400);
        assert_eq!(at(7_200, Some(0)), 10_800);
    }
}
