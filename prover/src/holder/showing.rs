//! What is shown, to whom and under which head: the part of a presentation that no challenge enters.

use poa_circuits::native::field::F;
use poa_circuits::native::scope;
use poa_circuits::statement::Public;
use poa_verifier::context;
use poa_verifier::credential;
use poa_verifier::groth16::Proof;
use poa_verifier::head::HeadClaims;
use poa_verifier::key::VerifyingKey;
use poa_verifier::schema::{DISCLOSURE_SCHEMA_TYPE, DisclosureSchema};
use poa_verifier::statement::Statement;
use poa_verifier::zk_proof::{self, Binding, Purpose, is_binding_text};
use rand_core::CryptoRng;
use serde_json::{Value, json};

use super::{Material, PresentError, random_scope};
use crate::disclosure::Disclosure;

const HOUR_S: u64 = 3_600;
/// A presentation stays presentable for at least this long, also when it is made just before the hour ends, seconds.
pub(super) const MARGIN_S: u64 = 600;

/// For whom, and what the holder agrees to besides the attributes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Audience {
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

/// Everything about a presentation but whose it is and what it answers.
#[derive(Clone, Copy, Debug)]
pub struct Showing<'a> {
    /// The rule that what is shown keeps to.
    pub schema: &'a DisclosureSchema,
    /// What is shown.
    pub disclosure: &'a Disclosure,
    /// To whom.
    pub audience: &'a Audience,
    /// Under which head and when.
    pub occasion: Occasion<'a>,
}

/// Statement and document before a challenge: the same for presentations made at once and for prepared ones.
pub(super) struct Draft {
    /// The statement; its context is not set.
    pub public: Public,
    /// The derived credential without its proof.
    pub document: Value,
    /// The claims of the head.
    pub head: HeadClaims,
}

impl Draft {
    pub fn new(material: &Material, showing: &Showing<'_>, rng: &mut impl CryptoRng) -> Result<Self, PresentError> {
        let Showing { schema, disclosure, audience, occasion } = showing;
        if !is_binding_text(&audience.domain) {
            return Err(PresentError::Binding);
        }
        let head = material.check_head(occasion.head_jws)?;
        let valid_at = valid_at(occasion.now_unix_s, occasion.valid_at_least);
        material.check_outlives(valid_at)?;
        let scope =
            if audience.pseudonym { scope::Audience::new(&audience.domain)?.scope() } else { random_scope(rng) };
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
        Ok(Self { public, document, head })
    }
}

/// The proof's options for a challenge, and the context that binds it to them and to the document.
pub(super) struct Bound {
    options: Value,
    pub context: F,
}

impl Bound {
    /// # Errors
    /// [`PresentError::Binding`], [`PresentError::Time`].
    pub fn new(
        document: &Value,
        key: &VerifyingKey,
        binding: &Binding,
        created_unix_s: u64,
    ) -> Result<Self, PresentError> {
        if !is_binding_text(&binding.challenge) || !is_binding_text(&binding.domain) {
            return Err(PresentError::Binding);
        }
        let purpose = Purpose::Authentication;
        let options = zk_proof::options(document, purpose, &key.sha256(), Some(binding), created_unix_s)?;
        let context = context::context(&options, document);
        Ok(Self { options, context })
    }

    /// The presentation. `public` has this context.
    pub fn finish(&self, mut document: Value, proof: &Proof, public: &Public, head_jws: &str) -> Value {
        document["proof"] = zk_proof::attach_proof(&self.options, proof, public, head_jws);
        credential::presentation(document)
    }
}

/// The statement's time: a full hour, which links nothing.
pub(super) fn valid_at(now_unix_s: u64, valid_at_least: Option<u64>) -> u64 {
    let least = now_unix_s.saturating_add(MARGIN_S).max(valid_at_least.unwrap_or(0));
    least.div_ceil(HOUR_S).saturating_mul(HOUR_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_at_is_a_full_hour_that_does_not_end_at_once() {
        assert_eq!(valid_at(7_200, None), 10_800);
        assert_eq!(valid_at(7_201, None), 10_800);
        assert_eq!(valid_at(10_200, None), 10_800);
        assert_eq!(valid_at(10_201, None), 14_400, "less than ten minutes to the hour");
        assert_eq!(valid_at(10_799, None), 14_400);
        assert_eq!(valid_at(7_200, Some(50_000)), 50_400);
        assert_eq!(valid_at(7_200, Some(0)), 10_800);
    }
}
