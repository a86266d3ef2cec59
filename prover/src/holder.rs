//! The holder's side: the proof of a standing credential, and presentations for a verifier's challenge, made at once or
//! prepared before it is known.
//!
//! The same code serves holders on their own machine and the service for managed agents. What it is handed is not
//! believed: opening, path and head must agree, a document must say what the statement says, and a presentation must
//! keep its disclosure schema's rule. The head's signature and the issuer's URL are the caller's to check.

mod prepared;
mod presentation;
mod showing;
mod standing;

pub use prepared::{PreparedPresentation, prepare};
pub use presentation::present;
pub use showing::{Audience, Occasion, Showing};
pub use standing::prove_standing;

use poa_circuits::native::attributes::Attributes;
use poa_circuits::native::field::{self, F};
use poa_circuits::native::holder::{HolderSecret, PseudonymSecret};
use poa_circuits::native::scope;
use poa_circuits::native::tree::Path;
use poa_circuits::statement::{Public, Witness};
use poa_verifier::did::AgentDid;
use poa_verifier::head::{self, HeadClaims, HeadError};
use poa_verifier::jws::{self, JwsError};
use poa_verifier::render::{self, RenderError};
use poa_verifier::schema::{AttestationSchema, RuleError};
use poa_verifier::statement::{Statement, StatementError};
use poa_verifier::time::TimeError;
use serde_json::Value;
use zeroize::Zeroize;

use crate::disclosure::Disclosure;
use crate::engine::RestoreError;
use crate::prove::ProveError;

/// An agent's leaf opening with the holder's two secrets: everything a proof needs but the request. Zeroised on drop.
#[derive(Clone)]
pub struct Material {
    /// `k`.
    pub holder: HolderSecret,
    /// `n`.
    pub pseudonym: PseudonymSecret,
    /// Whose leaf it is.
    pub agent: AgentDid,
    /// The attestation schema the leaf was made under.
    pub schema: AttestationSchema,
    /// The six attributes.
    pub attributes: Attributes,
    /// When the leaf expires, Unix seconds.
    pub expires_at: u64,
    /// The leaf's salt.
    pub salt: F,
    /// From the leaf to the head's root.
    pub path: Path,
}

/// Why the holder did not prove.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentError {
    /// The proof itself.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// The tree head is no compact JWS.
    #[error("tree head: {0}")]
    Jws(#[from] JwsError),
    /// The tree head's claims.
    #[error("{0}")]
    Head(#[from] HeadError),
    /// The tree head is of another issuer or log than the attestation schema.
    #[error("the tree head is of issuer {iss}, log {log}, not of the attestation schema's")]
    OtherLog {
        /// The head's issuer.
        iss: String,
        /// The head's log.
        log: String,
    },
    /// What would be shown breaks the disclosure schema's rule.
    #[error("disclosure schema: {0}")]
    Rule(#[from] RuleError),
    /// The opening and the path do not lead to the head's root: fetch both again.
    #[error("opening and path do not lead to the root of this tree head: fetch opening, tiles and head again")]
    Root,
    /// The leaf does not live long enough.
    #[error("the leaf expires before {needed} (Unix seconds): wait for the next publication and fetch the opening")]
    Expired {
        /// The time that the leaf would have to outlive, Unix seconds.
        needed: u64,
    },
    /// The document to prove over says something else than the attributes.
    #[error("the document's {0} is not what would be proved")]
    Document(&'static str),
    /// A value that no document can show.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// A statement that verifiers refuse natively.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// A time that cannot be written.
    #[error(transparent)]
    Time(#[from] TimeError),
    /// Challenge or domain do not have 1 to 512 bytes.
    #[error("challenge and domain have 1 to 512 bytes each")]
    Binding,
    /// The audience a pseudonym was asked for is no audience.
    #[error("audience: {0}")]
    Audience(#[from] scope::AudienceError),
    /// A prepared presentation whose hour or head has passed, or has not come by this clock.
    #[error("the prepared presentation was usable until {usable_until} (Unix seconds): prepare a new one")]
    Stale {
        /// The last moment, Unix seconds.
        usable_until: u64,
    },
    /// A prepared presentation without pseudonym answers one challenge: a second answer could be linked to the first.
    #[error("the prepared presentation has answered a challenge already: prepare a new one")]
    Used,
    /// Stored bytes that are no prepared presentation under this key.
    #[error("stored presentation: {0}")]
    Stored(#[from] RestoreError),
}

impl Drop for Material {
    fn drop(&mut self) {
        self.attributes.zeroize();
        self.expires_at.zeroize();
        self.salt.zeroize();
        self.path.zeroize();
    }
}

impl Material {
    fn witness(&self) -> Witness {
        Witness {
            holder: self.holder.clone(),
            pseudonym: self.pseudonym.clone(),
            agent: self.agent.agent_id(),
            attributes: self.attributes.to_fields(),
            expires_at: self.expires_at,
            salt: self.salt,
            path: self.path.clone(),
        }
    }

    /// The statement but for its context. `named` shows the subject.
    fn public(&self, disclosure: &Disclosure, head: &HeadClaims, scope: F, named: bool, valid_at: u64) -> Public {
        Public {
            root: head.root,
            scope,
            nullifier: self.pseudonym.nullifier(&scope),
            schema: self.schema.field(),
            subject: if named { self.agent.agent_id().to_field() } else { F::from(0u64) },
            valid_at: F::from(valid_at),
            ..disclosure.to_public(&self.attributes)
        }
    }

    /// The head's claims, when opening and path lead to its root. Its signature is the caller's to check.
    fn check_head(&self, head_jws: &str) -> Result<HeadClaims, PresentError> {
        let head = jws::parse(head_jws)?;
        head.expect_typ(head::TYP)?;
        let head = HeadClaims::from_value(&head.claims()?)?;
        let schema = self.schema.document();
        if head.iss != schema.issuer || head.log != schema.log {
            return Err(PresentError::OtherLog { iss: head.iss.to_string(), log: head.log });
        }
        let leaf = self.witness().leaf(self.schema.field()).hash();
        if self.path.root(&leaf) == head.root { Ok(head) } else { Err(PresentError::Root) }
    }

    fn check_outlives(&self, needed: u64) -> Result<(), PresentError> {
        if self.expires_at >= needed { Ok(()) } else { Err(PresentError::Expired { needed }) }
    }

    /// `credentialSubject` as the verifier will render it.
    fn subject(&self, disclosure: &Disclosure, public: &Public, named: bool) -> Result<Value, PresentError> {
        let statement = Statement::from_public(public.clone())?;
        let build = self.attributes.build_sha256.as_ref().filter(|_| disclosure.shows_build());
        let did = named.then_some(&self.agent);
        Ok(render::credential_subject(&statement, did, &self.schema, build)?)
    }
}

/// `credentialSubject` of a standing credential about an agent, which the issuer writes before there is a proof.
///
/// # Errors
/// [`PresentError::Render`] or [`PresentError::Statement`].
pub fn standing_subject(
    agent: &AgentDid,
    schema: &AttestationSchema,
    attributes: &Attributes,
    disclosure: &Disclosure,
) -> Result<Value, PresentError> {
    let statement = Statement::from_public(disclosure.to_public(attributes))?;
    let build = attributes.build_sha256.as_ref().filter(|_| disclosure.shows_build());
    Ok(render::credential_subject(&statement, Some(agent), schema, build)?)
}

/// A scope nobody else has: for proofs that carry no pseudonym.
fn random_scope(rng: &mut impl rand_core::CryptoRng) -> F {
    field::random(rng)
}
