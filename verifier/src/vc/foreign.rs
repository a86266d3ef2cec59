//! Documents of other issuers: Data Integrity proofs, in sets and chains, and JWS envelopes.
//!
//! A [`ForeignVerifier`] judges the data model, every proof, whether the parties named in the document are those who
//! signed, and the validity period; [`ForeignReport::verified`] is true when all of it holds, down to the credentials of
//! a presentation. No status is looked up, and whether the issuer is to be believed is the caller's to decide.
//! A document whose meaning rests on our zero-knowledge proof is not judged here: `Groth16Proof2024` is an unknown proof
//! type to this module, so it never passes.
//!
//! Source: Data Integrity 1.0 §4.4–§4.6, vc-di-eddsa 1.0 §3.3, VC-JOSE-COSE 1.0 §3.1, §4.

mod envelope;
mod proof;
mod suite;

use serde_json::Value;

pub use proof::{ProofError, ProofReport};
pub use suite::{Cryptosuite, EddsaJcs2022};

use super::credential::{has_type, party};
use super::error::DataModelError;
use super::pinned::Contexts;
use super::resolver::Resolve;
use super::timestamp::DateTime;
use super::{ENVELOPED_CREDENTIAL, ENVELOPED_PRESENTATION, check_credential, check_presentation};
use crate::time::SKEW_S;

/// What a signature is for: the relationship between a DID and its key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// Something is claimed.
    AssertionMethod,
    /// Somebody shows who they are.
    Authentication,
}

impl Purpose {
    /// The text in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AssertionMethod => "assertionMethod",
            Self::Authentication => "authentication",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        [Self::AssertionMethod, Self::Authentication].into_iter().find(|purpose| purpose.as_str() == text)
    }
}

/// What the caller knows of how a document was to be signed. What is not stated is not compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected<'a> {
    /// The purpose; without it, assertion for a credential and authentication for a presentation.
    pub purpose: Option<Purpose>,
    /// The challenge that was set.
    pub challenge: Option<&'a str>,
    /// The domain it is for.
    pub domain: Option<&'a str>,
}

/// Verifies documents of other issuers.
#[derive(Clone, Copy)]
pub struct ForeignVerifier<'a> {
    /// The contexts by which names are judged.
    pub contexts: &'a Contexts,
    /// Finds keys.
    pub resolver: &'a dyn Resolve,
    /// The cryptosuites that are understood.
    pub suites: &'a [&'a dyn Cryptosuite],
    /// The time, Unix seconds.
    pub now_unix_s: u64,
}

/// What a report is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A verifiable credential.
    Credential,
    /// A verifiable presentation.
    Presentation,
}

impl Kind {
    fn purpose(self) -> Purpose {
        match self {
            Self::Credential => Purpose::AssertionMethod,
            Self::Presentation => Purpose::Authentication,
        }
    }

    /// The member that names who signs.
    fn party(self) -> &'static str {
        match self {
            Self::Credential => "issuer",
            Self::Presentation => "holder",
        }
    }
}

/// Why something other than a proof or the data model fails.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignError {
    /// Nobody who signed is the party named in the document.
    #[error("no proof that holds is by the {member} {named:?}")]
    OtherParty {
        /// `issuer` or `holder`.
        member: &'static str,
        /// Whom the document names.
        named: String,
    },
    /// `validFrom` lies ahead.
    #[error("it is valid from {0} only")]
    NotYetValid(String),
    /// `validUntil` has passed.
    #[error("it was valid until {0}")]
    Expired(String),
}

impl ForeignError {
    /// The stable word.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::OtherParty { .. } => "other_party",
            Self::NotYetValid(_) => "not_yet_valid",
            Self::Expired(_) => "expired",
        }
    }
}

/// How a document fared.
#[derive(Clone, Debug)]
pub struct ForeignReport {
    /// What it is.
    pub kind: Kind,
    /// The credential or presentation that was judged: the document, or what its envelope carries.
    pub document: Value,
    /// Whether it conforms to the data model.
    pub data_model: Result<(), DataModelError>,
    /// Each of its proofs; an envelope is one.
    pub proofs: Vec<ProofReport>,
    /// Whether who signed is who the document says.
    pub party: Result<(), ForeignError>,
    /// Whether it is valid now.
    pub period: Result<(), ForeignError>,
    /// The credentials of a presentation. One without a proof of its own, which the data model allows for the holder's
    /// own credentials, is not listed: the presentation's proofs are its proofs.
    pub credentials: Vec<ForeignReport>,
}

impl ForeignReport {
    /// Whether all of it holds, and something was signed at all.
    pub fn verified(&self) -> bool {
        self.data_model.is_ok()
            && self.party.is_ok()
            && self.period.is_ok()
            && !self.proofs.is_empty()
            && self.proofs.iter().all(|proof| proof.result.is_ok())
            && self.credentials.iter().all(Self::verified)
    }
}

impl ForeignVerifier<'_> {
    /// Verifies a credential, or an `EnvelopedVerifiableCredential`.
    ///
    /// The caller got the document from [`crate::json::parse_strict`] or passed it through [`crate::json::check`].
    pub fn credential(&self, document: &Value, expected: &Expected<'_>) -> ForeignReport {
        self.verify(Kind::Credential, document, expected)
    }

    /// Verifies a presentation and its credentials, or an `EnvelopedVerifiablePresentation`. `expected` is about the
    /// presentation alone.
    ///
    /// The caller got the document from [`crate::json::parse_strict`] or passed it through [`crate::json::check`].
    pub fn presentation(&self, document: &Value, expected: &Expected<'_>) -> ForeignReport {
        self.verify(Kind::Presentation, document, expected)
    }

    fn verify(&self, kind: Kind, document: &Value, expected: &Expected<'_>) -> ForeignReport {
        let enveloped = match kind {
            Kind::Credential => ENVELOPED_CREDENTIAL,
            Kind::Presentation => ENVELOPED_PRESENTATION,
        };
        if document.as_object().is_some_and(|members| has_type(members, enveloped)) {
            return self.enveloped(kind, enveloped, document, expected);
        }
        let proofs = proof::verify_all(self, kind, document, expected);
        self.report(kind, document.clone(), proofs)
    }

    /// The rest of a report, once the proofs are known.
    fn report(&self, kind: Kind, document: Value, proofs: Vec<ProofReport>) -> ForeignReport {
        let data_model = match kind {
            Kind::Credential => check_credential(self.contexts, &document),
            Kind::Presentation => check_presentation(self.contexts, &document),
        };
        // What does not conform is not looked into.
        let credentials = match (kind, &data_model) {
            (Kind::Presentation, Ok(())) => self.credentials_of(&document),
            _ => Vec::new(),
        };
        ForeignReport {
            kind,
            data_model,
            party: check_party(kind, &document, &proofs),
            period: self.check_period(&document),
            credentials,
            proofs,
            document,
        }
    }

    fn credentials_of(&self, presentation: &Value) -> Vec<ForeignReport> {
        let credentials = match presentation.get("verifiableCredential") {
            None => &[],
            Some(Value::Array(items)) => items.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        let secured = |credential: &&Value| {
            credential.get("proof").is_some()
                || credential.as_object().is_some_and(|members| has_type(members, ENVELOPED_CREDENTIAL))
        };
        credentials.iter().filter(secured).map(|credential| self.credential(credential, &Expected::default())).collect()
    }

    /// `validFrom ≤ now ≤ validUntil`, skew granted at the start; dates that cannot be read fail the data model.
    fn check_period(&self, document: &Value) -> Result<(), ForeignError> {
        let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
        let date = |name: &str| DateTime::parse(text(name)).ok();
        if date("validFrom").is_some_and(|from| from > self.soon()) {
            return Err(ForeignError::NotYetValid(text("validFrom").to_owned()));
        }
        if date("validUntil").is_some_and(|until| until < DateTime::from_unix_s(self.now_unix_s)) {
            return Err(ForeignError::Expired(text("validUntil").to_owned()));
        }
        Ok(())
    }

    /// Now, and the skew that is granted to other clocks.
    fn soon(&self) -> DateTime {
        DateTime::from_unix_s(self.now_unix_s.saturating_add(SKEW_S))
    }
}

/// A credential is signed by its issuer; a presentation that names its holder is signed by that one.
fn check_party(kind: Kind, document: &Value, proofs: &[ProofReport]) -> Result<(), ForeignError> {
    let member = kind.party();
    let named = match party(document.get(member)) {
        Some(named) => named,
        None if kind == Kind::Presentation => return Ok(()),
        None => "",
    };
    let signed = |proof: &&ProofReport| proof.result.is_ok() && proof.controller.as_deref() == Some(named);
    if proofs.iter().any(|proof| signed(&proof)) {
        return Ok(());
    }
    Err(ForeignError::OtherParty { member, named: named.to_owned() })
}
